"""Derivations of graphs that are deep or share much, and what the steps say."""

import numpy as np
import pytest
from calculus.reckoning import Question, close
from nablint import deriving
from nablint.calculus.derivation import derive
from nablint.calculus.gradient import gradients
from nablint.calculus.question import answer
from nablint.calculus.render import render
from nablint.calculus.terms import Graph
from nablint.ops.card import op
from nablint.shapes import Polynomial, Size


def network(layers):
    graph, size = Graph(), Size(3, Polynomial.symbol("D"))
    x = graph.leaf("x", np.random.default_rng(0).normal(size=(4, 3)), (Size(4, Polynomial.symbol("N")), size))
    names, weights, h = {x: "x"}, [], x
    for k in range(layers):
        weights.append(graph.leaf(f"W{k}", np.random.default_rng(k).normal(size=(3, 3)), (size, size)))
        h = op.tanh(h @ weights[-1])
        names |= {weights[-1]: f"W{k}", h: f"h{k}"}
    return op.sum(h**2), weights, names


def test_named_layers_give_a_step_each():
    loss, weights, names = network(60)
    found = derive(loss, None, weights[0], names)
    assert found.check() == []
    assert len(found.steps) < 60 * 8
    assert any("∂L/∂h30" in s.before for s in found.shown())


def test_gradients_grow_linearly():
    """Nodes of the gradients of all layers, for 20 and for 200 layers; the derivation's steps with them."""
    counts = []
    for layers in (20, 200):
        loss, weights, names = network(layers)
        before = loss.graph.count
        gradients({loss: loss.graph.constant(1.0)}, weights)
        counts.append((loss.graph.count - before, len(derive(loss, None, weights[0], names).steps)))
    for short, long in zip(*counts, strict=True):
        assert 9 * short < long < 11 * short


def test_deep_graphs_without_names_are_cut_short():
    loss, weights, names = network(60)
    found = derive(loss, None, weights[0], {t: n for t, n in names.items() if n[0] != "h"})
    assert found.check() == []
    assert all(len(s.after) < 20_000 for s in found.shown())


def test_what_is_shared_is_not_written_again_and_again():
    graph = Graph()
    x = graph.leaf("x", np.array([1.0, 1.1]), (Size(2),))
    h = x
    for _ in range(40):
        h = h * h / (1 + h * h) + 1
    found = derive(op.sum(h), None, x, {x: "x"})
    assert found.check() == []
    assert "…" in found.shown()[-1].after
    assert render(found.gradient, "numpy", {x: "x"}) is None


RULES = [
    ("tr(A X B)", "X", {}, ["differential of a product", "cyclic trace", "inner product"]),
    ("tr(X⁻¹ A)", "X", {}, ["differential of an inverse", "cyclic trace", "inner product"]),
    ("tr(A Xᵀ)", "X", {}, ["differential of a product", "transpose inside the trace", "inner product"]),
    ("np.sum(G * (X @ W + b))", "b", {"G": "n,m", "X": "n,d", "b": "m"}, ["broadcasting becomes a sum"]),
    ("np.sum(A * np.exp(X))", "X", {"A": "n,m", "X": "n,m"}, ["elementwise factor across the inner product"]),
    ("det(X)", "X", {}, ["differential of a determinant"]),
    ("xᵀ A x", "x", {}, ["differential of a product", "collect"]),
]


@pytest.mark.parametrize(("text", "wrt", "shapes", "rules"), RULES, ids=[r[0] for r in RULES])
def test_the_rules_of_the_method(text, wrt, shapes, rules):
    found = answer(text, wrt, shapes)
    listed = [s.rule for s in found.steps]
    for rule in rules:
        assert rule in listed
    assert listed[-1] == "read off the gradient"
    assert all(s.why for s in found.steps)


