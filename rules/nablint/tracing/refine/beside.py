"""Operands: an input beside a known array, in elementwise operations and in products."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nablint.shapes import Shape, Size
from nablint.tracing import hints, sure
from nablint.tracing.documented import evidence_rank
from nablint.tracing.refine.kinds import (
    UNBOUND,
    as_list,
    as_operand,
    as_size,
    default_rank,
    free_shape,
    make_array,
    scalar,
)
from nablint.tracing.values import Array, Pending, Unknown, is_tainted

if TYPE_CHECKING:
    from nablint.calculus.terms import Term
    from nablint.tracing.interpreter import Interpreter


def operands(it: Interpreter, name: str, a: Any, b: Any) -> tuple[Any, Any]:
    """Two operands of an operator of which at least one is pending."""
    if it.world.sure:
        return sure.operands(it, a, b)
    if name == "MatrixMultiply":
        left, right = product_operands(it, [a, b], batched=True)
        return left, right
    a, b = _settled(it, a), _settled(it, b)
    if isinstance(a, Pending) and isinstance(b, Pending):
        share = name == "Divide" and _order(a) == 2 and hints.is_count(hints.base(b.hint))  # `lmbda / n`
        first, second = (b, a) if _order(a) > _order(b) and not share else (a, b)
        if (
            hints.is_size(hints.base(first.hint))
            and hints.is_size(hints.base(second.hint))
            and name in ("FloorDivide", "Modulo")
        ):
            as_size(it, first)
        else:
            as_operand(it, first)
        a, b = _settled(it, a), _settled(it, b)
    if isinstance(a, Pending):
        a = _beside(it, name, a, b, left=True)
    if isinstance(b, Pending):
        b = _beside(it, name, b, a, left=False)
    return a, b


def _settled(it: Interpreter, value: Any) -> Any:
    if isinstance(value, Pending) and value.value is None and it.world.decided(f"{value.path}:size") == 1:
        return as_size(it, value)
    return value.value if isinstance(value, Pending) and value.value is not None else value


def _order(p: Pending) -> int:
    """Numbers and biases are settled after the arrays that they stand beside."""
    name = hints.base(p.hint)
    return 2 if hints.is_scalar(name) else 1 if hints.is_row(name) else 0


def _beside(it: Interpreter, op: str, p: Pending, other: Any, *, left: bool) -> Any:
    """An input beside an operand of known nature."""
    name = hints.base(p.hint)
    if isinstance(other, Unknown):
        return other
    if isinstance(other, list | tuple) and not isinstance(p.value, Array):
        return as_list(it, p, len(other)) if op == "Add" else as_operand(it, p)
    if not isinstance(other, Array):
        if (
            op in ("FloorDivide", "Modulo")
            or isinstance(other, Size)
            or (isinstance(other, int) and len(name) > 1 and hints.is_length(name))
            or (hints.is_hyper(name) and isinstance(other, int))
        ):
            return as_size(it, p)
        if op == "Compare" and isinstance(other, int) and (hints.is_counter(name) or hints.is_turns(name)):
            return as_size(it, p)
        if hints.is_scalar(name) and len(name) > 1:
            return scalar(it, p)
        return as_operand(it, p)  # `p` may be a share, or the probabilities
    shape = other.term.shape
    if not shape:
        if hints.is_size(name) and not hints.is_target(name) and name.islower() and op == "Divide":
            return as_size(it, p)
        number = evidence_rank(it, p) in (None, 0) and "matrix" not in name
        return scalar(it, p) if number else as_operand(it, p)
    rank = evidence_rank(it, p)
    if rank is not None:
        return scalar(it, p) if rank == 0 else make_array(it, p, _aligned(it, p, rank, shape))
    if op == "Divide" and not left and hints.is_size(name) and not hints.is_target(name):
        return as_size(it, p)
    forms = _forms(op, name, other)
    if it.graph.tainting or is_tainted(other):
        forms = [f for f in forms if f in ("same", "scalar")]
    form = it.world.choose(f"{p.path}:form", forms,
                           shapes=[() if f == "scalar" else _form_shape(f, shape) for f in forms])
    if form == "scalar":
        return scalar(it, p)
    front = (it.world.dimension(f"{p.path}.0"),) if form == "rows" else ()
    return make_array(it, p, (*front, *_form_shape(form, shape)))


def _aligned(it: Interpreter, p: Pending, rank: int, shape: Shape) -> Shape:
    """A shape of a known rank beside another: the last axes agree where there are as many."""
    free = free_shape(it, p, rank)
    return tuple(shape[len(shape) - rank + i] if len(shape) >= rank else free[i] for i in range(rank))


def _form_shape(form: str, shape: Shape) -> Shape:
    one = Size(1)
    if form == "row":
        return shape[-1:]
    if form == "wide":
        return (*[one] * (len(shape) - 1), shape[-1])
    if form == "column":
        return (shape[0], *[one] * (len(shape) - 1))
    if form == "channel":
        return (one, shape[1], *[one] * (len(shape) - 2))
    if form == "tail":
        return shape[1:]
    return shape


def _forms(op: str, name: str, other: Array) -> list[str]:
    """The ways in which an input may broadcast against an array, likeliest first."""
    many = len(other.term.shape) > 1
    sums = ["row", "wide", "column"] if many else ["same"]
    if len(other.term.shape) > 2:
        sums.append("channel")
    features = Size(1)
    if len(other.term.shape) == 2 and (rows := _samples_are(other.term)):
        features = other.term.shape[-1 if rows == "rows" else 0]
        # What is added to a layer's product has an entry for each feature; one for each sample it cannot have.
        sums = ["row", "wide"] if rows == "rows" else ["column"]
    if len(other.term.shape) == 2 and other.term.shape[1] == 1:
        sums = ["same", "column"]
    if hints.is_scalar(name):
        order = ["scalar", "same", *sums]
    elif hints.is_target(name) or op == "Compare":
        order = ["same", *sums, "scalar"]
    elif name == "b" and other.term.card is None and hints.base(other.term.label) == "a":
        order = ["same", *sums, "scalar"]  # two operands, not a bias
    elif (op in ("Add", "Subtract") and name[:1].lower() == "b") or hints.is_row(name):
        order = [*sums, "same", "scalar"]
    else:
        order = ["same", *sums, "scalar"]
    if many and order[0] != "same" and not hints.is_scalar(name):
        if features != 1 and name[:1].lower() == "b":
            order.remove("scalar")  # nor does a layer of many features share one number as its bias
        order.remove("same")  # a bias or a scale per feature broadcasts; with the whole shape it would be neither
    if not many and _made(other.term) and order[:1] == ["same"] and not hints.is_weight(name):
        order.insert(1, "rows")  # what a layer has one entry a feature of it takes many rows of
    if op == "Add" and name.lower() in ("beta", "bias") and "scalar" in order:
        order.remove("scalar")  # a shift that is learnt has an entry for each feature
    return list(dict.fromkeys(order))


def _made(term: Term) -> bool:
    """An array that is no result of the layers before: an input, a drawn one, numbers spread out (`np.full(n, scale)`)
    or written into it, or what is computed from such parameters alone (`np.exp(self.log_scale)`).
    """
    if term.card is None or (term.card.name == "broadcast_to" and not term.args[0].shape):
        return True
    if term.card.name == "setitem":
        return _made(term.args[0]) and all(not a.ndim and a.card is None for a in term.args[1:])
    return len(term.args) == 1 and term.args[0].card is None and hints.names_parameter(term.args[0].label)


def _samples_are(term: Term) -> str:
    """Whether samples are the rows (`x @ W`) or the columns (`W @ x`) of a product; empty where nothing tells."""
    if term.card is None or term.card.name not in ("matmul", "dot"):
        return ""
    left, right = (_is_weight(t) for t in term.args)
    return "" if left == right else "columns" if left else "rows"


def _is_weight(term: Term) -> bool:
    """A parameter, transposed or not: an input or drawn array named like one."""
    while term.card is not None and term.card.name == "transpose":
        term = term.args[0]
    return term.card is None and hints.base(term.label).lower().startswith(
        ("w", "theta", "blank", "rand", "normal", "uniform", "kernel")
    )


def product_operands(it: Interpreter, args: list[Any], *, batched: bool = False) -> list[Any]:
    """The operands of a matrix product: pending ones are matrices that fit, else vectors.

    batched: axes before the last two are samples (`matmul`, not `dot`).
    """
    if len(args) < 2:
        return args
    a, b = _settled(it, args[0]), _settled(it, args[1])
    if it.world.sure:
        return [*sure.operands(it, a, b), *args[2:]]
    if isinstance(a, Pending) and isinstance(b, Pending):
        as_operand(it, a, at_least=0)
        a = _settled(it, a)
    if isinstance(a, Pending) and isinstance(b, Array):
        a = _factor(it, a, b, left=True, batched=batched)
    if isinstance(b, Pending) and isinstance(a, Array):
        b = _factor(it, b, a, left=False, batched=batched)
    return [a, b, *args[2:]]


def _factor(it: Interpreter, p: Pending, other: Array, *, left: bool, batched: bool = False) -> Any:
    if it.graph.tainting or is_tainted(other):
        return it.unknown(f"{p.path} is met in backward code first")
    if p.space == UNBOUND:
        return it.unknown(f"what is passed for {p.hint} is not known")
    shape = other.term.shape
    rank = evidence_rank(it, p)
    if not shape:
        return as_operand(it, p)
    stacked = len(shape) > 2 and batched and (left or not hints.is_weight(hints.base(p.hint)))
    chosen = (
        rank if rank is not None else default_rank(it, p, 0, first=len(shape)) if stacked else default_rank(it, p, 0)
    )
    if chosen == 0:
        return scalar(it, p)
    free, sizes = list(free_shape(it, p, chosen)), list(shape)
    if stacked and chosen == len(sizes):
        free[:-2] = [own if size == 1 else size for own, size in zip(free[:-2], sizes[:-2], strict=True)]
    if left and chosen != "column":
        free[-1] = sizes[-2:][0]
    elif not left and chosen != "row":
        free[-2 if len(free) > 1 else 0] = sizes[-1]
    return make_array(it, p, tuple(free))
