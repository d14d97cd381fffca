"""The search over hypotheses: run a unit under the likeliest reading, and under others until one fits.

Right under one reading that the forward code allows is right.  Wrong is only what is wrong under every one of them; it
is then blamed and repaired by the one under which most results are right.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import libcst as cst
import numpy as np

from nablint.calculus.effort import EFFORT, PROGRAM
from nablint.calculus.terms import Term
from nablint.claims.gather import candidates
from nablint.claims.intent import ESTIMATE
from nablint.claims.judge import NOT_FINITE, ZERO, judge
from nablint.claims.model import Judged, Judgement, Unit
from nablint.claims.names import is_gradient_name
from nablint.claims.proof import is_proved
from nablint.reading.source import Block
from nablint.shapes import Misfit, Polynomial, Shape
from nablint.tracing.hints import base, is_axis
from nablint.tracing.interpreter import Interpreter
from nablint.tracing.step import Step
from nablint.tracing.values import Function, RaiseSignal, Restart, Scope, Signal, TooMuch
from nablint.tracing.world import Hypothesis, World

MAX_RUNS = 48
MAX_COST = 2.2
MAX_FITLESS = 16
"""Other readings than the likeliest tried before one fits."""
LIKELIEST = 0.3
"""Readings that cost less are the likeliest one with what it takes to make it fit."""
FAR = 0.9
"""What another shape costs more of an input that a clash is not about."""
UNLIKELY = 1.0
"""Cost from which a reading is unlikely: several questions are answered otherwise than the code's likeliest sense."""
MAX_FORKS = 8
DRAWS = (1, 2)
MORE_DRAWS = (4, 5, 7)
"""Draws that are asked instead of those that leave a result open."""
SHIFTS = (3, 6, 9)
"""Draws that a run starts from anew where those before leave results at zero, or not finite."""
STRICT = False
"""Tests set it, so that an error of the tool in a trace is raised instead of leaving its unit unchecked."""


class Program:
    """A module, loaded once: its definitions, shared by all runs."""

    def __init__(self, blocks: list[Block], *, evidence: Callable[[Function, str], Any] | None = None,
                 resolve: Callable[[str], Any] | None = None) -> None:
        EFFORT.seconds += PROGRAM
        self.blocks = blocks
        self.rows = {b.text: b.row for b in blocks}
        self.evidence = evidence
        self.resolve = resolve
        self.scope = Scope({}, function="")
        self.skeleton: int | None = None
        self.visited: dict[int, Block] = {}
        """The blocks that runs have executed, for what is remembered from one analysis to the next."""
        self.later: list[tuple[Block, cst.CSTNode]] = []
        loader = self._interpreter(World(Hypothesis(), seconds=5.0))
        with loader.using():
            try:
                self.later = loader.load(blocks, everything=False)
            except (Signal, Restart, TooMuch, RecursionError):
                pass
        self.loader = loader
        self.names = dict(self.scope.names)
        self.stars = list(loader.stars)
        self.nodes = dict(loader.blocks)

    def _interpreter(self, world: World) -> Interpreter:
        it = Interpreter(world, is_gradient_name=is_gradient_name, evidence=self.evidence, resolve=self.resolve)
        it.claimed_shape = claimed_shape
        it.source = self.blocks
        it.scope = self.scope
        return it

    def bare(self, world: World) -> Interpreter:
        """An interpreter in whose module nothing has been defined yet."""
        it = self._interpreter(world)
        self.scope.names.clear()
        it.stars, it.blocks = [], {}
        return it

    def fresh(self, world: World, *, module: bool) -> Interpreter:
        """An interpreter with the module's definitions in place."""
        it = self._interpreter(world)
        self.scope.names.clear()
        if module:
            it.stars, it.blocks = [], {}
            with it.using():
                it.load(self.blocks, everything=True)
        else:
            self.scope.names.update(self.names)
            it.stars, it.blocks = list(self.stars), dict(self.nodes)
            with it.using():
                it.globals(self.later)
        return it

    def statements(self) -> list[cst.CSTNode]:
        """All module-level statements."""
        return [s for b in self.blocks if (t := b.tree()) is not None for s in t.module.body]


def claimed_shape(it: Interpreter, name: str, holder: str, key: Any) -> Shape | None:
    """The shape of the variable whose gradient a name claims to be."""
    found = candidates(it, name, holder, key)
    return found[0].shape if found else None


