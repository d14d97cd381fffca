"""The group of commands."""

from __future__ import annotations

import importlib
from typing import Any

import click
from nablint import __version__

INTERRUPTED = 130
"""Exit status, as shells have it for SIGINT."""

COMMANDS = {
    "check": "find wrong gradients, and mend them with --fix",
    "audit": "list every hand-written gradient with its verdict",
    "derive": "derive a gradient, step by step",
    "explain": "show the derivation behind a line of code",
    "rule": "show a rule's page, or list all rules",
    "server": "run the language server on stdio",
}


class Commands(click.Group):
    """Imports a command's module only when the command is called; the help needs none."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Their names, in the order in which people need them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command; a path in its place is what people try first, so that is said."""
        if cmd_name not in COMMANDS:
            return None
        return getattr(importlib.import_module(f"nablint_server.cli.{cmd_name}"), cmd_name)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """As click does, with a way forward when the command is a file or a folder."""
        import os

        if args and args[0] not in COMMANDS and os.path.exists(args[0]):
            ctx.fail(f"{args[0]!r} is a path, not a command: nablint check {args[0]}")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """As click does; an interruption is neither findings nor a failure."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            click.echo("nablint: interrupted", err=True)
            ctx.exit(INTERRUPTED)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list in the help, without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, "-V", "--version", message="nablint %(version)s")
def nablint() -> None:
    """Prove hand-written backprop right: numpy and PyTorch source is read, never run."""
