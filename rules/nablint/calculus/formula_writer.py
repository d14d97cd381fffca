"""Terms as formula trees: names, constants, the templates of cards."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from string import Formatter

import numpy as np

from nablint.calculus import formula
from nablint.calculus.formula import Node
from nablint.calculus.terms import Term
from nablint.shapes import show_shape

LONGEST = 600
"""A formula of more parts than this is cut short."""
Name = str | Node
"""A name as text, or as a formula where it is more than a word (∂L/∂Z)."""

class Writer:
    """Writes terms of one graph as formulas; what was written once is remembered while the names stay."""

    def __init__(self, names: Mapping[Term, Name]) -> None:
        self.names = names
        self.done: dict[Term, Node] = {}
        self.sizes: dict[int, int] = {}
        self.counted: list[Node] = []

    def write(self, term: Term, expand: bool = False) -> Node:
        """The term as a formula; with `expand` it is written out even where it has a name."""
        if not (expand and term.card is not None):
            if term in self.names:
                return written_name(self.names[term])
            if term in self.done:
                return self.done[term]
        self._below(term)
        found = self._leaf(term) if term.card is None else self._node(term)
        size = self._size(found)
        if size > LONGEST:  # shared parts are written out again and again: without a bound that is exponential
            found = formula.name("…")
        self.done[term] = found
        return found

    def length(self, term: Term) -> int:
        """How many parts the formula of a term has."""
        return self._size(self.write(term, expand=True))

    def _below(self, term: Term) -> None:
        """Write what is below from the leaves up: graphs are deeper than the stack."""
        waiting = [a for a in term.args if a.args]
        while waiting:
            node = waiting[-1]
            if node in self.done or node in self.names:
                waiting.pop()
                continue
            unknown = [a for a in node.args if a.args and a not in self.done and a not in self.names]
            if unknown:
                waiting.extend(unknown)
            else:
                waiting.pop()
                self.write(node)

    def _size(self, node: Node) -> int:
        """The parts of a formula, counted as often as they are written."""
        known = self.sizes.get(id(node))
        if known is None:
            total = 1
            for part in node.parts:
                total += self._size(part)
            known = self.sizes[id(node)] = total
            self.counted.append(node)  # an id is only good while its object lives
        return known

    def _leaf(self, term: Term) -> Node:
        if term.label:
            return written_name(term.label)
        if "size" in term.params:
            return formula.size(term.params["size"].expr)
        sample = np.asarray(term.sample)
        if sample.ndim == 0:
            return formula.number(float(sample)) if sample.dtype.kind in "biuf" else formula.name(str(sample))
        if sample.ndim == 2 and sample.shape[0] == sample.shape[1] > 1 and np.array_equal(sample, np.eye(len(sample))):
            return formula.name("I")
        if sample.size and bool(np.all(sample == sample.flat[0])) and sample.dtype.kind in "biuf":
            value = float(sample.flat[0])
            return formula.name("𝟏" if value == 1 else "0") if value in (0, 1) else formula.number(value)
        if sample.ndim == 1 and np.array_equal(sample, np.arange(len(sample))):
            return formula.call("arange", formula.size(term.shape[0].expr))
        return formula.call("const", formula.name(show_shape(term.shape)))

    def _node(self, term: Term) -> Node:
        assert term.card is not None
        special = NODES.get(term.card.name)
        if special is not None:
            found = special(self, term)
            if found is not None:
                return found
        args = tuple(self.write(a) for a in term.args)
        return template(term, args)


Special = Callable[[Writer, Term], Node | None]
NODES: dict[str, Special] = {}
"""How the terms of some cards are written where the card's own text does not do."""


def writes(*names: str) -> Callable[[Special], Special]:
    """Register how the terms of these cards are written."""

    def put(function: Special) -> Special:
        for name in names:
            NODES[name] = function
        return function

    return put


def written_name(text: Name) -> Node:
    """A name, or an expression that stands for one (`self.z[1]`)."""
    return Node("name", (), text) if isinstance(text, str) else text


def template(term: Term, args: tuple[Node, ...]) -> Node:
    """A card's own way of being written, with its parameters filled in."""
    card = term.card
    assert card is not None
    shown = {k: parameter(v) for k, v in term.params.items() if v is not None}

    def fill(pattern: str) -> str | None:
        out = ""
        for literal, slot, _, _ in Formatter().parse(pattern):
            out += literal
            if slot is None:
                continue
            if slot == "*":
                out += ", ".join(formula.slot(k) for k in range(len(args)))
            elif slot.isdigit() and int(slot) < len(args):
                out += formula.slot(int(slot))
            elif slot in shown:
                out += shown[slot]
            else:
                return None
        return out

    text, in_latex = fill(card.text) if card.text else None, fill(card.latex or card.text)
    if text is None or in_latex is None or any(formula.slot(k) not in text for k in range(len(args))):
        return formula.call(card.name, *args)
    return Node("template", args, text, in_latex, _STRENGTH.get(card.binding, formula.ATOM))


_STRENGTH = {0: 0, 1: formula.SUM, 2: formula.PRODUCT, 3: formula.SUM, 4: formula.POWER}
"""What a card's binding is among formulas."""


def parameter(value: object) -> str:
    """A parameter of a card in a formula."""
    return show_shape(value) if isinstance(value, tuple) and all(isinstance(v, int) for v in value) else str(value)  # type: ignore[arg-type]
