"""Units: which code is judged together, found from the definitions of a module."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Any

import libcst as cst

from nablint.claims import names
from nablint.claims.families import chainer_functions, derivatives, registered, tapes
from nablint.claims.families.closures import closure_units
from nablint.claims.families.companions import companion_units
from nablint.claims.families.engines import engine_units
from nablint.claims.families.kernel_gradients import kernel_gradient_units
from nablint.claims.families.named_cotangents import named_cotangent_units
from nablint.claims.families.quotients import quotient_units
from nablint.claims.gather.beside_loss import returns_unnamed_gradient
from nablint.claims.model import Run, Unit
from nablint.claims.partners import assigned_to_self, calls, gives_back, hands_on, partner_by_data, read_from_self
from nablint.claims.scenarios import custom, instances, pairs, whole
from nablint.claims.twins import twin_functions
from nablint.reading.nodes import parts
from nablint.tracing.hints import is_prediction, is_target
from nablint.tracing.interpreter import Interpreter
from nablint.tracing.protocols import is_chainer_function
from nablint.tracing.statements import target_names
from nablint.tracing.values import Class, External, Function


def find_units(it: Interpreter, statements: list[cst.CSTNode]) -> list[Unit]:
    """The units of a loaded module, in source order within each kind."""
    functions = [
        v
        for v in it.scope.names.values()
        if isinstance(v, Function) and v.scope is it.scope
    ]
    classes = [v for v in it.scope.names.values() if isinstance(v, Class) and v.scope is it.scope]
    units: list[Unit] = []
    for cls in classes:
        units += _class_units(cls, functions)
    imported = [v for v in it.scope.names.values() if isinstance(v, Function) and v.scope is not it.scope
                and v.owner is None]
    imported += twin_functions(it, functions)
    units += _replaced(it, functions)
    vjps = registered.units(it, statements)
    taken = {name for unit in vjps for name in unit.functions}
    units += vjps + [u for u in _function_units(functions, imported) if not taken.intersection(u.functions)]
    known = {f.name: f for f in imported if isinstance(f.node, cst.FunctionDef)} | {f.name: f for f in functions}
    units += [Unit(p.name, "derivative", lambda it, p=p: derivatives.derivative(it, p), (p.name,))
              for p in derivatives.pairs(known, bound=False) if p.derivative in functions]
    taken |= {name for unit in units for name in unit.functions[-1:]}
    own = {f.name: f for f in functions if isinstance(f.node, cst.FunctionDef)}
    units += [u for u in quotient_units(known) if u.name in own and u.name not in taken]
    minimises = any(isinstance(v, External) and v.name.startswith("scipy") for v in it.scope.names.values())
    alone = {u.functions[0] for u in units if u.kind == "function" and u.otherwise is None}
    found = list(companion_units(own, classes, statements if minimises else [], taken - alone))
    beside = {u.functions[-1]: u for u in found if u.functions[-1] in alone}
    units = [replace(u, otherwise=beside[u.functions[0]]) if u.kind == "function" and u.functions[0] in beside else u
             for u in units] + [u for u in found if u.functions[-1] not in beside]
    if any(_claims_in(statements_of_script(statements))):
        units += _script_units(statements)
    return units


def _replaced(it: Interpreter, functions: list[Function]) -> list[Unit]:
    """Units of definitions that later ones replaced, judged as if they had stayed."""
    found: list[Unit] = []
    for i, old in enumerate(d for d in it.replaced if d.scope is it.scope):
        units = (_class_units(old, functions) if isinstance(old, Class) else
                 _function_units([old], [f for f in functions if f.name != old.name]) if has_claims(old) else [])
        for unit in units:
            run = unit.run

            def as_of_then(it: Interpreter, old: Function | Class = old,
                           run: Callable[[Interpreter], Run] = run) -> Run:
                it.scope.names[old.name] = old
                return run(it)

            found.append(replace(unit, name=f"{unit.name}, version {i + 1}", run=as_of_then,
                                 family=unit.family and f"{unit.family}, version {i + 1}"))
    return found


def _script_units(statements: list[cst.CSTNode]) -> list[Unit]:
    """A script is judged as one; where it holds several training loops, each is judged with what is before it."""
    loops = [s for s in statements if isinstance(s, cst.For | cst.While) and any(_claims_in([s]))]
    if len(loops) < 2:
        return [Unit("<module>", "script", whole.script, ("",), module=True)]
    return [Unit(f"<module> {i + 1}" if i else "<module>", "script",
                 lambda it, k=i: whole.script(it, k, len(loops)), ("",), module=True)
            for i in range(len(loops))]


def statements_of_script(statements: list[cst.CSTNode]) -> list[cst.CSTNode]:
    """Module-level statements that are no definitions."""
    return [s for s in statements if not isinstance(s, cst.FunctionDef | cst.ClassDef)]


def _claims_in(nodes: list[cst.CSTNode]) -> Iterator[str]:
    """Gradient names that are assigned by these statements, nested functions left out."""
    for node in nodes:
        if not isinstance(node, cst.FunctionDef | cst.ClassDef | cst.Lambda):
            yield from filter(names.is_gradient_name, _assigned(node))


@lru_cache(maxsize=8192)
def _assigned(root: cst.CSTNode) -> tuple[str, ...]:
    """The names that are assigned in or below a statement, nested functions left out."""
    found: dict[str, None] = {}
    stack: list[cst.CSTNode] = [root]
    while stack:
        node = stack.pop()
        if isinstance(node, cst.FunctionDef | cst.ClassDef | cst.Lambda):
            continue
        if isinstance(node, cst.Assign):
            for target in node.targets:
                found |= dict.fromkeys(_claimed(target.target))
        elif isinstance(node, cst.AugAssign | cst.AnnAssign):
            found |= dict.fromkeys(_claimed(node.target))
        elif not isinstance(node, cst.BaseExpression):
            stack.extend(parts(node))
    return tuple(found)


def _claimed(target: cst.CSTNode) -> list[str]:
    found = target_names(target)
    if isinstance(target, cst.Subscript) and isinstance(target.slice[0].slice, cst.Index):
        key = target.slice[0].slice.value
        if isinstance(key, cst.SimpleString) and isinstance(key.evaluated_value, str):
            found.append(key.evaluated_value)
    return found


def has_claims(function: Function) -> bool:
    """Does the function assign gradients?  In one that goes forward, `c_bar` is another state, and no adjoint."""
    if isinstance(function.node, cst.Lambda):
        return False
    ahead = names.is_forward(function.name.rpartition(".")[2])
    return any(names.is_gradient_name(n) and not (ahead and n.lower().endswith("bar"))
               for n in _assigned(function.node.body))


def _parameters(function: Function) -> list[str]:
    params = function.node.params
    return [p.name.value for p in (*params.posonly_params, *params.params)]


def _class_units(cls: Class, functions: list[Function]) -> list[Unit]:
    methods = {name: f for name, f in _members(cls).items() if isinstance(f, Function)}
    own = {name for name, f in cls.names.items() if isinstance(f, Function)}
    base = cls.external_base() or ""
    if is_chainer_function(cls):
        return chainer_functions.units(cls)
    both = {"forward", "backward"} <= set(methods)
    if both and ((base.endswith("Function") and _is_torch(methods["forward"], base)) or _has_context(methods)):
        return [
            Unit(
                cls.name,
                "autograd",
                lambda it: custom.autograd(it, cls),
                (methods["forward"].name, methods["backward"].name),
            )
        ]
    units: list[Unit] = []
    taken: set[str] = set()
    for name, function in methods.items():
        if not names.is_backward(name) or name not in own:
            continue
        partner = _partner(name, methods)
        taken.add(name)
        if partner is None:
            units += engine_units(cls, functions)
            units.append(_method_unit(cls, name, function))
            continue
        partner = _keeper(methods, partner, name) or partner
        pair = _pair_of(cls, methods, partner, name)
        driver = _driver(methods, partner, name)
        if (around := _around(cls, methods, name)) is not None:
            units.append(replace(around, otherwise=pair))
        elif _arrives(function) and not (driver and any(map(is_target, _parameters(function)))):
            mirrored = names.mirrored(name)  # where targets arrive beside a cotangent, the loss is differentiated here
            units.append(replace(pair, otherwise=_pair_of(cls, methods, mirrored, name))
                         if mirrored in methods and mirrored != partner else pair)
        elif driver is not None:
            units.append(Unit(pair.name, "driven", lambda it, d=driver: whole.method(it, cls, d),
                              (methods[driver].name, function.name), otherwise=pair))
        else:
            units.append(replace(pair, otherwise=_method_unit(cls, name, function)))
    units += closure_units(cls, {name: f for name, f in methods.items() if name in own})
    for found in derivatives.pairs(methods, bound=True):
        if found.derivative.name.rpartition(".")[2] in own:
            units.append(Unit(f"{cls.name}.{found.name}", "derivative",
                              lambda it, p=found: derivatives.derivative(it, p, instances.new_instance(it, cls)),
                              (found.derivative.name,)))
    pieces = [*named_cotangent_units(cls, methods), *quotient_units(methods, cls),
              *kernel_gradient_units(cls, methods)]
    units += pieces
    taken |= {unit.functions[-1].rpartition(".")[2] for unit in pieces}
    for name, function in methods.items():
        if name in own and name not in taken and name != "__init__":
            found = tapes.units(function, cls)
            claims = has_claims(function) or returns_unnamed_gradient(function)
            alone = replace(_method_unit(cls, name, function), otherwise=_after_forward(cls, methods, name))
            units += found or ([alone] if claims else [])
    return units


def _after_forward(cls: Class, methods: dict[str, Function], name: str) -> Unit | None:
    """The pair of `forward` and a method that is given what it returned, and targets, and reads what it kept."""
    node, given = methods[name].node, _parameters(methods[name])
    if not (any(map(is_prediction, given)) and any(map(is_target, given))):
        return None
    return next((_pair_of(cls, methods, ahead, name) for ahead, f in methods.items()
                 if ahead != name and ahead.strip("_") in ("forward", "call", "feedforward", "feed_forward")
                 and not calls(node, ahead) and not calls(f.node, name)
                 and assigned_to_self(f.node) & read_from_self(node)), None)


def _around(cls: Class, methods: dict[str, Function], hook: str) -> Unit | None:
    """The pair of inherited methods of which the one that goes back calls a class's own hook, and returns something."""
    for name, function in methods.items():
        if name == hook or name in cls.names or not names.is_backward(name) or not calls(function.node, hook):
            continue
        partner = _partner(name, methods)
        if partner is not None and isinstance(function.node, cst.FunctionDef) and gives_back(function.node):
            return replace(_pair_of(cls, methods, partner, name), name=f"{cls.name}.{hook}",
                           functions=(methods[partner].name, methods[hook].name))
    return None


