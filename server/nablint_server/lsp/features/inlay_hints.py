"""Inlay hints: the shape behind each name that is assigned (or each expression, or none: the user's choice)."""

from __future__ import annotations

import re

from lsprotocol import types

from nablint_server.lsp.server import Server

_ASSIGNED = re.compile(r"\s*(?:[-+*/@]|//|\*\*)?=(?!=)|\s*,.*[^=!<>]=(?!=)|\s*:.*[^=!<>]=(?!=)|\s*[),].*:\s*(?:#.*)?$")


def register(server: Server) -> None:
    """Register the handler."""

    @server.feature(types.TEXT_DOCUMENT_INLAY_HINT, types.InlayHintOptions())
    async def hints(params: types.InlayHintParams) -> list[types.InlayHint]:
        uri = params.text_document.uri
        document = server.documents.get(uri)
        if document is None or server.choices.inlay_hints == "off":
            return []
        view = await document.settled(repairs=True)
        found: dict[tuple[int, int], types.InlayHint] = {}
        for note in view.result.shapes if view is not None else ():
            located = view.locate(note.location, note.end_location) if view is not None else None
            if located is None or located[0] != uri or view is None:
                continue
            end = located[1].end
            if not params.range.start.line <= end.line <= params.range.end.line:
                continue
            if server.choices.inlay_hints == "assignments" and not _is_assigned(
                    view.analysed.line(note.end_location.row), note.location.column, note.end_location.column):
                continue
            found[end.line, end.character] = types.InlayHint(
                end, f": {note.shape}", types.InlayHintKind.Type, padding_left=False, padding_right=False)
        return [found[key] for key in sorted(found)]


def _is_assigned(line: str, start: int, end: int) -> bool:
    """Whether the name up to this column stands on the left of an assignment or among a function's parameters."""
    before, after = line[: start - 1], line[end - 1:]
    if re.match(r"\s*(?:async\s+)?def\s", before):
        return True
    return "=" not in before and "(" not in before and _ASSIGNED.match(after) is not None
