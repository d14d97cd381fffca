"""Functions in Chainer's protocol: tuples of arrays in, tuples of cotangents back; what is retained between the two."""

from __future__ import annotations

import textwrap

import pytest
from nablint.analysis import analyse
from nablint.tracing.project import Project

HEAD = """
import numpy as np
import chainer
import chainer.functions as F
from chainer import backend, function_node, utils
from chainer.utils import type_check
from chainer.backends import cuda
from chainer.functions.math import matmul as products
"""

RIGHT = {
    "a product of two arrays": """
        class Scaled(function_node.FunctionNode):
            def forward(self, inputs):
                self.retain_inputs((0, 1))
                x, scale = inputs
                return utils.force_array(x * scale * x.dtype.type(2)),

            def backward(self, indexes, grad_outputs):
                x, scale = self.get_retained_inputs()
                g, = grad_outputs
                return 2 * g * scale, 2 * g * x
        """,
    "the output is retained": """
        class Squash(function_node.FunctionNode):
            def forward_cpu(self, inputs):
                y = np.tanh(inputs[0])
                self.retain_outputs((0,))
                return y,

            def backward(self, indexes, gy):
                y, = self.get_retained_outputs()
                return gy[0] * (1 - y * y),
        """,
    "gradients only of what is asked for": """
        class Rows(chainer.FunctionNode):
            def forward(self, inputs):
                self.retain_inputs((0, 1))
                x, W = inputs[:2]
                out = x.dot(W.T)
                if len(inputs) == 3:
                    b = inputs[2]
                    out += b
                return out,

            def backward(self, indexes, grads):
                x, W = self.get_retained_inputs()
                g, = grads
                out = []
                if 0 in indexes:
                    out.append(F.matmul(g, W))
                if 1 in indexes:
                    out.append(products.matmul(g, x, transa=True))
                if 2 in indexes:
                    out.append(F.sum(g, axis=0))
                return tuple(out)
        """,
    "the older protocol, with inputs as arrays": """
        class Mix(chainer.Function):
            def forward(self, inputs):
                x, t = inputs
                self.gap = x - t
                return np.array((self.gap ** 2).sum() / len(x)),

            def backward(self, inputs, grad_outputs):
                x, t = inputs
                g, = grad_outputs
                gx = g * 2 / len(x) * self.gap
                return gx, -gx
        """,
    "one function applied in the backward method of another": """
        class Wave(function_node.FunctionNode):
            def forward(self, x):
                self.retain_inputs((0,))
                return np.sin(x[0]),

            def backward(self, indexes, gy):
                x, = self.get_retained_inputs()
                return Slope().apply((x, gy[0]))


        class Slope(function_node.FunctionNode):
            def forward(self, inputs):
                self.retain_inputs((0, 1))
                x, g = inputs
                return np.cos(x) * g,

            def backward(self, indexes, gg):
                x, g = self.get_retained_inputs()
                gx = -F.sin(x) * g * gg[0]
                return gx, F.cos(x) * gg[0]
        """,
    "what the function was made with may come from its inputs": """
        class Centred(function_node.FunctionNode):
            def __init__(self, middle):
                self.middle = middle

            def forward(self, inputs):
                x, = inputs
                return x - self.middle[:, None],

            def backward(self, indexes, grad_outputs):
                g, = grad_outputs
                return g - F.broadcast_to(F.mean(g, axis=1, keepdims=True), g.shape),
        """,
    "the function of a gradient, which another one applies": """
        class Ratio(function_node.FunctionNode):
            def forward(self, inputs):
                self.retain_inputs((0, 1))
                p, q = inputs
                return p / q,

            def backward(self, indexes, grad_outputs):
                p, q = self.get_retained_inputs()
                return RatioGrad().apply((p, q, grad_outputs[0]))


        class RatioGrad(function_node.FunctionNode):
            def forward(self, inputs):
                self.retain_inputs((0, 1, 2))
                p, q, gy = inputs
                ga = gy / q
                gb = -ga * p / q
                return utils.sum_to(ga, p.shape), utils.sum_to(gb, q.shape)

            def backward(self, indexes, grad_outputs):
                p, q, gy = self.get_retained_inputs()
                gga, ggb = grad_outputs
                square = q * q
                first = -ggb * gy / square
                second = -gga * gy / square + 2 * ggb * gy * p / (square * q)
                third = gga / q - ggb * p / square
                return F.sum_to(first, p.shape), F.sum_to(second, q.shape), F.sum_to(third, gy.shape)
        """,
    "the function of a gradient that is made with what it needs": """
        class Power(function_node.FunctionNode):
            def forward(self, inputs):
                self.retain_inputs((0,))
                x, = inputs
                self.root = np.sqrt(np.exp(x))
                return self.root * x,

            def backward(self, indexes, grad_outputs):
                x, = self.get_retained_inputs()
                return PowerGrad(self.root).apply((x, grad_outputs[0]))


        class PowerGrad(function_node.FunctionNode):
            def __init__(self, root):
                self.root = root

            def forward(self, inputs):
                self.retain_inputs((0, 1))
                x, g = inputs
                return g * self.root * (1 + x / 2),

            def backward(self, indexes, grad_outputs):
                x, g = self.get_retained_inputs()
                gg, = grad_outputs
                root = F.exp(x / 2)
                return gg * g * root * (1 + x / 4), gg * root * (1 + x / 2)
        """,
    "what the function was made with, where forward writes in ways that are not known": """
        class Leaky(function_node.FunctionNode):
            def forward(self, inputs):
                x, W = inputs
                y = x.copy()
                masked = np.ma.masked_greater_equal(y, 0, copy=False)
                masked *= W.reshape((1,) + W.shape)
                self.retain_inputs((0, 1))
                return y,

            def backward(self, indexes, grad_outputs):
                x, W = self.get_retained_inputs()
                return LeakyGrad((1,) + W.shape).apply((x, W, grad_outputs[0]))


        class LeakyGrad(function_node.FunctionNode):
            def __init__(self, extended):
                self.extended = extended

            def forward(self, inputs):
                x, W, gy = inputs
                gx = gy.copy()
                masked = np.ma.array(gx, mask=x >= 0)
                masked *= W.reshape(self.extended)
                self.retain_inputs((0, 1, 2))
                return gx, np.where(x >= 0, 0, x * gy).sum(axis=0)

            def backward(self, indexes, grad_outputs):
                x, W, gy = self.get_retained_inputs()
                ggx, ggW = grad_outputs
                spread = F.broadcast_to(F.reshape(ggW, self.extended), x.shape) * (x.data < 0)
                ggy = ggx * F.where(x.data >= 0, 1, F.broadcast_to(F.reshape(W, self.extended), x.shape))
                return spread * gy, F.sum(ggx * gy * (x.data < 0), axis=0), ggy + spread * x
        """,
    "a sum over one axis, and over all": """
        class Total(function_node.FunctionNode):
            def __init__(self, axis=None, keepdims=False):
                self.axis = axis
                self.keepdims = keepdims

            def forward(self, inputs):
                x, = inputs
                self.shape = x.shape
                return np.asarray(x.sum(axis=self.axis, keepdims=self.keepdims)),

            def backward(self, indexes, grad_outputs):
                g, = grad_outputs
                if self.axis is not None and not self.keepdims:
                    g = F.expand_dims(g, self.axis)
                g = F.broadcast_to(g, self.shape)
                return g,
        """,
    "arrays that lie in memory as they are indexed": """
        class Spread(function_node.FunctionNode):
            def forward(self, inputs):
                self.retain_inputs((0, 1))
                x, scale = inputs
                layout, _ = self.input_layouts
                self.first = layout is None
                return (x / scale if self.first else x.transpose() / scale),

            def backward(self, indexes, grad_outputs):
                x, scale = self.get_retained_inputs()
                g, = grad_outputs
                gx = g / scale
                return gx, -gx * x / scale
        """,
    "as many axes as the check of types expects": """
        class Turned(function_node.FunctionNode):
            def check_type_forward(self, in_types):
                type_check._argname(in_types, ("x",))
                x_type = in_types[0]
                type_check.expect(in_types.size() == 1, x_type.dtype.kind == "f", x_type.ndim == 3)

            def forward(self, inputs):
                x, = inputs
                return np.swapaxes(x, 0, 1) * 3,

            def backward(self, indexes, grad_outputs):
                g, = grad_outputs
                return F.swapaxes(g, 0, 1) * 3,
        """,
    "sizes that the check of types expects, of axes that forward code makes one": """
        class Rows(function_node.FunctionNode):
            def check_type_forward(self, in_types):
                x_type, w_type = in_types[:2]
                type_check.expect(x_type.ndim == 3, w_type.ndim == 4, x_type.shape[1] == w_type.shape[2],
                                  x_type.shape[2] == w_type.shape[3])

            def forward(self, inputs):
                self.retain_inputs((0, 1))
                x, W = inputs[:2]
                outputs = W.shape[0] * W.shape[1]
                columns = W.shape[2] * W.shape[3]
                return x.reshape(-1, columns) @ W.reshape(outputs, columns).T,

            def backward(self, indexes, grad_outputs):
                x, W = self.get_retained_inputs()
                g, = grad_outputs
                flat = F.reshape(W, (g.shape[1], -1))
                rows = F.reshape(x, (len(x), -1))
                return F.reshape(F.matmul(g, flat), x.shape), F.reshape(F.matmul(g, rows, transa=True), W.shape)
        """,
    "whole numbers that the check of types expects": """
        class Margin(function_node.FunctionNode):
            def check_type_forward(self, in_types):
                score_type, side_type = in_types
                type_check.expect(score_type.dtype.kind == "f", side_type.dtype.kind == "i",
                                  score_type.shape == side_type.shape)

            def forward(self, inputs):
                self.retain_inputs((0, 1))
                score, side = inputs
                self.known = side != self.unknown_label
                return self.known * np.logaddexp(0, score) - self.known * score * side,

            def backward(self, indexes, grad_outputs):
                score, side = self.get_retained_inputs()
                g, = grad_outputs
                return MarginGrad(self.known, side.data).apply((score, g)) + (None,)


        class MarginGrad(function_node.FunctionNode):
            def __init__(self, known, side):
                self.known, self.side = known, side

            def forward(self, inputs):
                self.retain_inputs((0, 1))
                score, g = inputs
                p, = Squashed().forward((score,))
                return g * self.known * (p - self.side),

            def backward(self, indexes, grad_outputs):
                score, g = self.get_retained_inputs()
                gg, = grad_outputs
                p = F.sigmoid(score)
                gscore = p * (1 - p)
                gscore *= self.known * g * gg
                return gscore, gg * self.known * (p - self.side.astype(p.dtype))


        class Squashed(function_node.FunctionNode):
            def forward_cpu(self, inputs):
                self.retain_outputs((0,))
                return 1 / (1 + np.exp(-inputs[0])),

            def backward(self, indexes, grad_outputs):
                y, = self.get_retained_outputs()
                return grad_outputs[0] * y * (1 - y),
        """,
}

