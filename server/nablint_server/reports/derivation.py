"""Derivations as lines of text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from nablint.results import DerivationStep, Explanation

SHORT = 5
"""Steps that a finding shows; `nablint explain` shows them all."""

WIDE = 118
"""Columns of a line; `nablint explain` cuts nothing off."""

READING_OFF = "read off the gradient"
"""The last step's rule: the title has said it by then."""


def last_steps(explanation: Explanation) -> tuple[int, list[DerivationStep]]:
    """The last steps of a derivation, which lead to the gradient, and how many there are before them."""
    steps = [step for step in explanation.steps if step.rule != READING_OFF]
    if len(steps) > 1 and steps[-1].after == steps[-2].after:
        steps.pop()
    return max(0, len(steps) - SHORT), steps[-SHORT:]


def brief(explanation: Explanation, margin: int = 6) -> Iterator[str]:
    """The last steps of a derivation, in lines that fit beside a margin."""
    before, steps = last_steps(explanation)
    if before:
        yield f"... after {before} steps"
    rows = equations(steps)
    left = min(max((len(text) for text, _ in rows), default=0), 64)
    for text, why in rows:
        line = f"{text:{left}}   {why}"
        yield line.rstrip() if len(line) <= WIDE - margin else cut(text, WIDE - margin)


def equations(steps: Sequence[DerivationStep]) -> list[tuple[str, str]]:
    """Each step as an equation with its reason; where it goes on from the one before, the left side is left out."""
    rows: list[tuple[str, str]] = []
    previous = None
    for step in steps:
        why = step.why or step.rule
        if step.before and step.before != previous:
            rows.append((f"{step.before} = {step.after}" if step.after else step.before, why))
        else:
            rows.append((f"    = {step.after}", why))
        previous = step.after
    return rows


def cut(text: str, width: int) -> str:
    """The text in so many columns."""
    return text if len(text) <= width else text[: width - 1] + "…"


def full(explanation: Explanation) -> Iterator[str]:
    """A whole derivation: title, shapes, every step with rule, before, after and why, and the gradient."""
    yield explanation.title
    if explanation.shapes:
        yield ""
        width = max(len(name) for name, _ in explanation.shapes)
        yield from (f"    {name:{width}}  {shape}" for name, shape in explanation.shapes)
    for number, step in enumerate(explanation.steps, 1):
        yield ""
        yield f"  {number}. {step.rule}" + (f": {step.why}" if step.why and step.why != step.rule else "")
        if step.before:
            yield f"         {step.before}"
        if step.after:
            yield f"     {'=' if step.before and step.rule != READING_OFF else ' '}   {step.after}"
    if explanation.gradient:
        yield ""
        yield f"  in code: {explanation.gradient}"
