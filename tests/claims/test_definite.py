"""The Cholesky factor of a symmetric input: its gradient may stand in both triangles, in one, and in no other way."""

from __future__ import annotations

import textwrap

import pytest
from nablint.analysis import analyse

FACTOR = """
    import torch

    class Factor(torch.autograd.Function):
        @staticmethod
        def forward(ctx, a):
            low = torch.linalg.cholesky(a)
            ctx.save_for_backward(low)
            return low

        @staticmethod
        def backward(ctx, grad):
            low, = ctx.saved_tensors
            inv = torch.inverse(low)
            phi = torch.tril(low.t() @ grad)
            phi = phi - 0.5 * torch.diag(torch.diagonal(phi))
            s = inv.t() @ phi @ inv
            return RESULT
    """


@pytest.mark.parametrize("result", ["0.5 * (s + s.t())", "s", "torch.tril(s + s.t()) - torch.diag(torch.diagonal(s))"])
def test_layouts_of_a_symmetric_gradient_are_right(result: str) -> None:
    found = analyse(textwrap.dedent(FACTOR).replace("RESULT", result), "factor.py")
    assert found.diagnostics == []
    assert {c.verdict for c in found.claims if c.role == "result"} == {"verified"}


@pytest.mark.parametrize("result", ["s + s.t()", "inv @ phi @ inv", "low @ low.t() * grad"])
def test_other_formulas_are_not(result: str) -> None:
    found = analyse(textwrap.dedent(FACTOR).replace("RESULT", result), "factor.py")
    assert len(found.diagnostics) == 1
