"""Spellings of layout: axes permuted, reshaped, added and taken away, and how many entries there are.

Where numpy and torch share a word but not its meaning (`transpose`, `repeat`, `flatten`), their methods are spelled
apart.  A view says by `unview` what its base holds after the view was overwritten.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nablint.calculus.terms import Term
from nablint.ops.card import op
from nablint.ops.layout import axes_in, axis_in, resolve_shape
from nablint.shapes import Misfit, Shape, Size, broadcast, dim, size_product
from nablint.tracing.dialects import spelled
from nablint.tracing.dialects.context import as_axes, as_int, as_shape, as_term, spread_args


def permuted(x: Term, axes: tuple[int, ...]) -> Term:
    """The axes in another order; the plain reversal is a transpose without parameters."""
    if len(axes) != x.ndim:
        raise Misfit(f"{len(axes)} axes are named for an array that has {x.ndim}")
    order = axes_in(axes, x.ndim)
    if order == tuple(range(x.ndim)):
        return x
    return op.transpose(x, axes=None if order == tuple(reversed(range(x.ndim))) else order)


def reshaped(x: Term, shape: Any) -> Term:
    """Another shape with the entries in the same order; -1 is worked out; nothing for the same shape."""
    sizes = tuple(dim(as_int(s)) for s in (shape if isinstance(shape, list | tuple) else (shape,)))
    target = resolve_shape(sizes, x.shape)
    if tuple(map(str, target)) == tuple(map(str, x.shape)):
        return x
    return op.reshape(x, shape=target)


def _back(base: Term, new: Term, *args: Any, **kwargs: Any) -> Term:
    """The base of a reshaped view."""
    return reshaped(new, base.shape)


def _same(base: Term, new: Term, *args: Any, **kwargs: Any) -> Term:
    return new


def _viewed(order: Callable[..., tuple[int, ...]]) -> dict[str, Any]:
    """The spelling and unview of a permutation, from its order of axes."""

    def unview(base: Term, new: Term, *args: Any, **kwargs: Any) -> Term:
        axes = axes_in(order(base, *args, **kwargs), base.ndim)
        return permuted(new, tuple(sorted(range(base.ndim), key=axes.__getitem__)))

    return {"unview": unview}


def _reversal(x: Term) -> tuple[int, ...]:
    return tuple(reversed(range(x.ndim)))


@spelled("ndarray.T", "Tensor.T", "Tensor.H", attribute=True, **_viewed(_reversal))
def transposed_attribute(x: Term) -> Term:
    """All axes reversed."""
    return permuted(x, _reversal(x))


def _last_two(x: Term) -> tuple[int, ...]:
    if x.ndim < 2:
        raise Misfit("the transpose of the last two axes needs two axes")
    return (*range(x.ndim - 2), x.ndim - 1, x.ndim - 2)


@spelled("ndarray.mT", "Tensor.mT", "Tensor.mH", attribute=True, **_viewed(_last_two))
def matrix_transposed_attribute(x: Term) -> Term:
    """The last two axes swapped."""
    return permuted(x, _last_two(x))


@spelled("torch.t", "Tensor.t", "torch.adjoint", "Tensor.adjoint", "numpy.matrix_transpose", "numpy.linalg.matrix_transpose",
         unview=lambda base, new, *_: permuted(new, _last_two(new)) if base.ndim > 1 else new)
def matrix_transposed(x: Any) -> Term:
    """The last two axes swapped; a vector stays as it is."""
    x = as_term(x)
    return permuted(x, _last_two(x)) if x.ndim > 1 else x


def _order_of(x: Term, *axes: Any) -> tuple[int, ...]:
    named = axes[0] if len(axes) == 1 and (axes[0] is None or isinstance(axes[0], list | tuple)) else axes
    return tuple(int(as_int(a)) for a in named) if named else _reversal(x)


@spelled("ndarray.transpose", **_viewed(_order_of))
def ndarray_transpose(x: Term, *axes: Any) -> Term:
    """numpy's transpose: an order of all axes, or their reversal."""
    return permuted(x, _order_of(x, *axes))


@spelled("numpy.transpose", unview=lambda base, new, axes=None: _viewed(_order_of)["unview"](base, new, axes))
def np_transpose(a: Any, axes: Any = None) -> Term:
    """numpy's transpose: an order of all axes, or their reversal."""
    return ndarray_transpose(as_term(a), axes)