@dataclass(slots=True)
class Outcome:
    """What came of a unit (on one path through its string modes)."""

    unit: Unit
    judgement: Judgement | None
    hypothesis: Hypothesis
    runs: int = 0
    restarts: int = 0
    reason: str = ""
    fitting: list[Hypothesis] = field(default_factory=lambda: [])
    rivals: list[tuple[Judgement, Hypothesis]] = field(default_factory=lambda: [])
    """Other readings, under which it is as wrong and may be the easier to mend."""
    faults: Any = None
    """What was found wrong with it and how it is mended, once that has been asked for."""
    confirmed: bool = False
    """The repairs were judged with the whole unit traced anew."""
    entries: Any = None
    """The audit's entries, once they have been asked for, and whether that was with proofs."""


def run_once(
    program: Program, unit: Unit, hypothesis: Hypothesis, draw: int, seconds: float
) -> tuple[Judgement, World]:
    """One run, judged.  Raises `Restart` or `TooMuch`."""
    world = World(hypothesis, draw, seconds)
    world.visited = program.visited
    it = None
    try:
        with np.errstate(all="ignore"):
            it = program.fresh(world, module=unit.module)
        with it.using(), np.errstate(all="ignore"):
            run = unit.run(it)
            world.graph.origin = None
            world.graph.tainting = False
            return judge(run), world
    except Restart as restart:
        restart.world = world  # type: ignore[attr-defined]
        raise
    except RaiseSignal as signal:
        restart = Restart(f"raises {signal.kind}")
        restart.world = world  # type: ignore[attr-defined]
        raise restart from signal
    except MemoryError as error:
        raise TooMuch("an array of very many entries") from error
    except (Misfit, OverflowError, RecursionError, Signal) as error:
        raise TooMuch(str(error) or type(error).__name__) from error
    except Exception as error:
        if STRICT:
            raise
        raise TooMuch(f"an error of the tool: {type(error).__name__}: {error}") from error


def explore(program: Program, unit: Unit, seconds: float, start: tuple[tuple[str, int], ...] = ()) -> list[Outcome]:
    """The outcomes of a unit, one for each path through its string modes, all with the decisions of `start`."""
    ends = EFFORT.seconds + seconds
    pending: list[tuple[tuple[str, int], ...]] = [start]
    seen: set[tuple[tuple[str, int], ...]] = {start}
    outcomes: list[Outcome] = []
    while pending and len(outcomes) < MAX_FORKS:
        start = pending.pop(0)
        outcome, forks = _settle(program, unit, Hypothesis(decisions=start), ends)
        outcomes.append(outcome)
        for key, taken in forks:
            other = (*start, (key, taken))
            if key not in dict(start) and other not in seen:
                seen.add(other)
                pending.append(other)
    return outcomes


def _settle(program: Program, unit: Unit, start: Hypothesis, ends: float) -> tuple[Outcome, list[tuple[str, int]]]:
    """The outcome of a unit by the better of the two ways to run it, where there are two.

    Both are tried in their likeliest reading first; the one with more right is searched, the other where that left
    nothing right, or where it had something right as well.
    """
    if unit.otherwise is None:
        return _search(program, unit, start, ends)
    first: dict[int, Outcome] = {}
    for one in (unit, unit.otherwise):
        outcome, forks = _search(program, one, start, ends, most=LIKELIEST)
        if _settled(outcome):
            return outcome, forks
        first[id(one)] = outcome
    way, other = sorted((unit, unit.otherwise), key=lambda u: -_good(first[id(u)]))
    outcome, forks = _search(program, way, start, ends)
    if not _settled(outcome) and (not _good(outcome) or _good(first[id(other)])):
        second, more = _search(program, other, start, ends + 1.0)
        if _better(outcome, second, preferred=way is unit):
            return second, more
    return outcome, forks


def _good(outcome: Outcome) -> int:
    return outcome.judgement.good if outcome.judgement is not None else 0


def _better(outcome: Outcome, second: Outcome, *, preferred: bool) -> bool:
    """Is the second outcome the one to believe?  With as much right, that of the preferred way to run the unit is."""
    if not preferred:
        return not _better(second, outcome, preferred=True)
    if second.judgement is None or outcome.judgement is None:
        return second.judgement is not None
    return second.judgement.good > outcome.judgement.good or (
        not outcome.judgement.good and not outcome.judgement.wrong and bool(second.judgement.judged))


def _settled(outcome: Outcome) -> bool:
    return outcome.judgement is not None and outcome.judgement.good > 0 and not outcome.judgement.wrong


