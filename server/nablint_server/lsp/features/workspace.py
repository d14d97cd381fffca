"""Files that are not open: `workspace/diagnostic` with result ids, and a command for clients without it."""

from __future__ import annotations

import asyncio
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

Full = types.WorkspaceFullDocumentDiagnosticReport
Unchanged = types.WorkspaceUnchangedDocumentDiagnosticReport

NOTHING = result_id([])

SETTLING = 0.5
"""Seconds after an event in which a client may still be busy with it: VS Code pulls a document when it is closed, and
takes no workspace report of it before that is answered."""

Stamp = tuple[int, int, object]
"""Modification time, size and settings: while they are the same, so are the findings."""


class _Closed:
    """The findings of files on the disk, kept while neither they nor their settings change.

    pushed: the addresses of those that the client was told of without asking.
    """

    def __init__(self, server: Server) -> None:
        self._server = server
        self._known: dict[str, tuple[Stamp, list[types.Diagnostic]]] = {}
        self.pushed: set[str] = set()

    async def findings(self, path: str) -> list[types.Diagnostic]:
        """The findings of one file; none of a file that is gone."""
        server = self._server
        settings = await server.choices.settings(path)
        try:
            state = os.stat(path)
        except OSError:
            return []
        stamp = (state.st_mtime_ns, state.st_size, settings)
        known = self._known.get(path)
        if settings is None or (known is not None and known[0] == stamp):
            return [] if settings is None or known is None else known[1]
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

    def push(self, uri: str, items: list[types.Diagnostic]) -> None:
        """Tell the client of a file that is not open, unless it knows already that there is nothing to tell."""
        if not items and uri not in self.pushed:
            return
        (self.pushed.add if items else self.pushed.discard)(uri)
        self._server.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri=uri, diagnostics=items))

    def opened(self, uri: str) -> None:
        """The client that asks for the findings of what is open must not have them twice."""
        if pulls(self._server):
            self.push(uri, [])
        self.pushed.discard(uri)

    async def changed(self, path: str) -> None:
        """A file on the disk is another, or gone: what the client was told of it is put right."""
        uri = Path(path).as_uri()
        if uri in self.pushed:
            self.push(uri, await self.findings(path))


def register(server: Server) -> None:
    """Register the handlers."""
    closed = _Closed(server)
    server.openers.append(closed.opened)
    server.watchers.append(closed.changed)

    @server.feature(types.WORKSPACE_DIAGNOSTIC)
    async def pull(params: types.WorkspaceDiagnosticParams) -> types.WorkspaceDiagnosticReport:
        before = {known.uri: known.value for known in params.previous_result_ids}
        server.news.clear()
        partial = params.partial_result_token
        if partial is None:
            reports = [report async for report in _reports(server, closed, before, params.work_done_token)]
            return types.WorkspaceDiagnosticReport(reports)
        if not await _stream(server, _reports(server, closed, before, params.work_done_token), partial):
            # A client that takes partial results asks again at once: it is answered when something has happened.
            await server.news.wait()
            await asyncio.sleep(SETTLING)
            await _stream(server, _reports(server, closed, before, None), partial)
        return types.WorkspaceDiagnosticReport([])

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
                closed.push(uri, items)
        return count


async def _stream(server: Server, reports: AsyncIterator[Full | Unchanged], token: types.ProgressToken) -> int:
    """Send what is new as it comes; how many reports that were."""
    count = 0
    async for report in reports:
        if isinstance(report, Full):
            count += 1
            server.progress(types.ProgressParams(token, types.WorkspaceDiagnosticReportPartialResult([report])))
    return count


async def _reports(server: Server, closed: _Closed, before: dict[str, str], token: types.ProgressToken | None,
                   ) -> AsyncIterator[Full | Unchanged]:
    """What is to be said of each file to a client that knows the results `before`."""
    gone = {**dict.fromkeys(server.left, ""), **before}
    async for uri, items in _all(server, closed, token):
        identity = result_id(items)
        if gone.pop(uri, None) == identity:
            yield Unchanged(uri=uri, result_id=identity)
        else:
            yield Full(uri=uri, items=items, result_id=identity)
    for uri, known in gone.items():
        if known == NOTHING:
            server.left.discard(uri)
            yield Unchanged(uri=uri, result_id=NOTHING)
        elif server.documents.get(uri) is None:
            yield Full(uri=uri, items=[], result_id=NOTHING)


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
