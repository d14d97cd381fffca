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
from nablint.shapes import Misfit, Size, dim, size_product
from nablint.tracing.dialects import spelled
from nablint.tracing.dialects.context import as_axes, as_int, as_term, spread_args


def permuted(x: Term, axes: tuple[int, ...]) -> Term:
    """The axes in another order; the plain reversal is a transpose without parameters."""
    if len(axes) != x.ndim:
        raise Misfit(f"{len(axes)} axes are named for an array that has {x.ndim}", rank=len(axes))
    order = axes_in(axes, x.ndim)
    if order == tuple(range(x.ndim)):
        return x
    return op.transpose(x, axes=None if order == tuple(reversed(range(x.ndim))) else order)


def _target(shape: Any) -> tuple[Size, ...]:
    return tuple(dim(as_int(s)) for s in (shape if isinstance(shape, list | tuple) else (shape,)))


def reshaped(x: Term, shape: Any) -> Term:
    """Another shape with the entries in the same order; -1 is worked out; nothing for the same shape."""
    target = resolve_shape(_target(shape), x.shape)
    if len(target) == x.ndim and all(a == b and a.expr == b.expr for a, b in zip(target, x.shape, strict=True)):
        return x
    return op.reshape(x, shape=target)


def reshaped_back(base: Term, new: Term, *args: Any, **kwargs: Any) -> Term:
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


@spelled("torch.t", "Tensor.t", "torch.adjoint", "Tensor.adjoint", "numpy.matrix_transpose",
         "numpy.linalg.matrix_transpose",
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


@spelled("numpy.permute_dims", "torch.permute",
         unview=lambda base, new, *dims: _viewed(_order_of)["unview"](base, new, *dims))
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
def tensor_transpose(input: Any, dim0: Any, dim1: Any) -> Term:
    """torch's transpose: two axes swapped."""
    input = as_term(input)
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
    if order not in ("F", "f") or (x.ndim < 2 and isinstance(shape, int)):
        return reshaped(x, shape)
    target = resolve_shape(_target(shape), x.shape)
    return permuted(r := reshaped(permuted(x, _reversal(x)), target[::-1]), _reversal(r))


@spelled("ndarray.reshape", "Tensor.reshape", unview=reshaped_back)
def reshape_method(x: Term, *shape: Any, order: Any = "C", **_: Any) -> Term:
    """Another shape for the same entries."""
    return _ordered(x, _.get("shape", spread_args(shape)), order)


@spelled("numpy.reshape", "torch.reshape", unview=reshaped_back)
def reshape_function(a: Any, shape: Any = None, order: Any = "C", **_: Any) -> Term:
    """Another shape for the same entries."""
    return _ordered(as_term(a), _.get("newshape", shape), order)


@spelled("Tensor.view", unview=reshaped_back)
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


@spelled("Tensor.view_as", "Tensor.reshape_as", unview=reshaped_back)
def view_as(x: Term, other: Term) -> Term:
    """The shape of another tensor."""
    return reshaped(x, other.shape)


@spelled("numpy.ravel", "ndarray.ravel", "torch.ravel", "Tensor.ravel", unview=reshaped_back)
def ravel(a: Any, order: Any = "C") -> Term:
    """All entries along one axis."""
    a = as_term(a)
    return _ordered(a, size_product(a.shape), order)


@spelled("ndarray.flatten")
def ndarray_flatten(x: Term, order: Any = "C") -> Term:
    """All entries along one axis, as a copy."""
    return ravel(x, order)


@spelled("torch.flatten", "Tensor.flatten", unview=reshaped_back)
def tensor_flatten(input: Any, start_dim: Any = 0, end_dim: Any = -1) -> Term:
    """Some neighbouring axes made one."""
    x = as_term(input)
    if not x.ndim:
        return reshaped(x, 1)
    first, last = axis_in(as_int(start_dim), x.ndim), axis_in(as_int(end_dim), x.ndim)
    return reshaped(x, (*x.shape[:first], size_product(x.shape[first:last + 1]), *x.shape[last + 1:]))


@spelled("torch.unflatten", "Tensor.unflatten", unview=reshaped_back)
def unflatten(input: Any, dim: Any, sizes: Any) -> Term:
    """One axis made several."""
    x = as_term(input)
    at = axis_in(as_int(dim), x.ndim)
    parts = resolve_shape(_target(sizes), x.shape[at:at + 1])
    return reshaped(x, (*x.shape[:at], *parts, *x.shape[at + 1:]))


@spelled("numpy.squeeze", "ndarray.squeeze", unview=reshaped_back)
def np_squeeze(a: Any, axis: Any = None) -> Term:
    """Axes of size 1 taken away."""
    a = as_term(a)
    if axis is None and 1 not in a.shape:
        return a
    return op.squeeze(a, axis=as_axes(axis))


@spelled("torch.squeeze", "Tensor.squeeze", unview=reshaped_back)
def torch_squeeze(input: Any, dim: Any = None) -> Term:
    """Axes of size 1 taken away; torch leaves a named axis of another size alone."""
    x = as_term(input)
    if dim is None:
        return np_squeeze(x)
    axes = tuple(a for a in axes_in(as_axes(dim), x.ndim) if x.shape[a] == 1)
    return op.squeeze(x, axis=axes[0] if len(axes) == 1 else axes) if axes else x


@spelled("torch.unsqueeze", "Tensor.unsqueeze", unview=reshaped_back)
def unsqueeze(input: Any, dim: Any) -> Term:
    """An axis of size 1 added."""
    return np_expand_dims(input, dim)


@spelled("numpy.expand_dims", unview=reshaped_back)
def np_expand_dims(a: Any, axis: Any) -> Term:
    """Axes of size 1 added."""
    return op.expand_dims(as_term(a), axis=as_axes(axis))
