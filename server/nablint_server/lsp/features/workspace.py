"""Files that are not open: `workspace/diagnostic` with result ids, and a command for clients without it."""

from __future__ import annotations

import os
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

from lsprotocol import types

from nablint_server.lsp.features.diagnostics import by_part, pulls, result_id
from nablint_server.lsp.server import Server
from nablint_server.lsp.snapshots import View, of_file
from nablint_server.lsp.text import Text
from nablint_server.lsp.work import Urgency, WorkFailed

CHECK = "nablint.checkWorkspace"

Report = types.WorkspaceFullDocumentDiagnosticReport | types.WorkspaceUnchangedDocumentDiagnosticReport

Stamp = tuple[int, int, object]
"""Modification time, size and settings: while they are the same, so are the findings."""


class _Closed:
    """The findings of files on the disk, kept while neither they nor their settings change."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._known: dict[str, tuple[Stamp, list[types.Diagnostic]]] = {}

    async def findings(self, path: str) -> list[types.Diagnostic]:
        """The findings of one file."""
        server = self._server
        settings = await server.choices.settings(path)
        try:
            state = os.stat(path)
        except OSError:
            return []
        stamp = (state.st_mtime_ns, state.st_size, settings)
        known = self._known.get(path)
        if settings is None or (known is not None and known[0] == stamp):
            return [] if known is None else known[1]
        try:
            source, result = await server.work.call("look", path, settings, urgency=Urgency.WORKSPACE)
        except WorkFailed as failure:
            server.log(f"{path}: {failure}")
            return []
        uri = Path(path).as_uri()
        snapshot = of_file(uri, None, Text(source, server.encoding))
        found = by_part(View(snapshot, snapshot, result))[uri]
        self._known[path] = stamp, found
        return found


def register(server: Server) -> None:
    """Register the handlers."""
    closed = _Closed(server)

    @server.feature(types.WORKSPACE_DIAGNOSTIC)
    async def pull(params: types.WorkspaceDiagnosticParams) -> types.WorkspaceDiagnosticReport:
        before = {known.uri: known.value for known in params.previous_result_ids}
        reports: list[Report] = []
        async for uri, items in _all(server, closed, params.work_done_token):
            identity = result_id(items)
            if before.pop(uri, None) == identity:
                reports.append(types.WorkspaceUnchangedDocumentDiagnosticReport(uri=uri, result_id=identity))
            else:
                reports.append(types.WorkspaceFullDocumentDiagnosticReport(uri=uri, items=items, result_id=identity))
        reports += [types.WorkspaceFullDocumentDiagnosticReport(uri=gone, items=[]) for gone in before]
        return types.WorkspaceDiagnosticReport(reports)

    @server.command(CHECK)
    async def check() -> int:
        """Publish the findings of every file; their number."""
        token = None
        window = server.client_capabilities.window
        if window is not None and window.work_done_progress:
            token = str(uuid.uuid4())
            await server.work_done_progress.create_async(token)
        count = 0
        async for uri, items in _all(server, closed, token, asked=True):
            count += len(items)
            if server.documents.get(uri) is None:
                server.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri=uri, diagnostics=items))
        return count


async def _all(server: Server, closed: _Closed, token: types.ProgressToken | None, *, asked: bool = False,
               ) -> AsyncIterator[tuple[str, list[types.Diagnostic]]]:
    """Each file of the workspace with its findings; ends early when the client cancels the progress."""
    if not server.choices.whole_workspace and not asked:
        return
    paths = await server.choices.files(server.folders)
    progress = server.work_done_progress
    if token is not None:
        progress.begin(token, types.WorkDoneProgressBegin("nablint: checking files", cancellable=True, percentage=0))
    for number, path in enumerate(paths):
        uri = Path(path).as_uri()
        document = server.documents.get(uri)
        if token is not None:
            if progress.tokens[token].cancelled():
                break
            progress.report(token, types.WorkDoneProgressReport(
                message=os.path.basename(path), percentage=100 * number // len(paths)))
        if document is None:
            yield uri, await closed.findings(path)
        elif pulls(server):
            view = await document.settled()
            yield uri, [] if view is None else by_part(view).get(uri, [])
    if token is not None:
        progress.end(token, types.WorkDoneProgressEnd())
