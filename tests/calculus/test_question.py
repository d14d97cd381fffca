import json
import re

import numpy as np
import pytest
from calculus.reckoning import Question, close, run_code
from nablint.calculus.notation import read
from nablint.calculus.question import QuestionError, answer, hessian

OPENING = {"X": "1,m", "W": "m,10", "b": "1,10", "y": "10,1"}


def test_the_opening_question():
    found = answer("(X @ W + b) @ y", "W", OPENING)
    assert found.gradient["text"] == "Xᵀ yᵀ"
    assert found.gradient["numpy"] == "X.T @ y.T"
    assert found.gradient["einsum"] == "np.einsum('ij,ki->jk', X, y)"
    assert found.other_layout["text"] == "y X"
    assert found.shape == ("m", "10")
    assert found.other_shape == ("10", "m")
    steps = [(s.before, s.after) for s in found.steps]
    assert steps[:4] == [("dL", "X dW y"), ("X dW y", "tr(X dW y)"), ("tr(X dW y)", "tr(y X dW)"),
                         ("tr(y X dW)", "⟨Xᵀ yᵀ, dW⟩")]
    shown = found.to_text()
    assert "(10, m), and W is (m, 10)" in re.sub(r"\s+", " ", shown)
    assert answer("(X @ W + b) @ y", "W", OPENING, "numerator").gradient["text"] == "y X"


def test_textbook_convention():
    found = answer("λ = xᵀ W y", "W", {})
    assert found.gradient["text"] == "x yᵀ"
    assert found.other_layout["text"] == "y xᵀ"
    assert found.shapes["x"][0] == "(n, 1)"
    assert "lowercase" in found.shapes["x"][1]
    assert found.symbol == "∂λ/∂W"


WRITINGS = [
    ("f = X@W + b; L = f@y", "W", OPENING, "Xᵀ yᵀ"),
    ("tr(A @ X)", "X", {}, "Aᵀ"),
    ("np.trace(A @ X)", "X", {}, "Aᵀ"),
    ("logdet(X)", "X", {}, "X⁻ᵀ"),
    ("np.linalg.slogdet(X)[1]", "X", {}, "X⁻ᵀ"),
    ("log det X", "X", {}, "X⁻ᵀ"),
    ("norm(X)**2", "X", {}, "2 X"),
    ("np.linalg.norm(X)**2", "X", {}, "2 X"),
    ("‖X‖²", "X", {}, "2 X"),
    ("x' A x", "x", {}, "(A + Aᵀ) x"),
    ("xᵀAx", "x", {}, "(A + Aᵀ) x"),
    ("x^T A x", "x", {}, "(A + Aᵀ) x"),
    ("x.T @ A @ x", "x", {}, "(A + Aᵀ) x"),
    ("x @ A @ x", "x", {}, "(A + Aᵀ) x"),
    ("Σ_i x_i y_i", "x", {}, "y"),
    ("sum_i x_i**2 * y_i", "x", {}, "2 y ∘ x"),
    ("sum(x[i]*y[i] for i in range(n))", "x", {}, "y"),
    ("Σ_ij x_i A_ij y_j", "A", {}, "x yᵀ"),
    ("1/2 ‖y - X w‖² + λ ‖w‖²", "w", {}, "2 λ w - Xᵀ (y - X w)"),
    ("np.sum((X @ w - y)**2) / (2*N)", "w", {}, "Xᵀ (X w - y) / N"),
    ("s = lambda z: 1/(1+np.exp(-z)); np.sum(s(X@w))", "w", {}, "Xᵀ (σ(X w) ∘ (1 - σ(X w)))"),
    ("s(z) = z*z; np.sum(s(X@w))", "w", {}, "2 Xᵀ X w"),
    ("X.sum()", "X", {"X": "n,m"}, "1"),
    ("α (xᵀ x)", "α", {}, "xᵀ x"),
    ("(w_1 * x_1 + b)**2", "b", {"w_1": "", "x_1": "", "b": ""}, "2 (w_1 x_1 + b)"),
    ("np.exp(a * b)", "a", {"a": "", "b": ""}, "exp(a b) b"),
]


