"""Results of a run: what backward code returns, stores and updates with, each with the variables it may belong to."""

from __future__ import annotations

from typing import Any

import libcst as cst

from nablint.calculus.terms import Term
from nablint.claims import names
from nablint.claims.model import Result
from nablint.tracing.hints import base
from nablint.tracing.interpreter import Interpreter
from nablint.tracing.step import Event, Step
from nablint.tracing.values import Array, Function, Instance, Pending, Unknown


def returned_results(it: Interpreter, function: Function, returned: Any, positions: list[Any], position_names: list[str], *,
                     formal: bool = False) -> list[Result]:
    """What a backward function returns, by the names in its return statement, else by position."""
    step = _return_step(it, function)
    if step is None or not isinstance(step.node, cst.Return) or step.node.value is None:
        return []
    node = step.node.value
    if isinstance(returned, dict):
        return [r for key, value in returned.items() if isinstance(key, str) for r in _entry(it, key, value, step, node)]
    parts = list(returned) if isinstance(returned, tuple | list) else [returned]
    elements = [e.value for e in node.elements] if isinstance(node, cst.Tuple | cst.List) else [node]
    if len(elements) != len(parts):
        elements = [node] * len(parts)
    arrays = [(n, p) for n, p in zip(position_names, positions, strict=False) if isinstance(p, Array)]
    out: list[Result] = []
    offset = 0
    for i, (element, part) in enumerate(zip(elements, parts, strict=True)):
        word = element.value if isinstance(element, cst.Name) else element.attr.value if isinstance(element, cst.Attribute) else ""
        if isinstance(part, dict):
            out += [r for key, value in part.items() if isinstance(key, str) for r in _entry(it, key, value, step, element)]
            continue
        if isinstance(part, list) and part and word:
            out += _listed(it, word, part, step, element)
            continue
        if formal:
            if i < len(positions) and isinstance(positions[i], Array) and part is not None:
                out.append(_result(it, word or f"output {i}", part, [positions[i].term], step, element, position_names[i], True))
            continue
        if not isinstance(part, Array | Unknown) or (isinstance(part, Array) and not part.term.tainted and not names.is_gradient_name(word)):
            offset += isinstance(part, Array)
            continue
        wrt = candidates(it, word, "", None) if word else []
        if not wrt and arrays and len(parts) <= len(arrays) and i < len(arrays) and (not word or not names.variables(word) or len(parts) == 1):
            wrt = [arrays[i][1].term]
            out.append(_result(it, word or arrays[i][0], part, wrt, step, element, arrays[i][0], True))
        elif wrt or word:
            out.append(_result(it, word, part, wrt, step, element, "", bool(arrays)))
    return out


def _return_step(it: Interpreter, function: Function) -> Step | None:
    for found, _, step, _ in reversed(it.returned):
        if found is function:
            return step
    return None


def _result(it: Interpreter, name: str, value: Any, wrt: list[Term], step: Step, node: cst.CSTNode, wrt_name: str, formal: bool) -> Result:
    term = unclipped(value.term) if isinstance(value, Array) else None
    reason = value.reason if isinstance(value, Unknown) else ""
    event = _last_event(it, name, step)
    shown = wrt_name or (it.names.get(wrt[0], wrt[0].label) if wrt else "")
    return Result(name, term, wrt, event.step if event is not None else step, node, shown, formal, reason=reason, event=event)


def _last_event(it: Interpreter, name: str, step: Step) -> Event | None:
    """The last assignment of a returned name in the frame that returns it."""
    for event in reversed(it.events):
        if event.step.scope is step.scope and event.name == name and not event.holder:
            return event
    return None


def _entry(it: Interpreter, key: str, value: Any, step: Step, node: cst.CSTNode) -> list[Result]:
    if isinstance(value, Pending) or not isinstance(value, Array | Unknown):
        return []
    wrt = candidates(it, key, "grads", key)
    event = next((e for e in reversed(it.events) if e.key == key or (e.value is not None and isinstance(value, Array) and e.value is value.term)), None)
    term = unclipped(value.term) if isinstance(value, Array) else None
    reason = value.reason if isinstance(value, Unknown) else ""
    return [Result(key, term, wrt, event.step if event else step, event.target if event else node, base(wrt[0].label) if wrt else "", True,
                   reason=reason, event=event)]


