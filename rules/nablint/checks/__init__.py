"""The rules: one file each, whose docstring is its page and whose examples are its tests."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from nablint.checks.rule import Rule
from nablint.reading.lazily import regex

if TYPE_CHECKING:
    from nablint.claims.repairing.blame import Fault


@lru_cache(maxsize=1)
def all_rules() -> list[Rule]:
    """Every rule, by code."""
    rules: list[Rule] = []
    for module in pkgutil.iter_modules(__path__):
        loaded = importlib.import_module(f"{__name__}.{module.name}")
        rule: Rule | None = getattr(loaded, "RULE", None)
        if rule is not None:
            rule.page = inspect.cleandoc(loaded.__doc__ or "")
            rules.append(rule)
    return sorted(rules, key=lambda r: r.code)


@lru_cache(maxsize=1)
def rule_names() -> dict[str, str]:
    """The name of every rule by its code, read off the files without importing them: a rule needs the whole engine."""
    texts = [file.read_text("utf8") for file in Path(__file__).parent.glob("*.py")]
    found = {match[1]: match[2] for text in texts if (match := _RULE.search(text)) is not None}
    return {code: found[code] for code in sorted(found)}


_RULE = regex(r'^RULE = Rule\(\s*"(NAB\d+)",\s*"([\w-]+)"', re.M)


def find_rule(word: str) -> Rule | None:
    """A rule by its code or name."""
    return next((r for r in all_rules() if word in (r.name, r.code, r.code.lower())), None)


def rule_for(fault: Fault) -> tuple[Rule, str]:
    """The rule that a fault belongs to, and its message: the first whose check says something."""
    for rule in all_rules():
        if rule.check is not None and (message := rule.check(fault)):
            return rule, message
    raise AssertionError("the last rule takes every fault")
