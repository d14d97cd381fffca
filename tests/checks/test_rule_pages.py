"""Every rule's page is its test: the bad example gives the finding, and what stands under "Use instead" mends it."""

from __future__ import annotations

import re

import pytest
from nablint.analysis import analyse
from nablint.checks import all_rules, find_rule, rule_names
from nablint.checks.rule import Rule
from nablint.results import Diagnostic
from nablint.settings import Settings

BLOCK = re.compile(r"```python\n(.*?)```", re.S)
JUDGED = [r for r in all_rules() if r.check is not None]
LOOKING = [r for r in all_rules() if r.look is not None]


def examples(rule: Rule) -> tuple[str, str]:
    """The bad example and the line or lines to use instead."""
    bad, good = BLOCK.findall(rule.page)
    return bad, good


def mended(bad: str, good: str) -> str:
    """The bad example with the lines that assign the same names replaced."""
    for line in filter(None, good.splitlines()):
        start = "return " if line.startswith("return ") else line.split(" = ")[0].strip() + " = "
        target = start.split("=")[0].strip()
        last = bad.rindex("    return ") if start == "return " else 0
        head, bad = bad[:last], bad[last:]
        bad, count = re.subn(rf"^(\s+){re.escape(start)}.*$", lambda m, line=line: m.group(1) + line.strip(), bad,
                             flags=re.M)
        assert count == 1, f"{target} is assigned {count} times"
        bad = head + bad
    return bad


def findings(text: str, rule: Rule) -> list[Diagnostic]:
    return analyse(text, "example.py", Settings(select=("DEFAULT", rule.code))).diagnostics


@pytest.mark.parametrize("rule", JUDGED, ids=lambda r: r.name)
def test_bad_example_is_found(rule: Rule) -> None:
    bad, _ = examples(rule)
    assert [d.code for d in findings(bad, rule)] == [rule.code]


@pytest.mark.parametrize("rule", JUDGED, ids=lambda r: r.name)
def test_good_example_is_clean(rule: Rule) -> None:
    bad, good = examples(rule)
    result = analyse(mended(bad, good), "example.py")
    assert not result.diagnostics
    assert any(c.verdict in ("proved", "verified") for c in result.claims)


def swapped(bad: str, good: str) -> str:
    """The bad example with the line that assigns the same name, updates it or returns replaced."""
    for line in filter(None, good.splitlines()):
        start = re.match(r"\s*(?:return|\w+(?= = )|\w+ [-+*/]=|#|[^\W\d]\w*:)", line)
        assert start is not None, line
        bad, count = re.subn(rf"^\s*{re.escape(start[0].strip())}.*$", lambda m, line=line: line, bad, flags=re.M)
        assert count == 1, f"{start[0]} stands {count} times"
    return bad


@pytest.mark.parametrize("rule", LOOKING, ids=lambda r: r.name)
def test_bad_shape_is_found(rule: Rule) -> None:
    bad, _ = examples(rule)
    assert [d.code for d in findings(bad, rule)] == [rule.code]


@pytest.mark.parametrize("rule", LOOKING, ids=lambda r: r.name)
def test_good_shape_is_clean(rule: Rule) -> None:
    bad, good = examples(rule)
    assert not findings(swapped(bad, good), rule)


def test_rules_are_found_by_name_and_code() -> None:
    for rule in all_rules():
        assert find_rule(rule.code) is rule is find_rule(rule.name)
    codes = [r.code for r in all_rules()]
    assert len(set(codes)) == len(codes)
    assert len({r.name for r in all_rules()}) == len(codes)


@pytest.mark.parametrize("rule", all_rules(), ids=lambda r: r.name)
def test_page_begins_with_a_sentence(rule: Rule) -> None:
    first = rule.page.splitlines()[0]
    assert first.endswith("."), first
    assert rule.summary


def test_names_are_known_without_importing_the_rules() -> None:
    assert rule_names() == {rule.code: rule.name for rule in all_rules()}
