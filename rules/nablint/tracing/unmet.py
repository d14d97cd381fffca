"""What forward code has not met, where shapes do not fit: targets, and inputs that backward code uses first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from nablint.calculus.terms import Term
from nablint.shapes import Polynomial, Size, dim
from nablint.tracing import hints
from nablint.tracing.clashes import solve
from nablint.tracing.step import Step
from nablint.tracing.world import World

if TYPE_CHECKING:
    from nablint.tracing.interpreter import Interpreter


def sizes_of_targets(
    it: Interpreter, terms: list[Term], pairs: list[tuple[Size, Size]]
) -> tuple[str, Polynomial] | None:
    """The equation for a size that only a target's documentation names, where forward code has not met the target.

    It says nothing of forward code: predictions and targets have one shape.  Two documented sizes are one only if
    they go by one name, so that a target that is transposed by mistake stays a clash.
    """
    if it.met is None or not any(hints.is_target(hints.base(t.label)) and t not in it.met for t in terms
                                   if t.card is None and t.label):
        return None
    known = {n for t in it.met for size in t.shape for n in size.expr.names()}
    for pair in pairs:
        for own, other in (pair, pair[::-1]):
            name, beside = it.world.resolve(own.expr).name, it.world.resolve(other.expr)
            if name is None or "@" not in name or name in known or not beside.names() <= known:
                continue
            said = {n.partition("@")[0] for n in beside.names() if "@" in n}
            if not said or said == {name.partition("@")[0]}:
                return name, beside
    return None


def size_of_free_target(it: Interpreter, terms: list[Term]) -> tuple[str, Polynomial] | None:
    """The equation for a size of a target that nothing has told so far, where it is first compared with predictions.

    `error = X @ w - y` is the first statement of backward code, and made of forward values alone; predictions and
    targets have one shape.  So it is in a backward function that is given a target which forward code has not met.
    """
    if len(terms) != 2 or terms[0].ndim != terms[1].ndim:
        return None
    others = {n for t in it.world.leaves.values() if not hints.is_target(hints.base(t.label))
              for size in t.shape for n in it.world.resolve(dim(size).expr).names()}
    for target, predicted in (terms, terms[::-1]):
        if not only_of_targets(target):
            continue
        if it.met is not None and (target.card is not None or target in it.met or any(
                "@" in n for s in target.shape for n in s.expr.names())):
            continue
        pairs = [(it.world.resolve(dim(own).expr), it.world.resolve(dim(other).expr))
                 for own, other in zip(target.shape, predicted.shape, strict=True)]
        free = [(own.name, other) for own, other in pairs if own.name is not None and own.name not in others
                and own.name not in other.names()]
        # a single column first: it fits as it is
        return min(free, key=lambda e: e[1].number != 1, default=None)
    return None


def only_of_targets(term: Term) -> bool:
    """Is it a target, or made of targets alone, as one-hot rows are of labels?"""
    stack, seen, found = [term], {term}, False
    while stack:
        node = stack.pop()
        if node.card is None and node.label:
            if not hints.is_target(hints.base(node.label)):
                return False
            found = True
        stack += [arg for arg in node.args if arg not in seen]
        seen.update(node.args)
    return found


def made_of_forward(it: Interpreter, term: Term) -> bool:
    """Is a value one of forward code, but for what the statement under way has made of it?

    In `dz = loss.gradient(y, p) * ...` all counts as backward code, also `np.clip(p, ...)` in the function it calls.
    """
    if it.step is None:
        return not term.tainted
    whole = _outermost(it.step)
    stack, seen = [term], {term}
    while stack:
        node = stack.pop()
        if node.tainted and node.card is not None:
            if not isinstance(node.origin, Step) or _outermost(node.origin) is not whole:
                return False
            stack += [arg for arg in node.args if arg not in seen]
            seen.update(node.args)
        elif node.tainted:
            return False
    return True


def _outermost(step: Step) -> Step:
    while step.caller is not None:
        step = step.caller
    return step


def size_met_first(it: Interpreter, terms: list[Term], pairs: list[tuple[Size, Size]]) -> tuple[str, Polynomial] | None:
    """The equation for a size of an input that the statement is the first to use: nothing else could tell it.

    `dscores = (onehot - probs) * advantages[:, None]` is where policy gradients first meet their advantages.
    """
    if it.met is not None or it.step is None:
        return None
    young = [leaf for term in terms if (leaf := _source(term)) is not None and leaf.origin is it.step]
    known = {n for t in it.world.leaves.values() if t not in young for size in t.shape
             for n in it.world.resolve(dim(size).expr).names()}
    own = {n for t in young for size in t.shape for n in [it.world.resolve(dim(size).expr).name] if n is not None}
    for pair in pairs:
        for mine, other in (pair, pair[::-1]):
            name = it.world.resolve(mine.expr).name
            if name is not None and name in own - known and (found := solve(it.world, mine, other)) is not None:
                return found
    return None


_VIEWS = frozenset({"getitem", "expand_dims", "reshape", "transpose", "renamed"})


def _source(term: Term) -> Term | None:
    """The input that a term is, or another arrangement of."""
    while term.card is not None and term.card.name in _VIEWS:
        term = term.args[0]
    return term if term.card is None and term.label else None


def unmet_sizes(it: Interpreter, pairs: Iterable[tuple[Size, Size]]) -> bool:
    """Is a clash about sizes that no array of forward code has: arguments that were kept for backward code alone?"""
    wanted = {n for pair in pairs for size in pair for n in it.world.resolve(size.expr).names()}
    arrays = chain(it.met or (), (t for t in it.graph.made() if not t.tainted))
    return not _have(it.world, arrays, wanted)


def _have(world: World, arrays: Iterable[Term], names: set[str]) -> bool:
    """Have the arrays all sizes of these names?"""
    missing = set(names)
    for term in arrays:
        if not missing:
            return True
        for size in term.shape:
            missing -= world.resolve(dim(size).expr).names()
    return not missing


def wanted_once(world: World, terms: Sequence[Term], pairs: Iterable[tuple[Size, Size]]) -> Iterator[str]:
    """The free sizes that a clash in backward code holds against the single row or column that forward code made.

    What is zero is a buffer, and a leaf with a name an input: their shapes are no more than a guess or a wish.
    """
    made = [t.args[0] if t.card is not None and t.card.name == "transpose" else t for t in terms]
    if not any(not t.tainted and not t.label and 1 in t.shape and np.any(t.sample) for t in made):
        return
    for pair in pairs:
        for own, other in (pair, pair[::-1]):
            if dim(own).expr.number == 1 and (name := world.resolve(dim(other).expr).name) is not None:
                yield name


def stranger(it: Interpreter, term: Term, *, targets: bool = True) -> Term | None:
    """An input that the term depends on and that forward code has not met: nobody can tell what it is.

    Without `targets` what predictions are compared with does not count: it has their shape.
    """
    if it.met is None:
        return None
    stack, seen = [term], {term}
    while stack:
        node = stack.pop()
        if node.card is None and node.label and not node.tainted and node not in it.met:
            known = it.world.leaves.get(node.label) is node and not node.label.startswith("blank")
            if known and (targets or not hints.is_target(hints.base(node.label))):
                return node
        for arg in node.args:
            if arg not in seen:
                seen.add(arg)
                stack.append(arg)
    return None
