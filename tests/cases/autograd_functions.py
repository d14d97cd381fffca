"""Custom autograd ops used by the tabular models.

Most of these exist because the eager version kept too many buffers alive; `python autograd_functions.py`
runs the gradchecks.
"""
import argparse
import logging
import math

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.autograd import Function
from torch.autograd.function import once_differentiable

try:
    import tabular_kernels  # pip install ./csrc
except ImportError:
    tabular_kernels = None

logger = logging.getLogger(__name__)

SQRT_2_OVER_PI = math.sqrt(2.0 / math.pi)


class LinearFunction(Function):
    """y = x W^T + b, weight is (out_features, in_features) as in nn.Linear"""

    @staticmethod
    def forward(ctx, input, weight, bias=None):
        ctx.save_for_backward(input, weight, bias)
        out = input.mm(weight.t())
        if bias is not None:
            out = out + bias
        return out

    @staticmethod
    def backward(ctx, grad_output):
        input, weight, bias = ctx.saved_tensors
        grad_input = grad_weight = grad_bias = None

        # first layer: nobody asks for the input's
        if ctx.needs_input_grad[0]:
            grad_input = grad_output.mm(weight)
        if ctx.needs_input_grad[1]:
            grad_weight = grad_output.t().mm(input)
        if bias is not None and ctx.needs_input_grad[2]:
            grad_bias = grad_output.sum(0)

        return grad_input, grad_weight, grad_bias


class ExpFunction(Function):
    @staticmethod
    def forward(ctx, x):
        result = x.exp()
        ctx.save_for_backward(result)
        return result

    @staticmethod
    def backward(ctx, grad_output):
        result, = ctx.saved_tensors
        return grad_output * result


class SiLUFunction(Function):
    """x * sigmoid(x), keeps x only and computes the sigmoid twice"""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * torch.sigmoid(x)

    @staticmethod
    def backward(ctx, grad_output):
        x = ctx.saved_tensors[0]
        sig = torch.sigmoid(x)
        return grad_output * (sig * (1 + x * (1 - sig)))


class GatedSigmoid(Function):
    """out = sigmoid(gate) * value"""

    @staticmethod
    def forward(ctx, gate, value):
        s = torch.sigmoid(gate)
        ctx.save_for_backward(s, value)
        return s * value

    @staticmethod
    def backward(ctx, grad_out):
        s, value = ctx.saved_tensors
        grad_value = grad_out * s
        grad_gate = grad_out * value * s * (1 - s)
        return grad_gate, grad_value


