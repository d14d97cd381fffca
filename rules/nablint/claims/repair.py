"""Repair: the one edit under which every result comes out right.

The statements considered are the backward slice of what failed.  Edits are replayed on recorded operands first (see
`replay`), a winner is then traced and judged anew with the edited source: it counts only if the same results are right
with it and no other has become worse.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from itertools import islice

import libcst as cst

from nablint.calculus.effort import EFFORT
from nablint.calculus.terms import Term
from nablint.claims.confirming import DRAWS, left_open
from nablint.claims.edits.trees import Edit
from nablint.claims.entries import ancestors
from nablint.claims.factors import first_off
from nablint.claims.guided import Search
from nablint.claims.live import live_values
from nablint.claims.localise import localise, region
from nablint.claims.model import Judged, Judgement
from nablint.claims.names import is_gradient_name
from nablint.claims.naming import Naming
from nablint.claims.program import Outcome, Program, run_once
from nablint.claims.replay import expression, old_value
from nablint.claims.returning import return_edits
from nablint.claims.rewriting import apply_text, edit_text
from nablint.claims.slicing import backward_slice
from nablint.claims.trial import Candidate, Trial
from nablint.claims.units import find_units
from nablint.claims.written import written_gradient
from nablint.reading.source import blocks
from nablint.results import Edit as TextEdit
from nablint.tracing.step import Step
from nablint.tracing.values import Restart, TooMuch

SECONDS = 1.0
MAX_CONFIRMED = 12
MAX_EDITS = 200
"""Edits tried on a statement that nothing points to."""


@dataclass(eq=False, slots=True)
class Repair:
    """An edit that makes results right: in which statement, what it is, and how it reads in the source."""

    step: Step
    edit: Edit
    fixed: list[Judged]
    text_edits: tuple[TextEdit, ...] = ()
    before: str = ""
    after: str = ""


@dataclass(eq=False, slots=True)
class Fault:
    """Wrong results with one cause: the statement to blame and, where one was found, the repair."""

    step: Step
    judged: list[Judged]
    naming: Naming
    repair: Repair | None = None


def find_faults(program: Program, source: str, outcome: Outcome, ends: float, *, confirm: bool = True) -> list[Fault]:
    """The causes of a unit's wrong results, each with its repair; without `confirm` as replaying has it."""
    judgement = outcome.judgement
    assert judgement is not None
    ends = min(ends, EFFORT.seconds + SECONDS)
    failing = [j for j in judgement.judged if j.verdict == "wrong"]
    faults: list[Fault] = []
    naming = Naming(judgement.run.it)
    while failing and len(faults) < 3:
        repair = _best(program, source, outcome, failing, ends, confirm=confirm)
        if repair is None:
            break
        faults.append(Fault(repair.step, repair.fixed, naming, repair))
        failing = [j for j in failing if j not in repair.fixed]
    for rival, hypothesis in outcome.rivals if not faults else ():
        known = outcome.judgement, outcome.hypothesis
        outcome.judgement, outcome.hypothesis = rival, hypothesis
        wrong = [j for j in rival.judged if j.verdict == "wrong"]
        ends = EFFORT.seconds + SECONDS
        if wrong and (repair := _best(program, source, outcome, wrong, ends, confirm=confirm)) is not None:
            return [Fault(repair.step, repair.fixed, Naming(rival.run.it), repair)]
        outcome.judgement, outcome.hypothesis = known
    off = first_off(judgement) if failing else None
    blamed: dict[int, Fault] = {}
    for j in failing:
        scaled = off[0].step if off is not None and off[0].value in _makings(j) else None
        origin = scaled or j.result.step
        if id(origin.node) not in blamed:
            step = _misfit_step(judgement, j) or scaled or _suspect_step(judgement, j) or origin
            blamed[id(origin.node)] = Fault(step, [j], naming)
        elif scaled is not None:
            blamed[id(origin.node)].judged.append(j)
    return [*faults, *blamed.values()]


def _makings(j: Judged) -> set[Term]:
    """What a result is made of."""
    return ancestors(j.result.value) if j.result.value is not None else set()


def _suspect_step(judgement: Judgement, j: Judged) -> Step | None:
    """The last suspect statement that what failed was made by."""
    suspects = localise(judgement).suspects
    inside = _makings(j)
    found = [e.step for e in judgement.run.it.events if id(e.step.node) in suspects and e.value in inside]
    return max(found, key=lambda s: s.number) if found else None


def _misfit_step(judgement: Judgement, j: Judged) -> Step | None:
    return next((step for step, _, message in judgement.run.it.misfits if message == j.reason), None)


