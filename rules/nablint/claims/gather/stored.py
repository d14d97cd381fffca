"""Results that are stored in attributes, dictionaries and buffers."""

from __future__ import annotations

from typing import Any

import libcst as cst

from nablint.calculus.terms import Term, ancestors
from nablint.claims import names
from nablint.claims.entries import only_drawn
from nablint.claims.gather.clipped import unclipped
from nablint.claims.gather.targets import HELD, candidates, list_candidates, place_in_list
from nablint.claims.model import Result
from nablint.tracing.interpreter import Interpreter
from nablint.tracing.step import Event
from nablint.tracing.values import Array, Instance, Pending, Scope, Unknown


def stored_results(it: Interpreter, start: int, frame: Scope | None) -> list[Result]:
    """Gradients that are kept: the last assignment to each attribute, key or place, and to each name of one frame.

    Names belong to one call frame: the `dx` of an inner function is not the outer one's.
    """
    last: dict[tuple[Any, ...], Event] = {}
    for event in it.events:
        if event.step.number < start or (not event.holder and event.step.scope is not frame):
            continue
        place = id(event.owner) if event.holder else id(event.step.scope)
        key = event.key if isinstance(event.key, str | int) else None
        if isinstance(event.owner, Array):
            key = None
            place = (
                id(event.step.scope)
                if isinstance(event.target, cst.Subscript) and isinstance(event.target.value, cst.Name)
                else id(event.owner)
            )
            if place != id(event.owner) and event.step.scope is not frame:
                continue
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
    place = place_in_list(it, event.name, event.owner) if isinstance(event.owner, Array) else None
    if isinstance(event.key, int) and isinstance(event.owner, list):
        length = len(event.owner)
        wrt = list_candidates(it, event.holder, event.key % length if length else 0, length)
    elif (isinstance(event.owner, Array) and event.name in ("grad", "gradient")
          and isinstance(event.target, cst.Attribute)):
        wrt = [event.owner.term]
    elif place is not None:
        wrt = list_candidates(it, event.name, *place)
    elif isinstance(event.owner, Instance) and event.name in ("grad", "gradient"):
        known = [v.value if isinstance(v, Pending) else v for k, v in event.owner.names.items() if k in HELD]
        held = [v for v in known if isinstance(v, Array)]
        wrt = [v.term for v in held if not v.term.tainted]
    else:
        wrt = _own(it, event, candidates(it, event.name, event.holder, event.key))
    if not wrt:
        return None
    stored = bool(event.holder)
    leaf = any(t.card is None and t.label for t in wrt)
    if not stored and not leaf:
        return None
    term = event.value
    if (isinstance(cell, Array) and term is not None) or (term is None and isinstance(cell, Array)):
        term = unclipped(cell.term)
    if term is not None and only_drawn(it, term, event.step):
        return None
    name = event.name
    if place is not None:
        name = f"{name}[{place[0]}]"
    elif isinstance(event.key, str | int) and event.holder and not isinstance(event.owner, Array):
        name = f"{event.holder}[{event.key!r}]"
    elif isinstance(event.owner, Instance):
        name = f"self.{name}"
    return Result(
        name, term, wrt, event.step, event.target, it.names.get(wrt[0], wrt[0].label), False, reason=reason, event=event
    )


def _own(it: Interpreter, event: Event, wrt: list[Term]) -> list[Term]:
    """Of parameters of one name in several objects, that of the object whose method stores the gradient; none of them
    where the frame outside of methods has another array by that name.
    """
    if not event.holder and "self" not in event.step.scope.names:
        wrt = [t for t in wrt if not (it.names.get(t, "").startswith("self.") and _shadowed(event, t))]
    owner = event.owner if isinstance(event.owner, Instance) else event.step.scope.names.get("self")
    if len(wrt) < 2 or not isinstance(owner, Instance):
        return wrt
    held = [v.value if isinstance(v, Pending) else v for v in owner.names.values()]
    held += [v for box in held if isinstance(box, dict) for v in box.values()]
    terms = {v.term for v in held if isinstance(v, Array) and v.term.card is None}
    return [t for t in wrt if t in terms] or wrt


def _shadowed(event: Event, term: Term) -> bool:
    """Has the frame of an event an array by the name of its variable that has nothing to do with a term?"""
    named = (event.step.scope.names.get(word) for word in names.variables(event.name))
    return any(isinstance(v, Array) and term not in ancestors(v.term) and all(term is not old for _, old in v.past)
               for v in named)


def drop_staged(results: list[Result]) -> list[Result]:
    """A value that another result of the same variable is made from is a stage on the way, not a result; so is the
    cotangent of a computed value that a parameter's gradient is made from.

    A step `w -= ...` repeats the gradient that it uses; it counts only where nothing else names that gradient.
    """
    kept: list[Result] = []
    for result in results:
        others = [r for r in results if r is not result and r.value is not None and set(r.wrt) & set(result.wrt)]
        if result.update and any(not o.update for o in others):
            continue
        if not result.wrt or any(t.card is not None for t in result.wrt):
            least = max((t.number for t in result.wrt), default=0)
            others += [r for r in results if r.value is not None
                       and any(t.card is None or t.number < least for t in r.wrt)]
        if result.value is not None and any(
            not o.update and o.value is not result.value and _made_from(o.value, result.value) for o in others
        ):
            continue
        kept.append(result)
    return kept


def _made_from(term: Term | None, part: Term) -> bool:
    assert term is not None
    stack, seen = [term], {term}
    while stack:
        for arg in stack.pop().args:
            if arg is part:
                return True
            if arg.number > part.number and arg not in seen:
                seen.add(arg)
                stack.append(arg)
    return False
