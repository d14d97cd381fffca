"""Around a slice: statements that make nothing themselves and decide what others make.

`for t in range(T)` says which turns a loop takes, `z = zs[-l]` and `cache = caches[l]` what a gradient is made of.
What an edit of one changes cannot be replayed; only a new trace can tell.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator

import libcst as cst

from nablint.calculus.terms import Term
from nablint.claims.edits.loops import headers
from nablint.claims.edits.trees import walk
from nablint.claims.model import Judgement
from nablint.claims.repairing.slicing import edits_of
from nablint.claims.repairing.trial import Candidate
from nablint.claims.replaying.replay import replace
from nablint.tracing.step import Step

CHOICES = frozenset({"operand", "axis", "constant"})
"""Kinds of edits by which a statement that only gives a name chooses something else."""
MAX_NAMED = 12
"""Edits tried on a statement that only gives a name."""
_CHOOSING = (cst.Subscript, cst.Attribute, cst.Name)


def around(judgement: Judgement, sliced: list[list[Step]], sound: Container[str]) -> Iterator[Candidate]:
    """Edits of what stands around a slice, of which only a new trace can tell what they change: the heads of its loops,
    and the statements that give names to what it reads.
    """
    for steps in _loops(judgement, sliced):
        if steps[0].function not in sound and isinstance(steps[0].node, cst.For):
            yield from (Candidate(steps, edit, 0, cost=edit.cost) for edit in headers(steps[0].node))
    for steps in _namings(judgement, sliced):
        if steps[0].function not in sound:
            edits = sorted((e for e in edits_of(judgement, steps, None) if e.kind in CHOICES), key=lambda e: e.cost)
            each = {cst.Module([]).code_for_node(replace(steps[0].node, e.old, e.new)): e for e in reversed(edits)}
            yield from (Candidate(steps, edit, 0, cost=edit.cost) for edit in [*each.values()][:-MAX_NAMED - 1:-1])


def _namings(judgement: Judgement, sliced: Iterable[list[Step]]) -> Iterator[list[Step]]:
    """The statements that only give names to what statements of a slice read, each with all its executions.

    `z = zs[-l]` and `cache = caches[l]` make nothing that a gradient is made of, and choose what it is made of.
    """
    run = judgement.run
    groups = [*sliced]
    read: dict[int, set[str]] = {}
    for step in (s for steps in groups for s in steps):
        read.setdefault(id(step.scope), set()).update(
            n.value for n in walk(step.node) if isinstance(n, cst.Name))
    known = {id(steps[0].node) for steps in groups}
    found: dict[int, list[Step]] = {}
    for step in reversed(run.it.steps):
        names = read.get(id(step.scope))
        if step.number < run.start or not names or not isinstance(node := step.node, cst.Assign) or id(node) in known:
            continue
        target = node.targets[0].target
        made = step.values.get(id(node.value))
        if isinstance(target, cst.Name) and target.value in names and isinstance(node.value, _CHOOSING) and not (
                isinstance(made, Term) and made.tainted):
            found.setdefault(id(node), []).insert(0, step)
            names.update(n.value for n in walk(node.value) if isinstance(n, cst.Name))
    yield from found.values()


def _loops(judgement: Judgement, sliced: Iterable[list[Step]]) -> Iterator[list[Step]]:
    """The heads of the loops of backward code that statements of a slice may stand in, the latest first."""
    run = judgement.run
    scopes = {id(s.scope) for steps in sliced for s in steps}
    found: dict[int, list[Step]] = {}
    for step in reversed(run.it.steps):
        if step.number >= run.start and isinstance(step.node, cst.For) and id(step.scope) in scopes:
            found.setdefault(id(step.node), []).append(step)
    yield from found.values()