def _best(program: Program, source: str, outcome: Outcome, failing: list[Judged], ends: float, *,
          confirm: bool) -> Repair | None:
    judgement = outcome.judgement
    assert judgement is not None
    where = localise(judgement)
    where.right -= {id(j.result.step.node) for j in failing}
    trial = Trial(judgement, failing)
    winners: list[Candidate] = []
    blind: list[Candidate] = []
    clashes = {id(step.node) for step, _,
               message in judgement.run.it.misfits if any(j.reason == message for j in failing)}

    sound = {t for j in trial.right if j.result.value is not None for t in ancestors(j.result.value)}
    returned = {id(j.result.returned.node) for j in failing if j.result.returned is not None}

    strong = where.suspects.keys() - where.weak
    near = region(judgement, failing, strong, where.right)

    def level(group: tuple[list[Step], bool]) -> int:
        steps, own = group
        key = id(steps[0].node)
        if key in clashes or key in where.suspects:
            return 0
        if key in where.right:  # by its name; a `delta` may be that of another value than its name says
            return 4
        inside = key not in where.suspects and any(old_value(s) in near for s in steps)
        if inside and strong:
            return 0
        return 1 if own or key in returned or inside else 3

    def blameless(steps: list[Step]) -> bool:
        """Has every value of a statement a part in a right result?"""
        return all((value := old_value(s)) is not None and value.tainted and value in sound for s in steps)

    for step, edit in return_edits(judgement, failing):
        if (repair := _confirmed(program, source, outcome, Candidate([step], edit, 0), failing)) is not None:
            return repair
    for steps, own in sorted(backward_slice(judgement, failing), key=level):
        now = level((steps, own))
        if any(w.level < now and len(w.fixes) == len(failing) for w in winners):
            # the first statement that is wrong though what it uses is right: further on it can only be papered over
            break
        if not own and now and blameless(steps):
            continue
        search = Search(trial, steps, where.suspects.get(id(steps[0].node)))
        if search.pointless and now:
            continue
        for edit in search.edits() if now < 3 or search.aimed else islice(search.edits(), MAX_EDITS):
            if EFFORT.seconds > ends:
                break
            edit = _weighed(edit, steps[-1], upstream=not own and id(steps[0].node) not in {*returned, *strong})
            candidate = Candidate(steps, edit, now)
            verdict = trial.tried(candidate) if search.promising(edit) else False
            if verdict is None:
                blind.append(candidate)
            elif verdict:
                winners.append(candidate)
    winners.sort(key=Candidate.rank)
    if winners and not confirm:  # without a winner only a new trace can tell whether there is anything to report
        return Repair(winners[0].steps[-1], winners[0].edit, winners[0].fixes)
    blind.sort(key=lambda c: (c.level, c.edit.cost, -c.steps[-1].number))
    confirmed = 0
    for candidate in [*winners, *[c for c in blind
                                  if c.edit.kind in ("transpose", "operands", "axis", "keepdims", "sum", "sign",
                                                     "operand", "scale", "extra-factor")]]:
        if EFFORT.seconds > ends + 0.5 or confirmed >= (MAX_CONFIRMED if winners else 40):
            break
        confirmed += 1
        repair = _confirmed(program, source, outcome, candidate, failing)
        if repair is not None:
            return repair
    return _rewritten(program, source, outcome, failing)


def _weighed(edit: Edit, step: Step, *, upstream: bool) -> Edit:
    """Where a gradient only gets another name, little is wrong but a factor; what has no name is blamed the later."""
    renames = isinstance(edit.old, cst.Name) and edit.old is expression(step) and is_gradient_name(edit.old.value)
    plain = renames and (isinstance(step.node, cst.Return) or edit.kind not in ("derivative", "scale", "term"))
    extra = 0.2 * plain + 0.05 * upstream
    return dataclasses.replace(edit, cost=edit.cost + extra) if extra else edit


def _confirmed(
    program: Program, source: str, outcome: Outcome, candidate: Candidate, failing: list[Judged]
) -> Repair | None:
    """The edit written into the source, traced and judged anew on every draw."""
    step = candidate.steps[-1]
    text_edit = edit_text(step, candidate.edit.old, candidate.edit.new)
    if text_edit is None:
        return None
    return judged_again(program, source, outcome, step, candidate.edit, (text_edit,), failing)


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
    before = {_key(j): j for j in judgement.judged}
    fixed: set[tuple[str, str, str]] | None = None
    for draw in (0, *DRAWS):
        try:
            again, _ = run_once(other, unit, outcome.hypothesis, draw, 1.5)
        except (Restart, TooMuch):
            return None
        good = {_key(j) for j in again.judged if j.verdict in ("proved", "verified")}
        if draw:  # what other draws leave open they do not speak against
            good |= {_key(j) for j in again.judged if left_open(j)}
        for key, j in before.items():
            if j.verdict in ("proved", "verified") and key not in good:
                return None
        now = {_key(j) for j in failing} & good
        if not now or any(j.verdict == "wrong" and _key(j) not in {_key(f) for f in failing} for j in again.judged):
            return None
        fixed = now if fixed is None else fixed & now
    if not fixed:
        return None
    done = [j for j in failing if _key(j) in fixed]
    tree = step.block.tree()
    span = tree.spans.get(id(step.node)) if tree is not None else None
    lines = source.split("\n")
    row = step.block.row + span[0].row - 1 if span else 1
    end = step.block.row + span[1].row - 1 if span else 1
    after = edited.split("\n")
    return Repair(step, edit, done, text_edits, "\n".join(lines[row - 1 : end]),
                  "\n".join(after[row - 1 : end + len(after) - len(lines)]))


def _key(j: Judged) -> tuple[str, str, str]:
    """What makes a result the same one in the edited source: whose gradient it is, and how it is kept.

    What is returned may have lost its name (`return dx` against `return dout * mask`).
    """
    wrt = j.result.wrt[0].label if j.result.wrt else ""
    returned = j.result.returned is not None and bool(wrt) and "[" not in j.result.name
    return ("" if returned else j.result.name, wrt, j.result.step.function)


def _rewritten(program: Program, source: str, outcome: Outcome, failing: list[Judged]) -> Repair | None:
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
        edit = Edit(root, new, "rewrite", 3.0, text)
        text_edit = edit_text(step, root, new)
        if (
            text_edit is not None
            and (found := judged_again(program, source, outcome, step, edit, (text_edit,), failing)) is not None
        ):
            return found
    return None


def j_steps(outcome: Outcome, step: Step) -> list[Step]:
    """All executions of a step's statement."""
    assert outcome.judgement is not None
    return [s for s in outcome.judgement.run.it.steps if s.node is step.node]
