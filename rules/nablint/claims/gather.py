"""Results of a run: what backward code returns, stores and updates with, each with the variables it may belong to."""

from __future__ import annotations

from typing import Any

import libcst as cst

from nablint.calculus.terms import Term
from nablint.claims import names
from nablint.claims.model import Result
from nablint.tracing.hints import base
from nablint.tracing.interpreter import Interpreter
from nablint.tracing.operators import plain
from nablint.tracing.step import Event, Step
from nablint.tracing.values import Array, Function, Instance, Pending, Scope, Unknown

HELD = ("data", "value", "_data", "_value", "val", "v", "array", "W", "weight")
"""Attributes that a variable or parameter keeps its array under, beside its `grad`."""


def returned_results(
    it: Interpreter,
    function: Function,
    returned: Any,
    positions: list[Any],
    position_names: list[str],
    *,
    formal: bool = False,
) -> list[Result]:
    """What a backward function returns, by the names in its return statement, else by position."""
    step = return_step(it, function)
    if step is None or not isinstance(step.node, cst.Return) or step.node.value is None:
        return []
    node = step.node.value
    if isinstance(returned, dict):
        word = node.value if isinstance(node, cst.Name) else ""
        returned = {
            k: v
            for k, v in returned.items()
            if isinstance(k, str) and (names.is_gradient_name(k) or names.is_gradient_name(word))
        }
        return [
            r for key, value in returned.items() if isinstance(key, str) for r in _entry(it, key, value, step, node)
        ]
    parts = [plain(p) for p in (returned if isinstance(returned, tuple | list) else [returned])]
    elements = [e.value for e in node.elements] if isinstance(node, cst.Tuple | cst.List) else [node]
    if any(isinstance(e, cst.List | cst.Tuple) for e in elements) and len(elements) == len(parts):
        elements, parts = _flat(elements, parts)
    if len(elements) != len(parts):
        elements = [node] * len(parts)
    arrays = [(n, p) for n, p in zip(position_names, positions, strict=False) if isinstance(p, Array)]
    out: list[Result] = []
    offset = 0
    for i, (element, part) in enumerate(zip(elements, parts, strict=True)):
        word = (
            element.value
            if isinstance(element, cst.Name)
            else element.attr.value
            if isinstance(element, cst.Attribute)
            else ""
        )
        if isinstance(part, dict):
            part = {
                k: v
                for k, v in part.items()
                if isinstance(k, str) and (names.is_gradient_name(k) or names.is_gradient_name(word))
            }
            out += [
                r for key, value in part.items() for r in _entry(it, key, value, step, element)
            ]
            continue
        if isinstance(part, list) and part and word:
            out += _listed(it, word, part, step, element)
            continue
        if formal:
            if i < len(positions) and isinstance(positions[i], Array) and part is not None:
                out.append(
                    _result(
                        it, word or f"output {i}", part, [positions[i].term], step, element, position_names[i], True
                    )
                )
            continue
        if not isinstance(part, Array | Unknown) or (
            isinstance(part, Array) and not part.term.tainted and not names.is_gradient_name(word)
        ):
            offset += isinstance(part, Array)
            continue
        wrt = candidates(it, word, "", None) if word else []
        if (
            not wrt
            and arrays
            and len(parts) <= len(arrays)
            and i < len(arrays)
            and (not word or not names.variables(word) or len(parts) == 1)
        ):
            wrt = [arrays[i][1].term]
            out.append(_result(it, word or arrays[i][0], part, wrt, step, element, arrays[i][0], True))
        elif wrt or word:
            out.append(_result(it, word, part, wrt, step, element, "", bool(arrays)))
    return out


def _flat(elements: list[Any], parts: list[Any]) -> tuple[list[Any], list[Any]]:
    """`return loss, [dU, dV]`: what is returned in a list is returned all the same."""
    flat: list[tuple[Any, Any]] = []
    for element, part in zip(elements, parts, strict=True):
        inner = [e.value for e in element.elements] if isinstance(element, cst.List | cst.Tuple) else []
        if inner and isinstance(part, list | tuple) and len(part) == len(inner):
            flat += zip(inner, part, strict=True)
        else:
            flat.append((element, part))
    return [e for e, _ in flat], [p for _, p in flat]