SLIPS = [
    ("arrays that lie in memory as they are indexed", "-gx * x / scale", "-gx * x * scale"),
    ("as many axes as the check of types expects", "F.swapaxes(g, 0, 1)", "F.transpose(g)"),
    ("sizes that the check of types expects, of axes that forward code makes one", "F.matmul(g, flat)",
     "F.matmul(g * g, flat)"),
    ("whole numbers that the check of types expects", "gscore = p * (1 - p)", "gscore = p * (1 + p)"),
    ("a product of two arrays", "2 * g * scale, 2 * g * x", "2 * g * x, 2 * g * x"),
    ("the output is retained", "(1 - y * y)", "(1 - y)"),
    ("gradients only of what is asked for", "F.sum(g, axis=0)", "F.sum(g, axis=1)"),
    ("gradients only of what is asked for", "g, x, transa=True", "x, g, transa=True"),
    ("the older protocol, with inputs as arrays", "gx, -gx", "gx, gx"),
    ("one function applied in the backward method of another", "Slope().apply((x, gy[0]))",
     "Slope().apply((gy[0], x))"),
    ("the function of a gradient, which another one applies", "gy * p / (square * q)", "gy * p * (square * q)"),
    ("the function of a gradient that is made with what it needs", "(1 + x / 4)", "(1 + x / 2)"),
    ("a sum over one axis, and over all", "F.broadcast_to(g, self.shape)", "F.broadcast_to(g * g, self.shape)"),
]


