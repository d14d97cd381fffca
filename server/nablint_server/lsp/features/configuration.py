"""Configuration, of files and of the editor: taken when it changes, and everything is judged by it again."""

from __future__ import annotations

from lsprotocol import types

from nablint_server.lsp.features.refreshing import ask_again
from nablint_server.lsp.server import Server

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

    @server.feature(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
    async def did_change_workspace_folders(params: types.DidChangeWorkspaceFoldersParams) -> None:
        _judge_again(server)

    server.starters.append(_start)


async def _start(server: Server) -> None:
    """Ask for the editor's settings."""
    await _fetch(server)


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