def test_beyond_two_axes_the_inner_product_stays():
    graph = Graph()
    sizes = [Size(v, Polynomial.symbol(s)) for v, s in ((2, "B"), (3, "N"), (4, "D"), (5, "M"))]
    x = graph.leaf("X", np.random.default_rng(0).normal(size=(2, 3, 4)), tuple(sizes[:3]))
    w = graph.leaf("W", np.random.default_rng(1).normal(size=(4, 5)), tuple(sizes[2:]))
    g = graph.leaf("G", np.random.default_rng(2).normal(size=(2, 3, 5)), (*sizes[:2], sizes[3]))
    found = derive(x @ w, g, w, {x: "X", w: "W", g: "G"})
    assert found.check() == []
    assert not any("tr(" in s.after for s in found.shown())


def test_nothing_depends_on_the_variable():
    graph = Graph()
    x, y = (graph.leaf(n, np.ones(3), (Size(3),)) for n in "xy")
    found = derive(op.sum(x), None, y, {})
    assert found.steps == []
    assert not found.gradient.sample.any()


def test_an_intermediate_value_as_variable():
    found = answer("f = X@W + b; L = f@y", "f", {"X": "1,m", "W": "m,10", "b": "1,10", "y": "10,1"})
    assert found.gradient["text"] == "yᵀ"


WRITTEN = [
    ("1/(1+np.exp(-z))", "sigmoid"), ("np.exp(z)/(1+np.exp(z))", "sigmoid"), ("0.5*(1+np.tanh(z/2))", "sigmoid"),
    ("1 - 1/(1+np.exp(z))", "sigmoid"), ("scipy.special.expit(z) * 1", "sigmoid"),
    ("(np.exp(z)-np.exp(-z))/(np.exp(z)+np.exp(-z))", "tanh"), ("2/(1+np.exp(-2*z))-1", "tanh"),
    ("np.maximum(z, 0)", "relu"), ("z * (z > 0)", "relu"), ("(z + np.abs(z))/2", "relu"),
    ("torch.clamp(z, min=0)", "relu"), ("np.where(z > 0, z, 0.01*z)", "leaky relu"),
    ("np.maximum(0.01*z, z)", "leaky relu"), ("np.where(z > 0, z, np.exp(z) - 1)", "elu"),
    ("np.log(1+np.exp(z))", "softplus"), ("np.logaddexp(0, z)", "softplus"), ("z/(1+np.exp(-z))", "silu"),
    ("0.5*z*(1+erf(z/np.sqrt(2)))", "gelu"), ("z*np.tanh(np.log(1+np.exp(z)))", "mish"),
    ("0.5*z*(1+np.tanh(np.sqrt(2/np.pi)*(z+0.044715*z**3)))", "gelu tanh"), ("np.sqrt(z**2)", "absolute"),
    ("z/(1+np.abs(z))", "softsign"), ("np.log(z + np.sqrt(z**2 + 1))", "arcsinh"), ("(np.exp(z)-np.exp(-z))/2", "sinh"),
    ("-np.log(1+np.exp(-z))", "log sigmoid"),
]


@pytest.mark.parametrize(("body", "word"), WRITTEN, ids=[w[0] for w in WRITTEN])
def test_functions_are_recognised(body, word):
    text = f"s = lambda z: {body}; np.sum(s(x))"
    found = deriving.answer(text, "x", {"x": "n"})
    assert found.notes[0] == f"s is the {word} function."
    asked = Question(text, "x", {"x": "n"}, library=deriving.spelled)
    assert close(asked.derivation().gradient.sample, asked.complex_step(1e-20), 1e-6)


def test_definitions_are_read_and_others_stay_themselves():
    found = answer("def swish(x): return x * sigmoid(x); np.sum(swish(a))", "a", {"a": "n"})
    assert found.notes[0] == "swish is the silu function."
    assert not answer("s = lambda z: z**3 + 1; np.sum(s(x))", "x", {"x": "n"}).notes
    assert answer("s = lambda z: z**3 + 1; np.sum(s(x))", "x", {"x": "n"}).gradient["text"] == "3 x²"
