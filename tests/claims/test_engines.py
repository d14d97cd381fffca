"""Engines of variables: graphs walked by names of operations, by closures, and by functions that keep their inputs."""

from __future__ import annotations

import textwrap

import pytest
from nablint.analysis import analyse
from nablint.results import FileResult

NAMED = """
    import numpy as np

    class Tensor:
        def __init__(self, data, track=False, creators=None, op=None):
            self.data = np.array(data)
            self.track, self.creators, self.op, self.grad = track, creators, op, None

        def backward(self, grad=None):
            if not self.track:
                return
            if grad is None:
                grad = Tensor(np.ones_like(self.data))
            if self.grad is None:
                self.grad = grad
            else:
                self.grad += grad
            if self.creators is None:
                return
            if self.op == "mul":
                self.creators[0].backward(grad * self.creators[1])
                self.creators[1].backward(grad * self.creators[0])
            if self.op == "mm":
                a, b = self.creators
                a.backward(grad.mm(b.transpose()))
                b.backward(a.transpose().mm(grad))
            if self.op == "transpose":
                self.creators[0].backward(grad.transpose())
            if "sum" in self.op:
                dim = int(self.op.split("_")[1])
                self.creators[0].backward(grad.expand(dim, self.creators[0].data.shape[dim]))
            if self.op == "rows":
                found = np.zeros_like(self.creators[0].data)
                for i, row in enumerate(self.index.data.flatten()):
                    found[row] += grad.data[i]
                self.creators[0].backward(Tensor(found))

        def __add__(self, other):
            return Tensor(self.data + other.data)

        def __mul__(self, other):
            if self.track and other.track:
                return Tensor(self.data * other.data, True, [self, other], "mul")
            return Tensor(self.data * other.data)

        def mm(self, x):
            return Tensor(self.data.dot(x.data), self.track, [self, x], "mm")

        def transpose(self):
            return Tensor(self.data.transpose(), self.track, [self], "transpose")

        def sum(self, dim):
            return Tensor(self.data.sum(dim), self.track, [self], "sum_" + str(dim))

        def rows(self, index):
            new = Tensor(self.data[index.data], self.track, [self], "rows")
            new.index = index
            return new

        def expand(self, dim, copies):
            order = list(range(0, len(self.data.shape)))
            order.insert(dim, len(self.data.shape))
            made = self.data.repeat(copies).reshape(list(self.data.shape) + [copies]).transpose(order)
            return Tensor(made)

        def detach(self):
            return Tensor(self.data)
    """

CLOSED = """
    class Value:
        def __init__(self, data, parents=()):
            self.data = data
            self.grad = 0
            self.parents = set(parents)
            self._backward = lambda: None

        def __mul__(self, other):
            out = Value(self.data * other.data, (self, other))

            def _backward():
                self.grad += other.data * out.grad
                other.grad += self.data * out.grad

            out._backward = _backward
            return out

        def backward(self):
            order, seen = [], set()

            def visit(v):
                if v not in seen:
                    seen.add(v)
                    for parent in v.parents:
                        visit(parent)
                    order.append(v)

            visit(self)
            self.grad = 1
            for v in reversed(order):
                v._backward()
    """

KEPT = """
    import weakref
    import numpy as np

    class Variable:
        def __init__(self, data):
            self.data, self.grad, self.creator = data, None, None

        def backward(self, keep_grad=False):
            if self.grad is None:
                self.grad = np.ones_like(self.data)
            waiting = [self.creator]
            while waiting:
                f = waiting.pop()
                gys = [output().grad for output in f.outputs]
                gxs = f.backward(*gys)
                if not isinstance(gxs, tuple):
                    gxs = (gxs,)
                for x, gx in zip(f.inputs, gxs):
                    x.grad = gx if x.grad is None else x.grad + gx
                    if x.creator is not None:
                        waiting.append(x.creator)
                if not keep_grad:
                    for y in f.outputs:
                        y().grad = None

    class Node:
        def __call__(self, *inputs):
            ys = self.forward(*[x.data for x in inputs])
            outputs = [Variable(ys)]
            for output in outputs:
                output.creator = self
            self.inputs = inputs
            self.outputs = [weakref.ref(output) for output in outputs]
            return outputs[0]

    class Mul(Node):
        def forward(self, a, b):
            return a * b

        def backward(self, gy):
            a, b = self.inputs[0].data, self.inputs[1].data
            ga = gy * b
            gb = gy * a
            return ga, gb

    def mul(a, b):
        return Mul()(a, b)
    """

