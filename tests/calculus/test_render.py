"""What is written evaluates back: every card, every example, in numpy, torch and einsum."""

import itertools
from xml.etree import ElementTree

import numpy as np
import pytest
from calculus.backprop import NETWORKS
from calculus.reckoning import Question, close, run_code
from nablint.calculus.gradient import gradients
from nablint.calculus.normal import same
from nablint.calculus.question import answer
from nablint.calculus.render import render
from nablint.calculus.simplify import simplify
from nablint.calculus.terms import Graph
from nablint.ops import CARDS
from nablint.ops.card import op
from nablint.shapes import Misfit, Polynomial, Size
from ops.drawing import draw


def terms_of(card, trial=0):
    for example in card.examples:
        drawn = draw(card, example, trial)
        graph = Graph()
        args = [graph.leaf(f"x{k}", np.asarray(a), tuple(Size(n, Polynomial.symbol(f"s{n}")) if n != 1 else Size(1)
                                                         for n in np.shape(a))) for k, a in enumerate(drawn.arrays)]
        yield graph, args, graph.apply(card, args, drawn.params)


@pytest.mark.parametrize("name", sorted(CARDS))
def test_code_of_every_card(name):
    for _, args, term in terms_of(CARDS[name]):
        names = {a: a.label for a in args}
        samples = {a.label: a.sample for a in args}
        for style in ("numpy", "einsum"):
            code = render(term, style, names)
            if code is not None and "scipy" not in code:
                assert close(run_code(code, samples), term.sample), code
        for style in ("text", "latex", "mathml"):
            shown = render(term, style, names)
            assert shown
            assert "None" not in shown or name in ("getitem", "setitem", "addat")
            if style == "latex":
                assert shown.count("{") == shown.count("}"), shown
            if style == "mathml":
                assert ElementTree.fromstring(shown).tag == "math", shown


@pytest.mark.parametrize("name", sorted(CARDS))
def test_torch_code_of_every_card(name):
    torch = pytest.importorskip("torch")
    for _, args, term in terms_of(CARDS[name]):
        code = render(term, "torch", {a: a.label for a in args})
        if code is not None:
            samples = {a.label: torch.as_tensor(np.array(a.sample)) for a in args}
            found = np.asarray(run_code(code, samples, {"torch": torch}))
            if name in ("svd_left", "svd_right", "eigenvectors"):  # the sign of a singular vector is free
                found, term.sample = np.abs(found), np.abs(term.sample)
            assert close(found, term.sample, 1e-6), code


@pytest.mark.parametrize("name", sorted(CARDS))
def test_simplified_adjoint_of_every_card(name):
    """A gradient keeps its value and its shape when simplified, and its code gives it back."""
    for graph, args, term in terms_of(CARDS[name]):
        arriving = graph.leaf("G", np.random.default_rng(4).normal(size=np.shape(term.sample)), term.shape)
        try:
            found = gradients({term: arriving}, args)
        except (Misfit, NotImplementedError):
            continue
        names = {a: a.label for a in (*args, arriving)}
        samples = {a.label: a.sample for a in (*args, arriving)}
        for arg, gradient in found.items():
            short = simplify(gradient, names)
            assert np.shape(short.sample) == np.shape(arg.sample)
            assert close(short.sample, gradient.sample)
            assert same(short, gradient) or close(short.sample, gradient.sample, 1e-12)
            code = render(short, "numpy", names)
            if code is not None and "scipy" not in code:
                assert close(run_code(code, samples), gradient.sample), code


CASES = [(text, wrt, shapes) for _, text, variables, shapes in NETWORKS for wrt in variables]


@pytest.mark.parametrize(("text", "wrt", "shapes"), CASES, ids=[f"{c[0][:40]} d{c[1]}" for c in CASES])
def test_torch_code_of_networks(text, wrt, shapes):
    torch = pytest.importorskip("torch")
    code = answer(text, wrt, shapes).gradient["torch"]
    if code is None:
        assert "cholesky" in text
        return
    asked = Question(text, wrt, shapes)
    if asked.setting.structures.get(wrt):
        return
    samples = {n: torch.as_tensor(np.array(v)) for n, v in asked.samples.items()}
    samples |= {t.label: float(t.sample) for t in asked.setting.leaves.values() if t.ndim == 0}
    found = run_code(code, samples, {"torch": torch})
    assert close(np.asarray(found), asked.derivation().gradient.sample, 1e-7), code


