"""Layout, indexing, joining and creation: every line must mean to nablint what it means to numpy or torch.

Names in the lines: x (N, D), y (N, D), s (N, N), t (B, N, D), v (D), u (N), c (N, 1), q (1, D); i and j are rows and
columns, k chooses along D for each of N; m is a mask of x's shape, r one of N.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from nablint.calculus.gradient import gradients
from nablint.calculus.terms import Graph, Term
from nablint.shapes import show_shape
from nablint.tracing.dialects import load
from nablint.tracing.dialects.context import using
from tracing.dialects.spoken import Names, Spoken, heard, shape_in, symbols

SIZES = {"B": 3, "N": 5, "D": 4, "K": 6}
SHAPES = {"x": "N D", "y": "N D", "s": "N N", "t": "B N D", "v": "D", "u": "N", "c": "N 1", "q": "1 D", "i": "K",
          "j": "K", "k": "N", "m": "N D", "r": "N", "w": "N 3"}

INDEX = {"i", "j", "k"}


def values() -> dict[str, Any]:
    rng = np.random.default_rng(11)
    out: dict[str, Any] = {}
    for name, axes in SHAPES.items():
        shape = tuple(SIZES[a] if a in SIZES else int(a) for a in axes.split())
        if name in INDEX:
            out[name] = rng.integers(0, SIZES["D"], shape)
        elif name in "mr":
            out[name] = rng.random(shape) < 0.6
        else:
            out[name] = rng.permutation(int(np.prod(shape))).reshape(shape) / 7 - 1.3
    return out


def lines(file: str) -> list[str]:
    return (Path(__file__).parent / file).read_text().splitlines()


def say(line: str, dialect: str) -> tuple[Any, dict[str, Term], Graph]:
    """The line as nablint understands it."""
    graph = Graph()
    sizes, leaves = symbols(SIZES), {}
    for name, value in values().items():
        leaves[name] = graph.leaf(name, value, shape_in(sizes, SHAPES[name]))
    scope = {"np": Names("numpy"), "torch": Names("torch"), **sizes}
    scope |= {n: Spoken(leaf, dialect) for n, leaf in leaves.items()}
    with using(graph):
        return eval(line, scope), leaves, graph  # noqa: S307 - our own lines


def same(ours: Any, theirs: Any, line: str) -> None:
    assert type(ours) is tuple if type(theirs) is tuple else type(ours) is not tuple, line
    if isinstance(theirs, tuple):
        assert len(ours) == len(theirs), line
        for a, b in zip(ours, theirs, strict=True):
            same(a, b, line)
    else:
        assert ours.shape == theirs.shape, line
        assert (ours.dtype.kind in "iu") == (theirs.dtype.kind in "iu"), f"{line}: {ours.dtype} for {theirs.dtype}"
        np.testing.assert_allclose(ours, theirs, err_msg=line)


def symbols_hold(result: Any, line: str) -> None:
    """The shape rule, asked for by itself, says what the sample shows."""
    if isinstance(result, list | tuple):
        for r in result:
            symbols_hold(r, line)
    elif isinstance(result, Spoken) and result.term.card is not None:
        term = result.term
        ruled = term.card.shape(*(a.shape for a in term.args), **term.params)
        assert tuple(ruled) == term.sample.shape, line


@pytest.mark.parametrize("line", lines("array_lines_numpy.txt"))
def test_numpy_line(line: str) -> None:
    theirs = eval(line, {"np": np, **SIZES, **values()})  # noqa: S307 - our own lines
    ours, _, _ = say(line, "numpy")
    same(heard(ours), heard(theirs), line)
    symbols_hold(ours, line)


@pytest.mark.parametrize("line", lines("array_lines_torch.txt"))
def test_torch_line_and_its_gradient(line: str) -> None:
    torch = pytest.importorskip("torch")
    tensors = {n: torch.tensor(v, requires_grad=v.dtype.kind == "f") for n, v in values().items()}
    torch.set_default_dtype(torch.float64)
    try:
        theirs = eval(line, {"torch": torch, **SIZES, **tensors})  # noqa: S307 - our own lines
    finally:
        torch.set_default_dtype(torch.float32)
    ours, leaves, graph = say(line, "torch")
    same(heard(ours), heard(theirs), line)
    symbols_hold(ours, line)
    if not isinstance(theirs, torch.Tensor) or not theirs.requires_grad:
        return
    G = np.random.default_rng(2).normal(size=tuple(theirs.shape))
    moving = {n: t for n, t in tensors.items() if t.requires_grad}
    wanted = torch.autograd.grad(theirs, moving.values(), torch.tensor(G), allow_unused=True)
    found = gradients({ours.term: graph.leaf("G", G, ours.term.shape)}, leaves.values())
    for name, grad in zip(moving, wanted, strict=True):
        leaf = leaves[name]
        if grad is not None and ours.term is not leaf:
            np.testing.assert_allclose(found[leaf].sample, grad.numpy(), err_msg=f"{line}: {name}", atol=1e-12)
            assert [str(s) for s in found[leaf].shape] == [str(s) for s in leaf.shape], f"{line}: {name}"


VIEWS = """
numpy x.T[:] = 2 * y.T
numpy x.transpose(1, 0)[0] = u
numpy np.transpose(t, (1, 2, 0))[1] = 0.0
numpy np.swapaxes(t, 0, 2)[1, 2] = 5.0
numpy np.moveaxis(t, 0, -1)[1] = 5.0
numpy x.reshape(-1)[3:7] = 1.0
numpy x.ravel()[0] = 9.0
numpy np.expand_dims(x, 1)[2] = 0.0
numpy c.squeeze()[1] = 0.5
numpy np.flip(x, 0)[0] = 4.0
numpy np.fliplr(x)[:, 0] = 4.0
torch x.view(-1)[3] = 1.0
torch t.permute(2, 0, 1)[1] = 0.5
torch x.t()[1] = u
torch x.transpose(0, 1)[0] = u
torch t.flatten(1)[:, 2] = 0.0
torch x.unsqueeze(0)[0, 1] = 3.0
"""


@pytest.mark.parametrize("line", VIEWS.strip().splitlines())
def test_a_write_to_a_view_reaches_its_base(line: str) -> None:
    dialect, code = line.split(" ", 1)
    library = np if dialect == "numpy" else pytest.importorskip("torch")
    convert = np.array if dialect == "numpy" else library.tensor
    real = {n: convert(v) for n, v in values().items()}
    exec(code, {"np": np, "torch": library, **SIZES, **real})  # noqa: S102 - our own lines
    left, _, right = code.partition(" = ")
    view, _, place = left.rpartition("[")
    base = next(n for n in re.findall(r"\b\w\b", view) if n in SHAPES)
    made, leaves, graph = say(view, dialect)
    with using(graph):
        names = {n: Spoken(leaf, dialect) for n, leaf in leaves.items()}
        scope = {"made": made, "np": Names("numpy"), "torch": Names("torch"), **names}
        exec(f"made[{place} = {right.replace('2 * y.T', 'y.T * 2')}", scope)  # noqa: S102 - our own lines
        called, _, rest = view.partition("(")
        words = called.split(".")
        kind = "Tensor" if dialect == "torch" else "ndarray"
        name = f"numpy.{words[1]}" if words[0] == "np" else f"{kind}.{words[1]}"
        args = eval(f"({rest[:-1]},)" if rest.strip(")") else "()", {**SIZES, **leaves})  # noqa: S307 - our own lines
        args = args[1:] if words[0] == "np" else args
        unview = load()[name].unview
        assert unview is not None, name
        after = unview(leaves[base], scope["made"].term, *args)
    np.testing.assert_allclose(after.sample, heard(real[base]), err_msg=line)


DRAWS = {
    "np.random.randn(3, 4)": (3, 4), "np.random.randn()": (), "np.random.rand(3)": (3,),
    "np.random.normal(0, 1, (2, 3))": (2, 3), "np.random.normal(size=(2, 3))": (2, 3),
    "np.random.random((2, 2))": (2, 2),
    "np.random.randint(0, 5, 7)": (7,), "np.random.uniform(-1, 1, (3, 2))": (3, 2), "np.random.permutation(6)": (6,),
    "np.random.choice(5, 3)": (3,), "np.random.binomial(1, 0.5, size=(3, 3))": (3, 3), "torch.randn(2, 3)": (2, 3),
    "torch.randn((2, 3))": (2, 3), "torch.rand(3)": (3,), "torch.randint(0, 4, (5,))": (5,), "torch.randperm(4)": (4,),
    "torch.bernoulli(torch.rand(3, 2))": (3, 2),
}


def test_random_arrays_are_inputs_and_the_same_in_every_run() -> None:
    drawn: list[list[Any]] = []
    for _ in range(2):
        with using(Graph()):
            scope = {"np": Names("numpy"), "torch": Names("torch")}
            terms = [eval(line, scope).term for line in DRAWS]  # noqa: S307 - our own lines
        assert all(t.card is None and t.label for t in terms)
        assert [t.sample.shape for t in terms] == list(DRAWS.values())
        drawn.append([t.sample for t in terms])
    for a, b in zip(*drawn, strict=True):
        np.testing.assert_array_equal(a, b)


SYMBOLS = {
    "x.reshape(-1, 2)": "(D*N//2, 2)", "t.reshape(B, -1)": "(B, D*N)", "x[1:-1]": "(N - 2, D)",
    "np.pad(x, 1)": "(N + 2, D + 2)", "np.concatenate((x, y))": "(2*N, D)", "np.tile(v, (N, 1))": "(N, D)",
    "np.split(x, 2, axis=1)[0]": "(N, D//2)", "x[np.arange(N), k]": "(N,)", "np.zeros((N, D + 1))": "(N, D + 1)",
    "t.transpose(1, 2, 0)": "(N, D, B)", "np.hstack((x, c))": "(N, D + 1)", "np.arange(N)": "(N,)",
    "x.reshape(N * D)": "(D*N,)", "x[:, ::-1]": "(N, D)", "x[i]": "(K, D)", "np.diag(v)": "(D, D)",
}


@pytest.mark.parametrize("line", SYMBOLS)
def test_symbols_go_through(line: str) -> None:
    assert show_shape(say(line, "numpy")[0].term.shape) == SYMBOLS[line]


TWINS = [
    ("x[np.arange(N), y]", "x[np.arange(0, N), y]"), ("x[-1]", "x[N - 1]"), ("x[1:]", "x[1:N, :]"),
    ("x.T", "np.transpose(x, (1, 0))"), ("x.T", "x.swapaxes(0, 1)"), ("x.reshape(-1)", "x.ravel()"),
    ("x[[0, 2]]", "x[np.array([0, 2])]"), ("x", "x.reshape(N, -1)"), ("x[..., 1]", "x[:, 1]"),
]


@pytest.mark.parametrize(("one", "other"), TWINS)
def test_what_is_written_in_two_ways_is_one_term(one: str, other: str) -> None:
    graph, sizes = Graph(), symbols(SIZES)
    x, y = graph.leaf("x", np.ones((5, 4)), shape_in(sizes, "N D")), graph.leaf("y", np.arange(5) % 4)
    scope = {"np": Names("numpy"), "x": Spoken(x, "numpy"), "y": Spoken(y, "numpy"), **sizes}
    with using(graph):
        assert eval(one, dict(scope)).term is eval(other, dict(scope)).term  # noqa: S307 - our own lines
