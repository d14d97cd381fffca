"""Spellings of special functions of several arguments (those of one stand in `elementwise`)."""

from __future__ import annotations

import math

from nablint.ops.card import Operand, op, written_number
from nablint.tracing.dialects import spelled
from nablint.tracing.dialects.arithmetic import spell_rows
from nablint.tracing.dialects.operands import Value, apply, array, plain

spell_rows({
    "logaddexp": "numpy.logaddexp torch.logaddexp",
    "xlogy": "scipy.special.xlogy torch.xlogy torch.special.xlogy",
    "xlog1py": "scipy.special.xlog1py torch.special.xlog1py",
    "rel_entr": "scipy.special.rel_entr",
    "betaln": "scipy.special.betaln",
})


@spelled("numpy.logaddexp2", "torch.logaddexp2", "Tensor.logaddexp2")
def logaddexp2(x1: Value, x2: Value, /) -> Operand:
    """`log2(2**x1 + 2**x2)`."""
    return op.log2(op.add(op.exp2(x1), op.exp2(x2)))


@spelled("scipy.special.polygamma")
def polygamma(n: Value, x: Value) -> Operand:
    """The n-th derivative of the digamma function."""
    return apply(op.polygamma, x, n=int(plain(n)))


@spelled("torch.polygamma", "torch.special.polygamma")
def torch_polygamma(n: Value, input: Value, *, out: Value = None) -> Operand:
    """The n-th derivative of the digamma function."""
    return polygamma(n, input)


@spelled("Tensor.polygamma")
@spelled("Tensor.polygamma_", inplace=True)
def tensor_polygamma(self: Value, n: Value) -> Operand:
    """The n-th derivative of the digamma function."""
    return polygamma(n, self)


@spelled("scipy.special.gammainc", "torch.special.gammainc")
def gammainc(a: Value, x: Value, /, out: Value = None) -> Operand:
    """The regularised lower incomplete gamma function, where `a` is a plain number."""
    return apply(op.gammainc, x, a=_first(a))


@spelled("scipy.special.gammaincc", "torch.special.gammaincc")
def gammaincc(a: Value, x: Value, /, out: Value = None) -> Operand:
    """The regularised upper incomplete gamma function, where `a` is a plain number."""
    return apply(op.gammaincc, x, a=_first(a))


@spelled("scipy.special.zeta", "torch.special.zeta")
def zeta(x: Value, q: Value, /, out: Value = None) -> Operand:
    """Hurwitz's zeta function, where the exponent `x` is a plain number."""
    return apply(op.zeta, q, s=_first(x))


def _first(value: Value) -> float:
    """The first argument, by which nobody knows the derivative: a number above 0 that the program says."""
    number = written_number(value)
    if number is None or number <= 0:
        raise TypeError("the derivative by the first argument is not known")
    return float(number)


@spelled("scipy.special.logit")
def logit(x: Value, /, out: Value = None) -> Operand:
    """`log(x / (1 - x))`."""
    return apply(op.logit, x)


@spelled("torch.logit", "torch.special.logit", "Tensor.logit")
@spelled("Tensor.logit_", inplace=True)
def torch_logit(input: Value, eps: Value = None, *, out: Value = None) -> Operand:
    """`log(x / (1 - x))`, away from the ends by `eps`."""
    return op.logit(input if eps is None else op.clip(input, low=plain(eps), high=1 - plain(eps)))


@spelled("scipy.special.ndtri", "torch.special.ndtri")
def ndtri(y: Value, /) -> Operand:
    """The quantile of the normal distribution."""
    return op.multiply(math.sqrt(2.0), op.erfinv(op.subtract(op.multiply(2, y), 1)))


@spelled("scipy.special.beta")
def beta(a: Value, b: Value) -> Operand:
    """The beta function."""
    return op.exp(apply(op.betaln, a, b))


@spelled("scipy.special.kl_div")
def kl_div(x: Value, y: Value) -> Operand:
    """`x log(x / y) - x + y`."""
    return op.add(op.subtract(apply(op.rel_entr, x, y), x), y)


@spelled("scipy.special.huber")
def huber(delta: Value, r: Value) -> Operand:
    """`r² / 2` up to delta, `delta (|r| - delta / 2)` beyond."""
    size = op.absolute(r)
    far = op.multiply(delta, op.subtract(size, op.divide(delta, 2)))
    return op.where(op.less_equal(size, delta), op.divide(op.power(r, 2), 2), far)


@spelled("scipy.special.pseudo_huber")
def pseudo_huber(delta: Value, r: Value) -> Operand:
    """`delta² (sqrt(1 + (r / delta)²) - 1)`."""
    return op.multiply(op.power(delta, 2), op.subtract(op.sqrt(op.add(1, op.power(op.divide(r, delta), 2))), 1))


@spelled("torch.mvlgamma", "torch.special.multigammaln", "Tensor.mvlgamma")
def mvlgamma(input: Value, p: Value) -> Operand:
    """The logarithm of the multivariate gamma function."""
    count = int(plain(p))
    total: Operand = count * (count - 1) / 4 * math.log(math.pi)
    for k in range(count):
        total = op.add(total, op.gammaln(op.subtract(input, k / 2)))
    return total


@spelled("scipy.special.multigammaln")
def multigammaln(a: Value, d: Value) -> Operand:
    """The logarithm of the multivariate gamma function."""
    return mvlgamma(a, d)


def _standardized(x: Value, loc: Value, scale: Value) -> Operand:
    x = array(x)
    x = x if isinstance(loc, int) and loc == 0 else op.subtract(x, loc)
    return x if isinstance(scale, int) and scale == 1 else op.divide(x, scale)


@spelled("scipy.stats.norm.pdf")
def norm_pdf(x: Value, loc: Value = 0, scale: Value = 1) -> Operand:
    """The density of the normal distribution."""
    density = op.normal_density(_standardized(x, loc, scale))
    return density if isinstance(scale, int) and scale == 1 else op.divide(density, scale)


@spelled("scipy.stats.norm.logpdf")
def norm_logpdf(x: Value, loc: Value = 0, scale: Value = 1) -> Operand:
    """The logarithm of the density of the normal distribution."""
    square = op.divide(op.power(_standardized(x, loc, scale), 2), 2)
    return op.subtract(op.negative(square), op.add(op.log(scale), 0.5 * math.log(2 * math.pi)))


@spelled("scipy.stats.norm.cdf")
def norm_cdf(x: Value, loc: Value = 0, scale: Value = 1) -> Operand:
    """The distribution function of the normal distribution."""
    return op.ndtr(_standardized(x, loc, scale))


@spelled("scipy.stats.norm.logcdf")
def norm_logcdf(x: Value, loc: Value = 0, scale: Value = 1) -> Operand:
    """The logarithm of the distribution function."""
    return op.log_ndtr(_standardized(x, loc, scale))


@spelled("scipy.stats.norm.sf")
def norm_sf(x: Value, loc: Value = 0, scale: Value = 1) -> Operand:
    """What lies above: one minus the distribution function."""
    return op.ndtr(op.negative(_standardized(x, loc, scale)))


@spelled("scipy.stats.norm.ppf")
def norm_ppf(q: Value, loc: Value = 0, scale: Value = 1) -> Operand:
    """The quantile of the normal distribution."""
    return op.add(loc, op.multiply(scale, ndtri(array(q))))
