"""Findings, claims and derivations as Markdown."""

from __future__ import annotations

from nablint.results import Claim, Diagnostic, Explanation

VERDICTS = {
    "proved": "proved: the derived gradient is the same expression",
    "verified": "verified: equal to the derived gradient on samples",
    "wrong": "wrong",
    "unchecked": "unchecked",
    "not-a-gradient": "not a gradient",
}


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
