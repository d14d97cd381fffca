"""The layers of `torch.nn`, as text that the interpreter reads as it reads the user's.

Each layer is a class of a few lines over `torch` and `torch.nn.functional`: its parameters with their shapes, and
`forward`.  It says what a layer does to shapes; recurrent layers do not follow their recurrence, for which no shape
waits.  `takes` names the attribute with the size that an input must have, the axis that has it, and how many axes there
are; a negative axis is counted from the end, and then there may be more of them.

The text is read once in a process, when a run for shapes first meets a layer.  Torch is never imported.
"""

from __future__ import annotations

from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from nablint.calculus.hollow import hollow
from nablint.ops import CARDS
from nablint.reading.source import blocks
from nablint.shapes import Size, dim
from nablint.tracing import refine
from nablint.tracing.documented import evidence_rank
from nablint.tracing.loading import load
from nablint.tracing.sure import depends
from nablint.tracing.values import Array, Class, Instance, Pending

if TYPE_CHECKING:
    from nablint.tracing.interpreter import Interpreter

FILES = ("modules", "affine", "activations", "normalisation", "convolution", "pooling", "recurrent", "attention",
         "losses")


@lru_cache(maxsize=1)
def _read() -> dict[str, Class]:
    """The classes by name."""
    from nablint.tracing.interpreter import Interpreter
    from nablint.tracing.world import Hypothesis, World

    it = Interpreter(World(Hypothesis(), seconds=60.0), is_gradient_name=lambda _: False)
    folder = resources.files(__name__)
    with it.using():
        for name in FILES:
            found = blocks((folder / f"{name}.txt").read_text("utf8"))
            for block in found:
                block.outside = True
            load(it, found, everything=False)
    return {n: v for n, v in it.scope.names.items() if isinstance(v, Class)}


def layer(it: Interpreter, name: str) -> Class | None:
    """The class of a layer by its dotted name, `torch.nn.Linear`, in runs for shapes; None where there is none."""
    return _read().get(name.rpartition(".")[2]) if it.world.sure and name.startswith("torch.nn.") else None


def is_layer(it: Interpreter, cls: Class) -> bool:
    """Is it one of these classes?  There are none before the text has been read, and other classes are no reason to."""
    return bool(_read.cache_info().currsize) and layer(it, f"torch.nn.{cls.name}") is cls


def derives(it: Interpreter, cls: Class | None, name: str) -> bool:
    """Is a class the layer of this dotted name, or derived from it?"""
    base = layer(it, name)
    if base is None or cls is None:
        return False
    outside = cls.external_base()
    own = layer(it, outside) if outside is not None else None
    return base in cls.order() or (own is not None and base in own.order())


def inherited(it: Interpreter, cls: Class, name: str) -> Any:
    """What a class of the source has from the layer that it derives from; None where that is nothing."""
    base = cls.external_base()
    found = layer(it, base) if base is not None and base.startswith("torch.nn.") else None
    return found.lookup(name) if found is not None else None


def receive(it: Interpreter, instance: Instance, args: list[Any]) -> list[Any]:
    """The arguments of a layer: an input that nothing else tells of is what the layer takes.

    Such an input may have more axes, and one whose length nobody can compare may be of another: both keep the rules
    silent.
    """
    assert instance.cls is not None
    takes = instance.cls.lookup("takes")
    given = args[0] if args else None
    if not isinstance(takes, tuple):
        return args
    name, axis, rank = takes
    size = instance.names.get(name)
    size = dim(size) if isinstance(size, int) else None
    if isinstance(given, Pending) and given.value is None:
        if given.default is None and evidence_rank(it, given) is None:
            unmade = bool(name) and size is None
            return args if unmade else [_input(it, given, size, axis, rank, indices=not name), *args[1:]]
        given = refine.as_operand(it, given)
    given = given.value if isinstance(given, Pending) else given
    if isinstance(given, Array) and not name and given.term.sample.dtype.kind == "f":
        return [Array(CARDS["cast"](given.term, kind="int"), given.dialect), *args[1:]]
    if isinstance(given, Array) and given.term.ndim == rank - 1 and axis > 0 and depends(given.term, it.worded, {}):
        it.assumed.add(given.term)  # a single sample, or words that leave out an axis
    if isinstance(given, Array) and size is not None and given.term.ndim >= rank:
        return [_fitting(it, given, size, axis), *args[1:]]
    return args


def _input(it: Interpreter, given: Pending, size: Size | None, axis: int, rank: int, *, indices: bool) -> Array:
    """An input of which nothing is known but that a layer takes it."""
    shape = list(refine.free_shape(it, given, rank))
    if size is not None:
        shape[axis] = size
    array = refine.make_array(it, given, tuple(shape), "int" if indices else "")
    (it.open if axis < 0 else it.assumed).add(array.term)
    return array


def _fitting(it: Interpreter, given: Array, size: Size, axis: int) -> Array:
    """What flattened windows come to is an expression that nobody can compare with a number: they are as many."""
    shape = list(given.term.shape)
    own = shape[axis].expr
    if own == size.expr or own.number is not None or own.name is not None or own.names() <= size.expr.names():
        return given
    shape[axis] = size
    term = it.graph.leaf("", hollow(shape), tuple(shape))
    it.assumed.add(term)
    return Array(term, given.dialect)


__all__ = ["derives", "inherited", "is_layer", "layer", "receive"]
