"""Pointless readings: code does what has no point with what a choice makes of an input, such as summing one column."""

from __future__ import annotations

import libcst as cst
import numpy as np

from nablint.calculus.terms import Term
from nablint.reading.nodes import below
from nablint.tracing.interpreter import Interpreter
from nablint.tracing.step import Step

_ALONG = frozenset({"sum", "mean", "max", "min", "var", "std", "argmax", "softmax", "log_softmax", "logsumexp"})


def pointless(it: Interpreter) -> bool:
    """Does the code reduce a number, choose among what has a single entry, gather the rows of what is one, or take the
    differences of all pairs of a single one, by a choice of this reading?

    Nobody sums the columns of what has one, takes all but the first, or picks one by its label: where another reading
    fits, the input is that.  Not so where the code makes a single row itself: helpers that were written for many are
    called with it.
    """
    world = it.world
    if any(key.endswith(":joined") for key, _ in world.hypothesis.decisions):
        return False
    forms = [c.options[c.taken] for c in world.choices.values() if c.key.endswith(":rank")]
    if not any(form in ("row", "column", 1) for form in forms):
        return False
    return any(_reduces_one(term) or _chooses_of_one(term) or _differs_from_itself(term)
               for term in world.graph.made() if term.card is not None) or _gathers_one(it)


def _gathers_one(it: Interpreter) -> bool:
    """Is a single row gathered from as many rows as there are, `x.reshape(-1, x.shape[-1])`?"""
    for step in it.steps:
        for node in below(step.node) if not step.block.outside else ():
            if isinstance(node, cst.Call) and _rows_left_open(node):
                value = step.values.get(id(node))
                shape = value.sample.shape if isinstance(value, Term) else ()
                if len(shape) == 2 and shape[0] == 1:
                    return True
    return False


def _rows_left_open(call: cst.Call) -> bool:
    """Is it `x.reshape(-1, ...)`, with a second size?"""
    if not isinstance(call.func, cst.Attribute) or call.func.attr.value not in ("reshape", "view"):
        return False
    sizes = [arg.value for arg in call.args]
    if len(sizes) == 1 and isinstance(sizes[0], cst.Tuple | cst.List):
        sizes = [element.value for element in sizes[0].elements]
    first = sizes[0] if len(sizes) > 1 else None
    return isinstance(first, cst.UnaryOperation) and isinstance(first.operator, cst.Minus)


def _differs_from_itself(term: Term) -> bool:
    """Differences of all pairs of a single one."""
    return (term.card is not None and term.card.name == "subtract" and term.ndim > 0 and not term.tainted
            and not np.any(term.sample) and not any(a.is_constant for a in term.args))


def _reduces_one(term: Term) -> bool:
    """A reduction of a number, or along an axis with a single entry."""
    if term.card is None or term.card.name not in _ALONG:
        return False
    axis, reduced = term.params.get("axis"), term.args[0]
    if not reduced.ndim and not reduced.is_constant:
        return True
    sizes = np.shape(reduced.sample)
    return (isinstance(axis, int) and isinstance(term.origin, Step) and -len(sizes) <= axis < len(sizes)
            and sizes[axis] == 1 and _written_in(term.origin, term))


def _chooses_of_one(term: Term) -> bool:
    """What is left when the first of one is left out, or labels that all say the same one.

    That a mask leaves nothing of it is chance.
    """
    if term.card is None or term.card.name != "getitem" or not term.args[0].sample.size:
        return False
    shape, index = term.args[0].sample.shape, term.params["index"]
    if len(term.args) == 1:
        return not term.sample.size
    return len(index) == len(shape) > 1 and len(term.args) == 3 and 1 in (
        shape[axis] for axis, part in enumerate(index) if isinstance(part, tuple) and part[0] == "term")


def _written_in(step: Step, term: Term) -> bool:
    """Does a statement itself make a value, rather than what it calls in another file?"""
    return any(step.values.get(id(node)) is term for node in below(step.node))