class TanhGELU(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        inner = SQRT_2_OVER_PI * (x + 0.044715 * x ** 3)
        return 0.5 * x * (1 + torch.tanh(inner))

    @staticmethod
    def backward(ctx, grad_output):
        (x,) = ctx.saved_tensors
        inner = SQRT_2_OVER_PI * (x + 0.044715 * x ** 3)
        t = torch.tanh(inner)
        d_inner = SQRT_2_OVER_PI * (1 + 3 * 0.044715 * x ** 2)
        ff = 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * d_inner
        return ff * grad_output


class LeakyReLUFunction(Function):
    @staticmethod
    def forward(ctx, x, negative_slope):
        ctx.negative_slope = negative_slope
        ctx.save_for_backward(x)
        return torch.where(x > 0, x, negative_slope * x)

    @staticmethod
    def backward(ctx, grad_output):
        x, = ctx.saved_tensors
        grad_x = grad_output.clone()
        grad_x[x <= 0] *= ctx.negative_slope
        return grad_x, None


class HuberLoss(Function):
    """sum over all elements, delta is a python float and gets no gradient"""

    @staticmethod
    def forward(ctx, pred, target, delta=1.0):
        diff = pred - target
        ctx.save_for_backward(diff)
        ctx.delta = delta
        abs_diff = diff.abs()
        quadratic = 0.5 * diff ** 2
        linear = delta * (abs_diff - 0.5 * delta)
        return torch.where(abs_diff <= delta, quadratic, linear).sum()

    @staticmethod
    def backward(ctx, grad_output):
        diff, = ctx.saved_tensors
        delta = ctx.delta
        grad = torch.where(diff.abs() <= delta, diff, delta * torch.sign(diff))
        grad_pred = grad * grad_output
        # target is a leaf only in the gradcheck
        grad_target = -grad_pred
        return grad_pred, grad_target, None


class LayerNormFunction(Function):
    @staticmethod
    def forward(ctx, x, weight, bias, eps):
        mean = x.mean(-1, keepdim=True)
        var = ((x - mean) ** 2).mean(-1, keepdim=True)
        rstd = torch.rsqrt(var + eps)
        x_hat = (x - mean) * rstd
        ctx.save_for_backward(x_hat, weight, rstd)
        ctx.N = x.shape[-1]
        return x_hat * weight + bias

    @staticmethod
    @once_differentiable
    def backward(ctx, dy):
        x_hat, weight, rstd = ctx.saved_tensors
        N = ctx.N
        wdy = weight * dy
        c1 = (x_hat * wdy).sum(-1, keepdim=True) / N
        c2 = wdy.sum(-1, keepdim=True) / N
        dx = (wdy - (x_hat * c1 + c2)) * rstd
        dweight = (dy * x_hat).sum(dim=0)
        dbias = dy.sum(dim=0)
        return dx, dweight, dbias, None


class RMSNormFunction(Function):
    @staticmethod
    def forward(ctx, x, weight, eps=1e-6):
        ms = x.pow(2).mean(dim=-1, keepdim=True)
        inv_rms = torch.rsqrt(ms + eps)
        y = x * inv_rms * weight
        ctx.save_for_backward(x, weight, inv_rms)
        return y

    @staticmethod
    def backward(ctx, grad_y):
        x, weight, inv_rms = ctx.saved_tensors
        D = x.size(-1)
        g = grad_y * weight
        dot = torch.sum(g * x, dim=-1, keepdim=True)
        grad_x = inv_rms * g - x * inv_rms.pow(3) * dot / D
        grad_weight = torch.sum(grad_y * x * inv_rms, dim=tuple(range(x.dim() - 1)))
        return grad_x, grad_weight, None


class SoftmaxCrossEntropy(Function):
    """mean cross entropy of logits (N, C) against integer labels (N,)"""

    @staticmethod
    def forward(ctx, logits, labels):
        logp = logits - torch.logsumexp(logits, dim=1, keepdim=True)
        ctx.save_for_backward(logp, labels)
        return -logp.gather(1, labels.unsqueeze(1)).mean()

    @staticmethod
    def backward(ctx, grad_output):
        logp, labels = ctx.saved_tensors
        n = logp.shape[0]
        grad_logits = logp.exp()
        grad_logits[torch.arange(n), labels] -= 1
        grad_logits = grad_logits * (grad_output / n)
        return grad_logits, None


class SoftmaxFunction(Function):
    @staticmethod
    def forward(ctx, x):
        e = torch.exp(x - x.max(dim=-1, keepdim=True)[0])
        y = e / e.sum(dim=-1, keepdim=True)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx, grad_y):
        y, = ctx.saved_tensors
        inner = (grad_y * y).sum(dim=-1, keepdim=True)
        return y * (grad_y - inner)


class CrossFunction(Function):
    """one layer of a deep & cross net:  x0 * (xl w) + b + xl   with  x0, xl (B, D), w (D,), b (D,)"""

    @staticmethod
    def forward(ctx, x0, xl, w, b):
        s = torch.matmul(xl, w)
        ctx.save_for_backward(x0, xl, w, s)
        return x0 * s[:, None] + b + xl

    @staticmethod
    def backward(ctx, g):
        x0, xl, w, s = ctx.saved_tensors
        gs = (g * x0).sum(dim=1)
        grad_x0 = g * s[:, None]
        grad_xl = g + torch.outer(gs, w)
        grad_w = xl.t() @ gs
        grad_b = g.sum(dim=0)
        return grad_x0, grad_xl, grad_w, grad_b


