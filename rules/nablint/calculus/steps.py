"""What a derivation is: steps with a rule, a before, an after and a reason, and how they are shown and checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from nablint.calculus.formula import Node, renamed, text
from nablint.calculus.render import PRINTERS, Writer, formula_of
from nablint.calculus.simplify import equal_samples
from nablint.calculus.terms import Term
from nablint.results import DerivationStep


@dataclass(frozen=True, slots=True)
class Step:
    """before = after, two terms of equal value, by `rule`."""

    rule: str
    before: Term
    after: Term
    why: str


@dataclass(slots=True)
class Derivation:
    """A gradient and the way to it.

    gradient: simplified, in the variable's shape (denominator layout).
    names:    what terms are called in the steps, the differentials among them.
    """

    output: Term
    variable: Term
    cotangent: Term
    gradient: Term
    steps: list[Step] = field(default_factory=lambda: [])
    names: dict[Term, str | Node] = field(default_factory=lambda: {})

    def shown(
        self, style: str = "text", named: Callable[[str], str] | None = None
    ) -> tuple[DerivationStep, ...]:
        """The steps as text, LaTeX or MathML; the last one reads the gradient off.  `named` writes names for people."""
        side = Writer(self.names).write

        def write(node: Node) -> str:
            return PRINTERS[style](node if named is None else renamed(node, named))

        if self.check():  # a line that does not hold is never shown
            self.steps.clear()
        lines = [DerivationStep(s.rule, write(side(s.before)), write(side(s.after)), s.why) for s in self.steps]
        if lines:
            last = self.steps[-1].after
            wanted = Node("relation", (self.symbol(), formula_of(self.gradient, self.plain_names())), "=")
            lines.append(DerivationStep(
                "read off the gradient", write(side(last)), write(wanted),
                "what stands beside the differential in the inner product is the gradient, shaped as the variable"))
        return tuple(lines)

    def plain_names(self) -> dict[Term, str | Node]:
        """The names of terms, without those that the derivation made up for cotangents."""
        return {t: n for t, n in self.names.items() if isinstance(n, str) or n.kind != "partial"}

    def symbol(self) -> Node:
        """∂L/∂W."""
        return partial(self.loss(), name_of(self.variable, self.names, "x"))

    def loss(self) -> Node:
        """The name of the scalar whose gradient this is; with an arriving cotangent that scalar is ⟨G, f⟩."""
        found = name_of(self.output, self.names, "L")
        if self.cotangent.is_constant:
            return found
        return Node("name", (), "ℓ" if text(found) == "L" else "L")

    def check(self) -> list[Step]:
        """The steps whose two sides differ on the samples: none, or there is a mistake."""
        return [s for s in self.steps if not equal_samples(as_number(s.before), as_number(s.after))]


def as_number(term: Term) -> Term:
    """The sum of the entries: two sides of a step are compared as numbers."""
    return term if term.ndim == 0 else term.graph.apply(term.graph.cards["sum"], (term,), {"axis": None})


def name_of(term: Term, names: Mapping[Term, str | Node], otherwise: str) -> Node:
    """What a term is called."""
    found = names.get(term)
    if isinstance(found, Node):
        return found
    return Node("name", (), found or term.label or otherwise)


def partial(above: Node, below: Node) -> Node:
    """∂L/∂Z as a name."""
    return Node("partial", (above, below))
