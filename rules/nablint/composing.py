"""Writing a missing backward pass: composed from the derivation, then judged like anything else.

What is handed over was read back from its own text and came out right in every result.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from nablint.analysis import analyse
from nablint.claims.backward import Backward, CannotWrite, compose
from nablint.claims.evidence import parameter_evidence
from nablint.claims.names import own_names
from nablint.claims.program import Program
from nablint.reading.source import blocks
from nablint.results import Claim
from nablint.settings import Settings


@dataclass(frozen=True, slots=True)
class Written:
    """A backward pass with the verdicts on it.

    text: its code, with the blank lines before it, to be inserted before `row` of the file.
    """

    name: str
    text: str
    row: int
    claims: tuple[Claim, ...]


def backward_of(source: str, name: str, settings: Settings | None = None, *,
                resolve: Callable[[str], Any] | None = None) -> Written:
    """The backward pass of the forward function, method or class of this name; raises `CannotWrite`."""
    settings = settings or Settings()
    reason = ""
    for steady in (True, False):
        with own_names(settings):
            found = compose(Program(blocks(source), evidence=parameter_evidence, resolve=resolve), name, steady=steady)
        text, lines = _spaced(source, found)
        edited = "".join([*lines[: found.row - 1], text, *lines[found.row - 1:]])
        rows = range(found.row, found.row + text.count("\n"))
        claims = tuple(c for c in analyse(edited, "", settings, repair=False, resolve=resolve).claims if c.row in rows)
        results = [c for c in claims if c.role == "result"]
        doubtful = next((c for c in results if c.verdict not in ("proved", "verified")), None)
        if results and doubtful is None:
            return Written(found.name, text, found.row, claims)
        reason = doubtful.reason if doubtful is not None else "it is not recognised as a gradient"
    raise CannotWrite(f"what was derived for `{name}` could not be confirmed: {reason or 'its value differs'}")


def _spaced(source: str, found: Backward) -> tuple[str, list[str]]:
    """The text with the blank lines that the file puts between such functions, and the file's lines."""
    lines = source.splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    blank = "\n" if found.text.startswith(" ") else "\n\n"
    return blank + found.text, lines


__all__ = ["CannotWrite", "Written", "backward_of"]
