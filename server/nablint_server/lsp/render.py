"""Findings, claims and derivations as Markdown."""

from __future__ import annotations

from nablint.results import Claim, Diagnostic, Explanation

from nablint_server.reports.derivation import cut, last_steps

VERDICTS = {
    "proved": "proved: the derived gradient is the same expression",
    "verified": "verified: equal to the derived gradient on samples",
    "wrong": "wrong",
    "unchecked": "unchecked",
    "not-a-gradient": "not a gradient",
}

WIDE = 64
"""Columns of a formula in a hover; the derivation on its own cuts nothing off."""


def escaped(text: str) -> str:
    """Text in which nothing is markup."""
    return "".join("\\" + c if c in "\\`*_{}[]<>#|" else c for c in text)


def derivation(explanation: Explanation) -> str:
    """All steps, the shapes, and the gradient as code."""
    lines = [f"**{escaped(explanation.title)}**", ""]
    if explanation.shapes:
        lines += [", ".join(f"`{name}`: {escaped(shape)}" for name, shape in dict.fromkeys(explanation.shapes)), ""]
    for number, step in enumerate(explanation.steps, 1):
        lines.append(f"{number}. {escaped(step.rule)}: `{step.before}` → `{step.after}`  ")
        if step.why:
            lines.append(f"   {escaped(step.why)}")
    if explanation.gradient:
        lines += ["", "```python", explanation.gradient, "```"]
    return "\n".join(lines)


def brief(explanation: Explanation) -> str:
    """The title, the last steps with their rules, and the gradient as code: as much as fits into a hover."""
    before, steps = last_steps(explanation)
    rows = [("", f"… after {before} steps")] if before else []
    previous = None
    for step in steps:
        if step.before != previous:
            rows.append((step.before, ""))
        rows.append((f"  = {step.after}", step.rule))
        previous = step.after
    width = min(max((len(text) for text, rule in rows if rule), default=0), WIDE)
    shown = [f"{cut(text, WIDE):{width}}   {rule}".rstrip() for text, rule in rows]
    lines = [f"**{escaped(cut(explanation.title, 2 * WIDE))}**", "", *(["```", *shown, "```"] if shown else [])]
    if explanation.gradient:
        lines += ["", "```python", explanation.gradient, "```"]
    return "\n".join(lines)


def finding(diagnostic: Diagnostic) -> str:
    """A finding with its rule."""
    return f"{rule(diagnostic)}: {escaped(diagnostic.message)}"


def rule(diagnostic: Diagnostic) -> str:
    """The code and the name of a finding's rule."""
    return f"**{diagnostic.code}** `{diagnostic.name}`"


def claim(claimed: Claim) -> str:
    """What is claimed and how it was judged."""
    reason = f" ({escaped(claimed.reason)})" if claimed.reason and claimed.verdict not in ("proved", "verified") else ""
    return f"`{claimed.gradient}` as the gradient with respect to `{claimed.wrt}`: {VERDICTS[claimed.verdict]}{reason}"
