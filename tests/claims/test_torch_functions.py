"""PyTorch's custom functions: what is right though it looks wrong, what cannot be judged, and the slips beside them."""

from __future__ import annotations

import textwrap

import pytest
from nablint.analysis import analyse

HEAD = """
import torch
import torch.nn.functional as F
import torch.distributed as dist
from einops import rearrange, reduce, repeat
from kernels import fused_forward, fused_backward, my_kernel
"""

RIGHT = {
    "halves rotated by an angle that they share": """
        class Rotate(Function):
            @staticmethod
            def forward(ctx, x, cos, sin):
                half = x.shape[-1] // 2
                turned = torch.cat((-x[..., half:], x[..., :half]), dim=-1)
                ctx.save_for_backward(cos, sin)
                return x * cos + turned * sin

            @staticmethod
            def backward(ctx, grad):
                cos, sin = ctx.saved_tensors
                half = grad.shape[-1] // 2
                turned = torch.cat((grad[..., half:], -grad[..., :half]), dim=-1)
                return grad * cos + turned * sin, None, None
        """,
    "a broadcast bias: PyTorch sums its gradient itself": """
        class Add(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x, bias):
                y = torch.tanh(x + bias)
                ctx.save_for_backward(y)
                return y

            @staticmethod
            def backward(ctx, g):
                y, = ctx.saved_tensors
                g = g * (1 - y * y)
                return g, g
        """,
    "a weight for each row, another shape than the first guess": """
        class Weighted(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x, bias, weights):
                ctx.save_for_backward(x, bias, weights)
                return torch.sigmoid(x + bias) * weights

            @staticmethod
            def backward(ctx, g):
                x, bias, weights = ctx.saved_tensors
                s = torch.sigmoid(x + bias)
                grad_x = g * weights * s * (1 - s)
                grad_weights = torch.sum(g * s, dim=-1, keepdim=True)
                return grad_x, grad_x, grad_weights
        """,
    "an input that is written into": """
        class Scale(torch.autograd.Function):
            @staticmethod
            def forward(ctx, q, scale):
                q *= scale
                ctx.mark_dirty(q)
                ctx.save_for_backward(scale)
                return q

            @staticmethod
            def backward(ctx, dq):
                scale, = ctx.saved_tensors
                return dq * scale, None
        """,
    "positions of the largest entries carry no cotangent": """
        class RowMax(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                v, i = x.max(dim=1)
                ctx.mark_non_differentiable(i)
                ctx.save_for_backward(x, i)
                return v, i

            @staticmethod
            def backward(ctx, gv, gi):
                x, i = ctx.saved_tensors
                g = torch.zeros_like(x)
                g.scatter_(1, i.unsqueeze(1), gv.unsqueeze(1))
                return g
        """,
    "a number that a keyword tells of": """
        class Adapted(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x, w, a, b, coupling):
                ctx.coupling = coupling
                ctx.save_for_backward(x, w, a, b)
                y = x @ w.t()
                y.addmm_(x @ a.t(), b.t(), alpha=coupling)
                return y

            @staticmethod
            def backward(ctx, g):
                x, w, a, b = ctx.saved_tensors
                da = torch.empty_like(a.t()).addmm_(x.t(), g @ b, alpha=ctx.coupling, beta=0)
                db = torch.empty_like(b.t()).addmm_(a @ x.t(), g, alpha=ctx.coupling, beta=0)
                dx = (g @ w).addmm_(g @ b, a, alpha=ctx.coupling)
                return dx, g.t() @ x, da.t(), db.t(), None
        """,
    "axes named by einops": """
        class Scores(torch.autograd.Function):
            @staticmethod
            def forward(ctx, q, k, h):
                q, k = map(lambda t: rearrange(t, "b n (h d) -> b h n d", h=h), (q, k))
                ctx.save_for_backward(q, k)
                return torch.einsum("bhid,bhjd->bhij", q, k)

            @staticmethod
            def backward(ctx, ds):
                q, k = ctx.saved_tensors
                dq = rearrange(torch.einsum("bhij,bhjd->bhid", ds, k), "b h n d -> b n (h d)")
                dk = rearrange(torch.einsum("bhij,bhid->bhjd", ds, q), "b h n d -> b n (h d)")
                return dq, dk, None
        """,
    "a mean by einops": """
        class Mean(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                ctx.n = x.shape[1]
                return reduce(x, "b n d -> b d", "mean")

            @staticmethod
            def backward(ctx, g):
                return repeat(g, "b d -> b n d", n=ctx.n) / ctx.n
        """,
    "shapes from running prose in the class docstring": """
        class Cross(torch.autograd.Function):
            '''x0 * (xl w) + b + xl   with  x0, xl (B, D), w (D,), b (D,)'''

            @staticmethod
            def forward(ctx, x0, xl, w, b):
                s = torch.matmul(xl, w)
                ctx.save_for_backward(x0, xl, w, s)
                return x0 * s[:, None] + b + xl

            @staticmethod
            def backward(ctx, g):
                x0, xl, w, s = ctx.saved_tensors
                gs = (g * x0).sum(dim=1)
                return g * s[:, None], g + torch.outer(gs, w), xl.t() @ gs, g.sum(dim=0)
        """,
    "labels behind an unsqueeze": """
        class CrossEntropy(torch.autograd.Function):
            @staticmethod
            def forward(ctx, logits, labels):
                logp = logits - torch.logsumexp(logits, dim=1, keepdim=True)
                ctx.save_for_backward(logp, labels)
                return -logp.gather(1, labels.unsqueeze(1)).sum()

            @staticmethod
            def backward(ctx, g):
                logp, labels = ctx.saved_tensors
                grad = logp.exp()
                grad[torch.arange(len(labels)), labels] -= 1
                return grad * g, None
        """,
    "gates that are kept side by side": """
        class GatedUnit(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x, limit):
                a, b = x.chunk(2, dim=-1)
                ctx.save_for_backward(x)
                ctx.limit = limit
                return a.clamp(min=None, max=limit) * torch.sigmoid(b)

            @staticmethod
            def backward(ctx, g):
                x, = ctx.saved_tensors
                a, b = x.chunk(2, dim=-1)
                s = torch.sigmoid(b)
                da = torch.where(a > ctx.limit, torch.zeros_like(a), g * s)
                db = g * a.clamp(min=None, max=ctx.limit) * s * (1 - s)
                return torch.cat((da, db), dim=-1), None
        """,
    "a refusal to run on this machine": """
        class Square(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                if not x.is_cuda:
                    raise RuntimeError("only on a GPU")
                if x.dtype not in (torch.float16, torch.bfloat16):
                    raise TypeError(x.dtype)
                if x.requires_grad:
                    ctx.save_for_backward(x)
                return x * x

            @staticmethod
            def backward(ctx, g):
                x, = ctx.saved_tensors
                return 2 * x * g
        """,
    "ranks told by what names the axes": """
        class Attend(torch.autograd.Function):
            @staticmethod
            def forward(ctx, q, k, v):
                scaled = q * 0.5
                scores = torch.einsum("bhid,bhjd->bhij", scaled, k)
                p = scores.softmax(dim=-1)
                ctx.save_for_backward(scaled, k, v, p)
                return torch.einsum("bhij,bhjd->bhid", p, v)

            @staticmethod
            def backward(ctx, do):
                scaled, k, v, p = ctx.saved_tensors
                dv = torch.einsum("bhij,bhid->bhjd", p, do)
                dp = torch.einsum("bhid,bhjd->bhij", do, v)
                ds = p * (dp - (p * dp).sum(-1, keepdim=True))
                dq = 0.5 * torch.einsum("bhij,bhjd->bhid", ds, k)
                dk = torch.einsum("bhij,bhid->bhjd", ds, scaled)
                return dq, dk, dv
        """,
    "tiles of a matrix": """
        class Tiled(torch.autograd.Function):
            @staticmethod
            def forward(ctx, q, k, tile):
                out = torch.zeros((q.shape[0], k.shape[0]))
                for rows, into in zip(q.split(tile, dim=0), out.split(tile, dim=0)):
                    for columns, part in zip(k.split(tile, dim=0), into.split(tile, dim=1)):
                        part.copy_(rows @ columns.t())
                ctx.save_for_backward(q, k)
                ctx.tile = tile
                return out

            @staticmethod
            def backward(ctx, g):
                q, k = ctx.saved_tensors
                dq, dk = torch.zeros_like(q), torch.zeros_like(k)
                for rows, gr, into in zip(q.split(ctx.tile, 0), g.split(ctx.tile, 0), dq.split(ctx.tile, 0)):
                    into.add_(gr @ k)
                for gc, into in zip(g.split(ctx.tile, 1), dk.split(ctx.tile, 0)):
                    into.add_(gc.t() @ q)
                return dq, dk, None
        """,
}

