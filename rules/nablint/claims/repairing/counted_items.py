"""Counted items: entries of arriving cotangents by the counters of the loops around a statement.

    for i in range(H):
        for j in range(W):
            dW[k] += np.sum(patch, axis=0)      # what it should be multiplied by is read nowhere: dout[:, k, i, j]

The code tells which counters there are; they stand in an index in the order of the loops, and a slice everywhere else.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, permutations

import libcst as cst

from nablint.calculus.terms import Term
from nablint.claims.edits.live import multiplied
from nablint.claims.edits.small import SUMS
from nablint.claims.edits.trees import Edit, walk
from nablint.claims.repairing.forms import repeats
from nablint.claims.repairing.live import live_values
from nablint.claims.replaying.replay import evaluated, holds
from nablint.reading.nodes import below
from nablint.tracing.interpreter import Interpreter
from nablint.tracing.step import Step

MAX_ITEMS = 8


def counters(it: Interpreter, step: Step) -> list[str]:
    """The numbers that the loops around a step count, the outermost loop's first."""
    loops = {id(s.node): s.node for s in it.steps if s.scope is step.scope and isinstance(s.node, cst.For)}
    around = [loop for loop in loops.values() if holds(loop.body, step.node)]
    return [loop.target.value for loop in around if isinstance(loop.target, cst.Name)
            and isinstance(step.names.get(loop.target.value), int)]


def counted_items(it: Interpreter, step: Step) -> Iterator[tuple[str, Term]]:
    """Items of arriving cotangents, as code would write them, with what they are in a step."""
    counted = counters(it, step)
    arriving = [(text, term) for text, term in live_values(step)
                if term.card is None and term.tainted and term.label and term.sample.dtype.kind == "f"]
    left = MAX_ITEMS
    for text, term in arriving if counted else ():
        known = _places(step, text)
        for index in _indices(counted, term.ndim, known):
            item = evaluated(it, step, f"{text}[{', '.join(index)}]") if left else None
            if item is not None:
                left -= 1
                yield f"{text}[{', '.join(index)}]", item


def _places(step: Step, text: str) -> set[tuple[int, str]]:
    """At which places of an array's index a step's block has which names."""
    tree = step.block.tree()
    found = below(tree.module) if tree is not None else ()
    return {(place, element.slice.value.value) for node in found if isinstance(node, cst.Subscript)
            and cst.Module([]).code_for_node(node.value) == text for place, element in enumerate(node.slice)
            if isinstance(element.slice, cst.Index) and isinstance(element.slice.value, cst.Name)}


def _indices(counted: list[str], rank: int, known: set[tuple[int, str]]) -> list[list[str]]:
    """Indices of an array by as many counters as there are, or as it has axes, the likeliest first.

    known: at which places the code has which counters elsewhere; else they stand in the order of their loops.
    """
    count = min(len(counted), rank)
    found: list[tuple[int, bool, list[str]]] = []
    for chosen in combinations(counted, count):
        for places in permutations(range(rank), count):
            index = [":"] * (max(places) + 1)
            for place, name in zip(places, chosen, strict=True):
                index[place] = name
            agreed = sum((place, name) in known for place, name in zip(places, chosen, strict=True))
            found.append((-agreed, list(places) != sorted(places), index))
    return [index for *_, index in sorted(found, key=lambda f: f[:2])]


def brought(it: Interpreter, step: Step, root: cst.BaseExpression) -> Iterator[Edit]:
    """Edits that multiply an expression into which no cotangent flows, or what it sums over, by such an item."""
    items = list(counted_items(it, step))
    for node in (root, *_summed(root)) if items else ():
        value = step.values.get(id(node))
        if isinstance(value, Term):
            yield from multiplied(node, [filled for text, item in items
                                         for filled in _filling(text, item.sample.shape, value.sample.shape)])


def _summed(root: cst.BaseExpression) -> Iterator[cst.BaseExpression]:
    """What sums in an expression sum over."""
    for node in walk(root):
        if (isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute) and node.func.attr.value in SUMS
                and node.args and node.args[0].keyword is None):
            yield node.args[0].value


def _filling(text: str, item: tuple[int, ...], whole: tuple[int, ...]) -> Iterator[str]:
    """An item as a factor of an array: as it is, and with axes of size 1 after those that it has."""
    missing = len(whole) - len(item)
    if not item or repeats(item, whole):
        yield text
    if item and missing > 0 and repeats((*item, *(1,) * missing), whole):
        yield f"{text.removesuffix(']')}{', None' * missing}]"
