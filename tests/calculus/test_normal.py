import itertools
import random

import numpy as np
import pytest
from nablint.calculus.gradient import gradients
from nablint.calculus.normal import is_zero, same
from nablint.calculus.normalise import form_of
from nablint.calculus.simplify import simplify
from nablint.calculus.terms import Graph
from nablint.ops.card import op
from nablint.shapes import Misfit, Polynomial, Size

SHAPES = {
    "X": "ND",
    "W": "DM",
    "b": "M",
    "Y": "NM",
    "A": "DD",
    "B": "DD",
    "v": "D",
    "u": "D",
    "n": "N",
    "s": "",
    "c": "N1",
}


def leaves(graph, seed=0, sizes=(5, 3, 7)):
    rng = np.random.default_rng(seed)
    size = {k: Size(v, Polynomial.symbol(k)) for k, v in zip("NDM", sizes, strict=True)} | {"1": Size(1)}
    found = {}
    for name, letters in SHAPES.items():
        shape = tuple(size[c] for c in letters)
        found[name] = graph.leaf(name, rng.uniform(0.3, 1.5, shape), shape)
    return found, size


EQUAL = {
    "transpose of a product": lambda x, n: ((x.X @ x.W).T, x.W.T @ x.X.T),
    "two transposes": lambda x, n: (x.X.T.T, x.X * 1),
    "brackets of a chain": lambda x, n: (x.X @ (x.A @ x.W), (x.X @ x.A) @ x.W),
    "distribution": lambda x, n: ((x.A + x.B) @ x.W, x.B @ x.W + x.A @ x.W),
    "scalars out of a chain": lambda x, n: ((2 * x.X) @ (x.W / 4), 0.5 * (x.X @ x.W)),
    "dot is matmul": lambda x, n: (op.dot(x.X, x.W), x.X @ x.W),
    "square": lambda x, n: (x.X * x.X, op.square(x.X)),
    "power": lambda x, n: (x.X**3, x.X * x.X * x.X),
    "root": lambda x, n: (op.sqrt(op.exp(x.X)), op.exp(x.X / 2)),
    "division": lambda x, n: (x.X / x.s / x.s, x.X * x.s**-2),
    "sum of sums": lambda x, n: (op.sum(op.sum(x.X, axis=0), axis=0), op.sum(x.X)),
    "sum of a product": lambda x, n: (op.sum(x.X * (x.Y @ x.W.T)), op.trace(x.X.T @ x.Y @ x.W.T)),
    "sum over what was broadcast": lambda x, n: (op.sum(x.Y * 0 + x.b, axis=0), n["N"] * x.b),
    "einsum": lambda x, n: (op.einsum(x.X, x.W, subscripts="nd,dm->mn"), (x.X @ x.W).T),
    "outer": lambda x, n: (op.outer(x.u, x.v), op.expand_dims(x.u, axis=1) * x.v),
    "broadcast row": lambda x, n: (x.Y + op.reshape(x.b, shape=(1, n["M"])), x.b + x.Y),
    "reshape of reshape": lambda x, n: (op.reshape(op.reshape(x.X, shape=(-1,)), shape=(n["N"], n["D"])), x.X * 1),
    "reshape of a function": lambda x, n: (
        op.reshape(op.tanh(x.X), shape=(-1,)),
        op.tanh(op.reshape(x.X, shape=(-1,))),
    ),
    "full slices": lambda x, n: (op.getitem(x.X, index=(("slice", None, None, None), Ellipsis)), x.X * 1),
    "tanh": lambda x, n: (1 - op.tanh(x.X) ** 2, (1 - op.tanh(x.X)) * (1 + op.tanh(x.X))),
    "tanh by exponentials": lambda x, n: (op.tanh(x.X), (op.exp(2 * x.X) - 1) / (op.exp(2 * x.X) + 1)),
    "sigmoid": lambda x, n: (op.sigmoid(x.X), 1 / (1 + op.exp(-x.X))),
    "sigmoid the other way": lambda x, n: (op.sigmoid(x.X), op.exp(x.X) / (1 + op.exp(x.X))),
    "sigmoid's derivative": lambda x, n: (
        op.sigmoid(x.X) * (1 - op.sigmoid(x.X)),
        op.exp(-x.X) / (1 + op.exp(-x.X)) ** 2,
    ),
    "sigmoid of the opposite": lambda x, n: (op.sigmoid(-x.X), 1 - op.sigmoid(x.X)),
    "relu and maximum": lambda x, n: (op.relu(x.X - x.v), op.maximum(0, x.X - x.v)),
    "relu's mask": lambda x, n: (
        x.X * (op.maximum(x.X - x.v, 0) > 0 if False else op.greater(op.maximum(x.X - x.v, 0), 0)),
        x.X * op.greater(x.X, x.v),
    ),
    "where": lambda x, n: (op.where(op.greater(x.X, 1), x.X, 0), x.X * op.greater(x.X, 1)),
    "softmax": lambda x, n: (
        op.exp(x.Y - op.max(x.Y, axis=1, keepdims=True))
        / op.sum(op.exp(x.Y - op.max(x.Y, axis=1, keepdims=True)), axis=1, keepdims=True),
        op.softmax(x.Y, axis=1),
    ),
    "log of softmax": lambda x, n: (op.log(op.softmax(x.Y, axis=1)), op.log_softmax(x.Y, axis=1)),
    "variance": lambda x, n: (op.var(x.X, axis=0), op.mean(x.X**2, axis=0) - op.mean(x.X, axis=0) ** 2),
    "mean": lambda x, n: (op.mean(x.X, axis=0), op.sum(x.X, axis=0) / n["N"]),
    "inverse": lambda x, n: (op.inv(x.A) @ x.A @ x.W, x.W * 1),
    "inverse of a product": lambda x, n: (op.inv(x.A @ x.B), op.inv(x.B) @ op.inv(x.A)),
    "inverse of the transpose": lambda x, n: (op.inv(x.A.T), op.inv(x.A).T),
    "solve": lambda x, n: (op.solve(x.A, x.W), op.inv(x.A) @ x.W),
    "determinant of a product": lambda x, n: (op.det(x.A @ x.B), op.det(x.B) * op.det(x.A)),
    "absolute value": lambda x, n: (op.absolute(x.X) * op.absolute(x.X), x.X**2),
    "diagonal": lambda x, n: (op.diag_embed(x.v) @ x.W, op.expand_dims(x.v, axis=1) * x.W),
    "trace of a product": lambda x, n: (op.trace(x.A @ x.B), op.sum(x.A * x.B.T)),
}

