"""Puts the features together."""

from __future__ import annotations

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


def create(jobs: str, paths: tuple[str, ...] = ()) -> Server:
    """The server, not yet started."""
    server = Server(jobs, paths)
    for feature in FEATURES:
        feature.register(server)
    return server
