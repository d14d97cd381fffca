"""Inputs that a pattern of einops or the subscripts of einsum name the axes of: the code fails with any other rank."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nablint.reading.evidence import DimSpec
from nablint.reading.patterns import einops_pattern, einsum_subscripts
from nablint.shapes import Size
from nablint.tracing.documented import evidence_rank
from nablint.tracing.refine.kinds import make_array
from nablint.tracing.values import Array, Pending

if TYPE_CHECKING:
    from nablint.tracing.interpreter import Interpreter


def named_axes(it: Interpreter, name: str, args: list[Any]) -> None:
    """Settle the inputs among the operands of `einops.rearrange(x, "b c h w -> ...")`, `np.einsum("ij,jk", a, b)`."""
    if name in ("einops.rearrange", "einops.reduce", "einops.repeat"):
        found = einops_pattern(args[1]) if len(args) > 1 and isinstance(args[1], str) else None
        if found is not None:
            _settle(it, args[:1], (found[0],))
    elif name.rpartition(".")[2] == "einsum" and args and isinstance(args[0], str):
        subscripts = einsum_subscripts(args[0])
        if subscripts is not None and len(subscripts[0]) == len(args) - 1:
            _settle(it, args[1:], subscripts[0])


def _settle(it: Interpreter, operands: list[Any], shapes: tuple[tuple[DimSpec, ...], ...]) -> None:
    sizes: dict[str, Size] = {}
    for value, dims in zip(operands, shapes, strict=True):
        array = value.value if isinstance(value, Pending) else value
        if isinstance(array, Array) and len(dims) == array.term.ndim:
            sizes.update({d.text: s for d, s in zip(dims, array.term.shape, strict=True) if d.kind == "name"})
    for value, dims in zip(operands, shapes, strict=True):
        if not isinstance(value, Pending) or value.value is not None or evidence_rank(it, value) is not None:
            continue
        if it.graph.tainting or any(d.kind == "ellipsis" for d in dims) or not dims:
            continue
        fresh = [it.world.dimension(f"{value.path}.{axis}") if d.number is None else Size(d.number)
                 for axis, d in enumerate(dims)]
        make_array(it, value, tuple(sizes.setdefault(d.text, size) if d.kind == "name" else size
                                    for d, size in zip(dims, fresh, strict=True)))
