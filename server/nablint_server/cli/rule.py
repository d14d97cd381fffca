"""`nablint rule`."""

from __future__ import annotations

import json
import sys
from typing import Any

import click

from nablint_server.cli.output import stop, utf8


@click.command()
@click.argument("rule", metavar="[CODE]", required=False)
@click.option("--output-format", type=click.Choice(["text", "json"]), default="text", show_default=True)
def rule(rule: str | None, output_format: str) -> None:
    """Show a rule's page by its code or name; without one, list all rules."""
    from nablint.checks import all_rules, find_rule

    if rule is None:
        rules = sorted(all_rules(), key=lambda each: each.code)
        if output_format == "json":
            print(json.dumps([told(each) for each in rules], indent=2, ensure_ascii=False))
            return
        width = max((len(each.name) for each in rules), default=0)
        for each in rules:
            print(f"{each.code}  {each.name:{width}}  {each.summary}")
        return
    found = find_rule(rule) or find_rule(rule.upper())
    if found is None:
        import difflib

        known = [word for each in all_rules() for word in (each.code, each.name)]
        close = difflib.get_close_matches(rule, known, 1, 0.6)
        stop(f"no rule `{rule}`" + (f"; did you mean `{close[0]}`?" if close else "; `nablint rule` lists them all"))
    if output_format == "json":
        print(json.dumps(told(found), indent=2, ensure_ascii=False))
        return
    page = found.page.strip()
    if not page.startswith("# "):
        page = f"# {found.name} ({found.code})\n\n{page}"
    sys.stdout.write(utf8(page + "\n"))


def told(found: Any) -> dict[str, str]:
    """A rule as an object."""
    names = ("code", "name", "summary", "severity", "page")
    return {name: getattr(found, name) for name in names}
