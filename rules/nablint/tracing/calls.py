"""Calls: functions of the source are walked, operations of a dialect applied, anything else is unknown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import libcst as cst
import numpy as np

from nablint.calculus.terms import Term
from nablint.ops.indexing import read_at, write_at
from nablint.shapes import Misfit, Size
from nablint.tracing import refine
from nablint.tracing.assumed import assumed
from nablint.tracing.builtins import BUILTINS, METHODS
from nablint.tracing.dialects import Spelling
from nablint.tracing.domains import in_domain
from nablint.tracing.made_sizes import too_large
from nablint.tracing.operators import NUMBERS, index, listed, plain, poison
from nablint.tracing.protocols import lent
from nablint.tracing.standard import record
from nablint.tracing.sure import RETURNS, joined, reduced
from nablint.tracing.values import (
    Array,
    Bound,
    Class,
    External,
    Function,
    Instance,
    Method,
    Native,
    Pending,
    PendingShape,
    RaiseSignal,
    ReturnSignal,
    Scope,
    Super,
    Unknown,
    is_tainted,
)

if TYPE_CHECKING:
    from nablint.tracing.interpreter import Interpreter


def evaluate_call(it: Interpreter, node: cst.Call, scope: Scope) -> Any:
    """A call expression: the callee, the arguments, the call."""
    if isinstance(node.func, cst.Name) and node.func.value == "super":
        return _super(scope)
    _axes_named(it, node, scope)
    callee = it.eval(node.func, scope)
    args: list[Any] = []
    keywords: dict[str, Any] = {}
    for arg in node.args:
        value = it.eval(arg.value, scope)
        if arg.star == "*":
            from nablint.tracing.iteration import iterate

            args.extend(iterate(it, value, node))
        elif arg.star == "**":
            if isinstance(value, dict):
                keywords.update({k: v for k, v in value.items() if isinstance(k, str)})
        elif arg.keyword is not None:
            keywords[arg.keyword.value] = value
        else:
            args.append(value)
    result = call(it, callee, args, keywords, node)
    if isinstance(result, Unknown | Pending) and isinstance(callee, External | Unknown | Pending):
        _written_to(it, node, callee, [*args, *keywords.values()])
    return result


_HARMLESS = re.compile(r"print|log|warn|check|assert|debug|info|init", re.IGNORECASE)


def _written_to(it: Interpreter, node: cst.Call, callee: Any, values: list[Any]) -> None:
    """What an unknown function may have written into is not known any more.

    A kernel that is launched (`kernel[grid](x, out)`), a collective, a call for its effect in PyTorch code may write
    into all its arrays, any other unknown function into buffers that were made to be written to.
    """
    name = callee.name if isinstance(callee, External) else callee.path if isinstance(callee, Pending) else ""
    if name in BUILTINS or name in it.spellings or _HARMLESS.search(name):
        return
    effect = it.step is not None and isinstance(it.step.node, cst.Expr) and it.step.node.value is node
    launched = isinstance(node.func, cst.Subscript) or name.startswith("torch.distributed.") or name.endswith("_")
    for value in values:
        if isinstance(value, Array) and (launched or (effect and value.dialect == "torch") or _is_buffer(value.term)):
            poison(it, value, Unknown(f"{name or 'an unknown function'} may write into it", True))


def _is_buffer(term: Term) -> bool:
    return term.card is None and not term.label and term.ndim > 0


def _axes_named(it: Interpreter, node: cst.Call, scope: Scope) -> None:
    """`x.transpose(0, 2, 1)` names every axis of `x`."""
    if (
        isinstance(node.func, cst.Attribute)
        and node.func.attr.value in ("transpose", "permute")
        and isinstance(node.func.value, cst.Name)
    ):
        given = (
            node.args[0].value.elements
            if len(node.args) == 1 and isinstance(node.args[0].value, cst.Tuple | cst.List)
            else node.args
        )
        found = scope.find(node.func.value.value)
        value = found.names[node.func.value.value] if found is not None else None
        if (
            isinstance(value, Pending)
            and value.value is None
            and len(given) > 1
            and (not it.world.sure or _permutes(given))
            and node.func.value.value not in ("np", "torch")
        ):
            if it.evidence_rank(value) is None and not it.graph.tainting:
                refine.make_array(it, value, refine.free_shape(it, value, len(given)))


def _permutes(given: Any) -> bool:
    """Do the axes named amount to all of them?  PyTorch's `transpose` names two."""
    axes = [e.value.value for e in given if isinstance(e.value, cst.Integer)]
    return len(axes) > 2 and sorted(axes) == [str(k) for k in range(len(given))]


