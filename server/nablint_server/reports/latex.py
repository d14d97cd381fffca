"""Derivations in LaTeX, from steps whose sides are written in it."""

from __future__ import annotations

from collections.abc import Sequence

from nablint.results import DerivationStep


def aligned(title: str, steps: Sequence[DerivationStep]) -> str:
    """A derivation as an `align*` environment: a row for each step, its rule behind it.

    The left side is written where it is new; the last step, which reads the gradient off, is an equation itself.
    """
    rows: list[str] = []
    previous = ""
    for step in steps:
        row = f"{'' if step.before == previous else step.before} &= {step.after}"
        if step is steps[-1] and " = " in step.after:
            row = step.after.replace(" = ", " &= ", 1)
        rows.append(rf"  {row.strip()} && \text{{{_plain(step.rule)}}}")
        previous = step.after
    body = " \\\\\n".join(rows)
    return f"% {title}\n\\begin{{align*}}\n{body}\n\\end{{align*}}"


def _plain(text: str) -> str:
    """Text with what LaTeX would take for commands made harmless."""
    for sign in "\\&%$#_{}":
        text = text.replace(sign, r"\textbackslash " if sign == "\\" else f"\\{sign}") if sign not in "{}" else text
    return text
