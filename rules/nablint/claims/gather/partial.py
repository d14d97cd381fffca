"""Steps of a part of a parameter: `w[1:] += ...` beside `w[0] += ...`, where one array holds weights and bias."""

from __future__ import annotations

import numpy as np

from nablint.calculus.terms import Term
from nablint.ops.indexing import read_at
from nablint.tracing.interpreter import Interpreter


def step_of_part(it: Interpreter, new: Term) -> tuple[Term, Term] | None:
    """The part of a parameter as forward code reads it, and what is added to it; None where it is no such step.

    What is read of the parameter elsewhere must be other entries: the gradient of the part is then that of what was
    read.
    """
    if new.card is None or new.card.name != "setitem":
        return None
    leaf, written, arrays, index = new.args[0], new.args[1], new.args[2:], new.params["index"]
    while leaf.card is not None and leaf.card.name == "setitem":  # steps of other parts came before
        leaf = leaf.args[0]
    if leaf.card is not None or not leaf.label or leaf.tainted or written.card is None or (
            written.card.name not in ("add", "subtract")):
        return None
    part = read_at(leaf, *arrays, index=index)
    first, second = written.args
    swapped = written.card.name == "add" and not _is_read(first, part)
    before, added = (second, first) if swapped else (first, second)
    if part.card is None or not added.tainted or not _is_read(before, part) or not _alone(it, leaf, part):
        return None
    return part, -added if written.card.name == "subtract" else added


def _is_read(term: Term, part: Term) -> bool:
    """Is it the part, as it stands after steps of others?"""
    return term is part or (term.card is part.card and term.params == part.params and term.args[1:] == part.args[1:]
                            and np.array_equal(term.sample, part.sample))


def _alone(it: Interpreter, leaf: Term, part: Term) -> bool:
    """Does forward code read nothing of the parameter that overlaps with the part, but the part itself?"""
    places = np.arange(leaf.sample.size).reshape(leaf.sample.shape)
    own = _read(it, places, part)
    for term in list(it.graph.made()):
        if term.tainted or term is part or leaf not in term.args:
            continue
        if term.card is not part.card or term.args[0] is not leaf or np.intersect1d(own, _read(it, places, term)).size:
            return False
    return True


def _read(it: Interpreter, places: np.ndarray, term: Term) -> np.ndarray:
    """The numbers of the entries that a term reads."""
    return np.asarray(read_at(it.graph.constant(places), *term.args[1:], index=term.params["index"]).sample)
