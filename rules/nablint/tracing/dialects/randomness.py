"""Spellings that draw random arrays: each draw is an input of the program, with generic values.

A normal sample is of modulus 0.15 to 1.2 with a random sign, a uniform one lies between 0.15 and 0.85, because values
near zero or one and values that nearly coincide prove nothing.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from nablint.calculus.terms import Term
from nablint.ops.card import op
from nablint.shapes import Shape, Size, size_product
from nablint.tracing.dialects import spelled
from nablint.tracing.dialects.context import (
    as_int,
    as_shape,
    as_term,
    current_graph,
    current_random,
    sampled,
    spread_args,
)
from nablint.tracing.values import External

MANY = 1_000_000
"""Numbers that are too many to be put into an order for a few of them."""
_DRAWERS = ("numpy.random", "numpy.random.default_rng()", "numpy.random.RandomState()")


def _everywhere(*names: str) -> list[str]:
    return [f"{where}.{name}" for where in _DRAWERS for name in names]


def signed(label: str, shape: Shape) -> Term:
    """Values of either sign, away from zero, and the smaller the wider a matrix is: the products of large layers would
    saturate what they flow into, and of a saturated softmax nothing can be told.
    """
    random = current_random()

    def drawn(plain: tuple[int, ...]) -> Any:
        damped = min(1.0, 2.0 / math.sqrt(min(plain))) if len(plain) == 2 and all(plain) else 1.0
        return damped * random.uniform(0.15, 1.2, plain) * random.choice([-1.0, 1.0], plain)

    return current_graph().leaf(label, sampled(shape, drawn), shape)


def between(label: str, shape: Shape) -> Term:
    """Values between 0 and 1, away from both."""
    random = current_random()
    return current_graph().leaf(label, sampled(shape, lambda plain: random.uniform(0.15, 0.85, plain)), shape)


def whole(label: str, shape: Shape, low: int, high: int) -> Term:
    """Integers from `low` up to, not including, `high`."""
    random = current_random()
    sample = sampled(shape, lambda plain: random.integers(low, max(high, low + 1), plain), int)
    return _below(current_graph().leaf(label, sample, shape), high)


def _below(drawn: Term, count: int) -> Term:
    """The term with the count that its integers are below, which tells what they are the rows of."""
    if isinstance(count, Size):
        drawn.params["below"] = count
    return drawn


def _size(size: Any, *parameters: Any) -> Shape:
    if size is not None:
        return as_shape(size)
    return np.broadcast(*(getattr(p, "sample", p) for p in parameters)).shape if parameters else ()


@spelled("numpy.random.default_rng", "numpy.random.RandomState", "numpy.random.Generator")
def generator(*args: Any, **_: Any) -> External:
    """A generator: its methods are found by its name."""
    return External("numpy.random.default_rng()")


@spelled(*_everywhere("randn"))
def np_randn(*size: Any) -> Term:
    """Standard normal values."""
    return signed("randn", as_shape(size))


@spelled("torch.randn")
def torch_randn(*size: Any, **_: Any) -> Term:
    """Standard normal values."""
    return signed("randn", as_shape(_.get("size") or spread_args(size)))


@spelled(*_everywhere("standard_normal"))
def np_standard_normal(size: Any = None, *args: Any, **_: Any) -> Term:
    """Standard normal values."""
    return signed("standard_normal", _size(size))


@spelled(*_everywhere("normal", "laplace", "logistic", "gumbel"))
def np_normal(loc: Any = 0.0, scale: Any = 1.0, size: Any = None) -> Term:
    """Values around a mean."""
    return signed("normal", _size(size, loc, scale))


@spelled("torch.normal")
def torch_normal(mean: Any = 0.0, std: Any = 1.0, size: Any = None, **_: Any) -> Term:
    """Values around a mean."""
    return signed("normal", _size(size, mean, std))


@spelled(*_everywhere("multivariate_normal"))
def np_multivariate_normal(mean: Any, cov: Any, size: Any = None, *args: Any, **_: Any) -> Term:
    """Vectors around a mean."""
    return signed("multivariate_normal", (*_size(size), *as_term(mean).shape))


@spelled(*_everywhere("rand"))
def np_rand(*size: Any) -> Term:
    """Values between 0 and 1."""
    return between("rand", as_shape(size))


@spelled("torch.rand")
def torch_rand(*size: Any, **_: Any) -> Term:
    """Values between 0 and 1."""
    return between("rand", as_shape(_.get("size") or spread_args(size)))


@spelled(*_everywhere("random", "random_sample", "ranf", "sample"))
def np_random(size: Any = None, *args: Any, **_: Any) -> Term:
    """Values between 0 and 1."""
    return between("random", _size(size))


@spelled(*_everywhere("uniform"))
def np_uniform(low: Any = 0.0, high: Any = 1.0, size: Any = None) -> Term:
    """Values between two bounds, away from both and from zero."""
    shape, random = _size(size, low, high), current_random()
    bottom, top = (np.asarray(getattr(b, "sample", b), float) for b in (low, high))

    def drawn(plain: tuple[int, ...]) -> Any:
        share = random.uniform(0.15, 0.85, plain)
        across = np.where(random.random(plain) < 0.5, bottom * share, top * share)
        return np.where(bottom * top < 0, across, bottom + (top - bottom) * share)

    return current_graph().leaf("uniform", sampled(shape, drawn), shape)


@spelled(*_everywhere("exponential", "gamma", "beta", "chisquare", "lognormal", "standard_gamma", "dirichlet"))
def np_positive(*parameters: Any, size: Any = None) -> Term:
    """Positive values."""
    if size is None and parameters and isinstance(parameters[-1], tuple | list):
        size = parameters[-1]
    return between("positive", _size(size))


@spelled("torch.randn_like")
def torch_randn_like(input: Term, **_: Any) -> Term:
    """Standard normal values in the shape of a tensor."""
    return signed("randn", input.shape)


@spelled("torch.rand_like")
def torch_rand_like(input: Term, **_: Any) -> Term:
    """Values between 0 and 1 in the shape of a tensor."""
    return between("rand", input.shape)


@spelled(*_everywhere("randint", "integers", "random_integers"))
def np_randint(low: Any, high: Any = None, size: Any = None, *args: Any, **_: Any) -> Term | int:
    """Integers between two bounds, or one."""
    low, high = (0, low) if high is None else (low, high)
    if size is None and not any(isinstance(b, Term) for b in (low, high)):
        return int(current_random().integers(int(low), max(int(high), int(low) + 1)))
    return whole("randint", _size(size), as_int(low), as_int(high))


@spelled("torch.randint")
def torch_randint(low: Any, high: Any = None, size: Any = None, **_: Any) -> Term:
    """Integers between two bounds."""
    if size is None and high is not None:
        low, high, size = 0, low, high
    elif high is None:
        low, high = 0, low
    return whole("randint", as_shape(size), as_int(low), as_int(high))


def _order(count: int) -> Term:
    random, shape = current_random(), (size_product((count,)),)
    drawn = current_graph().leaf("permutation", sampled(shape, lambda plain: random.permutation(*plain), int), shape)
    return _below(drawn, count)


@spelled(*_everywhere("permutation", "permuted"))
def np_permutation(x: Any, axis: Any = 0, **_: Any) -> Term:
    """The numbers below a count, or the rows of an array, in random order."""
    if isinstance(x, int):
        return _order(x)
    x = as_term(x)
    return _order(as_int(x)) if not x.ndim else op.getitem(x, _order(x.shape[0]), index=(("term", 0),))


@spelled("torch.randperm")
def torch_randperm(n: Any, **_: Any) -> Term:
    """The numbers below a count in random order."""
    return _order(as_int(n))


@spelled(*_everywhere("shuffle"), inplace=True)
def np_shuffle(x: Any, *args: Any, **_: Any) -> Any:
    """The rows of an array in random order, in place; a list keeps its order, which is one of the possible ones."""
    return np_permutation(x) if isinstance(x, Term) else x


@spelled(*_everywhere("choice"))
def np_choice(a: Any, size: Any = None, replace: bool = True, p: Any = None, *args: Any, **_: Any) -> Any:
    """Some of the numbers below a count, or some of the entries of an array."""
    shape = _size(size)
    if isinstance(a, list | tuple) and size is None:
        return a[int(current_random().integers(len(a)))]
    rows = None if isinstance(a, int) else as_term(a)
    count: Any = a if rows is None else rows.shape[0] if rows.ndim else as_int(rows)
    random, wanted = current_random(), int(size_product(shape))

    def chosen(plain: tuple[int, ...]) -> Any:
        if replace or wanted > count or count > MANY:
            return random.integers(0, max(int(count), 1), plain)
        return random.permutation(int(count))[:wanted].reshape(plain)

    drawn = _below(current_graph().leaf("choice", sampled(shape, chosen, int), shape), count)
    return drawn if rows is None or not rows.ndim else op.getitem(rows, drawn, index=(("term", 0),))


@spelled(*_everywhere("binomial"))
def np_binomial(n: Any, p: Any, size: Any = None) -> Term:
    """How often something happens in n trials; a mask of zeros and ones where n is 1."""
    shape = _size(size, n, p)
    trials = as_int(n) if not isinstance(n, Term) or not n.ndim else 1
    random = current_random()
    sample = sampled(shape, lambda plain: random.binomial(max(int(trials), 0), 0.6, plain), int)
    return current_graph().leaf("binomial", sample, shape)


@spelled(*_everywhere("poisson"))
def np_poisson(lam: Any = 1.0, size: Any = None) -> Term:
    """Counts."""
    return whole("poisson", _size(size, lam), 0, 4)


@spelled("torch.bernoulli", "Tensor.bernoulli")
def torch_bernoulli(input: Term, p: Any = None, **_: Any) -> Term:
    """Zeros and ones in the shape of a tensor."""
    random = current_random()
    sample = sampled(input.shape, lambda plain: (random.random(plain) < 0.6).astype(float))
    return current_graph().leaf("bernoulli", sample, input.shape)


@spelled("Tensor.bernoulli_", inplace=True)
def bernoulli_into(x: Term, p: Any = 0.5, **_: Any) -> Term:
    """Zeros and ones, in place."""
    return torch_bernoulli(x)


@spelled("torch.multinomial")
def torch_multinomial(input: Term, num_samples: Any, *args: Any, **_: Any) -> Term:
    """Indices along the last axis."""
    shape = (*input.shape[:-1], *as_shape(num_samples))
    return whole("multinomial", shape, 0, int(input.shape[-1]))


@spelled("Tensor.normal_", "Tensor.uniform_", "Tensor.random_", "Tensor.exponential_",
         *(f"torch.nn.init.{name}_" for name in (
             "normal", "uniform", "xavier_uniform", "xavier_normal", "kaiming_uniform", "kaiming_normal", "orthogonal",
             "trunc_normal", "sparse")), inplace=True)
def drawn_into(x: Term, *args: Any, **_: Any) -> Term:
    """New values, in place."""
    return signed(x.label or "random", x.shape)


@spelled("numpy.random.seed", "torch.manual_seed", "torch.cuda.manual_seed", "torch.cuda.manual_seed_all",
         "random.seed")
def seeded(*args: Any, **_: Any) -> None:
    """Nothing that a gradient depends on."""