def _pair_of(cls: Class, methods: dict[str, Function], ahead: str, back: str) -> Unit:
    return Unit(f"{cls.name}.{back}", "class", lambda it: pairs.methods(it, cls, ahead, back),
                (methods[ahead].name, methods[back].name))


def _is_torch(forward: Function, base: str) -> bool:
    """Is the class one of PyTorch's?  Other libraries have functions with `forward` and `backward`, too."""
    first = _parameters(forward)[:1]
    return forward.kind == "static" or "autograd" in base or "torch" in base or first == ["ctx"]


def _has_context(methods: dict[str, Function]) -> bool:
    """Does a class of the file's own follow PyTorch's protocol: static functions that a context passes between?"""
    ahead, back = methods["forward"], methods["backward"]
    return ahead.kind == back.kind == "static" and _parameters(ahead)[:1] == _parameters(back)[:1] == ["ctx"]


def _arrives(function: Function) -> bool:
    """Does a cotangent arrive by the function's arguments?"""
    return any(names.is_gradient_name(p) for p in _parameters(function))


def _members(cls: Class) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for base in cls.bases:
        if isinstance(base, Class):
            found |= _members(base)
    return found | cls.names


def _driver(methods: dict[str, Function], ahead: str, back: str) -> str | None:
    """The method that calls forward, and backward with what forward returned (`train_step`)."""
    return next((name for name, f in methods.items()
                 if name not in (ahead, back) and hands_on(f.node, ahead, back)), None)


