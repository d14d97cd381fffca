"""The differential engine side by side with SymPy on the Matrix Cookbook's gradients, and how its cost grows.

    python tests/benchmarks/identities.py [--repeat N]

Every tool derives every identity from the same tree; what it answers is compared on numbers with the complex step.  A
tool that leaves a derivative in its answer, or raises, does not support the identity.  Times are processor time.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))

from calculus.cookbook import GRADIENTS
from calculus.reckoning import Question, close
from nablint.calculus.derivation import derive
from nablint.calculus.gradient import gradients
from nablint.calculus.normal import same
from nablint.calculus.notation import Expr
from nablint.calculus.question import answer
from nablint.calculus.terms import Graph
from nablint.ops.card import op
from nablint.shapes import Polynomial, Size


def in_sympy(e: Expr, names: dict[str, Any]) -> Any:
    """The expression in SymPy's matrix expressions; KeyError or TypeError for what it does not have."""
    import sympy as sp

    parts = [in_sympy(p, names) for p in e.parts]
    match e.kind, e.value:
        case "name", name:
            return names[name]
        case "number", text:
            return sp.nsimplify(text, rational=True)
        case "binary", "+":
            return parts[0] + parts[1]
        case "binary", "-":
            return parts[0] - parts[1]
        case "binary", "∘":
            return sp.HadamardProduct(*parts)
        case "binary", "/":
            return parts[0] / parts[1]
        case "binary", _:
            return parts[0] * parts[1]
        case "negative", _:
            return -parts[0]
        case "transpose", _:
            return parts[0].T
        case "inverse", _:
            return parts[0].inv()
        case "power", _:
            return parts[0] ** parts[1]
        case "norm", _:
            return sp.sqrt((parts[0].T * parts[0])[0, 0])
        case "call", name:
            return {"tr": sp.Trace, "det": sp.Determinant, "log": sp.log, "kron": sp.KroneckerProduct,
                    "logdet": lambda x: sp.log(sp.Determinant(x)),
                    "norm": lambda x: sp.sqrt(sp.Trace(x.T * x))}[name](*parts)
    raise KeyError(e.kind)


def by_sympy(asked: Question) -> np.ndarray | None:
    """SymPy's gradient on the samples; None where it has none."""
    import sympy as sp

    warnings.simplefilter("ignore")  # SymPy turns its own warnings on when it is imported
    leaves = asked.setting.leaves
    names = {n: sp.MatrixSymbol(n, *map(int, t.shape)) if t.ndim else sp.Symbol(n) for n, t in leaves.items()}
    if asked.setting.structures.get(asked.wrt):
        return None
    (_, tree), = asked.problem.steps
    found = in_sympy(tree, names).diff(names[asked.wrt])
    if found.has(sp.Derivative) or type(found).__name__.startswith("Array"):
        return None
    values = {names[n]: sp.Matrix(np.asarray(t.sample)) if t.ndim else float(t.sample) for n, t in leaves.items()}
    value = found.subs(values).doit()
    return np.array(getattr(value, "as_explicit", lambda: value)().tolist(), dtype=float)


def by_nablint(asked: Question) -> np.ndarray | None:
    """Our gradient, with its derivation."""
    found = asked.derivation()
    found.shown()
    return np.asarray(found.gradient.sample)


def score(tool: Callable[[Question], np.ndarray | None], repeat: int) -> tuple[int, int, int, float]:
    """right, wrong, unsupported, and the median time of those it answers, in milliseconds."""
    right = wrong = unsupported = 0
    times: list[float] = []
    for _, text, wrt, shapes, _, _ in GRADIENTS:
        expected = Question(text, wrt, shapes).complex_step()
        runs: list[float] = []
        found = None
        for _ in range(repeat):
            asked = Question(text, wrt, shapes)
            start = time.process_time()
            try:
                found = tool(asked)
            except Exception:  # noqa: BLE001 - whatever it raises, it does not answer
                found = None
            runs.append(time.process_time() - start)
        if found is None:
            unsupported += 1
            continue
        times.append(statistics.median(runs) * 1e3)
        if close(found, expected, 1e-6):
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
    print(f"{'tool':10}{'right':>8}{'wrong':>8}{'unsupported':>14}{'median ms':>12}")
    for name, tool in (("nablint", by_nablint), ("SymPy", by_sympy)):
        right, wrong, unsupported, median = score(tool, repeat if name == "nablint" else 1)
        print(f"{name:10}{right:8}{wrong:8}{unsupported:14}{median:12.2f}")
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