WRITTEN = [
    (lambda x: x.A - (x.B - x.A), "A - (B - A)", "A - (B - A)"),
    (lambda x: x.A @ (x.B * x.A), "A (B ∘ A)", "A @ (B * A)"),
    (lambda x: (x.A @ x.B) * x.A, "(A B) ∘ A", "A @ B * A"),
    (lambda x: x.A * (x.A @ x.B), "A ∘ (A B)", "A * (A @ B)"),
    (lambda x: -(x.A**2), "-A²", "-A**2"),
    (lambda x: (-x.A)**2, "(-A)²", "(-A)**2"),
    (lambda x: x.A / (x.B / x.A), "A / (B / A)", "A / (B / A)"),
    (lambda x: x.A / x.B / x.A, "A / B / A", "A / B / A"),
    (lambda x: (x.A + x.B).T, "(A + B)ᵀ", "(A + B).T"),
    (lambda x: op.inv(x.A).T, "A⁻ᵀ", "np.linalg.inv(A).T"),
    (lambda x: 2 * (x.A - x.B), "2 (A - B)", "2 * (A - B)"),
    (lambda x: op.sum(x.A, axis=0, keepdims=True), "Σ(A, axis=0)", "np.sum(A, axis=0, keepdims=True)"),
    (lambda x: op.exp(-x.A), "exp(-A)", "np.exp(-A)"),
    (lambda x: 1 - x.A, "1 - A", "1 - A"),
    (lambda x: x.A - -x.B, "A - (-B)", "A - -B"),
]


@pytest.mark.parametrize(("build", "text", "code"), WRITTEN, ids=[w[1] for w in WRITTEN])
def test_brackets(build, text, code):
    graph, size = Graph(), Size(3, Polynomial.symbol("n"))

    class Names:
        A = graph.leaf("A", np.random.default_rng(0).uniform(1, 2, (3, 3)), (size, size))
        B = graph.leaf("B", np.random.default_rng(1).uniform(1, 2, (3, 3)), (size, size))

    term, names = build(Names), {Names.A: "A", Names.B: "B"}
    assert render(term, "text", names) == text
    assert render(term, "numpy", names) == code
    assert close(run_code(code, {"A": Names.A.sample, "B": Names.B.sample}), term.sample)


def test_dot_as_the_source_has_it():
    graph, size = Graph(), Size(3, Polynomial.symbol("n"))
    a, b = (graph.leaf(n, np.eye(3) + k, (size, size)) for k, n in enumerate("AB"))
    assert render(a @ b.T, "numpy", {a: "A", b: "B"}, dot=True) == "np.dot(A, B.T)"


def test_random_expressions_keep_their_value():
    rng = np.random.default_rng(0)
    graph, size = Graph(), Size(3, Polynomial.symbol("n"))
    base = [graph.leaf(n, rng.uniform(0.5, 1.5, (3, 3)), (size, size)) for n in "ABC"]
    names, samples = {t: t.label for t in base}, {t.label: t.sample for t in base}
    kinds = (lambda a, b: a + b, lambda a, b: a - b, lambda a, b: a * b, lambda a, b: a / b, lambda a, b: a @ b,
             lambda a, b: -a, lambda a, b: a.T, lambda a, b: a**2, lambda a, b: 2 * a, lambda a, b: op.tanh(a))
    pool = list(base)
    for _ in range(400):
        a, b = pool[rng.integers(len(pool))], pool[rng.integers(len(pool))]
        term = kinds[rng.integers(len(kinds))](a, b)
        if np.max(np.abs(term.sample)) > 1e6 or np.min(np.abs(term.sample)) < 1e-6:
            continue
        for shown in (term, simplify(term)):
            for style in ("numpy", "einsum"):
                code = render(shown, style, names)
                assert close(run_code(code, samples), term.sample, 1e-8), code
            dotted = render(shown, "numpy", names, dot=True)
            assert close(run_code(dotted, samples), term.sample, 1e-8), dotted
        if len(render(term, "numpy", names)) < 90:
            pool.append(term)
    assert len(pool) > 60
    assert len(list(itertools.islice(pool, 10))) == 10
