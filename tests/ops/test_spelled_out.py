"""How a card is written: its numpy and torch code gives its value when it is run."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from nablint.calculus.code import write_code
from nablint.calculus.terms import Graph
from nablint.ops import CARDS
from ops.drawing import draw


def written(name: str, style: str) -> list[tuple[str, dict[str, Any], Any]]:
    """The code of a card on its examples, the arrays that its names stand for, and the value."""
    card, found = CARDS[name], []
    for example in card.examples:
        case = draw(card, example, 0)
        graph = Graph()
        names = dict(zip("abcdef", case.arrays, strict=False))
        leaves = [graph.leaf(n, a, s) for (n, a), s in zip(names.items(), case.shapes, strict=False)]
        out = card(*leaves, **case.params)
        code = write_code(out, style, {leaf: leaf.label for leaf in leaves})
        if code is not None:
            found.append((code, names, out.sample))
    return found


SIGNS = ("svd_left", "svd_right", "eigenvectors", "qr_q", "qr_r")
"""Cards whose signs are the library's choice."""


def compare(name: str, code: str, found: Any, value: Any) -> None:
    found = np.asarray(found)
    if name in SIGNS:
        found, value = np.abs(found), np.abs(value)
    np.testing.assert_allclose(found, value, rtol=1e-9, atol=1e-11, err_msg=code)


def run(code: str, names: dict[str, Any]) -> Any:
    return eval(code, names)  # noqa: S307 - our own code


@pytest.mark.parametrize("name", CARDS)
def test_numpy_code_gives_the_value(name: str) -> None:
    scipy = pytest.importorskip("scipy")
    for part in ("scipy.linalg", "scipy.special"):
        pytest.importorskip(part)
    for code, names, value in written(name, "numpy"):
        compare(name, code, run(code, {"np": np, "scipy": scipy, **names}), value)


@pytest.mark.parametrize("name", CARDS)
def test_torch_code_gives_the_value(name: str) -> None:
    torch = pytest.importorskip("torch")
    for code, names, value in written(name, "torch"):
        tensors = {n: torch.from_numpy(np.array(a)) for n, a in names.items()}
        compare(name, code, run(code, {"torch": torch, "np": np, **tensors}), value)