def _search(program: Program, unit: Unit, start: Hypothesis, ends: float, *,
            most: float = MAX_COST) -> tuple[Outcome, list[tuple[str, int]]]:
    """The best of the readings that cost at most so much."""
    queue: list[tuple[float, int, Hypothesis]] = [(0.0, 0, start)]
    seen = {start.key}
    fixed = dict(start.decisions)
    count = restarts = runs = others = 0
    best: tuple[Judgement, Hypothesis] | None = None
    reason = ""
    forks: list[tuple[str, int]] = []
    fitting: list[Hypothesis] = []
    rivals: list[tuple[Judgement, Hypothesis]] = []

    def push(hypothesis: Hypothesis) -> None:
        nonlocal count
        key = hypothesis.key
        if hypothesis.cost <= most and key not in seen and len(hypothesis.equations) < 24:
            seen.add(key)
            count += 1
            heapq.heappush(queue, (hypothesis.cost, count, hypothesis))

    exhausted = True
    while queue:
        remaining = ends - EFFORT.seconds
        if runs >= MAX_RUNS or (others >= MAX_FITLESS and not fitting) or remaining <= 0:
            # what the likeliest readings agree on is certain enough; an unlikely one says little before all are tried
            exhausted = (best is not None and runs >= MAX_RUNS and best[1].cost < UNLIKELY and not start.decisions)
            reason = reason or "took too long"
            break
        _, _, hypothesis = heapq.heappop(queue)
        if best is not None and _beside_the_point(hypothesis, *best):
            continue
        runs += 1
        others += hypothesis.cost >= LIKELIEST
        try:
            judgement, world = run_once(program, unit, hypothesis, 0, min(remaining, 2.0))
        except Restart as restart:
            restarts += 1
            if not reason or hypothesis.cost < LIKELIEST:
                reason = restart.reason
            _answers(restart, hypothesis, fixed, push)
            continue
        except TooMuch as bound:
            reason = str(bound)
            continue
        if not world.hypothesis.shift and _open(judgement):
            judgement, world, hypothesis = _redrawn(program, unit, judgement, world, hypothesis, ends)
        if not forks:
            forks = [(k, i) for k, c in world.choices.items() if c.fork and c.taken == 0
                     for i in range(1, len(c.options))]
        if not _plausible(world) or (best is not None and _pointless(world)):
            continue
        fitting.append(hypothesis)
        if best is not None and best[0].wrong and _by_chance(program, unit, judgement, hypothesis, ends):
            continue
        if best is None or _fits_better(judgement, best[0]) or _says_more(judgement, hypothesis, *best):
            best = (judgement, hypothesis)
        elif judgement.wrong and best[0].wrong and _alike(unit, judgement, best[0]):
            rivals.append((judgement, hypothesis))
        if (
            not judgement.judged
            or (judgement.good and not judgement.wrong)
            or all(j.verdict == "unchecked" for j in judgement.judged)
        ):
            if judgement.good or (len(fitting) > 2 and not best[0].wrong) or not judgement.judged:
                break
        for hyp in _alternatives(world, hypothesis, judgement, fixed):
            push(hyp)
    if best is None:
        return Outcome(unit, None, start, runs, restarts,
                       reason or "no reading of the inputs fits the forward code"), forks
    judgement, hypothesis = best
    for j in judgement.judged:
        if j.verdict == "wrong" and j.result.doubt:
            j.verdict, j.reason = "unchecked", j.result.doubt
    if any(key.endswith(":none") and is_axis(base(key.removesuffix(":none"))) for key in fixed):
        _silence(judgement, "which axes are given is not known")
    guessed = any(key.startswith("branch@") for key in judgement.run.it.world.choices)
    if judgement.wrong and (not exhausted or (guessed and runs >= MAX_RUNS)):
        _silence(judgement, "too many readings of the inputs to try them all")
    _confirm(program, unit, judgement, hypothesis, ends)
    return Outcome(unit, judgement, hypothesis, runs, restarts, "", fitting, rivals[:2]), forks


def _open(judgement: Judgement) -> int:
    return sum(left_open(j) or j.reason == ESTIMATE for j in judgement.judged)


