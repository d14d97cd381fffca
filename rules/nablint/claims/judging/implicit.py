"""Seeds of a loss that is in nobody's code.

Its cotangent is the first value that backward code makes out of forward values alone (`delta = a - y`), and the forward
value that it belongs to is the one for which most results come out right.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import libcst as cst

from nablint.calculus.terms import Term, ancestors
from nablint.claims.edits.trees import walk
from nablint.claims.judging.row_seeds import row_cotangents
from nablint.claims.model import Seed
from nablint.claims.names import is_gradient_name
from nablint.claims.replaying.sites import expression
from nablint.ops import CARDS
from nablint.tracing import hints
from nablint.tracing.interpreter import Interpreter
from nablint.tracing.step import Step
from nablint.tracing.unmet import only_of_targets

MAX_IMPLICIT = 14


def implicit_seeds(it: Interpreter, start: int) -> list[Seed]:
    """Pairs of a first cotangent and a forward value of its shape, for a loss that is not written down.

    After the likely ones come factors of derivatives (`1 - a`), last those whose cotangent is no loss's (see
    `Seed.turned`); those of a loop's turns come together before those of each turn.
    """
    forward = _forward_values(it)
    seeds: list[Seed] = []
    factors: list[Seed] = []
    turned: list[Seed] = []
    seen: set[Term] = set()
    for step, cotangent in _first_cotangents(it, start):
        if cotangent in seen:
            continue
        seen.add(cotangent)
        if _accumulates(cotangent, seen):
            continue
        summed, made_from = _is_sum_with_target(cotangent), ancestors(cotangent)
        kind = turned if summed else factors if _is_factor(cotangent) else seeds
        for value in dict.fromkeys([*forward, *_computed_operands(cotangent)]):
            if value.sample.shape == cotangent.sample.shape and value in made_from:
                rows = row_cotangents(value, cotangent, under_activation)
                kind += [Seed(cotangents, "implicit", step, turned=summed)
                         for cotangents in ({value: cotangent}, rows) if cotangents]
        if len(seeds) >= 2 * MAX_IMPLICIT:
            break
    seeds = [*_of_all_turns(seeds), *seeds, *_of_all_turns(factors), *factors][:MAX_IMPLICIT]
    return [*seeds, *[*_of_all_turns(turned), *turned][:MAX_IMPLICIT]]


def _first_cotangents(it: Interpreter, start: int) -> Iterator[tuple[Step, Term]]:
    """What backward code makes of forward values alone; where there is none, what goes by no gradient's name."""
    made, named = _made(it, start), False
    for step, value in made:
        for cotangent in _roots(value) or _differences(step, value):
            named = True
            yield step, cotangent
    if not named and not it.misfits:
        for step, value in made:
            yield from ((step, cotangent) for cotangent in _residuals(step, value))


def _made(it: Interpreter, start: int) -> list[tuple[Step, Term]]:
    """What the statements of backward code made, and the operands of those that made nothing as they did not fit."""
    found = [(e.step, e.value) for e in it.events if e.step.number >= start and e.value is not None and e.value.tainted]
    for step, _, _ in it.misfits:
        if step.number >= start:
            parts = (v for v in step.values.values() if isinstance(v, Term) and v.tainted)
            found += [(step, v) for v in parts if v.card is not None and v.origin is step]
    return sorted(found, key=lambda made: made[0].number)


def _accumulates(term: Term, seen: set[Term]) -> bool:
    """`db += dy`: a sum over turns, whose last part is a cotangent that was met before."""
    if term.card is None or term.card.name not in ("add", "renamed"):
        return False
    last = term.args[-1]
    return last in seen or _accumulates(last, seen)


def _is_factor(cotangent: Term) -> bool:
    """`1 - a`, which is a loss's derivative for samples of one kind only, and else a part of an activation's."""
    if cotangent.card is None or cotangent.card.name != "subtract":
        return False
    number = cotangent.args[0]
    return number.card is None and not number.label and not number.ndim


def _of_all_turns(seeds: list[Seed]) -> list[Seed]:
    """The seeds of a loop together: each turn, or time step, has an output and a cotangent of its own."""
    turns: dict[tuple[int, int], list[Seed]] = {}
    for seed in seeds:
        value, cotangent = next(iter(seed.cotangents.items()))
        if len(seed.cotangents) == 1 and isinstance(value.origin, Step) and isinstance(cotangent.origin, Step):
            turns.setdefault((id(value.origin.node), id(cotangent.origin.node)), []).append(seed)
    found: list[Seed] = []
    for alike in turns.values():
        cotangents = {v: c for seed in alike for v, c in seed.cotangents.items()}
        if 1 < len(alike) == len(cotangents):
            found.append(replace(alike[0], cotangents=cotangents))
    return found


def as_meant(seed: Seed, factor: float) -> Seed:
    """A turned seed with the difference that was meant as its cotangent, in the order in which the sum is written.

    factor: what all results have in common beside the sum, by convention.
    """
    return replace(seed, cotangents={v: _difference(c) * factor for v, c in seed.cotangents.items()})