def _keeper(methods: dict[str, Function], ahead: str, back: str) -> str | None:
    """The method that runs forward and keeps what backward reads and nobody else has set: `loss`, beside both.

    A framework's `__call__` keeps things as well, and wraps what it is given; `engines` knows those.
    """
    made = [methods[n].node for n in ("__init__", ahead) if n in methods]
    missing = read_from_self(methods[back].node).difference(methods, *map(assigned_to_self, made))
    return next((name for name, f in methods.items() if missing and name not in (ahead, back)
                 and not name.startswith("__") and missing <= assigned_to_self(f.node)
                 and calls(f.node, ahead) and not calls(f.node, back)), None)


def _method_unit(cls: Class, name: str, function: Function) -> Unit:
    return Unit(f"{cls.name}.{name}", "method", lambda it: whole.method(it, cls, name), (function.name,))


_VARIANTS = frozenset(
    {
        "alt",
        "naive",
        "fast",
        "slow",
        "simple",
        "v1",
        "v2",
        "vectorized",
        "strides",
        "im2col",
        "loop",
        "loops",
        "manual",
        "np",
        "numpy",
    }
)


def _partner(name: str, members: dict[str, Any]) -> str | None:
    """The forward function that a backward function belongs to, by what their names have in common.

    A variant of a backward function (`batchnorm_backward_alt`) belongs to the plain forward function.
    """
    key = names.partner_key(name)
    plain = tuple(w for w in key if w not in _VARIANTS)
    for wanted, loose in ((key, False), (plain, True)):
        best: str | None = None
        for other in members:
            if other == name or names.is_backward(other):
                continue
            found = names.partner_key(other)
            found = tuple(w for w in found if w not in _VARIANTS) if loose else found
            if found == wanted and (names.is_forward(other) or (
                    wanted and tuple(names.words(other)) in (wanted, names.stem(name)))):
                if best is None or _nearness(name, other) > _nearness(name, best):
                    best = other
        if best is not None:
            return best
    return None