def _redrawn(program: Program, unit: Unit, judgement: Judgement, world: World, hypothesis: Hypothesis,
             ends: float) -> tuple[Judgement, World, Hypothesis]:
    """The same reading on other samples, where they leave less open."""
    best = judgement, world, hypothesis
    for shift in SHIFTS:
        remaining = ends - EFFORT.seconds
        if remaining <= 0:
            break
        again = replace(hypothesis, shift=shift)
        try:
            found, other = run_once(program, unit, again, 0, min(remaining, 2.0))
        except (Restart, TooMuch):
            continue
        if _open(found) < _open(best[0]):
            best = found, other, again
        if not _open(found):
            break
    return best


def _answers(restart: Restart, hypothesis: Hypothesis, fixed: dict[str, int],
             push: Callable[[Hypothesis], None]) -> None:
    """The hypotheses that answer a clash: the equation, or another choice."""
    if restart.decisions:
        together = hypothesis
        for key, taken in restart.decisions:
            together = together.decide(key, taken, 0.01 / len(restart.decisions)).without(
                key.removesuffix(":rank") if ":rank" in key else "")
        push(together)
        if len(restart.decisions) > 1:
            for key, taken in restart.decisions:
                push(hypothesis.decide(key, taken, 0.02).without(key.removesuffix(":rank") if ":rank" in key else ""))
        return
    if restart.positive:
        push(replace(hypothesis, positive=hypothesis.positive | set(restart.positive), cost=hypothesis.cost + 0.01))
        return
    if restart.small:
        push(replace(hypothesis, small=hypothesis.small | set(restart.small), cost=hypothesis.cost + 0.01))
        return
    known = {name for name, _ in (*hypothesis.equations, *hypothesis.decisions)}
    fresh = [e for e in restart.equations if e[0] not in known]
    if fresh:
        push(hypothesis.equate([(n, v) for n, v in fresh[:1] if isinstance(v, Polynomial)]))
    world: World | None = getattr(restart, "world", None)
    if world is not None:
        clashing = _clashing(restart, hypothesis)
        bare = replace(hypothesis, equations=())  # what fits under another answer is found anew
        # what was asked last is likeliest to have led here
        for age, choice in enumerate(reversed([c for c in world.choices.values() if not (c.fork or c.detour)])):
            if choice.key in fixed or choice.key in known:
                continue
            path, _, asked = choice.key.rpartition(":")
            shape = asked in ("rank", "form")
            far = FAR if shape and clashing and not any(name.startswith(path) for name in clashing) else 0.0
            for i in range(len(choice.options)):
                if i != choice.taken:
                    push(bare.decide(choice.key, i, 0.5 + 0.03 * min(age, 5) + 0.3 * i + far))


def _clashing(restart: Restart, hypothesis: Hypothesis) -> set[str]:
    """The dimensions that a clash is between, and those that were taken to be the same."""
    names = {n for left, right in restart.equations for n in (left, *right.names())}
    for left, right in reversed(hypothesis.equations):
        same = {left, *right.names()}
        if names & same:
            names |= same
    return names


def _alternatives(
    world: World, hypothesis: Hypothesis, judgement: Judgement, fixed: dict[str, int]
) -> Iterator[Hypothesis]:
    """Other answers to the questions of a run, as far as they concern what came out wrong."""
    if (asked := _shaped_as_claimed(world, hypothesis, judgement, fixed)) is not None:
        yield asked
    concerned = _leaves(judgement)
    variables = {w.label for j in judgement.judged if j.verdict == "wrong" for w in j.result.wrt if w.card is None}
    for choice in world.choices.values():
        path = choice.key.rsplit(":", 1)[0]
        if choice.fork or choice.detour or choice.key in fixed or choice.key in dict(hypothesis.decisions):
            continue
        if choice.key == f"{path}:none" and path in variables:  # without the variable there is nothing to be right
            continue
        late = 0.0
        if ":" in choice.key and not choice.key.startswith(("branch", "...")) and not choice.key.endswith(
                (":is", ":axis", ":axes")) and concerned and not any(
                leaf == path or leaf.startswith(path) for leaf in concerned):
            if path not in variables:
                continue
            late = 0.4  # the variable itself: a bias's gradient does not depend on the bias, but its shape does
        for i in range(len(choice.options)):
            if i != choice.taken:
                yield hypothesis.decide(choice.key, i, choice.cost + 0.1 * i + late)


def _by_chance(program: Program, unit: Unit, judgement: Judgement, hypothesis: Hypothesis, ends: float) -> bool:
    """Is what a less likely reading shows to be right wrong on another draw, where sizes are others?"""
    if not judgement.good or judgement.wrong:
        return False
    try:
        other, _ = run_once(program, unit, hypothesis, DRAWS[0], max(min(ends - EFFORT.seconds, 2.0), 0.2))
    except (Restart, TooMuch):
        return False
    return other.wrong > 0