@pytest.mark.parametrize(("text", "wrt", "shapes", "wanted"), WRITINGS, ids=[w[0] for w in WRITINGS])
def test_writings(text, wrt, shapes, wanted):
    found = answer(text, wrt, shapes)
    assert found.gradient["text"] == wanted
    asked = Question(text, wrt, shapes)
    code = found.gradient["numpy"]
    assert close(run_code(code, asked.samples), asked.complex_step())
    json.dumps(found.to_json())
    assert found.gradient["latex"].count("{") == found.gradient["latex"].count("}")
    assert found.gradient["mathml"].startswith("<math>")
    for style in ("latex", "mathml"):
        assert len(found.steps_in(style)) == len(found.steps)
    assert found.to_text()


JACOBIANS = [
    ("A x", "x", {}, "Aᵀ", "A"),
    ("A @ x", "x", {}, "Aᵀ", "A"),
    ("np.tanh(A @ x)", "x", {}, "Aᵀ Diag(1 - tanh(A x)²)", "Diag(1 - tanh(A x)²) A"),
    ("softmax(z)", "z", {}, "Diag(softmax(z)) - softmax(z) softmax(z)ᵀ", "Diag(softmax(z)) - softmax(z) softmax(z)ᵀ"),
    ("x * y", "x", {"x": "n", "y": "n"}, "Diag(y)", "Diag(y)"),
    ("x", "x", {"x": "n"}, "I", "I"),
    ("(wᵀ x) x", "x", {}, None, None),
]


@pytest.mark.parametrize(
    ("text", "wrt", "shapes", "denominator", "numerator"), JACOBIANS, ids=[j[0] for j in JACOBIANS]
)
def test_jacobians(text, wrt, shapes, denominator, numerator):
    found = answer(text, wrt, shapes)
    assert found.kind == "jacobian"
    if denominator is not None:
        assert (found.gradient["text"], found.other_layout["text"]) == (denominator, numerator)
    asked = Question(text, wrt, shapes)
    base = np.asarray(asked.variable.sample)
    columns = []
    for place in np.ndindex(base.shape):
        moved = base.astype(complex)
        moved[place] += 1e-20j
        columns.append(np.imag(np.ravel(asked.at(moved))) / 1e-20)
    assert close(run_code(found.gradient["numpy"], asked.samples), np.array(columns))
    assert close(run_code(found.other_layout["numpy"], asked.samples), np.array(columns).T)


HESSIANS = [
    ("xᵀ A x", "x", {}, "A + Aᵀ"),
    ("xᵀ A x + bᵀ x", "x", {}, "A + Aᵀ"),  # Matrix Cookbook 96 to 98
    ("np.sum((X @ w - y)**2) / 2", "w", {}, "Xᵀ X"),
    ("np.sum(np.log(1 + np.exp(A @ x)))", "x", {}, None),
    ("np.sum(np.exp(x))", "x", {"x": "n"}, "Diag(exp(x))"),
    ("logsumexp(x)", "x", {"x": "n"}, "Diag(softmax(x)) - softmax(x) softmax(x)ᵀ"),
]


@pytest.mark.parametrize(("text", "wrt", "shapes", "wanted"), HESSIANS, ids=[h[0] for h in HESSIANS])
def test_hessians(text, wrt, shapes, wanted):
    found = hessian(text, wrt, shapes)
    if wanted is not None:
        assert found.gradient["text"] == wanted
    asked = Question(text, wrt, shapes)
    matrix = run_code(found.gradient["numpy"], asked.samples)
    base = np.asarray(asked.variable.sample, float)
    rows = []
    for place in np.ndindex(base.shape):  # central differences of the complex-step gradient
        ends = []
        for sign in (1, -1):
            moved = base.copy()
            moved[place] += sign * 1e-5
            asked.variable.sample = moved
            ends.append(asked.complex_step().ravel())
        asked.variable.sample = base
        rows.append((ends[0] - ends[1]) / 2e-5)
    assert close(matrix, np.array(rows), 1e-5)


