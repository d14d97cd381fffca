"""Puts the features together."""

from __future__ import annotations

from subprocess import Popen

from nablint_server.lsp.features import (
    code_actions,
    code_lens,
    completion,
    configuration,
    derivations,
    diagnostics,
    fixing,
    hover,
    inlay_hints,
    lifecycle,
    synchronisation,
    watching,
    workspace,
)
from nablint_server.lsp.server import Server

FEATURES = (
    lifecycle, configuration, watching, synchronisation, diagnostics, workspace, code_actions, fixing, hover,
    inlay_hints, code_lens, completion, derivations,
)


def create(jobs: str, paths: tuple[str, ...] = (), first: Popen[bytes] | None = None) -> Server:
    """The server, not yet started; `first` is its worker's process, where that has been."""
    server = Server(jobs, paths, first)
    for feature in FEATURES:
        feature.register(server)
    return server