MEANT = {
    "a reversal": ("return x.view_as(x)", "return -ctx.alpha * g, None"),
    "a constant instead of a step's zero": ("return torch.round(x)", "return g, None"),
    "a surrogate for a sign": ("return torch.sign(x)", "return g / (1 + ctx.alpha * x.abs()) ** 2, None"),
    "straight through a bound": ("return x.clamp(-1, 1)", "return g, None"),
    "another distribution than forward's": ("return torch.logsumexp(x, dim=-1)", "return g.unsqueeze(-1) * ctx.alpha, "
                                                                                 "None"),
    "nothing but a kernel": ("return fused_forward(x)", "return g * x, None"),
    "a kernel that fills a buffer": ("y = torch.empty_like(x); my_kernel[(1,)](x, y); return y", "return g * x, None"),
    "a buffer that a kernel fills going back": ("return x * 2", "dx = torch.empty_like(x); my_kernel[(1,)](g, dx); "
                                                                "return dx, None"),
    "a sum over processes": ("return x * 2", "g = g * 2; dist.all_reduce(g); return g * 3, None"),
    "a kernel's share of the value": ("y = torch.empty_like(x); my_kernel[(1,)](x, y); return x * 2 + y",
                                      "return g * 2.5, None"),
}

WRONG = {
    "no derivative of the bound's inside": ("return (2 * x).clamp(-1, 1) * x", "return 2 * g * x, None"),
    "the wrong sign": ("return torch.exp(-x)", "return g * torch.exp(-x), None"),
    "the cotangent lost": ("return x ** 2", "return 2 * x, None"),
    "a factor too few": ("return x ** 3", "return g * x ** 2, None"),
}


