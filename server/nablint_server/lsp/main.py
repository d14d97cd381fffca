"""The way in.  pygls is imported by `main` only, and nothing heavier before `initialize` is answered."""

from __future__ import annotations


def main(jobs: str = "nablint_server.lsp.jobs", paths: tuple[str, ...] = ()) -> None:
    """Serve on standard input and output until the client ends it.

    jobs:  the module whose functions the worker process runs.
    paths: folders that the worker searches for it before the installed packages.
    """
    from nablint_server.lsp.app import create

    create(jobs, paths).start_io()
