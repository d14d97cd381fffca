"""A client of the server over standard input and output, with the capabilities that a test asks for."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest
import pytest_asyncio
from lsprotocol import types
from pygls.protocol import default_converter
from pytest_lsp import ClientServerConfig, LanguageClient, client_capabilities
from pytest_lsp.client import DEFAULT_CLIENT_FEATURES, register_lsp_features

HERE = Path(__file__).parent
FAKE = "fake_jobs"


class Client(LanguageClient):
    """Keeps everything published, in order, with its version."""

    def __init__(self):
        super().__init__(converter_factory=default_converter)
        self.published = asyncio.Queue()
        self.registrations = []
        self.applied = []
        self.partial = {}
        register_lsp_features(self, {
            **DEFAULT_CLIENT_FEATURES,
            types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS: _keep,
            types.CLIENT_REGISTER_CAPABILITY: _registered,
            types.WORKSPACE_APPLY_EDIT: _applied,
            types.PROGRESS: _progress,
        })


def _progress(client: LanguageClient, params: types.ProgressParams):
    if params.token in client.progress_reports:
        DEFAULT_CLIENT_FEATURES[types.PROGRESS](client, params)
        return
    value = default_converter().structure(params.value, types.WorkspaceDiagnosticReportPartialResult)
    client.partial.setdefault(params.token, []).append(value)


def _registered(client: LanguageClient, params: types.RegistrationParams):
    client.registrations.extend(params.registrations)


def _applied(client: LanguageClient, params: types.ApplyWorkspaceEditParams):
    client.applied.append(params)
    return types.ApplyWorkspaceEditResult(True)


def _keep(client: LanguageClient, params: types.PublishDiagnosticsParams):
    client.published.put_nowait(params)


class Session:
    """A started server with helpers in the words of the tests."""

    def __init__(self, client):
        self.client = client
        self.published = client.published
        self.versions = {}

    async def initialize(self, root=None, options=None, adapt=None, client="visual-studio-code", folders=None):
        capabilities = client_capabilities(client)
        if adapt is not None:
            adapt(capabilities)
        folders = folders or ([root] if root else [])
        self.result = await self.client.initialize_session(types.InitializeParams(
            capabilities=capabilities, initialization_options=options, root_uri=root.as_uri() if root else None,
            workspace_folders=[types.WorkspaceFolder(folder.as_uri(), folder.name) for folder in folders]))
        return self.result

    def open(self, text, uri="file:///work/net.py"):
        self.versions[uri] = 1
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(
            types.TextDocumentItem(uri, "python", 1, text)))
        return uri

    def change(self, uri, *changes):
        """Each change is a whole text or (line, character, line, character, text)."""
        self.versions[uri] += 1
        whole = types.TextDocumentContentChangeWholeDocument
        events = [whole(change) if isinstance(change, str) else partial(*change) for change in changes]
        self.client.text_document_did_change(types.DidChangeTextDocumentParams(
            types.VersionedTextDocumentIdentifier(uri=uri, version=self.versions[uri]), events))

    def close(self, uri):
        del self.versions[uri]
        self.client.text_document_did_close(types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(uri)))

    async def diagnostics(self, uri, timeout=15):
        """The next findings published for the newest version."""
        async with asyncio.timeout(timeout):
            while True:
                params = await self.published.get()
                if params.uri == uri and params.version == self.versions.get(uri, params.version):
                    return list(params.diagnostics)

    def touched(self, *paths, kind=types.FileChangeType.Changed):
        """Files have changed on the disk."""
        self.client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams(
            [types.FileEvent(path.as_uri(), kind) for path in paths]))

    async def pulled(self, uri, previous=None, timeout=15):
        async with asyncio.timeout(timeout):
            return await self.client.text_document_diagnostic_async(types.DocumentDiagnosticParams(
                types.TextDocumentIdentifier(uri), previous_result_id=previous))

    async def actions(self, uri, line, character=0, only=None):
        position = types.Position(line, character)
        return await self.client.text_document_code_action_async(types.CodeActionParams(
            types.TextDocumentIdentifier(uri), types.Range(position, position), types.CodeActionContext([], only=only)))

    async def complete(self, uri, line, character):
        return list(await self.client.text_document_completion_async(types.CompletionParams(
            types.TextDocumentIdentifier(uri), types.Position(line, character))))

    async def hover(self, uri, line, character):
        found = await self.client.text_document_hover_async(types.HoverParams(
            types.TextDocumentIdentifier(uri), types.Position(line, character)))
        return None if found is None else found.contents.value


def partial(line, character, end_line, end_character, text):
    return types.TextDocumentContentChangePartial(
        types.Range(types.Position(line, character), types.Position(end_line, end_character)), text)


def push_only(capabilities):
    """A client of the time before pull diagnostics."""
    capabilities.text_document.diagnostic = None


def can_pull(capabilities):
    """A client that asks for diagnostics by itself."""
    capabilities.text_document.diagnostic = types.DiagnosticClientCapabilities()


def applied(text, edits):
    """The text after a client's edits; ASCII only."""
    lines = text.split("\n")

    def offset(position):
        return sum(len(line) + 1 for line in lines[:position.line]) + position.character

    for edit in sorted(edits, key=lambda e: (e.range.start.line, e.range.start.character), reverse=True):
        text = text[:offset(edit.range.start)] + edit.new_text + text[offset(edit.range.end):]
    return text


@pytest.fixture
def jobs():
    """The module that the worker runs; a module overrides it to test with another."""
    return FAKE


@pytest_asyncio.fixture
async def session(jobs):
    code = f"import sys; from nablint_server.lsp.main import main; main({jobs!r}, ({str(HERE)!r},))"
    client = await ClientServerConfig([sys.executable, "-c", code], Client).start()
    yield Session(client)
    if client.error is None and client.capabilities is not None and client._server.returncode is None:
        async with asyncio.timeout(10):
            await client.shutdown_session()
    await client.stop()
