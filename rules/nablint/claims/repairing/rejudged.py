"""Rejudged: a unit with an edit applied, traced and judged anew.

A repair makes the same claim, with the same target, right, and no other one wrong or unchecked.
"""

from __future__ import annotations

from dataclasses import dataclass

import libcst as cst

from nablint.calculus.terms import Term
from nablint.claims.edits.trees import Edit, names_in, walk
from nablint.claims.judging.confirming import DRAWS, left_open, run_draw
from nablint.claims.judging.judge import CANCELS
from nablint.claims.model import Judged
from nablint.claims.program import Outcome, Program
from nablint.claims.repairing.live import live_values
from nablint.claims.repairing.rewriting import apply_text, edit_text, extent
from nablint.claims.repairing.trial import Candidate
from nablint.claims.repairing.written import written_gradient
from nablint.claims.replaying.sites import expression
from nablint.claims.units import find_units
from nablint.reading.source import blocks
from nablint.results import Edit as TextEdit
from nablint.tracing.step import Step


@dataclass(eq=False, slots=True)
class Repair:
    """An edit that makes results right: in which statement, what it is, and how it reads in the source."""

    step: Step
    edit: Edit
    fixed: list[Judged]
    text_edits: tuple[TextEdit, ...] = ()
    before: str = ""
    after: str = ""


def confirmed(
    program: Program, source: str, outcome: Outcome, candidate: Candidate, failing: list[Judged]
) -> Repair | None:
    """The edit written into the source, traced and judged anew on every draw."""
    step = candidate.steps[-1]
    if _unbound(candidate):
        return None
    text_edit = edit_text(step, candidate.edit.old, candidate.edit.new)
    if text_edit is None:
        return None
    return judged_again(program, source, outcome, step, candidate.edit, (text_edit,), failing)


def _unbound(candidate: Candidate) -> bool:
    """Does an edit bring in a name that only later turns of a loop have?"""
    last = candidate.steps[-1].names
    brought = {n.value for n in walk(candidate.edit.new) if isinstance(n, cst.Name) and n.value in last}
    return any(not brought <= step.names.keys() for step in candidate.steps)


def judged_again(program: Program, source: str, outcome: Outcome, step: Step, edit: Edit,
                 text_edits: tuple[TextEdit, ...],
                 failing: list[Judged]) -> Repair | None:
    """Judge the unit with edits applied: the same results must be right, and none worse."""
    judgement = outcome.judgement
    assert judgement is not None
    edited = apply_text(source, text_edits)
    other = Program(blocks(edited), evidence=program.evidence, resolve=program.resolve)
    if any(b.error for b in other.blocks if b.error and b.text not in {x.text for x in program.blocks}):
        return None
    units = find_units(other.loader, other.statements())
    unit = next((u for u in units if u.name == outcome.unit.name and u.kind == outcome.unit.kind), None)
    if unit is None:
        unit = next((u.otherwise for u in units if u.otherwise is not None and u.otherwise.name == outcome.unit.name
                     and u.otherwise.kind == outcome.unit.kind), None)
    if unit is None:
        return None
    before = _keyed(judgement.judged)
    wrong = {key for key, j in before.items() if any(j is f for f in failing)}
    fixed: set[Key] | None = None
    for draw in (0, *DRAWS):
        again, _ = run_draw(other, unit, outcome.hypothesis, draw, 1.5)
        if again is None:
            return None
        found = _keyed(again.judged)
        good = {key for key, j in found.items() if j.reason == CANCELS
                or (j.verdict in ("proved", "verified") and not _emptied(j, before.get(key)))}
        if draw:  # what other draws leave open they do not speak against
            good |= {key for key, j in found.items() if left_open(j)}
        for key, j in before.items():
            if j.verdict in ("proved", "verified") and key not in good:
                return None
        # a gradient that cancels to zero, and did so before, is still right; for one that was wrong that says nothing
        # by itself
        cancelled = {key for key, j in found.items() if j.reason == CANCELS}
        now = wrong & good - cancelled
        if not now or any(j.verdict == "wrong" and key not in wrong for key, j in found.items()):
            return None
        now |= wrong & cancelled
        fixed = now if fixed is None else fixed & now
    if not fixed:
        return None
    done = [before[key] for key in before if key in fixed]
    span = extent(step)
    lines = source.split("\n")
    row = step.block.row + span[0].row - 1 if span else 1
    end = step.block.row + span[1].row - 1 if span else 1
    after = edited.split("\n")
    return Repair(step, edit, done, text_edits, "\n".join(lines[row - 1 : end]),
                  "\n".join(after[row - 1 : end + len(after) - len(lines)]))


def _emptied(j: Judged, before: Judged | None) -> bool:
    """Is a gradient right only because the edit has cut it off from its cotangent, as `np.divide(a, a)` does?"""
    return j.derived is None and before is not None and before.derived is not None


Key = tuple[str, str, str, int, int]


def _keyed(judged: list[Judged]) -> dict[Key, Judged]:
    """Results by what makes them the same in the edited source; of several that are alike in this, as of the layers of
    one class, by their order among so many.
    """
    alike: dict[tuple[str, str, str], list[Judged]] = {}
    for j in judged:
        alike.setdefault(_named(j), []).append(j)
    return {(*name, place, len(found)): j for name, found in alike.items() for place, j in enumerate(found)}


def _named(j: Judged) -> tuple[str, str, str]:
    """What makes a result the same one in the edited source: whose gradient it is, and how it is kept.

    What is returned may have lost its name (`return dx` against `return dout * mask`).
    """
    wrt = j.result.wrt[0].label if j.result.wrt else ""
    returned = j.result.returned is not None and bool(wrt) and "[" not in j.result.name
    return ("" if returned else j.result.name, wrt, j.result.step.function)


def rewritten(program: Program, source: str, outcome: Outcome, failing: list[Judged]) -> Repair | None:
    """Where no small edit helps: the derived gradient in the user's names, in place of the claim's expression."""
    for j in failing:
        step = j.result.step
        root = expression(step)
        if (
            root is None
            or j.derived is None
            or j.result.value is None
            or not isinstance(step.node, cst.Assign | cst.Return)
            or isinstance(root, cst.Tuple)
            or len(list(j_steps(outcome, step))) != 1
        ):
            continue
        text = written_gradient(outcome, j, list(live_values(step)))
        if text is None:
            continue
        try:
            new = cst.parse_expression(text)
        except cst.ParserSyntaxError:
            continue
        if _reads_arrays(step, root) and names_in(root).isdisjoint(names_in(new)):
            continue  # nothing of what was computed is left: another loss was meant
        edit = Edit(root, new, "rewrite", 3.0, text)
        text_edit = edit_text(step, root, new)
        if (
            text_edit is not None
            and (found := judged_again(program, source, outcome, step, edit, (text_edit,), failing)) is not None
        ):
            return found
    return None


def _reads_arrays(step: Step, root: cst.BaseExpression) -> bool:
    return any(isinstance(node, cst.Name | cst.Attribute | cst.Subscript)
               and isinstance(step.values.get(id(node)), Term) for node in walk(root))


def j_steps(outcome: Outcome, step: Step) -> list[Step]:
    """All executions of a step's statement."""
    assert outcome.judgement is not None
    return [s for s in outcome.judgement.run.it.steps if s.node is step.node]
