"""What the worker process can do for the server.  Nothing else of the server runs there."""

from __future__ import annotations

from pathlib import Path

from nablint.results import FileResult
from nablint.settings import Settings
from nablint_server.configuration import Configuration, ConfigurationError, Configurations, Overrides


def warm() -> None:
    """Pay for the imports before the first text comes."""
    import nablint.analysis  # noqa: F401


def judge(source: str, filename: str, settings: Settings, repair: bool) -> FileResult:
    """The findings of a text, as the command line says them."""
    from nablint_server.files.texts import as_judged
    from nablint_server.running import judging

    return judging.judge(as_judged(source), filename, settings, repair=repair)


def mend(source: str, filename: str, settings: Settings) -> str:
    """The text with every safe fix applied."""
    from nablint_server.files.texts import Text
    from nablint_server.running import fixing
    from nablint_server.running.one import Task

    data = source.encode("utf-8", "surrogatepass")
    written = fixing.mend(Task(filename, settings, data, fix=True), Text(source), data).written
    return source if written is None else written.decode("utf-8", "surrogatepass")


def configure(folder: str, overrides: Overrides, file: str | None) -> Configuration | str:
    """The configuration of a folder (or of `file` for all folders), or one line that says why there is none."""
    try:
        fixed = None if file is None else Path(file)
        return Configurations(overrides, fixed=fixed).of_folder(Path(folder))
    except ConfigurationError as error:
        return str(error)
