"""Tracing without guesses, for what is said of shapes.

A sure run knows of an input what evidence says, what the code itself settles (unpacking, assertions) and nothing else;
whatever depends on more is unknown.  Where a condition is unknown both branches are walked, and only that is known
afterwards in which they agree.  So every shape that is known is one that the code has, and shapes that clash do clash.
"""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import libcst as cst

from nablint.calculus.terms import Term
from nablint.reading.lazily import regex
from nablint.shapes import Size
from nablint.tracing import hints
from nablint.tracing.documented import evidence_rank
from nablint.tracing.step import Step
from nablint.tracing.values import Array, Function, Instance, Pending

if TYPE_CHECKING:
    from nablint.tracing.interpreter import Interpreter


@dataclass(frozen=True, slots=True)
class Clash:
    """An operation whose operands do not fit.

    node:      the operation.
    operands:  its operands in order, terms for arrays, other values as they are.
    equations: pairs of sizes that would have to be equal.
    shielded:  it stands where an exception is expected, or where nobody knows whether it runs.
    layer:     the layer of a library inside of which it does not fit; `node` is the call that leads there.
    """

    step: Step
    node: cst.CSTNode
    message: str
    operands: tuple[Any, ...]
    equations: tuple[tuple[Size, Size], ...]
    shielded: bool = False
    layer: Instance | None = None


@dataclass(frozen=True, slots=True)
class Passed:
    """A call of a function of the source, in a sure run.

    step, node: the statement and the call.
    args:       what was passed, by the names of parameters.
    failed:     what did not fit in the function, or in what it calls, on the strength of more than words.
    """

    step: Step
    node: cst.Call
    function: Function
    args: dict[str, Any]
    failed: tuple[Clash, ...]


def operand(it: Interpreter, p: Pending) -> Any:
    """The input as an array or number of the shape that evidence gives; unknown where none does."""
    from nablint.tracing import refine

    if p.value is not None:
        return p.value
    rank = evidence_rank(it, p)
    if rank is not None:
        return refine.make_array(it, p, refine.free_shape(it, p, rank)) if rank else refine.scalar(it, p)
    if isinstance(p.default, int | float) and not isinstance(p.default, bool):
        return refine.scalar(it, p)
    if _SMALL.fullmatch(hints.base(p.hint)):
        return refine.scalar(it, p)
    return it.unknown(f"nothing tells the shape of {p.hint}")


_SMALL = regex(r"(?:\w*_)?eps(?:ilon)?")
"""Names of nothing but one small number."""
_MADE_WITH = regex(
    r"_?(?:\w*(?:dim|dims|hid|hidden|emb|embed|embd|ch|channels?|planes|width|latent|heads?|size)|d_?\w+|vocab|filters"
    r"|(?:in|out|hidden|embed|emb|vocab|latent|hid)_\w+|classes|expansion|nf|ngf|ndf|nc|nz)")
"""Names of sizes among what a constructor is given."""


def _names_size(p: Pending) -> bool:
    name = hints.base(p.hint)
    return hints.is_count(name) or (".__init__." in p.path and _MADE_WITH.fullmatch(name) is not None)


def is_size(p: Pending) -> bool:
    """Is the input one size, not a tuple of them?"""
    return p.value is not None or p.default is not None or _names_size(p)


def operands(it: Interpreter, a: Any, b: Any) -> tuple[Any, Any]:
    """Two operands of an operator: beside a number, what is named like a size is one."""
    from nablint.tracing import refine

    found: list[Any] = []
    for value, other in ((a, b), (b, a)):
        if isinstance(value, Pending) and value.value is None:
            other = other.value if isinstance(other, Pending) and other.value is not None else other
            beside = isinstance(other, Size | Pending) or (isinstance(other, int) and not isinstance(other, bool))
            plain = value.evidence is None and beside and _names_size(value)
            found.append(refine.as_size(it, value) if plain else operand(it, value))
        else:
            found.append(value.value if isinstance(value, Pending) else value)
    return found[0], found[1]


def shape_entry(it: Interpreter, p: Pending, key: Any) -> Any:
    """`x.shape[k]`: a dimension of its own where nothing else tells the shape."""
    array = operand(it, p)
    if isinstance(array, Array):
        return array.term.shape
    if isinstance(key, int) and key >= 0:
        return it.world.dimension(f"{p.path}.{key}")
    return it.world.dimension(f"{p.path}.shape[{key}]") if isinstance(key, int) else array


REDUCTIONS = frozenset({"sum", "mean", "max", "min", "std", "var", "prod", "amax", "amin", "norm", "median", "nansum",
                        "nanmean", "logsumexp"})


def reduced(it: Interpreter, name: str, args: list[Any], keywords: dict[str, Any]) -> None:
    """`x.sum(1)` tells that `x` has two axes at least: it is read with as many, and marked as open for more."""
    from nablint.tracing import refine

    first = args[0] if args else None
    if name.rsplit(".", 1)[-1] not in REDUCTIONS or not isinstance(first, Pending) or first.value is not None:
        return
    axis = next((keywords[k] for k in ("axis", "dim") if k in keywords), args[1] if len(args) > 1 else None)
    if type(axis) is not int or not 1 <= axis <= 3 or first.evidence is not None or first.default is not None:
        return
    array = refine.make_array(it, first, refine.free_shape(it, first, axis + 1))
    it.open.add(array.term)


MEASURES = frozenset({"shape", "ndim", "size", "dim", "numel"})
"""What an array says of its shape."""


def depends(term: Term, inputs: Set[Term], known: dict[int, bool]) -> bool:
    """Does a term depend on one of these?  What is found is kept in `known`, by the numbers of terms."""
    stack = [term]
    while stack:
        node = stack[-1]
        waiting = [a for a in node.args if a.number not in known]
        if waiting:
            stack.extend(waiting)
            continue
        known[stack.pop().number] = node in inputs or any(known[a.number] for a in node.args)
    return known[term.number]


def relies_on(clash: Clash, inputs: Set[Term]) -> bool:
    """Does the shape of an operand that does not fit depend on one of these?"""
    known: dict[int, bool] = {}
    return any(depends(o, inputs, known) for o in clash.operands if isinstance(o, Term))


def terms_of(it: Interpreter, values: Iterable[Any]) -> tuple[Any, ...]:
    """Operands as a clash keeps them."""
    return tuple(_term_of(it, v) for v in values)


def _term_of(it: Interpreter, value: Any) -> Any:
    value = value.value if isinstance(value, Pending) else value
    if type(value) in (list, tuple):
        return terms_of(it, value)
    return value.term if isinstance(value, Array) else value
