"""The command line.

Exit status: 0 clean, 1 findings, 2 the tool could not do its work.  Each command is a file of its own, imported when
it is called, so that none pays for another's imports.
"""

from __future__ import annotations

import sys


def main() -> None:
    """The entry point `nablint`."""
    if sys.argv[1:] in (["--version"], ["-V"]):
        from nablint import __version__

        print(f"nablint {__version__}")
        return
    if not sys.warnoptions:
        import warnings

        warnings.simplefilter("ignore")  # those of the code that is read, and of numpy on odd samples
    from nablint_server.running.process import leave, set_up

    set_up()
    from nablint_server.cli.group import nablint

    try:
        nablint(prog_name="nablint")
    finally:
        leave()
