"""The statements of a backward pass: one for the cotangent of every named value, from the output to the inputs.

Reverse accumulation by the user's own names (Griewank & Walther 2008, section 3.2): the cotangent of `hidden` is
written once, as `dhidden`, and used by all that it flows into.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nablint.calculus.gradient import gradients
from nablint.calculus.render import render
from nablint.calculus.simplify import simplify
from nablint.calculus.terms import Term, ancestors
from nablint.claims.backward.forward import CannotWrite, Forward
from nablint.reading.lazily import regex
from nablint.shapes import dim

MOST_SHARED = 12
_LIGHT = frozenset({"negative", "transpose", "reshape", "expand_dims"})
"""Cheaper to write again than to name."""
_NAME = regex(r"(?<![\w.])(?:self\.|ctx\.)?[A-Za-z_]\w*")


@dataclass(slots=True)
class Statements:
    """Assignments in order, and what each variable's gradient is called (None where nothing flows into it)."""

    lines: list[tuple[str, str]]
    gradients: dict[str, str | None]

    def used(self) -> set[str]:
        """All names that the right sides read."""
        return {n for _, text in self.lines for n in _NAME.findall(text)} | {g for g in self.gradients.values() if g}


def derive(forward: Forward, arriving: str, names: Mapping[Term, str], wanted: Sequence[tuple[str, str, Term]], *,
           label: str = "d", dot: bool = False, steady: bool = True) -> Statements:
    """The statements that compute what is wanted (variable, name of its gradient, term).

    names:    what backward code can reach, by term.
    arriving: the name of the arriving cotangent; a number needs none, its own cotangent is 1.
    label:    what a cotangent's name begins with.
    steady:   a maximum that keeps its axes is a constant: that is how exponentials are kept from overflowing.
    """
    it, output = forward.it, forward.output.term
    known = dict(names)
    style = "torch" if it.dialect == "torch" else "numpy"
    with it.using():
        if output.ndim:
            start = it.world.leaf(arriving, output.shape, tainted=True)
            known[start] = arriving
        else:
            start = it.graph.constant(1.0)
        between = {t: n for n, t in forward.named() if t is not output}
        targets = {t: (variable, name) for variable, name, t in wanted}
        found = gradients({output: start}, {*between, *targets}, stop=_stabilisers(output) if steady else frozenset())
        _name_numbers(forward, found.values(), known)
        draft = _recomputed(between, known, style, dot=dot)
        called: dict[str, str | None] = {variable: None for variable, _, _ in wanted}
        for term in sorted(found, key=lambda t: -t.number):
            value = found[term]
            variable, name = targets.get(term, ("", ""))
            if value in known and (name.isidentifier() or not variable):
                if variable:
                    called[variable] = known[value]
                continue
            name = name or _fresh(label + between[term], draft)
            draft.append((name, value if value in known else simplify(value, keep=known)))
            if variable:
                called[variable] = name
            known.setdefault(value, name)
        draft = _needed(draft, {n for n in called.values() if n}, known)
        _share(draft, known, label)
        lines = [(name, _code(term, name, known, style, dot=dot)) for name, term in draft]
    for name, text in lines:
        if text is None:
            raise CannotWrite(_lacking(forward, name, next(t for n, t in draft if n == name), known))
    return Statements([(n, t) for n, t in lines if t is not None], called)


def _recomputed(between: Mapping[Term, str], known: dict[Term, str], style: Any, *,
                dot: bool) -> list[tuple[str, Term]]:
    """Named values that forward does not keep but that follow from what it keeps; they are known from here on."""
    out: list[tuple[str, Term]] = []
    for term in sorted(between, key=lambda t: t.number):
        name = between[term]
        if term not in known and name not in known.values() and render(term, style, known, dot=dot) is not None:
            out.append((name, term))
            known[term] = name
    return out


def _stabilisers(output: Term) -> frozenset[Term]:
    return frozenset(t for t in ancestors(output) if t.card is not None and t.card.name in ("max", "amax")
                     and t.params.get("keepdims"))


