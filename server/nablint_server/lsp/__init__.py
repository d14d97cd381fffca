"""The language server: a thin door.  It translates, delegates to a worker process, and decides nothing.

Nothing heavier than pygls is imported here, and that only by `main`; numpy and libcst live in the worker.
"""

from __future__ import annotations


def main(analyse: str = "nablint.analysis:analyse", paths: tuple[str, ...] = ()) -> None:
    """Serve on standard input and output until the client ends it.

    analyse: `MODULE:FUNCTION` of what the worker process calls with (source, filename, settings, *, repair).
    paths:   folders that the worker searches for it before the installed packages.
    """
    from nablint_server.lsp.app import create

    create(analyse, paths).start_io()
