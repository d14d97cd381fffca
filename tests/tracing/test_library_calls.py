"""Inputs settled by the library function they are handed to: ranks, integers below a table's length, small windows.

Each backward pass is right, and found right without a word about shapes; each slip makes it wrong.
"""

from __future__ import annotations

import pytest
from nablint.analysis import analyse

HEAD = """
import torch
import torch.nn.functional as F


class Op(torch.autograd.Function):
    @staticmethod
    def forward(ctx, {inputs}):
{forward}

    @staticmethod
    def backward(ctx, g):
{backward}
"""

CASES: dict[str, tuple[str, str, str, tuple[str, str]]] = {
    "convolution": ("x, w", """
        ctx.save_for_backward(x, w)
        return F.conv2d(x, w, padding=1)""", """
        x, w = ctx.saved_tensors
        dx = torch.nn.grad.conv2d_input(x.shape, w, g, padding=1)
        dw = torch.nn.grad.conv2d_weight(x, w.shape, g, padding=1)
        return dx, dw""", ("(x, w.shape, g", "(x, w.shape, g * g")),
    "transposed convolution": ("x, w", """
        ctx.save_for_backward(x, w)
        return F.conv_transpose2d(x, w, stride=2)""", """
        x, w = ctx.saved_tensors
        return F.conv2d(g, w, stride=2), torch.nn.grad.conv2d_weight(g, w.shape, x, stride=2)""",
                               ("F.conv2d(g, w, stride=2)", "F.conv2d(g * g, w, stride=2)")),
    "gather": ("x, index", """
        y = torch.gather(x, 1, index).exp()
        ctx.save_for_backward(index, y)
        ctx.sizes = x.size()
        return y""", """
        index, y = ctx.saved_tensors
        return torch.zeros(ctx.sizes).scatter_add_(1, index, g * y), None""", ("index, g * y)", "index, g)")),
    "rows": ("x, index", """
        y = x.index_select(0, index).exp()
        ctx.save_for_backward(index, y)
        ctx.sizes = x.shape
        return y""", """
        index, y = ctx.saved_tensors
        dx = torch.zeros(ctx.sizes)
        dx.index_add_(0, index, g * y)
        return dx, None""", ("index, g * y)", "index, g)")),
    "embedding": ("tokens, table", """
        y = F.embedding(tokens, table).exp()
        ctx.save_for_backward(tokens, y)
        ctx.rows = table.shape[0]
        return y""", """
        tokens, y = ctx.saved_tensors
        grad_table = torch.zeros(ctx.rows, g.shape[-1])
        grad_table.index_add_(0, tokens.view(-1), (g * y).reshape(-1, g.size(-1)))
        return None, grad_table""", ("(g * y).reshape", "g.reshape")),
    "padding": ("x, n", """
        ctx.n = n
        return F.pad(x, (n, n, n, n))""", """
        n = ctx.n
        return g[:, :, n:-n, n:-n], None""", ("n:-n, n:-n]", "n:-n, n:-n] ** 2")),
    "windows": ("x", """
        \"\"\"x: (N, T)\"\"\"
        return x.unfold(1, 3, 2)""", """
        dx = torch.zeros(g.shape[0], 2 * g.shape[1] + 1)
        for k in range(g.shape[1]):
            dx[:, 2 * k:2 * k + 3] += g[:, k]
        return dx""", ("] += g[:, k]", "] += g[:, k] * g[:, k]")),
}


def verdicts(name: str, *, slip: bool) -> list[str]:
    inputs, forward, backward, (right, wrong) = CASES[name]
    assert right in backward
    backward = backward.replace(right, wrong) if slip else backward
    source = HEAD.format(inputs=inputs, forward=forward.lstrip("\n"), backward=backward.lstrip("\n"))
    claims = [c for c in analyse(source, "case.py", repair=False).claims if c.role == "result"]
    assert claims
    return [c.verdict for c in claims]


@pytest.mark.parametrize("name", CASES)
def test_right_code_is_found_right(name: str) -> None:
    assert set(verdicts(name, slip=False)) <= {"proved", "verified"}


@pytest.mark.parametrize("name", CASES)
def test_a_slip_is_found_wrong(name: str) -> None:
    assert "wrong" in verdicts(name, slip=True)


VIEW = '''
import numpy as np


def square_forward(x):
    """x: (N, D)"""
    out = x * x
    cache = x
    return out, cache


def square_backward(dout, cache):
    x = cache
    dx = np.zeros_like(x)
    flat = VIEW
    flat[...] = (2 * x * dout).reshape(flat.shape)
    return dx
'''


@pytest.mark.parametrize("view", ["dx.reshape(x.shape)", "dx.ravel()", "np.asarray(dx)", "dx[:, :]", "dx.T.T"])
def test_a_write_to_a_view_is_a_write_to_its_base(view: str) -> None:
    claims = [c for c in analyse(VIEW.replace("VIEW", view), "case.py", repair=False).claims if c.role == "result"]
    assert claims
    assert {c.verdict for c in claims} <= {"proved", "verified"}
