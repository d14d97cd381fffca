"""What a rule is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nablint.results import Severity

if TYPE_CHECKING:
    from nablint.claims.repair import Fault


@dataclass(slots=True)
class Rule:
    """A rule: its code and name, one line about it, and the check.

    check: check(fault) -> the message where the rule explains the fault, else None; None for rules that other parts of
           the tool report.
    page:  the module's docstring, filled in when the rules are listed.
    """

    code: str
    name: str
    summary: str
    severity: Severity = "error"
    check: Callable[[Fault], str | None] | None = None
    page: str = ""
