"""Diagnostics, quick-fix and hover over a real connection."""

from __future__ import annotations

import asyncio
import time

import pytest
from lsprotocol import types

from .conftest import applied, push_only

SLIP = "W = zeros(D, M)\ndef backward(X, g):\n    dW = X @ g\n    return dW\n"
RIGHT = SLIP.replace("X @", "X.T @")
pytestmark = pytest.mark.asyncio


async def test_a_slip_is_published_on_open_and_gone_when_corrected(session):
    await session.initialize(adapt=push_only)
    uri = session.open(SLIP)
    (found,) = await session.diagnostics(uri)
    assert (found.range.start.line, found.range.start.character, found.range.end.character) == (2, 9, 14)
    assert (found.code, found.source, found.message) == ("NAB301", "nablint", "dW needs X.T")
    assert found.related_information[0].location.uri == uri
    session.change(uri, (2, 10, 2, 10, ".T"))
    assert await session.diagnostics(uri) == []


async def test_the_quick_fix_repairs_the_line(session):
    await session.initialize(adapt=push_only)
    uri = session.open(SLIP)
    await session.diagnostics(uri)
    repair, suppress, show, _ = await session.actions(uri, 2)
    assert (repair.title, repair.is_preferred, repair.kind) == ("Write X.T @ g", True, types.CodeActionKind.QuickFix)
    (change,) = repair.edit.document_changes
    assert change.text_document.version == 1
    assert applied(SLIP, change.edits) == RIGHT
    assert "X @ g  # nablint: ignore[NAB301]\n" in applied(SLIP, suppress.edit.document_changes[0].edits)
    assert "nablint.showDerivation" in str(show.command)


async def test_fix_all_goes_on_until_nothing_is_left(session):
    await session.initialize(adapt=push_only)
    text = SLIP + SLIP.replace("dW", "dV")
    uri = session.open(text)
    await session.diagnostics(uri)
    (action,) = await session.actions(uri, 0, only=["source.fixAll.nablint"])
    resolved = await session.client.code_action_resolve_async(action)
    assert applied(text, resolved.edit.document_changes[0].edits) == text.replace("X @", "X.T @")


async def test_a_client_that_cannot_resolve_fixes_all_by_a_command(session):
    def old(capabilities):
        push_only(capabilities)
        capabilities.text_document.code_action.resolve_support = None

    await session.initialize(adapt=old)
    uri = session.open(SLIP)
    await session.diagnostics(uri)
    *_, fix_all = await session.actions(uri, 2)
    assert "nablint.fixAll" in str(fix_all.command)
    done = await session.client.workspace_execute_command_async(
        types.ExecuteCommandParams("nablint.fixAll", arguments=[uri]))
    assert done
    ((change,),) = [params.edit.document_changes for params in session.client.applied]
    assert applied(SLIP, change.edits) == RIGHT


async def test_hover_shows_the_shape_and_the_derivation(session):
    await session.initialize(adapt=push_only)
    uri = session.open(SLIP)
    await session.diagnostics(uri)
    assert "W: (D, M)" in await session.hover(uri, 0, 0)
    text = await session.hover(uri, 2, 10)
    assert all(words in text for words in ("NAB301", "= ⟨Xᵀ g, dW⟩   differential of a product", "X.T @ g"))
    assert await session.hover(uri, 3, 0) is None


async def test_hover_answers_while_an_analysis_is_under_way(session):
    await session.initialize(adapt=push_only)
    uri = session.open(SLIP)
    await session.diagnostics(uri)
    session.change(uri, (4, 0, 4, 0, "# slow: 2\n"))
    await asyncio.sleep(0.1)
    began = time.perf_counter()
    assert "W: (D, M)" in await session.hover(uri, 0, 0)
    assert time.perf_counter() - began < 0.5
