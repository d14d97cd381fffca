"""Layout, indexing, joining and creation: every line must mean to nablint what it means to numpy or torch.

Names in the lines: x (N, D), y (N, D), s (N, N), t (B, N, D), v (D), u (N), c (N, 1), q (1, D); i and j are rows and
columns, k chooses along D for each of N; m is a mask of x's shape, r one of N.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from nablint.calculus.gradient import gradients
from nablint.calculus.terms import Graph, Term
from nablint.ops.card import op
from nablint.shapes import Polynomial, Size
from nablint.tracing.dialects.context import using
from tracing.dialects.spoken import Names, Spoken, heard

SIZES = {"B": 3, "N": 5, "D": 4, "K": 6}
SHAPES = {"x": "N D", "y": "N D", "s": "N N", "t": "B N D", "v": "D", "u": "N", "c": "N 1", "q": "1 D", "i": "K",
          "j": "K", "k": "N", "m": "N D", "r": "N", "w": "N 3"}

NUMPY = """
x.T
x.transpose()
x.transpose(1, 0)
t.transpose(2, 0, 1)
t.transpose((0, 2, 1))
np.transpose(t)
np.transpose(t, (1, 0, 2))
np.transpose(t, axes=(1, 0, -1))
np.swapaxes(t, 0, -1)
t.swapaxes(1, 2)
np.moveaxis(t, 0, -1)
np.moveaxis(t, (0, 1), (2, 0))
np.rollaxis(t, 2)
np.rollaxis(t, 0, 3)
np.rollaxis(t, 1, 3)
np.permute_dims(t, (2, 1, 0))
t.mT
x.reshape(-1)
x.reshape(D, N)
x.reshape((N, 2, -1))
x.reshape(x.shape[0], -1)
x.reshape(-1, 1)
np.reshape(t, (B, -1))
np.reshape(t, (B * N, D))
x.reshape(D, N, order="F")
np.reshape(x, (-1,), order="F")
x.ravel()
x.ravel(order="F")
np.ravel(t)
t.flatten()
x.flatten("F")
c.squeeze()
c.squeeze(1)
np.squeeze(q, axis=0)
np.squeeze(x)
np.expand_dims(x, 1)
np.expand_dims(x, -1)
np.expand_dims(v, (0, 2))
np.atleast_1d(u)
np.atleast_2d(v)
np.atleast_3d(x)
np.atleast_3d(v)
np.broadcast_to(v, (N, D))
np.broadcast_to(c, x.shape)
np.broadcast_arrays(c, q)
x.shape
x.ndim
x.size
np.shape(t)
np.size(t)
np.size(t, 1)
np.ndim(t)
x[1]
x[-1]
x[1:-1, ::2]
x[:, None]
x[..., 0]
t[:, 1, 1:]
x[i]
x[i, j]
x[np.arange(N), k]
x[np.arange(x.shape[0]), k]
x[m]
x[r]
x[r, 1]
x[i][:, j]
x[[0, 2, 2]]
x[::-1]
t[:, i, j]
t[1, :, j]
x[np.ix_([0, 2], [1, 1, 3])]
np.take(x, i, axis=0)
np.take(x, [1, 2], axis=1)
np.take(x, i)
x.take(j, axis=-1)
np.take_along_axis(x, k[:, None], axis=1)
np.take_along_axis(x, np.argsort(x, axis=0), axis=0)
np.delete(x, 1, axis=0)
np.delete(x, [0, 2], 1)
np.compress(r, x, axis=0)
np.extract(m, x)
np.sort(x)
np.sort(x, axis=0)
np.sort(x, axis=None)
np.argsort(x, axis=0)
np.argmax(x, axis=1)
x.argmax(1)
x.argmin(axis=0)
np.argmax(x)
np.searchsorted(np.sort(u), v)
np.nonzero(m)
np.argwhere(m)
np.flatnonzero(m)
np.unique(i)
np.bincount(i, minlength=9)
np.bincount(k, weights=u, minlength=5)
x[np.tril_indices(N, -1, D)]
s[np.triu_indices(N, 1)]
s[np.diag_indices(N)]
np.indices((N, D))
np.unravel_index(i, (2, 3))
np.concatenate((x, y))
np.concatenate([x, y], axis=1)
np.concatenate((x, y), axis=None)
np.concatenate(t)
np.stack((x, y))
np.stack([x, y], axis=-1)
np.stack([x, y], axis=1)
np.hstack((x, c))
np.hstack([u, v])
np.vstack((x, q))
np.vstack((v, v, q))
np.dstack((x, y))
np.dstack((v, v))
np.column_stack((u, x))
np.c_[u, x]
np.r_[u, v]
np.r_[x, q]
np.append(x, q, axis=0)
np.append(u, v)
np.append(u, 1.5)
np.insert(x, 2, 1.0, axis=1)
np.insert(x, 0, v, axis=0)
np.insert(u, 1, 7.0)
np.block([[x, c], [q, np.ones((1, 1))]])
np.split(x, 2, axis=1)
np.split(x, [1, 3])
np.array_split(x, 3)
np.hsplit(x, 2)
np.vsplit(x, [2])
np.hsplit(u, [2])
np.meshgrid(u, v)
np.meshgrid(u, v, indexing="ij")
np.meshgrid(u, v, sparse=True)
np.diff(x)
np.diff(x, axis=0)
np.diff(u, n=2)
np.diff(u, prepend=0.0)
np.flip(x)
np.flip(x, 0)
np.flip(t, (0, 2))
np.fliplr(x)
np.flipud(x)
np.rot90(x)
np.rot90(x, 2)
np.rot90(t, 3, (1, 2))
np.rot90(x, -1)
np.roll(x, 2)
np.roll(x, 1, axis=0)
np.roll(x, (1, -1), axis=(0, 1))
np.repeat(x, 3)
np.repeat(x, 2, axis=1)
x.repeat(2, axis=0)
np.repeat(x, [1, 0, 2, 1, 3], axis=0)
np.repeat(v, k[:D])
np.tile(v, 3)
np.tile(v, (N, 1))
np.tile(x, (2, 1, 3))
np.tile(x, 2)
np.pad(x, 1)
np.pad(x, ((1, 2), (0, 3)))
np.pad(x, (1, 2))
np.pad(x, ((0, 0), (1, 1)), mode="constant", constant_values=2.0)
np.pad(x, 2, mode="edge")
np.pad(x, ((1, 2), (2, 1)), "reflect")
np.pad(x, 1, "symmetric")
np.pad(t, ((0, 0), (1, 1), (2, 2)), "wrap")
np.diag(v)
np.diag(v, 1)
np.diag(s)
np.diag(x, -1)
np.diagflat(x)
np.diagonal(x)
np.diagonal(t, 1, 1, 2)
s.diagonal()
np.trace(s)
np.trace(x, 1)
t.trace(0, 1, 2)
np.trace(t)
np.tril(s)
np.triu(t, 1)
np.tril(x, -1)
np.tri(N, D)
np.zeros((N, D))
np.zeros(N)
np.zeros(x.shape, dtype=int)
np.ones((N, 1))
np.full((N, D), 2.5)
np.full(N, 3)
np.zeros_like(x)
np.ones_like(i)
np.ones_like(i, dtype=float)
np.full_like(x, 0.5)
np.eye(N)
np.eye(N, D, 1)
np.eye(D)[k]
np.identity(N)
np.arange(N)
np.arange(1, N)
np.arange(N, 0, -1)
np.arange(0, 1, 0.25)
np.linspace(0, 1, N)
np.linspace(0.0, 2.0, 5, endpoint=False)
np.array([1.0, 2.0])
np.array([[1, 2], [3, 4]])
np.array([u, u])
np.array([u[0], u[1]])
np.array(x)
np.asarray(x)
np.array(u, ndmin=2)
x.copy()
np.copy(x)
x.astype(int)
x.astype(np.float64)
m.astype(float)
m.astype("float32")
m.astype(int)
i.astype(bool)
u[1].item()
x.item(2)
x.item(1, 2)
x.tolist()
np.array([N, D])
"""

TORCH = """
x.T
x.t()
torch.t(x)
t.mT
x.transpose(0, 1)
torch.transpose(t, 1, 2)
t.transpose(-2, -1)
t.permute(2, 0, 1)
t.permute((0, 2, 1))
torch.permute(t, (1, 2, 0))
t.swapaxes(0, 1)
t.movedim(0, -1)
x.view(-1)
x.view(N, 2, -1)
x.view((D, N))
x.reshape(N * D)
x.view(x.size(0), -1)
x.view_as(y)
x.reshape(N, 2, 2).flatten(1)
t.flatten()
torch.flatten(t, 1)
torch.flatten(t, 0, 1)
t.unflatten(2, (2, -1))
c.squeeze()
c.squeeze(1)
c.squeeze(0)
c.squeeze(-1)
torch.unsqueeze(x, 0)
x.unsqueeze(-1)
x[None, :, 1]
x[..., -1]
c.expand(N, D)
c.expand(-1, 3)
v.expand(B, N, D)
c.expand_as(x)
torch.broadcast_to(v, (N, D))
torch.broadcast_tensors(c, q)
x.repeat(2, 3)
v.repeat(2, 1)
torch.tile(x, (2,))
x.repeat_interleave(2)
x.repeat_interleave(2, dim=1)
torch.repeat_interleave(x, 3, 0)
x.repeat_interleave(k, dim=0)
x.shape
x.size()
x.size(1)
x.size(-1)
x.dim()
x.ndim
x.numel()
x[i, j]
x[torch.arange(N), k]
x[range(N), k]
x[m]
x[r]
torch.take(x, i)
x.index_select(0, i)
torch.index_select(x, 1, j)
x.select(1, 2)
x.narrow(0, 1, 3)
x.gather(1, k.view(-1, 1))
torch.gather(x, 0, k[:D].view(1, -1))
torch.gather(x, 1, k[:3].view(-1, 1))
torch.take_along_dim(x, k.unsqueeze(1), 1)
torch.zeros(N, D).scatter(1, k.view(-1, 1), c)
torch.zeros(N, D).scatter(1, k.unsqueeze(1), 1.0)
torch.zeros(N, D).scatter_(1, k.unsqueeze(1), 1)
torch.zeros(N, D).scatter_add(1, k.view(-1, 1), c)
torch.zeros(2, D).scatter_add_(0, torch.zeros(N, D, dtype=torch.long), x)
torch.zeros(N, D).index_add(0, i, x[i])
torch.zeros(N, D).index_add_(0, i, x[i], alpha=-2)
torch.zeros(N, D).index_copy(1, torch.tensor([1]), c)
torch.ones(N, D).index_fill(0, torch.tensor([1, 2]), 0.0)
torch.zeros(N, D).index_put((i, j), x[i, j], accumulate=True)
torch.masked_select(x, m)
torch.nn.functional.embedding(i, x)
torch.nn.functional.one_hot(k, D)
torch.nn.functional.one_hot(k, num_classes=9).float()
x.argmax(dim=1)
torch.argmax(x)
x.argmin(0, keepdim=True)
torch.argsort(x, 0)
x.argsort(dim=1, descending=True)
torch.sort(x, dim=0)
x.sort(descending=True)
torch.topk(x, 2)
x.topk(2, dim=0)
x.topk(2, 1, False)
torch.nonzero(m)
torch.nonzero(m, as_tuple=True)
torch.bincount(i, minlength=8)
x[torch.tril_indices(N, D)[0], torch.tril_indices(N, D)[1]]
torch.cat((x, y))
torch.cat([x, c], dim=1)
torch.cat([x, y], -1)
torch.stack((x, y))
torch.stack([x, y], dim=-1)
torch.hstack((x, c))
torch.vstack((x, q))
torch.split(x, 2)
x.split(3, dim=0)
x.split([1, 4])
torch.split(x, [1, 3], dim=1)
x.chunk(2, dim=1)
torch.chunk(x, 3)
torch.chunk(x, 2, -1)
torch.tensor_split(x, 3)
torch.unbind(x)
x.unbind(1)
torch.meshgrid(u, v, indexing="ij")
torch.flip(x, [0])
x.flip(0, 1)
torch.roll(x, 1, 0)
torch.roll(x, shifts=(1, 2), dims=(0, 1))
torch.rot90(x, 1, [0, 1])
torch.nn.functional.pad(x, (1, 2))
torch.nn.functional.pad(x, (1, 2, 0, 3), value=0.5)
torch.nn.functional.pad(t, (1, -1))
torch.nn.functional.pad(t, (2, 1), mode="reflect")
torch.nn.functional.pad(t, (2, 1), mode="replicate")
torch.nn.functional.pad(t, (2, 1), mode="circular")
torch.diag(v)
torch.diag(s)
x.diag(1)
torch.diag_embed(x)
torch.diag_embed(x, 1, 0, 2)
torch.diagonal(t, dim1=1, dim2=2)
t.diagonal(0, -2, -1)
torch.trace(s)
s.trace()
torch.tril(s)
x.triu(diagonal=1)
s.tril(-1)
torch.zeros(N, D)
torch.zeros((N, D))
torch.zeros(x.shape)
torch.zeros(*x.shape, dtype=torch.float64)
torch.zeros(x.size(0), D)
torch.ones(N, 1)
torch.full((N,), 0.5)
torch.zeros_like(x)
torch.full_like(x, 3)
torch.eye(N)
torch.eye(N, D)
torch.arange(N)
torch.arange(1, N, 2)
torch.arange(0.0, 1.0, 0.25)
torch.linspace(0, 1, steps=5)
torch.tensor([1.0, 2.0])
torch.tensor([[1, 2]])
torch.tensor(3.0)
x.new_zeros(N, 2)
x.new_zeros((N, 2))
x.new_ones(2)
x.new_full((2, 2), 1.5)
x.clone()
x.detach()
x.contiguous().view(-1)
m.float()
m.long()
m.double()
m.to(torch.float64)
m.to(x.dtype)
m.type_as(x)
x.to("cpu")
i.bool()
x[0, 1].item()
x.data
"""

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


def lines(text: str) -> list[str]:
    return [line for line in text.strip().splitlines() if line]


def say(line: str, dialect: str) -> tuple[Any, dict[str, Term], Graph]:
    """The line as nablint understands it."""
    graph = Graph()
    sizes = {n: Size(s, Polynomial.symbol(n)) for n, s in SIZES.items()}
    leaves = {name: graph.leaf(name, value, tuple(sizes[a] if a in sizes else Size(int(a)) for a in SHAPES[name].split()))
              for name, value in values().items()}
    names = {**sizes, **{n: Spoken(leaf, dialect) for n, leaf in leaves.items()}}
    with using(graph):
        return eval(line, {"np": Names("numpy"), "torch": Names("torch"), **names}), leaves, graph  # noqa: S307 - our own lines


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


@pytest.mark.parametrize("line", lines(NUMPY))
def test_numpy_line(line: str) -> None:
    theirs = eval(line, {"np": np, **SIZES, **values()})  # noqa: S307 - our own lines
    ours, _, _ = say(line, "numpy")
    same(heard(ours), heard(theirs), line)
    symbols_hold(ours, line)


@pytest.mark.parametrize("line", lines(TORCH))
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
    wanted = torch.autograd.grad(theirs, [t for t in tensors.values() if t.requires_grad], torch.tensor(G), allow_unused=True)
    found = gradients({ours.term: graph.leaf("G", G, ours.term.shape)}, leaves.values())
    for name, grad in zip([n for n, t in tensors.items() if t.requires_grad], wanted, strict=True):
        if grad is not None and ours.term is not leaves[name]:
            np.testing.assert_allclose(found[leaves[name]].sample, grad.numpy(), err_msg=f"{line}: {name}", atol=1e-12)
            assert [str(s) for s in found[leaves[name]].shape] == [str(s) for s in leaves[name].shape], f"{line}: {name}"


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


@pytest.mark.parametrize("line", lines(VIEWS))
def test_a_write_to_a_view_reaches_its_base(line: str) -> None:
    from nablint.tracing.dialects import load

    dialect, code = line.split(" ", 1)
    library = np if dialect == "numpy" else pytest.importorskip("torch")
    convert = np.array if dialect == "numpy" else library.tensor
    real = {n: convert(v) for n, v in values().items()}
    exec(code, {"np": np, "torch": library, **SIZES, **real})  # noqa: S102 - our own lines
    left, _, right = code.partition(" = ")
    view, _, place = left.rpartition("[")
    base = next(n for n in SHAPES if n in view.replace("np.", "").replace("(", " ").replace(")", " ").replace(".", " ").replace(",", " ").split())
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


def test_random_arrays_are_inputs_and_the_same_in_every_run() -> None:
    drawn = []
    for _ in range(2):
        graph = Graph()
        with using(graph):
            rows = [eval(line, {"np": Names("numpy"), "torch": Names("torch")}) for line in (  # noqa: S307
                "np.random.randn(3, 4)", "np.random.rand(3)", "np.random.normal(0, 1, (2, 3))",
                "np.random.normal(size=(2, 3))", "np.random.randint(0, 5, 7)", "np.random.uniform(-1, 1, (3, 2))",
                "np.random.permutation(6)", "np.random.choice(5, 3)", "np.random.binomial(1, 0.5, size=(3, 3))",
                "torch.randn(2, 3)", "torch.randn((2, 3))", "torch.rand(3)", "torch.randint(0, 4, (5,))", "torch.randperm(4)",
                "torch.bernoulli(torch.rand(3, 2))", "np.random.random((2, 2))", "np.random.randn()")]
        shapes = [r.term.sample.shape for r in rows]
        drawn.append([r.term.sample for r in rows])
    assert shapes == [(3, 4), (3,), (2, 3), (2, 3), (7,), (3, 2), (6,), (3,), (3, 3), (2, 3), (2, 3), (3,), (5,), (4,),
                      (3, 2), (2, 2), ()]
    for a, b in zip(*drawn, strict=True):
        np.testing.assert_array_equal(a, b)


def test_symbols_go_through() -> None:
    for line, shape in (("x.reshape(-1, 2)", "(D*N//2, 2)"), ("t.reshape(B, -1)", "(B, D*N)"), ("x[1:-1]", "(N - 2, D)"),
                        ("np.pad(x, 1)", "(N + 2, D + 2)"), ("np.concatenate((x, y))", "(2*N, D)"),
                        ("np.tile(v, (N, 1))", "(N, D)"), ("np.split(x, 2, axis=1)[0]", "(N, D//2)"),
                        ("x[np.arange(N), k]", "(N,)"), ("np.zeros((N, D + 1))", "(N, D + 1)"), ("t.transpose(1, 2, 0)", "(N, D, B)"),
                        ("np.hstack((x, c))", "(N, D + 1)"), ("np.arange(N)", "(N,)"), ("x.reshape(N * D)", "(D*N,)"),
                        ("x[:, ::-1]", "(N, D)"), ("x[i]", "(K, D)"), ("np.diag(v)", "(D, D)")):
        from nablint.shapes import show_shape

        assert show_shape(say(line, "numpy")[0].term.shape) == shape, line


def test_what_is_written_twice_is_one_term() -> None:
    graph = Graph()
    x = graph.leaf("x", np.ones((5, 4)), (Size(5, Polynomial.symbol("N")), Size(4, Polynomial.symbol("D"))))
    with using(graph):
        scope = {"np": Names("numpy"), "x": Spoken(x, "numpy"), "y": Spoken(graph.leaf("y", np.arange(5) % 4), "numpy"),
                 "N": x.shape[0]}
        for a, b in (("x[np.arange(N), y]", "x[np.arange(0, N), y]"), ("x[-1]", "x[N - 1]"), ("x[1:]", "x[1:N, :]"),
                     ("x.T", "np.transpose(x, (1, 0))"), ("x.T", "x.swapaxes(0, 1)"), ("x.reshape(-1)", "x.ravel()"),
                     ("x[[0, 2]]", "x[np.array([0, 2])]"), ("x.reshape(5, 4)", "x.reshape(5, -1)")):
            assert eval(a, dict(scope)).term is eval(b, dict(scope)).term, (a, b)  # noqa: S307 - our own lines
    assert op.getitem(x, index=(0,)) is op.getitem(x, index=(0,))
