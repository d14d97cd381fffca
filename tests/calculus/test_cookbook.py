import numpy as np
import pytest
from calculus.cookbook import BY_SCALAR, DIFFERENTIALS, GRADIENTS
from calculus.reckoning import Question, close, run_code
from nablint.calculus.gradient import gradients
from nablint.calculus.jacobian import derivative_by_scalar, forward
from nablint.calculus.normal import same
from nablint.calculus.question import answer
from nablint.calculus.structure import structured


@pytest.mark.parametrize(("equation", "text", "wrt", "shapes", "closed", "decided"), GRADIENTS,
                         ids=[g[0] + " " + g[1] for g in GRADIENTS])
def test_gradient_is_the_books(equation, text, wrt, shapes, closed, decided):
    asked = Question(text, wrt, shapes)
    found = asked.derivation()
    assert found.steps, "a gradient without a derivation"
    assert found.check() == []
    assert close(found.gradient.sample, asked.complex_step(), 1e-7 if decided == "verified" else 1e-9)
    kind = asked.setting.structures.get(wrt)
    gradient = structured(found.gradient, kind) if kind else found.gradient
    book = asked.closed_form(closed)
    assert close(gradient.sample, book.sample, 1e-7)
    assert same(gradient, book) == (decided == "proved")


@pytest.mark.parametrize(("equation", "text", "wrt", "shapes", "closed", "decided"), GRADIENTS,
                         ids=[g[0] + " " + g[1] for g in GRADIENTS])
def test_written_code_gives_the_gradient(equation, text, wrt, shapes, closed, decided):
    asked, found = Question(text, wrt, shapes), answer(text, wrt, shapes)
    book = np.asarray(asked.closed_form(closed).sample)
    for style in ("numpy", "einsum"):
        code = found.gradient[style]
        if "expm" in text:  # numpy has no matrix exponential
            assert code is None
            continue
        assert code, f"no {style} code"
        assert close(run_code(code, asked.samples), book, 1e-7), code
    other = found.other_layout["numpy"]
    assert other is None or close(run_code(other, asked.samples), book.T, 1e-7), other


@pytest.mark.parametrize(("equation", "text", "wrt", "shapes", "closed"), DIFFERENTIALS,
                         ids=[d[0] + " " + d[1] for d in DIFFERENTIALS])
def test_differential_is_the_books(equation, text, wrt, shapes, closed):
    if text == "A":  # 33: nothing of the variable in it
        asked = Question("A + 0 X", "X", shapes)
    else:
        asked = Question(text, wrt, shapes)
    e = asked.setting.graph.leaf("E", np.random.default_rng(1).normal(size=np.shape(asked.variable.sample)),
                                 asked.variable.shape)
    found = forward(asked.output, asked.variable, e)
    book = asked.closed_form(closed, E=e)
    assert close(found.sample, book.sample)
    assert same(found, book)


@pytest.mark.parametrize(("equation", "text", "shapes", "closed"), BY_SCALAR, ids=[b[0] for b in BY_SCALAR])
def test_derivative_by_a_scalar(equation, text, shapes, closed):
    asked = Question(text, "t", shapes)
    found = derivative_by_scalar(asked.output, asked.variable, frozenset())
    assert close(found.sample, asked.closed_form(closed).sample)
    step = 1e-25
    assert close(np.imag(asked.at(asked.variable.sample + 1j * step)) / step, found.sample)


def test_second_derivative_of_a_determinant():
    """Equation 48 with Y = A + t B, whose second derivative is zero."""
    asked = Question("det(A + t B)", "t", {"t": "", "A": "n,n"})
    first = derivative_by_scalar(asked.output, asked.variable, frozenset())
    second = derivative_by_scalar(first, asked.variable, frozenset())
    y = "(A + t B)"
    book = asked.closed_form(f"det{y} (tr({y}⁻¹ B) tr({y}⁻¹ B) - tr({y}⁻¹ B {y}⁻¹ B))")
    assert close(second.sample, book.sample)


def test_cofactor_expansion():
    """Equations 47 and 50: the gradient of the determinant times Xᵀ is the determinant times I."""
    asked = Question("det(X)", "X", {"X": "n,n"})
    product = asked.derivation().gradient @ asked.variable.T
    assert same(product, asked.closed_form("det(X) eye(n)"))


def test_jacobian_of_a_unit_vector():
    """Equation 130."""
    found = answer("(x - a) / ‖x - a‖", "x", {})
    assert found.gradient["text"] == "(I - (x - a) (x - a)ᵀ / ‖x - a‖²) / ‖x - a‖"


def test_toeplitz():
    """Equation 143: the entries are sums along the diagonals of Aᵀ."""
    asked = Question("tr(A X)", "X", {"X": "4,4,toeplitz"})
    found = structured(asked.derivation().gradient, "toeplitz").sample
    a = asked.samples["A"]
    for i in range(4):
        for j in range(4):
            assert np.isclose(found[i, j], np.trace(a.T, j - i))


STRUCTURE = {"": lambda i, j, k, m: (i, j) == (k, m), "symmetric": lambda i, j, k, m: (i, j) in ((k, m), (m, k)),
             "diagonal": lambda i, j, k, m: i == j == k == m, "toeplitz": lambda i, j, k, m: j - i == m - k}
"""Whether entry (k, m) moves with entry (i, j): the structure matrix S of equation 134."""


@pytest.mark.parametrize("kind", STRUCTURE)
@pytest.mark.parametrize("text", ["tr(A X)", "tr(A X B X)", "log det(X)"])
def test_structure_matrices(kind, text):
    """Equations 133 and 134: ∂f/∂x_ij is the trace of (∂f/∂X)ᵀ S_ij."""
    asked = Question(text, "X", {"X": f"4,4,{kind}" if kind else "4,4"})
    plain = asked.derivation().gradient
    found = structured(plain, kind).sample if kind else plain.sample
    for i, j in np.ndindex(4, 4):
        moved = [[STRUCTURE[kind](i, j, k, m) for m in range(4)] for k in range(4)]
        assert np.isclose(found[i, j], np.sum(plain.sample * np.array(moved, float)))


def test_chain_rule_of_a_matrix():
    """Equations 135 to 137: ∂g(U)/∂x_ij is the trace of (∂g/∂U)ᵀ ∂U/∂x_ij."""
    asked = Question("U = A X B X; tr(Uᵀ U)", "X", {"X": "3,3"})
    u, x = asked.setting.names["U"], asked.variable
    outer = gradients({asked.output: asked.setting.graph.constant(1.0)}, [u])[u]
    for i, j in np.ndindex(3, 3):
        one = np.zeros((3, 3))
        one[i, j] = 1
        moved = forward(u, x, asked.setting.graph.leaf("J", one, x.shape))
        assert np.isclose(np.trace(outer.sample.T @ moved.sample), asked.derivation().gradient.sample[i, j])
