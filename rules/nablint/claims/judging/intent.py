"""Backward functions that mean another gradient than their forward's: straight-through, reversed, surrogate.

Whether such a gradient is a mistake cannot be told from the code, so it is no finding: DESIGN's "where intent cannot be
told, unchecked".  It shows in what the gradient is made of, never in a name.
"""

from __future__ import annotations

from functools import lru_cache

import libcst as cst
import numpy as np

from nablint.calculus.terms import Term, ancestors
from nablint.claims.edits.trees import walk
from nablint.claims.model import Judged, Run, Seed
from nablint.tracing.unmet import stranger

ESTIMATE = "forward's value does not vary with it: its gradient is an estimate"
"""Said where the derived gradient is zero on the samples of a draw."""

STEPS = frozenset({"rint", "floor", "ceil", "trunc", "sign", "floor_divide"})
"""Operations whose derivative is zero wherever it exists: who differentiates through them means an estimate."""


def silence_deliberate(run: Run, seed: Seed, judged: list[Judged]) -> None:
    """Wrong results of a backward function whose cotangents arrive become unchecked where they may be meant."""
    wrong = [j for j in judged if j.verdict == "wrong" and j.result.value is not None and not j.result.update]
    if seed.kind != "arriving" or not wrong:
        return
    made: set[Term] = set()
    for output in seed.cotangents:
        made |= ancestors(output)
    if any(node.label.startswith("unknown: ") for node in made if node.card is None):
        for j in wrong:
            j.verdict, j.reason = "unchecked", "a part of forward's value is not known"
        return
    for j in wrong:
        reason = _reason(run, seed, j, made)
        if reason:
            j.verdict, j.reason = "unchecked", reason


def _reason(run: Run, seed: Seed, j: Judged, made: set[Term]) -> str:
    value, wrt = j.result.value, j.wrt
    assert value is not None
    if run.it.world.cut:
        return "a loop was not read to its end"
    if wrt is not None and not seed.exact and any(_passed_on(output, wrt) for output in seed.cotangents):
        return "forward passes it on as it is: another gradient is deliberate"
    if (
        any(_equal(value, c) for c in seed.cotangents.values())
        and wrt is not None
        and _quantises(made, wrt, compares=run.it.dialect == "torch")
        and _only_elementwise(wrt, seed)
    ):
        return "the upstream gradient goes straight through, which may be deliberate"
    if any(node.card is not None and node.card.name in STEPS and wrt in ancestors(node) for node in made):
        return "forward rounds it: its gradient is an estimate"
    if j.derived is not None and not np.any(j.derived.sample) and wrt not in seed.cotangents:
        return ESTIMATE
    if any(_written_twice(node) for node in made):
        return "forward writes to one place twice, and which value stays is left open"
    if (unmet := stranger(run.it, value)) is not None:
        return f"it depends on {run.it.names.get(unmet, unmet.label)}, which forward does not meet"
    if number := _number_from_outside(run, ancestors(value)):
        return f"it depends on {number}, a number of the module that may be a size, which forward does not read"
    known = made | set(seed.cotangents.values()) | (ancestors(j.derived) if j.derived is not None else set())
    for node in sorted(ancestors(value), key=lambda t: t.number):
        if (
            node.card is None
            and node.label
            and (node.ndim == 0 or run.it.dialect == "torch")
            and node not in known
            and not _is_size(run, node)
            and node.label[:7] not in ("unknown", "misfit:")
        ):
            return f"it depends on {run.it.names.get(node, node.label)}, which forward's value does not depend on"
    return ""


def _number_from_outside(run: Run, inside: set[Term]) -> str:
    """A whole number that only backward code reads, and that no function has given to it (`1 / N`)."""
    ahead: set[str] | None = None
    for step in run.it.steps:
        if step.number < run.start or not step.scope.function or not isinstance(step.node, cst.Assign | cst.AugAssign
                                                                                | cst.Return):
            continue
        for node in _names(step.node):
            value = step.values.get(id(node))
            if (isinstance(value, int) and not isinstance(value, bool) and value > 1
                    and node.value not in step.names
                    and any(isinstance(v, Term) and v in inside for v in step.values.values())):
                ahead = _read_ahead(run) if ahead is None else ahead
                if node.value not in ahead:
                    return node.value
    return ""


def _read_ahead(run: Run) -> set[str]:
    """The names from outside that forward code reads."""
    return {n.value for s in run.it.steps if s.number < run.start for n in _names(s.node)
            if n.value not in s.names and id(n) in s.values}


@lru_cache(maxsize=1024)
def _names(statement: cst.CSTNode) -> tuple[cst.Name, ...]:
    """The names in a statement, which is executed many times in a loop."""
    return tuple(node for node in walk(statement) if isinstance(node, cst.Name))


PASSING = frozenset({"reshape", "transpose", "expand_dims", "squeeze", "broadcast_to", "identity", "getitem"})


def _passed_on(output: Term, wrt: Term) -> bool:
    """Is the output the variable itself, at most in another layout?

    Equal samples would not do: relu keeps positive ones.
    """
    while output is not wrt and output.card is not None and output.card.name in PASSING:
        output = output.args[0]
    return output is wrt


QUANTISING = STEPS | {"clip", "argmax"}
COMPARING = frozenset({"greater", "greater_equal", "less", "less_equal", "equal", "not_equal"})


def _quantises(made: set[Term], wrt: Term, *, compares: bool) -> bool:
    """Does the forward function cut values off or sort them into classes?  An activation does not.

    compares: comparisons and bounds count as well, which in code without autograd is how a rectifier is written.
    """
    names = QUANTISING | COMPARING if compares else STEPS
    return any(n.card is not None and n.card.name in names and wrt in ancestors(n) for n in made)


def _written_twice(node: Term) -> bool:
    """Do the index arrays of an assignment, which choose by pairs where they are several, choose a place twice?"""
    if node.card is None or node.card.name != "setitem":
        return False
    places = [a.sample for a in node.args[2:] if a.sample.dtype.kind in "iu" and a.ndim == 1]
    if len({p.size for p in places}) != 1:
        return any(len(np.unique(p)) < p.size for p in places)
    chosen = np.unique(np.stack(places), axis=1)
    return chosen.shape[1] < places[0].size


def _equal(a: Term, b: Term) -> bool:
    return a is b or (a.sample.shape == b.sample.shape and a.sample.dtype.kind == "f"
                      and bool(np.array_equal(a.sample, b.sample)))


def _only_elementwise(wrt: Term, seed: Seed) -> bool:
    """Is a single output of the variable's shape made of it?  Then the cotangent itself could be passed on."""
    return len(seed.cotangents) == 1 and all(tuple(o.shape) == tuple(wrt.shape) for o in seed.cotangents)


def _is_size(run: Run, node: Term) -> bool:
    return node.ndim == 0 and run.it.world.leaves.get("size:" + node.label) is node