DIFFERENT = {
    "transpose": lambda x, n: (x.A @ x.B, x.B @ x.A),
    "another axis": lambda x, n: (op.sum(x.A, axis=0), op.sum(x.A, axis=1)),
    "a size that is a number": lambda x, n: (x.X / n["N"], x.X / 5),
    "another size": lambda x, n: (x.X / n["N"], x.X / n["D"]),
    "a factor": lambda x, n: (x.X * 2, x.X * 2.000001),
    "the sign under a root": lambda x, n: (op.sqrt((x.X - 1) ** 2), x.X - 1),
    "the log of a product of negatives": lambda x, n: (
        op.log((x.X - 2) * (x.X - 2)),
        2 * op.log(op.absolute(x.X - 2) + 1e-9),
    ),
}


class Names:
    def __init__(self, table):
        self.__dict__.update(table)


@pytest.mark.parametrize("name", EQUAL)
def test_equal(name):
    graph = Graph()
    found, size = leaves(graph)
    a, b = EQUAL[name](Names(found), size)
    assert same(a, b)
    assert same(b, a)


@pytest.mark.parametrize("name", DIFFERENT)
def test_different(name):
    graph = Graph()
    found, size = leaves(graph)
    assert not same(*DIFFERENT[name](Names(found), size))


def batch_norm(x, g, n):
    mean, centred = op.mean(x, axis=0), x - op.mean(x, axis=0)
    deviation = op.sqrt(op.mean(centred**2, axis=0) + 1e-5)
    out = centred / deviation
    hand = (n * g - op.sum(g, axis=0) - out * op.sum(g * out, axis=0)) / (n * deviation)
    assert mean is op.mean(x, axis=0)
    return out, hand


