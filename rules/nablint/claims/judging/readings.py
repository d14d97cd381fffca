"""Readings: which other hypotheses answer a clash, or may tell a wrong result from a wrong guess."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from nablint.calculus.terms import Term, ancestors
from nablint.claims.judging.distributions import distributed, in_vain
from nablint.claims.judging.masks import masked
from nablint.claims.model import Judgement
from nablint.shapes import Polynomial, dim
from nablint.tracing.calls import NOT_KNOWN
from nablint.tracing.clashes import solve
from nablint.tracing.hints import base, is_weight
from nablint.tracing.refine.kinds import MET_FIRST
from nablint.tracing.values import Restart
from nablint.tracing.world import Hypothesis, World

FAR = 0.9
"""What another shape costs more of an input that a clash is not about."""

SHAPES = (":rank", ":form", ":sums")
"""How the questions end that ask for the shape of an input."""

LINE = 0.35
"""What it costs to read an input as a single row or column where a clash in backward code asks for it."""


def answers(restart: Restart, hypothesis: Hypothesis, fixed: dict[str, int],
             push: Callable[[Hypothesis], None]) -> None:
    """The hypotheses that answer a clash: the equation, or another choice."""
    if restart.decisions:
        together = hypothesis
        for key, taken in restart.decisions:
            together = together.decide(key, taken, 0.01 / len(restart.decisions)).without(
                key.removesuffix(":rank") if ":rank" in key else "")
        push(together)
        if len(restart.decisions) > 1 and not any(key.endswith(":joined") for key, _ in restart.decisions):
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
    clashing = _clashing(restart, hypothesis)
    bare = replace(hypothesis, equations=())  # what fits under another answer is found anew
    # what was asked last is likeliest to have led here
    for age, choice in enumerate(reversed([c for c in restart.choices.values() if not (c.fork or c.detour)])):
        if choice.key in fixed or choice.key in known:
            continue
        path, _, asked = choice.key.rpartition(":")
        shape = asked in ("rank", "form")
        far = FAR if shape and clashing and not any(name.startswith(path) for name in clashing) else 0.0
        for i in range(len(choice.options)):
            if i != choice.taken:
                far = FAR if choice.key == "guards" else far
                push(bare.decide(choice.key, i, 0.5 + 0.03 * min(age, 5) + 0.3 * i + far))


def _clashing(restart: Restart, hypothesis: Hypothesis) -> set[str]:
    """The dimensions that a clash is between, and those that were taken to be the same."""
    names = {n for left, right in restart.equations for n in (left, *right.names())}
    for left, right in reversed(hypothesis.equations):
        same = {left, *right.names()}
        if names & same:
            names |= same
    return names


def alternatives(
    world: World, hypothesis: Hypothesis, judgement: Judgement, fixed: dict[str, int],
    best: tuple[Judgement, Hypothesis],
) -> Iterator[Hypothesis]:
    """Other answers to the questions of a run, as far as they concern what came out wrong.

    best: the reading that fits best so far, which may be this one.
    """
    if (asked := _shaped_as_claimed(world, hypothesis, judgement, fixed)) is not None:
        yield asked
    if (sized := _sized_as_claimed(world, hypothesis, judgement)) is not None:
        yield sized
    yield from distributed(world, hypothesis, judgement, best=best[0] is judgement)
    if best[0] is judgement:
        yield from masked(world, hypothesis, judgement)
    if in_vain(judgement, hypothesis, best):
        return
    yield from _single_lines(world, hypothesis, fixed)
    yield from _further_axes(world, hypothesis, fixed)
    concerned, beyond = _leaves(judgement) or met_first(judgement), _beyond(judgement)
    variables = {w.label for j in judgement.judged if j.verdict == "wrong" for w in j.result.wrt if w.card is None}
    for choice in world.choices.values():
        path = choice.key.rsplit(":", 1)[0]
        if choice.fork or choice.detour or choice.key in fixed or choice.key in dict(hypothesis.decisions):
            continue
        if choice.key == f"{path}:none" and path in variables:  # without the variable there is nothing to be right
            continue
        if beyond and choice.key.endswith(SHAPES):
            continue
        late = 0.0
        if ":" in choice.key and not choice.key.startswith(("branch", "...")) and not choice.key.endswith(
                (":is", ":axis", ":axes", ":takes")) and concerned and not any(
                leaf == path or leaf.startswith(path) for leaf in concerned):
            if path not in variables:
                continue
            late = 0.4  # the variable itself: a bias's gradient does not depend on the bias, but its shape does
        for i in range(len(choice.options)):
            if i != choice.taken:
                yield hypothesis.decide(choice.key, i, choice.cost + 0.1 * i + late)


def beside_the_point(hypothesis: Hypothesis, best: Judgement, reading: Hypothesis) -> bool:
    """Does a reading differ from the best in what no wrong result has to do with, or leave out what one belongs to?

    The former only where all that is wrong is wrong by a number: then shapes fit as they are, and what other inputs
    are like does not change that number.
    """
    wrong = [j for j in best.judged if j.verdict == "wrong"]
    known = dict(reading.decisions)
    if any(f"{w.label}:none" in dict(hypothesis.decisions) and f"{w.label}:none" not in known
           for j in wrong for w in j.result.wrt):  # without the variable there is nothing to be wrong
        return True
    if not wrong or any(j.ratio is None for j in wrong) or any(j.result.update for j in wrong):
        return False
    concerned = _leaves(best) | {w.label for j in wrong for w in j.result.wrt if w.card is None}
    for key, _ in hypothesis.decisions:
        path, _, question = key.rpartition(":")
        if key not in known and question in ("rank", "form", "kind", "index") and not any(
                leaf == path or leaf.startswith(path) for leaf in concerned):
            return True
    return False


def plausible(world: World) -> bool:
    """A single row or column is no reading of an input whose rows or columns the code counts or keeps apart; nor has a
    bias an entry for each sample, or an input three axes for the entries of one.
    """
    if any(_single(world.leaves.get(c.key.removesuffix(":rank"))) for c in world.choices.values()):
        return False
    alone = any(c.options[c.taken] in ("row", "column") and not world.decided(f"{c.key.rpartition(':')[0]}:joined")
                for c in world.choices.values())
    ones = any(expr.number == 1 for expr in world.insisted)  # an assertion says where the single row is
    return not world.unshared and not (world.singular and alone and not ones)


def _single(term: Term | None) -> bool:
    """Has an array three axes or more, and entries along one of them at most?"""
    return term is not None and term.ndim > 2 and sum(size == 1 for size in term.shape) >= term.ndim - 1


def square_by_chance(world: World) -> bool:
    """Is an input that is no weight a square matrix, only because what it met had to fit a rank that was guessed?"""
    for term in world.leaves.values():
        choice = world.choices.get(f"{term.label}:rank")
        if (choice is not None and term.ndim == 2 and not term.tainted and not is_weight(base(term.label))
                and term.shape[0] != 1 and world.same(*term.shape) and not _asserted_square(world, term)):
            return True
    return False


def _asserted_square(world: World, term: Term) -> bool:
    """Does an assertion say that the axes are equal, and is that how they came to be?"""
    axes = {f"{term.label}.0", f"{term.label}.1"}
    return dim(term.shape[0]).expr in world.insisted and any(
        {name, value.name} == axes for name, value in world.hypothesis.equations)


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


def _sized_as_claimed(world: World, hypothesis: Hypothesis, judgement: Judgement) -> Hypothesis | None:
    """The sizes of variables that no forward code ties to others, as those of their claimed gradients.

    Where a size is the only difference, such as that of a state that is only concatenated with an input; a wrong layout
    has the sizes of two axes against it, and its values stay wrong where they are the same.
    """
    for j in judgement.judged:
        if j.verdict != "wrong" or j.result.value is None or j.wrt is None or j.wrt.card is not None or (
                j.wrt.ndim != j.result.value.ndim):
            continue
        differing = [pair for pair in zip(j.wrt.shape, j.result.value.shape, strict=True) if pair[0] != pair[1]]
        if len(differing) == 1 and (equation := solve(world, *differing[0])) is not None:
            return hypothesis.equate([equation])
    return None


def _single_lines(world: World, hypothesis: Hypothesis, fixed: dict[str, int]) -> Iterator[Hypothesis]:
    """Inputs of two axes as a row or a column, where that is what backward code has beside them."""
    for name in world.alone:
        path, _, axis = name.rpartition(".")
        choice = world.choices.get(f"{path}:rank")
        line = {"0": "row", "1": "column"}.get(axis)
        if choice is not None and choice.options[choice.taken] == 2 and line in choice.options and not (
                choice.key in fixed or choice.key in dict(hypothesis.decisions)):
            found = hypothesis.decide(choice.key, choice.options.index(line), LINE).without(path)
            yield found.decide(f"{path}:joined", 1, 0.0)


def _further_axes(world: World, hypothesis: Hypothesis, fixed: dict[str, int]) -> Iterator[Hypothesis]:
    """Inputs with an axis more, where a value of one axis that is computed from them is transposed in backward code."""
    for label in {n.label: None for term in world.turned for n in ancestors(term) if n.card is None and n.label}:
        for question, more in (("rank", lambda answer: answer + 1 if isinstance(answer, int) else None),
                               ("form", lambda _: "rows")):
            choice = world.choices.get(f"{label}:{question}")
            wanted = None if choice is None else more(choice.options[choice.taken])
            if choice is not None and wanted in choice.options and choice.options[choice.taken] != wanted and not (
                    choice.key in fixed or choice.key in dict(hypothesis.decisions)):
                yield hypothesis.decide(choice.key, choice.options.index(wanted), LINE).without(label)


def met_first(judgement: Judgement) -> set[str]:
    """The inputs that are why nothing is known, where all results wait for what backward code met first.

    How other inputs are read does not change who meets these first.
    """
    found = {j.reason.removesuffix(MET_FIRST) for j in judgement.judged
             if j.verdict == "unchecked" and j.reason.endswith(MET_FIRST)}
    return found if all(j.reason.endswith(MET_FIRST) for j in judgement.judged) else set()


def _beyond(judgement: Judgement) -> bool:
    """Is nothing known because of functions that are not?  Of whatever shape inputs are, they are not either."""
    return bool(judgement.judged) and all(j.verdict == "unchecked" and NOT_KNOWN.search(j.reason)
                                          for j in judgement.judged)


def _leaves(judgement: Judgement) -> set[str]:
    """The inputs that wrong results, or what they should be, depend on."""
    wrong = [t for j in judgement.judged if j.verdict == "wrong" for t in (j.result.value, j.derived) if t is not None]
    return {node.label for term in wrong for node in ancestors(term) if node.card is None and node.label}
