"""The shapes that a trace found, at the places of the source: what an editor shows beside names and on hover."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import libcst as cst

from nablint.calculus.terms import Term
from nablint.claims.naming import Naming
from nablint.claims.program import Outcome
from nablint.reading.nodes import parts
from nablint.reading.places import Span
from nablint.reading.source import Block
from nablint.results import Place, ShapeNote
from nablint.tracing.step import Step
from nablint.tracing.values import Array, Pending

SHOWN = (cst.Name, cst.Attribute, cst.Subscript, cst.Call, cst.BinaryOperation)
"""The expressions whose shape is worth a note."""

TURNS = 4
"""How many executions of a statement are looked at: sizes that differ do so in the first turns of a loop."""

LONGEST = 60
"""Characters of a shape that still tells something; what windows leave of an image soon fills a line."""

Key = tuple[Place, Place]


@dataclass(frozen=True, slots=True)
class Noted:
    """A note in a block, wherever that stands by now.

    own: it is of the run of the very function that it stands in, not of one that calls it.
    """

    block: Block
    span: Span
    text: str
    shape: str
    own: bool = True

    def note(self) -> ShapeNote:
        """The note at its place of the file."""
        return ShapeNote(self.text, self.shape, self.block.place(self.span[0]), self.block.place(self.span[1]))


def shape_notes(outcomes: Iterable[Outcome], sure: Sequence[Noted] = ()) -> list[ShapeNote]:
    """One note for each name and expression whose value is an array of one and the same shape whenever it runs.

    Where units or turns of a loop disagree, nothing is said: layers of a network have the same code and other sizes.
    What the readings of gradient code leave open, runs for shapes (`sure`) may tell: a function's own before those of
    its callers.
    """
    merged = _merged(one for o in outcomes if o.judgement is not None
                     for one in noted(o.judgement.run.it.steps, Naming(o.judgement.run.it)))
    for own in (True, False):
        for key, note in _merged(n for n in sure if n.own is own).items():
            merged.setdefault(key, note)
    return sorted((note for note in merged.values() if note is not None), key=lambda n: (n.location, n.end_location))


def _merged(found: Iterable[Noted]) -> dict[Key, ShapeNote | None]:
    """The notes by place; None where they disagree."""
    notes: dict[Key, ShapeNote | None] = {}
    for one in found:
        note = one.note()
        key = note.location, note.end_location
        notes[key] = note if notes.setdefault(key, note) == note else None
    return notes


def noted(steps: Iterable[Step], naming: Naming, function: str | None = None,
          hidden: Callable[[Term], bool] = lambda _: False) -> Iterator[Noted]:
    """The notes of one run, whose own function is `function` where it matters, but for arrays that are `hidden`."""
    shown: dict[int, Term] = {}
    turns: Counter[int] = Counter()
    for step in steps:
        turns[id(step.node)] += 1
        if turns[id(step.node)] > TURNS:
            continue
        for node, value in _values(step):
            known = shown.get(id(node))
            if known is value or (known is not None and known.shape == value.shape and _same(known, value)):
                continue
            shown[id(node)] = value
            if hidden(value):
                continue
            note = _note(step.block, node, value, naming, own=function in (None, step.function))
            if note is not None:
                yield note


def _values(step: Step) -> Iterator[tuple[cst.CSTNode, Term]]:
    """The expressions of a statement with their arrays; an assigned name has its value's."""
    tree = step.block.tree()
    if tree is None:
        return
    stack: list[cst.CSTNode] = [step.node]
    while stack:
        node = stack.pop()
        if isinstance(node, cst.Assign):
            value = step.values.get(id(node.value))
            for target in node.targets:
                yield from _assigned(target.target, step.values.get(id(target.target), value))  # words may tell more
            stack.append(node.value)
        elif isinstance(node, SHOWN):
            value = _array(step.values.get(id(node)))
            if value is not None:
                yield node, value
            stack.extend(parts(node))
        elif not isinstance(node, cst.BaseSuite | cst.FunctionDef | cst.ClassDef):
            stack.extend(parts(node))


def _assigned(target: cst.CSTNode, value: Any) -> Iterator[tuple[cst.CSTNode, Term]]:
    """The names of a target with what is assigned to them."""
    array = _array(value)
    if isinstance(target, cst.Tuple | cst.List) and isinstance(value, tuple | list):
        elements = [e.value for e in target.elements]
        if len(elements) == len(value) and not any(isinstance(e, cst.StarredElement) for e in target.elements):
            for element, part in zip(elements, value, strict=True):
                yield from _assigned(element, part)
    elif isinstance(target, SHOWN) and array is not None:
        yield target, array


def _array(value: object) -> Term | None:
    """The array that a value is, or that an input turned out to be when it was used."""
    value = value.value if isinstance(value, Pending) else value
    value = value.current if isinstance(value, Array) else value
    return value if isinstance(value, Term) and value.ndim else None


def _same(a: Term, b: Term) -> bool:
    """Equal in symbols, not only in the numbers of this draw."""
    return [s.expr for s in a.shape] == [s.expr for s in b.shape]


def _note(block: Block, node: cst.CSTNode, value: Term, naming: Naming, *, own: bool) -> Noted | None:
    tree = block.tree()
    span = tree.spans.get(id(node)) if tree is not None else None
    shape = naming.shape(value.shape)
    if span is None or "?" in shape or len(shape) > LONGEST:
        return None
    start, end = span
    rows = block.text.split("\n")[start.row - 1 : end.row]
    text = rows[0][start.column - 1 :] if end.row > start.row else rows[0][start.column - 1 : end.column - 1]
    return Noted(block, span, text, shape, own)
