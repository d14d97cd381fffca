"""Repair: the one edit under which every result comes out right.

The statements considered are the backward slice of what failed.  Edits are replayed on recorded operands first (see
`replay`), a winner is then traced and judged anew with the edited source: it counts only if the same results are right
with it and no other has become worse.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from itertools import islice

import libcst as cst

from nablint.calculus.effort import EFFORT
from nablint.calculus.terms import Term, ancestors
from nablint.claims.edits.trees import Edit
from nablint.claims.judging.judge import unknown_part
from nablint.claims.model import Judged, Judgement
from nablint.claims.program import Outcome, Program
from nablint.claims.repairing.around import around
from nablint.claims.repairing.guided import Search
from nablint.claims.repairing.likelihood import Likelihood, brings, forgets, unlikely
from nablint.claims.repairing.localise import localise, region
from nablint.claims.repairing.moved import moved
from nablint.claims.repairing.rejudged import Repair, confirmed, rewritten
from nablint.claims.repairing.returning import finished, return_edits
from nablint.claims.repairing.slicing import backward_slice
from nablint.claims.repairing.trial import Candidate, Trial
from nablint.claims.repairing.unfit import Unfit
from nablint.claims.replaying.sites import arguments, hands_on, old_value, pieces
from nablint.tracing.step import Step

SECONDS = 1.0
MORE = 0.5
"""Time for what is nearly found: edits of statements of which it is known what is wanted, and confirmation."""
MAX_CONFIRMED = 12
MAX_BLIND, MAX_BLIND_AT_FIRST = 40, 10
"""Edits that only a new trace can tell anything of: tried at most, and while somebody waits for what is wrong."""
FAR_FETCHED = 1.45
"""Cost from which an edit is hardly what was forgotten: others are looked for."""
MAX_HANDED_ON = 4
"""Edits tried of statements that give a forward value a gradient's name."""
MAX_EDITS = 200
"""Edits tried on a statement that nothing points to."""
OFTEN = 32
"""Executions of a statement from which an edit of it takes long to try."""


def makings(j: Judged) -> set[Term]:
    """What a result is made of."""
    return ancestors(j.result.value) if j.result.value is not None else set()


def _clashing(judgement: Judgement, failing: list[Judged]) -> set[int]:
    """The statements whose operands do not fit, because of which results fail: the first, not those that its clash
    spoils.
    """
    misfits = judgement.run.it.misfits
    known = {id(step.node) for step, _, message in misfits if any(j.reason == message for j in failing)}
    first = {id(step.node) for step, _, _ in misfits if not any(
        unknown_part(v).startswith("misfit: ") for v in step.values.values() if isinstance(v, Term))}
    return first if known else known


