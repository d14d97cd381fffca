"""Shapes that do not fit: a wrong hypothesis in forward code, wrong code in backward code."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NoReturn

import libcst as cst

from nablint.shapes import Size
from nablint.tracing import refine
from nablint.tracing.clashes import shape_of_input, solve, whole_parts
from nablint.tracing.unmet import (
    made_of_forward,
    size_met_first,
    size_of_free_target,
    sizes_of_targets,
    stranger,
    unmet_sizes,
    wanted_once,
)
from nablint.tracing.values import Restart, Unknown

if TYPE_CHECKING:
    from nablint.tracing.interpreter import Interpreter


def in_forward_code(it: Interpreter, message: str, equations: Iterable[tuple[Size, Size]], operands: list[Any],
                rank: tuple[int | None, int, bool]) -> NoReturn:
    """Shapes do not fit in forward code: the hypothesis is wrong.

    rank: the number of axes that an array would need, which of the operands' arrays it is, whether more would do.
    """
    pairs = list(equations)
    refine.vectors_wanted(it, operands, pairs)
    solved = shape_of_input(it.world) or whole_parts(it.world, pairs) or [
        e for pair in pairs if (e := solve(it.world, *pair))]
    if rank[0] is not None and not solved:
        refine.line_wanted(it, operands, pairs)
        refine.rank_wanted(it, operands, rank[0], rank[1], least=rank[2])
    if it.spans and any(size == 0 or it.spans.keys() & size.expr.names() for pair in pairs for size in pair):
        solved = [(name, end.expr) for name, end in it.spans.items() if name not in end.expr.names()] + solved
    raise Restart(message, tuple(solved))


def in_backward_code(it: Interpreter, node: cst.CSTNode | None, message: str, equations: Iterable[tuple[Size, Size]],
                 operands: list[Any]) -> Unknown:
    """Shapes do not fit in backward code: the code is wrong, unless an input is met here first."""
    terms = [t for o in operands if (t := it.term(o)) is not None]
    equations = list(equations)
    for term in terms:  # what stands for a value that did not fit tells nothing new by not fitting either
        if term.card is None and term.label.startswith("misfit: "):
            return Unknown(term.label.removeprefix("misfit: "), True, True)
    if all(made_of_forward(it, t) for t in terms) and (own := size_of_free_target(it, terms)) is not None:
        raise Restart(message, (own,))
    if (first := size_met_first(it, terms, equations)) is not None:
        raise Restart(message, (first,))
    if (documented := sizes_of_targets(it, terms, equations)) is not None:
        raise Restart(message, (documented,))
    if it.met is not None and (any(stranger(it, t, targets=False) for t in terms) or unmet_sizes(it, equations)):
        return Unknown(message, True)  # an input that only backward code uses was guessed wrong
    if it.step is not None and node is not None:
        it.misfits.append((it.step, node, message))
        it.world.alone |= dict.fromkeys(wanted_once(it.world, terms, equations))
    return Unknown(message, True, True)
