"""`nablint server`."""

from __future__ import annotations

import click


@click.command()
def server() -> None:
    """Run the language server on standard input and output."""
    from nablint_server.lsp.main import main

    main()
