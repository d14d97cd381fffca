"""Inputs that nobody annotated: the shapes that forward code leaves them, and how many readings that takes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import slips
from nablint.claims.evidence import parameter_evidence
from nablint.claims.judging.search import MAX_RUNS, explore
from nablint.claims.names import is_gradient_name
from nablint.claims.program import Program
from nablint.claims.units import find_units
from nablint.reading.source import blocks
from nablint.shapes import Size
from nablint.tracing.functions import call_function
from nablint.tracing.interpreter import Interpreter
from nablint.tracing.loading import load
from nablint.tracing.values import Array, Function, Pending, Restart
from nablint.tracing.world import Hypothesis, World

RUNS = 12


def shapes(source: str) -> tuple[dict[str, tuple[Size, ...]], World, int]:
    """The shapes of the arrays that a function's parameters turn out to be, under the first reading that fits.

    Equations that a clash yields are followed, other choices are not.
    """
    hypothesis = Hypothesis()
    for turn in range(RUNS):
        world = World(hypothesis)
        it = Interpreter(world, is_gradient_name=is_gradient_name, evidence=parameter_evidence)
        with it.using(), np.errstate(all="ignore"):
            load(it, blocks("import numpy as np\nimport torch\n" + source), everything=False)
            function = it.scope.names["f"]
            assert isinstance(function, Function)
            given = {p.name.value: it.input(p.name.value, function) for p in function.node.params.params}
            try:
                call_function(it, function, list(given.values()), {}, None)
            except Restart as restart:
                if restart.small:
                    hypothesis = Hypothesis(hypothesis.decisions, hypothesis.equations, hypothesis.positive,
                                            hypothesis.small | set(restart.small))
                elif restart.decisions:
                    hypothesis = hypothesis.decide(*restart.decisions[0], 0.0)
                elif restart.equations:
                    hypothesis = hypothesis.equate(restart.equations[:1])
                else:
                    pytest.fail(restart.reason)
                continue
        found = {n: p.value if isinstance(p, Pending) else p for n, p in given.items()}
        return {n: tuple(v.term.shape) for n, v in found.items() if isinstance(v, Array)}, world, turn
    raise AssertionError("no reading fits")


FORMS: dict[str, tuple[str, str]] = {
    "product": ("def f(x, w):\n    return x @ w\n", "x ab, w bc"),
    "product and bias": ("def f(x, w, b):\n    return x @ w + b\n", "x ab, w bc, b c"),
    "weights on the left": ("def f(x, w):\n    return np.dot(w, x)\n", "w ab, x bc"),
    "two layers": (
        "def f(x, w1, b1, w2, b2):\n    h = np.tanh(x @ w1 + b1)\n    return h @ w2 + b2\n",
        "x ab, w1 bc, b1 c, w2 cd, b2 d"),
    "target of the output's shape": ("def f(x, w, y):\n    return np.sum((x @ w - y) ** 2)\n", "x ab, w bc, y ac"),
    "unpacking tells the rank": ("def f(x):\n    a, b, c = x.shape\n    return x * 2\n", "x abc"),
    "assertion tells the shape": ("def f(x, y):\n    assert x.shape == y.shape\n    return x * y\n", "x ab, y ab"),
    "transposed product": ("def f(x, w):\n    return x.dot(w.T)\n", "x ab, w cb"),
    "gram": ("def f(x):\n    return x.T @ x\n", "x ab"),
    "axes named": ("def f(x):\n    return x.transpose(0, 2, 3, 1)\n", "x abcd"),
    "subscripts": ("def f(x):\n    return x[:, 0, :] + 1\n", "x abc"),
    "elementwise": ("def f(x, y):\n    return x * np.exp(y)\n", "x ab, y ab"),
    "docstring": (
        'def f(x, w):\n    """x: array of shape (N, T, D)\n    w: array of shape (D, M)"""\n    return x.dot(w)\n',
                  "x abc, w cd"),
    "numpydoc": (
        'def f(x):\n    """Scale.\n\n    Parameters\n    ----------\n    x : ndarray of shape (n,)\n    """\n'
        "    return x * 2\n", "x a"),
    "equations across statements": (
        "def f(x, u, v):\n    a = x @ u\n    b = x @ v\n    return a + b\n", "x ab, u bc, v bc"),
    "residual": ("def f(x, w):\n    return x + np.tanh(x @ w)\n", "x ab, w bb"),
    "batched product": ('def f(q, k):\n    """q: (B, T, D)"""\n    return q @ k.transpose(0, 2, 1)\n', "q abc, k adc"),
}
"""Forward functions, and the axes of their inputs: the same letter is the same size, two letters are two sizes."""


@pytest.mark.parametrize("name", FORMS)
def test_shapes_of_inputs(name: str) -> None:
    source, wanted = FORMS[name]
    found, _, _ = shapes(source)
    sizes: dict[str, Size] = {}
    for part in wanted.split(", "):
        parameter, axes = part.split()
        assert len(found[parameter]) == len(axes), found
        for letter, size in zip(axes, found[parameter], strict=True):
            assert sizes.setdefault(letter, size).expr == size.expr, found
            assert size > 1
    values = [int(size) for size in sizes.values()]
    if len(values) < 4:  # samples and channels of larger arrays are few, and may be as many as something else
        assert len(set(values)) == len(values), found


KINDS: dict[str, tuple[str, dict[str, int]]] = {
    "a strength over a count": ("def f(x, w, lmbda, n):\n    return x @ w * (1 - lmbda / n)\n",
                              {"x": 2, "w": 2, "lmbda": 0}),
    "a scale over what is no count": ("def f(scale, width):\n    return scale / width\n", {"scale": 0, "width": 2}),
    "pairs": ("def f(data):\n    total = 0\n    for x, y in data:\n        total = total + x * y\n    return total\n",
              {}),
    "rows": ("def f(data):\n    total = 0\n    for x in data:\n        total = total + x\n    return total\n",
             {"data": 2}),
    "rows of three": ("def f(data):\n    assert data.shape[1] == 3\n    for x, y, z in data:\n        w = x * y + z\n"
                      "    return w\n", {"data": 2}),
    "arrays by names of sizes, joined": ("def f(x, h):\n    return np.concatenate([x, h], axis=1)\n", {"x": 2, "h": 2}),
    "shuffled pairs": ("def f(data):\n    import random\n    random.shuffle(data)\n    for x, y in data:\n"
                       "        z = x * y\n    return z\n", {}),
}
"""Functions, and the ranks of those of their inputs that are arrays: the others are sizes or lists."""


@pytest.mark.parametrize("name", KINDS)
def test_kinds_of_inputs(name: str) -> None:
    source, ranks = KINDS[name]
    found, _, _ = shapes(source)
    assert {parameter: len(shape) for parameter, shape in found.items()} == ranks


def test_a_window_is_smaller_than_its_image() -> None:
    found, _, _ = shapes("def f(x, w):\n    return torch.nn.functional.conv2d(x, w)\n")
    assert all(k <= n for n, k in zip(found["x"][2:], found["w"][2:], strict=True))


@pytest.mark.parametrize(("source", "singular"), [
    ("def f(x):\n    return x / x.shape[1]\n", True),
    ("def f(x):\n    return x / x.sum(axis=0, keepdims=True)\n", True),
    ("def f(x):\n    return x / x.sum(axis=1, keepdims=True)\n", False),
    ("def f(x):\n    return np.tanh(x)\n", False),
])
def test_a_single_column_is_no_reading_of_code_that_counts(source: str, singular: bool) -> None:
    world = World(Hypothesis(decisions=(("f.x:rank", 1),)))
    it = Interpreter(world, is_gradient_name=is_gradient_name)
    with it.using():
        load(it, blocks("import numpy as np\n" + source), everything=False)
        function = it.scope.names["f"]
        assert isinstance(function, Function)
        x = it.input("x", function)
        world.leaf("f.x", (Size(4), Size(1)))
        x.value = Array(world.leaves["f.x"])
        call_function(it, function, [x.value], {}, None)
    assert world.singular == singular


def test_no_size_is_solved_to_one() -> None:
    """`x @ w` with a column that is added to its rows fits with one row only: another reading is tried, not size 1."""
    found, _, _ = shapes("def f(x, w, y):\n    return x @ w - y\n")
    assert all(size > 1 for shape in found.values() for size in shape)


def test_sizes_differ_from_draw_to_draw() -> None:
    draws = [tuple(int(World(Hypothesis(), draw).dimension(n)) for n in ("a",)) for draw in range(3)]
    assert len(set(draws)) == 3


READINGS: dict[str, tuple[int, int]] = {
    "attention_blocks": (35, 10), "autograd_functions": (30, 5), "book_layers": (60, 30), "char_rnn_script": (20, 15),
    "column_network": (45, 15),
    "features_first": (35, 10), "forward_backward_pairs": (25, 5), "gated_cells": (50, 15), "layer_classes": (25, 5),
    "loss_and_grads": (40, 10), "training_script": (10, 5),
}
"""By case: how many readings are tried of all its units together, and of the dearest one, at the most.

What is measured is printed; these are the next multiples of five.
"""


@pytest.mark.parametrize("case", slips.names())
def test_readings_are_few(case: str, record_property: Callable[[str, object], None]) -> None:
    program = Program(blocks(slips.source(case)), evidence=parameter_evidence)
    runs: dict[str, int] = {}
    restarts = silent = 0
    with np.errstate(all="ignore"):
        for unit in find_units(program.loader, program.statements()):
            for outcome in explore(program, unit, 1.5):
                runs[unit.name] = runs.get(unit.name, 0) + outcome.runs
                restarts += outcome.restarts
                silent += outcome.judgement is None
                assert outcome.runs <= MAX_RUNS
    tried, dearest = sum(runs.values()), max(runs.values())
    record_property(f"measured readings tried: {case}",
                    {"units": len(runs), "readings": tried, "dearest": dearest, "restarts": restarts, "silent": silent})
    most, most_of_one = READINGS[case]
    assert tried <= most, runs
    assert dearest <= most_of_one, runs


def test_every_case_says_how_many_readings_it_may_take() -> None:
    assert sorted(READINGS) == slips.names()
