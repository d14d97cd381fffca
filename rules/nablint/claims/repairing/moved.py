"""Moved: an edit of a name's use, taken to the statement that gives the name its value.

Where `sp` should be `sigmoid_prime(z)`, and a statement before says `sp = sigmoid(z)`, that is the one to mend.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import libcst as cst

from nablint.claims.edits.trees import Edit
from nablint.claims.repairing.siblings import likeness
from nablint.claims.repairing.trial import Candidate
from nablint.tracing.interpreter import Interpreter
from nablint.tracing.step import Step

ALIKE = 0.5
"""Least share of words that what a name is and what it should be have in common."""
LIKELIER = 0.3


def moved(it: Interpreter, start: int, winners: Iterable[Candidate]) -> Iterator[Candidate]:
    """The same edits where the names that they replace are made, where what is made there is nearly the same."""
    for winner in winners:
        old, new = winner.edit.old, winner.edit.new
        if not isinstance(old, cst.Name) or isinstance(new, cst.Name) or not isinstance(new, cst.BaseExpression):
            continue
        maker = _maker(it, start, winner.steps[-1], old.value)
        if maker is None or not isinstance(maker.node, cst.Assign) or likeness(maker.node.value, new) < ALIKE:
            continue
        plain = new.with_changes(lpar=[], rpar=[])
        steps = [s for s in it.steps if s.node is maker.node]
        edit = Edit(maker.node.value, plain, winner.edit.kind, winner.edit.cost, winner.edit.detail)
        yield Candidate(steps, edit, winner.level, winner.fixes, winner.cost - LIKELIER)


def _maker(it: Interpreter, start: int, step: Step, name: str) -> Step | None:
    """The last statement before a step that gave a name its value, in the same frame and in backward code."""
    for other in reversed(it.steps):
        if (start <= other.number < step.number and other.scope is step.scope and isinstance(other.node, cst.Assign)
                and len(other.node.targets) == 1 and isinstance(target := other.node.targets[0].target, cst.Name)
                and target.value == name):
            return other
    return None