class CenteredScale(Function):
    """(x - mean over the batch) * scale"""

    @staticmethod
    def forward(ctx, x, scale):
        if not x.is_floating_point():
            raise TypeError("x must be floating point, got %s" % x.dtype)
        centered = x - x.mean(dim=0)
        ctx.save_for_backward(centered, scale)
        return centered * scale

    @staticmethod
    def backward(ctx, grad_output):
        centered, scale = ctx.saved_tensors
        grad_x = grad_scale = None
        if ctx.needs_input_grad[0]:
            grad_x = grad_output * scale
            grad_x = grad_x - grad_x.mean(dim=0, keepdim=True)
        if ctx.needs_input_grad[1]:
            grad_scale = torch.einsum("bd,bd->d", grad_output, centered)
        return grad_x, grad_scale


class FusedBiasGELU(Function):
    """the kernel wants everything contiguous"""

    @staticmethod
    def forward(ctx, x, bias):
        y, pre = tabular_kernels.bias_gelu_forward(x.contiguous(), bias)
        ctx.save_for_backward(pre)
        return y

    @staticmethod
    def backward(ctx, grad_output):
        (pre,) = ctx.saved_tensors
        grad_x = tabular_kernels.gelu_backward(grad_output.contiguous(), pre)
        grad_bias = grad_x.sum(dim=0)
        return grad_x, grad_bias


class StraightThroughRound(Function):
    """round in forward, identity in backward"""

    @staticmethod
    def forward(ctx, x):
        return torch.round(x)

    @staticmethod
    def backward(ctx, grad_output):
        return grad_output


class GradientReversal(Function):
    """domain adaptation: identity forward, minus alpha backward"""

    @staticmethod
    def forward(ctx, x, alpha):
        ctx.alpha = alpha
        return x.view_as(x)

    @staticmethod
    def backward(ctx, grad_output):
        return grad_output.neg() * ctx.alpha, None


class CrossLayer(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.w = nn.Parameter(torch.randn(dim) / math.sqrt(dim))
        self.b = nn.Parameter(torch.zeros(dim))

    def forward(self, x0, xl):
        return CrossFunction.apply(x0, xl, self.w, self.b)


class TabularNet(nn.Module):
    def __init__(self, dim, hidden, classes, layers=2):
        super().__init__()
        self.cross = nn.ModuleList([CrossLayer(dim) for _ in range(layers)])
        self.weight = nn.Parameter(torch.empty(hidden, dim))
        self.bias = nn.Parameter(torch.zeros(hidden))
        nn.init.xavier_uniform_(self.weight)
        self.head = nn.Linear(hidden, classes)

    def forward(self, x):
        xl = x
        for layer in self.cross:
            xl = layer(x, xl)
        h = SiLUFunction.apply(LinearFunction.apply(xl, self.weight, self.bias))
        # h = F.dropout(h, 0.1, self.training)
        return self.head(h)


def train(args):
    torch.manual_seed(args.seed)
    X = torch.randn(2000, 12)
    y = ((X[:, 0] * X[:, 1] > 0).long() + (X[:, 2] > 0.5).long())
    model = TabularNet(12, 32, 3)
    opt = torch.optim.AdamW(model.parameters(), lr=args.lr)
    for epoch in range(args.epochs):
        perm = torch.randperm(len(X))
        total = 0.0
        for i in range(0, len(X), 64):
            idx = perm[i:i + 64]
            loss = SoftmaxCrossEntropy.apply(model(X[idx]), y[idx])
            opt.zero_grad()
            loss.backward()
            grad_norm = torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            opt.step()
            total += loss.item()
        logger.info("epoch %d loss %.4f |g| %.3f", epoch, total / (len(X) // 64), grad_norm)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--lr", type=float, default=1e-2)
    parser.add_argument("--seed", type=int, default=0)
    logging.basicConfig(level=logging.INFO)
    x = torch.randn(4, 6, dtype=torch.double, requires_grad=True)
    w = torch.randn(5, 6, dtype=torch.double, requires_grad=True)
    print(torch.autograd.gradcheck(LinearFunction.apply, (x, w)))
    print(torch.autograd.gradcheck(SiLUFunction.apply, (x,)))
    train(parser.parse_args())
