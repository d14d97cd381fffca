"""The server with the analysis that it is made for, on the examples and the case files."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsprotocol import types
from slips import HERE as CASES

from .conftest import applied, push_only

EXAMPLES = CASES.parent / "examples"
pytestmark = pytest.mark.asyncio


@pytest.fixture
def jobs():
    return "nablint_server.lsp.jobs"


SLIPS = [
    # example, the slip
    ("numpy_linear_layer.py", "self.dW = dout.T @ self.x"),
    ("numpy_column_network.py", "delta = np.dot(self.weights[-l + 1], delta)"),
    ("torch_function.py", "grad_bias = grad_out.sum(1)"),
]


@pytest.mark.parametrize(("name", "slip"), SLIPS)
async def test_a_slip_is_found_on_its_line_explained_and_repaired(session, name, slip):
    text = (EXAMPLES / name).read_text()
    line = next(n for n, row in enumerate(text.split("\n")) if slip in row)
    await session.initialize(adapt=push_only)
    uri = session.open(text, f"file:///work/{name}")
    (found,) = await session.diagnostics(uri, timeout=60)
    assert found.range.start.line == line
    assert Path(found.code_description.href.removeprefix("file://")).exists()
    assert "Why is this bad?" in await session.hover(uri, line, found.range.start.character)
    fix, *_ = await session.actions(uri, line)  # waits for the second pass
    if fix.edit is None:  # the repair was not ready when it was asked for
        fix = await session.client.code_action_resolve_async(fix)
    assert "∂L/∂" in await session.hover(uri, line, found.range.start.character)
    (change,) = fix.edit.document_changes
    mended = applied(text, change.edits)
    assert [n for n, (a, b) in enumerate(zip(text.split("\n"), mended.split("\n"), strict=True)) if a != b] == [line]
    session.change(uri, mended)
    assert await session.diagnostics(uri, timeout=60) == []


async def test_a_block_that_does_not_parse_leaves_the_others_their_findings(session):
    text = (EXAMPLES / "numpy_linear_layer.py").read_text()
    await session.initialize(adapt=push_only)
    uri = session.open(text)
    (found,) = await session.diagnostics(uri, timeout=60)
    session.change(uri, text + "\n\ndef unfinished(:\n")
    assert [d.message for d in await session.diagnostics(uri, timeout=60)] == [found.message]
    session.change(uri, text)
    await session.diagnostics(uri, timeout=60)
    broken = text.replace("self.dW = dout.T @ self.x", "self.dW = dout.T @ self.x + (")
    session.change(uri, broken)
    assert [d.range.start.line for d in await session.diagnostics(uri, timeout=60)] == [found.range.start.line]


async def test_behind_the_name_of_a_gradient_the_derived_one_is_offered(session):
    text = (EXAMPLES / "numpy_linear_layer.py").read_text()
    await session.initialize(adapt=push_only)
    uri = session.open(text.replace("self.dW = dout.T @ self.x", "self.dW = "))
    await session.diagnostics(uri, timeout=60)
    line = text.split("\n").index("        self.dW = dout.T @ self.x")
    (item,) = await session.complete(uri, line, len("        self.dW = "))
    assert item.label == "self.x.T @ dout"
    assert item.text_edit.new_text == "self.x.T @ dout"
    assert "∂L/∂W" in item.documentation.value
    assert await session.complete(uri, line - 5, 4) == []


async def test_shapes_are_shown_on_hover_and_beside_assignments(session):
    text = (EXAMPLES / "numpy_linear_layer.py").read_text()
    await session.initialize(adapt=push_only)
    uri = session.open(text)
    hints = await session.client.text_document_inlay_hint_async(types.InlayHintParams(
        types.TextDocumentIdentifier(uri), types.Range(types.Position(0, 0), types.Position(99, 0))))
    lines = text.split("\n")
    shown = {lines[h.position.line][: h.position.character].strip(): h.label for h in hints}
    assert shown["self.W"] == ": (n_in, n_out)"
    assert shown["self.dW"] == ": (n_out, n_in)"
    row = lines.index("        return x @ self.W + self.b")
    assert "self.W: (n_in, n_out)" in await session.hover(uri, row, lines[row].index("self.W") + 5)


async def test_a_text_is_judged_again_when_what_it_imports_changes_on_the_disk(session, tmp_path):
    helper = tmp_path / "common.py"
    right = "import numpy as np\n\n\ndef sigmoid(x):\n    return 1 / (1 + np.exp(-x))\n"
    helper.write_text(right)
    source = """import numpy as np
from common import sigmoid


def forward(x, w):
    return sigmoid(x @ w), (x, w)


def backward(dout, cache):
    x, w = cache
    s = sigmoid(x @ w)
    dw = x.T @ (dout * s * (1 - s))
    return dw
"""
    await session.initialize(tmp_path, adapt=push_only)
    uri = session.open(source, (tmp_path / "net.py").as_uri())
    assert await session.diagnostics(uri, timeout=60) == []
    for text, count in (("np.tanh(x)", 1), ("1 / (1 + np.exp(-x))", 0), ("np.sin(x)", 1)):
        helper.write_text(right.replace("1 / (1 + np.exp(-x))", text))
        session.touched(helper)
        assert len(await session.diagnostics(uri, timeout=60)) == count, text


LAYERS = """import numpy as np


def affine_forward(x, w, b):
    out = np.dot(x, w) + b
    return out, (x, w, b)


class Scale:
    def forward(self, x):
        return 2 * x

    def backward(self, dout):
        return 2 * dout


def lost_forward(x, w):
    return np.tanh(x @ w), (w,)"""


async def test_the_backward_pass_is_written_behind_a_forward_function(session):
    await session.initialize(adapt=push_only)
    uri = session.open(LAYERS)
    actions = await session.actions(uri, 3, only=["refactor"])
    (action,) = [a for a in actions if "Write the backward pass" in a.title]
    assert action.title == "Write the backward pass of `affine_forward`"
    action = await session.client.code_action_resolve_async(action)
    (change,) = action.edit.document_changes
    text = applied(LAYERS, change.edits)
    assert "return out, (x, w, b)\n\n\ndef affine_backward(dout, cache):\n    x, w, b = cache\n" in text
    session.change(uri, text)
    assert await session.diagnostics(uri, timeout=60) == []


async def test_what_has_a_backward_pass_gets_no_other_and_a_refusal_is_told(session):
    await session.initialize(adapt=push_only)
    uri = session.open(LAYERS)
    for line in (4, 8, 9):
        assert not [a for a in await session.actions(uri, line, only=["refactor"]) if "backward pass" in a.title]
    (action,) = [a for a in await session.actions(uri, 16, only=["refactor"]) if "backward pass" in a.title]
    action = await session.client.code_action_resolve_async(action)
    assert action.edit is None
    assert any("needs `x`" in m.message for m in session.client.messages)
