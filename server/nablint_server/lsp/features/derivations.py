"""Derivations on request: as data for a client with a panel of its own, or opened as a document."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from lsprotocol import types
from nablint.results import Claim, Diagnostic

from nablint_server.lsp import render
from nablint_server.lsp.documents import Document
from nablint_server.lsp.server import Server
from nablint_server.lsp.work import WorkFailed

DERIVATION = "nablint.derivation"
"""Command: {uri, line, character} -> {title, verdict, message, markdown, explanation} or null; with `mathml: true` also
`formulas`, both sides of each step in MathML."""

SHOW = "nablint.showDerivation"
"""Command: {uri, line, character}; opens the derivation.  Clients with a panel take this name for themselves."""

PATIENCE = 2.0
"""Seconds that a request waits for the derivations of what has just been typed."""


def register(server: Server) -> None:
    """Register the commands."""

    @server.command(DERIVATION)
    async def derivation(where: Any) -> dict[str, Any] | None:
        chosen = await _chosen(server, where)
        if chosen is None:
            return None
        told = _told(chosen[1])
        if where.get("mathml"):
            told["formulas"] = await _formulas(server, *chosen)
        return told

    @server.command(SHOW)
    async def show(where: Any) -> None:
        chosen = await _chosen(server, where)
        window = server.client_capabilities.window
        if chosen is None:
            server.say("no derivation here; put the cursor on a gradient", types.MessageType.Info)
            return
        markdown = _told(chosen[1])["markdown"]
        if window is not None and window.show_document is not None and window.show_document.support:
            file = Path(server.folder()) / "nablint-derivation.md"
            file.write_text(markdown, encoding="utf-8")
            await server.window_show_document_async(types.ShowDocumentParams(file.as_uri(), take_focus=False))
        else:
            server.log(markdown)
            server.say("the derivation is in the log", types.MessageType.Info)


def show_at(uri: str, position: types.Position, title: str = "Show the derivation") -> types.Command:
    """The command that shows the derivation at a position."""
    return types.Command(
        title, SHOW, arguments=[{"uri": uri, "line": position.line, "character": position.character}])


async def _chosen(server: Server, where: dict[str, Any]) -> tuple[Document, Diagnostic | Claim] | None:
    """The finding or claim with a derivation on a line, the one nearest to the column first."""
    document = server.documents.get(str(where["uri"]))
    view = None if document is None else await document.ready(PATIENCE)
    place = None if view is None else view.place(
        str(where["uri"]), types.Position(int(where["line"]), int(where.get("character", 0))))
    if document is None or view is None or place is None:
        return None
    candidates: list[Diagnostic | Claim] = [*view.result.diagnostics, *view.result.claims]
    there = [c for c in candidates if c.explanation and c.location.row <= place.row <= c.end_location.row]
    if not there:
        return None
    return document, min(there, key=lambda c: (isinstance(c, Claim), abs(c.location.column - place.column)))


def _told(chosen: Diagnostic | Claim) -> dict[str, Any]:
    head = render.finding(chosen) if isinstance(chosen, Diagnostic) else render.claim(chosen)
    assert chosen.explanation is not None
    return {
        "title": chosen.explanation.title,
        "verdict": "wrong" if isinstance(chosen, Diagnostic) else chosen.verdict,
        "message": chosen.message if isinstance(chosen, Diagnostic) else chosen.reason,
        "markdown": f"{head}\n\n{render.derivation(chosen.explanation)}\n",
        "explanation": asdict(replace(chosen.explanation, shapes=tuple(dict.fromkeys(chosen.explanation.shapes)))),
    }


async def _formulas(server: Server, document: Document, chosen: Diagnostic | Claim) -> list[tuple[str, str]]:
    """Rendered mathematics is written when it is asked for: for every claim at every keystroke it would be too much."""
    settings = await server.choices.settings(document.filename)
    if settings is None or document.view is None:
        return []
    try:
        return await server.work.call(
            "formulas", document.view.analysed.source, document.filename, settings, chosen.location)
    except WorkFailed as failure:
        server.log(f"no rendered mathematics: {failure}")
        return []
