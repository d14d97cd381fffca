"""Localising: named intermediates on the way of a wrong result tell where it went wrong.

They are no findings themselves, because a name may hold half a sum.  But a statement whose value is the derived
gradient of what it is named after is not to blame, and the first one whose value is not is the likeliest to be.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

import numpy as np

from nablint.calculus.gradient import gradients
from nablint.calculus.terms import Term, ancestors
from nablint.claims.gather.targets import candidates
from nablint.claims.judging.ratios import constant_ratio
from nablint.claims.model import Judged, Judgement, Seed
from nablint.claims.repairing.cut_off import cut_off
from nablint.shapes import Misfit
from nablint.tracing.step import Event
from nablint.tracing.values import Array


@dataclass(slots=True)
class Locations:
    """What named intermediates tell, by the identity of statement nodes.

    right:    statements whose value is what it should be.
    suspects: statements whose value is not, though the named values that they use are; with what it should be.
    weak:     suspects that are a number times what they should be, as a value may be that is finished later.
    turned:   those of them that lack nothing but a sign, by name: what uses them may subtract them.
    """

    right: set[int] = field(default_factory=lambda: set())
    suspects: dict[int, Term] = field(default_factory=lambda: {})
    weak: set[int] = field(default_factory=lambda: set())
    turned: list[set[int]] = field(default_factory=lambda: [])
    named: dict[int, list[Term]] = field(default_factory=lambda: {})
    """What right statements may be by their names: a name may have had several values."""
    cut: set[int] = field(default_factory=lambda: set())
    """Suspects that no cotangent flows into."""
    first_turned: set[int] = field(default_factory=lambda: set())
    """The first statements that give a name a value of the wrong sign, whatever its scale."""


def localise(judgement: Judgement) -> Locations:
    """Judge the named intermediates of a run."""
    run, seed = judgement.run, judgement.seed
    out = Locations()
    if seed is None:
        return out
    groups: dict[tuple[int, str], list[Event]] = {}
    for event in run.it.events:
        if (
            event.step.number >= run.start
            and event.value is not None
            and (event.key is None or isinstance(event.owner, Array))
        ):
            groups.setdefault((id(event.step.scope), event.name), []).append(event)
    claims = {key: found for key, events in groups.items()
              if (found := [t for t in candidates(run.it, key[1], events[-1].holder, None)
                            if t not in seed.cotangents])}
    try:
        with run.it.using(), np.errstate(all="ignore"):
            derived = gradients(seed.cotangents, {t for found in claims.values() for t in found})
    except (Misfit, OverflowError, KeyError, TypeError, ValueError):
        return out
    wrong: list[tuple[list[Event], Term]] = []
    carrying = _carrying(judgement)
    for key, found in claims.items():
        events = groups[key]
        expected = [derived[t] for t in found if t in derived]
        made = [v for e in events if (v := _final(e)) is not None]
        values = [v for v in made if carrying is None or v in carrying]
        if not values and carrying is not None and cut_off(judgement, events, carrying):
            values = made
        if not expected or not values:
            continue
        if any(equal(v, e) or _turned(v, e) for v in values for e in expected):
            if _turned(values[-1], expected[0]) or any(equal(values[-1], e) for e in expected):
                out.right |= {id(e.step.node) for e in events}
                out.named |= {id(e.step.node): expected for e in events}
        else:
            wrong.append((events, expected[0]))
    bad = {e.value for events, _ in wrong for e in events}
    for events, expected in wrong:
        own = {e.value for e in events}
        if not any(term in bad and term not in own for e in events if e.value is not None
                   for term in ancestors(e.value)):
            last = next((v for e in reversed(events) if (v := _final(e)) is not None), None)
            ratio = _ratio(last, expected)
            if ratio is not None:
                if ratio < 0:
                    out.first_turned |= {id(e.step.node) for e in events if (_ratio(e.value, expected) or 0) < 0
                                         and not any((_ratio(f.value, expected) or 0) < 0 for f in events
                                                     if f.step.number < e.step.number)}
                out.weak |= {id(e.step.node) for e in events}
                if abs(ratio + 1) < 1e-9:
                    out.turned.append({id(e.step.node) for e in events})
            out.suspects |= {id(e.step.node): expected for e in events if e.value is not None
                             and (e.value.card is not None or e.value.label)}
            out.cut |= {id(e.step.node) for e in events if e.value is not None and (
                not e.value.tainted if carrying is None else e.value not in carrying)}
    out.right -= {id(e.step.node) for events, _ in wrong for e in events}
    return out


def _carrying(judgement: Judgement) -> set[Term] | None:
    """The values of a run that are made from an arriving cotangent; None where none arrives, and all are."""
    assert judgement.seed is not None
    arriving = _arriving(judgement.seed)
    if not arriving:
        return None
    made = {t for e in judgement.run.it.events if e.value is not None for t in ancestors(e.value)}
    made |= {t for e in judgement.run.it.events if (v := _final(e)) is not None for t in ancestors(v)}
    out = set(arriving)
    for term in sorted(made, key=lambda t: t.number):
        if not out.isdisjoint(term.args):
            out.add(term)
    return out


def _arriving(seed: Seed) -> set[Term]:
    return {c for c in seed.cotangents.values() if c.label} if seed.kind == "arriving" else set()


def carries(value: Term, seed: Seed) -> bool:
    """Is the value made from a cotangent that arrives?  A derivative of one step alone is not."""
    arriving = _arriving(seed)
    return not arriving or not arriving.isdisjoint(ancestors(value))


def region(judgement: Judgement, failing: list[Judged], strong: AbstractSet[int], right: AbstractSet[int]) -> set[Term]:
    """What the strongest suspects are made of, back to named values that are right; without suspects, what failed."""
    steps = judgement.run.it.steps
    sound = {e.value for e in judgement.run.it.events if id(e.step.node) in right and e.value is not None}
    stack = [e.value for e in judgement.run.it.events if id(e.step.node) in strong and e.value is not None]
    stack += [v for s in steps if id(s.node) in strong for v in (s.values.get(id(n)) for n in s.node.children)
              if isinstance(v, Term)]
    if not strong:
        stack = [j.result.value for j in failing if j.result.value is not None]
    seen = set(stack)
    while stack:
        for arg in stack.pop().args:
            if arg not in seen and arg not in sound and arg.tainted:
                seen.add(arg)
                stack.append(arg)
    return seen


def _ratio(value: Term | None, expected: Term) -> float | None:
    if value is None or np.shape(value.sample) != np.shape(expected.sample):
        return None
    return constant_ratio(np.asarray(value.sample), np.asarray(expected.sample))


def _final(event: Event) -> Term | None:
    return (
        event.cell.term
        if isinstance(event.cell, Array) and event.key is None and event.cell.base is None
        else event.value
    )


def _turned(claimed: Term, derived: Term) -> bool:
    """Equal but for the order of two axes, as a value may be kept on the way."""
    a, b = np.asarray(claimed.sample), np.asarray(derived.sample)
    return a.ndim == 2 and 1 not in a.shape and a.T.shape == b.shape and a.dtype.kind in "fc" and bool(
        np.all(np.abs(a.T - b) <= 1e-9 * max(float(np.max(np.abs(b), initial=0.0)), 1e-12)))


def equal(claimed: Term, derived: Term) -> bool:
    """Are two values the same on the samples?"""
    a, b = np.asarray(claimed.sample), np.asarray(derived.sample)
    if a.shape != b.shape or a.dtype.kind not in "fc":
        return False
    scale = float(np.max(np.abs(b), initial=0.0))
    return bool(np.all(np.abs(a - b) <= 1e-9 * max(scale, 1e-12)))
