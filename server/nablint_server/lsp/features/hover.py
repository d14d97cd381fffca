"""Hover: the shape, the verdict, the derivation, and the rule behind a finding.

It answers from the latest result, never waits for an analysis, and so is as quick while one is under way; of a finding
that is new the derivation comes with the second pass.
"""

from __future__ import annotations

from lsprotocol import types
from nablint.results import Place

from nablint_server.lsp import render
from nablint_server.lsp.pages import rule_text
from nablint_server.lsp.picture import product
from nablint_server.lsp.server import Server
from nablint_server.lsp.snapshots import View


def register(server: Server) -> None:
    """Register the handler."""

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    async def hover(params: types.HoverParams) -> types.Hover | None:
        document = server.documents.get(params.text_document.uri)
        view = None if document is None else document.latest()
        place = None if view is None else view.place(params.text_document.uri, params.position)
        if view is None or place is None:
            return None
        text = "\n\n---\n\n".join(_sections(view, place, pictures=server.choices.pictures))
        return types.Hover(types.MarkupContent(types.MarkupKind.Markdown, text)) if text else None


def _sections(view: View, place: Place, *, pictures: bool) -> list[str]:
    found = [d for d in view.result.diagnostics if d.location <= place <= d.end_location]
    claims = [c for c in view.result.claims if c.location <= place <= c.end_location]
    notes = [n for n in view.result.shapes if n.location <= place <= n.end_location]
    sections: list[str] = []
    if notes:
        note = min(notes, key=lambda n: (n.end_location.row - n.location.row, len(n.text)))
        sections.append(f"```python\n{note.text}: {note.shape}\n```")
    if pictures and (picture := product(notes, view.result.shapes)):
        sections.append(picture)
    if claims and not found:
        sections.append(render.claim(claims[0]))
    explained = next((e.explanation for e in (*found, *claims) if e.explanation is not None), None)
    if explained is not None:
        sections.append(render.brief(explained))
    # The message itself is shown by the editor, beside this.
    sections += [f"{render.rule(finding)}\n\n{rule_text(finding.name)}".strip() for finding in found]
    return sections
