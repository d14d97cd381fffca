"""Diagnostics: pushed, or pulled by clients that can; notebook cells are always pushed (as VS Code needs it)."""

from __future__ import annotations

import hashlib

from lsprotocol import types
from nablint.results import Diagnostic

from nablint_server.lsp.documents import Document
from nablint_server.lsp.features.refreshing import ask_again, can_ask_again
from nablint_server.lsp.pages import rule_page
from nablint_server.lsp.server import Server
from nablint_server.lsp.snapshots import View

SOURCE = "nablint"
SEVERITIES = {
    "error": types.DiagnosticSeverity.Error,
    "warning": types.DiagnosticSeverity.Warning,
    "info": types.DiagnosticSeverity.Information,
    "hint": types.DiagnosticSeverity.Hint,
}
UNNECESSARY = {"unused-suppression"}
"""Rules about code without effect: editors fade it out."""


def register(server: Server) -> None:
    """Register the handlers."""

    def publish(document: Document) -> None:
        view = document.latest()
        if view is None:
            return
        items = by_part(view)
        pulled = pulls(server)
        for gone in document.told.keys() - items.keys():  # a cell that was deleted
            del document.told[gone]
            server.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri=gone, diagnostics=[]))
        for part in view.now.parts:
            version = server.workspace.get_text_document(part.uri).version
            state = version, result_id(items[part.uri])
            before = document.told.get(part.uri)
            if state == before:
                continue
            document.told[part.uri] = state
            if not pulled or part.uri != view.now.uri:
                server.text_document_publish_diagnostics(
                    types.PublishDiagnosticsParams(uri=part.uri, diagnostics=items[part.uri], version=version))
            elif before is not None and before[0] == version:
                ask_again(server)  # the same version is judged otherwise than the client was told

    server.publishers.append(publish)

    @server.feature(types.TEXT_DOCUMENT_DIAGNOSTIC, types.DiagnosticOptions(
        inter_file_dependencies=False, workspace_diagnostics=True, identifier=SOURCE))
    async def pull(params: types.DocumentDiagnosticParams) -> types.DocumentDiagnosticReport:
        document = server.documents.get(params.text_document.uri)
        view = None
        if document is not None:
            view = await (document.begun() if can_ask_again(server) else document.settled())
        items = [] if view is None else by_part(view).get(params.text_document.uri, [])
        identity = result_id(items)
        if identity == params.previous_result_id:
            return types.RelatedUnchangedDocumentDiagnosticReport(identity)
        return types.RelatedFullDocumentDiagnosticReport(items=items, result_id=identity)


def pulls(server: Server) -> bool:
    """Whether the client asks for diagnostics by itself."""
    text_document = server.client_capabilities.text_document
    return text_document is not None and text_document.diagnostic is not None


def by_part(view: View) -> dict[str, list[types.Diagnostic]]:
    """The findings of each part of a text."""
    items: dict[str, list[types.Diagnostic]] = {part.uri: [] for part in view.now.parts}
    for finding in view.result.diagnostics:
        located = view.locate(finding.location, finding.end_location, nearest=True)
        if located is not None:
            items[located[0]].append(translate(view, finding, located[1]))
    return items


def translate(view: View, finding: Diagnostic, where: types.Range) -> types.Diagnostic:
    """A finding in the words of the protocol."""
    page = rule_page(finding.name)
    related: list[types.DiagnosticRelatedInformation] = []
    for place in finding.related:
        located = view.locate(place.location, place.end_location, nearest=True)
        if located is not None:
            related.append(types.DiagnosticRelatedInformation(types.Location(*located), place.message))
    return types.Diagnostic(
        range=where,
        message=finding.message,
        severity=SEVERITIES[finding.severity],
        code=finding.code,
        code_description=None if page is None else types.CodeDescription(page),
        source=SOURCE,
        tags=[types.DiagnosticTag.Unnecessary] if finding.name in UNNECESSARY else None,
        related_information=related or None,
        data={"name": finding.name, "row": finding.location.row, "column": finding.location.column},
    )


def result_id(items: list[types.Diagnostic]) -> str:
    """Equal for equal findings."""
    return hashlib.sha1(repr(items).encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()
