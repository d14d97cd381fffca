"""Arithmetic on normal forms: sums, contractions, and sums that become atoms."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from typing import Any

from nablint.calculus.effort import CONTRACTION, EFFORT, PRODUCT
from nablint.calculus.forms import (
    BOUND,
    EYE,
    LENGTH,
    LIMIT,
    Atom,
    Factor,
    Form,
    Powers,
    Terms,
    accumulate,
    canonical,
    rename,
    rounded,
    sort_key,
    uses,
)
from nablint.shapes import Shape, Size, dim


class Algebra:
    """Arithmetic on forms, and the table that makes equal atoms one number.

    limit: the number of monomials up to which products are multiplied out.
    """

    def __init__(self) -> None:
        self.limit = LIMIT
        self.ends: float | None = None
        """Where the effort for a proof ends; `contract` then raises `ArithmeticError`."""
        self.atoms: list[Atom] = [Atom(("eye",), ())]
        self._by_key: dict[tuple[Any, ...], int] = {}
        self.symmetric: set[int] = {EYE}
        self._forms: dict[Any, int] = {}
        self.behind: dict[int, Form] = {}
        """The form that an atom of kind "form" stands for, over the atom's own axes."""

    def atom(self, key: tuple[Any, ...], sizes: Iterable[Size] = (), *, positive: bool = False, boolean: bool = False,
             sign: bool = False, symmetric: bool = False) -> int:
        """The number of the atom with this key."""
        found = self._by_key.get(key)
        if found is None:
            found = self._by_key[key] = len(self.atoms)
            self.atoms.append(Atom(key, tuple(sizes), positive, boolean, sign, symmetric))
            if symmetric:
                self.symmetric.add(found)
        return found

    def opaque(self, key: tuple[Any, ...], sizes: Shape, **flags: bool) -> Form:
        """A new atom over all axes of `sizes` that are not 1."""
        axes = tuple(i for i, s in enumerate(sizes) if s != 1)
        number = self.atom(key, [sizes[i] for i in axes], **flags)
        return Form(sizes, {((number, axes, 1),): 1.0})

    def scalar(self, value: float, sizes: Shape = ()) -> Form:
        """A number, broadcast to `sizes`."""
        return Form(sizes, {(): float(value)} if value else {})

    def size(self, value: int) -> Form:
        """A size as a scalar form in its dimension symbols."""
        terms: Terms = {}
        for names, coefficient in dim(value).expr.terms:
            factors = sorted((self.atom(("dim", name), positive=True), (), float(power)) for name, power in names)
            terms[tuple(factors)] = float(coefficient)
        return Form((), terms)

    def identify(self, form: Form) -> int:
        """The same number for equal forms."""
        if form.number < 0:
            key = (tuple(map(int, form.sizes)), tuple(sorted((m, rounded(c)) for m, c in form.terms.items())))
            form.number = self._forms.setdefault(key, len(self._forms))
        return form.number

    # Sums and contractions ------------------------------------------------------------------------------------------

    def add(self, a: Form, b: Form, scale: float, sizes: Shape) -> Form:
        """a + scale·b, broadcast to `sizes`."""
        a, b = self.broadcast(a, sizes), self.broadcast(b, sizes)
        total = dict(a.terms)
        for monomial, coefficient in b.terms.items():
            accumulate(total, monomial, coefficient * scale)
        if len(total) > self.limit:
            big, small, factor = (a, b, scale) if len(a.terms) >= len(b.terms) else (b, a, 1.0)
            lead = 1.0 if big is a else scale
            if len(big.terms) > 1:
                total = {m: c * factor for m, c in small.terms.items()}
                for monomial, coefficient in self.wrap(big).terms.items():
                    accumulate(total, monomial, coefficient * lead)
        return Form(sizes, total)

    def broadcast(self, form: Form, sizes: Shape) -> Form:
        """The same sum over more axes, aligned at the last."""
        shift = len(sizes) - len(form.sizes)
        if not shift:
            return form if form.sizes == sizes else Form(sizes, form.terms)
        return self.contract([form], [tuple(range(shift, len(sizes)))], tuple(range(len(sizes))), sizes)

    def multiply(self, a: Form, b: Form, sizes: Shape) -> Form:
        """Elementwise, broadcast to `sizes`."""
        n = len(sizes)
        labels = [tuple(range(n - len(f.sizes), n)) for f in (a, b)]
        return self.contract([a, b], labels, tuple(range(n)), sizes)

    def contract(
        self, forms: Sequence[Form], labels: Sequence[tuple[int, ...]], out: tuple[int, ...], sizes: Shape
    ) -> Form:
        """Einstein summation: `labels` names the axes of each form, `out` those of the result; the rest is summed."""
        count = 1
        for form in forms:
            count *= len(form.terms)
        if count > self.limit and len(forms) > 1:
            forms = [self.wrap(f) for f in forms]
        if len(forms) > 1 and sum(max(map(len, f.terms), default=0) for f in forms) > LENGTH:
            forms = [self.atomise(f) if max(map(len, f.terms), default=0) > LENGTH // 2 else f for f in forms]
        EFFORT.seconds += CONTRACTION + PRODUCT * math.prod(len(f.terms) for f in forms)
        if self.ends is not None and EFFORT.seconds > self.ends:
            raise ArithmeticError("a proof took too long")
        place = {label: i for i, label in enumerate(out)}
        axes = [pair for f, names in zip(forms, labels, strict=True) for pair in zip(names, f.sizes, strict=True)]
        summed = {label: size for label, size in axes if label not in place and size != 1}
        renamed = {label: BOUND + i for i, label in enumerate(summed)}
        total: Terms = {}
        for combination in itertools.product(*[f.terms.items() for f in forms]):
            factors: Powers = {}
            coefficient, fresh = 1.0, BOUND + len(renamed)
            for (monomial, c), form, names in zip(combination, forms, labels, strict=True):
                coefficient *= c
                n = len(form.sizes)
                top = fresh
                for number, axes, exponent in monomial:
                    moved: list[int] = []
                    for i in axes:
                        if i < n:
                            label = names[i]
                            moved.append(place[label] if label in place else renamed[label])
                        else:
                            moved.append(fresh + i - n)
                            top = max(top, fresh + i - n + 1)
                    if number in self.symmetric:
                        moved.sort()
                    key = (number, tuple(moved))
                    factors[key] = factors.get(key, 0) + exponent
                fresh = top
            bound = {renamed[label]: size for label, size in summed.items()}
            self._settle(total, factors, coefficient, bound, len(sizes))
        return Form(sizes, total)

    def _settle(self, total: Terms, factors: Powers, coefficient: float,
                bound: dict[int, Size], n: int) -> None:
        """Reduce one product to its canonical monomial and add it to `total`."""
        simple = not bound
        for number, axes in factors:
            for position, i in enumerate(axes):
                if i >= n:
                    bound[i] = self.atoms[number].sizes[position] if number != EYE else bound.get(i, Size(0))
                    simple = False
            atom = self.atoms[number]
            if number == EYE or atom.boolean or atom.sign or atom.key[0] == "inv":
                simple = False
        if simple:
            monomial = tuple(sorted((a, x, e) for (a, x), e in factors.items() if e))
            accumulate(total, monomial, coefficient)
            return
        factors = self._reduce(factors, n)
        used = {i for _, axes in factors for i in axes if i >= n}
        extra = [bound[i] for i in bound if i not in used and i not in self._gone]
        monomial = canonical(factors, n, self.symmetric)
        if not extra:
            accumulate(total, monomial, coefficient)
            return
        scale = Form((), {(): 1.0})
        for size in extra:
            scale = self.contract([scale, self.size(size)], [(), ()], (), ())
        for dims, c in scale.terms.items():
            merged: Powers = {(a, x): e for a, x, e in monomial}
            for a, x, e in dims:
                merged[(a, x)] = merged.get((a, x), 0) + e
            accumulate(total, tuple(sorted((a, x, e) for (a, x), e in merged.items() if e)), coefficient * c)

    def _reduce(
        self, factors: Powers, n: int
    ) -> Powers:
        """Idempotent atoms, deltas that rename a summed index, matrices beside their inverse."""
        self._gone: set[int] = set()
        changed = True
        while changed:
            changed = False
            for (number, axes), exponent in list(factors.items()):
                atom = self.atoms[number]
                if not exponent:
                    del factors[(number, axes)]
                elif atom.boolean and exponent > 0:
                    factors[(number, axes)] = 1
                elif atom.sign:
                    if exponent % 2:
                        factors[(number, axes)] = 1
                    else:
                        del factors[(number, axes)]
                elif number == EYE:
                    i, j = min(axes), max(axes)
                    if i == j:
                        del factors[(number, axes)]
                    elif j >= n:
                        del factors[(number, axes)]
                        self._gone.add(j)
                        factors = rename(factors, j, i)
                        changed = True
                        break
                    else:
                        del factors[(number, axes)]
                        moved = rename(factors, j, i)
                        factors = {**moved, (EYE, (i, j)): 1}
            if not changed:
                changed = self._cancel(factors, n)
        return factors

    def _cancel(self, factors: Powers, n: int) -> bool:
        """A matrix next to its inverse is a delta."""
        for (number, axes), exponent in factors.items():
            key = self.atoms[number].key
            if key[0] != "inv" or exponent != 1 or len(axes) != 2:
                continue
            for (other, with_axes), power in factors.items():
                if other != key[1] or power != 1 or len(with_axes) != 2:
                    continue
                straight = with_axes if key[2] else with_axes[::-1]
                ends = ((0, 1), (1, 0), (0, 0), (1, 1)) if other in self.symmetric else ((0, 1), (1, 0))
                for mine, theirs in ends:
                    shared = axes[mine]
                    if shared >= n and straight[theirs] == shared and uses(factors, shared) == 2:
                        del factors[(number, axes)], factors[(other, with_axes)]
                        self._gone.add(shared)
                        first, second = sorted((axes[1 - mine], straight[1 - theirs]))
                        factors[(EYE, (first, second))] = 1
                        return True
        return False

    # Sums as atoms ---------------------------------------------------------------------------------------------------

    def axes_of(self, form: Form) -> tuple[Form, tuple[int, ...]]:
        """The form over the axes that it uses, in an order that does not depend on how they were named."""
        n = len(form.sizes)
        marks: dict[int, list[Any]] = {}
        for monomial, coefficient in form.terms.items():
            for number, axes, exponent in monomial:
                for position, i in enumerate(axes):
                    if i < n:
                        marks.setdefault(i, []).append(
                            (number, position, exponent, rounded(coefficient), len(monomial))
                        )
        order = sorted(marks, key=lambda i: sorted(marks[i]))
        signatures = [sorted(marks[i]) for i in order]
        if len(order) == n and all(a == i for i, a in enumerate(order)):
            best = form
        else:
            best = self._reorder(form, order)
        if 2 <= len(order) <= 4 and any(a == b for a, b in itertools.pairwise(signatures)):
            groups = [list(g) for _, g in itertools.groupby(range(len(order)), key=lambda k: signatures[k])]
            chosen = order
            for arrangement in itertools.product(*[itertools.permutations(g) for g in groups]):
                trial = [order[k] for group in arrangement for k in group]
                candidate = self._reorder(form, trial)
                if sort_key(candidate) < sort_key(best):
                    best, chosen = candidate, trial
            order = chosen
        return best, tuple(order)

    def _reorder(self, form: Form, order: Sequence[int]) -> Form:
        # Axes that no factor bears are dropped, not summed.
        bare = Form(tuple(s if i in order else Size(1) for i, s in enumerate(form.sizes)), form.terms)
        return self.contract([bare], [tuple(range(len(form.sizes)))], tuple(order),
                             tuple(form.sizes[i] for i in order))

    def function(self, name: str, form: Form, params: Any = (), **flags: bool) -> Form:
        """An elementwise function that the algebra does not look into."""
        inner, axes = self.axes_of(form)
        number = self.atom(("fn", name, params, self.identify(inner)), inner.sizes, **flags)
        self.behind.setdefault(number, inner)
        return Form(form.sizes, {((number, axes, 1),): 1.0})

    def wrap(self, form: Form) -> Form:
        """The sum as a single atom."""
        return self.atomise(form) if len(form.terms) > 1 else form

    def atomise(self, form: Form) -> Form:
        """The form as a single atom, with its leading coefficient before it."""
        if not form.terms:
            return form
        lead = rounded(form.terms[min(form.terms)])
        scaled = Form(form.sizes, {m: c / lead for m, c in form.terms.items()})
        return Form(form.sizes, {(self.atom_of(scaled),): lead})

    def atom_of(self, form: Form, exponent: float = 1) -> Factor:
        """The factor that stands for a form as it is."""
        inner, axes = self.axes_of(form)
        number = self.atom(("form", self.identify(inner)), inner.sizes, positive=self.is_positive(inner))
        self.behind.setdefault(number, inner)
        return (number, axes, exponent)

    def is_positive(self, form: Form) -> bool:
        """All coefficients and factors are above zero."""
        return bool(form.terms) and all(
            c > 0 and all(self.atoms[a].positive or e % 2 == 0 for a, _, e in m) for m, c in form.terms.items()
        )
