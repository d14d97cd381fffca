"""Derivations by the differential method, step by step.

The differential of a matrix is just another matrix.  From dL = ⟨G, dZ⟩ the differential of Z is put in, what stands
beside the inner differential is moved to the other side of the inner product, and what is left in front of dW is the
gradient (Magnus and Neudecker, "Matrix Differential Calculus", chapter 5; Petersen and Pedersen, "The Matrix
Cookbook", section 2.5).  Products of matrices go through the trace: ⟨G, M⟩ = tr(Gᵀ M), and tr(A B) = tr(B A).

Both sides of every step are terms; the differentials are leaves with a random direction as their sample, so that a step
is checked by comparing two numbers.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping

import numpy as np

from nablint.calculus.chains import Piece, expand, is_chained
from nablint.calculus.formula import Node, text
from nablint.calculus.gradient import gradients
from nablint.calculus.render import Writer, formula_of
from nablint.calculus.simplify import equal_samples, simplify
from nablint.calculus.steps import Derivation, Step, as_number, name_of, partial
from nablint.calculus.terms import Graph, Term
from nablint.ops.card import Card
from nablint.shapes import Misfit

INNER = Card("inner_product", lambda a, b: np.sum(a * b), lambda a, b: (), lambda G, out, a, b: (G * b, G * a))
"""⟨A, B⟩, the sum of the products of the entries; only for showing."""


def derive(output: Term, cotangent: Term | None, wrt: Term, names: Mapping[Term, str]) -> Derivation:
    """The derivation of the gradient of ⟨cotangent, output⟩ for `wrt`.

    Without a cotangent the output is a loss of one entry, and the gradient is its own.  `names` are the terms that are
    shown by name and not opened.
    """
    graph = output.graph
    one = graph.constant(np.ones(np.shape(output.sample)), output.shape) if output.ndim else graph.constant(1.0)
    start = one if cotangent is None else cotangent
    keep = frozenset(t for t in names if t is not wrt)
    raw = gradients({output: start}, [wrt]).get(wrt)
    if raw is None:
        zero = graph.constant(np.zeros(np.shape(wrt.sample)), wrt.shape) if wrt.ndim else graph.constant(0.0)
        return Derivation(output, wrt, start, zero, [], {**names})
    gradient = simplify(raw, keep)
    found = Derivation(output, wrt, start, gradient, [], {**names})
    origin, tainting = graph.origin, graph.tainting
    graph.origin, graph.tainting = None, False
    try:
        _Method(found, keep, cotangent is None).run()
    except (Misfit, ValueError, TypeError, KeyError, IndexError, OverflowError, RecursionError, np.linalg.LinAlgError):
        found.steps.clear()  # the gradient stands; the way to it cannot be shown for these operations
    finally:
        graph.origin, graph.tainting = origin, tainting
    return found


class _Method:
    """The state: dL = Σ ⟨Gᵢ, dTᵢ⟩ over the terms Tᵢ that are reached; the latest made is opened next."""

    def __init__(self, found: Derivation, keep: frozenset[Term], scalar: bool) -> None:
        self.found, self.keep, self.scalar = found, keep, scalar
        self.graph: Graph = found.output.graph
        self.depends = _dependents(found.output, found.variable)
        self.uses = dict.fromkeys(self.depends, 0)
        for t in self.depends:
            for a in set(t.args):
                if a in self.uses and t is not found.variable:
                    self.uses[a] += 1
        self.d: dict[Term, Term] = {}
        self._differentials()
        self.writer = Writer(found.names)

    def _differentials(self) -> None:
        """The value of every differential for one random direction of the variable, as leaves with a name."""
        found, rng = self.found, np.random.default_rng(self.found.variable.number + 7)
        for term in sorted(self.depends, key=lambda t: t.number):
            if term is found.variable:
                value = rng.uniform(0.5, 1.5, np.shape(term.sample)) * rng.choice([-1.0, 1.0], np.shape(term.sample))
                if term in self.graph.memo.get("symmetric", ()):
                    value = value + value.T
            else:
                value = np.asarray(self.differential(term).sample)
            shown = formula_of(term, found.names, expand=False)
            if term is found.output and shown.kind != "name":
                shown = Node("name", (), "L" if self.scalar else "f")
            name = Node("differential", (shown,))
            leaf = self.graph.leaf("d" + text(name.parts[0]), np.broadcast_to(value, np.shape(term.sample)), term.shape)
            self.d[term] = leaf
            found.names[leaf] = name

    def differential(self, term: Term) -> Term:
        """d term, in the differentials of its arguments."""
        card = term.card
        assert card is not None
        dargs = [self.d.get(a) for a in term.args]
        if card.differential is not None:
            return card.differential(term, term.args, tuple(dargs), **term.params)
        total: Term | None = None
        for k, d in enumerate(dargs):
            if d is not None:
                part = self.graph.apply(card, [*term.args[:k], d, *term.args[k + 1:]], term.params)
                total = part if total is None else total + part
        assert total is not None
        return total

    def inner(self, g: Term, v: Term) -> Term:
        """⟨g, v⟩; for numbers the product, and v itself where g is 1."""
        if np.size(g.sample) == 1 and g.is_constant and float(np.asarray(g.sample).flat[0]) == 1:
            return v
        if v.ndim == 0:
            return g * v
        return self.graph.apply(INNER, (g, v), {})

    def short(self, term: Term) -> Term:
        """Simplified, with the differentials and the names left alone."""
        return simplify(term, self.keep)

    def step(self, rule: str, before: Term, after: Term, why: str) -> None:
        """One more step, unless it changes nothing that is seen."""
        if before is after or self.writer.write(before) == self.writer.write(after):
            return
        self.found.steps.append(Step(rule, before, after, why))

    def run(self) -> None:
        """From the output down to the variable."""
        found = self.found
        totals: dict[Term, list[Term]] = {found.output: [found.cotangent]}
        queue = [-found.output.number]
        by_number = {found.output.number: found.output}
        while queue:
            term = by_number[-heapq.heappop(queue)]
            g = self.collect(term, totals.pop(term))
            if term is found.variable:
                self.shorter(g)
                if len(found.steps) > 1:
                    self.step("altogether", self.whole(), self.inner(g, self.d[term]), "the chain of equalities above")
                continue
            for arg, part in self.open(term, g):
                if arg not in totals:
                    totals[arg] = []
                    by_number[arg.number] = arg
                    heapq.heappush(queue, -arg.number)
                totals[arg].append(part)

    def shorter(self, g: Term) -> None:
        """What the derivation ends with is the gradient where it is shorter than what the adjoints gave."""
        known, writer = self.found.gradient, Writer(self.found.plain_names())
        if g is not known and equal_samples(g, known) and writer.length(g) < writer.length(known):
            self.found.gradient = g

    def whole(self) -> Term:
        """dL of an output with a cotangent."""
        return self.inner(self.found.cotangent, self.d[self.found.output])

    def collect(self, term: Term, parts: list[Term]) -> Term:
        """The cotangent of a term: its parts added up; it gets a name where the term has one."""
        parts = parts[::-1]
        total = parts[0]
        for part in parts[1:]:
            total = total + part
        total = self.short(total)
        named = self.found.names.get(term)
        if len(parts) > 1:
            pieces = [self.inner(p, self.d[term]) for p in parts]
            together = pieces[0]
            for piece in pieces[1:]:
                together = together + piece
            self.step(
                "collect", together, self.inner(total, self.d[term]), "the inner product is linear in its first place"
            )
        if (
            named is not None
            and total.card is not None
            and term is not self.found.variable
            and total not in self.found.names
        ):
            self.found.names[total] = partial(self.found.loss(), name_of(term, self.found.names, "x"))
            self.keep |= {total}
            self.writer = Writer(self.found.names)
        return total

    def open(self, term: Term, g: Term) -> list[tuple[Term, Term]]:
        """Put the differential of a term into ⟨g, d term⟩ and move everything else to the left."""
        before = self.inner(g, self.d[term])
        if is_chained(term):
            pieces = expand(term, self.depends, self._stops)
            if pieces is not None:
                return self._chains(term, g, before, pieces)
        return self._single(term, g, before)

    def _stops(self, term: Term) -> bool:
        return term in self.found.names or self.uses.get(term, 0) > 1 or term is self.found.variable

    def _chains(self, term: Term, g: Term, before: Term, pieces: list[Piece]) -> list[tuple[Term, Term]]:
        """Matrix products: trace, cyclic, transpose, read off."""
        total: Term | None = None
        for piece in pieces:
            part = piece.term(self.d[piece.inner])
            total = part if total is None else total + part
        assert total is not None
        self.step(_rule_of(term, pieces), before, self.inner(g, self.short(total)), _why_of(term, pieces))
        out: list[tuple[Term, Term]] = []
        for piece in pieces:
            if not (piece.left or piece.right or piece.flip or piece.trace):
                out.append((piece.inner, self.short(piece.adjoint(g))))
                if piece.scale:
                    self.step("constant factor", self.inner(g, self.short(piece.term(self.d[piece.inner]))),
                              self.inner(out[-1][1], self.d[piece.inner]), "⟨A, c B⟩ = ⟨c A, B⟩")
                continue
            d = self.d[piece.inner]
            result = self.short(piece.adjoint(g))
            current = self.inner(g, self.short(piece.term(d)))
            traced = piece.trace
            for rule, after, why in piece.traces(g, d, self.short):
                if equal_samples(as_number(after), as_number(current)):
                    self.step(rule, current, after, why)
                    current, traced = after, True
            self.step("inner product" if traced else "across the inner product", current, self.inner(result, d),
                      "tr(Aᵀ B) = ⟨A, B⟩" if traced else "⟨A, B C⟩ = ⟨Bᵀ A, C⟩")
            out.append((piece.inner, result))
        return out

    def _single(self, term: Term, g: Term, before: Term) -> list[tuple[Term, Term]]:
        """Any other operation: its differential, then its adjoint."""
        card = term.card
        assert card is not None
        opened = self.inner(g, self.short(self.differential(term)))
        self.step(f"differential of {_SPOKEN.get(card.name, card.name)}", before, opened, card.why)
        adjoints = card.adjoint(g, term, *term.args, **term.params)
        out: list[tuple[Term, Term]] = []
        shown: Term | None = None
        spread = False
        for arg, part in zip(term.args, adjoints, strict=False):
            if arg not in self.depends or part is None:
                continue
            part = self.short(part)
            spread |= np.shape(arg.sample) != np.shape(term.sample)
            out.append((arg, part))
            piece = self.inner(part, self.d[arg])
            shown = piece if shown is None else shown + piece
        if shown is not None:
            if len(out) == 1 and out[0][0].ndim == 0:
                self.step("constant factor", opened, shown, "a number may stand anywhere in a product")
            else:
                self.step(*_across(card, spread, opened, shown))
        return out


_SPOKEN = {
    "add": "a sum", "subtract": "a difference", "negative": "a sum", "sum": "a sum", "multiply": "a product",
    "outer": "an outer product", "divide": "a quotient", "power": "a power", "square": "a square", "norm": "a norm",
    "getitem": "an entry", "einsum": "a contraction",
}
"""What an operation is called where its card's name is not a word."""


