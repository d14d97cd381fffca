"""The shape rules on short snippets: each bad one is found with its rule alone, its right twin is clean."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from nablint.analysis import analyse

TABLE = (Path(__file__).parent / "shape_snippets.txt").read_text("utf8")
SNIPPETS = [(*found.groups(),) for found in re.finditer(
    r"^=== (NAB\d+) (\w+) (\w+): (.*)\n((?s:.*?))\n---\n((?s:.*?))(?=^===|\Z)", TABLE, re.M)]


def codes(source: str) -> list[str]:
    return [d.code for d in analyse(source, "snippet.py").diagnostics]


@pytest.mark.parametrize(("code", "library", "evidence", "what", "bad", "right"), SNIPPETS,
                         ids=[f"{s[0]} {s[1]} {s[2]}: {s[3]}" for s in SNIPPETS])
def test_snippet(code: str, library: str, evidence: str, what: str, bad: str, right: str) -> None:
    assert codes(bad) == [code]
    assert codes(right) == []


def test_table_is_read_whole() -> None:
    assert len(SNIPPETS) == TABLE.count("\n=== ") == TABLE.count("\n---\n")


WORDS = '''import numpy as np

def scores(x, w):
    """Scores of (C, N) classes.

    Args:
        x: array of shape (N, D)
        w: array of shape (D, C)

    Returns:
        array of shape (C, N)
    """
    s = x @ w  # (C, N)
    return s
'''


def fixed(source: str) -> str:
    """The source with the fix of every finding, each of which must have one."""
    lines = source.split("\n")
    for found in analyse(source, "snippet.py").diagnostics:
        assert found.fix is not None
        (edit,) = found.fix.edits
        first, last = edit.location.row - 1, edit.end_location.row - 1
        new = lines[first][: edit.location.column - 1] + edit.content + lines[last][edit.end_location.column - 1:]
        lines[first : last + 1] = new.split("\n")
    return "\n".join(lines)


def test_words_that_contradict_the_code_are_corrected() -> None:
    assert fixed(WORDS) == WORDS.replace("array of shape (C, N)", "array of shape (N, C)").replace(
        "# (C, N)", "# (N, C)")


ANNOTATED = """import numpy as np
from jaxtyping import Float

def scores(x: Float[np.ndarray, "N D"], w: Float[np.ndarray, "D C"]) -> Float[np.ndarray, "C N"]:
    s = x @ w
    return s
"""


def test_an_annotation_that_contradicts_the_code_is_corrected() -> None:
    assert fixed(ANNOTATED) == ANNOTATED.replace('"C N"', '"N C"')
    both = ANNOTATED.replace('Float[np.ndarray, "C N"]', 'tuple[Float[np.ndarray, "C N"], Float[np.ndarray, "C N"]]')
    assert all(d.fix is None for d in analyse(both.replace("return s", "return s, s"), "snippet.py").diagnostics)


@pytest.mark.parametrize("what", [
    "a transposed argument", "letters that the file documents", "a decorator that checks shapes",
    "weights stored as (classes, features)"])
def test_the_fix_is_the_right_twin(what: str) -> None:
    bad, right = next((s[4], s[5]) for s in SNIPPETS if s[3] == what)
    assert fixed(bad).strip() == right.strip()


DOCUMENTED = '''import numpy as np

def draw(model, n):
    """Draw.

    Args:
        n: int

    Returns:
        array of shape (n, K)
    """
    return model.look(n)

def gather(model):
    return np.concatenate([draw(model, 100), draw(model, 100)])
'''


def test_results_that_are_documented_alike_fit_together() -> None:
    assert not analyse(DOCUMENTED, "snippet.py").diagnostics


BODIES = {
    "the letters of one operand": (
        "(N, 4)", "(4, 5)", 'np.einsum("ij,kj->ik", x, w)', 'np.einsum("ij,jk->ik", x, w)'),
    "the axis that an order leaves out": ("(N, C, 7)", "(N,)", "x.transpose(0, 2, 2)", "x.transpose(0, 2, 1)"),
    "a vector's one axis": ("(N,)", "(N,)", "x.sum(axis=1) * w", "x.sum(axis=0) * w"),
    "the one number beside a name": ("(N, 6)", "(N,)", "x.reshape(x.shape[0], 12)", "x.reshape(x.shape[0], 6)"),
    "two numbers beside a name": ("(N, 6)", "(N,)", "x.reshape(x.shape[0], 3, 4)", None),
    "two operands that could be turned": ("(4, 5)", "(5, 4)", 'np.einsum("ij,ij->ij", x, w)', None),
    "numbers alone": ("(5, 6)", "(5,)", "x.reshape(4, 4)", None),
    "a matrix, which has more than one axis": ("(N, 6)", "(N,)", "x.sum(axis=2)", None),
}
"""What x and w are, an expression that does not fit, and the same mended; None where more than one edit would do."""

LAYERS = """from torch import nn
import torch

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(784, 256)
        self.fc2 = nn.Linear(256, 10)
        {more}

    def forward(self, x):
        return self.fc1(torch.relu(self.fc1(x)))

Net()(torch.randn(32, 784))
"""


@pytest.mark.parametrize("name", BODIES)
def test_the_one_edit_that_fits(name: str) -> None:
    x, w, bad, right = BODIES[name]
    source = f'''import numpy as np

def f(x, w):
    """Something of both.

    Args:
        x: array of shape {x}
        w: array of shape {w}
    """
    y = {{}}
    return y
'''
    (found,) = analyse(source.format(bad), "snippet.py").diagnostics
    assert (found.fix is not None) is (right is not None)
    if right is not None:
        assert fixed(source.format(bad)) == source.format(right)


def test_the_one_layer_that_takes_what_arrives() -> None:
    one, two = LAYERS.format(more=""), LAYERS.format(more="self.fc3 = nn.Linear(256, 5)")
    assert "return self.fc2(torch.relu(self.fc1(x)))" in fixed(one)
    (found,) = analyse(two, "snippet.py").diagnostics
    assert found.fix is None
