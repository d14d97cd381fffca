"""Every safe repair of a file at once: the worker applies them and judges again until nothing is left to apply."""

from __future__ import annotations

from lsprotocol import types

from nablint_server.lsp import edits
from nablint_server.lsp.server import Server

KIND = "source.fixAll.nablint"
TITLE = "Fix all gradients that nablint can repair"

COMMAND = "nablint.fixAll"
"""Command: the address of a document; whether the client made the edits."""


def register(server: Server) -> None:
    """Register the command."""

    @server.command(COMMAND)
    async def fix(uri: str) -> bool:
        edit = await repaired(server, uri)
        if edit is None:
            return False
        return (await server.workspace_apply_edit_async(types.ApplyWorkspaceEditParams(edit, TITLE))).applied


def action(server: Server, uri: str) -> types.CodeAction:
    """The action, or a command where the client does not fill in edits later: mending per light bulb is too much."""
    command = None if resolves(server) else types.Command(TITLE, COMMAND, arguments=[uri])
    return types.CodeAction(TITLE, KIND, data={"all": uri}, command=command)


async def repaired(server: Server, uri: str) -> types.WorkspaceEdit | None:
    """The edits of all safe repairs, None for a document that is not judged."""
    document = server.documents.get(uri)
    settings = None if document is None else await server.choices.settings(document.filename)
    if document is None or settings is None:
        return None
    now = document.now
    mended: str = await server.work.call("mend", now.source, document.filename, settings)
    changes = [(located[0], types.TextEdit(located[1], edit.content)) for edit in edits.between(now.source, mended)
               if (located := now.locate(edit.location, edit.end_location)) is not None]
    return server.edit(now, changes)


def resolves(server: Server) -> bool:
    """Whether the client fills in an action's edit later."""
    text_document = server.client_capabilities.text_document
    supported = text_document.code_action if text_document is not None else None
    properties = supported.resolve_support if supported is not None else None
    return properties is not None and "edit" in properties.properties
