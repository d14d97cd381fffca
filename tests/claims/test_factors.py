"""A factor that comes in on the way back is reported where it comes in, once, whatever the values are called."""

from __future__ import annotations

import textwrap

from nablint.analysis import analyse

ATTENTION = """
    import torch
    import torch.nn.functional as F

    class Attend(torch.autograd.Function):
        @staticmethod
        def forward(ctx, heads, queries, keys, values, mask, dropout):
            n, rate = torch.tensor([heads]), torch.tensor([dropout])
            width = queries.size(2) // heads
            q = queries.view(queries.size(0), queries.size(1) * heads, width).transpose(0, 1)
            k = keys.view(keys.size(0), keys.size(1) * heads, width).transpose(0, 1)
            v = values.view(keys.size(0), keys.size(1) * heads, width).transpose(0, 1)
            scores = torch.empty((q.size(0), q.size(1), k.size(1)), device=torch.device("cuda"))
            scores = torch.baddbmm(scores, q, k.transpose(1, 2), out=scores, beta=0.0, alpha=0.5)
            scores = scores.masked_fill_(mask.to(torch.bool), float("-inf"))
            probs = F.softmax(scores, dim=-1)
            kept, where_kept = torch._fused_dropout(probs, p=(1. - rate[0]))
            ctx.save_for_backward(n, rate, q, k, v, probs, kept, where_kept)
            return torch.bmm(kept, v)

        @staticmethod
        def backward(ctx, up):
            n, rate, q, k, v, probs, kept, where_kept = ctx.saved_tensors
            first = torch.bmm(up, v.transpose(1, 2))
            third = torch.bmm(kept.transpose(1, 2), up)
            second = torch._masked_scale(first, where_kept, SCALE)
            inner = torch._softmax_backward_data(second, probs, -1, probs.dtype)
            left = torch.bmm(inner, k) * 0.5
            right = torch.bmm(inner.transpose(1, 2), q) * 0.5
            left = left.transpose(0, 1).reshape(left.size(1), left.size(0) // n[0], n[0] * left.size(2))
            right = right.transpose(0, 1).reshape(right.size(1), right.size(0) // n[0], n[0] * right.size(2))
            third = third.transpose(0, 1).reshape(third.size(1), third.size(0) // n[0], n[0] * third.size(2))
            return None, left, right, third, None, None
    """


def judged(scale: str) -> tuple[list[int], dict[str, str]]:
    source = textwrap.dedent(ATTENTION).replace("SCALE", scale)
    found = analyse(source, "attend.py")
    line = next(i for i, text in enumerate(source.split("\n"), 1) if "_masked_scale" in text)
    return ([d.location.row - line for d in found.diagnostics],
            {c.wrt: c.verdict for c in found.claims if c.role == "result"})


def test_dropout_with_its_own_scale_is_right() -> None:
    findings, verdicts = judged("1. / (1. - rate[0])")
    assert findings == [] and set(verdicts.values()) <= {"proved", "verified"} and verdicts, verdicts


def test_the_share_that_is_dropped_is_no_scale() -> None:
    findings, verdicts = judged("rate[0]")
    assert findings == [0] and "wrong" in verdicts.values()
