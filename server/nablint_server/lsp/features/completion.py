"""Completion behind `dW = `: the derived gradient, in the file's own names."""

from __future__ import annotations

import re

from lsprotocol import types
from nablint.results import Explanation

from nablint_server.lsp import render
from nablint_server.lsp.server import Server
from nablint_server.lsp.work import WorkFailed

GRADIENT = re.compile(
    r"""(?:^|[\s.,;(\[])(?:d[A-Za-z]\w*|\w*grad\w*|nabla\w*|delta\w*)  # a name for a gradient, perhaps a dictionary's
        (?:\[[^\]=]*\])?\s*=\s*$                                       # with its key""", re.VERBOSE | re.IGNORECASE)


def register(server: Server) -> None:
    """Register the handler."""

    @server.feature(types.TEXT_DOCUMENT_COMPLETION, types.CompletionOptions(trigger_characters=["=", " "]))
    async def complete(params: types.CompletionParams) -> list[types.CompletionItem]:
        document = server.documents.get(params.text_document.uri)
        place = None if document is None else document.now.place(params.text_document.uri, params.position)
        if document is None or place is None:
            return []
        now = document.now
        before = now.line(place.row)[: place.column - 1]
        settings = await server.choices.settings(document.filename) if GRADIENT.search(before) else None
        if settings is None:
            return []
        try:
            found = await server.work.call("complete", now.source, document.filename, settings, place.row, place.column)
        except WorkFailed as failure:
            server.log(f"no completion: {failure}")
            return []
        if found is None:
            return []
        code, explanation = found
        return [_item(before, code, explanation, params.position)]


def _item(before: str, code: str, explanation: Explanation | None, position: types.Position) -> types.CompletionItem:
    space = "" if before.endswith(" ") else " "
    documentation = "" if explanation is None else render.brief(explanation)
    return types.CompletionItem(
        code, kind=types.CompletionItemKind.Value, detail="the derived gradient", preselect=True, sort_text="\0",
        documentation=types.MarkupContent(types.MarkupKind.Markdown, documentation) if documentation else None,
        text_edit=types.TextEdit(types.Range(position, position), space + code))
