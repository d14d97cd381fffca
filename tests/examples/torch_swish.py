import torch
from torch.autograd import Function


class Swish(Function):
    """x * sigmoid(beta * x) with a fixed beta; keeps x only, to save memory."""

    @staticmethod
    def forward(ctx, x, beta):
        ctx.save_for_backward(x)
        ctx.beta = beta
        return x * torch.sigmoid(beta * x)

    @staticmethod
    def backward(ctx, grad_output):
        (x,) = ctx.saved_tensors
        s = torch.sigmoid(ctx.beta * x)
        grad_x = grad_output * (s + x * s * (1 - s))
        return grad_x, None


def swish(x, beta=1.0):
    return Swish.apply(x, beta)
