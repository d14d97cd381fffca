"""The rules' pages: each rule is a file that reads like one, so its address is that file and needs no network."""

from __future__ import annotations

import ast
import re
from functools import lru_cache
from pathlib import Path

import nablint


@lru_cache(maxsize=256)
def rule_file(name: str) -> Path | None:
    """The file of the rule with this name."""
    folder = Path(nablint.__file__).parent / "checks"
    return next(iter(sorted(folder.glob(f"**/{name.replace('-', '_')}.py"))), None)


def rule_page(name: str) -> str | None:
    """The address of a rule's page."""
    file = rule_file(name)
    return None if file is None else file.as_uri()


@lru_cache(maxsize=256)
def rule_text(name: str) -> str:
    """What a rule finds and why that is bad, as Markdown without headings; empty where the rule has no file."""
    file = rule_file(name)
    page = "" if file is None else ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    return re.sub(r"^#+ (.*)$", r"**\1**", page.partition("\n## Example")[0].strip(), flags=re.MULTILINE)