@spelled("numpy.permute_dims", "torch.permute", unview=lambda base, new, *dims: _viewed(_order_of)["unview"](base, new, *dims))
def permute_function(a: Any, dims: Any = None, **_: Any) -> Term:
    """The axes in a given order."""
    return ndarray_transpose(as_term(a), _.get("axes", dims))


@spelled("Tensor.permute", **_viewed(_order_of))
def tensor_permute(x: Term, *dims: Any, **_: Any) -> Term:
    """The axes in a given order."""
    return permuted(x, _order_of(x, *(dims or (_["dims"],))))


def _swapped(x: Term, axis1: Any, axis2: Any, **_: Any) -> tuple[int, ...]:
    a, b = axis_in(as_int(axis1), x.ndim), axis_in(as_int(axis2), x.ndim)
    order = list(range(x.ndim))
    order[a], order[b] = b, a
    return tuple(order)


@spelled("numpy.swapaxes", "ndarray.swapaxes", "torch.swapaxes", "torch.swapdims", "Tensor.swapaxes", "Tensor.swapdims",
         **_viewed(_swapped))
def swapaxes(a: Any, axis1: Any, axis2: Any) -> Term:
    """Two axes swapped."""
    a = as_term(a)
    return permuted(a, _swapped(a, axis1, axis2))


@spelled("torch.transpose", "Tensor.transpose",
         unview=lambda base, new, dim0, dim1: permuted(new, _swapped(new, dim0, dim1)))
def tensor_transpose(input: Any, dim0: Any, dim1: Any) -> Term:  # noqa: A002 - torch's name
    """torch's transpose: two axes swapped."""
    input = as_term(input)  # noqa: A001
    return permuted(input, _swapped(input, dim0, dim1))


def _moved(x: Term, source: Any, destination: Any) -> tuple[int, ...]:
    sources, targets = axes_in(as_axes(source), x.ndim), axes_in(as_axes(destination), x.ndim)
    if len(sources) != len(targets):
        raise Misfit("as many axes must be moved as there are places for them")
    order = [a for a in range(x.ndim) if a not in sources]
    for target, moved in sorted(zip(targets, sources, strict=True)):
        order.insert(target, moved)
    return tuple(order)


@spelled("numpy.moveaxis", "torch.moveaxis", "torch.movedim", "Tensor.moveaxis", "Tensor.movedim", **_viewed(_moved))
def moveaxis(a: Any, source: Any, destination: Any) -> Term:
    """Axes moved to other places, the others in their order."""
    a = as_term(a)
    return permuted(a, _moved(a, source, destination))


def _rolled(x: Term, axis: Any, start: Any = 0) -> tuple[int, ...]:
    at, start = axis_in(as_int(axis), x.ndim), as_int(start)
    start = start + x.ndim if start < 0 else start
    order = [a for a in range(x.ndim) if a != at]
    order.insert(start - (at < start), at)
    return tuple(order)


@spelled("numpy.rollaxis", **_viewed(_rolled))
def rollaxis(a: Any, axis: Any, start: Any = 0) -> Term:
    """An axis rolled back to a place."""
    a = as_term(a)
    return permuted(a, _rolled(a, axis, start))


def _ordered(x: Term, shape: Any, order: Any) -> Term:
    """A reshape in C or Fortran order."""
    if order not in ("F", "f") or x.ndim < 2 and isinstance(shape, int):
        return reshaped(x, shape)
    target = resolve_shape(tuple(dim(as_int(s)) for s in (shape if isinstance(shape, list | tuple) else (shape,))), x.shape)
    return permuted(r := reshaped(permuted(x, _reversal(x)), target[::-1]), _reversal(r))


@spelled("ndarray.reshape", "Tensor.reshape", unview=_back)
def reshape_method(x: Term, *shape: Any, order: Any = "C", **_: Any) -> Term:
    """Another shape for the same entries."""
    return _ordered(x, _.get("shape", spread_args(shape)), order)


@spelled("numpy.reshape", "torch.reshape", unview=_back)
def reshape_function(a: Any, shape: Any = None, order: Any = "C", **_: Any) -> Term:
    """Another shape for the same entries."""
    return _ordered(as_term(a), _.get("newshape", shape), order)


@spelled("Tensor.view", unview=_back)
def view(x: Term, *shape: Any) -> Term:
    """Another shape for the same entries; another type leaves the values alone."""
    sizes = spread_args(shape)
    if not all(isinstance(s, int | Term) for s in sizes):
        return x
    return reshaped(x, sizes)


