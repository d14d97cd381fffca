"""`nablint derive`: the question in every form, and mistakes in one line."""

import json

import pytest
from nablint.calculus.question import QuestionError, answer
from nablint_server.cli.derive import pointed

QUESTION = ["(X @ W + b) @ y", "--wrt", "W", "--shape", "X=1,m", "--shape", "W=m,10;b=1,10", "--shape", "y=10,1"]


def test_the_first_question(run):
    text = run("derive", *QUESTION).stdout
    for words in ("dL = X dW y", "tr(y X dW)", "∂L/∂W = Xᵀ yᵀ", "(m, 10)", "y X", "(10, m)", "X.T @ y.T", "order 3"):
        assert words in text


def test_json_is_as_promised(run):
    told = json.loads(run("derive", *QUESTION, "--output-format", "json").stdout)
    assert {"expression", "variable", "shape", "gradient", "layout", "other_layout", "steps", "shapes"} <= set(told)
    assert (told["variable"], told["shape"], told["layout"]) == ("W", ["m", "10"], "denominator")
    assert {"text", "latex", "numpy", "torch", "einsum"} <= set(told["gradient"])
    assert {"rule", "before", "after", "why"} == set(told["steps"][0])
    assert told["shapes"]["X"] == {"shape": "(1, m)", "from": "--shape"}
    assert told["gradient"]["numpy"] == "X.T @ y.T"


def test_textbook_writing(run):
    arguments = ["λ = xᵀ W y", "--wrt", "W", "--layout", "numerator"]
    told = json.loads(run("derive", *arguments, "--output-format", "json").stdout)
    assert told["gradient"]["text"].replace(" ", "") == "yxᵀ"
    assert told["other_layout"]["text"].replace(" ", "") == "xyᵀ"


def test_other_forms(run):
    latex = run("derive", *QUESTION, "--latex").stdout
    assert latex.startswith("% (X @ W + b) @ y by W\n\\begin{align*}\n")
    assert r"\frac{\partial L}{\partial W} &= X^{\top} y^{\top}" in latex
    assert run("derive", *QUESTION, "--output-format", "mathml").stdout.count("<tr>") >= 4
    only = run("derive", *QUESTION, "--dialect", "torch").stdout
    assert ("torch  X.T @ y.T" in only, "numpy" in only) == (True, False)
    assert "A + Aᵀ" in run("derive", "x.T @ A @ x", "--wrt", "x", "--hessian").stdout
    piped = run("derive", "-", "--wrt", "W", text="f = X@W\nL = tr(f)\n")
    assert piped.stdout == run("derive", "f = X@W; L = tr(f)", "--wrt", "W").stdout


@pytest.mark.parametrize(("arguments", "told"), [
    (["a + b"], "say which name to differentiate by: --wrt a or b"),
    (["tr(A @ X)", "--wrt", "Z"], "'Z' is not in the expression"),
    (["log(2)", "--wrt", "x"], "it holds no names"),
    (["x = x + 1; x @ x", "--wrt", "x"], "x is used before its equation"),
    (["X @ W", "--wrt", "W", "--shape", "X=3,4", "--shape", "W=5,6"], "X (3, 4) and W (5, 6); 4 and 5 would"),
    (["open('marker', 'w')", "--wrt", "x"], "there is no function 'open'"),
    (["‖x‖_3", "--wrt", "x"], "the norm '3' is not known here"),
    (["A @@", "--wrt", "A"], "'@' cannot stand here"),
    (["tr(A @ X)", "--wrt", "X", "--shape", "X"], "write a name and its sizes, as in --shape X=1,m"),
    (["tr(A @ X)", "--wrt", "X", "--shape", "X=1,-"], "the shape of X has '-'"),
    (["tr(A @ X)", "--wrt", "X", "--shape", "X=2,3", "--shape", "A=2,3"], "2"),
    (["(" * 10000, "--wrt", "X"], ""),
    (["-" * 5000 + "x", "--wrt", "x"], ""),
    (["__import__('os').system('touch marker')", "--wrt", "x"], ""),
], ids=range(14))  # fmt: skip
def test_mistakes_are_one_line(run, folder, arguments, told):
    result = run("derive", *arguments[1:], "--", arguments[0])
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("nablint: ")
    assert result.stderr.count("\n") == 1
    assert told in result.stderr
    assert not (folder / "marker").exists()


def test_one_name_needs_no_wrt(run):
    assert "X⁻ᵀ" in run("derive", "log(det(X))").stdout


def test_a_terminal_is_shown_the_place():
    with pytest.raises(QuestionError) as caught:
        answer("f = X @ W\nL = f @ @ y", "W", {})
    assert pointed(caught.value) == "    L = f @ @ y\n            ^\n"


def test_functions_of_the_libraries(run):
    """What is no card is asked of the dialects that the tracer has."""
    text = run("derive", "F.cross_entropy(X @ W, y)", "--wrt", "W").stdout
    assert "∂L/∂W = Xᵀ (softmax(X W) - onehot(y)) / n" in text
    assert "y (n,)" in text
    assert "integers: labels or indices" in text


def test_third_order_and_numerator_layout(run):
    text = run("derive", "A @ x", "--wrt", "A").stdout
    assert "a tensor of order 3, which is not formed" in " ".join(text.split())
    assert "df = dA x" in text
    text = run("derive", "A @ x", "--wrt", "x", "--layout", "numerator").stdout
    assert "∂f/∂x = A " in text
    assert "= Aᵀ" in text
