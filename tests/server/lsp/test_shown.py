"""Inlay hints, code lenses, derivations, positions in every encoding, and a short start."""

from __future__ import annotations

import subprocess
import sys

import pytest
from lsprotocol import types

from .conftest import push_only

TEXT = "W = zeros(D, M)\ndef backward(X, g):\n    dW = X @ g\n    db = X.T @ g\n    return dW, db\n"


@pytest.mark.asyncio
@pytest.mark.parametrize(("mode", "count"), [("assignments", 1), ("all", 1), ("off", 0)])
async def test_inlay_hints_show_the_shape_behind_the_name(session, mode, count):
    await session.initialize(adapt=push_only, options={"inlayHints": mode})
    uri = session.open(TEXT)
    hints = await session.client.text_document_inlay_hint_async(types.InlayHintParams(
        types.TextDocumentIdentifier(uri), types.Range(types.Position(0, 0), types.Position(9, 0))))
    assert [(h.position.line, h.position.character, h.label) for h in hints] == [(0, 1, ": (D, M)")] * count


@pytest.mark.asyncio
async def test_a_lens_counts_the_gradients_of_a_backward(session):
    await session.initialize(adapt=push_only)
    uri = session.open(TEXT)
    (lens,) = await session.client.text_document_code_lens_async(
        types.CodeLensParams(types.TextDocumentIdentifier(uri)))
    assert (lens.range.start.line, lens.command.title) == (1, "1 of 2 gradients verified, 1 wrong")
    assert lens.command.arguments[0]["uri"] == uri


@pytest.mark.asyncio
async def test_a_gradient_that_is_claimed_twice_is_counted_once_by_its_worse_verdict(session):
    await session.initialize(adapt=push_only)
    uri = session.open(TEXT.replace("    return", "    dW = X.T @ g\n    return"))
    (lens,) = await session.client.text_document_code_lens_async(
        types.CodeLensParams(types.TextDocumentIdentifier(uri)))
    assert lens.command.title == "1 of 2 gradients verified, 1 wrong"


@pytest.mark.asyncio
async def test_the_derivation_comes_as_data_or_as_a_document(session):
    await session.initialize(adapt=push_only)
    uri = session.open(TEXT)
    await session.diagnostics(uri)
    found = await command(session, "nablint.derivation", {"uri": uri, "line": 3, "character": 4})
    assert found["verdict"] == "proved"
    assert found["explanation"]["gradient"] == "X.T @ g"
    assert "formulas" not in found
    found = await command(session, "nablint.derivation", {"uri": uri, "line": 3, "character": 4, "mathml": True})
    assert [len(sides) for sides in found["formulas"]] == [2]
    assert "<msup><mi>X</mi><mi>⊤</mi></msup>" in found["formulas"][0][1]
    assert await command(session, "nablint.derivation", {"uri": uri, "line": 4, "character": 0}) is None
    await command(session, "nablint.showDerivation", {"uri": uri, "line": 2, "character": 4})
    (shown,) = session.client.shown_documents
    assert shown.uri.endswith("nablint-derivation.md")


async def command(session, name, *arguments):
    return await session.client.workspace_execute_command_async(
        types.ExecuteCommandParams(name, arguments=list(arguments)))


@pytest.mark.asyncio
@pytest.mark.parametrize(("encoding", "start"), [("utf-8", 18), ("utf-16", 15), ("utf-32", 14)])
async def test_positions_are_in_the_encoding_agreed_on(session, encoding, start):
    def offer(capabilities):
        push_only(capabilities)
        capabilities.general.position_encodings = [types.PositionEncodingKind(encoding)]

    result = await session.initialize(adapt=offer)
    assert result.capabilities.position_encoding == encoding
    (found,) = await session.diagnostics(session.open("é = '😋'; dW = X @ g\n"))
    assert found.range.start.character == start


def test_nothing_heavy_is_imported_before_the_first_answer():
    code = ("import sys; from nablint_server.lsp.app import create; create('nablint_server.lsp.jobs');"
            "print([m for m in ('numpy', 'libcst', 'sympy', 'rich', 'click', 'torch') if m in sys.modules])")
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