RIGHT = {
    "operations by name": (NAMED, {
        "grad = Tensor(np.ones_like(self.data))", "self.grad = grad", "self.grad += grad", "found[row] += grad.data[i]",
    }),
    "operations with closures": (CLOSED, {"self.grad += other.data * out.grad", "other.grad += self.data * out.grad"}),
    "operations that keep their inputs": (KEPT, {
        "self.grad = np.ones_like(self.data)", "x.grad = gx if x.grad is None else x.grad + gx",
    }),
}

SLIPS = [
    ("operations by name", "grad * self.creators[1]", "grad * self.creators[0]"),
    ("operations by name", "b.backward(a.transpose().mm(grad))", "b.backward(grad.transpose().mm(a))"),
    ("operations by name", "self.grad += grad", "self.grad = grad"),
    ("operations with closures", "self.grad += other.data * out.grad", "self.grad += self.data * out.grad"),
    ("operations that keep their inputs", "else x.grad + gx", "else x.grad - gx"),
    ("operations that keep their inputs", "ga = gy * b", "ga = gy * a"),
]


def analysed(body: str) -> tuple[FileResult, list[str]]:
    source = textwrap.dedent(body)
    return analyse(source, "engine.py"), source.split("\n")


@pytest.mark.parametrize("style", RIGHT)
def test_right_engines_are_right(style: str) -> None:
    body, wanted = RIGHT[style]
    found, source = analysed(body)
    assert found.diagnostics == []
    right = {source[c.row - 1].strip() for c in found.claims if c.verdict in ("proved", "verified")}
    assert wanted <= right, [(c.row, c.verdict, c.reason) for c in found.claims]


@pytest.mark.parametrize(("style", "right", "wrong"), SLIPS)
def test_slips_are_found(style: str, right: str, wrong: str) -> None:
    body, _ = RIGHT[style]
    assert right in body
    found, source = analysed(body.replace(right, wrong))
    assert any(c.verdict == "wrong" for c in found.claims), [(c.row, c.verdict, c.reason) for c in found.claims]
    assert any(wrong in source[d.location.row - 1] for d in found.diagnostics), found.diagnostics


def test_what_begins_with_another_cotangent_is_left_alone() -> None:
    found, _ = analysed(CLOSED.replace("self.grad = 1", "self.grad = 2"))
    assert found.diagnostics == []


def test_what_is_overwritten_is_not_mended_by_a_number() -> None:
    found, source = analysed(KEPT.replace("gx if x.grad is None else x.grad + gx", "gx"))
    (finding,) = found.diagnostics
    assert source[finding.location.row - 1].strip() == "x.grad = gx"
    assert finding.fix is None or "2" not in finding.fix.edits[0].content


def test_a_definition_that_a_later_cell_replaces_is_judged_too() -> None:
    first = textwrap.dedent(CLOSED).replace("self.grad += other.data * out.grad", "self.grad += self.data * out.grad")
    source = first + "\na = Value(2.0)\nb = a @ missing[0]\n" + textwrap.dedent(CLOSED)
    found = analyse(source, "engine.py")
    assert [source.split("\n")[d.location.row - 1].strip() for d in found.diagnostics] == [
        "self.grad += self.data * out.grad"]
    rows = {c.row for c in found.claims if c.verdict == "proved"}
    assert any(source.split("\n")[row - 1].strip() == "other.grad += self.data * out.grad" for row in rows)