def function(forward: str, backward: str) -> str:
    """A function of x with a constant that only backward knows."""
    lines = "\n".join(f"        {line}" for line in forward.split("; "))
    back = "\n".join(f"        {line}" for line in backward.split("; "))
    return (f"{HEAD}\nclass Op(torch.autograd.Function):\n    @staticmethod\n    def forward(ctx, x, alpha):\n"
            f"        ctx.save_for_backward(x)\n        ctx.alpha = alpha\n{lines}\n\n"
            f"    @staticmethod\n    def backward(ctx, g):\n        x, = ctx.saved_tensors\n{back}\n")


@pytest.mark.parametrize("case", RIGHT)
def test_right_functions_are_right(case: str) -> None:
    found = analyse(HEAD + textwrap.dedent(RIGHT[case]), "functions.py")
    results = [c for c in found.claims if c.role == "result"]
    assert found.diagnostics == []
    assert results and all(c.verdict in ("proved", "verified") for c in results), [
        (c.gradient, c.reason) for c in results
    ]


@pytest.mark.parametrize("case", MEANT)
def test_what_may_be_meant_is_no_finding(case: str) -> None:
    found = analyse(function(*MEANT[case]), "functions.py", repair=False)
    assert found.diagnostics == []
    assert not any(c.verdict == "wrong" for c in found.claims)


@pytest.mark.parametrize("case", WRONG)
def test_slips_beside_them_are_found(case: str) -> None:
    found = analyse(function(*WRONG[case]), "functions.py")
    assert any(c.verdict == "wrong" for c in found.claims)
    assert found.diagnostics


def test_every_argument_without_a_default_gets_a_gradient_or_none() -> None:
    """PyTorch: "returned an incorrect number of gradients (expected 2, got 1)"."""
    found = analyse(function("return x ** 2", "return 2 * g * x"), "functions.py")
    assert [c.verdict for c in found.claims if c.role == "result"] == ["wrong"]
    defaulted = function("return x ** 2", "return 2 * g * x").replace("x, alpha)", "x, alpha=1.0)")
    assert not analyse(defaulted, "functions.py").diagnostics


