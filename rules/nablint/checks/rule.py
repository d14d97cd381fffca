"""What a rule is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nablint.results import Severity

if TYPE_CHECKING:
    from nablint.checks.found import Found
    from nablint.claims.repairing.blame import Fault
    from nablint.claims.sure.runs import SureRun


@dataclass(slots=True)
class Rule:
    """A rule: its code and name, one line about it, and the check.

    check: check(fault) -> the message where the rule explains a wrong gradient, else None.
    look:  look(run) -> what the rule finds among the expressions of a sure run.
           Rules that other parts of the tool report have neither.
    shapeless: the look is worth its while where no shape is known.
    page:  the module's docstring, filled in when the rules are listed.
    """

    code: str
    name: str
    summary: str
    severity: Severity = "error"
    check: Callable[[Fault], str | None] | None = None
    look: Callable[[SureRun], Iterator[Found]] | None = None
    shapeless: bool = False
    page: str = ""