def return_step(it: Interpreter, function: Function) -> Step | None:
    """The last executed return statement of a function."""
    for found, _, step, _ in reversed(it.returned):
        if found is function:
            return step
    return None


def _result(
    it: Interpreter, name: str, value: Any, wrt: list[Term], step: Step, node: cst.CSTNode, wrt_name: str, formal: bool
) -> Result:
    term = unclipped(value.term) if isinstance(value, Array) else None
    reason = value.reason if isinstance(value, Unknown) else ""
    if formal and isinstance(value, tuple) and len(value) > 1 and all(isinstance(v, Array) for v in value):
        reason = f"it is a tuple of {len(value)} arrays, where one array is wanted"
        it.misfits.append((step, node, reason))
    event = _last_event(it, name, step)
    shown = wrt_name or (it.names.get(wrt[0], wrt[0].label) if wrt else "")
    return Result(
        name,
        term,
        wrt,
        event.step if event is not None else step,
        node,
        shown,
        formal,
        reason=reason,
        event=event,
        returned=step,
    )


def guessed(it: Interpreter, result: Result) -> Result:
    """A result whose name does not tell its variable may belong to any forward value of its shape."""
    if (
        not result.wrt
        and result.value is not None
        and result.value.ndim
        and names.is_gradient_name(result.name.split("[")[0])
    ):
        shape = tuple(result.value.shape)
        known = [t for found in it.history.values() for t in found] + [
            t for t in it.world.leaves.values() if not t.tainted
        ]
        terms = {t: None for t in known if tuple(t.shape) == shape and t is not result.value}
        result.wrt, result.guess = list(terms)[:16], bool(terms)
    return result


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
    event = next(
        (
            e
            for e in reversed(it.events)
            if e.key == key or (e.value is not None and isinstance(value, Array) and e.value is value.term)
        ),
        None,
    )
    term = unclipped(value.term) if isinstance(value, Array) else None
    reason = value.reason if isinstance(value, Unknown) else ""
    return [
        Result(
            key,
            term,
            wrt,
            event.step if event else step,
            event.target if event else node,
            base(wrt[0].label) if wrt else "",
            True,
            reason=reason,
            event=event,
            returned=step,
        )
    ]


def _listed(it: Interpreter, word: str, values: list[Any], step: Step, node: cst.CSTNode) -> list[Result]:
    """A list of gradients, item by item beside the list of variables."""
    out: list[Result] = []
    for i, value in enumerate(values):
        if not isinstance(value, Array):
            continue
        term = value.term
        event = next(
            (e for e in reversed(it.events) if e.value is term or (e.holder == word and e.cell is value)), None
        )
        event = event or next((e for e in reversed(it.events) if e.name == word and e.step.scope is step.scope), None)
        wrt = list_candidates(it, word, i, len(values))
        out.append(
            Result(
                f"{word}[{i}]",
                unclipped(term),
                wrt,
                event.step if event else step,
                event.target if event else node,
                f"{base(wrt[0].label)}[{i}]" if wrt else "",
                False,
                event=event,
                returned=step,
            )
        )
    return out


def unclipped(term: Term) -> Term:
    """Clipping a gradient is done on purpose; what is judged is the gradient that was clipped."""
    while term.card is not None:
        inner = _bounded(term, ("minimum", "maximum"))
        twice = (
            _bounded(inner, ("maximum",) if term.card.name == "minimum" else ("minimum",))
            if inner is not None
            else None
        )
        if term.card.name == "clip":
            term = term.args[0]
        elif twice is not None:
            term = twice
        else:
            break
    return term


def _bounded(term: Term, cards: tuple[str, ...]) -> Term | None:
    """What stands beside a plain number in a minimum or maximum."""
    if term.card is None or term.card.name not in cards or len(term.args) != 2:
        return None
    for value, bound in (term.args, term.args[::-1]):
        if bound.ndim == 0 and not bound.tainted and value.tainted:
            return value
    return None