def _listed(it: Interpreter, word: str, values: list[Any], step: Step, node: cst.CSTNode) -> list[Result]:
    """A list of gradients, item by item beside the list of variables."""
    out: list[Result] = []
    for i, value in enumerate(values):
        if not isinstance(value, Array):
            continue
        term = value.term
        event = next((e for e in reversed(it.events) if e.value is term or (e.holder == word and e.cell is value)), None)
        event = event or next((e for e in reversed(it.events) if e.name == word and e.step.scope is step.scope), None)
        wrt = list_candidates(it, word, i, len(values))
        out.append(Result(f"{word}[{i}]", unclipped(term), wrt, event.step if event else step, event.target if event else node,
                          f"{base(wrt[0].label)}[{i}]" if wrt else "", False, event=event))
    return out


def unclipped(term: Term) -> Term:
    """Clipping a gradient is done on purpose; what is judged is the gradient that was clipped."""
    while term.card is not None and term.card.name == "clip":
        term = term.args[0]
    return term


def candidates(it: Interpreter, name: str, holder: str, key: Any) -> list[Term]:
    """Forward values that a gradient of this name may belong to, likeliest first."""
    words = list(names.variables(name)) if names.is_gradient_name(name) else []
    if isinstance(key, str) and holder:
        words += [key, *names.synonyms(key)]
    out: list[Term] = []
    for word in dict.fromkeys(words):
        found = list(it.history.get(word, ()))
        found += [t for path, t in it.world.leaves.items() if base(path) == word and not t.tainted]
        out += [t for t in found if t not in out]
    return out


def list_candidates(it: Interpreter, word: str, position: int, length: int) -> list[Term]:
    """The item at the same position of the list of variables that a list of gradients belongs to."""
    out: list[Term] = []
    for name in [*names.variables(word), *(("params", "parameters", "weights") if word in names.CONTAINERS else ())]:
        for values in it.lists.get(name, ()):
            if len(values) == length and isinstance(values[position], Array | Pending):
                value = values[position]
                value = value.value if isinstance(value, Pending) else value
                if isinstance(value, Array) and not value.term.tainted and value.term not in out:
                    out.append(value.term)
    return out


def stored_results(it: Interpreter, start: int) -> list[Result]:
    """Gradients that are kept: the last assignment to each name, attribute, key or place."""
    last: dict[tuple[Any, ...], Event] = {}
    for event in it.events:
        if event.step.number < start:
            continue
        place = id(event.owner) if event.holder else id(event.step.scope)
        key = event.key if isinstance(event.key, str | int) else None
        if isinstance(event.owner, Array):
            key = None
            place = id(event.owner)
        last[(place, event.name, key)] = event
    out: list[Result] = []
    for event in last.values():
        result = _stored(it, event)
        if result is not None:
            out.append(result)
    return out


def _stored(it: Interpreter, event: Event) -> Result | None:
    if not (names.is_gradient_name(event.name) or names.is_gradient_name(event.holder)):
        return None
    cell = event.cell
    reason = cell.reason if isinstance(cell, Unknown) else ""
    if isinstance(cell, list) and cell and all(isinstance(v, Array) for v in cell):
        return None
    if not isinstance(cell, Array | Unknown):
        return None
    wrt: list[Term] = []
    if isinstance(event.key, int) and isinstance(event.owner, list):
        length = len(event.owner)
        wrt = list_candidates(it, event.holder, event.key % length if length else 0, length)
    elif isinstance(event.owner, Array) and event.name == "grad":
        wrt = [event.owner.term]
    elif isinstance(event.owner, Instance) and event.name in ("grad", "gradient"):
        held = [v for k, v in event.owner.names.items() if k in ("data", "value", "W", "weight") and isinstance(v, Array)]
        wrt = [v.term for v in held if not v.term.tainted]
    else:
        wrt = candidates(it, event.name, event.holder, event.key)
    if not wrt:
        return None
    stored = bool(event.holder)
    leaf = any(t.card is None and t.label for t in wrt)
    if not stored and not leaf:
        return None
    term = event.value
    if isinstance(cell, Array) and term is not None:
        term = unclipped(cell.term)
    elif term is None and isinstance(cell, Array):
        term = unclipped(cell.term)
    name = f"{event.holder}[{event.key!r}]" if event.key is not None and isinstance(event.key, str | int) and event.holder else (
        f"self.{event.name}" if isinstance(event.owner, Instance) else event.name)
    return Result(name, term, wrt, event.step, event.target, it.names.get(wrt[0], wrt[0].label), False, reason=reason, event=event)