def _name_numbers(forward: Forward, values: Iterable[Term], known: dict[Term, str]) -> None:
    """Names for numbers that forward worked out from sizes: `len(x)`, and `1 / np.sqrt(self.d)`.

    Which of the numbers at hand it was made from is told by its value; that it is so on other sizes, too, is seen when
    what was written is judged.
    """
    sizes: dict[str, str] = {}
    numbers: dict[str, float] = {}
    for term, name in known.items():
        for axis, size in enumerate(term.shape):
            sizes.setdefault(str(dim(size)), f"{name}.shape[{axis}]")
            numbers.setdefault(f"{name}.shape[{axis}]", float(size))
    if forward.keeper is not None:
        keeper = "ctx" if forward.keeper.cls is None else "self"
        held = {f"{keeper}.{n}": v for n, v in forward.keeper.names.items()}
        numbers = {n: float(v) for n, v in held.items() if isinstance(v, int) and not isinstance(v, bool)} | numbers
    lib = "torch" if forward.it.dialect == "torch" else "np"
    forms = {f"{lib}.sqrt({n})": v**0.5 for n, v in numbers.items() if v > 1}
    seen = set(values)
    waiting = list(seen)
    while waiting:
        term = waiting.pop()
        if term.card is None and term.ndim == 0 and term not in known:
            value = float(np.real(term.sample))
            if term.label in sizes:
                known[term] = sizes[term.label]
            elif term.is_constant and not (value * 720).is_integer():
                for text, number in forms.items():
                    if abs(value - number) < 1e-12 * number or abs(value * number - 1) < 1e-12:
                        known[term] = text if value > 1 else f"1 / {text}"
                        known[term.graph.constant(1 / value)] = f"1 / {text}" if value > 1 else text
                        break
        for arg in term.args:
            if arg not in seen:
                seen.add(arg)
                waiting.append(arg)


def _code(term: Term, name: str, known: Mapping[Term, str], style: Any, *, dot: bool) -> str | None:
    """The right side of an assignment: a name, or the term written out."""
    if known.get(term, name) != name:
        return known[term]
    return render(term, style, {t: n for t, n in known.items() if t is not term}, dot=dot)


def _fresh(name: str, draft: Sequence[tuple[str, Term]]) -> str:
    taken = {n for n, _ in draft}
    return next(n for n in (name, *(f"{name}{i}" for i in range(2, 1000))) if n not in taken)


def _parts(term: Term, known: Mapping[Term, str]) -> Iterator[Term]:
    """The terms that are written out below a term, once for each place that they stand in."""
    stack = list(term.args)
    seen: set[Term] = set()
    while stack:
        part = stack.pop()
        yield part
        if part not in known and part not in seen:
            seen.add(part)
            stack.extend(part.args)


def _needed(draft: list[tuple[str, Term]], wanted: set[str], known: Mapping[Term, str]) -> list[tuple[str, Term]]:
    """Only what a result is made from."""
    kept: list[tuple[str, Term]] = []
    for name, term in reversed(draft):
        if name in wanted:
            kept.append((name, term))
            wanted = wanted | {known[t] for t in (term, *_parts(term, known)) if t in known}
    return kept[::-1]


def _share(draft: list[tuple[str, Term]], known: dict[Term, str], label: str) -> None:
    """Give a name to cotangents that would be written out more than once (`dz` where nothing named `z`)."""
    for _ in range(MOST_SHARED):
        places = Counter(part for _, term in draft for part in _parts(term, known) if part not in known)
        often = [t for t, n in places.items() if n > 1 and t.tainted and t.card is not None
                 and t.card.name not in _LIGHT]
        if not often:
            return
        term = max(often, key=lambda t: t.number)
        name = _fresh(f"{label}z", [*draft, *((n, term) for n in known.values())])
        first = next(i for i, (_, t) in enumerate(draft) if term in set(_parts(t, known)))
        draft.insert(first, (name, term))
        known[term] = name


def _lacking(forward: Forward, variable: str, value: Term, known: Mapping[Term, str]) -> str:
    """Which values of forward a gradient (`dx`) needs that backward cannot reach."""
    missing: dict[str, None] = {}
    stack, seen = [value], {value}
    names = {t: n for n, t in (*forward.variables(), *forward.named())}
    while stack:
        term = stack.pop()
        if term in known and term is not value:
            continue
        if term.card is None and not term.is_constant:
            missing[names.get(term) or term.label] = None
        for arg in term.args:
            if arg not in seen:
                seen.add(arg)
                stack.append(arg)
    if missing:
        return (f"`{variable}` needs {', '.join(f'`{n}`' for n in missing)}, which forward does not "
                "keep; add it to what is saved for backward")
    return f"`{variable}` has no short form in code"
