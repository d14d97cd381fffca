"""Texts come, change and go."""

from __future__ import annotations

from lsprotocol import types

from nablint_server.lsp.features.watching import judge_importers, watches
from nablint_server.lsp.server import Server


def register(server: Server) -> None:
    """Register the handlers.  They take version and text at once and leave the analysis to its own task."""

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    async def did_open(params: types.DidOpenTextDocumentParams) -> None:
        server.open_file(params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    async def did_change(params: types.DidChangeTextDocumentParams) -> None:
        server.open_file(params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    async def did_save(params: types.DidSaveTextDocumentParams) -> None:
        document = server.documents.get(params.text_document.uri)
        if document is not None and document.failure is not None:
            server.documents.refresh(document)
        if document is not None and not watches(server):
            judge_importers(server, document.filename)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    async def did_close(params: types.DidCloseTextDocumentParams) -> None:
        _forget(server, params.text_document.uri)

    @server.feature(types.NOTEBOOK_DOCUMENT_DID_OPEN)
    async def notebook_did_open(params: types.DidOpenNotebookDocumentParams) -> None:
        server.open_notebook(params.notebook_document.uri)

    @server.feature(types.NOTEBOOK_DOCUMENT_DID_CHANGE)
    async def notebook_did_change(params: types.DidChangeNotebookDocumentParams) -> None:
        server.open_notebook(params.notebook_document.uri)

    @server.feature(types.NOTEBOOK_DOCUMENT_DID_CLOSE)
    async def notebook_did_close(params: types.DidCloseNotebookDocumentParams) -> None:
        _forget(server, params.notebook_document.uri)


def _forget(server: Server, uri: str) -> None:
    """An editor shows what it was last told of a closed document unless it is told that there is nothing."""
    document = server.documents.close(uri)
    if document is not None:
        server.left.add(uri)
    server.news.set()
    for part in document.now.parts if document is not None else ():
        server.text_document_publish_diagnostics(types.PublishDiagnosticsParams(part.uri, []))