def _super(scope: Scope) -> Any:
    found = scope.find("$class")
    if found is None:
        return Unknown("super() outside a class")
    return Super(found.names["$class"], found.names.get("$self"))


def call(it: Interpreter, callee: Any, args: list[Any], keywords: dict[str, Any], node: cst.CSTNode | None) -> Any:
    """Call any value."""
    if isinstance(callee, Function):
        if callee.decorated is not None:
            return call(it, callee.decorated, args, keywords, node)
        return call_function(it, callee, args, keywords, node)
    if isinstance(callee, Bound):
        return call(it, callee.function, [callee.receiver, *args], keywords, node)
    if isinstance(callee, Method):
        return _call_method_of_value(it, callee, args, keywords, node)
    if isinstance(callee, External):
        return call_external(it, callee.name, args, keywords, node)
    if isinstance(callee, Native):
        return callee.call(*args, **keywords)
    if isinstance(callee, Class):
        return instantiate(it, callee, args, keywords, node)
    if isinstance(callee, Instance) and callee.cls is not None:
        if is_node(callee.cls):
            return call_method(it, callee, "forward", [plain(a) for a in args], node, keywords)
        for name in ("__call__", "forward"):
            if callee.cls.lookup(name) or (name == "__call__" and lent(it, callee, name)):
                return call_method(it, callee, name, args, node, keywords)
    if isinstance(callee, Array) and not args and not keywords:
        return callee  # what a weak reference points to
    if isinstance(callee, Pending) and callee.value is None:
        return it.unknown(f"{callee.path} is called, and what it does is not known", *args)
    return it.unknown("a call of something unknown", callee, *args)


def is_node(cls: Class) -> bool:
    """A function with its derivative, whose base class only books its calls: it computes what `forward` does."""
    return "__call__" not in cls.names and all(isinstance(cls.lookup(n), Function)
                                               for n in ("forward", "backward", "__call__"))


def call_method(it: Interpreter, receiver: Any, name: str, args: list[Any], node: cst.CSTNode | None,
                keywords: dict[str, Any] | None = None) -> Any:
    """A method of a traced object by name."""
    from nablint.tracing.attributes import attribute

    return call(it, attribute(it, receiver, name, node), args, keywords or {}, node)


def call_function(it: Interpreter, function: Function, args: list[Any], keywords: dict[str, Any],
                  node: cst.CSTNode | None) -> Any:
    """Walk a function of the source in a new frame."""
    it.depth += 1
    it.too_deep()
    saved = it.step, it.block, it.graph.tainting, it.graph.origin, it.caller
    scope = Scope({}, function.scope, function.name)
    try:
        it.caller = it.step
        it.block = it.blocks.get(id(function.node), it.block)
        bind_arguments(it, function, scope, args, keywords)
        it.frames.setdefault(function.name, []).append(scope)
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
                result = scope.names.get("$yielded", [])
                if function.context:
                    result = result[0] if result else None
        it.returned.append((function, scope, it.step, result))
        return result
    finally:
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
    if isinstance(params.star_arg, cst.Param):
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
    init = cls.lookup("__init__")
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
                return (call(it, said["default_factory"], [], {}, node),)
            return (said["default"],) if "default" in said else ()
    return ()


