"""Files that change outside of the editor's texts: configuration, other modules, findings of files that are closed."""

from __future__ import annotations

import re
from pathlib import Path

from lsprotocol import types

from nablint_server.configuration.finding import NAMES
from nablint_server.lsp.features.refreshing import ask_again
from nablint_server.lsp.server import Server, filename

PATTERNS = (*(f"**/{name}" for name in NAMES), "**/*.py")


def register(server: Server) -> None:
    """Register the handler."""

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    async def changed(params: types.DidChangeWatchedFilesParams) -> None:
        paths = [filename(change.uri) for change in params.changes]
        if any(path.endswith(NAMES) for path in paths):
            server.judge_again()
            ask_again(server)
            return
        for path in paths:
            judge_importers(server, path)
            for told in server.watchers:
                await told(path)
        server.news.set()

    server.starters.append(_start)


async def _start(server: Server) -> None:
    if watches(server):
        options = types.DidChangeWatchedFilesRegistrationOptions(
            [types.FileSystemWatcher(glob_pattern=pattern) for pattern in PATTERNS])
        await server.client_register_capability_async(types.RegistrationParams(
            [types.Registration("nablint-files", types.WORKSPACE_DID_CHANGE_WATCHED_FILES, options)]))


def watches(server: Server) -> bool:
    """Whether the client tells of files that change on the disk."""
    workspace = server.client_capabilities.workspace
    watched = workspace.did_change_watched_files if workspace is not None else None
    return watched is not None and bool(watched.dynamic_registration)


def judge_importers(server: Server, path: str) -> None:
    """Judge the open texts again that may import a file which has changed on the disk."""
    name = Path(path).stem if Path(path).stem != "__init__" else Path(path).parent.name
    imports = re.compile(rf"^\s*(?:from|import)\b.*\b{re.escape(name)}\b", re.MULTILINE)
    for document in server.documents:
        if document.filename != path and imports.search(document.now.source):
            server.documents.refresh(document)