def best_repair(program: Program, source: str, outcome: Outcome, failing: list[Judged], ends: float,
                sound_functions: Container[str], *, confirm: bool) -> Repair | None:
    """The likeliest of the edits that mend most of what fails; without `confirm` as replaying has it.

    sound_functions: those that another unit proves right, which are looked at last.
    """
    judgement = outcome.judgement
    assert judgement is not None
    where = localise(judgement)
    where.right -= {id(j.result.step.node) for j in failing}
    trial, unfit = Trial(judgement, failing), Unfit(judgement, failing)
    winners: list[Candidate] = []
    blind: list[Candidate] = []
    handed_on: list[Candidate] = []
    clashes = _clashing(judgement, failing)

    sound = {t for j in trial.right if j.result.value is not None for t in ancestors(j.result.value)}
    returned = {id(j.result.returned.node) for j in failing if j.result.returned is not None}

    failed = {id(j.result.step.node) for j in failing}
    turned = {key for group in where.turned if failed.isdisjoint(group) for key in group}
    made = {t for j in failing for t in makings(j)}
    at_work = {id(e.step.node) for e in judgement.run.it.events if e.value in made and e.value not in sound}
    strong = {key for key in where.suspects if key not in where.weak and key in at_work | clashes | where.cut}
    near = region(judgement, failing, strong, where.right)

    def level(group: tuple[list[Step], bool]) -> int:
        steps, own = group
        key = id(steps[0].node)
        if _does_nothing(steps[0].node):
            return 0
        if steps[0].function in sound_functions:
            return 5
        if key in clashes or key in strong:
            return 0
        if key in where.right:  # by its name; a `delta` may be that of another value than its name says
            return 4
        inside = key not in where.suspects and any(old_value(s) in near for s in steps)
        if inside and strong:
            return 0
        return 1 if own or key in returned or inside or key in where.weak else 3

    def blameless(steps: list[Step]) -> bool:
        """Has every value of a statement a part in a right result?"""
        return all((value := old_value(s)) is not None and value.tainted and value in sound for s in steps)

    for step, edit in return_edits(judgement, failing):
        if (repair := confirmed(program, source, outcome, Candidate([step], edit, 0), failing)) is not None:
            return repair
    def order(group: tuple[list[Step], bool]) -> tuple[int, bool, int]:
        """The likeliest first, and of those that are as likely the cheaper, which run once."""
        return level(group), id(group[0][0].node) not in where.weak, len(group[0]) // OFTEN

    def better(now: int) -> bool:
        """Is there a statement before those of a level whose edit mends all?  What comes later only papers over it."""
        return any(w.level < now and len(w.fixes) == len(failing) for w in winners)

    def look(now: int, steps: list[Step], searches: list[Search], *, own: bool) -> None:
        key = id(steps[0].node)
        for search, edit in _edits(searches, bounded=now >= 3):
            if EFFORT.seconds > ends + search.aimed * MORE:
                break
            candidate = Candidate(steps, edit, now)
            upstream = not own and key not in {*returned, *strong}
            candidate.cost = edit.cost + unlikely(candidate, upstream=upstream, turned=key in turned,
                                                  weak=key in where.weak and key not in turned)
            if key in where.cut and hands_on(steps[-1]):  # the value plays other parts in the results, too
                if edit.kind == "derivative" and brings(judgement, candidate):
                    handed_on.append(candidate)
                continue
            verdict = trial.tried(candidate) if search.promising(edit) else False
            if verdict is None and not unfit.stays(candidate):
                blind.append(candidate)
            elif verdict and not forgets(candidate):
                winners.append(candidate)

    groups: list[tuple[int, list[Step], bool, list[Search]]] = []
    ordered = sorted(backward_slice(judgement, failing), key=order)
    for steps, own in ordered:
        now = level((steps, own))
        if better(now) or EFFORT.seconds > ends:
            break
        if not own and now and blameless(steps):
            continue
        searches = [Search(trial, steps, where.suspects.get(id(steps[0].node))),
                    *(Search(trial, steps, None, given) for given in arguments(steps[-1]))]
        if now and all(search.pointless for search in searches):
            continue
        # where it is known what is wanted, it is soon found; the others must not use up the time
        look(now, steps, [search for search in searches if search.aimed], own=own)
        groups.append((now, steps, own, [search for search in searches if not search.aimed]))
    for now, steps, own, searches in groups:
        if better(now):
            break
        look(now, steps, searches, own=own)
    for now, steps, own, _ in groups if all(w.cost > FAR_FETCHED for w in winners) else ():
        # a piece may be small enough to tell what it should be
        joined = [Search(trial, steps, None, piece) for piece in pieces(steps[-1])]
        look(now, steps, [search for search in joined if search.aimed], own=own)
    named = [] if winners else list(around(judgement, [steps for steps, _ in ordered], sound_functions))
    likelihood = Likelihood(judgement, where)
    for winner in winners if len(winners) > 1 else ():
        winner.cost -= likelihood.evidence(winner)
    winners += list(moved(judgement.run.it, judgement.run.start, winners))
    winners.sort(key=Candidate.rank)
    if winners and not confirm:  # without a winner only a new trace can tell whether there is anything to report
        return Repair(winners[0].steps[-1], winners[0].edit, winners[0].fixes)
    blind.sort(key=lambda c: (c.level, c.cost, -c.steps[-1].number))
    most = MAX_CONFIRMED if winners else MAX_BLIND if confirm else MAX_BLIND_AT_FIRST
    tries, ends, partial = 0, max(ends, EFFORT.seconds), None
    blind = [c for c in blind if c.edit.kind in ("transpose", "operands", "axis", "keepdims", "sum", "sign",
                                                 "derivative", "operand", "scale", "extra-factor")]
    if unfit.only:  # all that is left changes shapes
        blind, named = sorted([*named, *blind], key=lambda c: (c.level, c.cost)), []
    handed_on.sort(key=lambda c: c.cost)
    for candidate in [*handed_on[:MAX_HANDED_ON], *winners, *named, *blind]:
        if EFFORT.seconds > ends + MORE or tries >= most:
            break
        tries += 1
        repair = confirmed(program, source, outcome, candidate, failing)
        if repair is not None and len(repair.fixed) >= len(candidate.fixes):
            return repair
        partial = partial or repair  # replayed it mends more: what it leaves may be mended by another one with it
    if partial is not None:
        return partial
    for step, edit in finished(judgement, failing) if judgement.together else ():
        if (repair := confirmed(program, source, outcome, Candidate([step], edit, 3), failing)) is not None:
            return repair
    return rewritten(program, source, outcome, failing)


def _does_nothing(statement: cst.CSTNode) -> bool:
    """Is it `x = x`, of which something is missing?"""
    return (isinstance(statement, cst.Assign) and len(statement.targets) == 1
            and statement.targets[0].target.deep_equals(statement.value))


def _edits(searches: list[Search], *, bounded: bool) -> Iterator[tuple[Search, Edit]]:
    """The edits that searches of one statement suggest; not all of them where nothing is known of what it should be."""
    for search in searches:
        for edit in islice(search.edits(), MAX_EDITS) if bounded and not search.aimed else search.edits():
            yield search, edit
