"""Arguments of library functions: what they must be for the call to make sense."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from nablint.shapes import Polynomial
from nablint.tracing import hints, roles, sure
from nablint.tracing.documented import evidence_rank
from nablint.tracing.domains import probable
from nablint.tracing.made_sizes import size_in
from nablint.tracing.refine.beside import operands
from nablint.tracing.refine.keys import flag_of
from nablint.tracing.refine.kinds import as_axis, as_list, as_operand, as_size, scalar
from nablint.tracing.refine.patterns import named_axes
from nablint.tracing.refine.shapes import items_wanted, whole_shape
from nablint.tracing.values import Array, Pending, PendingShape, Restart

if TYPE_CHECKING:
    from nablint.calculus.terms import Term
    from nablint.tracing.interpreter import Interpreter


_MAKERS = frozenset({
    "zeros", "ones", "empty", "ndarray", "full", "randn", "rand", "random", "random_sample", "standard_normal", "eye",
    "identity", "arange", "linspace", "FloatTensor", "DoubleTensor", "new_zeros", "new_ones", "new_empty", "reshape",
    "view", "broadcast_to", "expand", "tile", "repeat", "resize"})

_JOINERS = frozenset({
    "concatenate", "concat", "stack", "hstack", "vstack", "dstack", "column_stack", "row_stack", "cat", "array",
    "asarray", "tensor", "block", "meshgrid", "multi_dot", "einsum", "ix_", "block_diag"})

_FACTORS = frozenset({"alpha", "beta"})
"""Keywords of torch's sums and products that are numbers: `torch.addmm(c, a, b, alpha=s)`."""

_DRAWS = frozenset({"normal", "uniform", "randint", "choice", "binomial", "truncnorm", "permutation"})


_OPEN = (Pending, PendingShape, list, tuple)
"""What may hold something that is not settled yet."""

_LIMITED = frozenset({"clip", "clamp", "clip_", "clamp_", "chunk", "tensor"})


@lru_cache(maxsize=4096)
def _asks_nothing(name: str) -> bool:
    """Is it an operation that says nothing of arguments which are arrays and numbers already?"""
    last = name.rsplit(".", 1)[-1]
    return not (last in _MAKERS or last in _DRAWS or last in _LIMITED or roles.tells(name))


def _settled(values: Iterable[Any]) -> bool:
    for value in values:  # noqa: SIM110 - this is asked of every operation, and a generator takes three times as long
        if isinstance(value, _OPEN):
            return False
    return True


