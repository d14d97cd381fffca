"""Functions and classes of the source: arguments are bound, bodies walked, instances made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import libcst as cst

from nablint.tracing import worded
from nablint.tracing.given_up import Allowance
from nablint.tracing.layers import inherited
from nablint.tracing.standard import record
from nablint.tracing.sure import Passed, relies_on
from nablint.tracing.undecided import RETURNS, YIELDED, joined
from nablint.tracing.values import (
    Array,
    Class,
    External,
    Function,
    Instance,
    Pending,
    RaiseSignal,
    ReturnSignal,
    Scope,
    TooMuch,
)

if TYPE_CHECKING:
    from nablint.tracing.interpreter import Interpreter


def is_node(cls: Class) -> bool:
    """A function with its derivative, whose base class only books its calls: it computes what `forward` does."""
    return "__call__" not in cls.names and all(isinstance(cls.lookup(n), Function)
                                               for n in ("forward", "backward", "__call__"))


def call_function(it: Interpreter, function: Function, args: list[Any], keywords: dict[str, Any],
                  node: cst.CSTNode | None) -> Any:
    """Walk a function of the source in a new frame."""
    it.depth += 1
    it.too_deep()
    saved = it.step, it.block, it.graph.tainting, it.graph.origin, it.caller
    scope = Scope({}, function.scope, function.name)
    given: dict[str, Any] = {}
    clashes = len(it.clashes)
    allowance = Allowance(it, args) if it.world.sure and node is not None and it.layer is None else None
    try:
        it.caller = it.step
        it.block = function.block or it.block
        bind_arguments(it, function, scope, args, keywords)
        given = dict(scope.names) if it.world.sure else {}
        it.frames.setdefault(function.name, []).append(scope)
        if function.generator:
            scope.names[YIELDED] = []
        if isinstance(function.node, cst.Lambda):
            it.step = saved[0]
            result = it.eval(function.node.body, scope)
        else:
            try:
                it.run(function.node.body.body, scope)
                result = None
            except ReturnSignal as signal:
                result = signal.value
                if isinstance(result, Pending) and result.value is not None:
                    result = result.value
            if RETURNS in scope.names:
                result = joined([result, *scope.names[RETURNS]])
            if function.generator:
                result = scope.names[YIELDED]
                if function.context and isinstance(result, list):
                    result = result[0] if result else None
        if it.world.sure:
            result = worded.returned(it, function, given, scope.names, result)
        it.returned.append((function, scope, it.step, result))
        return result
    except (RaiseSignal, TooMuch) as stop:
        if allowance is None:
            raise
        return worded.returned(it, function, given, scope.names, allowance.instead(it, function.name, stop))
    finally:
        if allowance is not None:
            allowance.close()
        if it.world.sure and isinstance(node, cst.Call) and saved[0] is not None and given:
            failed = tuple(c for c in it.clashes[clashes:] if not relies_on(c, it.worded))
            it.passed.append(Passed(saved[0], node, function, given, failed))
        it.depth -= 1
        it.step, it.block, it.graph.tainting, it.graph.origin, it.caller = saved


def bind_arguments(it: Interpreter, function: Function, scope: Scope, args: list[Any],
                   keywords: dict[str, Any]) -> None:
    """Bind arguments to parameters; what is missing takes its default, or becomes an input."""
    params = function.node.params
    if function.owner is not None:
        scope.names["$class"] = function.owner
        if args and function.kind not in ("static",):
            scope.names["$self"] = args[0]
    rest = list(args)
    remaining = dict(keywords)
    for param in [*params.posonly_params, *params.params]:
        name = param.name.value
        if rest:
            value = rest.pop(0)
        elif name in remaining:
            value = remaining.pop(name)
        else:
            value = default_value(it, function, param)
        bind_parameter(it, scope, name, value)
    if type(params.star_arg) is cst.Param:
        scope.names[params.star_arg.name.value] = tuple(rest)
    for param in params.kwonly_params:
        name = param.name.value
        bind_parameter(it, scope, name,
                       remaining.pop(name) if name in remaining else default_value(it, function, param))
    if params.star_kwarg is not None:
        scope.names[params.star_kwarg.name.value] = remaining


def bind_parameter(it: Interpreter, scope: Scope, name: str, value: Any) -> None:
    """One parameter; arrays are known by the name of the first frame that they enter."""
    if isinstance(value, Pending) and value.value is not None:
        value = value.value
    scope.names[name] = value
    it.note(name, value)
    if isinstance(value, Array):
        it.names.setdefault(value.term, name)


def default_value(it: Interpreter, function: Function, param: cst.Param) -> Any:
    """The default of a parameter, or an input named after it."""
    if param.default is None:
        return it.input(param.name.value, function)
    if param.name.value in function.defaults:
        return function.defaults[param.name.value]
    if id(param) in it.defaults:
        return it.defaults[id(param)]
    saved = it.step
    it.step = None
    try:
        value = it.eval(param.default, function.scope)
    finally:
        it.step = saved
    if isinstance(value, list | dict | set):  # made once, and kept from call to call
        it.defaults[id(param)] = value
    return value


def instantiate(it: Interpreter, cls: Class, args: list[Any], keywords: dict[str, Any],
                node: cst.CSTNode | None) -> Any:
    """An object of a traced class, its `__init__` run."""
    instance = Instance(cls, {}, "self")
    init = cls.lookup("__init__") or inherited(it, cls, "__init__")
    if isinstance(init, Function):
        call_function(it, init, [instance, *args], keywords, node)
    elif cls.dataclass or any(isinstance(b, External) and "NamedTuple" in b.name for b in cls.bases):
        fields = list(dict.fromkeys(f for part in reversed(cls.order()) for f in _fields(part)))
        defaults = {f: found[0] for f in fields if (found := _field_default(it, cls, f, node))}
        if not cls.dataclass and not any(isinstance(v, Function) for v in cls.names.values()):
            return record(cls.name, fields, defaults, args, keywords)
        instance.names.update(defaults)
        instance.names.update(zip(fields, args, strict=False))
        instance.names.update(keywords)
        if isinstance(after := cls.lookup("__post_init__"), Function):
            call_function(it, after, [instance], {}, node)
    return instance


def _fields(cls: Class) -> list[str]:
    """The annotated names of a class, in order."""
    return [s.body[0].target.value for s in cls.node.body.body
            if isinstance(s, cst.SimpleStatementLine) and isinstance(s.body[0], cst.AnnAssign)
            and isinstance(s.body[0].target, cst.Name)]


def _field_default(it: Interpreter, cls: Class, name: str, node: cst.CSTNode | None) -> tuple[Any, ...]:
    """A field's default, or nothing; `field(default_factory=list)` makes a new one for each object."""
    for part in cls.order():
        for statement in part.node.body.body:
            given = statement.body[0] if isinstance(statement, cst.SimpleStatementLine) else None
            if not isinstance(given, cst.AnnAssign) or not isinstance(given.target, cst.Name):
                continue
            if given.target.value != name or given.value is None:
                continue
            maker = given.value.func if isinstance(given.value, cst.Call) else None
            if maker is None or it.eval(maker, part.scope) != External("dataclasses.field"):
                return (part.names.get(name),)
            assert isinstance(given.value, cst.Call)
            said = {a.keyword.value: it.eval(a.value, part.scope) for a in given.value.args if a.keyword is not None}
            if "default_factory" in said:
                from nablint.tracing.calls import call

                return (call(it, said["default_factory"], [], {}, node),)
            return (said["default"],) if "default" in said else ()
    return ()


def arguments_fit(it: Interpreter, name: str, function: Any, /, *args: Any, **keywords: Any) -> Any:
    """Call a function of our own that stands for one of Python's; arguments that it does not take make it unknown."""
    try:
        return function(*args, **keywords)
    except TypeError as error:
        if error.__traceback__ is not None and error.__traceback__.tb_next is None:
            return it.unknown(f"{name}: {error}")
        raise
