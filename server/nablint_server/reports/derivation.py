"""Derivations as lines of text."""

from __future__ import annotations

from collections.abc import Iterator

from nablint.results import Explanation

SHORT = 5
"""Steps that a finding shows; `nablint explain` shows them all."""


def steps(explanation: Explanation, *, short: bool = False) -> Iterator[str]:
    """The steps, aligned, each with its rule; `short` keeps the last ones, which lead to the gradient."""
    chosen = explanation.steps
    if short and len(chosen) > SHORT:
        yield f"... {len(chosen) - SHORT} steps before"
        chosen = chosen[-SHORT:]
    rows = [(step.after or step.before, step.why or step.rule) for step in chosen]
    width = min(max((len(text) for text, _ in rows), default=0), 72)
    for text, why in rows:
        yield f"{text:{width}}   {why}".rstrip()
    if short and explanation.gradient and not (chosen and explanation.gradient in rows[-1][0]):
        yield f"so: {explanation.gradient}"


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
            yield f"     {'=' if step.before else ' '}   {step.after}"
    if explanation.gradient:
        yield ""
        yield f"  in code: {explanation.gradient}"
