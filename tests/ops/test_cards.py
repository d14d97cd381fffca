"""Every card against itself: its shape rule, its adjoint and its differential, on the examples that it gives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from nablint.calculus.gradient import gradients
from nablint.calculus.normal import same
from nablint.calculus.terms import Graph
from nablint.ops import CARDS, Card
from ops.directional import by_difference, directional
from ops.drawing import Draw, draw

TRIALS = 2


def draws(card: Card) -> list[Draw]:
    return [draw(card, example, trial) for example in card.examples for trial in range(TRIALS)]


def direction_of(array: Any, moves: bool, domain: str, rng: np.random.Generator) -> Any:
    """A random direction that stays in the domain."""
    if not moves:
        return None
    step = 0.2 * rng.normal(size=np.shape(array))
    return (step + np.swapaxes(step, -1, -2)) / 2 if domain in ("symmetric", "definite") else step


@pytest.mark.parametrize("name", CARDS)
def test_a_card_has_examples_and_texts(name: str) -> None:
    card = CARDS[name]
    assert card.examples, "a card says on which arguments it is tried"
    assert card.numpy or card.torch
    assert card.text
    assert card.latex
    assert card.why


@pytest.mark.parametrize("name", CARDS)
def test_the_shape_rule_says_what_evaluation_gives(name: str, record_property: Any) -> None:
    card = CARDS[name]
    for case in draws(card):
        out = card.evaluate(*case.arrays, **case.params)
        assert tuple(card.shape(*case.shapes, **case.params)) == np.shape(out), case
    record_property("examples", len(card.examples))


@pytest.mark.parametrize("name", CARDS)
def test_adjoint_is_the_transpose_of_the_derivative(name: str) -> None:
    """<G, J V> = <J* G, V> for random G and V, with J V from the evaluation alone."""
    card, rng = CARDS[name], np.random.default_rng(3)
    for case in draws(card):
        out = np.asarray(card.evaluate(*case.arrays, **case.params))
        V = [direction_of(*each, rng) for each in zip(case.arrays, case.moves, case.domains, strict=True)]
        if out.dtype.kind != "f" or all(v is None for v in V):
            continue
        G = rng.normal(size=out.shape)
        JV, accuracy = directional(card, case.arrays, case.params, V)
        rough = by_difference(card, case.arrays, case.params, V)
        np.testing.assert_allclose(JV, rough, rtol=1e-5, atol=1e-6 * (1 + np.abs(rough).max(initial=0)))
        cotangents = card.adjoint(G, out, *case.arrays, **case.params)
        assert len(cotangents) == len(case.arrays)
        pairs = [(g, v) for g, v in zip(cotangents, V, strict=True) if v is not None]
        for g, v in pairs:
            assert g is None or np.shape(g) == np.shape(v), f"a cotangent of shape {np.shape(g)} for {np.shape(v)}"
        back = sum(np.sum(g * v) for g, v in pairs if g is not None)
        scale = np.sum(np.abs(G * JV)) + 1e-3
        assert abs(np.sum(G * JV) - back) <= 10 * accuracy * scale, (case, np.sum(G * JV), back)


@pytest.mark.parametrize("name", CARDS)
def test_differential_is_the_derivative(name: str) -> None:
    """The card's differential, or linearity in each argument where it gives none, against the evaluation."""
    card, rng = CARDS[name], np.random.default_rng(4)
    for case in draws(card):
        out = np.asarray(card.evaluate(*case.arrays, **case.params))
        if out.dtype.kind != "f" or not any(case.moves):
            continue
        movable = [i for i, m in enumerate(case.moves) if m]
        for chosen in (movable, movable[:1], movable[1:]):
            if not chosen:
                continue
            V = [direction_of(a, i in chosen, case.domains[i], rng) for i, a in enumerate(case.arrays)]
            JV, accuracy = directional(card, case.arrays, case.params, V)
            if card.differential is not None:
                dout = card.differential(out, case.arrays, V, **case.params)
            else:
                dout = sum(card.evaluate(*(v if i == j else a for j, a in enumerate(case.arrays)), **case.params)
                           for i, v in enumerate(V) if v is not None)
            assert np.shape(dout) == out.shape
            scale = 1 + np.abs(out).max(initial=0)
            np.testing.assert_allclose(dout, JV, rtol=10 * accuracy, atol=100 * accuracy * scale)


@pytest.mark.parametrize("name", CARDS)
def test_on_terms_a_card_says_the_same_as_on_arrays(name: str) -> None:
    card, rng = CARDS[name], np.random.default_rng(5)
    for case in draws(card):
        graph = Graph()
        leaves = [graph.leaf(f"x{i}", a, s) for i, (a, s) in enumerate(zip(case.arrays, case.shapes, strict=True))]
        out = card(*leaves, **case.params)
        ruled = tuple(card.shape(*case.shapes, **case.params))
        assert [str(s) for s in out.shape] == [str(s) for s in ruled]
        if out.sample.dtype.kind != "f":
            continue
        G = graph.leaf("G", rng.normal(size=out.sample.shape), out.shape)
        on_arrays = card.adjoint(G.sample, out.sample, *case.arrays, **case.params)
        for leaf, array, term in zip(leaves, on_arrays, card.adjoint(G, out, *leaves, **case.params), strict=True):
            assert (array is None) == (term is None)
            if term is not None:
                np.testing.assert_allclose(term.sample, array, rtol=1e-12, atol=1e-12)
                assert [str(s) for s in term.shape] == [str(s) for s in leaf.shape], "the cotangent's symbols"


@pytest.mark.parametrize("name", [n for n, c in CARDS.items() if c.define])
def test_a_composite_is_its_definition(name: str) -> None:
    card = CARDS[name]
    assert card.define is not None
    for case in draws(card):
        np.testing.assert_allclose(card.define(*case.arrays, **case.params),
                                   card.evaluate(*case.arrays, **case.params), rtol=1e-10, atol=1e-12)


NOT_PROVED = ("ndtr", "relu6")
"""Composites whose folded adjoint is right by their samples only."""


@pytest.mark.parametrize("name", [n for n, c in CARDS.items() if c.define and n not in NOT_PROVED])
def test_a_folded_adjoint_is_proved_by_the_definition(name: str) -> None:
    """What the card says of its cotangents and what its definition gives are one normal form."""
    card = CARDS[name]
    assert card.define is not None
    case, graph = draw(card, card.examples[0], 0), Graph()
    leaves = [graph.leaf(f"x{i}", a, s) for i, (a, s) in enumerate(zip(case.arrays, case.shapes, strict=True))]
    folded, defined = card(*leaves, **case.params), card.define(*leaves, **case.params)
    G = graph.leaf("G", np.random.default_rng(6).normal(size=folded.sample.shape), folded.shape)
    first, second = (gradients({out: G}, leaves) for out in (folded, defined))
    assert first.keys() == second.keys()
    for leaf in first:
        assert same(first[leaf], second[leaf])
