"""Answers: a derivative with its derivation, as text and as JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from nablint.calculus.render import Style
from nablint.results import DerivationStep

STYLES: tuple[Style, ...] = ("text", "latex", "mathml", "numpy", "torch", "einsum")


class Written(Mapping[str, str | None]):
    """One term in every style, each written when it is asked for."""

    def __init__(self, write: Callable[[str], str | None]) -> None:
        self._write = write
        self._done: dict[str, str | None] = {}

    def __getitem__(self, style: str) -> str | None:
        if style not in STYLES:
            raise KeyError(style)
        if style not in self._done:
            self._done[style] = self._write(style)
        return self._done[style]

    def __iter__(self) -> Iterator[str]:
        return iter(STYLES)

    def __len__(self) -> int:
        return len(STYLES)


@dataclass(frozen=True, slots=True)
class Answer:
    """A derivative with its derivation.

    gradient:     style -> what is written; None for a style that has no way to write it.
    shape:        of the derivative in the chosen layout; other_shape in the other one.
    shapes:       name -> (shape, where it comes from).
    differential: the differential from which the gradient is read off.
    notes:        what else is worth saying: the naive chain rule's shape, orders that are not formed, functions
                  that were recognised.
    steps_in:     the steps in another style: "latex" or "mathml".
    """

    expression: str
    variable: str
    shape: tuple[str, ...]
    gradient: Mapping[str, str | None]
    layout: str
    other_layout: Mapping[str, str | None]
    other_shape: tuple[str, ...]
    steps: tuple[DerivationStep, ...]
    shapes: Mapping[str, tuple[str, str]]
    symbol: str
    kind: str
    differential: str = ""
    notes: tuple[str, ...] = ()
    steps_in: Callable[[str], tuple[DerivationStep, ...]] = field(default=lambda style: (), repr=False, compare=False)

    @property
    def latex_steps(self) -> tuple[DerivationStep, ...]:
        """The steps in LaTeX."""
        return self.steps_in("latex")

    @property
    def mathml_steps(self) -> tuple[DerivationStep, ...]:
        """The steps in MathML."""
        return self.steps_in("mathml")

    def to_json(self) -> dict[str, Any]:
        """The contract of `derive --output-format json`."""
        return {
            "expression": self.expression,
            "variable": self.variable,
            "shape": list(self.shape),
            "gradient": {k: v for k, v in self.gradient.items() if v is not None},
            "layout": self.layout,
            "other_layout": {
                **{k: v for k, v in self.other_layout.items() if v is not None},
                "shape": list(self.other_shape),
            },
            "steps": [{"rule": s.rule, "before": s.before, "after": s.after, "why": s.why} for s in self.steps],
            "shapes": {n: {"shape": s, "from": origin} for n, (s, origin) in self.shapes.items()},
            "kind": self.kind,
            "symbol": self.symbol,
            "differential": self.differential,
            "notes": list(self.notes),
            "latex_steps": [
                {"rule": s.rule, "before": s.before, "after": s.after, "why": s.why} for s in self.steps_in("latex")
            ],
        }

    def to_text(self) -> str:
        """The answer for people: the derivation, the result in both layouts with shapes, and the code."""
        lines = [f"{self.expression}    by {self.variable}", ""]
        width = max((len(f"{n} {s}") for n, (s, _) in self.shapes.items()), default=0)
        lines += [f"  {f'{n} {s}'.ljust(width)}  {origin}" for n, (s, origin) in self.shapes.items()]
        lines += ["", *_derivation_lines(self.steps)] if self.steps else []
        other = "numerator" if self.layout == "denominator" else "denominator"
        shown = f"{self.symbol} = {self.gradient['text']}"
        also = f"{' ' * len(self.symbol)} = {self.other_layout['text']}"
        pad = max(len(shown), len(also))
        lines += ["", f"  {shown.ljust(pad)}   {_shape_text(self.shape)}  {self.layout} layout",
                  f"  {also.ljust(pad)}   {_shape_text(self.other_shape)}  {other} layout"]
        if self.variable in self.shapes:
            lines.append(f"  {self.variable} is {self.shapes[self.variable][0]}")
        lines.append("")
        lines += [f"  {style:7}{code}" for style in ("numpy", "torch", "einsum") if (code := self.gradient.get(style))]
        lines += [line for note in self.notes for line in ("", *_wrapped(note))]
        return "\n".join(lines) + "\n"


def _shape_text(shape: tuple[str, ...]) -> str:
    return f"({shape[0]},)" if len(shape) == 1 else f"({', '.join(shape)})"


def _wrapped(note: str) -> list[str]:
    lines, line = [], " "
    for word in note.split():
        if len(line) + len(word) > 98:
            lines.append(line)
            line = " "
        line += f" {word}"
    return [*lines, line]


def _derivation_lines(steps: tuple[DerivationStep, ...]) -> list[str]:
    """Equal sides are written under one another."""
    lines: list[tuple[str, str]] = []
    previous = None
    for step in steps[:-1]:
        if step.before == previous:
            lines.append((f"      = {step.after}", f"{step.rule}: {step.why}"))
        else:
            lines.append((f"  {step.before} = {step.after}", f"{step.rule}: {step.why}"))
        previous = step.after
    width = min(max((len(a) for a, _ in lines), default=0), 60)
    return [f"{a.ljust(width)}   {b}" for a, b in lines]
