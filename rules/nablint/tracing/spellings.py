"""Operations of a dialect: arguments are converted, the card's rule applied, the result wrapped."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import libcst as cst
import numpy as np

from nablint.calculus.terms import Term
from nablint.ops.indexing import read_at, write_at
from nablint.shapes import Misfit, Size
from nablint.tracing import refine
from nablint.tracing.dialects import Spelling
from nablint.tracing.dialects.context import NoInteger
from nablint.tracing.domains import clipped, definite, in_domain
from nablint.tracing.made_sizes import divided, too_large
from nablint.tracing.operators import plain
from nablint.tracing.singles import note_single
from nablint.tracing.subscripts import poison
from nablint.tracing.values import Array, Pending, PendingShape, RaiseSignal, Unknown

if TYPE_CHECKING:
    from nablint.tracing.interpreter import Interpreter


def row_of(it: Interpreter, node: cst.CSTNode | None) -> int:
    """The line of a node in its file; 0 where it has none."""
    if it.step is None or node is None:
        return 0
    tree = it.step.block.tree()
    span = tree.spans.get(id(node)) if tree else None
    return it.step.block.row + span[0].row - 1 if span else 0


def _convert(it: Interpreter, value: Any) -> Any:
    """An argument as a spelling expects it."""
    kind: type = value.__class__
    if kind is Array:
        return it.operand(value)
    if kind in _AS_THEY_ARE:
        return value
    value = plain(value)
    if type(value) is Array:
        return it.operand(value)
    if isinstance(value, Pending):
        value = refine.as_operand(it, value)
        return it.operand(value) if isinstance(value, Array) else value
    if isinstance(value, PendingShape):
        return refine.whole_shape(it, value)
    if isinstance(value, list):
        return [_convert(it, v) for v in value]
    if isinstance(value, tuple):
        return tuple([_convert(it, v) for v in value])
    return value


_AS_THEY_ARE = frozenset({int, float, bool, str, Size, Term, type(None)})


def apply_spelling(it: Interpreter, name: str, spelling: Spelling, args: list[Any], keywords: dict[str, Any],
                   node: cst.CSTNode | None, *, receiver: Array | None) -> Any:
    """Apply an operation in one of its spellings; the result is an array, a number or a tuple of them."""
    unknown = _find_unknown([*args, *keywords.values()])
    out = keywords.pop("out", None)
    dialect = receiver.dialect if receiver is not None else ("torch" if name.startswith("torch.") else "numpy")
    if unknown is not None:
        if spelling.inplace and args and isinstance(args[0], Array):
            poison(it, args[0], unknown)
        if _from_outside(it, name, args, unknown):
            return Pending(f"{name}()@{row_of(it, node)}", name.rpartition(".")[2])
        return it.unknown("", *args, *keywords.values(), unknown)
    if len(args) > 1 and isinstance(args[-1], Array) and len(args) == _inputs(name) + 1:
        out = args.pop()
    refine.arguments(it, name, args, keywords)
    if keywords.get("keepdims") or keywords.get("keepdim"):
        _kept_apart(it, args, keywords.get("axis", keywords.get("dim")))
    converted: list[Any] = []
    try:
        converted = [_convert(it, a) for a in args]
        named = {k: _convert(it, v) for k, v in keywords.items()}
        if (unknown := _find_unknown([*converted, *named.values()])) is not None:
            return unknown
        result = _answer(it, spelling, converted, named)
    except Misfit as misfit:
        too_large(it, [converted, misfit.below])
        if "positive definite" in misfit.message:
            definite(it, converted[0])
        if misfit.strict:
            refine.single_wanted(it, misfit.equations)
        result = it.clash(node, misfit.message, misfit.equations, [*args, *keywords.values()], rank=misfit.rank)
        if spelling.inplace and args and isinstance(args[0], Array):
            poison(it, args[0], result)
        return result
    except RaiseSignal:
        raise
    except (TypeError, ValueError, KeyError, AttributeError, IndexError, np.linalg.LinAlgError, ZeroDivisionError,
            NotImplementedError, AssertionError) as error:
        return it.unknown(f"{name}: {error}", *args)
    if spelling.inplace and args and isinstance(args[0], Array) and isinstance(result, Term):
        args[0].write(result)
        return args[0]
    if isinstance(out, Array) and isinstance(result, Term):
        out.write(result)
        return out
    return finish(it, name, spelling, result, args, converted, keywords, dialect)


def _from_outside(it: Interpreter, name: str, args: list[Any], unknown: Unknown) -> bool:
    """`torch.tensor(xs)` of a list that a loop over a file's lines filled: data, and like other data an input."""
    return (name.rpartition(".")[2] in ("array", "asarray", "tensor", "as_tensor") and isinstance(args[0], list)
            and not (unknown.tainted or unknown.misfit or it.graph.tainting or it.world.sure)
            and not _holds_array(args[0]))


def _holds_array(value: Any) -> bool:
    return isinstance(value, Array | Pending) or (isinstance(value, list | tuple) and any(map(_holds_array, value)))