def candidates(it: Interpreter, name: str, holder: str, key: Any) -> list[Term]:
    """Forward values that a gradient of this name may belong to, likeliest first."""
    words = list(names.variables(name)) if names.is_gradient_name(name) else []
    if not words and it.is_claim(name):
        rest = name[1:].lstrip("_")
        words = [rest, rest.rstrip("0123456789")]
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
    if isinstance(event.key, int) and isinstance(event.owner, list):
        length = len(event.owner)
        wrt = list_candidates(it, event.holder, event.key % length if length else 0, length)
    elif isinstance(event.owner, Array) and event.name == "grad" and isinstance(event.target, cst.Attribute):
        wrt = [event.owner.term]
    elif isinstance(event.owner, Instance) and event.name in ("grad", "gradient"):
        known = [v.value if isinstance(v, Pending) else v for k, v in event.owner.names.items() if k in HELD]
        held = [v for v in known if isinstance(v, Array)]
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
    if (isinstance(cell, Array) and term is not None) or (term is None and isinstance(cell, Array)):
        term = unclipped(cell.term)
    name = (
        f"{event.holder}[{event.key!r}]"
        if event.key is not None and isinstance(event.key, str | int) and event.holder
        and not isinstance(event.owner, Array)
        else (f"self.{event.name}" if isinstance(event.owner, Instance) else event.name)
    )
    return Result(
        name, term, wrt, event.step, event.target, it.names.get(wrt[0], wrt[0].label), False, reason=reason, event=event
    )


def updates(it: Interpreter, start: int) -> list[Result]:
    """Steps `w += ...` and `w -= ...` of parameters: what is added is a gradient up to sign and step size."""
    out: list[Result] = []
    seen: set[Term] = set()
    for event in it.events:
        if (
            event.step.number < start
            or names.is_gradient_name(event.name)
            or event.value is None
            or not event.value.tainted
        ):
            continue
        new = event.value
        if new.card is None and new.label.startswith("misfit: ") and event.augmented and new not in seen:
            seen.add(new)
            out += _unfit(it, event, new)
            continue
        if new in seen or new.card is None or new.card.name not in ("add", "subtract") or not new.ndim:
            continue
        seen.add(new)
        old = next(
            (
                a
                for a in new.args
                if not a.tainted and a.card is None and a.label and tuple(a.shape) == tuple(new.shape)
            ),
            None,
        )
        if old is None:
            old = next(
                (
                    a
                    for a in new.args
                    if not a.tainted and tuple(a.shape) == tuple(new.shape) and a in it.history.get(event.name, ())
                ),
                None,
            )
        if old is None:
            continue
        part = next((a for a in new.args if a is not old), None)
        if part is None or not part.tainted:
            continue
        value = -part if new.card.name == "subtract" and new.args[0] is old else part
        out.append(
            Result(
                event.name,
                unscaled(value),
                [old],
                event.step,
                event.target,
                it.names.get(old, old.label),
                False,
                True,
                event=event,
            )
        )
    return out


def _unfit(it: Interpreter, event: Event, new: Term) -> list[Result]:
    """A step of a parameter whose shapes do not fit."""
    old = next((t for t in it.history.get(event.name, ()) if t.card is None and t.label and t.shape == new.shape), None)
    if old is None or event.holder:
        return []
    return [Result(event.name, None, [old], event.step, event.target, it.names.get(old, old.label), False, True,
                   reason=new.label.removeprefix("misfit: "), event=event)]


def unscaled(term: Term) -> Term:
    """The step without its size: factors and divisors without axes are left out, the sign stays."""
    sign = 1
    while term.card is not None:
        name, args = term.card.name, term.args
        if name == "negative":
            sign, term = -sign, args[0]
        elif name == "multiply" and any(a.ndim == 0 and not a.tainted for a in args) and term.ndim:
            number = next(a for a in args if a.ndim == 0 and not a.tainted)
            sign *= -1 if float(number.sample.real) < 0 else 1
            term = args[1] if args[0] is number else args[0]
        elif name == "divide" and args[1].ndim == 0 and not args[1].tainted and term.ndim:
            sign *= -1 if float(args[1].sample.real) < 0 else 1
            term = args[0]
        else:
            break
    return -term if sign < 0 else term


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
