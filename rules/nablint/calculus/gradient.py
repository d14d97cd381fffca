"""Gradients by reverse accumulation of adjoints (no Jacobian is ever formed).

With cotangents given at some terms, walk the graph from the last node to the first; every card turns the cotangent of
its result into those of its arguments, and contributions add up (Giles 2008, section 2.1).
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping

from nablint.calculus.terms import Term


def gradients(
    cotangents: Mapping[Term, Term], wrt: Iterable[Term], *, stop: frozenset[Term] = frozenset()
) -> dict[Term, Term]:
    """The cotangent of every term in `wrt`, in that term's own shape; terms that nothing depends on are left out.

    `cotangents` gives the cotangent at some terms (1 at a scalar loss).  `stop` holds terms that are treated as
    constants (`detach`).
    """
    targets = set(wrt)
    needed = _between(cotangents, targets, stop)
    totals: dict[Term, Term] = dict(cotangents)
    queue = [-t.number for t in totals]
    by_number = {t.number: t for t in totals}
    heapq.heapify(queue)
    done: set[Term] = set()
    found: dict[Term, Term] = {}
    while queue:
        term = by_number[-heapq.heappop(queue)]
        if term in done:
            continue
        done.add(term)
        total = totals[term]
        if term in targets:
            found[term] = total
        if term.card is None or term in stop:
            continue
        for arg, part in zip(term.args, term.card.adjoint(total, term, *term.args, **term.params), strict=False):
            if part is None or arg not in needed:
                continue
            totals[arg] = part + totals[arg] if arg in totals else part  # in the order of the program
            if arg.number not in by_number:
                by_number[arg.number] = arg
                heapq.heappush(queue, -arg.number)
    return found


def _between(starts: Iterable[Term], targets: set[Term], stop: frozenset[Term]) -> set[Term]:
    """The terms on a path from a start down to a target."""
    depends: dict[Term, bool] = {}
    stack = [(t, False) for t in starts]
    while stack:
        term, ready = stack.pop()
        if ready:
            depends[term] = term in targets or any(depends.get(a, False) for a in term.args)
        elif term not in depends:
            depends[term] = term in targets
            stack.append((term, True))
            if term not in stop:
                stack.extend((a, False) for a in term.args if a not in depends)
    return {t for t, d in depends.items() if d}