def arguments(it: Interpreter, name: str, args: list[Any], keywords: dict[str, Any]) -> None:
    """Pending arguments of an operation: sizes for the makers of arrays, operands elsewhere."""
    if it.world.sure:
        sure.reduced(it, name, args, keywords)
        _idle(name, args, keywords)
    if _asks_nothing(name) and _settled(args) and (not keywords or _settled(keywords.values())):
        return
    named_axes(it, name, args)
    roles.settle(it, name, args)
    last = name.rsplit(".", 1)[-1]
    if name.startswith("einops."):
        for key, value in keywords.items():
            keywords[key] = _sizes(it, value)
    if last in _MAKERS:
        method = name.startswith(("ndarray.", "Tensor."))
        first = 1 if method or last in ("reshape", "broadcast_to", "tile", "repeat", "resize") else 0
        end = first + 1 if last in ("full", "new_full") else len(args)  # what it is filled with is no size
        for i in range(first, min(end, len(args))):
            args[i] = _sizes(it, args[i], alone=len(args) == first + 1)
        for key in ("shape", "size", "N", "M"):
            if key in keywords:
                keywords[key] = _sizes(it, keywords[key])
    elif last in _DRAWS:
        for i, value in enumerate(args):
            args[i] = (
                _sizes(it, value) if isinstance(value, tuple | list) or last in ("permutation", "randint") else value
            )
        if "size" in keywords:
            keywords["size"] = _sizes(it, keywords["size"])
    if name.startswith(("torch.", "Tensor.")):
        for key in _FACTORS & keywords.keys():
            keywords[key] = _factor(it, keywords[key])
    if last == "tensor" and args and isinstance(args[0], list):
        args[0] = [_number(it, value) for value in args[0]]
    # sizes stand in nested tuples (`np.pad(x, ((0, 0), (pad, pad)))`), arrays in those of joiners
    if last not in _JOINERS:
        for i, value in enumerate(args):
            if isinstance(value, list | tuple) and any(isinstance(v, list | tuple | Pending) for v in value):
                args[i] = _sizes(it, value)
    if "pad_width" in keywords:
        keywords["pad_width"] = _sizes(it, keywords["pad_width"])
    if last.endswith("_like") and args and isinstance(args[0], Pending) and it.met is None and not it.world.sure:
        args[0] = _copied_in_shape(it, args[0])
    if last in ("clip", "clamp", "clip_", "clamp_") and args:
        _bounds(it, args, keywords)
        _within(it, args[0], args[1:3])
    if last in ("split", "chunk") and len(args) > 1 and isinstance(args[1], Pending):
        args[1] = _sizes(it, args[1])
    if last == "chunk":
        _even(it, args, keywords)
    for key in ("axis", "dim"):
        if isinstance(keywords.get(key), Pending):
            keywords[key] = as_axis(it, keywords[key])
    for key in ("keepdims", "keepdim", "ddof", "dtype"):
        if isinstance(keywords.get(key), Pending):
            keywords[key] = flag_of(it, keywords[key]) if key.startswith("keepdim") else keywords[key].default
    together = [i for i, a in enumerate(args) if isinstance(a, Pending)]
    if (
        last
        in ("multiply", "add", "subtract", "divide", "maximum", "minimum", "power", "true_divide", "mul", "sub", "div")
        and len(args) > 1
        and together
    ):
        word = {"multiply": "Multiply", "mul": "Multiply", "divide": "Divide", "div": "Divide", "true_divide": "Divide",
                "subtract": "Subtract", "sub": "Subtract"}
        args[0], args[1] = operands(it, word.get(last, "Add"), args[0], args[1])


def sizes_in_a_row(it: Interpreter, name: str, args: list[Any]) -> list[Any] | None:
    """`np.hstack((n_in, hidden, n_out))`: the sizes of layers, where a size stands beside lists of them; else None."""
    if not args or not isinstance(args[0], list | tuple) or it.world.sure:
        return None
    if not name.startswith("numpy.") or name.rpartition(".")[2] not in _ROWS:
        return None
    parts = args[0]
    if not any(_stands_for_size(v) for part in parts for v in (part if isinstance(part, list | tuple) else (part,))):
        return None
    row: list[Any] = []
    for part in parts:
        items = as_list(it, part) if isinstance(part, Pending) and not _stands_for_size(part) else part
        for item in items if isinstance(items, list | tuple) else (items,):
            if not isinstance(item, int | Pending) or (isinstance(item, Pending) and evidence_rank(it, item)):
                return None
            row.append(as_size(it, item) if isinstance(item, Pending) else item)
    return row


_ROWS = frozenset({"hstack", "concatenate"})


def _stands_for_size(value: Any) -> bool:
    if isinstance(value, Pending):
        return value.value is None and hints.is_count(hints.base(value.hint))
    return isinstance(value, int) and not isinstance(value, bool)


def _number(it: Interpreter, value: Any) -> Any:
    """`torch.tensor([heads, scale])`: what goes by the name of a size or a strength, and is kept in a tensor."""
    if not isinstance(value, Pending) or value.value is not None or it.world.sure or evidence_rank(it, value):
        return value
    name = hints.base(value.hint)
    sized = hints.is_hyper(name) or (hints.is_size(name) and len(name) > 1)
    return as_size(it, value) if sized else scalar(it, value) if hints.is_scalar(name) else value


def _factor(it: Interpreter, value: Any) -> Any:
    free = isinstance(value, Pending) and value.value is None and not it.world.sure and not evidence_rank(it, value)
    return scalar(it, value) if free else value


def _idle(name: str, args: list[Any], keywords: dict[str, Any]) -> None:
    """Arguments on which no shape depends: how much is dropped, and whether."""
    if isinstance(keywords.get("training"), Pending):
        keywords["training"] = True
    if "dropout" in name:
        args[1:2] = [0.5] if len(args) > 1 and isinstance(args[1], Pending) else args[1:2]
        if isinstance(keywords.get("p"), Pending):
            keywords["p"] = 0.5


