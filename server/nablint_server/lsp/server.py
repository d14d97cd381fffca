"""The server object: what the features share."""

from __future__ import annotations

import asyncio
import logging
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from subprocess import Popen
from typing import Any

import nablint
from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.uris import to_fs_path

from nablint_server.lsp import snapshots
from nablint_server.lsp.choices import Choices
from nablint_server.lsp.documents import Document, Documents
from nablint_server.lsp.protocol import Protocol
from nablint_server.lsp.text import Text, encoding_name
from nablint_server.lsp.work import Work

logger = logging.getLogger(__name__)

NOTEBOOKS = types.NotebookDocumentSyncOptions(
    notebook_selector=[types.NotebookDocumentFilterWithNotebook(
        notebook=types.NotebookDocumentFilterNotebookType(notebook_type="jupyter-notebook"),
        cells=[types.NotebookCellLanguage(language="python")],
    )],
    save=True,
)


class Server(LanguageServer):
    """Texts, their results, and the client."""

    def __init__(self, jobs: str, paths: tuple[str, ...] = (), first: Popen[bytes] | None = None) -> None:
        super().__init__("nablint", nablint.__version__, notebook_document_sync=NOTEBOOKS, protocol_cls=Protocol)
        self.work = Work(jobs, paths, first)
        self.choices = Choices(self.work, self.say)
        self.documents = Documents(self.work, self.choices, self._published, self.say)
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self.publishers: list[Callable[[Document], None]] = []
        """Called with each document whose findings may have changed."""
        self.starters: list[Callable[[Server], Awaitable[None]]] = []
        """Called when the client is ready to be asked."""
        self.openers: list[Callable[[str], None]] = []
        """Called with the address of each file that is opened."""
        self.watchers: list[Callable[[str], Awaitable[None]]] = []
        """Called with the path of each file that has changed on the disk."""
        self.left: set[str] = set()
        """What was closed, until the client knows that there is nothing to be told of it any more."""
        self.news = asyncio.Event()
        """Something may have to be said of files that are not open."""

    def say(self, message: str, kind: types.MessageType = types.MessageType.Warning) -> None:
        """One line to the user, with a way forward in it."""
        self.window_show_message(types.ShowMessageParams(kind, f"nablint: {message}"))

    def log(self, message: str, kind: types.MessageType = types.MessageType.Info) -> None:
        """A line in the editor's log."""
        self.window_log_message(types.LogMessageParams(kind, message))

    def report_server_error(self, error: Exception, source: Any) -> None:
        """To the log: a message box for each failure would punish the user for our fault."""
        self.log(f"{getattr(source, '__name__', source)}: {error}", types.MessageType.Error)

    def text(self, uri: str) -> Text:
        """An open document's text, in the client's encoding."""
        return Text(self.workspace.get_text_document(uri).source, self.encoding)

    @property
    def encoding(self) -> str:
        """The position encoding agreed on, as LSP writes it."""
        return encoding_name(self.workspace.position_encoding)

    def open_file(self, uri: str) -> Document | None:
        """Take the version and text of an open file; cells belong to their notebook."""
        if self.workspace.get_notebook_document(cell_uri=uri) is not None:
            return None
        if self.documents.get(uri) is None:
            for told in self.openers:
                told(uri)
        self.left.discard(uri)
        version = self.workspace.get_text_document(uri).version
        return self.documents.put(snapshots.of_file(uri, version, self.text(uri)), filename(uri))

    def open_notebook(self, uri: str) -> Document | None:
        """Take the cells of an open notebook as one text."""
        notebook = self.workspace.get_notebook_document(notebook_uri=uri)
        if notebook is None:
            return None
        cells = [(cell.document, self.text(cell.document)) for cell in notebook.cells
                 if cell.kind == types.NotebookCellKind.Code and self._is_python(cell.document)]
        return self.documents.put(snapshots.of_notebook(uri, notebook.version, cells), filename(uri))

    def edit(self, now: snapshots.Snapshot, changes: list[tuple[str, types.TextEdit]]) -> types.WorkspaceEdit:
        """Changes as the client applies them; with versions, so that it refuses what came too late."""
        workspace = self.client_capabilities.workspace
        supported = workspace.workspace_edit if workspace is not None else None
        by_uri: dict[str, list[types.TextEdit]] = {}
        for uri, change in changes:
            by_uri.setdefault(uri, []).append(change)
        if supported is None or not supported.document_changes:
            return types.WorkspaceEdit(changes=by_uri)
        versions = {uri: self.workspace.get_text_document(uri).version for uri in by_uri}
        return types.WorkspaceEdit(document_changes=[types.TextDocumentEdit(
            types.OptionalVersionedTextDocumentIdentifier(uri=uri, version=versions[uri]), list(found))
            for uri, found in by_uri.items()])

    def folder(self) -> str:
        """A folder of the user's own for documents that are shown; it goes with the process."""
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="nablint-", ignore_cleanup_errors=True)
        return self._folder.name

    @property
    def folders(self) -> list[str]:
        """The roots of the workspace, as paths."""
        uris = [folder.uri for folder in self.workspace.folders.values()] or [self.workspace.root_uri or ""]
        return [path for uri in uris if uri and (path := to_fs_path(uri))]

    def judge_again(self) -> None:
        """Everything is judged anew: what the judgement depends on has changed."""
        self.choices.root = next(iter(self.folders), self.choices.root)
        self.choices.forget()
        self.news.set()
        for document in self.documents:
            self.documents.refresh(document)

    def _is_python(self, uri: str) -> bool:
        return self.workspace.get_text_document(uri).language_id in (None, "", "python")

    def _published(self, document: Document) -> None:
        for publish in self.publishers:
            publish(document)


def filename(uri: str) -> str:
    """The path of a document; the URI itself where there is none on disk."""
    path = to_fs_path(uri)
    return str(Path(path)) if path and uri.startswith("file:") else uri
