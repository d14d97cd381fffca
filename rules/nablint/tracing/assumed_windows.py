"""`im2col` and `col2im` of files that cannot be read, taken for what their names say.

Fast convolutions often call compiled helpers (`from im2col_cython import im2col_cython, col2im_cython`).  Whatever the
layout of the columns, the one lays the windows of images out side by side and the other adds them up again: the code
around them is judged with that.  Which layout it is, and in which order padding and stride are passed where their names
do not tell, are choices of the world; nothing is called wrong that depends on it (`Interpreter.standing`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import libcst as cst

from nablint.calculus.terms import Term
from nablint.ops.card import op
from nablint.reading.lazily import regex
from nablint.shapes import Misfit
from nablint.tracing import refine
from nablint.tracing.dialects import SPELLINGS, Spelling
from nablint.tracing.values import Array, Pending

if TYPE_CHECKING:
    from nablint.tracing.interpreter import Interpreter

_CUT = regex(r"_?im2col(?:_?[a-z]+)?", re.I)
_JOINED = regex(r"_?col2im(?P<apart>_?6d)?(?:_?[a-z]+)?", re.I)

TAKEN = "{} is taken for what its name says"
COLUMNS, ROWS = "windows as columns, samples last", "windows as rows, samples first"


def is_window(word: str) -> bool:
    """Is it the name of a function that lays windows out, or adds them up?"""
    return (_CUT.fullmatch(word) or _JOINED.fullmatch(word)) is not None


def windowed(it: Interpreter, name: str, args: list[Any], keywords: dict[str, Any], node: cst.CSTNode | None) -> Any:
    """What the call of such a function gives; None where its arguments are not those of one."""
    from nablint.tracing.spellings import apply_spelling

    word = name.rpartition(".")[2]
    joined = _JOINED.fullmatch(word)
    first, sizes = (args[:1], args[1:]) if joined is None else _shape_first(args)
    given = _window(it, [refine.as_size(it, s) if isinstance(s, Pending) else s for s in sizes], keywords, node)
    if not first or given is None:
        return None
    layout = COLUMNS
    if joined is None or joined["apart"] is None:
        layout = it.world.choose("the layout of windows of a file that is not there", (COLUMNS, ROWS), 0.3)
    made = _laid_out if joined is None else _added_up if joined["apart"] is None else _added_apart
    value = apply_spelling(it, name, Spelling(made), [*first, *given, layout], {}, node, receiver=None)
    if isinstance(value, Array):
        it.standing[value.term] = TAKEN.format(word)
    return value


def _shape_first(args: list[Any]) -> tuple[list[Any], list[Any]]:
    """`col2im(cols, x.shape, ...)` or `col2im(cols, N, C, H, W, ...)`: the columns with the shape, and the rest."""
    if len(args) > 1 and isinstance(args[1], tuple | list) and len(args[1]) == 4:
        return [args[0], tuple(args[1])], args[2:]
    return ([args[0], tuple(args[1:5])], args[5:]) if len(args) > 6 else ([], [])


def _window(it: Interpreter, sizes: list[Any], keywords: dict[str, Any],
            node: cst.CSTNode | None) -> tuple[Any, Any, Any, Any] | None:
    """The window's height and width, the padding and the stride of a call; None where they are not told."""
    said = {"pad" if "pad" in k else "stride" if "stride" in k else k: v for k, v in keywords.items()}
    if not {"pad", "stride"} >= said.keys() or not 2 <= len(sizes) <= 4 or len(sizes) - 2 + len(said) > 2:
        return None
    if len(sizes) > 2:
        said |= dict(zip(_order(it, len(sizes) - 2, node), sizes[2:], strict=False))
    return sizes[0], sizes[1], said.get("pad", 0), said.get("stride", 1)


def _order(it: Interpreter, count: int, node: cst.CSTNode | None) -> tuple[str, str]:
    """Whether padding or stride is passed first: what the arguments are called tells, or else a choice."""
    from nablint.tracing.statements.targets import last_name

    passed = [a.value for a in node.args if a.keyword is None][-count:] if isinstance(node, cst.Call) else []
    words = [(last_name(a) or "").lower() for a in passed]
    if any("stride" in w for w in words[:1]) or any("pad" in w for w in words[1:]):
        return ("stride", "pad")
    if any("pad" in w for w in words[:1]) or any("stride" in w for w in words[1:]):
        return ("pad", "stride")
    return it.world.choose("the order of padding and stride of a file that is not there",
                           (("pad", "stride"), ("stride", "pad")), 0.3)


def _laid_out(x: Term, height: Any, width: Any, pad: Any, stride: Any, layout: str) -> Term:
    if x.ndim != 4:
        raise Misfit(f"windows of images are laid out, and the array has {x.ndim} axes", rank=4)
    found = SPELLINGS["torch.nn.functional.unfold"].call(x, (height, width), 1, pad, stride)
    n, rows, places = found.shape
    if layout == COLUMNS:
        return op.reshape(op.transpose(found, axes=(1, 2, 0)), shape=(rows, places * n))
    return op.reshape(op.transpose(found, axes=(0, 2, 1)), shape=(n * places, rows))


def _added_up(cols: Term, shape: Any, height: Any, width: Any, pad: Any, stride: Any, layout: str) -> Term:
    n, channels, *image = shape
    rows = channels * height * width
    if layout == COLUMNS:
        apart = op.transpose(_reshaped(cols, (rows, -1, n)), axes=(2, 0, 1))
    else:
        apart = op.transpose(_reshaped(cols, (n, -1, rows)), axes=(0, 2, 1))
    return _folded(apart, tuple(image), (height, width), pad, stride)


def _added_apart(cols: Term, shape: Any, height: Any, width: Any, pad: Any, stride: Any, layout: str) -> Term:
    """Columns with six axes: channels, window, samples, places."""
    n, channels, *image = shape
    if cols.ndim != 6:
        raise Misfit(f"columns of six axes are added up, and the array has {cols.ndim}", rank=6)
    apart = _reshaped(op.transpose(cols, axes=(3, 0, 1, 2, 4, 5)), (n, channels * height * width, -1))
    return _folded(apart, tuple(image), (height, width), pad, stride)


def _reshaped(x: Term, shape: tuple[Any, ...]) -> Term:
    return SPELLINGS["numpy.reshape"].call(x, shape)


def _folded(apart: Term, image: tuple[Any, ...], window: tuple[Any, Any], pad: Any, stride: Any) -> Term:
    return SPELLINGS["torch.nn.functional.fold"].call(apart, image, window, 1, pad, stride)
