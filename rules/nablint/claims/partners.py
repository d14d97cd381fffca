"""Partners: which functions of a module belong together by the data that passes between them.

Names tell most forward functions of a backward one (`affine_forward`, `affine_backward`).  Where they do not, what the
backward function reads out of its arguments does: the keys of its cache, the names that it unpacks, are names in the
forward function.  In the same way a function that makes `parameters` serves one that takes `parameters`, and a function
by the name of a cost serves a backward function that a cost arrives at from nowhere.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

import libcst as cst

from nablint.claims import names
from nablint.reading.lazily import regex
from nablint.reading.nodes import parts
from nablint.tracing.statements import target_names
from nablint.tracing.values import Function

_MAKES = regex(r"init|make|create|build|random|setup|generate", re.I)
_COST = regex(r"cost|loss|objective|error|entropy|nll|mse", re.I)


@lru_cache(maxsize=4096)
def parameter_names(node: cst.FunctionDef) -> tuple[str, ...]:
    """A function's positional parameters."""
    return tuple(p.name.value for p in (*node.params.posonly_params, *node.params.params))


@lru_cache(maxsize=4096)
def assigned(node: cst.FunctionDef) -> frozenset[str]:
    """Names that a function assigns, and strings that it writes as keys."""
    out: set[str] = set()
    for part in _walk(node.body):
        if isinstance(part, cst.Assign):
            for target in part.targets:
                out.update(target_names(target.target))
                if isinstance(target.target, cst.Subscript):
                    out.update(_strings(target.target.slice[0]))
        elif isinstance(part, cst.DictElement):
            out.update(_strings(part.key))
    return frozenset(out)


@lru_cache(maxsize=4096)
def read_from_arguments(node: cst.FunctionDef) -> frozenset[str]:
    """Names that a function unpacks from its arguments, and string keys that it reads."""
    given = set(parameter_names(node))
    out: set[str] = set()
    for part in _walk(node.body):
        if isinstance(part, cst.Assign) and isinstance(part.value, cst.Name) and part.value.value in given:
            for target in part.targets:
                if isinstance(target.target, cst.Tuple | cst.List):
                    out.update(target_names(target.target))
        elif isinstance(part, cst.Subscript) and isinstance(part.value, cst.Name) and part.value.value in given:
            out.update(_strings(part.slice[0]))
    return frozenset(n for n in out if n != "_")


@lru_cache(maxsize=4096)
def calls(node: cst.FunctionDef | cst.Lambda, name: str) -> bool:
    """Does a function call a method of this name?"""
    return any(_is_call(part, name) for part in _walk(node))


@lru_cache(maxsize=4096)
def hands_on(node: cst.FunctionDef | cst.Lambda, ahead: str, back: str) -> bool:
    """Does a function call one method, and another one with something that the first returned, or a list of that?"""
    made: set[str] = set()
    given: set[str] = set()
    kept: list[tuple[str, str]] = []
    for part in _walk(node):
        if isinstance(part, cst.Assign) and _is_call(part.value, ahead):
            made |= {name for target in part.targets for name in target_names(target.target)}
        elif isinstance(part, cst.Call) and _is_call(part, back):
            items = [a.value.value if isinstance(a.value, cst.Subscript) else a.value for a in part.args]
            given |= {i.value for i in items if isinstance(i, cst.Name)}
        elif isinstance(part, cst.Call) and _is_call(part, "append") and len(part.args) == 1:
            assert isinstance(part.func, cst.Attribute)
            item, holder = part.args[0].value, part.func.value
            if isinstance(item, cst.Name) and isinstance(holder, cst.Name):
                kept.append((holder.value, item.value))
    made |= {holder for holder, item in kept if item in made}
    return bool(made & given)


def _is_call(node: cst.CSTNode, name: str) -> bool:
    return isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute) and node.func.attr.value == name


@lru_cache(maxsize=4096)
def assigned_to_self(node: cst.FunctionDef | cst.Lambda) -> frozenset[str]:
    """Attributes of its object that a method sets."""
    targets = [t.target for part in _walk(node) if isinstance(part, cst.Assign) for t in part.targets]
    parts = [e.value for t in targets if isinstance(t, cst.Tuple) for e in t.elements] + targets
    return frozenset(t.attr.value for t in parts if _of_self(t) and isinstance(t, cst.Attribute))


@lru_cache(maxsize=4096)
def read_from_self(node: cst.FunctionDef | cst.Lambda) -> frozenset[str]:
    """Attributes of its object that a method mentions."""
    return frozenset(part.attr.value for part in _walk(node) if isinstance(part, cst.Attribute) and _of_self(part))


def _of_self(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.Attribute) and isinstance(node.value, cst.Name) and node.value.value == "self"


