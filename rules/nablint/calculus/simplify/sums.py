"""Sums: equal parts collected, common factors outside, the first part positive where one is."""

from __future__ import annotations

import numpy as np

from nablint.calculus.simplify.broadcasting import spread_like, unpadded
from nablint.calculus.simplify.engine import Keep, Simplifier, made_by, number_of, rewrite
from nablint.calculus.simplify.expanding import shortened
from nablint.calculus.simplify.matrices import chain, join
from nablint.calculus.simplify.products import Product, scalars_of, scaled, tidy
from nablint.calculus.simplify.reductions import rejoined
from nablint.calculus.terms import Term


@rewrite("add", "subtract")
def _sum_of(self: Simplifier, node: Term, args: tuple[Term, ...]) -> Term | None:
    parts: dict[Term, float] = {}
    number = 0.0

    def take(term: Term, sign: float) -> None:
        nonlocal number
        value = number_of(term)
        if value is not None:
            number += sign * value
        elif term not in self.keep and made_by(term, "broadcast_to"):
            take(term.args[0], sign)
        elif term not in self.keep and made_by(term, "add", "subtract"):
            take(term.args[0], sign)
            take(term.args[1], sign if made_by(term, "add") else -sign)
        elif term not in self.keep and (peeled := scalars_of(term, self.keep)) is not None:
            core = scaled(1.0, peeled[1], peeled[2])
            parts[core] = parts.get(core, 0) + sign * peeled[0]
        elif term not in self.keep and made_by(term, "negative"):
            parts[term.args[0]] = parts.get(term.args[0], 0) - sign
        elif term not in self.keep and not term.ndim and made_by(term, "multiply", "divide"):
            coefficient, scalars, _ = _opened(term, node, self.keep)
            core = _number(list(scalars.items()), node) if scalars else term
            parts[core] = parts.get(core, 0) + sign * coefficient
        else:
            parts[term] = parts.get(term, 0) + sign

    take(args[0], 1.0)
    take(args[1], -1.0 if made_by(node, "subtract") else 1.0)
    listed = unpadded([(t, c) for t, c in parts.items() if abs(c) > 1e-15], node)
    if number:
        listed.append((node.graph.constant(tidy(number)), 1.0) if number > 0 or not listed
                      else (node.graph.constant(tidy(-number)), -1.0))
        if number > 0 and listed[0][1] < 0:
            listed.insert(0, listed.pop())
    if not listed:
        return spread_like(node.graph.constant(0), node)
    shorter = shortened(listed, node, self.keep) if len(listed) > 1 else None
    if shorter is not None:
        return self.of(spread_like(_add_up(shorter, node) if shorter else node.graph.constant(0), node))
    shared = _shared_scalars(listed, node, self.keep)
    if shared is not None:
        scalars, bare = shared
        return spread_like(scaled(1.0, scalars, self.of(spread_like(_add_up(bare, node), node))), node)
    listed = _factored(rejoined(listed, node, self.keep), self.keep)
    common = abs(listed[0][1])
    if len(listed) > 1 and common != 1 and all(abs(abs(c) - common) < 1e-12 * common for _, c in listed):
        whole = _add_up([(t, c / common) for t, c in listed], node)
        return spread_like(scaled(common, (), whole), node)
    return spread_like(_add_up(listed, node), node)


def _shared_scalars(listed: list[tuple[Term, float]], node: Term, keep: Keep
                    ) -> tuple[list[tuple[Term, float]], list[tuple[Term, float]]] | None:
    """The scalar factors that all parts of a sum have, and the parts without them."""
    if len(listed) < 2 or not node.ndim:
        return None
    opened = [_opened(t, node, keep) for t, _ in listed]
    shared = dict(opened[0][1])
    for _, scalars, _ in opened[1:]:
        shared = {t: min(p, scalars[t], key=abs) for t, p in shared.items() if t in scalars and p * scalars[t] > 0}
    if not shared:
        return None
    bare: list[tuple[Term, float]] = []
    for (number, scalars, core), (_, c) in zip(opened, listed, strict=True):
        left = [(t, p - shared.get(t, 0)) for t, p in scalars.items() if p != shared.get(t, 0)]
        bare.append((scaled(1.0, left, core) if core is not None else _number(left, node), c * number))
    return list(shared.items()), bare


def _opened(term: Term, node: Term, keep: Keep) -> tuple[float, dict[Term, float], Term | None]:
    """number, scalar factors, rest; a part of a larger sum that is only a number has no rest."""
    found = scalars_of(term, keep)
    if found is not None:
        return found[0], dict(found[1]), found[2]
    if not term.ndim and term not in keep and made_by(term, "multiply", "divide"):
        product = Product(term)
        product.take(term, 1, keep)
        return product.number, dict(product.powers), None
    return 1.0, {}, term


def _number(scalars: list[tuple[Term, float]], node: Term) -> Term:
    product = Product(node.graph.constant(1))
    product.powers = dict(scalars)
    return product.build()


def _add_up(listed: list[tuple[Term, float]], node: Term) -> Term:
    first = next((k for k, (_, c) in enumerate(listed) if c > 0), None)
    if first:
        listed = [listed[first], *listed[:first], *listed[first + 1:]]
    total: Term | None = None
    for term, c in listed:
        part = term if abs(c) == 1 else scaled(abs(c), (), term)
        if total is None:
            total = part if c > 0 else scaled(-1.0, (), part) if part is term else -part
        else:
            total = total + part if c > 0 else total - part
    assert total is not None
    return total


def _factored(listed: list[tuple[Term, float]], keep: Keep) -> list[tuple[Term, float]]:
    """A x + B x is (A + B) x, for chains that agree in all but one factor."""
    opened = [scalars_of(t, keep) or (1.0, [], t) for t, _ in listed]
    chains = [chain(core, keep) for _, _, core in opened]
    for i, (_, c) in enumerate(listed):
        for j in range(i + 1, len(listed)):
            d, a, b = listed[j][1], chains[i], chains[j]
            if len(a) < 2 or len(b) < 2 or abs(abs(c) - abs(d)) > 1e-12 * abs(c):
                continue
            if opened[i][0] != opened[j][0] or dict(opened[i][1]) != dict(opened[j][1]):
                continue
            left = 0
            while left < min(len(a), len(b)) - 1 and a[left] is b[left]:
                left += 1
            right = 0
            while right < min(len(a), len(b)) - 1 - left and a[-1 - right] is b[-1 - right]:
                right += 1
            single = len(a) == len(b) == left + right + 1
            if left + right < (1 if single else 2):  # one factor in front does not pay for brackets around products
                continue
            first, second = join(a[left:len(a) - right]), join(b[left:len(b) - right])
            if np.shape(first.sample) != np.shape(second.sample) or first is second:
                continue
            if made_by(first, "transpose") and not made_by(second, "transpose") and c * d > 0:
                first, second = second, first
            middle = first + second if c * d > 0 else first - second
            whole = scaled(*opened[i][:2], join([*a[:left], middle, *a[len(a) - right:]]))
            return _factored([*listed[:i], (whole, c), *listed[i + 1:j], *listed[j + 1:]], keep)
    return listed
