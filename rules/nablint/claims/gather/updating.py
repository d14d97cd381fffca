"""Results that are used in an update step."""

from __future__ import annotations

import libcst as cst
import numpy as np

from nablint.calculus.terms import Term
from nablint.claims import names
from nablint.claims.gather.partial import step_of_part
from nablint.claims.model import Result
from nablint.tracing.interpreter import Interpreter
from nablint.tracing.step import Event, Step
from nablint.tracing.values import Unknown


def updates(it: Interpreter, start: int) -> list[Result]:
    """Steps `w += ...` and `w -= ...` of parameters: what is added is a gradient up to sign and step size."""
    out: list[Result] = []
    seen: set[Term] = set()
    for event in it.events:
        if event.step.number < start or names.is_gradient_name(event.name):
            continue
        if event.value is None and isinstance(event.cell, Unknown) and event.cell.misfit and _changes_itself(event):
            out += _unfit(it, event, event.cell.reason)
        if event.value is None or not event.value.tainted:
            continue
        new = event.value
        if new.card is None and new.label.startswith("misfit: ") and event.augmented and new not in seen:
            seen.add(new)
            out += _unfit(it, event, new.label.removeprefix("misfit: "))
            continue
        if new not in seen and (found := step_of_part(it, new)) is not None:
            seen.add(new)
            part, added = found
            out.append(Result(event.name, unscaled(added, event.step), [part], event.step, event.target,
                              it.names.get(part.args[0], part.args[0].label), False, True, event=event))
            continue
        if new in seen or new.card is None or new.card.name not in ("add", "subtract"):
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
                unscaled(value, event.step),
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


def _unfit(it: Interpreter, event: Event, reason: str) -> list[Result]:
    """A step of a parameter whose shapes do not fit."""
    old = next((t for t in it.history.get(event.name, ()) if t.card is None and t.label), None)
    if old is None:
        return []
    return [Result(event.name, None, [old], event.step, event.target, it.names.get(old, old.label), False, True,
                   reason=reason, event=event)]


def _changes_itself(event: Event) -> bool:
    """Is it `w = w - ...`?"""
    value = event.step.node.value if isinstance(event.step.node, cst.Assign) else None
    return (isinstance(value, cst.BinaryOperation) and isinstance(value.operator, cst.Add | cst.Subtract)
            and any(operand.deep_equals(event.target) for operand in (value.left, value.right)))


def unscaled(term: Term, step: Step | None = None) -> Term:
    """The step without its size: factors and divisors without axes are left out, the sign stays.

    step: the statement whose factors alone are left out, so that what others make stays what they made.
    """
    sign = 1
    while term.card is not None and (step is None or term.origin in (step, None)):
        name, args = term.card.name, term.args
        if name == "negative":
            sign, term = -sign, args[0]
        elif name == "multiply" and any(a.ndim == 0 and not a.tainted for a in args) and any(
                a.ndim or a.tainted for a in args):
            number = next(a for a in args if a.ndim == 0 and not a.tainted)
            sign *= -1 if float(number.sample.real) < 0 else 1
            term = args[1] if args[0] is number else args[0]
        elif name == "divide" and args[1].ndim == 0 and not args[1].tainted:
            sign *= -1 if float(args[1].sample.real) < 0 else 1
            term = args[0]
        elif name in ("add", "subtract") and (parts := _at_one_rate(*args)) is not None:
            term = parts[0] - parts[1] if name == "subtract" else parts[0] + parts[1]
        else:
            break
    return -term if sign < 0 else term


def _at_one_rate(first: Term, second: Term) -> tuple[Term, Term] | None:
    """`rate * gradient` and `rate * decay * w` without the rate; None where they have no factor in common."""
    for rate in _numbers(first):
        same = next((n for n in _numbers(second) if n is rate or np.array_equal(n.sample, rate.sample)), None)
        if same is not None:
            return _without(first, rate), _without(second, same)
    return None


def _numbers(term: Term) -> list[Term]:
    """The factors of a product that are numbers, without what they are products of."""
    if term.card is None or term.card.name != "multiply":
        return [] if term.ndim or term.tainted else [term]
    return [n for a in term.args for n in _numbers(a)]


def _without(term: Term, factor: Term) -> Term:
    """A product without one of its factors."""
    if term is factor:
        return term.graph.constant(1.0)
    if term.card is None or term.card.name != "multiply":
        return term
    first, second = term.args
    if factor in (first, second):
        return second if first is factor else first
    return _without(first, factor) * second if factor in _numbers(first) else first * _without(second, factor)
