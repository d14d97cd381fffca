"""Beginning and end: the worker starts when `initialize` has been answered and ends with the session."""

from __future__ import annotations

from lsprotocol import types

from nablint_server.lsp.server import Server


def register(server: Server) -> None:
    """Register the handlers."""

    @server.feature(types.INITIALIZE)
    def initialize(params: types.InitializeParams) -> None:
        options = params.initialization_options
        if isinstance(options, dict):
            server.choices.take(options.get("settings", options))
        server.choices.root = next(iter(server.folders), server.choices.root)

    @server.feature(types.INITIALIZED)
    async def initialized(params: types.InitializedParams) -> None:
        server.work.start()
        for start in server.starters:
            await start(server)

    @server.feature(types.SHUTDOWN)
    async def shutdown(params: None) -> None:
        for document in list(server.documents):
            server.documents.close(document.now.uri)
        await server.work.close()