def _arguments_fit(it: Interpreter, name: str, function: Any, /, *args: Any, **keywords: Any) -> Any:
    """Call a function of our own that stands for one of Python's; arguments that it does not take make it unknown."""
    try:
        return function(*args, **keywords)
    except TypeError as error:
        if error.__traceback__ is not None and error.__traceback__.tb_next is None:
            return it.unknown(f"{name}: {error}")
        raise


def call_external(it: Interpreter, name: str, args: list[Any], keywords: dict[str, Any],
                  node: cst.CSTNode | None) -> Any:
    """A function outside the source."""
    if name in BUILTINS:
        return _arguments_fit(it, name, BUILTINS[name], it, node, *args, **keywords)
    if name == "numpy.dot" or name in ("torch.mm", "torch.matmul", "numpy.matmul"):
        args = refine.product_operands(it, args, batched=name.endswith("matmul"))
    if name in METHODS_OF_MODULES and args and not isinstance(args[0], Array | Pending):
        return METHODS_OF_MODULES[name](it, args)
    spelling = it.spellings.get(name)
    if spelling is not None:
        return apply_spelling(it, name, spelling, args, keywords, node, receiver=None)
    if name in METHODS_OF_MODULES:
        return METHODS_OF_MODULES[name](it, args)
    if it.world.sure and name.rpartition(".")[2] in ("issparse", "isspmatrix", "isspmatrix_csr", "isspmatrix_csc"):
        return False  # stand-ins are dense
    if name.endswith("get_array_module"):
        return External("numpy")
    if name.endswith("get_device_from_array"):
        return External("chainer.device")
    if name in GENERATORS:
        return External(f"{GENERATORS[name]}()")
    if (value := assumed(it, name, args, keywords, node)) is not None:
        return value
    tainted = any(map(is_tainted, args)) or any(map(is_tainted, keywords.values()))
    holds = any(isinstance(v, Array | Unknown) for v in [*args, *keywords.values()])
    if not holds and not name.startswith(("numpy.", "torch.", "scipy.", "math.")):
        return Pending(f"{name}()@{_row(it, node)}", name.split(".")[-1])
    return Unknown(f"{name} is not known", tainted or it.graph.tainting)


def _row(it: Interpreter, node: cst.CSTNode | None) -> int:
    if it.step is None or node is None:
        return 0
    tree = it.step.block.tree()
    span = tree.spans.get(id(node)) if tree else None
    return it.step.block.row + span[0].row - 1 if span else 0


GENERATORS = {
    "numpy.random.default_rng": "numpy.random.default_rng", "numpy.random.RandomState": "numpy.random.RandomState",
    "numpy.random.mtrand.RandomState": "numpy.random.RandomState", "numpy.random.Generator": "numpy.random.default_rng",
    "sklearn.utils.check_random_state": "numpy.random.RandomState",
}
"""Calls that give a generator of random numbers, whose methods the dialects know under `name().method`."""

METHODS_OF_MODULES: dict[str, Any] = {
    "copy.deepcopy": lambda it, args: refine.copied(args[0]),
    "copy.copy": lambda it, args: refine.shallow(args[0]),
}


