"""Shapes that words say against shapes that code has."""

from __future__ import annotations

from nablint.calculus.terms import Term
from nablint.checks.found import apart, exact
from nablint.claims.sure.runs import SureRun
from nablint.reading.evidence import DimSpec
from nablint.shapes import Shape, Size, dim
from nablint.tracing.step import Step


def contradiction(run: SureRun, step: Step, dims: tuple[DimSpec, ...], shape: Shape, *, nearby: bool) -> bool:
    """Do the words contradict the shape, whatever sizes the names stand for?

    They do with another number of axes, with other numbers, or where every name is a dimension that the function knows
    and an axis has another one.  Words that are not about this very statement (not `nearby`) may be about another path
    through the code: of their names only the order counts.
    """
    if any(d.kind == "ellipsis" for d in dims):
        return False
    if len(dims) != len(shape):  # a vector is often said to be a column, and the other way round
        return bool(dims) and bool(shape) and sum(d.text != "1" for d in dims) != sum(int(s) != 1 for s in shape)
    known = [size_of(run, step, d) for d in dims]
    pairs = [(a, b) for a, b in zip(known, shape, strict=True) if a is not None]
    if any(apart(a, b) for a, b in pairs):
        return True
    if len(pairs) < len(dims) or any(d.kind not in ("name", "number") for d in dims):
        return False
    wrong = [(a, b) for a, b in pairs if not run.it.world.same(a, dim(b))]
    plain = all(dim(s).expr.name is not None for pair in wrong for s in pair)
    if not nearby and sorted(str(a) for a, _ in wrong) != sorted(str(b) for _, b in wrong):
        return False
    return bool(wrong) and plain and spoken(run, step, tuple(b for _, b in wrong)) is not None


def vector_by_words(run: SureRun, a: Term, b: Term) -> bool:
    """Are these an input said to be (n,) and one said to be (n, m), n not being m?

    A column, `(n, 1)`, is often called a vector, and so is one number for each; where nothing but words tells of both,
    the words are as likely wrong as code in which the two meet.
    """
    flat, wide = (a, b) if a.ndim < b.ndim else (b, a)
    if (flat.ndim, wide.ndim) != (1, 2) or not run.it.worded >= {flat, wide}:
        return False
    return exact(flat.shape[0], wide.shape[0]) and not exact(flat.shape[0], wide.shape[1])


def size_of(run: SureRun, step: Step, spec: DimSpec) -> Size | None:
    """The size that a word stands for in a statement: a number, a name of the frame, a documented dimension."""
    if spec.number is not None:
        return Size(spec.number)
    if spec.kind != "name":
        return None
    held = step.names.get(spec.text)
    world = run.it.world
    documented = f"{spec.text}@{step.function}"
    said = world.dimension(documented) if documented in world.sizes else None
    if isinstance(held, Size):
        return held if said is None or world.same(held, said) else None
    if held is not None and not isinstance(held, int):
        return None
    return said


def spoken(run: SureRun, step: Step, shape: Shape) -> str | None:
    """The shape in the function's own words; None where an axis has no name there."""
    words: list[str] = []
    for size in map(dim, shape):
        if size.expr.number is not None:
            words.append(str(size))
            continue
        found = next((n for n, v in step.names.items() if isinstance(v, Size) and exact(v, size)), None)
        name = size.expr.name
        if found is None and name is not None and name.endswith(f"@{step.function}"):
            found = name.rpartition("@")[0]
        if found is None:
            return None
        words.append(found)
    return f"({words[0]},)" if len(words) == 1 else f"({', '.join(words)})"