def _beside_the_point(hypothesis: Hypothesis, best: Judgement, reading: Hypothesis) -> bool:
    """Does a reading differ from the best in what no wrong result has to do with?

    Only where all that is wrong is wrong by a number: then shapes fit as they are, and what other inputs are like does
    not change that number.
    """
    wrong = [j for j in best.judged if j.verdict == "wrong"]
    if not wrong or any(j.ratio is None for j in wrong) or any(j.result.update for j in wrong):
        return False
    known = dict(reading.decisions)
    concerned = _leaves(best) | {w.label for j in wrong for w in j.result.wrt if w.card is None}
    for key, _ in hypothesis.decisions:
        path, _, question = key.rpartition(":")
        if key not in known and question in ("rank", "form", "kind", "index") and not any(
                leaf == path or leaf.startswith(path) for leaf in concerned):
            return True
    return False


def _fits_better(judgement: Judgement, best: Judgement) -> bool:
    """More results right, or as many and fewer left over, or as many and fewer statements whose shapes clash.

    That a reading leaves in doubt what a likelier one shows to be wrong does not speak for it: on a single row many
    mistakes are zero.
    """
    now, known = _fit(judgement), _fit(best)
    return now > known or (now == known and judgement.wrong >= best.wrong and _clashes(judgement) < _clashes(best))


def _fit(judgement: Judgement) -> tuple[float, int]:
    """How much of a judgement is right, each variable counted once; what is right up to a factor counts for less."""
    right: dict[object, float] = {}
    for j in judgement.judged:
        if j.verdict in ("proved", "verified"):
            variable = j.wrt.label if j.wrt is not None and j.wrt.label else (id(j.result.step.node), j.result.name)
            worth = 1.0 if j.ratio is None or abs(j.ratio - 1) < 1e-9 else 0.6
            right[variable] = max(right.get(variable, 0.0), worth)
    left = judgement.good - len(judgement.judged) if judgement.judged else -100  # without a result nothing fits
    return round(sum(right.values()), 6), left


def _alike(unit: Unit, judgement: Judgement, best: Judgement) -> bool:
    """Do two readings say as little: all is wrong, of a derivative, or by a cost that the code itself gives?"""
    known = judgement.seed is not None and judgement.seed.kind == "cost"
    return unit.kind == "derivative" or (known and not judgement.good and not best.good and not _clashes(judgement))


def _says_more(judgement: Judgement, hypothesis: Hypothesis, best: Judgement, likelier: Hypothesis) -> bool:
    """A reading that judges speaks rather than one that does not, where both only answer what the code itself asks."""
    silent = all(j.verdict == "unchecked" and j.result.value is None for j in best.judged)
    return silent and bool(judgement.wrong) and not _clashes(judgement) and hypothesis.cost < likelier.cost + 0.1


def _clashes(judgement: Judgement) -> int:
    """How many places there are in backward code whose shapes do not fit."""
    return len({id(node) for _, node, _ in judgement.run.it.misfits})


def _plausible(world: World) -> bool:
    """A single row or column is no reading of an input whose rows or columns the code counts or keeps apart; nor has a
    bias an entry for each sample.
    """
    alone = any(c.options[c.taken] in ("row", "column") for c in world.choices.values())
    return not world.unshared and not (world.singular and alone)


_ALONG = frozenset({"sum", "mean", "max", "min", "var", "std", "argmax", "softmax", "log_softmax", "logsumexp"})


def _pointless(world: World) -> bool:
    """Does the code reduce along an axis that has a single entry by a choice of this reading?

    Nobody sums the columns of what has one: where another reading fits, the input is that.
    """
    if not any(c.key.endswith(":rank") and c.options[c.taken] in ("row", "column") for c in world.choices.values()):
        return False
    for term in world.graph.made():
        axis = term.params.get("axis") if term.card is not None and term.card.name in _ALONG else None
        if isinstance(axis, int) and isinstance(term.origin, Step):
            size = np.shape(term.args[0].sample)[axis]
            if size == 1:
                return True
    return False


