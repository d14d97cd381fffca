"""Exact division of sizes: what was multiplied is found again, and what does not divide is None."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nablint.shapes import Polynomial, Size

NAMES = st.sampled_from(["N", "H", "W", "C"])
MONOMIALS = st.dictionaries(NAMES, st.integers(1, 2), max_size=3).map(lambda powers: tuple(sorted(powers.items())))
POLYNOMIALS = st.lists(st.tuples(MONOMIALS, st.integers(-4, 4)), max_size=4).map(Polynomial.collect)


@given(POLYNOMIALS, POLYNOMIALS.filter(lambda p: bool(p.terms)))
def test_a_product_divides_by_its_factors(a: Polynomial, b: Polynomial) -> None:
    assert (a * b).divided(b) == a


@given(POLYNOMIALS, POLYNOMIALS.filter(lambda p: bool(p.terms)))
def test_a_quotient_is_exact(a: Polynomial, b: Polynomial) -> None:
    quotient = a.divided(b)
    assert quotient is None or quotient * b == a


def test_nothing_divides_by_zero() -> None:
    assert Polynomial.symbol("N").divided(Polynomial(())) is None


def test_what_is_left_of_a_reshape_is_one_dimension() -> None:
    """`x.transpose(0, 2, 3, 1).reshape(N*H*W, -1)` with an image that is one larger on each side."""
    n, h, w, c = (Size(v, Polynomial.symbol(k)) for k, v in {"N": 2, "H": 3, "W": 5, "C": 7}.items())
    entries = n * (h + 1) * (w + 1) * c
    assert str(entries // (n * (h + 1) * (w + 1))) == "C"


@pytest.mark.parametrize(("size", "by", "shown"), [
    (Size(9, Polynomial.symbol("M")) - 2, 2, "M//2 - 1"),
    (Size(9, Polynomial.symbol("M")) * 2 + 3, 2, "M + 1"),
    (Size(9, Polynomial.symbol("M")) * 4 + Size(5, Polynomial.symbol("H")) + 7, 4, "M + (H + 3)//4 + 1"),
    (Size(9, Polynomial.symbol("M")) + 1, 2, "(M + 1)//2"),
])
def test_only_the_rest_of_a_quotient_is_rounded(size: Size, by: int, shown: str) -> None:
    assert sorted(str(size // by).split(" + ")) == sorted(shown.split(" + "))
    assert size // by == int(size) // by
