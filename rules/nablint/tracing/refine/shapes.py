"""Shapes that are read, unpacked and compared: they tell ranks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import libcst as cst

from nablint.reading.lazily import regex
from nablint.shapes import Size
from nablint.tracing import hints, sure
from nablint.tracing.documented import evidence_rank
from nablint.tracing.refine.kinds import LIST_LENGTH, as_operand, as_sizes, free_shape, make_array
from nablint.tracing.refine.networks import network
from nablint.tracing.singles import note_single
from nablint.tracing.values import Array, OpenList, Pending, PendingShape, Restart, Unknown

if TYPE_CHECKING:
    from nablint.tracing.interpreter import Interpreter


def whole_shape(it: Interpreter, value: Any) -> Any:
    """The shape of a pending input as a tuple; other values as they are."""
    if not isinstance(value, PendingShape):
        return value
    array = as_operand(it, value.of, at_least=1)
    return array.term.shape if isinstance(array, Array) else it.unknown("the shape of something unknown", array)


def counted(it: Interpreter, p: Pending) -> None:
    """`len(y.shape)` of labels: code that asks knows them flat as well as one-hot, and flat ones show both."""
    if it.world.sure:
        return
    if p.value is None and evidence_rank(it, p) is None and hints.is_target(hints.base(p.hint)):
        make_array(it, p, free_shape(it, p, it.world.choose(f"{p.path}:rank", (1, 2))))


def shape_entry(it: Interpreter, value: PendingShape, key: Any) -> Any:
    """`x.shape[k]` of a pending input: its rank is at least k + 1."""
    if it.world.sure:
        return sure.shape_entry(it, value.of, key)
    needed = (key + 1 if key >= 0 else -key) if isinstance(key, int) else 1
    name = hints.base(value.of.hint)
    array = as_operand(it, value.of, at_least=max(needed, 1 if hints.is_vector(name) else 2 if key != 0 else 1))
    if not isinstance(array, Array):
        return it.unknown("the shape of something unknown", array)
    return array.term.shape


def known_shape(it: Interpreter, value: Any, other: Any) -> Any:
    """A pending shape that is compared with a tuple has its rank."""
    if isinstance(value, PendingShape) and isinstance(other, tuple):
        if value.of.value is None:
            make_array(it, value.of, free_shape(it, value.of, len(other)))
        array = value.of.value
        return array.term.shape if isinstance(array, Array) else value
    return whole_shape(it, value)


def wrong_rank(it: Interpreter, shape: Any, count: int) -> None:
    """A shape that is unpacked into another number of names: start again with an input of that rank."""
    if not isinstance(shape, tuple) or it.graph.tainting:
        return
    said = [str(s.expr) if isinstance(s, Size) else str(s) for s in shape]
    for path, term in it.world.leaves.items():
        if term.shape is shape or (said and [str(s.expr) for s in term.shape] == said):
            as_rank(it, path, count)
    first = shape[0].expr.name if shape and isinstance(shape[0], Size) else None
    if first is not None and first.endswith(".0"):  # what is made of an input along its first axis has its rank
        as_rank(it, first.removesuffix(".0"), count)


def items_wanted(it: Interpreter, value: Any) -> None:
    """An entry that is unpacked, or taken for a size, is no array's: start again with a list of such entries."""
    term = value.term if isinstance(value, Array) and not it.graph.tainting else None
    while term is not None and term.card is not None and term.card.name == "getitem" and len(term.args) == 1:
        term = term.args[0]
    choice = it.world.choices.get(f"{term.label}:kind of") if term is not None and term.label else None
    if choice is not None and "list" in choice.options and it.world.decided(choice.key) is None:
        raise Restart("entries are of a list", decisions=((choice.key, choice.options.index("list")),))


def rank_wanted(it: Interpreter, operands: list[Any], count: int, place: int, *, least: bool = False) -> None:
    """An operation needs an operand of another rank: start again with the input that gave it its rank.

    least: so many axes or more.
    """
    values = [o for part in operands for o in (part if isinstance(part, list | tuple) else (part,))]
    arrays = [a for o in values if isinstance(a := o.value if isinstance(o, Pending) else o, Array)]
    term = arrays[place].term if place < len(arrays) else None
    while term is not None and term.card is not None:
        term = next((a for a in term.args if a.ndim == term.ndim), None)
    if term is not None and term.label and not term.tainted:
        as_rank(it, term.label, _like_others(it, count) if least else count)


def single_wanted(it: Interpreter, pairs: Iterable[tuple[Size, Size]]) -> None:
    """A matrix is joined with, or added to, what has a single row or column: start again with such a matrix."""
    if it.graph.tainting or it.world.sure:
        return
    for pair in pairs:
        for size, other in (pair, pair[::-1]):
            path, _, axis = (it.world.resolve(size.expr).name or "").rpartition(".")
            choice = it.world.choices.get(f"{path}:rank")
            form = {"0": "row", "1": "column"}.get(axis)
            if other.expr.number == 1 and choice is not None and choice.options[choice.taken] == 2 and (
                    form in choice.options and it.world.decided(choice.key) is None):
                raise Restart(f"{path} is joined with a single {form}", decisions=tuple(
                    decision for item in _alike(path)
                    for decision in ((f"{item}:rank", choice.options.index(form)), (f"{item}:joined", 1))))


def _alike(path: str) -> list[str]:
    """The items of a list that one of them stands for: what is joined turn by turn has one rank."""
    item = re.fullmatch(r"(.*)\[\d\]", path)
    return [f"{item[1]}[{k}]" for k in range(LIST_LENGTH)] if item else [path]