def _shaped_as_claimed(
    world: World, hypothesis: Hypothesis, judgement: Judgement, fixed: dict[str, int]
) -> Hypothesis | None:
    """All variables together as their claimed gradients have them: a bias like a column, weights like a whole array."""
    found = hypothesis
    for j in judgement.judged:
        if (
            j.verdict != "wrong"
            or j.result.value is None
            or j.wrt is None
            or tuple(j.result.value.shape) == tuple(j.wrt.shape)
        ):
            continue
        choice = world.choices.get(f"{j.wrt.label}:form")
        wanted = tuple(j.result.value.shape)
        if choice is not None and choice.key not in fixed and wanted in choice.shapes:
            found = found.decide(choice.key, choice.shapes.index(wanted), 0.05)
        ranks = world.choices.get(f"{j.wrt.label}:rank")
        if ranks is not None and ranks.key not in fixed and len(wanted) != j.wrt.ndim:
            word = "column" if wanted[1:] == (1,) else "row" if wanted[:1] == (1,) and len(wanted) == 2 else len(wanted)
            if word in ranks.options:
                found = found.decide(ranks.key, ranks.options.index(word), 0.05).without(j.wrt.label)
    return found if found is not hypothesis else None


def _leaves(judgement: Judgement) -> set[str]:
    """The inputs that wrong results, or what they should be, depend on."""
    out: set[str] = set()
    stack: list[Term] = []
    for j in judgement.judged:
        if j.verdict == "wrong":
            stack += [t for t in (j.result.value, j.derived) if t is not None]
    seen = set(stack)
    while stack:
        node = stack.pop()
        if node.card is None and node.label:
            out.add(node.label)
        for arg in node.args:
            if arg not in seen:
                seen.add(arg)
                stack.append(arg)
    return out


def _silence(judgement: Judgement, reason: str) -> None:
    for j in judgement.judged:
        if j.verdict == "wrong":
            j.verdict, j.reason = "unchecked", reason


def _confirm(program: Program, unit: Unit, judgement: Judgement, hypothesis: Hypothesis, ends: float) -> None:
    """Two more draws with other sizes: what they do not say, too, is unchecked.

    A draw that leaves a result open (see `left_open`) does not speak, and another is asked instead.
    """
    if all(j.verdict in ("unchecked", "not-a-gradient") for j in judgement.judged):
        return
    heard: dict[int, int] = {}
    for draw in (*DRAWS, *MORE_DRAWS):
        for _attempt in range(3):
            remaining = ends - EFFORT.seconds + 0.5
            try:
                other, _ = run_once(program, unit, hypothesis, draw, max(min(remaining, 2.0), 0.2))
            except Restart as restart:
                if restart.small:  # on this draw a window is larger than its image
                    hypothesis = replace(hypothesis, small=hypothesis.small | set(restart.small))
                    continue
                known = {name for name, _ in hypothesis.equations}
                if fresh := [e for e in restart.equations if e[0] not in known]:  # hidden by the sizes of the first one
                    hypothesis = hypothesis.equate(fresh[:1])
                    continue
                other = None
            except TooMuch:
                other = None
            break
        else:
            other = None
        _doubt(judgement, other, heard)
        if other is None:
            return
        asked = [j for j in judgement.judged if j.verdict in ("verified", "wrong")]
        if draw >= DRAWS[-1] and all(heard.get(id(j), 0) >= len(DRAWS) for j in asked):
            return
    for j in judgement.judged:
        if j.verdict in ("verified", "wrong") and heard.get(id(j), 0) < len(DRAWS):
            j.verdict, j.reason = "unchecked", "other draws of samples leave it open"


def left_open(judged: Judged) -> bool:
    """Did the samples leave a result open: masked out on this draw, or not finite?"""
    return judged.reason in (ZERO, NOT_FINITE)


def _doubt(judgement: Judgement, other: Judgement | None, heard: dict[int, int]) -> None:
    matched: dict[tuple[int, str], list[Judged]] = {}
    for j in other.judged if other is not None else ():
        matched.setdefault((id(j.result.step.node), j.result.name), []).append(j)
    for j in judgement.judged:
        if j.verdict not in ("verified", "wrong"):
            continue
        twins = matched.get((id(j.result.step.node), j.result.name), [])
        if twins and all(map(left_open, twins)):
            continue
        right = any(t.verdict in ("proved", "verified") for t in twins)
        wrong = any(t.verdict == "wrong" for t in twins)
        heard[id(j)] = heard.get(id(j), 0) + 1
        if not (right if j.verdict == "verified" else wrong):
            if j.verdict == "verified" and not wrong and is_proved(j):  # what another draw cannot say, a proof can
                j.verdict = "proved"
                continue
            j.verdict, j.reason = "unchecked", "another draw of samples does not say the same"
