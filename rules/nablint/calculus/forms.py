"""Normal forms: every term as a sum of tensor contractions in index notation.

A `Form` is a sum of monomials with numbers before them.  A monomial is a product of factors; a factor is an *atom* (a
leaf, or an operation that the algebra does not look into) with an index for each of its axes and an exponent.  The
form's own axes are the indices 0..n-1; all other indices of a monomial are summed over.  Axes of size 1 carry no index.
So transposes, matrix products in any bracketing, elementwise products, broadcasting, sums over axes, traces, diagonals
and outer products are all the same thing, and become equal when they are equal.

Sizes that bear a symbol take part as atoms, so that 1/N is not the number that N happens to be on a draw.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from nablint.shapes import Shape, Size, dim

Factor = tuple[int, tuple[int, ...], float]
"""Atom, the index of each of its axes, exponent."""
Monomial = tuple[Factor, ...]
Terms = dict[Monomial, float]

LIMIT = 40
"""More monomials than this are not multiplied out; the sum becomes an atom."""
LENGTH = 24
"""Longer products become atoms."""
_BOUND = 1000
EYE = 0


@dataclass(slots=True)
class Atom:
    """What stands behind an atom's number.

    key:      what makes it equal to another atom.
    sizes:    one per axis, never 1.
    positive: greater than zero wherever defined.
    boolean:  0 or 1, so that its square is itself; sign: 1 or -1, so that its square is 1.
    symmetric: a matrix that is its own transpose.
    """

    key: tuple[Any, ...]
    sizes: tuple[Size, ...]
    positive: bool = False
    boolean: bool = False
    sign: bool = False
    symmetric: bool = False


@dataclass(slots=True, eq=False)
class Form:
    """A sum of monomials over the axes of `sizes`."""

    sizes: Shape
    terms: Terms
    number: int = -1


def rounded(value: float) -> float:
    """Coefficients are compared to twelve digits: constants that programs round."""
    whole = round(value)
    return float(whole) if abs(value - whole) < 1e-12 * max(1.0, abs(value)) else float(f"{value:.12g}")


class Algebra:
    """Arithmetic on forms, and the table that makes equal atoms one number.

    limit: the number of monomials up to which products are multiplied out.
    """

    def __init__(self) -> None:
        self.limit = LIMIT
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
            _accumulate(total, monomial, coefficient * scale)
        if len(total) > self.limit:
            big, small, factor = (a, b, scale) if len(a.terms) >= len(b.terms) else (b, a, 1.0)
            lead = 1.0 if big is a else scale
            if len(big.terms) > 1:
                total = {m: c * factor for m, c in small.terms.items()}
                for monomial, coefficient in self.wrap(big).terms.items():
                    _accumulate(total, monomial, coefficient * lead)
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

    def contract(self, forms: Sequence[Form], labels: Sequence[tuple[int, ...]], out: tuple[int, ...], sizes: Shape) -> Form:
        """Einstein summation: `labels` names the axes of each form, `out` those of the result; the rest is summed."""
        count = 1
        for form in forms:
            count *= len(form.terms)
        if count > self.limit and len(forms) > 1:
            forms = [self.wrap(f) for f in forms]
        if len(forms) > 1 and sum(max(map(len, f.terms), default=0) for f in forms) > LENGTH:
            forms = [self.atomise(f) if max(map(len, f.terms), default=0) > LENGTH // 2 else f for f in forms]
        place = {label: i for i, label in enumerate(out)}
        summed: dict[int, Size] = {}
        for form, names in zip(forms, labels, strict=True):
            for size, label in zip(form.sizes, names, strict=True):
                if label not in place and size != 1:
                    summed[label] = size
        renamed = {label: _BOUND + i for i, label in enumerate(summed)}
        total: Terms = {}
        for combination in itertools.product(*[f.terms.items() for f in forms]):
            factors: dict[tuple[int, tuple[int, ...]], float] = {}
            coefficient, fresh = 1.0, _BOUND + len(renamed)
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

    def _settle(self, total: Terms, factors: dict[tuple[int, tuple[int, ...]], float], coefficient: float,
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
            _accumulate(total, monomial, coefficient)
            return
        factors = self._reduce(factors, n)
        used = {i for _, axes in factors for i in axes if i >= n}
        extra = [bound[i] for i in bound if i not in used and i not in self._gone]
        monomial = canonical(factors, n, self.symmetric)
        if not extra:
            _accumulate(total, monomial, coefficient)
            return
        scale = Form((), {(): 1.0})
        for size in extra:
            scale = self.contract([scale, self.size(size)], [(), ()], (), ())
        for dims, c in scale.terms.items():
            merged: dict[tuple[int, tuple[int, ...]], float] = {(a, x): e for a, x, e in monomial}
            for a, x, e in dims:
                merged[(a, x)] = merged.get((a, x), 0) + e
            _accumulate(total, tuple(sorted((a, x, e) for (a, x), e in merged.items() if e)), coefficient * c)

    def _reduce(self, factors: dict[tuple[int, tuple[int, ...]], float], n: int) -> dict[tuple[int, tuple[int, ...]], float]:
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
                        factors = _rename(factors, j, i)
                        changed = True
                        break
                    else:
                        del factors[(number, axes)]
                        moved = _rename(factors, j, i)
                        factors = {**moved, (EYE, (i, j)): 1}
            if not changed:
                changed = self._cancel(factors, n)
        return factors

    def _cancel(self, factors: dict[tuple[int, tuple[int, ...]], float], n: int) -> bool:
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
                    if shared >= n and straight[theirs] == shared and _uses(factors, shared) == 2:
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
                        marks.setdefault(i, []).append((number, position, exponent, rounded(coefficient), len(monomial)))
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
                if _sort_key(candidate) < _sort_key(best):
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
        return Form(form.sizes, {(self._atom_of(scaled),): lead})

    def _atom_of(self, form: Form, exponent: float = 1) -> Factor:
        inner, axes = self.axes_of(form)
        number = self.atom(("form", self.identify(inner)), inner.sizes, positive=self.is_positive(inner))
        self.behind.setdefault(number, inner)
        return (number, axes, exponent)

    def is_positive(self, form: Form) -> bool:
        """All coefficients and factors are above zero."""
        return bool(form.terms) and all(
            c > 0 and all(self.atoms[a].positive or e % 2 == 0 for a, _, e in m) for m, c in form.terms.items()
        )

    # Powers ----------------------------------------------------------------------------------------------------------

    def power(self, form: Form, exponent: float) -> Form:
        """form ** exponent; what holds only for positive numbers is used only on them."""
        n, whole = len(form.sizes), float(exponent).is_integer()
        if exponent == 1:
            return form
        if exponent == 0:
            return self.scalar(1.0, form.sizes)
        if not form.terms:
            return form if exponent > 0 else self.function("power", form, rounded(exponent))
        if exponent < 0 and any(a == EYE for m in form.terms for a, _, _ in m):
            return self.function("power", form, rounded(exponent))
        if whole and 2 <= exponent <= 4 and len(form.terms) ** int(exponent) <= self.limit:
            result = form
            for _ in range(int(exponent) - 1):
                result = self.multiply(result, form, form.sizes)
            return result
        if len(form.terms) == 1:
            ((monomial, coefficient),) = form.terms.items()
            return self._power_of_one(form.sizes, monomial, coefficient, exponent, n)
        common, rest = self._content(form, whole)
        lead = rest.terms[min(rest.terms)]
        if not whole:
            lead = abs(lead)
        rest = Form(form.sizes, {m: c / lead for m, c in rest.terms.items()})
        factors: dict[tuple[int, tuple[int, ...]], float] = {(a, x): e * exponent for a, x, e in common}
        found = self._logistic(rest, factors, exponent, rounded(lead) ** exponent)
        if found is not None:
            return found
        number, axes, power = self._atom_of(rest, exponent)
        factors[(number, axes)] = factors.get((number, axes), 0) + power
        return Form(form.sizes, {tuple(sorted((a, x, rounded(e)) for (a, x), e in factors.items() if e)):
                                 rounded(lead) ** exponent})

    def _logistic(self, rest: Form, factors: dict[tuple[int, tuple[int, ...]], float], exponent: float,
                  lead: float) -> Form | None:
        """1/(1 + eᵐ) is 1 - σ(m), and eᵐ/(1 + eᵐ) is σ(m)."""
        if exponent not in (-1, -2) or len(rest.terms) != 2 or rest.terms.get((), 0) != 1:
            return None
        ((monomial, coefficient),) = [t for t in rest.terms.items() if t[0]]
        if coefficient != 1 or len(monomial) != 1:
            return None
        ((number, axes, power),) = monomial
        if self.atoms[number].key[:2] != ("fn", "exp"):
            return None
        inner = self.behind[number]
        argument = self.contract([inner], [tuple(range(len(inner.sizes)))], tuple(range(len(inner.sizes))), inner.sizes)
        argument = Form(argument.sizes, {m: c * power for m, c in argument.terms.items()})
        placed = self.contract([argument], [axes], tuple(range(len(rest.sizes))), rest.sizes)
        sigma, whole = self.sigmoid(placed), int(-exponent)
        left = factors.get((number, axes), 0)
        if left >= power * whole:
            factors[(number, axes)] = left - power * whole
        else:
            sigma = self.add(self.scalar(1.0), sigma, -1.0, rest.sizes)
        outside = tuple(sorted((a, x, rounded(e)) for (a, x), e in factors.items() if e))
        result = Form(rest.sizes, {outside: lead})
        for _ in range(whole):
            result = self.multiply(result, sigma, rest.sizes)
        return result

    def sigmoid(self, form: Form) -> Form:
        """σ(x) as an atom whose argument leads with a positive coefficient: σ(-x) = 1 - σ(x)."""
        if self.leads_negative(form):
            flipped = Form(form.sizes, {m: -c for m, c in form.terms.items()})
            return self.add(self.scalar(1.0), self.function("sigmoid", flipped, positive=True), -1.0, form.sizes)
        return self.function("sigmoid", form, positive=True)

    def leads_negative(self, form: Form) -> bool:
        """The sign by which f(x) and f(-x) are told apart."""
        inner, _ = self.axes_of(form)
        return bool(inner.terms) and inner.terms[min(inner.terms)] < 0

    def _power_of_one(self, sizes: Shape, monomial: Monomial, coefficient: float, exponent: float, n: int) -> Form:
        whole = float(exponent).is_integer()
        factors: dict[tuple[int, tuple[int, ...]], float] = {}

        def put(factor: Factor) -> None:
            factors[factor[:2]] = factors.get(factor[:2], 0) + factor[2]

        left: list[Factor] = []
        for part in components(monomial, n):
            if any(i >= n for _, axes, _ in part for i in axes):
                put(self._atom_of(Form(sizes, {canonical({(a, x): e for a, x, e in part}, n, self.symmetric): 1.0}), exponent)
                    if whole or all(self.atoms[a].positive or e % 2 == 0 for a, _, e in part) else (-1, (), 0))
                if (-1, ()) in factors:
                    del factors[(-1, ())]
                    left.extend(part)
                continue
            ((number, axes, power),) = part
            if whole or self.atoms[number].positive or not float(power).is_integer():
                put((number, axes, power * exponent))
            elif power % 2 == 0 and float(power * exponent).is_integer():
                put((number, axes, power * exponent))
                if (power * exponent) % 2:
                    sign = self.function("sign", Form(sizes, {((number, axes, 1),): 1.0}), sign=True)
                    put(next(iter(sign.terms))[0])
            else:
                left.append((number, axes, power))
        if left or (not whole and coefficient < 0):
            sign = 1.0 if coefficient > 0 else -1.0
            inside = Form(sizes, {canonical({(a, x): e for a, x, e in left}, n, self.symmetric): sign})
            coefficient = abs(coefficient)
            if sign > 0 and len(left) == 1 and left[0][2] == 1:
                put((left[0][0], left[0][1], exponent))
            else:
                inner, axes = self.axes_of(inside)
                number = self.atom(("form", self.identify(inner)), inner.sizes)
                self.behind.setdefault(number, inner)
                put((number, axes, exponent))
        found = tuple(sorted((a, x, rounded(e)) for (a, x), e in factors.items() if e))
        return Form(sizes, {found: rounded(coefficient) ** exponent})

    def _content(self, form: Form, whole: bool) -> tuple[Monomial, Form]:
        """The factors common to all monomials (without summed indices), and what remains."""
        n = len(form.sizes)
        shared: dict[tuple[int, tuple[int, ...]], float] | None = None
        for monomial in form.terms:
            mine = {(a, x): e for a, x, e in monomial
                    if all(i < n for i in x) and (whole or self.atoms[a].positive) and a != EYE}
            if shared is None:
                shared = mine
            else:
                # A factor that is missing counts as exponent 0: what is left of 1 + 1/E is E + 1.
                keys = shared.keys() | mine.keys()
                lowest = {k: min(shared.get(k, 0), mine.get(k, 0)) for k in keys}
                shared = {k: e for k, e in lowest.items() if e}
        if not shared:
            return (), form
        rest: Terms = {}
        for monomial, coefficient in form.terms.items():
            merged: dict[tuple[int, tuple[int, ...]], float] = {(a, x): e for a, x, e in monomial}
            for key, e in shared.items():
                merged[key] = merged.get(key, 0) - e
            _accumulate(rest, tuple(sorted((a, x, e) for (a, x), e in merged.items() if e)), coefficient)
        return tuple((a, x, e) for (a, x), e in shared.items()), Form(form.sizes, rest)


def _accumulate(total: Terms, monomial: Monomial, coefficient: float) -> None:
    old = total.get(monomial)
    if old is None:
        if coefficient:
            total[monomial] = coefficient
        return
    new = old + coefficient
    if abs(new) <= 1e-12 * max(abs(old), abs(coefficient)):
        del total[monomial]
    else:
        total[monomial] = new


def _rename(factors: dict[tuple[int, tuple[int, ...]], float], old: int, new: int) -> dict[tuple[int, tuple[int, ...]], float]:
    moved: dict[tuple[int, tuple[int, ...]], float] = {}
    for (number, axes), exponent in factors.items():
        key = (number, tuple([new if i == old else i for i in axes]))
        moved[key] = moved.get(key, 0) + exponent
    return moved


def _uses(factors: dict[tuple[int, tuple[int, ...]], float], index: int) -> int:
    return sum(axes.count(index) for _, axes in factors)


def _sort_key(form: Form) -> Any:
    return sorted((m, rounded(c)) for m, c in form.terms.items())


def components(monomial: Iterable[Factor], n: int) -> list[list[Factor]]:
    """The factors grouped by the summed indices that they share."""
    groups: list[tuple[set[int], list[Factor]]] = []
    for factor in monomial:
        mine = {i for i in factor[1] if i >= n}
        joined: list[Factor] = [factor]
        kept: list[tuple[set[int], list[Factor]]] = []
        for indices, members in groups:
            if indices & mine:
                mine |= indices
                joined = members + joined
            else:
                kept.append((indices, members))
        groups = [*kept, (mine, joined)]
    return [members for _, members in groups]


def canonical(factors: dict[tuple[int, tuple[int, ...]], float], n: int, symmetric: set[int]) -> Monomial:
    """Names for the summed indices that do not depend on the names they had: by colour refinement, then by trial.

    Where many indices stay alike the trial is cut short; equal products may then look different, never the reverse.
    """
    bound = {i for _, axes in factors for i in axes if i >= n}
    if not bound:
        return tuple(sorted((a, x, e) for (a, x), e in factors.items() if e))
    items = [(a, x, e) for (a, x), e in factors.items() if e]
    if len(bound) == 1:
        (only,) = bound
        return _named(items, {only: n}, symmetric)
    colour: dict[int, Any] = dict.fromkeys(bound, n)
    ranks = 1
    for _ in range(len(bound)):
        seen: dict[int, list[Any]] = {i: [] for i in bound}
        for a, x, e in items:
            view = tuple([colour.get(i, i) for i in x])
            for position, i in enumerate(x):
                if i >= n:
                    alike = a in symmetric
                    seen[i].append((a, e, 0 if alike else position, tuple(sorted(view)) if alike else view))
        signatures = {i: (colour[i], tuple(sorted(s))) for i, s in seen.items()}
        order = {s: n + k for k, s in enumerate(sorted(set(signatures.values())))}
        colour = {i: order[signatures[i]] for i in bound}
        if len(order) == ranks and ranks > 1 or len(order) == len(bound):
            break
        ranks = len(order)
    classes = [list(g) for _, g in itertools.groupby(sorted(bound, key=lambda i: (colour[i], i)), key=lambda i: colour[i])]
    best: Monomial | None = None
    for trial, arrangement in enumerate(itertools.product(*[itertools.permutations(c) for c in classes])):
        if trial >= 120:
            break
        names = {i: n + k for k, i in enumerate(itertools.chain(*arrangement))}
        candidate = _named(items, names, symmetric)
        if best is None or candidate < best:
            best = candidate
    assert best is not None
    return best


def _named(items: list[Factor], names: dict[int, int], symmetric: set[int]) -> Monomial:
    renamed: list[Factor] = []
    for a, x, e in items:
        axes = [names.get(i, i) for i in x]
        renamed.append((a, tuple(sorted(axes)) if a in symmetric else tuple(axes), e))
    return tuple(sorted(renamed))