def _across(card: Card, spread: bool, before: Term, after: Term) -> tuple[str, Term, Term, str]:
    if card.elementwise and spread:
        return ("broadcasting becomes a sum", before, after,
                "an entry that is used along an axis collects the cotangents along it")
    if card.elementwise:
        return "elementwise factor across the inner product", before, after, "⟨A, B ∘ C⟩ = ⟨A ∘ B, C⟩"
    if card.name in ("sum", "mean", "sum_to"):
        return "a sum becomes broadcasting", before, after, "⟨g, Σ A⟩ = ⟨g spread over the summed axes, A⟩"
    return f"adjoint of {card.name}", before, after, card.why


def _rule_of(term: Term, pieces: list[Piece]) -> str:
    assert term.card is not None
    if any(p.through_inverse for p in pieces):
        return "differential of an inverse"
    if term.card.name in ("det", "logabsdet"):
        return "differential of a determinant"
    if any(p.left or p.right for p in pieces):
        return "differential of a product"
    return "differential of a trace" if term.card.name == "trace" else "differential of a sum"


def _why_of(term: Term, pieces: list[Piece]) -> str:
    assert term.card is not None
    if any(p.through_inverse for p in pieces):
        return "d(A⁻¹) = -A⁻¹ dA A⁻¹"
    if term.card.name in ("det", "logabsdet"):
        return term.card.why
    if any(p.left or p.right for p in pieces):
        return "d(A B) = dA B + A dB, and what does not depend on the variable is constant"
    return "d tr(A) = tr(dA)" if term.card.name == "trace" else "d(A + B) = dA + dB and d(c A) = c dA"


def _dependents(output: Term, wrt: Term) -> set[Term]:
    """The terms on a path from the output to the variable."""
    depends: dict[Term, bool] = {}
    stack = [(output, False)]
    while stack:
        term, ready = stack.pop()
        if ready:
            depends[term] = term is wrt or any(depends.get(a, False) for a in term.args)
        elif term not in depends:
            depends[term] = term is wrt
            stack.append((term, True))
            if term is not wrt:
                stack.extend((a, False) for a in term.args if a not in depends)
    return {t for t, d in depends.items() if d}
