"""The differential engine side by side with SymPy and tensorgrad on the Matrix Cookbook's gradients; how cost grows.

    python tests/benchmarks/identities.py [--repeat N]

Every tool derives every identity from the same tree; what it answers is compared on numbers with the book's closed
form (which the tests compare with the complex step).  tensorgrad takes part where it is installed (`pip install
tensorgrad`).  Times are processor time, of the derivation alone.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import importlib.util
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.rivals import Value, sympy_gradient, tensorgrad_gradient
from calculus.cookbook import GRADIENTS
from calculus.reckoning import Question, close
from nablint.calculus.derivation import derive
from nablint.calculus.gradient import gradients
from nablint.calculus.normal import same
from nablint.calculus.question import answer
from nablint.calculus.structure import structured
from nablint.calculus.terms import Graph
from nablint.ops.card import op
from nablint.shapes import Polynomial, Size

Tool = Callable[[Question], Callable[[], Value]]
RIVALS: dict[str, Tool] = {"sympy": sympy_gradient, "tensorgrad": tensorgrad_gradient}


def nablint_gradient(asked: Question) -> Callable[[], Value]:
    """Our gradient, with its derivation written out."""

    def derive() -> Value:
        found = asked.derivation()
        found.shown()
        kind = asked.setting.structures.get(asked.wrt)
        gradient = structured(found.gradient, kind) if kind else found.gradient
        return lambda: np.asarray(gradient.sample)

    return derive


def score(tool: Tool, repeat: int) -> tuple[int, int, int, float]:
    """right, wrong, unsupported, and the median time of those it answers, in milliseconds."""
    right = wrong = unsupported = 0
    times: list[float] = []
    for _, text, wrt, shapes, closed, _ in GRADIENTS:
        runs: list[float] = []
        try:
            for _ in range(repeat):  # a fresh question each time: nothing is remembered
                asked = Question(text, wrt, shapes)
                derive = tool(asked)
                start = time.process_time()
                value = derive()
                runs.append(time.process_time() - start)
            found = value()
        except Exception:  # noqa: BLE001 - whatever it raises, it does not answer
            unsupported += 1
            continue
        times.append(statistics.median(runs) * 1e3)
        if close(found, asked.closed_form(closed).sample, 1e-6):
            right += 1
        else:
            wrong += 1
    return right, wrong, unsupported, statistics.median(times)


def comparing(repeat: int) -> float:
    """The median time to compare a gradient with the book's closed form, in milliseconds."""
    times: list[float] = []
    for _, text, wrt, shapes, closed, _ in GRADIENTS:
        for _ in range(repeat):
            asked = Question(text, wrt, shapes)
            gradient, book = asked.derivation().gradient, asked.closed_form(closed)
            start = time.process_time()
            same(gradient, book)
            times.append(time.process_time() - start)
    return statistics.median(times) * 1e3


def growth(layers: int) -> tuple[int, int, float, float]:
    """A chain of layers: nodes of the loss, nodes of all gradients, and milliseconds for gradients and derivation."""
    graph, size = Graph(), Size(3, Polynomial.symbol("D"))
    x = graph.leaf("x", np.random.default_rng(0).normal(size=(4, 3)), (Size(4, Polynomial.symbol("N")), size))
    names, weights, h = {x: "x"}, [], x
    for k in range(layers):
        weights.append(graph.leaf(f"W{k}", np.random.default_rng(k).normal(size=(3, 3)), (size, size)))
        h = op.tanh(h @ weights[-1])
        names |= {weights[-1]: f"W{k}", h: f"h{k}"}
    loss, before = op.sum(h**2), graph.count
    start = time.process_time()
    gradients({loss: graph.constant(1.0)}, weights)
    middle, after = time.process_time(), graph.count
    derive(loss, None, weights[0], names)
    return before, after - before, (middle - start) * 1e3, (time.process_time() - middle) * 1e3


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=5)
    repeat = parser.parse_args().repeat
    print(f"{len(GRADIENTS)} gradients of the Matrix Cookbook\n")
    print(f"{'tool':20}{'right':>8}{'wrong':>8}{'unsupported':>14}{'median ms':>12}")
    tools = {"nablint": nablint_gradient}
    for name, tool in RIVALS.items():
        if importlib.util.find_spec(name) is None:
            print(f"{name} is not installed")
        else:
            tools[f"{name} {importlib.metadata.version(name)}"] = tool
    for name, tool in tools.items():
        right, wrong, unsupported, median = score(tool, repeat)
        print(f"{name:20}{right:8}{wrong:8}{unsupported:14}{median:12.2f}")
    whole: list[float] = []
    for _, text, wrt, shapes, _, _ in GRADIENTS:
        start = time.process_time()
        answer(text, wrt, shapes).to_text()
        whole.append((time.process_time() - start) * 1e3)
    print(f"\na whole question, from its text to the printed answer: {statistics.median(whole):.2f} ms")
    print(f"comparing two gradients: {comparing(repeat):.2f} ms\n")
    print(f"{'layers':>8}{'nodes':>10}{'of gradients':>14}{'gradients ms':>14}{'derivation ms':>15}")
    for layers in (5, 50, 500):
        nodes, more, first, second = growth(layers)
        print(f"{layers:8}{nodes:10}{more:14}{first:14.1f}{second:15.1f}")


if __name__ == "__main__":
    main()
