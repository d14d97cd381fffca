"""`nablint derive --from FILE:FUNCTION`: the backward pass that a forward function lacks."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from nablint_server.cli.output import stop, utf8
from nablint_server.configuration import ConfigurationError, Configurations
from nablint_server.files.texts import Unreadable, as_judged, decode, read_data


def write_backward(where: str, output_format: str) -> None:
    """Print the backward pass of `FILE:NAME`; ends the program with one line where none can be written."""
    path, colon, name = where.rpartition(":")
    if not colon or not path or not all(part.isidentifier() for part in name.split(".")):
        stop(f"--from {where}: write a file and a function or class in it, as in --from layers.py:affine_forward")
    try:
        settings = Configurations().of_file(Path(path)).for_file(Path(path).absolute())
        source = as_judged(decode(read_data(Path(path))).source)
    except ConfigurationError as error:
        stop(str(error))
    except Unreadable as error:
        stop(f"{path}: {error}")
    from nablint.composing import CannotWrite, backward_of

    from nablint_server.files.modules import resolver

    try:
        written = backward_of(source, name, settings, resolve=resolver(path))
    except CannotWrite as error:
        stop(f"{where}: {error}")
    if output_format == "json":
        claims = [{"row": c.row, "gradient": c.gradient, "verdict": c.verdict} for c in written.claims]
        told = {"function": written.name, "filename": path, "row": written.row, "code": written.text, "claims": claims}
        sys.stdout.write(utf8(json.dumps(told, indent=2, ensure_ascii=False)) + "\n")
    else:
        sys.stdout.write(utf8(written.text.lstrip("\n")))
