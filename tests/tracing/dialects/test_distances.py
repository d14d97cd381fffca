"""Distances between rows, against scipy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from nablint.calculus.terms import Graph
from nablint.tracing import dialects
from nablint.tracing.dialects import context
from scipy.spatial import distance

SPELLINGS = dialects.load()
A = np.random.default_rng(0).normal(size=(5, 3))
B = np.random.default_rng(1).normal(size=(4, 3))
PAIRS = distance.pdist(A)


@pytest.mark.parametrize(("name", "args", "keywords"), [
    ("cdist", (A, B), {}),
    ("cdist", (A, B), {"metric": "sqeuclidean"}),
    ("cdist", (A, B), {"metric": "cityblock"}),
    ("pdist", (A,), {}),
    ("pdist", (A,), {"metric": "sqeuclidean"}),
    ("pdist", (A,), {"metric": "cityblock"}),
    ("squareform", (PAIRS,), {}),
    ("squareform", (distance.squareform(PAIRS),), {}),
])
def test_distances_are_those_of_scipy(name: str, args: tuple[Any, ...], keywords: dict[str, Any]) -> None:
    graph = Graph()
    with context.using(graph, np.random.default_rng(2)):
        found = SPELLINGS[f"scipy.spatial.distance.{name}"].call(*map(graph.constant, args), **keywords)
    np.testing.assert_allclose(found.sample, getattr(distance, name)(*args, **keywords), rtol=1e-12, atol=1e-12)


def test_another_metric_is_not_followed() -> None:
    graph = Graph()
    with context.using(graph, np.random.default_rng(2)), pytest.raises(TypeError):
        SPELLINGS["scipy.spatial.distance.cdist"].call(graph.constant(A), graph.constant(B), metric="cosine")