@spelled("ndarray.view", unview=_same)
def ndarray_view(x: Term, *args: Any, **_: Any) -> Term:
    """The same array as another type or class."""
    return x


@spelled("Tensor.view_as", "Tensor.reshape_as", unview=_back)
def view_as(x: Term, other: Term) -> Term:
    """The shape of another tensor."""
    return reshaped(x, other.shape)


@spelled("numpy.ravel", "ndarray.ravel", "torch.ravel", "Tensor.ravel", unview=_back)
def ravel(a: Any, order: Any = "C") -> Term:
    """All entries along one axis."""
    a = as_term(a)
    return _ordered(a, size_product(a.shape), order) if order in ("F", "f") and a.ndim > 1 else reshaped(a, size_product(a.shape))


@spelled("ndarray.flatten")
def ndarray_flatten(x: Term, order: Any = "C") -> Term:
    """All entries along one axis, as a copy."""
    return ravel(x, order)


@spelled("torch.flatten", "Tensor.flatten", unview=_back)
def tensor_flatten(input: Any, start_dim: Any = 0, end_dim: Any = -1) -> Term:  # noqa: A002 - torch's name
    """Some neighbouring axes made one."""
    x = as_term(input)
    if not x.ndim:
        return reshaped(x, 1)
    first, last = axis_in(as_int(start_dim), x.ndim), axis_in(as_int(end_dim), x.ndim)
    return reshaped(x, (*x.shape[:first], size_product(x.shape[first:last + 1]), *x.shape[last + 1:]))


@spelled("torch.unflatten", "Tensor.unflatten", unview=_back)
def unflatten(input: Any, dim: Any, sizes: Any) -> Term:  # noqa: A002 - torch's name
    """One axis made several."""
    x = as_term(input)
    at = axis_in(as_int(dim), x.ndim)
    return reshaped(x, (*x.shape[:at], *resolve_shape(tuple(map(as_int, sizes)), x.shape[at:at + 1]), *x.shape[at + 1:]))


@spelled("numpy.squeeze", "ndarray.squeeze", unview=_back)
def np_squeeze(a: Any, axis: Any = None) -> Term:
    """Axes of size 1 taken away."""
    a = as_term(a)
    if axis is None and 1 not in a.shape:
        return a
    return op.squeeze(a, axis=as_axes(axis))


@spelled("torch.squeeze", "Tensor.squeeze", unview=_back)
def torch_squeeze(input: Any, dim: Any = None) -> Term:  # noqa: A002 - torch's name
    """Axes of size 1 taken away; torch leaves a named axis of another size alone."""
    x = as_term(input)
    if dim is None:
        return np_squeeze(x)
    axes = tuple(a for a in axes_in(as_axes(dim), x.ndim) if x.shape[a] == 1)
    return op.squeeze(x, axis=axes[0] if len(axes) == 1 else axes) if axes else x


@spelled("torch.unsqueeze", "Tensor.unsqueeze", unview=_back)
def unsqueeze(input: Any, dim: Any) -> Term:  # noqa: A002 - torch's name
    """An axis of size 1 added."""
    return np_expand_dims(input, dim)


@spelled("numpy.expand_dims", unview=_back)
def np_expand_dims(a: Any, axis: Any) -> Term:
    """Axes of size 1 added."""
    return op.expand_dims(as_term(a), axis=as_axes(axis))


def lifted(x: Term, rank: int) -> Term:
    """At least so many axes: new ones before, the third behind."""
    while x.ndim < rank:
        x = op.expand_dims(x, axis=x.ndim if x.ndim == 2 else 0)
    return x


def _at_least(rank: int) -> Callable[..., Any]:
    def made(*arrays: Any) -> Any:
        out = [lifted(as_term(a), rank) for a in arrays]
        return out[0] if len(out) == 1 else out

    return made


def _at_least_in_torch(rank: int) -> Callable[..., Any]:
    def made(*tensors: Any) -> Any:
        if len(tensors) == 1 and not isinstance(tensors[0], list | tuple):
            return lifted(as_term(tensors[0]), rank)
        return tuple(lifted(as_term(t), rank) for t in spread_args(tensors))

    return made


for _rank in (1, 2, 3):
    spelled(f"numpy.atleast_{_rank}d", unview=_back)(_at_least(_rank))
    spelled(f"torch.atleast_{_rank}d", unview=_back)(_at_least_in_torch(_rank))