def _call_method_of_value(it: Interpreter, callee: Method, args: list[Any], keywords: dict[str, Any],
                          node: cst.CSTNode | None) -> Any:
    receiver, name = callee.receiver, callee.name
    if isinstance(receiver, int | float) and f"ndarray.{name}" in it.spellings:  # numpy's numbers have its methods
        receiver = Array(it.size_term(receiver) if isinstance(receiver, Size) else it.graph.constant(receiver))
    if isinstance(receiver, Pending) and receiver.value is None and name == "size":
        return index(it, PendingShape(receiver), args[0], node) if args else PendingShape(receiver)
    if isinstance(receiver, Pending):
        reduced(it, name, [receiver, *args], keywords)
        receiver = receiver.value
        if not isinstance(receiver, Array):
            return it.unknown(f"nothing tells the shape of {callee.receiver.hint}", *args)
    if isinstance(receiver, Array):
        if name in ("dot", "matmul", "mm") and args:
            args = refine.product_operands(it, [receiver, *args], batched=name == "matmul")[1:]
        kind = "Tensor" if receiver.dialect == "torch" or not {"dim", "keepdim"}.isdisjoint(keywords) else "ndarray"
        spelling = it.spellings.get(f"{kind}.{name}") or it.spellings.get(
            f"{'ndarray' if kind == 'Tensor' else 'Tensor'}.{name}"
        )
        if spelling is None:
            return it.unknown(f"the array method {name} is not known", receiver, *args)
        return apply_spelling(it, f"{kind}.{name}", spelling, [receiver, *args], keywords, node, receiver=receiver)
    if isinstance(receiver, tuple) and name in ("_replace", "_asdict") and hasattr(receiver, "_fields"):
        return getattr(receiver, name)(**keywords)
    method = METHODS.get((_kind_of(receiver), name))
    if method is None:
        return it.unknown(f"the method {name} of a {type(receiver).__name__}", *args)
    return _arguments_fit(it, name, method, it, receiver, *args, **keywords)


def _convert(it: Interpreter, value: Any) -> Any:
    """An argument as a spelling expects it."""
    value = plain(value)
    if type(value) is Array:
        return it.operand(value)
    if isinstance(value, Pending):
        value = refine.as_operand(it, value)
        return it.operand(value) if isinstance(value, Array) else value
    if isinstance(value, PendingShape):
        return refine.whole_shape(it, value)
    if isinstance(value, list):
        return [_convert(it, v) for v in value]
    if isinstance(value, tuple):
        return tuple([_convert(it, v) for v in value])
    return value


def apply_spelling(it: Interpreter, name: str, spelling: Spelling, args: list[Any], keywords: dict[str, Any],
                   node: cst.CSTNode | None, *, receiver: Array | None) -> Any:
    """Apply an operation in one of its spellings; the result is an array, a number or a tuple of them."""
    unknown = _find_unknown([*args, *keywords.values()])
    out = keywords.pop("out", None)
    dialect = receiver.dialect if receiver is not None else ("torch" if name.startswith("torch.") else "numpy")
    if unknown is not None:
        if spelling.inplace and args and isinstance(args[0], Array):
            poison(it, args[0], unknown)
        return it.unknown("", *args, *keywords.values(), unknown)
    ufunc = getattr(np, name.removeprefix("numpy."), None) if name.startswith("numpy.") else None
    if isinstance(ufunc, np.ufunc) and len(args) == ufunc.nin + 1 and isinstance(args[-1], Array):
        out = args.pop()
    refine.arguments(it, name, args, keywords)
    if keywords.get("keepdims") or keywords.get("keepdim"):
        _kept_apart(it, args, keywords.get("axis", keywords.get("dim")))
    converted: list[Any] = []
    try:
        converted = [_convert(it, a) for a in args]
        named = {k: _convert(it, v) for k, v in keywords.items()}
        if (unknown := _find_unknown([*converted, *named.values()])) is not None:
            return unknown
        result = spelling.call(*converted, **named)
    except Misfit as misfit:
        too_large(it, [converted, misfit.below])
        result = it.clash(node, misfit.message, misfit.equations, [*args, *keywords.values()], rank=misfit.rank)
        if spelling.inplace and args and isinstance(args[0], Array):
            poison(it, args[0], result)
        return result
    except RaiseSignal:
        raise
    except (TypeError, ValueError, KeyError, AttributeError, IndexError, np.linalg.LinAlgError, ZeroDivisionError,
            NotImplementedError, AssertionError) as error:
        return it.unknown(f"{name}: {error}", *args)
    if it.graph.most and isinstance(result, Term) and result.sample.size > it.graph.most:
        return it.unknown("an array of very many entries")
    if spelling.inplace and args and isinstance(args[0], Array) and isinstance(result, Term):
        args[0].write(result)
        return args[0]
    if isinstance(out, Array) and isinstance(result, Term):
        out.write(result)
        return out
    return finish(it, name, spelling, result, args, converted, keywords, dialect)