@lru_cache(maxsize=4096)
def returned(node: cst.FunctionDef) -> frozenset[str]:
    """Names that a function returns."""
    out: set[str] = set()
    for part in _walk(node.body):
        if isinstance(part, cst.Return) and part.value is not None:
            elements = [e.value for e in part.value.elements] if isinstance(part.value, cst.Tuple) else [part.value]
            out.update(e.value for e in elements if isinstance(e, cst.Name))
    return frozenset(out)


def partner_by_data(backward: Function, functions: Mapping[str, Function]) -> str | None:
    """The forward function whose names a backward function reads out of its arguments."""
    assert isinstance(backward.node, cst.FunctionDef)
    wanted = read_from_arguments(backward.node)
    if len(wanted) < 2:
        return None
    best: tuple[float, str] | None = None
    for name, other in functions.items():
        if (
            other is backward
            or names.is_backward(name)
            or not isinstance(other.node, cst.FunctionDef)
            or not returned(other.node)
        ):
            continue
        filled, taken = _tuples(other.node), _tuples(backward.node)
        if any(filled[word] != taken[word] for word in filled.keys() & taken.keys()):
            continue  # a cache of another network
        known = assigned(other.node) | set(parameter_names(other.node))
        share = len(wanted & known) / len(wanted)
        if share > 0.7 and len(wanted & known) > 1 and not any(n.startswith("d") and names.is_gradient_name(n)
                                                               for n in known):
            named = returned(other.node) & set(parameter_names(backward.node))
            score = share + 0.1 * bool(named) - 0.01 * len(known - wanted)
            if best is None or score > best[0]:
                best = (score, name)
    return best[1] if best is not None else None


@lru_cache(maxsize=4096)
def _tuples(node: cst.FunctionDef) -> dict[str, int]:
    """How many parts the tuples have that a function makes (`cache = (a, b)`) or takes apart (`a, b = cache`)."""
    out: dict[str, int] = {}
    for part in _walk(node.body):
        if isinstance(part, cst.Assign):
            target, value = part.targets[0].target, part.value
            for name, parts_ in ((target, value), (value, target)):
                if isinstance(name, cst.Name) and isinstance(parts_, cst.Tuple) and not any(
                        isinstance(e, cst.StarredElement) for e in parts_.elements):
                    out[name.value] = len(parts_.elements)
    return out


def offered(name: str) -> bool:
    """May a function of this name be taken for a maker of inputs or for a cost, without anybody naming it?"""
    return _makes(name) or _COST.search(name) is not None


@lru_cache(maxsize=8192)
def _makes(name: str) -> bool:
    return _MAKES.search(name) is not None


def makers(function: Function, parameter: str, functions: Mapping[str, Function]) -> list[Function]:
    """Functions of the module that make what a parameter of this name is, the likeliest first."""
    if not isinstance(function.node, cst.FunctionDef):
        return []
    read = read_from_arguments(function.node)
    scored: list[tuple[float, int, Function]] = []
    for position, (name, other) in enumerate(functions.items()):
        if not _makes(name) or other is function or not isinstance(other.node, cst.FunctionDef):
            continue
        if parameter in returned(other.node) and parameter not in parameter_names(other.node):
            known = assigned(other.node)
            scored.append((-len(read & known) / max(len(read | known), 1), position, other))
    return [f for _, _, f in sorted(scored, key=lambda s: s[:2])[:3]]


def costs(functions: Mapping[str, Function]) -> list[Function]:
    """Functions of the module that go by the name of a cost, the shortest parameter lists first."""
    found = [f for name, f in functions.items() if _COST.search(name) and isinstance(f.node, cst.FunctionDef)
             and not names.is_backward(name)
             and not names.is_gradient_name(name) and len(parameter_names(f.node)) > 1]
    return sorted(found, key=lambda f: len(parameter_names(f.node)))  # type: ignore[arg-type]


@lru_cache(maxsize=4096)
def gives_back(node: cst.FunctionDef) -> bool:
    """Does a function return something?"""
    return any(isinstance(part, cst.Return) and part.value is not None for part in _walk(node.body))


_DEFINITIONS = frozenset({cst.FunctionDef, cst.ClassDef, cst.Lambda})


@lru_cache(maxsize=4096)
def _walk(node: cst.CSTNode) -> tuple[cst.CSTNode, ...]:
    """A node and all below it, without what stands in definitions inside it."""
    out: list[cst.CSTNode] = []
    stack: list[cst.CSTNode] = [node]
    while stack:
        part = stack.pop()
        out.append(part)
        if type(part) not in _DEFINITIONS or part is node:
            stack.extend(parts(part))
    return tuple(out)


def _strings(node: cst.CSTNode) -> list[str]:
    """Strings in an index or a key: `"W1"` and the `"W"` of `"W" + str(l)`."""
    return [p.evaluated_value for p in _walk(node) if isinstance(p, cst.SimpleString)
            and isinstance(p.evaluated_value, str)]
