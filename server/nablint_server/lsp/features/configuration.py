"""Configuration, of files and of the editor: taken when it changes, and everything is judged by it again."""

from __future__ import annotations

from lsprotocol import types

from nablint_server.configuration.finding import NAMES
from nablint_server.lsp.features.refreshing import ask_again
from nablint_server.lsp.server import Server, filename

SECTION = "nablint"


def register(server: Server) -> None:
    """Register the handlers."""

    @server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)
    async def did_change_configuration(params: types.DidChangeConfigurationParams) -> None:
        settings = params.settings
        if isinstance(settings, dict) and settings:
            server.choices.take(settings.get(SECTION))
        else:
            await _fetch(server)
        _judge_again(server)

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    async def did_change_watched_files(params: types.DidChangeWatchedFilesParams) -> None:
        if any(filename(change.uri).endswith(NAMES) for change in params.changes):
            _judge_again(server)

    @server.feature(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
    async def did_change_workspace_folders(params: types.DidChangeWorkspaceFoldersParams) -> None:
        _judge_again(server)

    server.starters.append(_start)


async def _start(server: Server) -> None:
    """Ask for the editor's settings, and to be told when a configuration file changes."""
    workspace = server.client_capabilities.workspace
    if workspace is None:
        return
    if workspace.configuration:
        await _fetch(server)
    watched = workspace.did_change_watched_files
    if watched is not None and watched.dynamic_registration:
        options = types.DidChangeWatchedFilesRegistrationOptions(
            [types.FileSystemWatcher(glob_pattern=f"**/{name}") for name in NAMES])
        await server.client_register_capability_async(types.RegistrationParams(
            [types.Registration("nablint-files", types.WORKSPACE_DID_CHANGE_WATCHED_FILES, options)]))


async def _fetch(server: Server) -> None:
    workspace = server.client_capabilities.workspace
    if workspace is not None and workspace.configuration:
        (found,) = await server.workspace_configuration_async(
            types.ConfigurationParams([types.ConfigurationItem(section=SECTION)]))
        if isinstance(found, dict):
            server.choices.take(found)


def _judge_again(server: Server) -> None:
    server.judge_again()
    ask_again(server)
