"""What the user may choose about an analysis.

Plain data, told by the command line or the editor; nothing here knows of files, disks or configuration formats.
A *selector* is `ALL`, a rule's name (`transposed-gradient`), its code (`NAB201`) or the beginning of a code (`NAB2`);
`DEFAULT` is all rules but those about code that is right on paper and loses digits in a machine (`NAB4`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

ALL = "ALL"
DEFAULT = "DEFAULT"
OPTIONAL = ("NAB4",)
"""Beginnings of the codes that have to be selected."""
EXACT = 100
"""How specific a whole name is: more than the longest code."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings for one source text.

    select, ignore: selectors; where both speak of a rule the more specific one decides, and `ignore` on a tie.
    file_ignores: selectors that this file ignores whatever `select` says.
    claim_patterns: further spellings of gradient names, with one `*` for the variable: `"g_*"` reads `g_w` as w's.
    seconds: the time bound of the analysis of one file.
    explain: derive the gradient of every claim, right ones too, and note the shapes of names and expressions; findings
             have their derivation anyway (see `analyse` for a first look, which derives nothing).
    steps_in: how the steps of derivations are written: "text", "latex" or "mathml".
    prove: tell what is proved by its terms from what only its samples verify; findings are the same either way.
    list_claims: say of every claim how it was judged; findings are the same either way.
    """

    select: tuple[str, ...] = (DEFAULT,)
    ignore: tuple[str, ...] = ()
    file_ignores: tuple[str, ...] = ()
    claim_patterns: tuple[str, ...] = ()
    seconds: float = 20.0
    explain: bool = False
    steps_in: Literal["text", "latex", "mathml"] = "text"
    prove: bool = True
    list_claims: bool = True

    def enabled(self, code: str, name: str) -> bool:
        """Whether the rule with this code and name may speak."""
        if specificity(self.file_ignores, code, name):
            return False
        return specificity(self.select, code, name) > specificity(self.ignore, code, name)

    def variable_named_by(self, name: str) -> str | None:
        """The variable whose gradient `name` is by the user's own patterns, or None."""
        for pattern in self.claim_patterns:
            before, _, after = pattern.partition("*")
            found = re.fullmatch(re.escape(before) + r"(\w+)" + re.escape(after), name)
            if found:
                return found[1]
        return None


def specificity(selectors: Iterable[str], code: str, name: str) -> int:
    """How closely the closest of the selectors fits the rule: 0 for not at all, 1 for all rules, then by length."""
    return max((fit(selector, code, name) for selector in selectors), default=0)


def fit(selector: str, code: str, name: str) -> int:
    """How closely one selector fits the rule; 0 when it is about other rules."""
    if selector == name:
        return EXACT
    upper = selector.upper()
    if upper == ALL:
        return 1
    if upper == DEFAULT:
        return int(not code.startswith(OPTIONAL))
    return len(upper) + 1 if upper and code.startswith(upper) else 0


def speaks_of(selectors: Iterable[str], code: str, name: str) -> bool:
    """Whether any of the selectors is about the rule."""
    return specificity(selectors, code, name) > 0