def test_batch_norm_as_people_write_it():
    graph = Graph()
    found, size = leaves(graph)
    arriving = graph.leaf("G", np.random.default_rng(3).normal(size=(5, 3)), found["X"].shape)
    out, hand = batch_norm(found["X"], arriving, size["N"])
    assert same(gradients({out: arriving}, [found["X"]])[found["X"]], hand)


def test_layers_grow_linearly():
    """The normal form of a deep network's gradient stays bounded, and recursion is never deep."""
    graph = Graph()
    size = Size(3, Polynomial.symbol("D"))
    x = graph.leaf("x", np.random.default_rng(0).normal(size=(4, 3)), (Size(4, Polynomial.symbol("N")), size))
    weights, h = [], x
    for k in range(400):
        weights.append(graph.leaf(f"W{k}", np.random.default_rng(k).normal(size=(3, 3)), (size, size)))
        h = op.tanh(h @ weights[-1])
    found = gradients({op.sum(h**2): graph.constant(1.0)}, weights)
    assert len(form_of(found[weights[0]]).terms) <= 40
    assert same(found[weights[0]], found[weights[0]] * 1.0)
    assert simplify(found[weights[-1]]).shape == weights[-1].shape


def random_term(rng, x, depth):
    """A random expression over the leaves of `x`, with whatever shape comes out."""
    if depth == 0 or rng.random() < 0.15:
        return rng.choice(list(x.values()))
    kind = rng.choice(
        [
            "add",
            "subtract",
            "multiply",
            "matmul",
            "transpose",
            "sum",
            "tanh",
            "exp",
            "scale",
            "divide",
            "square",
            "neg",
            "sigmoid",
            "relu",
            "mean",
            "softmax",
            "outer",
        ]
    )
    a = random_term(rng, x, depth - 1)
    if kind in ("add", "subtract", "multiply", "matmul", "divide", "outer"):
        return getattr(op, kind)(a, random_term(rng, x, depth - 1))
    match kind:
        case "transpose":
            return a.T if a.ndim == 2 else a
        case "sum" | "mean":
            return getattr(op, kind)(a, axis=rng.choice([None, *range(a.ndim)]), keepdims=rng.random() < 0.3)
        case "scale":
            return rng.choice([2, 0.5, -1, 3]) * a
        case "neg":
            return -a
        case "softmax":
            return op.softmax(a, axis=-1) if a.ndim else a
    return getattr(op, kind)(a)


def build(seed, draw, sizes):
    """The same pair of random terms on a given draw."""
    graph = Graph()
    found, _ = leaves(graph, draw, sizes)
    rng = random.Random(seed)
    terms = []
    while len(terms) < 6:
        try:
            with np.errstate(all="ignore"):
                terms.append(random_term(rng, found, 3))
        except (Misfit, ValueError, TypeError):
            continue
    return terms


@pytest.mark.parametrize("seed", range(60))
def test_same_is_sound(seed):
    """What is called equal is equal on another draw with other sizes; simplified terms keep their value."""
    try:
        first, second = build(seed, 1, (5, 3, 7)), build(seed, 2, (3, 7, 4))
    except OverflowError:
        return
    if [t.card and t.card.name for t in first] != [t.card and t.card.name for t in second]:
        return  # a shape that fits by chance on one draw only
    for k, m in itertools.combinations(range(6), 2):
        for a, b, a2, b2 in ((first[k], first[m], second[k], second[m]),
                             (first[k] + first[m], first[m] + first[k], second[k] + second[m], second[m] + second[k])) \
                if np.shape(first[k].sample) == np.shape(first[m].sample) else ():
            if same(a, b):
                assert np.allclose(a2.sample, b2.sample, rtol=1e-8, equal_nan=True)
    for term in first:
        with np.errstate(all="ignore"):
            short = simplify(term)
            assert np.allclose(short.sample, term.sample, rtol=1e-8, equal_nan=True)
            if np.all(np.isfinite(np.asarray(term.sample, float))):
                assert same(short, term) or np.allclose(short.sample, term.sample)


def test_zero():
    graph = Graph()
    found, _ = leaves(graph)
    x = Names(found)
    assert is_zero(x.X @ x.W - (x.W.T @ x.X.T).T)
    assert not is_zero(x.X)
