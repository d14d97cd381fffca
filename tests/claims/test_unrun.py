"""Statements that no run came to are listed, with the reason; what is no gradient statement is not."""

from __future__ import annotations

import textwrap

import pytest
from nablint.analysis import analyse

HEAD = """
import torch
import kernels
"""

LISTED = {
    "a forward that raises whatever it is given": ("""
        class Op(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                raise NotImplementedError

            @staticmethod
            def backward(ctx, g):
                dx = kernels.back(g)
                return dx
        """, {"dx = kernels.back(g)": "raises", "return dx": "raises"}),
    "a branch that is not taken": ("""
        class Op(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                return x * 2

            @staticmethod
            def backward(ctx, g):
                if g.numel() == 0:
                    return torch.empty_like(g), g.new_tensor(0)
                return g * 2
        """, {"return torch.empty_like(g), g.new_tensor(0)": "not followed"}),
    "a backward function without its forward": ("""
        def norm_bwd(dy, x, w):
            return kernels.norm_bwd(dy, x, w)
        """, {"return kernels.norm_bwd(dy, x, w)": "the forward function that it belongs to is not known"}),
    "a backward function inside another": ("""
        def op(x):
            def backward(grad):
                return kernels.back(grad)
            return kernels.ahead(x), backward
        """, {"return kernels.back(grad)": "the forward function that it belongs to is not known"}),
}


@pytest.mark.parametrize("name", LISTED)
def test_what_no_run_reaches_is_unchecked(name: str) -> None:
    """Each of these statements is a claim, and the reason says why it was not judged."""
    body, wanted = LISTED[name]
    source = HEAD + textwrap.dedent(body)
    lines = source.split("\n")
    claims = {lines[c.row - 1].strip(): c for c in analyse(source, "a.py").claims}
    for line, reason in wanted.items():
        assert claims[line].verdict == "unchecked"
        assert reason in claims[line].reason


SILENT = {
    "room for gradients": """
        def norm_bwd(dy, x):
            dx = torch.empty(3, 4)
            grads = []
            db = None
        """,
    "a button": """
        def go_back(self, page):
            return self.pages.pop(page)
        """,
    "a helper with no gradient in sight": """
        def can_backward(x):
            return x.requires_grad
        """,
}


@pytest.mark.parametrize("name", SILENT)
def test_what_computes_no_gradient_is_not_listed(name: str) -> None:
    """Room for a gradient, and names that only sound like backward code, make no claim."""
    claims = analyse(HEAD + textwrap.dedent(SILENT[name]), "a.py").claims
    assert [c for c in claims if c.verdict != "not-a-gradient"] == []


def test_a_statement_has_one_claim() -> None:
    """What a run reached is not listed again."""
    source = HEAD + textwrap.dedent(LISTED["a branch that is not taken"][0])
    rows = [c.row for c in analyse(source, "a.py").claims]
    assert len(rows) == len(set(rows))


def test_what_flows_into_a_right_result_is_right() -> None:
    """A part that depends on no cotangent is one of the gradient's all the same, and a lone one stays unchecked."""
    source = HEAD + textwrap.dedent("""
        class Op(torch.autograd.Function):
            @staticmethod
            def forward(ctx, a, b):
                ctx.save_for_backward(a, b)
                return torch.sin(a - b)

            @staticmethod
            def backward(ctx, g):
                a, b = ctx.saved_tensors
                gx = torch.cos(a - b)
                gy = torch.exp(a - b)
                gx = gx * g
                return gx, -gx
        """)
    lines = source.split("\n")
    verdicts = {lines[c.row - 1].strip(): c.verdict for c in analyse(source, "a.py").claims}
    assert verdicts["gx = torch.cos(a - b)"] in ("proved", "verified")
    assert verdicts["gy = torch.exp(a - b)"] == "unchecked"
