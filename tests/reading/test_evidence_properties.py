"""What holds for every text: a shape written in any style comes back, and no text breaks a reader."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nablint.reading.annotations import annotation_evidence
from nablint.reading.comments import comment_evidence
from nablint.reading.dimension_keys import dimension_key
from nablint.reading.dimensions import read_dim, read_dims
from nablint.reading.docstrings import docstring_evidence, docstring_returns
from nablint.reading.evidence import DimSpec

NAMES = st.sampled_from(["N", "D", "M", "T", "H", "C_out", "n_samples", "batch_size", "d1", "seq_len", "n_H_prev", "K"])
NUMBERS = st.integers(1, 512).map(str)
OPERATORS = st.sampled_from(["*", "+", "-", "//"])
EXPRESSIONS = st.builds("{} {} {}".format, NAMES, OPERATORS, st.sampled_from(["2", "D", "K"]))
SHAPES = st.lists(st.one_of(NAMES, NUMBERS), min_size=1, max_size=5).filter(lambda s: any(not d.isdecimal() for d in s))

DOCSTRINGS = [
    "Args:\n    x: data, of shape ({0})\n",
    "Args:\n    x (np.ndarray): Data of shape [{0}].\n    y (int): other\n",
    "Args:\n    x (Tensor, shape ({0})): data\n",
    "Inputs:\n- y: Something\n- x: A numpy array of values, of shape ({0})\n\nReturns:\n- out\n",
    "Arguments:\nx -- the data, numpy array of shape ({0})\n",
    "Parameters\n----------\nx : ndarray of shape ({0})\n    Data.\n",
    "Parameters\n----------\nx : array_like, shape = [{0}], optional\n    Data.\n",
    "Parameters\n----------\nx : ({0}) array_like\n",
    ":param x: the data, shape ({0})\n:type x: np.ndarray\n",
    ":param x: the data\n:type x: ndarray, shape ({0})\n",
]


def listed(dims: list[str]) -> str:
    return dims[0] + "," if len(dims) == 1 else ", ".join(dims)


@pytest.mark.parametrize("template", DOCSTRINGS)
@given(dims=SHAPES)
@settings(max_examples=30, deadline=None)
def test_docstring_styles_agree(template: str, dims: list[str]) -> None:
    found = docstring_evidence("Do it.\n\n" + template.format(listed(dims)))["x"]
    assert found.dims is not None
    assert [str(d) for d in found.dims] == dims


@given(dims=SHAPES.filter(lambda s: len(s) > 1))
@settings(max_examples=60, deadline=None)
def test_comment_forms_agree(dims: list[str]) -> None:
    for form in (f"# ({listed(dims)})", f"# [{listed(dims)}]", f"# shape: ({listed(dims)})", f"# {' x '.join(dims)}",
                 f"# (N, K) @ (K, D) -> ({listed(dims)})", f"# x: ({listed(dims)})"):
        found = comment_evidence(form, "x")
        assert found is not None, form
        assert [str(d) for d in found.dims or ()] == dims, form


@given(dims=SHAPES)
@settings(max_examples=60, deadline=None)
def test_annotation_notations_agree(dims: list[str]) -> None:
    quoted = ", ".join(d if d.isdecimal() else f'"{d}"' for d in dims)
    for text in (f'Float[Array, "{" ".join(dims)}"]', f"TensorType[{quoted}]", f"Tensor[[{', '.join(dims)}]]",
                 f'NDArray[Shape["{", ".join(dims)}"], Float]'):
        found = annotation_evidence(text)
        assert found is not None, text
        assert [str(d) for d in found.dims or ()] == dims, text


@given(text=EXPRESSIONS)
def test_blanks_do_not_change_an_expression(text: str) -> None:
    tight, wide = read_dim(text.replace(" ", "")), read_dim(text)
    assert tight == wide
    assert tight is not None
    assert tight.polynomial() == DimSpec("expression", tight.text).polynomial()


@given(words=st.lists(st.sampled_from(
    "the layer computes a gradient of loss with respect to its input and it is added for each step in turn".split()),
    min_size=1, max_size=12))
@settings(deadline=None)
def test_prose_is_no_shape(words: list[str]) -> None:
    text = " ".join(words)
    found = docstring_evidence(f"Do it.\n\nArgs:\n    x: {text}\n").get("x")
    assert found is None or found.dims is None
    assert comment_evidence(f"# {text}", "x") is None


PIECES = st.sampled_from([
    "(", ")", "[", "]", "{", "}", ",", ", ", " x ", "x", "N", "D", "shape", " of ", "size ", "->", "=", ":", "\n",
    "    ", "- ", " -- ", "array ", "`", "'", '"', "...", "*", "#", "1", "Returns", "Args", "---", ":param ", "\\times",
    "^", "R^{", "$", "é",
])


@given(text=st.lists(PIECES, max_size=60).map("".join))
@settings(max_examples=300, deadline=None)
def test_nothing_breaks_a_reader(text: str) -> None:
    docstring_evidence(text)
    docstring_returns(text)
    comment_evidence(text, "x")
    comment_evidence(text, "x", above=True)
    annotation_evidence(text)
    dimension_key(text)
    read_dims(text, prose=True)


READERS: list[tuple[str, Callable[[str], object]]] = [
    ("parameters", lambda t: docstring_evidence(f"Args:\n    x: {t}\n")),
    ("returns", lambda t: docstring_returns(f"Returns\n-------\n{t}\n")),
    ("comment", lambda t: comment_evidence(f"# {t}", "x")),
    ("annotation", annotation_evidence),
    ("key", lambda t: dimension_key(f"Dimension key: {t}")),
]


@pytest.mark.parametrize("unit", [
    "(", "[(", "(N, ", "N x ", "NxNx", "a, ", "x ", "size of ", "shape ", "d_1, ..., ", "N*", "``", "- ", "x: a\n    ",
    "array ", "dict ", "0 <= y", "B: b  ",
])
@pytest.mark.parametrize(("name", "reader"), READERS, ids=[name for name, _ in READERS])
def test_long_texts_take_no_more_than_their_length(name: str, reader: Callable[[str], object], unit: str) -> None:
    """No pattern backtracks without end; the bound is many times what the slowest takes."""
    start = time.process_time()
    reader(unit * 400)
    assert time.process_time() - start < 5, name
