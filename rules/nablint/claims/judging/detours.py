"""Detours: readings that lead to statements which no other path of a unit comes to.

A flag keeps its default, two inputs have one shape, an option is given: then what stands in the other branch is never
run.  Where a gradient is computed there, the questions that the run asked are answered otherwise, one at a time, until
it is.  What comes out wrong counts only if it is made by those statements; the rest was judged on the common path.
"""

from __future__ import annotations

from collections.abc import Iterator

from nablint.calculus.effort import EFFORT
from nablint.calculus.terms import ancestors
from nablint.claims.judging.search import explore
from nablint.claims.model import Judgement, Unit
from nablint.claims.program import Outcome, Program
from nablint.claims.unrun import statements_of
from nablint.tracing.step import Step
from nablint.tracing.world import World

MAX_DETOURS = 6
SECONDS = 0.8
"""Effort for one detour, in the unit of `calculus.effort`."""
_LEADING = (":form", ":none", ":true", ":default", ":index", ":given")
"""Questions whose answers lead into another branch; ranks and sizes do not."""

Decisions = tuple[tuple[str, int], ...]


def detours(program: Program, unit: Unit, outcomes: list[Outcome], ends: float) -> list[Outcome]:
    """Outcomes on further paths, each of which comes to a gradient statement that those before do not come to."""
    first = next((o for o in outcomes if o.judgement is not None and o.judgement.good), None)
    if first is None or first.judgement is None or any(o.judgement is not None and o.judgement.wrong
                                                       for o in outcomes):
        return []
    wanted = {id(s) for s in statements_of(program, first.unit)}
    missing = wanted - _reached(outcomes)
    found: list[Outcome] = []
    tried = 0
    for start in _starts(first):
        if not missing or tried >= MAX_DETOURS or EFFORT.seconds > ends:
            break
        tried += 1
        for outcome in explore(program, first.unit, min(SECONDS, ends - EFFORT.seconds), start):
            new = missing & _reached([outcome])
            if outcome.judgement is not None and new and outcome.judgement.good:
                _only_new(outcome.judgement, new)
                found.append(outcome)
                missing -= new
    return found


def _reached(outcomes: list[Outcome]) -> set[int]:
    return {id(step.node) for o in outcomes if o.judgement is not None for step in o.judgement.run.it.steps}


def _starts(outcome: Outcome) -> Iterator[Decisions]:
    """What to begin a detour with: all flags that are numbers at once, then each question by itself."""
    assert outcome.judgement is not None
    world: World = outcome.judgement.run.it.world
    base = tuple(d for d in outcome.hypothesis.decisions)
    flags = [c for c in world.choices.values() if c.detour and not c.taken]
    numbers = tuple((c.key, 1) for c in flags if isinstance(c.options[0], int) and not isinstance(c.options[0], bool))
    if len(numbers) > 1:
        yield (*base, *numbers)
    for choice in flags:
        yield (*base, (choice.key, 1))
    for choice in world.choices.values():
        leads = choice.key.endswith(_LEADING) or choice.key.startswith("branch@") or ":has " in choice.key
        if leads and not (choice.detour or choice.fork):
            for i in range(len(choice.options)):
                if i != choice.taken:
                    yield (*(d for d in base if d[0] != choice.key), (choice.key, i))


def _only_new(judgement: Judgement, new: set[int]) -> None:
    """Results that no newly reached statement has a part in were judged elsewhere."""
    for j in judgement.judged:
        if j.verdict != "wrong" or j.result.value is None:
            continue
        made = {id(t.origin.node) for t in ancestors(j.result.value) if isinstance(t.origin, Step)}
        if not new & (made | {id(j.result.step.node)}):
            j.verdict, j.reason = "unchecked", "another reading of the inputs shows it right"