def stretched(x: Term, shape: Shape) -> Term:
    """Broadcast to a shape; nothing for the same shape."""
    return x if x.sample.shape == shape else op.broadcast_to(x, shape=shape)


@spelled("numpy.broadcast_to", "torch.broadcast_to", "Tensor.broadcast_to")
def broadcast_to(array: Any, shape: Any, *args: Any, **_: Any) -> Term:
    """Stretched to a shape."""
    return expand(as_term(array), shape)


@spelled("Tensor.expand")
def expand(x: Term, *sizes: Any) -> Term:
    """Stretched to a shape; -1 keeps a size."""
    target = [dim(as_int(s)) for s in spread_args(sizes if len(sizes) != 1 or isinstance(sizes[0], tuple | list) else (sizes,))]
    lead = len(target) - x.ndim
    if lead < 0:
        raise Misfit(f"{x.ndim} axes cannot be stretched to {len(target)}")
    return stretched(x, tuple(x.shape[a - lead] if s == -1 and a >= lead else s for a, s in enumerate(target)))


@spelled("Tensor.expand_as")
def expand_as(x: Term, other: Term) -> Term:
    """Stretched to the shape of another tensor."""
    return stretched(x, tuple(other.shape))


@spelled("numpy.broadcast_arrays", "torch.broadcast_tensors")
def broadcast_arrays(*args: Any, **_: Any) -> list[Term]:
    """All stretched to their common shape."""
    terms = [as_term(a) for a in args]
    shape = broadcast(*(t.shape for t in terms))
    return [stretched(t, shape) for t in terms]


@spelled("numpy.broadcast_shapes", "torch.broadcast_shapes")
def broadcast_shapes(*args: Any) -> tuple[Size, ...]:
    """The common shape."""
    return broadcast(*map(as_shape, args))


@spelled("ndarray.shape", "Tensor.shape", attribute=True)
def shape_attribute(x: Term) -> tuple[Size, ...]:
    """The sizes of the axes."""
    return tuple(x.shape)


@spelled("numpy.shape")
def np_shape(a: Any) -> tuple[Size, ...]:
    """The sizes of the axes."""
    return tuple(as_term(a).shape)


@spelled("ndarray.ndim", "Tensor.ndim", attribute=True)
def ndim_attribute(x: Term) -> int:
    """The number of axes."""
    return x.ndim


@spelled("numpy.ndim", "Tensor.dim", "Tensor.ndimension")
def np_ndim(a: Any) -> int:
    """The number of axes."""
    return as_term(a).ndim


@spelled("ndarray.size", attribute=True)
def size_attribute(x: Term) -> Size:
    """The number of entries."""
    return size_product(x.shape)


@spelled("numpy.size")
def np_size(a: Any, axis: Any = None) -> Size:
    """The number of entries, or of those along an axis."""
    return size_product(as_term(a).shape) if axis is None else as_term(a).shape[as_int(axis)]


@spelled("Tensor.size")
def tensor_size(x: Term, dim: Any = None) -> Any:
    """The shape, or the size of one axis."""
    return tuple(x.shape) if dim is None else x.shape[axis_in(as_int(dim), x.ndim)]


@spelled("Tensor.numel", "Tensor.nelement", "torch.numel")
def numel(x: Any) -> Size:
    """The number of entries."""
    return size_product(as_term(x).shape)


@spelled("ndarray.__len__", "Tensor.__len__")
def length(x: Term) -> Size:
    """The size of the first axis."""
    if not x.ndim:
        raise Misfit("a number has no length")
    return x.shape[0]


@spelled("ndarray.dtype", "Tensor.dtype", attribute=True)
def dtype_attribute(x: Term) -> str:
    """The type of the entries, as its name."""
    return {"b": "bool", "i": "int64", "u": "int64", "c": "complex128"}.get(x.sample.dtype.kind, "float64")


@spelled("Tensor.device", attribute=True)
def device_attribute(x: Term) -> str:
    """Where the tensor is; no value depends on it."""
    return "cpu"


@spelled("Tensor.is_cuda", "Tensor.requires_grad", attribute=True)
def flag_attribute(x: Term) -> bool:
    """Bookkeeping that no value depends on."""
    return False


@spelled("Tensor.is_contiguous", "Tensor.is_floating_point", "torch.is_tensor")
def flag_method(x: Any, *args: Any, **_: Any) -> bool:
    """True of the tensors that are traced."""
    return isinstance(x, Term)