def test_higher_orders_are_not_formed():
    found = answer("X @ W", "W", {})
    assert found.kind == "vector-Jacobian product"
    assert found.gradient["text"] == "Xᵀ G"
    assert "tensor of order 4, which is not formed" in found.notes[0]
    assert "df = X dW" in found.notes[0]


ERRORS = [
    ("", "W", {}, "there is no expression"),
    ("(X @ W", "W", {}, "')' is missing at the end"),
    ("X @ @ W", "W", {}, "'@' cannot stand here"),
    ("X @ W $ y", "W", {}, "'$' is not part of a formula"),
    ("X @ W", "Q", {}, "'Q' is not in the expression"),
    ("X @ W", "W", {"Z": "1,2"}, "--shape names Z"),
    ("X @ W", "W", {"X": "1,-2"}, "the shape of X has '-2'"),
    ("X @ W", "W", {"X": "1,m", "W": "k,10"}, "X (1, m) and W (k, 10); m and k would have to be equal"),
    ("(X @ W + b) @ y", "W", OPENING | {"b": "1,9"}, "would have to be equal"),
    ("foo(X)", "X", {}, "there is no function 'foo'"),
    (r"\frac{x}{2}", "x", {}, "'\\frac' is not read"),
    ("__import__('os').system('true')", "x", {}, ""),
    ("open('/etc/passwd').read()", "x", {}, ""),
    ("x.__class__", "x", {}, ""),
    ("np.sum(X, axis=7)", "X", {"X": "n,m"}, "no axis 7"),
    ("X @ W", "W", {"X": "n,m,symmetric"}, "must be square"),
    ("(" * 200 + "x" + ")" * 200, "x", {}, "nested"),
    ("x / 0", "x", {}, "divides by zero"),
    ("x" * 5000, "x", {}, "longer than"),
]


@pytest.mark.parametrize(("text", "wrt", "shapes", "message"), ERRORS, ids=[e[0][:30] for e in ERRORS])
def test_errors_are_one_line(text, wrt, shapes, message):
    with pytest.raises(QuestionError) as caught:
        answer(text, wrt, shapes)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_conflict_points_at_the_operand():
    with pytest.raises(QuestionError) as caught:
        answer("(X @ W + b) @ y", "W", {"X": "1,m", "W": "k,10"})
    assert caught.value.column == 6


def test_nothing_of_the_text_is_run(tmp_path):
    marker = tmp_path / "marker"
    for text in (f"open('{marker}', 'w')", f"[].append(open('{marker}','w'))", f"(lambda: open('{marker}','w'))()"):
        with pytest.raises(QuestionError):
            answer(text, "x", {})
    assert not marker.exists()


def test_reading_marks_places():
    (_, tree), = read("X @ W + b").steps
    assert (tree.start, tree.end) == (0, 9)


def test_products_are_written_as_the_question_has_them():
    assert answer("np.sum((np.dot(X, w) - y)**2)", "w", {}).gradient["numpy"] == "2 * np.dot(X.T, np.dot(X, w) - y)"
    assert answer("np.sum((X @ w - y)**2)", "w", {}).gradient["numpy"] == "2 * X.T @ (X @ w - y)"


def test_the_naive_chain_rule_is_told_of_where_one_would_use_it():
    assert "it multiplies" in answer("(X @ W + b) @ y", "W", OPENING).notes[0]
    assert not answer("tr(X' A X)", "X", {}).notes  # the variable stands in both factors
    assert not answer("xᵀ A x", "x", {}).notes
