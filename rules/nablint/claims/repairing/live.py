"""Live values: what has a name where a statement stands, and what can be made of it.

A missing factor or term is looked for among these: the value's ratio to what it should be, or its difference from it,
is matched with the values that the user's own code has at hand.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Any

import libcst as cst
import numpy as np

from nablint.calculus.terms import Term
from nablint.claims.edits.live import shifted
from nablint.claims.replaying.replay import evaluated
from nablint.tracing.hints import FUNCTION
from nablint.tracing.interpreter import Interpreter
from nablint.tracing.step import Step
from nablint.tracing.values import Array, External, Function, Instance, Pending


@dataclass(frozen=True, slots=True)
class LiveValue:
    """A value that code has at hand where a statement stands: how it is written there, and its samples."""

    text: str
    sample: Any
    tainted: bool
    torch: bool = False
    module: str = "np"
    """The name that the file has for its library."""


MAX_WRITTEN = 24
MAX_ITEMS = 40
MAX_ATTRIBUTES = 24
MAX_TERMS = 6


def at_hand(it: Interpreter, step: Step, shape: tuple[int, ...] | None = None) -> list[LiveValue]:
    """Everything that has a name where a step stands, and the items that its function writes by an index.

    shape: that of the value in question, for which the file's derivative functions may be needed, too.
    """
    torch, module = it.dialect == "torch", module_name(it)
    found: dict[str, LiveValue] = {}
    for text, term in chain(live_values(step), written_items(it, step)):
        found.setdefault(text, LiveValue(text, np.asarray(term.sample), term.tainted, torch, module))
    alike = [v.text for v in found.values() if v.sample.shape == shape and v.sample.dtype.kind == "f" and not v.tainted]
    for name in derivative_functions(step) if alike else ():
        for text in alike[:MAX_TERMS]:
            value = evaluated(it, step, f"{name}({text})")
            if value is not None and np.shape(value.sample) == shape:
                made = f"{name}({text})"
                found.setdefault(made, LiveValue(made, np.asarray(value.sample), False, torch, module))
    return list(found.values())[:60]


def module_name(it: Interpreter) -> str:
    """What a file calls the library that its arrays are of."""
    library = "torch" if it.dialect == "torch" else "numpy"
    found = next((n for n, v in it.scope.names.items() if isinstance(v, External) and v.name == library), None)
    return found or ("torch" if library == "torch" else "np")


def left_out(it: Interpreter, step: Step, node: cst.BaseExpression, value: Term) -> list[str]:
    """Cotangents at hand that an expression could be the sum with: of its shape, and not in it."""
    code = cst.Module([]).code_for_node(node)
    return [v.text for v in at_hand(it, step)
            if v.tainted and v.sample.shape == value.sample.shape and v.sample.dtype.kind == "f"
            and v.text not in code][:MAX_TERMS]


def written_items(it: Interpreter, step: Step) -> Iterator[tuple[str, Term]]:
    """The items `hs[t]`, `activations[-l-1]`, as the function of a step writes them, with what they are there.

    A list that is read by one index may be by those of other lists, and by their neighbours.
    """
    seen: dict[str, None] = {}
    read = {id(s.node): s.node for s in it.steps if s.function == step.function and s.block is step.block}
    for node in read.values():
        if isinstance(node, cst.Assign | cst.AugAssign | cst.Return | cst.Expr) and node.value is not None:
            for text in _items(node.value):
                seen.setdefault(text)
    written = list(seen)[:MAX_WRITTEN]
    places = dict.fromkeys(p for text in written if text.partition("[")[0] in _lists(step)
                           and (p := text.partition("[")[2].removesuffix("]")).isascii())
    counted = sorted(places, key=lambda p: not any(map(str.isalpha, p)))  # those that a loop counts first
    near = dict.fromkeys(n for p in counted for n in (p, shifted(p, "+ 1"), shifted(p, "- 1")))
    others = (f"{name}[{place}]" for name in _lists(step) for place in near)
    for text in list(dict.fromkeys((*written, *others)))[:MAX_ITEMS]:
        value = evaluated(it, step, text)
        if value is not None:
            yield text, value


def _lists(step: Step) -> list[str]:
    """The names of lists of arrays."""
    return [name for name, value in step.names.items() if name.isidentifier() and isinstance(value, list) and value
            and all(isinstance(item.value if isinstance(item, Pending) else item, Array) for item in value)]


@lru_cache(maxsize=4096)
def _items(node: cst.BaseExpression) -> tuple[str, ...]:
    """The subscripts of names and attributes in an expression."""
    out: list[str] = []
    stack: list[cst.CSTNode] = [node]
    while stack:
        part = stack.pop()
        if isinstance(part, cst.Subscript) and isinstance(_base(part), cst.Name | cst.Attribute):
            out.append(cst.Module([]).code_for_node(part.with_changes(lpar=[], rpar=[])))
        stack.extend(part.children)
    return tuple(out)


def _base(node: cst.Subscript) -> cst.BaseExpression:
    """What is subscripted, once or several times: `cache` of `cache["h"][:, t]`."""
    base: cst.BaseExpression = node
    while isinstance(base, cst.Subscript):
        base = base.value
    return base


def shape_of(step: Step, node: cst.CSTNode) -> Any:
    """The shape that a node of a statement had when it ran; None for what is no array."""
    found = step.values.get(id(node))
    return np.shape(found.sample) if isinstance(found, Term) and found.ndim else None


def live_values(step: Step) -> Iterator[tuple[str, Term]]:
    """Arrays that have a name where a step stands: locals, items of dicts, and attributes of objects."""
    for name, value in _names(step):
        value = value.value if isinstance(value, Pending) else value
        if isinstance(value, Array) and name.isidentifier():
            yield name, value.before(step.number)
        elif isinstance(value, Instance) and name.isidentifier():
            for attribute in list(value.names)[:MAX_ATTRIBUTES]:
                held = value.before(attribute, step.number)
                held = held.value if isinstance(held, Pending) else held
                if isinstance(held, Array) and attribute.isidentifier():
                    yield f"{name}.{attribute}", held.before(step.number)
        elif isinstance(value, dict) and name.isidentifier() and len(value) < 24:
            for key, held in value.items():
                if isinstance(key, str) and isinstance(held, Array):
                    yield f'{name}["{key}"]', held.before(step.number)


def _names(step: Step) -> Iterator[tuple[str, Any]]:
    """The names of a step's frame, then those of the functions around it, where it is that of a closure.

    Those of a script the last first: it may be long.
    """
    yield from step.names.items() if step.scope.function else reversed(step.names.items())
    scope, seen = step.scope.outer, set(step.names)
    while scope is not None and scope.function:
        yield from ((n, v) for n, v in scope.names.items() if n not in seen)
        seen |= set(scope.names)
        scope = scope.outer


def live_shapes(step: Step) -> list[tuple[str, Any]]:
    """Live arrays by their code, with their shapes."""
    return [(text, np.shape(term.sample)) for text, term in live_values(step) if term.ndim][:24]


def derivative_functions(step: Step) -> list[str]:
    """Functions of the file that look like derivatives, by the names that the statement can call them by."""
    scope = step.scope.outer if step.scope.function else step.scope
    found: list[str] = []
    receiver = step.names.get("self")
    if isinstance(receiver, Instance) and receiver.cls is not None:
        found += [f"self.{n}" for n, v in receiver.cls.names.items() if isinstance(v, Function) and _derives(n)]
        found += [f"self.{part}.{n}" for part, held in receiver.names.items() if FUNCTION.fullmatch(part)
                  and isinstance(held, Instance) and held.cls is not None
                  for n, v in held.cls.names.items() if isinstance(v, Function) and _derives(n)]
    while scope is not None:
        found += [n for n, v in scope.names.items() if isinstance(v, Function) and _derives(n)]
        scope = scope.outer
    return found[:4]


def _derives(name: str) -> bool:
    return any(w in name.lower() for w in ("prime", "deriv", "grad", "backward", "_d", "d_"))
