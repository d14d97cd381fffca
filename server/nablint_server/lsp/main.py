"""The way in.  pygls is imported by `main` only, and nothing heavier in this process."""

from __future__ import annotations


def main(jobs: str = "nablint_server.lsp.jobs", paths: tuple[str, ...] = ()) -> None:
    """Serve on standard input and output until the client ends it.

    jobs:  the module whose functions the worker process runs.
    paths: folders that the worker searches for it before the installed packages.
    """
    from nablint_server.lsp import early

    first = early.started(early.worker_command(jobs, paths))
    from nablint_server.lsp.app import create

    create(jobs, paths, first).start_io()