def _analysed(source: str) -> tuple[set[str], list[str]]:
    found = analyse(HEAD + textwrap.dedent(source), "node.py")
    assert not found.error
    return {c.verdict for c in found.claims if c.role == "result"}, [d.message for d in found.diagnostics]


@pytest.mark.parametrize("name", RIGHT)
def test_right_functions_are_judged_and_nothing_is_found(name: str) -> None:
    verdicts, messages = _analysed(RIGHT[name])
    assert not messages
    if not name.startswith("what the function was made with"):
        assert verdicts and verdicts <= {"proved", "verified"}


@pytest.mark.parametrize(("name", "old", "new"), SLIPS)
def test_slips_in_them_are_found(name: str, old: str, new: str) -> None:
    assert old in RIGHT[name]
    assert _analysed(RIGHT[name].replace(old, new))[1]


ENGINE = """
class FunctionNode:
    def forward(self, inputs):
        raise ValueError('forward is not there')

    def retain_inputs(self, indexes):
        self.kept = indexes
"""


def test_a_function_of_the_package_itself_is_read_by_the_protocol() -> None:
    """The engine that stands beside it says less than what is known of its functions."""
    files = {"chainer.function_node": ENGINE, "chainer": ""}
    source = """
import numpy as np
from chainer import function_node

class Square(function_node.FunctionNode):
    def forward(self, inputs):
        self.retain_inputs((0,))
        return inputs[0] ** 2,

    def backward(self, indexes, grad_outputs):
        x, = self.get_retained_inputs()
        return 2 * x * grad_outputs[0],
"""
    resolve = Project(files.get).resolver("chainer.functions.math.square")
    found = analyse(source, "square.py", resolve=resolve)
    assert not found.diagnostics
    assert [c.verdict for c in found.claims if c.role == "result"] in (["proved"], ["verified"])


def test_what_the_package_writes_in_its_own_protocol_is_read() -> None:
    """A class of one of its function files is followed; a function that is known by its name stays what it is."""
    files = {
        "chainer": "", "chainer.functions": "", "chainer.functions.activation": "",
        "chainer.functions.activation.tanh": """
import numpy as np
from chainer import function_node

class Tanh(function_node.FunctionNode):
    def forward_cpu(self, inputs):
        self.retain_outputs((0,))
        return np.tanh(inputs[0]),

def tanh(x):
    return Tanh().apply((x,))[0]
"""}
    source = """
from chainer import function_node
from chainer.functions.activation import tanh

class Gate(function_node.FunctionNode):
    def forward(self, inputs):
        self.retain_inputs((0,))
        y, = tanh.Tanh().forward((inputs[0],))
        return 2 * y,

    def backward(self, indexes, grad_outputs):
        x, = self.get_retained_inputs()
        return 2 * grad_outputs[0] * (1 - tanh.tanh(x) ** 2),
"""
    found = analyse(source, "gate.py", resolve=Project(files.get).resolver("chainer.functions.math.gate"))
    assert not found.diagnostics
    assert [c.verdict for c in found.claims if c.role == "result"] in (["proved"], ["verified"])