def _nearness(backward: str, forward: str) -> tuple[bool, int, bool, int]:
    """How much of two names agrees; among equals one that says that it goes forward is nearer, then the plainer one."""
    shared = len(set(names.words(backward)) & set(names.words(forward)))
    return forward.strip("_") in ("forward", "feedforward"), shared, names.is_forward(forward), -len(forward)


def _function_units(functions: list[Function], imported: list[Function]) -> list[Unit]:
    """Units of the module's functions; a forward function may be one that it imports."""
    own = {f.name: f for f in functions}
    by_name = {f.name: f for f in imported if isinstance(f.node, cst.FunctionDef)} | own
    units: list[Unit] = []
    for name, function in own.items():
        if names.is_backward(name):
            partner = _partner(name, own) or _partner(name, by_name) or partner_by_data(function, by_name)
            if partner is not None:
                units.append(
                    Unit(
                        name,
                        "pair",
                        lambda it, f=by_name[partner], b=function: pairs.pair(it, f, b),
                        (partner, name),
                        otherwise=None
                        if _arrives(function)
                        else Unit(name, "function", lambda it, f=function: whole.function(it, f), (name,)),
                    )
                )
                continue
        if found := tapes.units(function):
            units += found
        elif has_claims(function) or returns_unnamed_gradient(function):
            units.append(Unit(name, "function", lambda it, f=function: whole.function(it, f, alone=True), (name,)))
    return units
