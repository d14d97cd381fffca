"""Every torch spelling against PyTorch: shape, value and gradient on PyTorch's own sample inputs."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from nablint.calculus.gradient import gradients
from nablint.calculus.terms import Graph, Term
from nablint.tracing.dialects import SPELLINGS, load
from nablint.tracing.dialects.context import using
from ops.torch_samples import (
    MOST_FOR_METHODS,
    MOST_SAMPLES,
    Bridge,
    NotOurs,
    array_of,
    flat,
    function_of,
    infos_for,
    samples,
)

load()
RANDOM = "nablint.tracing.dialects.randomness"
NAMES = sorted(n for n, s in SPELLINGS.items() if n.startswith(("torch.", "Tensor.")) and s.call.__module__ != RANDOM)

UNSET = "torch leaves what was in memory, and any value is right"
SIGN = "an eigenvector's sign is the library's choice"
TRIANGLE = "torch gives a cotangent also to the triangle that is not read"
DIFFERENT: dict[str, str] = {
    "torch.empty": UNSET, "torch.empty_like": UNSET, "Tensor.new_empty": UNSET,
    "torch.linalg.eigh": SIGN,
    "torch.nn.functional.dropout": "random",
    "torch.nn.functional.embedding": "the padding's row gets no gradient in torch, though its value counts",
    "torch.special.bessel_j0": "torch is good to 1e-8; scipy stands for both",
    "torch.special.bessel_j1": "torch is good to 1e-8; scipy stands for both",
    "torch.special.bessel_y0": "torch is good to 1e-8; scipy stands for both",
    "torch.special.bessel_y1": "torch is good to 1e-8; scipy stands for both",
    "Tensor.half": "what is rounded to few digits has a rounded gradient",
    "Tensor.bfloat16": "what is rounded to few digits has a rounded gradient",
    "torch.cholesky_inverse": TRIANGLE, "Tensor.cholesky_inverse": TRIANGLE,
    "torch.cholesky_solve": TRIANGLE, "Tensor.cholesky_solve": TRIANGLE,
}
"""Spellings that are known to differ from torch, with the reason."""
ORDER: dict[str, Any] = {
    "torch.einsum": lambda call, tensors, equation: call(equation, *tensors),
    "torch.where": lambda call, x, condition, other: call(condition, x, other),
    "torch.polygamma": lambda call, x, n: call(n, x),
    "torch.special.polygamma": lambda call, x, n: call(n, x),
    "torch.nn.functional.embedding": lambda call, weight, index, **rest: call(index, weight, **rest),
}
"""Calls whose arguments stand in another order than in the database's samples."""
NO_ZEROS = ("prod", "cumprod")
"""The derivative of a product is written as a quotient, which a factor 0 does not allow."""


def cards_under(outputs: list[Any]) -> set[str]:
    found: set[str] = set()
    stack, seen = [o for o in outputs if isinstance(o, Term)], set()
    while stack:
        term = stack.pop()
        if term.number not in seen:
            seen.add(term.number)
            found |= {term.card.name} if term.card else set()
            stack.extend(term.args)
    return found


def compare(spelling: str, info: Any, sample: Any, rng: np.random.Generator) -> set[str] | None:
    """Compare one sample; the cards that took part, None where we do not follow the call."""
    import torch

    half_precision = (torch.float32, torch.float16, torch.bfloat16)
    bridge = Bridge(Graph(), [], [])
    args, kwargs, our_args, our_kwargs = bridge.arguments(info, sample)
    inplace = SPELLINGS[spelling].inplace
    name = spelling.rpartition(".")[2].removesuffix("_")
    if name in NO_ZEROS and any((leaf.sample == 0).any() for leaf in bridge.leaves):
        raise NotOurs
    if inplace:
        args[0] = args[0].detach().clone()
    function = function_of(spelling)
    order = ORDER.get(spelling, lambda call, *given, **named: call(*given, **named))
    try:
        theirs = flat(order(function, *args, **kwargs) if callable(function)
                      else getattr(args[0], spelling.rpartition(".")[2]))
    except (RuntimeError, TypeError, AssertionError) as error:
        raise NotOurs from error  # the samples are those of another way to call the operation
    with using(bridge.graph), np.errstate(all="ignore"):
        try:
            ours = flat(order(SPELLINGS[spelling].call, *our_args, **our_kwargs))
        except TypeError:
            return None
    assert len(ours) == len(theirs)
    for ours_one, theirs_one in zip(ours, theirs, strict=True):
        if ours_one is None or (isinstance(theirs_one, torch.Tensor) and theirs_one.dtype in half_precision):
            continue
        assert np.shape(array_of(ours_one)) == np.shape(array_of(theirs_one))
        np.testing.assert_allclose(array_of(ours_one), array_of(theirs_one), rtol=1e-9, atol=1e-11)
    moving = [(o, t) for o, t in zip(ours, theirs, strict=True)
              if isinstance(o, Term) and isinstance(t, torch.Tensor) and t.requires_grad]
    if moving and bridge.leaves and not inplace:
        cotangents = [torch.from_numpy(rng.normal(size=tuple(t.shape))) for _, t in moving]
        try:
            expected = torch.autograd.grad([t for _, t in moving], bridge.tensors, cotangents, allow_unused=True)
        except RuntimeError as error:
            raise NotOurs from error  # torch has no derivative to compare with
        total = combined(bridge.graph, [o for o, _ in moving], [c.numpy() for c in cotangents])
        with np.errstate(all="ignore"):
            found = gradients({total: bridge.graph.constant(1.0)}, bridge.leaves)
        for leaf, gradient in zip(bridge.leaves, expected, strict=True):
            want = np.zeros(leaf.sample.shape) if gradient is None else gradient.numpy(force=True)
            got = found[leaf].sample if leaf in found else np.zeros(leaf.sample.shape)
            np.testing.assert_allclose(got, want, rtol=1e-7, atol=1e-9)
        return cards_under([*ours, *found.values()])
    return cards_under(ours)


def combined(graph: Graph, outputs: list[Term], cotangents: list[Any]) -> Term:
    """Σ ⟨G, out⟩ over the outputs: a scalar whose gradient is what torch computes from the cotangents."""
    total: Any = 0.0
    for out, cotangent in zip(outputs, cotangents, strict=True):
        product = graph.apply(graph.cards["multiply"], (out, graph.leaf("G", cotangent)), {})
        total = total + graph.apply(graph.cards["sum"], (product,), {"axis": None, "keepdims": False})
    return total


def test_torch_has_what_is_spelled() -> None:
    pytest.importorskip("torch")
    assert not [n for n in NAMES if function_of(n) is None]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("spelling", NAMES)
def test_torch_agrees(spelling: str, record_property: Any) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("expecttest", reason="PyTorch's operation database needs expecttest")
    rng, compared, refused, cards = np.random.default_rng(0), 0, 0, set()
    if spelling in DIFFERENT:
        return
    for info in infos_for(spelling):
        for sample in samples(info, MOST_SAMPLES if spelling.startswith("torch.") else MOST_FOR_METHODS):
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    found = compare(spelling, info, sample, rng)
            except NotOurs:
                continue
            except Exception as error:
                error.add_note(f"on {sample}")
                raise
            compared, refused = compared + (found is not None), refused + (found is None)
            cards |= found or set()
    record_property("torch", (compared, refused))
    record_property("cards", sorted(cards))
