"""Spellings of Chainer: `chainer.functions` by numpy's and torch's names, and what asks for the machine it runs on.

Its variables are read as the arrays that they hold.  No graphics card, no special kernels: code that asks for them
takes the way through numpy.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nablint.calculus.terms import Term
from nablint.ops import CARDS
from nablint.ops.card import Operand, op
from nablint.shapes import Misfit
from nablint.tracing.dialects import SPELLINGS, spelled
from nablint.tracing.dialects.context import as_shape, as_term, kind_of, kind_of_term
from nablint.tracing.dialects.conversion import cast as cast_to
from nablint.tracing.dialects.cutting import np_split, unbind
from nablint.tracing.dialects.indexing import read
from nablint.tracing.dialects.operands import Value, array, axis_of, plain

HERE = "chainer.functions."
"""Every function goes by this name, whichever file of Chainer it is imported from."""

ELEMENTWISE = {
    "absolute": "absolute", "arccos": "arccos", "arcsin": "arcsin", "arctan": "arctan", "arctanh": "arctanh",
    "ceil": "ceil", "cos": "cos", "cosh": "cosh", "digamma": "digamma", "erf": "erf", "erfc": "erfc",
    "erfcx": "erfcx", "erfinv": "erfinv", "exp": "exp", "expm1": "expm1", "fix": "trunc", "floor": "floor",
    "lgamma": "gammaln", "log": "log", "log10": "log10", "log1p": "log1p", "log2": "log2", "log_ndtr": "log_ndtr",
    "ndtr": "ndtr", "relu": "relu", "relu6": "relu6", "rsqrt": "rsqrt", "sigmoid": "sigmoid", "sign": "sign",
    "sin": "sin", "sinh": "sinh", "sqrt": "sqrt", "square": "square", "tan": "tan", "tanh": "tanh",
}
"""Functions of one array, with the card that each means."""


def _elementwise(card: str) -> Callable[..., Any]:
    return lambda x: CARDS[card](as_term(x))


for _name, _card in ELEMENTWISE.items():
    spelled(HERE + _name)(_elementwise(_card))


def _reduction(card: str) -> Callable[..., Any]:
    return lambda x, axis=None, keepdims=False: CARDS[card](as_term(x), axis=axis_of(axis), keepdims=bool(keepdims))


for _name, _card in {"sum": "sum", "average": "mean", "mean": "mean", "max": "max", "min": "min", "prod": "prod",
                     "logsumexp": "logsumexp"}.items():
    spelled(HERE + _name)(_reduction(_card))


def _numpy(name: str) -> Callable[..., Any]:
    """The function of numpy, looked up when it is called."""
    return lambda *args, **keywords: SPELLINGS[f"numpy.{name}"].call(*args, **keywords)


for _name in ("expand_dims", "squeeze", "swapaxes", "moveaxis", "rollaxis", "einsum", "tensordot", "cumsum", "cumprod",
              "maximum", "minimum", "diagonal", "fliplr", "flipud", "flip", "fmod", "where", "repeat", "tile",
              "broadcast_to", "stack", "hstack", "vstack", "dstack", "clip", "reshape", "transpose"):
    spelled(HERE + _name)(_numpy(_name))


@spelled(HERE + "concat")
def concat(xs: Value, axis: Value = 1) -> Operand:
    """One array after another along an axis."""
    return SPELLINGS["numpy.concatenate"].call(xs, axis)


@spelled(HERE + "separate")
def separate(x: Value, axis: Value = 0) -> tuple[Term, ...]:
    """The entries along an axis, one by one."""
    return unbind(x, axis)


@spelled(HERE + "swish")
def swish(x: Value, beta: Value) -> Operand:
    """`x * sigmoid(beta * x)`."""
    return op.multiply(as_term(x), op.sigmoid(op.multiply(as_term(beta), as_term(x))))


@spelled(HERE + "flatten")
def flatten(x: Value) -> Operand:
    """The entries in a row."""
    return SPELLINGS["numpy.ravel"].call(x)


@spelled(HERE + "cast", "chainer.utils.force_array", "chainer.utils.force_type")
def cast(x: Value, typ: Value = None, *, dtype: Value = None) -> Term:
    """The entries as numbers of another type."""
    return cast_to(as_term(x), kind_of(typ or dtype, kind_of_term(as_term(x))))


@spelled("chainer.utils.sum_to", HERE + "sum_to")
def sum_to(x: Value, shape: Value) -> Operand:
    """Summed over the axes that the shape holds as 1 or not at all."""
    return op.sum_to(as_term(x), shape=as_shape(shape))


@spelled(HERE + "matmul")
def matmul(a: Value, b: Value, transa: Value = False, transb: Value = False) -> Operand:
    """A product of (stacks of) matrices, either of them transposed first."""
    left, right = as_term(a), as_term(b)
    for flag, operand in ((transa, left), (transb, right)):
        if flag and operand.ndim < 2:
            raise Misfit("an array of one axis is not transposed")
    return op.matmul(_swapped(left) if transa else left, _swapped(right) if transb else right)


def _swapped(x: Term) -> Term:
    return SPELLINGS["numpy.swapaxes"].call(x, -1, -2)


@spelled(HERE + "batch_matmul")
def batch_matmul(a: Value, b: Value, transa: Value = False, transb: Value = False) -> Operand:
    """The products of two stacks of matrices; what has no third axis is a stack of columns."""
    left, right = (x if x.ndim == 3 else read(x, (..., None)) for x in (as_term(a), as_term(b)))
    return matmul(left, right, transa, transb)


@spelled(HERE + "inv", HERE + "batch_inv")
def inv(a: Value) -> Operand:
    """The inverse of each matrix."""
    return op.inv(as_term(a))


@spelled(HERE + "det", HERE + "batch_det")
def det(a: Value) -> Operand:
    """The determinant of each matrix."""
    return op.det(as_term(a))


@spelled(HERE + "split_axis")
def split_axis(x: Value, indices_or_sections: Value, axis: Value, force_tuple: Value = True) -> tuple[Term, ...]:
    """Cut along an axis, at places or into equal parts."""
    return tuple(np_split(x, indices_or_sections, axis))


@spelled(HERE + "get_item")
def get_item(x: Value, slices: Value) -> Operand:
    """The entries at an index."""
    return read(as_term(x), slices)


@spelled(HERE + "softmax")
def softmax(x: Value, axis: Value = 1) -> Operand:
    """`exp(x)` over its sum along an axis."""
    return op.softmax(array(x), axis=axis_of(axis))


@spelled(HERE + "log_softmax")
def log_softmax(x: Value, axis: Value = 1) -> Operand:
    """The logarithm of the softmax."""
    return op.log_softmax(array(x), axis=axis_of(axis))


@spelled(HERE + "softplus")
def softplus(x: Value, beta: Value = 1.0) -> Operand:
    """`log(1 + exp(beta * x)) / beta`."""
    return op.divide(op.softplus(op.multiply(beta, array(x))), beta)


@spelled(HERE + "leaky_relu")
def leaky_relu(x: Value, slope: Value = 0.2) -> Operand:
    """A small slope below 0."""
    return op.leaky_relu(as_term(x), slope=plain(slope))


@spelled(HERE + "elu")
def elu(x: Value, alpha: Value = 1.0) -> Operand:
    """`alpha * (exp(x) - 1)` below 0."""
    return op.elu(as_term(x), alpha=plain(alpha))


@spelled(HERE + "linear")
def linear(x: Value, W: Value, b: Value = None, n_batch_axes: Value = 1) -> Operand:
    """`x Wᵀ + b` for rows `x`; what stands behind the axes of the batch is one row."""
    rows = as_term(x)
    if rows.ndim > n_batch_axes + 1:
        lead = tuple(rows.shape[:n_batch_axes])
        rows = SPELLINGS["numpy.reshape"].call(rows, (*lead, -1))
    out = op.matmul(rows, _swapped(as_term(W)))
    return out if b is None else op.add(out, as_term(b))


@spelled(HERE + "scatter_add")
def scatter_add(a: Value, slices: Value, b: Value) -> Operand:
    """`a` with `b` added at an index, repeated places added up."""
    return SPELLINGS["numpy.add.at"].call(as_term(a), slices, b)


@spelled(HERE + "convolution_2d")
def convolution_2d(x: Value, W: Value, b: Value = None, stride: Value = 1, pad: Value = 0,
                   cover_all: Value = False, *, dilate: Value = 1, groups: Value = 1) -> Operand:
    """A convolution over two axes."""
    if cover_all:
        raise TypeError("a convolution that covers all is not followed")
    return SPELLINGS["torch.nn.functional.conv2d"].call(x, W, b, stride, pad, dilate, groups)


@spelled("chainer.as_variable", "chainer.Variable", "chainer.variable.as_variable", "chainer.variable.Variable",
         "chainer.as_array", "chainer.backend.from_chx", "chainer.backend.to_chx", "chainer.backends.cuda.to_cpu",
         "chainer.cuda.to_cpu", "chainer.Parameter")
def variable(data: Value, *args: object, **_: object) -> Term:
    """The array itself."""
    return as_term(data)


@spelled("chainer.should_use_cudnn", "chainer.should_use_cudnn_tensor_core", "chainer.is_debug",
         "chainer.backends.intel64.should_use_ideep", "chainer.backends.intel64.inputs_all_ready",
         "chainer.backends.intel64.is_ideep_available", "chainer.backend.is_arrays_compatible")
def never(*args: object, **_: object) -> bool:
    """Asks for what the machine at hand does not have."""
    return False
