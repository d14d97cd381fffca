"""The names of a question: which shape each has and why, and the samples they get.

Shapes come from `--shape`, from what the operations force, and otherwise from the convention: a Greek letter is a
scalar, a lowercase Latin letter a vector, an uppercase one a matrix.  Unknown sizes are symbols of their own; where an
operation does not fit, its card says which sizes would have to be equal, and evaluation starts again with that.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping

from nablint.calculus.conventions import (
    Dims,
    candidates,
    free_names,
    identities,
    label_names,
    parse_shape,
    structure_of,
)
from nablint.calculus.drawing import Asked, Classes, Setting, drawn
from nablint.calculus.evaluate import Library, ShapeClash
from nablint.calculus.notation import Expr, Problem, QuestionError
from nablint.shapes import Polynomial, show_shape

__all__ = ["Setting", "free_names", "settle"]

_TURNS = 60


def settle(problem: Problem, given: Mapping[str, str], known: Mapping[str, str] | None = None,
           library: Library | None = None) -> Setting:
    """Shapes for all names and samples of them; raises `QuestionError` where the shapes cannot be."""
    sizes = {part for written in given.values() for part in re.findall(r"[^\W\d]\w*", written)} - set(given)
    names = [(n, axes) for n, axes in free_names(problem) if n not in sizes]  # a size that is written is a number
    listed = [n for n, _ in names]
    twice = next((n for n, _ in problem.steps if n and n in listed), None)
    if twice is not None:
        raise QuestionError(f"{twice} is used before its equation; give the new value a name of its own", problem.text)
    intermediate = [n for n, _ in problem.steps if n]
    for name in given:
        if name not in listed and name not in intermediate:
            raise QuestionError(
                f"--shape names {name}, which the expression does not hold; it holds {', '.join(listed)}"
            )
    structures = {n: kind for n, s in given.items() if (kind := structure_of(s))}
    fixed = {n: parse_shape(n, s) for n, s in given.items() if n in listed}
    identity = {n: "identity" for n in identities(problem) if n in listed and n not in fixed}
    choices = {n: [fixed[n]] if n in fixed else [(f"?{n}.0", f"?{n}.0")] if n in identity else
               list(candidates(n, problem, axes)) for n, axes in names}
    asked = Asked(problem, fixed, choices, known or {}, {**structures, **identity}, label_names(problem), library)
    first: QuestionError | None = None
    for turn, picked in enumerate(_combinations(choices)):
        if turn >= _TURNS:
            break
        try:
            return _likelier(asked, picked, _solve(asked, picked))
        except QuestionError as error:
            first = first or error
    assert first is not None
    raise first


def _likelier(asked: Asked, picked: dict[str, Dims], found: Setting) -> Setting:
    """In `w @ x + b` a vector b would be added to a number: then b is a number, too, if that fits."""
    now = found
    for _ in range(4):
        if not now.unlikely:
            return now
        vectors = {n.value for e in now.unlikely for n in e.walk() if n.kind == "name"}
        scalars = [n for n in picked if n in vectors and () in asked.choices[n] and picked[n] != ()]
        for changed in [scalars, *([n] for n in scalars if len(scalars) > 1)]:
            try:
                now = _solve(asked, {**picked, **dict.fromkeys(changed, ())})
            except QuestionError:
                continue
            picked = {**picked, **dict.fromkeys(changed, ())}
            break
        else:
            return found
    return found


def _combinations(choices: Mapping[str, list[Dims]]) -> Iterator[dict[str, Dims]]:
    """All choices, those with the fewest departures from the convention first; x_i as a vector departs from nothing."""
    loose = [n for n in choices if len(choices[n]) > 1]
    indexed = [n for n in loose if len(choices[n]) == 2]
    others = [n for n in loose if n not in indexed]
    for changes in range(min(3, len(others)) + 1):
        for rows in range(len(indexed) + 1):
            for changed in itertools.product(itertools.combinations(others, changes),
                                             itertools.combinations(indexed, rows)):
                names = [*changed[0], *changed[1]]
                for options in itertools.product(*[range(1, len(choices[n])) for n in names]):
                    picked = dict(zip(names, options, strict=True))
                    yield {n: choices[n][picked.get(n, 0)] for n in choices}


def _solve(asked: Asked, picked: dict[str, Dims]) -> Setting:
    problem = asked.problem
    classes = Classes({s for dims in asked.fixed.values() for s in dims if not s.isdigit()})
    for _ in range(_TURNS):
        try:
            found = drawn(asked, picked, classes, lettered=False)
            unknown = any(d.startswith("?") for dims in picked.values() for d in dims)
            return drawn(asked, picked, classes, lettered=True) if unknown else found
        except ShapeClash as clash:
            if not any(
                _equate(classes, a.expr, b.expr, _excerpt(problem, clash.where)) for a, b in clash.misfit.equations
            ):
                raise _conflict(problem, clash) from clash
    raise QuestionError("the shapes of the names cannot be worked out; give them with --shape", problem.text)


def _equate(classes: Classes, a: Polynomial, b: Polynomial, why: str) -> bool:
    left, right = (p.name or (str(p.number) if p.number is not None else "") for p in (a, b))
    if left and right:
        return classes.join(left, right, why)
    if (
        len(a.terms) == len(b.terms) == 1
        and a.terms[0][1] == b.terms[0][1]
        and len(a.terms[0][0]) == len(b.terms[0][0])
    ):
        # n·p against m·q, as a trace of a Kronecker product has it: equal factor by factor is the plainest way
        pairs = zip(a.terms[0][0], b.terms[0][0], strict=True)
        joined = [classes.join(m, n, why) for (m, p), (n, q) in pairs if p == q]
        return any(joined)
    return False


def _excerpt(problem: Problem, where: Expr) -> str:
    return problem.text[where.start:where.end].strip()


def _conflict(problem: Problem, clash: ShapeClash) -> QuestionError:
    """Points at the operand that does not fit, with both shapes."""
    parts = [p for p in clash.where.parts if p.kind not in ("number", "text")]
    shown = [f"{_excerpt(problem, p)} {show_shape(t.shape)}" for p, t in zip(parts, clash.operands, strict=False)]
    place = parts[-1] if parts else clash.where
    message = " and ".join(shown) if shown else _excerpt(problem, clash.where)
    text = f"shapes do not fit in '{_excerpt(problem, clash.where)}': {message}"
    if clash.misfit.equations:
        pairs = ", ".join(f"{a} and {b}" for a, b in clash.misfit.equations)
        text += f"; {pairs} would have to be equal"
    else:
        text += f"; {clash.misfit.message}"
    return QuestionError(
        re.sub(r"\?(\w+)\.(\d)", r"\1\2", text) + "; give other shapes with --shape", problem.text, place.start + 1
    )
