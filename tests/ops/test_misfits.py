"""Shapes that do not fit: every shape rule says so in symbols, with the equations that would make them fit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from nablint.calculus.terms import Graph
from nablint.ops import CARDS
from nablint.shapes import Misfit, Polynomial, Size

VALUES = {"N": 5, "D": 3, "M": 7, "C": 11, "B": 2}
SIZES = {name: Size(value, Polynomial.symbol(name)) for name, value in VALUES.items()}

MISFITS: list[tuple[str, list[str], dict[str, Any], str]] = [
    ("add", ["N D", "N"], {}, "D=N"),
    ("subtract", ["N D", "M D"], {}, "N=M"),
    ("where", ["N D", "N D", "M"], {}, "D=M"),
    ("logaddexp", ["N", "M"], {}, "N=M"),
    ("matmul", ["N D", "M N"], {}, "D=M"),
    ("matmul", ["B N D", "C D M"], {}, "B=C"),
    ("dot", ["B N D", "B M D"], {}, "D=M"),
    ("outer", ["N D", "M"], {}, ""),
    ("einsum", ["N D", "M D"], {"subscripts": "ij,jk->ik"}, "D=M"),
    ("einsum", ["N D", "D"], {"subscripts": "ij,jk->ik"}, ""),
    ("cross", ["N D", "N M"], {}, ""),
    ("sum", ["N D"], {"axis": 2}, ""),
    ("max", ["N D"], {"axis": (0, -2)}, ""),
    ("softmax", ["N"], {"axis": 1}, ""),
    ("cumsum", ["N"], {"axis": 1}, ""),
    ("sum_to", ["N D"], {"shape": (SIZES["M"],)}, "D=M"),
    ("inv", ["N D"], {}, "N=D"),
    ("det", ["N"], {}, ""),
    ("solve", ["N N", "D M"], {}, "N=D"),
    ("solve", ["N D", "N"], {}, "N=D"),
    ("solve_triangular", ["N N", "D"], {"lower": True}, "N=D"),
    ("cholesky", ["B N D"], {}, "N=D"),
    ("eigvalsh", ["N D"], {}, "N=D"),
    ("svdvals", ["N"], {}, ""),
    ("cross_entropy", ["N C", "M"], {}, "N=M"),
    ("cross_entropy", ["N C", "N C"], {}, ""),
    ("attention", ["N D", "M C", "M D"], {}, "D=C"),
    ("standardize", ["N D"], {"axis": (2, 3)}, ""),
]


@pytest.mark.parametrize(("name", "shapes", "params", "equation"), MISFITS)
def test_a_misfit_is_said_in_symbols(name: str, shapes: list[str], params: dict[str, Any], equation: str) -> None:
    graph = Graph()
    wanted = [tuple(SIZES[s] for s in shape.split()) for shape in shapes]
    leaves = [graph.leaf(f"x{i}", np.ones(tuple(map(int, shape))), shape) for i, shape in enumerate(wanted)]
    with pytest.raises(Misfit) as caught:
        CARDS[name](*leaves, **params)
    assert [f"{a}={b}" for a, b in caught.value.equations] == ([equation] if equation else [])
    assert not [value for value in ("5", "7", "11") if value in caught.value.message]