PAIRS = {
    "tensors are viewed, not cast": """
        def scale(o: torch.Tensor, r: torch.Tensor):
            '''
            o: [B, T, H*D]
            r: [B, T, H, D]
            '''
            return o * r.view(o.shape)

        def scale_backward(grad_output, o, r):
            grad_o = grad_output * r.view(o.shape)
            grad_r = (grad_output * o).view(r.shape)
            return grad_o, grad_r
        """,
    "all shapes of one tuple": """
        def recur(q: torch.Tensor, k: torch.Tensor):
            B, T, D, M = *q.shape, k.shape[-1]
            h = torch.zeros(B, D, M)
            o = torch.zeros(B, T, M)
            for i in range(T):
                h = h + q[:, i, :, None] * k[:, i, None, :]
                o[:, i] = h.sum(1)
            return o

        def recur_bwd(do, q, k):
            dq, dk = torch.zeros_like(q), torch.zeros_like(k)
            dh = torch.zeros(q.shape[0], q.shape[2], k.shape[2])
            for i in range(q.shape[1] - 1, -1, -1):
                dh = dh + do[:, i, None, :]
                dq[:, i] = (dh * k[:, i, None, :]).sum(-1)
                dk[:, i] = (dh * q[:, i, :, None]).sum(1)
            return dq, dk
        """,
    "what PyTorch sums for its caller": """
        def act(y, bias):
            return torch.tanh(y + bias)

        def act_back(g, y, bias):
            t = torch.tanh(y + bias)
            d = g * (1 - t * t)
            return d, d

        class Act(torch.autograd.Function):
            @staticmethod
            def forward(ctx, y, bias):
                ctx.save_for_backward(y, bias)
                return act(y, bias)

            @staticmethod
            def backward(ctx, g):
                return act_back(g, *ctx.saved_tensors)
        """,
}


@pytest.mark.parametrize("case", PAIRS)
def test_right_pairs_of_functions_are_right(case: str) -> None:
    found = analyse("import torch\n" + textwrap.dedent(PAIRS[case]), "functions.py")
    results = [c for c in found.claims if c.role == "result"]
    assert found.diagnostics == []
    assert results and all(c.verdict in ("proved", "verified") for c in results), [
        (c.gradient, c.reason) for c in results
    ]


def test_only_pytorch_counts_gradients() -> None:
    """A library of its own with the same protocol may want gradients for tensors alone, and none for a shape."""
    text = (
        "{}\n\n\nclass Reshape(Function):\n    @staticmethod\n    def forward(ctx, x, shape):\n"
        "        ctx.save_for_backward(x.shape)\n        return x.reshape(shape)\n\n    @staticmethod\n"
        "    def backward(ctx, grad_output):\n        in_shape, = ctx.saved_tensors\n"
        "        return grad_output.reshape(in_shape)\n"
    )
    assert analyse(text.format("from .tensor import Function"), "ops.py").diagnostics == []
    assert analyse(text.format("from torch.autograd import Function"), "ops.py").diagnostics != []


CORE = """
    import torch

    class Gated(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, w):
            y = torch.ops.aten.silu.default(x)
            ctx.save_for_backward(x, y, w)
            return torch.ops.aten.mul.Tensor(y, w)

        @staticmethod
        def backward(ctx, up):
            x, y, w = ctx.saved_tensors
            dx = torch.ops.aten.silu_backward.default(up * w, KEPT)
            dw = torch.ops.aten.sum.dim_IntList(up * y, [0], False)
            return dx, dw
    """


@pytest.mark.parametrize(("kept", "right"), [("x", True), ("y", False)])
def test_operators_of_the_core_are_known_by_their_overloads(kept: str, right: bool) -> None:
    found = analyse(textwrap.dedent(CORE).replace("KEPT", kept), "core.py")
    verdicts = {c.gradient: c.verdict for c in found.claims if c.role == "result"}
    assert verdicts["dw"] in ("proved", "verified")
    assert (verdicts["dx"] in ("proved", "verified")) == right
    assert bool(found.diagnostics) != right