def _difference(total: Term) -> Term:
    if (added := _added_entries(total)) is not None:
        base, entries, one, places = added
        return CARDS["setitem"](base, entries - one, *places, **total.params)
    first, second = total.args
    step = total.origin
    for node in walk(expression(step)) if isinstance(step, Step) and expression(step) is not None else ():
        if isinstance(node, cst.BinaryOperation) and step.values.get(id(node)) is total:
            if step.values.get(id(node.left)) is second:
                first, second = second, first
    return first - second


def _is_sum_with_target(cotangent: Term) -> bool:
    """`pred + y`: no loss that is least where predictions meet their targets has their sum as its gradient."""
    if cotangent.card is None or cotangent.card.name != "add":
        return _added_entries(cotangent) is not None
    for pred, target in (cotangent.args, cotangent.args[::-1]):
        named = target.card is None and target.label and hints.is_target(hints.base(target.label))
        if named and pred.card is not None and tuple(pred.shape) == tuple(cotangent.shape) and not pred.tainted:
            return True
    return False


def _added_entries(term: Term) -> tuple[Term, Term, Term, tuple[Term, ...]] | None:
    """`probs[y] += 1`, the sum with one-hot targets: the array, its entries there, the number 1 and where they are."""
    if term.card is None or term.card.name != "setitem":
        return None
    base, written, *places = term.args
    if base.card is None or written.card is None or written.card.name != "add" or written.params:
        return None
    entries, one = written.args
    same = entries.card is not None and entries.card.name == "getitem" and entries.args[0] is base
    number = one.card is None and not one.label and one.sample.size == 1 and float(one.sample.reshape(())) == 1.0
    return (base, entries, one, tuple(places)) if same and number else None


def _forward_values(it: Interpreter) -> list[Term]:
    """Forward values with a name that are computed, and what their activations are of, the last first."""
    terms = {t for found in it.history.values() for t in found if t.card is not None and t.ndim}
    terms |= {inner for t in terms if (inner := under_activation(t)) is not None}
    return sorted(terms, key=lambda t: -t.number)


def under_activation(term: Term) -> Term | None:
    """`z` of `1 / (1 + exp(-z))`, which need not have a name: what functions of one array, entry by entry, are of."""
    node = term
    while node.card is not None:
        inner = [a for a in node.args if a.ndim or a.label]
        if len(inner) != 1 or inner[0].sample.shape != node.sample.shape or node.card.name == "transpose":
            break
        node = inner[0]
    return node if node is not term and node.card is not None else None


def _roots(term: Term) -> list[Term]:
    """The value and its tainted parts, as long as they are made of forward values alone."""
    out: list[Term] = []
    stack = [term]
    while stack:
        node = stack.pop()
        if node.tainted and node not in out and node.ndim and node.card is not None and _from_forward(node):
            out.append(node)
            stack.extend(node.args)
    return out[:6]


def _differences(step: Step, made: Term) -> list[Term]:
    """The differences of forward values in a statement's own expression: `y_pred - y` of `X.T @ (y_pred - y) / n`; also
    sums with targets, where a difference was meant.
    """
    found: list[Term] = []
    stack, seen = [made], {made}
    while stack:
        node = stack.pop()
        if node.card is None or not node.tainted or node.origin is not step:
            continue
        told = node.card.name == "subtract" or _is_sum_with_target(node)
        if told and node.ndim and not any(a.tainted for a in node.args):
            found.append(node)
        fresh = [a for a in node.args if a not in seen]
        seen.update(fresh)
        stack.extend(fresh)
    return found[:MAX_IMPLICIT]


def _residuals(step: Step, made: Term) -> list[Term]:
    """The differences of predictions and targets that a statement uses and that go by no gradient's name: `r @ X` of
    `r = X @ w - y`, laid out or scaled in another way or not.
    """
    found: list[Term] = []
    stack, seen = [made], {made}
    while stack:
        node = stack.pop()
        if node.tainted and node.origin is step:
            stack += [a for a in node.args if a not in seen]
            seen.update(node.args)
            continue
        while node.card is not None and node.card.name in _LAID_OUT:
            node = node.args[0]
        if node.card is not None and node.card.name == "subtract" and node.ndim and not node.tainted and any(
                a.card is not None for a in node.args):  # a prediction is computed
            first, second = map(only_of_targets, node.args)
            found += [node] if first != second else []
    return found


_LAID_OUT = frozenset({"transpose", "reshape", "negative", "divide", "expand_dims", "renamed"})


def _computed_operands(cotangent: Term) -> list[Term]:
    """The output of `y - (X @ w + b)`, which has no name."""
    if cotangent.card is None or cotangent.card.name != "subtract":
        return []
    return [a for a in cotangent.args if a.card is not None and not a.tainted and not only_of_targets(a)]


_LOST = ("unknown: ", "misfit: ")


def _from_forward(term: Term, depth: int = 6) -> bool:
    """Are the leaves of the tainted part all forward values?"""
    if not term.tainted:
        return True
    if term.card is None or depth == 0:  # what each sample counts (`dlogits *= returns[:, None]`) has a name
        return term.card is None and not is_gradient_name(hints.base(term.label)) and not term.label.startswith(_LOST)
    if term.card.name in ("matmul", "dot", "einsum", "outer"):
        return False
    return all(_from_forward(a, depth - 1) for a in term.args)