def _kept_apart(it: Interpreter, args: list[Any], axis: Any) -> None:
    """A reduction that keeps its axis does so because the other axes have more than one entry."""
    if (
        args
        and isinstance(args[0], Array)
        and isinstance(axis, int)
        and not args[0].term.tainted
        and not it.graph.tainting
    ):
        shape = args[0].term.shape
        it.world.singular |= any(size == 1 for k, size in enumerate(shape) if k != axis % max(len(shape), 1))


def finish(it: Interpreter, name: str, spelling: Spelling, result: Any, args: list[Any], converted: list[Any],
           keywords: dict[str, Any], dialect: str) -> Any:
    """The result of a spelling as a value: views keep their base, buffers are marked."""
    if isinstance(result, Term):
        if spelling.unview is not None and args and isinstance(args[0], Array):
            rest = converted[1:]
            kept = {k: _convert(it, v) for k, v in keywords.items()}
            unview, again = spelling.unview, spelling.call
            return Array(result, dialect, base=args[0],
                         rebuild=lambda b: again(b, *rest, **kept),
                         unview=lambda b, new: unview(b, new, *rest, **kept))
        in_domain(it, result)
        array = Array(result, dialect)
        last = name.rsplit(".", 1)[-1]
        if last in BLANK and not it.graph.tainting and result.card is None and not result.label:
            array.fresh = True
        return array
    if name.rsplit(".", 1)[-1] in CUTTING and isinstance(result, tuple | list) and isinstance(args[0], Array):
        return type(result)([_piece(args[0], part, dialect) for part in result])
    return _wrap(result, dialect)


CUTTING = frozenset({"split", "array_split", "tensor_split", "split_with_sizes", "chunk", "unbind", "unstack", "hsplit",
                     "vsplit", "dsplit"})


def _piece(whole: Array, part: Term, dialect: str) -> Array:
    """A piece of an array is a view of it: what is written into it is written into the whole."""
    if part is whole.term:
        return Array(part, dialect, base=whole, rebuild=lambda b: b, unview=lambda b, new: new)
    if part.card is None or part.card.name != "getitem" or len(part.args) != 1 or part.args[0] is not whole.term:
        return Array(part, dialect)
    at = part.params["index"]
    return Array(part, dialect, base=whole, rebuild=lambda b: read_at(b, index=at),
                 unview=lambda b, new: write_at(b, new, index=at))


BLANK = frozenset({"zeros", "ones", "ndarray", "zeros_like", "ones_like", "empty", "empty_like", "full", "new_zeros",
                   "array", "tensor"})


def _wrap(value: Any, dialect: str) -> Any:
    if isinstance(value, Term):
        return Array(value, dialect)
    if isinstance(value, tuple):
        parts = [_wrap(v, dialect) for v in value]
        return getattr(type(value), "_make", tuple)(parts)  # a named tuple stays one: `x.max(1).values`
    if isinstance(value, list):
        return [_wrap(v, dialect) for v in value]
    if isinstance(value, np.integer):
        return int(value)
    if isinstance(value, np.floating):
        return float(value)
    return value


def _find_unknown(values: list[Any]) -> Unknown | None:
    for value in values:
        if isinstance(value, Unknown):
            return value
        if isinstance(value, list | tuple) and (found := _find_unknown(list(value))) is not None:
            return found
    return None


__all__ = ["NUMBERS", "Size", "apply_spelling", "call", "call_function", "call_method", "evaluate_call", "instantiate",
           "listed"]


def _kind_of(value: Any) -> type:
    return next((kind for kind in (dict, list, str) if isinstance(value, kind)), type(value))