def _even(it: Interpreter, args: list[Any], keywords: dict[str, Any]) -> None:
    """What is cut into chunks is a multiple of their number long: gates that are kept side by side."""
    array, parts, axis = (*args, keywords.get("dim", 0), 0)[:3] if len(args) > 1 else (None, 0, 0)
    if not isinstance(array, Array) or array.term.tainted or it.graph.tainting or not (
            isinstance(parts, int) and isinstance(axis, int) and -array.term.ndim <= axis < array.term.ndim):
        return
    size = array.term.shape[axis]
    if parts > 1 and size % parts and size.expr.name is not None:
        piece = Polynomial.symbol(f"({size.expr})/({parts})")
        raise Restart(f"{size} is cut into {parts} chunks", ((size.expr.name, Polynomial.constant(parts) * piece),))


def _copied_in_shape(it: Interpreter, p: Pending) -> Any:
    """`grad = np.zeros_like(theta)` before the forward code reads theta: a claim, but theta is no input of backward."""
    tainting, it.graph.tainting = it.graph.tainting, False
    try:
        return as_operand(it, p)
    finally:
        it.graph.tainting = tainting


def _bounds(it: Interpreter, args: list[Any], keywords: dict[str, Any]) -> None:
    """What an array is clipped to is a number, where nothing else is known of it."""
    for value in (*args[1:3], *(keywords.get(k) for k in ("min", "max", "a_min", "a_max"))):
        if isinstance(value, Pending) and value.value is None and evidence_rank(it, value) is None:
            scalar(it, value)


def _within(it: Interpreter, value: Any, bounds: list[Any]) -> None:
    """A forward input that is clipped to between 0 and 1 is a probability."""
    if len(bounds) != 2 or not all(isinstance(b, int | float) and 0 <= b <= 1 for b in bounds):
        return
    if isinstance(value, Pending) and value.value is None:
        value = as_operand(it, value)
    if isinstance(value, Array):
        probable(it, value.term)


def _sizes(it: Interpreter, value: Any, *, alone: bool = True) -> Any:
    if isinstance(value, Pending):
        if it.world.sure and alone and not sure.is_size(value):
            return it.unknown(f"whether {value.hint} is a size or a shape")
        if (value.value is None and alone and hints.is_list(hints.base(value.hint)) and not value.path.endswith("]")
                and it.world.choose(f"{value.path}:a shape", (True, False), 0.4)):  # `np.ones(outputs)` may be a row
            value = as_list(it, value, 2)
        else:
            return as_size(it, value)
    if isinstance(value, PendingShape):
        return whole_shape(it, value)
    if isinstance(value, list | tuple):
        sizes = [_sizes(it, v, alone=False) for v in value]
        return tuple(sizes) if type(value) is tuple else sizes
    if isinstance(value, Array) and value.term.card is not None and value.term.card.name == "getitem":
        items_wanted(it, value)  # an entry that is a size was one of a list
    if isinstance(value, Array) and value.term.ndim == 0:
        return size_in(it, value.term)
    if isinstance(value, Array):
        is_size(it, value.term)
    return value


def is_size(it: Interpreter, term: Term) -> None:
    """An input that was read as an array and is used as a size: start again with that."""
    if it.world.sure:
        return
    leaves = [t for t in _few_leaves(term) if t.label and not t.label.startswith("size:")]
    labels = [t.label for t in leaves if not t.tainted and it.world.leaves.get(t.label) is t
              and it.world.decided(f"{t.label}:size") is None]
    if leaves and len(labels) == len(leaves):
        raise Restart(f"{labels[0]} is used as a size", decisions=tuple((f"{label}:size", 1) for label in labels))


def _few_leaves(term: Term) -> list[Term]:
    """The inputs of a small piece of arithmetic."""
    stack, out, seen = [term], [], 0
    while stack and seen < 12:
        node, seen = stack.pop(), seen + 1
        stack.extend(node.args)
        if node.card is None:
            out.append(node)
    return [] if stack else out
