"""Tells the client that what it was told may be told otherwise now."""

from __future__ import annotations

from nablint_server.lsp.server import Server


def can_ask_again(server: Server) -> bool:
    """Whether the client asks for findings anew when it is told to."""
    workspace = server.client_capabilities.workspace
    return workspace is not None and workspace.diagnostics is not None and bool(workspace.diagnostics.refresh_support)


def ask_again(server: Server) -> None:
    """Have the client ask anew for what it asks for by itself."""
    workspace = server.client_capabilities.workspace
    if workspace is None:
        return
    if can_ask_again(server):
        server.workspace_diagnostic_refresh(None)
    if workspace.inlay_hint is not None and workspace.inlay_hint.refresh_support:
        server.workspace_inlay_hint_refresh(None)
    if workspace.code_lens is not None and workspace.code_lens.refresh_support:
        server.workspace_code_lens_refresh(None)
