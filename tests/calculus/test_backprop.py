from functools import partial

import numpy as np
import pytest
from calculus.backprop import ACTIVATIONS, NETWORKS
from calculus.reckoning import Question, close, run_code
from nablint.calculus.derivation import derive
from nablint.calculus.gradient import gradients
from nablint.calculus.question import answer
from nablint.calculus.terms import Graph
from nablint.ops.card import op
from nablint.shapes import Polynomial, Size

CASES = [(name, text, wrt, shapes, wanted) for name, text, variables, shapes in NETWORKS for wrt,
         wanted in variables.items()]


@pytest.mark.parametrize(("name", "text", "wrt", "shapes", "wanted"), CASES, ids=[f"{c[0]}, d{c[2]}" for c in CASES])
def test_network(name, text, wrt, shapes, wanted):
    asked = Question(text, wrt, shapes)
    found = asked.derivation()
    assert found.check() == []
    gradient = np.asarray(found.gradient.sample)
    if "Cholesky" in name and wrt == "K":  # only the lower half is read: the complex step sees that, too
        numeric = central(asked)
        assert close((gradient + gradient.T) / 2, (numeric + numeric.T) / 2, 1e-6)
    else:
        assert close(gradient, asked.complex_step())
    if asked.setting.structures.get(wrt):
        return
    shown = answer(text, wrt, shapes)
    if wanted is not None:
        assert shown.gradient["text"] == wanted
    for style in ("numpy", "einsum"):
        code = shown.gradient[style]
        if code is not None:
            assert close(run_code(code, asked.samples), gradient), code
    assert shown.gradient["numpy"] is not None or "Cholesky" in name


def central(asked, step=1e-5):
    base = np.asarray(asked.variable.sample, float)
    out = np.zeros(base.shape)
    for place in np.ndindex(base.shape):
        ends = []
        for sign in (1, -1):
            moved = base.copy()
            moved[place] += sign * step
            ends.append(float(np.sum(asked.at((moved + moved.T) / 2))))
        out[place] = (ends[0] - ends[1]) / (2 * step)
    return out


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activation(name):
    asked = Question(f"np.sum(G * {name}(X @ W))", "W", {"X": "n,d", "W": "d,c", "G": "n,c"})
    found = asked.derivation()
    assert found.check() == []
    assert close(found.gradient.sample, asked.complex_step(1e-20))


def leaf(graph, name, *sizes):
    rng = np.random.default_rng(len(name) + sum(v for _, v in sizes))
    shape = tuple(Size(v, Polynomial.symbol(s)) for s, v in sizes)
    return graph.leaf(name, rng.uniform(-1, 1, shape), shape)


def embedding(graph):
    table = leaf(graph, "E", ("v", 7), ("d", 3))
    return table, op.getitem(table, graph.constant(np.array([1, 4, 1, 6])), index=(("term", 0),))


def integer_labels(graph):
    z = leaf(graph, "Z", ("n", 5), ("c", 4))
    return z, op.cross_entropy(z, graph.constant(np.array([0, 3, 1, 1, 2])), axis=-1)


def convolution_by_columns(graph):
    x = leaf(graph, "x", ("h", 6), ("w", 5))
    kernel = leaf(graph, "k", ("k", 6))
    rows = np.array([[i + a for a in range(3) for _ in range(2)] for i in range(4) for _ in range(4)])
    columns = np.array([[j + b for _ in range(3) for b in range(2)] for _ in range(4) for j in range(4)])
    patches = op.getitem(x, graph.constant(rows), graph.constant(columns), index=(("term", 0), ("term", 1)))
    return x, patches @ kernel


WINDOWS = {"axes": (2, 3), "size": (3, 2), "stride": (1, 1), "dilation": (1, 1)}


def convolution_by_windows(graph, by="x"):
    x = leaf(graph, "x", ("n", 2), ("c", 3), ("h", 6), ("w", 5))
    kernel = leaf(graph, "k", ("f", 4), ("c", 3), ("a", 3), ("b", 2))
    out = op.einsum(op.windows(x, **WINDOWS), kernel, subscripts="nchwab,fcab->nfhw")
    return {"x": x, "k": kernel}[by], out


def convolution(graph, by="x"):
    x = leaf(graph, "x", ("n", 2), ("c", 3), ("h", 6), ("w", 5))
    kernel = leaf(graph, "k", ("f", 4), ("c", 3), ("a", 3), ("b", 2))
    plain = {"stride": (2, 1), "padding": (1, 0), "dilation": (1, 1), "groups": 1}
    return {"x": x, "k": kernel}[by], op.convolution(x, kernel, **plain)


def average_pooling_by_windows(graph):
    x = leaf(graph, "x", ("n", 2), ("c", 3), ("h", 6), ("w", 4))
    windows = op.windows(x, **{**WINDOWS, "size": (2, 2), "stride": (2, 2)})
    return x, op.mean(windows, axis=(4, 5), keepdims=False)


def max_pooling_by_windows(graph):
    x = leaf(graph, "x", ("n", 2), ("c", 3), ("h", 6), ("w", 4))
    return x, op.max(op.windows(x, **{**WINDOWS, "size": (2, 2), "stride": (2, 2)}), axis=(4, 5))


def pooling(graph):
    x = leaf(graph, "x", ("a", 6), ("b", 4))
    blocks = op.reshape(x, shape=(3, 2, 2, 2))
    return x, op.max(blocks, axis=(1, 3))


def multiclass_hinge(graph):
    scores = leaf(graph, "S", ("n", 5), ("c", 4))
    labels = graph.constant(np.array([0, 3, 1, 1, 2]))
    right = op.getitem(scores, graph.constant(np.arange(5)), labels, index=(("term", 0), ("term", 1)))
    return scores, op.maximum(0.0, scores - op.expand_dims(right, axis=1) + 1.0)


@pytest.mark.parametrize("build", [
    embedding, integer_labels, convolution_by_columns, convolution_by_windows, partial(convolution_by_windows, by="k"),
    convolution, partial(convolution, by="k"), average_pooling_by_windows, max_pooling_by_windows, pooling,
    multiclass_hinge,
])
def test_with_indices(build):
    graph = Graph()
    variable, output = build(graph)
    arriving = graph.leaf("G", np.random.default_rng(2).normal(size=np.shape(output.sample)), output.shape)
    found = derive(output, arriving, variable, {variable: variable.label, arriving: "G"})
    assert found.check() == []
    raw = gradients({output: arriving}, [variable])[variable]
    assert close(found.gradient.sample, raw.sample)
    base = np.asarray(variable.sample)
    numeric = np.zeros(base.shape)
    for place in np.ndindex(base.shape):
        moved = base.astype(complex)
        moved[place] += 1e-20j
        again = Graph()
        real_leaf, again.leaf = again.leaf, lambda name, sample, shape, real=again.leaf, value=moved: real(
            name, value if name == variable.label else sample, shape)
        numeric[place] = np.sum(np.imag(build(again)[1].sample) * arriving.sample) / 1e-20
        assert real_leaf
    assert close(found.gradient.sample, numeric)