def _answer(it: Interpreter, spelling: Spelling, converted: list[Any], named: dict[str, Any]) -> Any:
    """What the operation gives; quotients of sizes are integers where it takes nothing else, as Python 2 had them."""
    try:
        return spelling.call(*converted, **named)
    except NoInteger:
        whole = [divided(it, c) for c in converted], {k: divided(it, v) for k, v in named.items()}
    try:
        return spelling.call(*whole[0], **whole[1])
    except NoInteger:
        for value in (*converted, *named.values()):
            if isinstance(value, Term) and value.card is None and not value.ndim:  # `choice(n, batch)`
                refine.is_size(it, value)
        raise


@lru_cache(maxsize=4096)
def _inputs(name: str) -> int:
    """How many arrays one of numpy's entrywise functions takes; what stands behind them is where it writes to."""
    ufunc = getattr(np, name.removeprefix("numpy."), None) if name.startswith("numpy.") else None
    return ufunc.nin if isinstance(ufunc, np.ufunc) else -1


def _kept_apart(it: Interpreter, args: list[Any], axis: Any) -> None:
    """A reduction that keeps its axis does so because the other axes have more than one entry."""
    if (
        args
        and isinstance(args[0], Array)
        and isinstance(axis, int)
        and not args[0].term.tainted
        and not it.graph.tainting
    ):
        shape = args[0].term.shape
        note_single(it, any(size == 1 for k, size in enumerate(shape) if k != axis % max(len(shape), 1)))


def finish(it: Interpreter, name: str, spelling: Spelling, result: Any, args: list[Any], converted: list[Any],
           keywords: dict[str, Any], dialect: str) -> Any:
    """The result of a spelling as a value: views keep their base, buffers are marked."""
    if isinstance(result, Term):
        if name in _TO_TRUTH and result.card is not None and result.card.name == "not_equal":
            refine.booleans(it, result.args[0])  # `mask.to(torch.bool)`
        if result.ndim == 1 and name in _TURNING and it.graph.tainting and not result.tainted:
            it.world.turned[result] = None
        if spelling.unview is not None and args and isinstance(args[0], Array):
            rest = converted[1:]
            kept = {k: _convert(it, v) for k, v in keywords.items()}
            unview, again = spelling.unview, spelling.call
            return Array(result, dialect, base=args[0],
                         rebuild=lambda b: again(b, *rest, **kept),
                         unview=lambda b, new: unview(b, new, *rest, **kept))
        in_domain(it, result)
        clipped(it, result)
        array = Array(result, dialect)
        last = name.rsplit(".", 1)[-1]
        if last in BLANK and not it.graph.tainting and result.card is None and not result.label:
            array.fresh = True
        elif last in _SAME_VALUES and args and isinstance(args[0], Array) and result.card is None:
            array.fresh = args[0].fresh
        return array
    if name.rsplit(".", 1)[-1] in CUTTING and isinstance(result, tuple | list) and isinstance(args[0], Array):
        return type(result)([_piece(args[0], part, dialect) for part in result])
    return _wrap(result, dialect)


_TO_TRUTH = frozenset({"Tensor.to", "Tensor.bool", "Tensor.type", "ndarray.astype"})

_SAME_VALUES = frozenset({"astype", "copy", "to", "float", "double", "asarray", "array", "ascontiguousarray"})
"""What makes an array of another's values: zeros that are cast are zeros just made."""

_TURNING = frozenset({"ndarray.T", "Tensor.T", "Tensor.t", "ndarray.transpose", "numpy.transpose"})

CUTTING = frozenset({"split", "array_split", "tensor_split", "split_with_sizes", "chunk", "unbind", "unstack", "hsplit",
                     "vsplit", "dsplit"})


def _piece(whole: Array, part: Term, dialect: str) -> Array:
    """A piece of an array is a view of it: what is written into it is written into the whole."""
    if part is whole.term:
        return Array(part, dialect, base=whole, rebuild=lambda b: b, unview=lambda b, new: new)
    if part.card is None or part.card.name != "getitem" or len(part.args) != 1 or part.args[0] is not whole.term:
        return Array(part, dialect)
    at = part.params["index"]
    return Array(part, dialect, base=whole, rebuild=lambda b: read_at(b, index=at),
                 unview=lambda b, new: write_at(b, new, index=at))


BLANK = frozenset({"zeros", "ones", "ndarray", "zeros_like", "ones_like", "empty", "empty_like", "full", "new_zeros",
                   "array", "tensor", "Tensor", "FloatTensor", "DoubleTensor"})


def _wrap(value: Any, dialect: str) -> Any:
    if isinstance(value, Term):
        return Array(value, dialect)
    if isinstance(value, tuple):
        parts = [_wrap(v, dialect) for v in value]
        return getattr(type(value), "_make", tuple)(parts)  # a named tuple stays one: `x.max(1).values`
    if isinstance(value, list):
        return [_wrap(v, dialect) for v in value]
    if isinstance(value, np.integer):
        return int(value)
    if isinstance(value, np.floating):
        return float(value)
    return value


def _find_unknown(values: list[Any]) -> Unknown | None:
    for value in values:
        kind: type = value.__class__
        if kind is Array or kind in _AS_THEY_ARE:
            continue
        if isinstance(value, Unknown):
            return value
        if isinstance(value, list | tuple) and (found := _find_unknown(list(value))) is not None:
            return found
    return None


def kind_of(value: Any) -> type:
    """The plain container or text that a value is made from; else its own type."""
    return next((kind for kind in (dict, list, str) if isinstance(value, kind)), type(value))
