"""Suffixes that spell shapes, and the keys that allow them."""

from __future__ import annotations

import pytest
from nablint.reading.dimension_keys import dimension_key, key_by_agreement, suffix_evidence
from nablint.reading.evidence import DimSpec

DOCSTRING = '''"""A model.

Dimension key:

B: batch size
L: sequence length
D: model dimension (also d_model)
H: number of heads
"""
import torch
X: int = 3
'''

KEYS = [
    (DOCSTRING, "BDHL"),
    ("# Shape suffixes:\n#   B = batch\n#   T = time\n\nx = 1\n", "BT"),
    ('"""Tests.\n\nDimension key:\n  N: number of samples    D: ambient dimension (n)\n"""\n', "DN"),
    ("# dimension key: B: batch size, T: time, C: channels\n", "BCT"),
    ('"""\nDimension key:\n- B: batch size\n- G: input size, analogous to the vocabulary\n"""\n', "BG"),
    ("N: int = 3\nD: int = 4\n", ""),
    ("# the shape names are told elsewhere\nN = 3\n", ""),
    ("B: batch size\nL: sequence length\n", ""),
]


@pytest.mark.parametrize(("source", "letters"), KEYS)
def test_key(source: str, letters: str) -> None:
    assert "".join(sorted(dimension_key(source))) == letters


@pytest.mark.parametrize(("name", "shape"), [
    ("query_BLD", "(B, L, D)"), ("w_in_DH", "(D, H)"), ("self.w_out_HD", "(H, D)"), ("ids_B", "(B,)"),
    ("q1_BHL", "(B, H, L)"), ("query_BLX", None),
    ("W_D", None), ("MAX_BL", None), ("query", None), ("query_bld", None), ("_BLD", None),
])
def test_suffix(name: str, shape: str | None) -> None:
    found = suffix_evidence(name, dimension_key(DOCSTRING))
    assert (found and found.show()) == shape


def test_a_lone_t_is_a_transpose() -> None:
    assert suffix_evidence("x_T", {"T": "time", "B": "batch"}) is None
    assert suffix_evidence("x_BT", {"T": "time", "B": "batch"}) is not None


def test_agreeing_shapes_make_a_key() -> None:
    def dims(letters: str) -> tuple[DimSpec, ...]:
        return tuple(DimSpec("name", letter) for letter in letters)

    assert set(key_by_agreement([("q_BT", dims("BT")), ("k_BTC", dims("BTC")), ("x", dims("N"))])) == set("BTC")
    assert key_by_agreement([("q_BT", dims("BT"))]) == {}
    assert key_by_agreement([("q_BT", dims("BT")), ("k_BTC", dims("BTC")), ("w_Q", dims("DK"))]) == {}
