"""Notebooks: cells are one scope, magics are no Python, findings are pushed to their cells."""

from __future__ import annotations

import pytest
from lsprotocol import types

pytestmark = pytest.mark.asyncio
BOOK = "file:///work/net.ipynb"


def cell(number, kind=types.NotebookCellKind.Code):
    return types.NotebookCell(kind, f"cell:{number}")


def opened(session, *sources, languages=None):
    session.versions.update({f"cell:{i}": 1 for i in range(len(sources))})
    session.client.notebook_document_did_open(types.DidOpenNotebookDocumentParams(
        types.NotebookDocument(BOOK, "jupyter-notebook", 1, [cell(i) for i in range(len(sources))]),
        [types.TextDocumentItem(f"cell:{i}", (languages or {}).get(i, "python"), 1, source)
         for i, source in enumerate(sources)]))


def changed(session, **cells):
    session.client.notebook_document_did_change(types.DidChangeNotebookDocumentParams(
        types.VersionedNotebookDocumentIdentifier(version=2, uri=BOOK),
        types.NotebookDocumentChangeEvent(cells=types.NotebookDocumentCellChanges(**cells))))


async def test_findings_go_to_their_cells(session):
    await session.initialize()
    opened(session, "%matplotlib inline\nW = zeros(D, M)", "x = 1\ndW = X @ g", "!ls")
    found = {uri: await session.diagnostics(uri) for uri in ("cell:0", "cell:1", "cell:2")}
    assert [len(items) for items in found.values()] == [0, 1, 0]
    assert found["cell:1"][0].range.start == types.Position(1, 5)
    assert "W: (D, M)" in await session.hover("cell:0", 1, 0)
    repair, *_ = await session.actions("cell:1", 1)
    (change,) = repair.edit.document_changes
    assert change.text_document.uri == "cell:1"


async def test_a_cell_that_is_moved_takes_its_finding_along(session):
    await session.initialize()
    opened(session, "x = 1\ny = 2", "dW = X @ g", "z = 3")
    assert len(await session.diagnostics("cell:1")) == 1
    changed(session, structure=types.NotebookDocumentCellChangeStructure(
        types.NotebookCellArrayChange(0, 2, [cell(1), cell(0)])))
    assert "∂" not in (await session.hover("cell:0", 0, 0) or "")
    (action,) = [a for a in await session.actions("cell:1", 0) if a.title.startswith("Write")]
    (change,) = action.edit.document_changes
    assert (change.text_document.uri, change.edits[0].range.start) == ("cell:1", types.Position(0, 6))
    changed(session, structure=types.NotebookDocumentCellChangeStructure(
        types.NotebookCellArrayChange(0, 1, []), did_close=[types.TextDocumentIdentifier("cell:1")]))
    del session.versions["cell:1"]
    while await session.diagnostics("cell:1"):  # ends when it is told that there is nothing any more
        pass


async def test_a_cell_in_another_language_takes_no_part(session):
    await session.initialize()
    opened(session, "W = zeros(D, M)", "dW = X @ g", languages={1: "markdown"})
    assert await session.diagnostics("cell:0") == []
    assert not await session.actions("cell:1", 0)


async def test_cells_change_and_come_and_go(session):
    await session.initialize()
    opened(session, "dW = X @ g", "x = 1")
    await session.diagnostics("cell:0")
    session.versions["cell:0"] = 2
    changed(session, text_content=[types.NotebookDocumentCellContentChanges(
        types.VersionedTextDocumentIdentifier(version=2, uri="cell:0"),
        [types.TextDocumentContentChangePartial(types.Range(types.Position(0, 6), types.Position(0, 6)), ".T")])])
    assert await session.diagnostics("cell:0") == []
    session.versions["cell:9"] = 1
    changed(session, structure=types.NotebookDocumentCellChangeStructure(
        types.NotebookCellArrayChange(0, 1, [cell(9)]),
        did_open=[types.TextDocumentItem("cell:9", "python", 1, "\ndV = X @ g")],
        did_close=[types.TextDocumentIdentifier("cell:0")]))
    (found,) = await session.diagnostics("cell:9")
    assert found.range.start == types.Position(1, 5)
    session.versions.clear()
    session.client.notebook_document_did_close(types.DidCloseNotebookDocumentParams(
        types.NotebookDocumentIdentifier(BOOK), [types.TextDocumentIdentifier("cell:9")]))
    assert await session.diagnostics("cell:9") == []
