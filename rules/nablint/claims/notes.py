"""The shapes that a trace found, at the places of the source: what an editor shows beside names and on hover."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

import libcst as cst

from nablint.calculus.terms import Term
from nablint.claims.naming import Naming
from nablint.claims.program import Outcome
from nablint.reading.nodes import parts
from nablint.reading.source import Block
from nablint.results import Place, ShapeNote
from nablint.tracing.step import Step
from nablint.tracing.values import Array, Pending

SHOWN = (cst.Name, cst.Attribute, cst.Subscript, cst.Call, cst.BinaryOperation)
"""The expressions whose shape is worth a note."""

TURNS = 4
"""How many executions of a statement are looked at: sizes that differ do so in the first turns of a loop."""

Key = tuple[Place, Place]


def shape_notes(outcomes: Iterable[Outcome]) -> list[ShapeNote]:
    """One note for each name and expression whose value is an array of one and the same shape whenever it runs.

    Where units or turns of a loop disagree, nothing is said: layers of a network have the same code and other sizes.
    """
    notes: dict[Key, ShapeNote | None] = {}
    for outcome in outcomes:
        if outcome.judgement is None:
            continue
        shown: dict[int, Term] = {}
        turns: Counter[int] = Counter()
        naming = Naming(outcome.judgement.run.it)
        for step in outcome.judgement.run.it.steps:
            turns[id(step.node)] += 1
            if turns[id(step.node)] > TURNS:
                continue
            for node, value in _values(step):
                known = shown.get(id(node))
                if known is value or (known is not None and known.shape == value.shape and _same(known, value)):
                    continue
                shown[id(node)] = value
                note = _note(step.block, node, value, naming)
                if note is not None:
                    key = note.location, note.end_location
                    notes[key] = note if notes.setdefault(key, note) == note else None
    return sorted((note for note in notes.values() if note is not None), key=lambda n: (n.location, n.end_location))


def _values(step: Step) -> Iterator[tuple[cst.CSTNode, Term]]:
    """The expressions of a statement with their arrays; an assigned name has its value's."""
    tree = step.block.tree()
    if tree is None:
        return
    stack: list[cst.CSTNode] = [step.node]
    while stack:
        node = stack.pop()
        if isinstance(node, cst.Assign):
            value = _array(step.values.get(id(node.value)))
            if value is not None:
                yield from ((target.target, value) for target in node.targets if isinstance(target.target, SHOWN))
            stack.append(node.value)
        elif isinstance(node, SHOWN):
            value = _array(step.values.get(id(node)))
            if value is not None:
                yield node, value
            stack.extend(parts(node))
        elif not isinstance(node, cst.BaseSuite | cst.FunctionDef | cst.ClassDef):
            stack.extend(parts(node))


def _array(value: object) -> Term | None:
    """The array that a value is, or that an input turned out to be when it was used."""
    if isinstance(value, Pending):
        value = value.value.current if isinstance(value.value, Array) else None
    return value if isinstance(value, Term) and value.ndim else None


def _same(a: Term, b: Term) -> bool:
    """Equal in symbols, not only in the numbers of this draw."""
    return [s.expr for s in a.shape] == [s.expr for s in b.shape]


def _note(block: Block, node: cst.CSTNode, value: Term, naming: Naming) -> ShapeNote | None:
    tree = block.tree()
    span = tree.spans.get(id(node)) if tree is not None else None
    shape = naming.shape(value.shape)
    if span is None or "?" in shape:
        return None
    start, end = span
    rows = block.text.split("\n")[start.row - 1 : end.row]
    text = rows[0][start.column - 1 :] if end.row > start.row else rows[0][start.column - 1 : end.column - 1]
    return ShapeNote(text, shape, block.place(start), block.place(end))