def line_wanted(it: Interpreter, operands: list[Any], pairs: Sequence[tuple[Size, Size]]) -> None:
    """A matrix that is laid out as fewer entries, as many as its rows or columns: it is a single row or column."""
    term = next((o.term for o in operands if isinstance(o, Array)), None)
    choice = it.world.choices.get(f"{term.label}:rank") if term is not None and term.ndim == 2 else None
    if choice is None or term is None or it.world.decided(choice.key) is not None:
        return
    for _, wanted in pairs:
        for size, form in ((term.shape[1], "row"), (term.shape[0], "column")):
            if it.world.same(size, wanted) and form in choice.options:
                raise Restart(f"{term.label} is a {form}", decisions=((choice.key, choice.options.index(form)),))


def vectors_wanted(it: Interpreter, operands: list[Any], pairs: Sequence[tuple[Size, Size]]) -> None:
    """Inputs that were read as matrices and would have to be square by chance: start again with vectors.

    `y @ alpha` where both are laid out as y is, which its lower-case name says is a vector; `W @ x + b` where b has an
    entry for each row of W.
    """
    shapes = [o.term.shape for o in operands if isinstance(o, Array)]
    if len(shapes) != 2 or len(pairs) != 1:
        return
    if len(shapes[0]) == len(shapes[1]) == 2:
        for term in it.world.leaves.values():
            name = hints.base(term.label)
            if (all(tuple(s) == tuple(term.shape) for s in shapes) and name.islower() and not hints.is_weight(name)
                    and {*map(str, term.shape)} == {*map(str, pairs[0])}):
                as_rank(it, term.label, 1)
        return
    matrix, vector = sorted(shapes, key=len, reverse=True)
    if len(matrix) != 2 or len(vector) != 1 or not it.world.same(matrix[0], vector[0]) or matrix[1].expr.name is None:
        return
    columns = [t.label for t in it.world.leaves.values() if t.ndim == 2 and it.world.same(t.shape[1], matrix[1])]
    asked = [it.world.choices.get(f"{label}:rank") for label in columns]
    if columns and all(c is not None and 1 in c.options and it.world.decided(c.key) is None for c in asked):
        raise Restart("an entry for each row is no bias for columns", decisions=tuple(
            (c.key, c.options.index(1)) for c in asked if c is not None))


def as_rank(it: Interpreter, path: str, count: int) -> None:
    """Starts again with so many axes of an input, where its rank was guessed."""
    choice = it.world.choices.get(f"{path}:rank")
    if choice is None or count not in choice.options:
        return
    before = it.world.decided(choice.key)
    known = choice.options[before] if before is not None and before < len(choice.options) else 0
    if before is None or (isinstance(known, int) and count > known):  # one use asks for more axes than another
        raise Restart(f"{path} has {count} axes", decisions=((choice.key, choice.options.index(count)),))


def _like_others(it: Interpreter, count: int) -> int:
    """At least so many axes: as many as another input was found to have, where that is more."""
    found = [c.options[taken] for key, c in it.world.choices.items()
             if key.endswith(":rank") and (taken := it.world.decided(key)) is not None and taken < len(c.options)]
    return max([count, *(r for r in found if isinstance(r, int))])


_POINT = regex(r"_?(?:thetas?|hyp(?:er)?(?:s|params?|parameters?)?|log_?\w*par(?:am)?s|phi|psi|xi|p|x0?|point|"
               r"coeffs?)")


def _are_numbers(p: Pending, names: list[str]) -> bool:
    """`log_l, log_s = theta`: a vector of parameters by its name, whose entries go by the names of no arrays."""
    return (_POINT.fullmatch(hints.base(p.hint)) is not None and p.evidence is None
            and all(n.islower() and not hints.is_row(n) and n not in _ARRAYS for n in names))


_ARRAYS = frozenset({"w", "weight", "weights", "inputs", "data", "batch", "h", "state", "mask", "cache"})


def unpacked(it: Interpreter, value: Any, count: int, names: list[str], starred: bool) -> Any:
    """The parts of a value on the right of `a, b = value`."""
    if isinstance(value, PendingShape):
        p = value.of
        if p.value is None:
            rank = evidence_rank(it, p) if starred else count
            if it.world.sure and rank is None:
                return it.unknown(f"nothing tells the rank of {p.hint}")
            made = make_array(it, p, free_shape(it, p, rank or count))
            if it.world.sure and not starred and it.step is not None and not it.shielded + it.undecided:
                if evidence_rank(it, p) not in (None, count):
                    it.unpacked.append((it.step, made.term, count))
        array = p.value
        if not isinstance(array, Array):
            return it.unknown("the shape of something unknown")
        note_single(it, 1 in array.term.shape)
        return list(array.term.shape)
    if isinstance(value, Pending):
        if value.value is None and hints.is_shape(hints.base(value.hint)) and not it.world.sure and not starred:
            return list(as_sizes(it, value, count))
        if value.value is None and (parts := network(it, value, names)) is not None:
            return parts
        if value.value is None and not it.world.sure and _are_numbers(value, names) and not starred:
            taken = it.world.choose(f"{value.path}:holds", ("numbers", "arrays"))
            if taken == "numbers":
                make_array(it, value, (Size(count),))
        if value.value is None:
            items = OpenList(Pending(f"{value.path}[{i}]", names[i] if i < len(names) else value.hint,
                                     tainted=value.tainted)
                             for i in range(count))
            items.path = value.path
            value.value = items
        value = value.value
    if isinstance(value, Unknown):
        return value
    if isinstance(value, dict):
        return list(value)
    if isinstance(value, list | tuple | str | range):
        return list(value)
    if isinstance(value, Array):
        from nablint.tracing.iteration import iterate

        return list(iterate(it, value, cst.Name("x")))
    return it.unknown("unpacked from something unknown", value)
