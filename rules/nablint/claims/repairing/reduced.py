"""Reduced: edits of a sum or mean, found from the value that it should have: its axes, and factors below it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import libcst as cst
import numpy as np

from nablint.calculus.terms import Term
from nablint.claims.edits.trees import Edit, binary, is_module, keyword, walk
from nablint.claims.repairing.forms import close
from nablint.claims.repairing.live import LiveValue
from nablint.reading.nodes import written
from nablint.tracing.step import Step


def summed(step: Step, node: Any, wanted: Any) -> Iterator[Edit]:
    """The axes over which a sum or mean of several should run."""
    if not isinstance(node, cst.Call) or not isinstance(node.func, cst.Attribute):
        return
    word, plain = node.func.attr.value, [a for a in node.args if a.keyword is None]
    inner = plain[0].value if plain and is_module(node.func.value) else node.func.value
    held = step.values.get(id(inner))
    if word not in ("sum", "mean") or not isinstance(held, Term) or held.sample.dtype.kind != "f" or held.ndim < 3:
        return
    for count in range(1, held.ndim):
        for axes in combinations(range(held.ndim), count):
            made = getattr(held.sample, word)(axis=axes)
            if made.shape == wanted.shape and close(made, wanted):
                text = f"({', '.join(map(str, axes))})" if count > 1 else str(axes[0])
                named = any(a.keyword is not None and a.keyword.value == "dim" for a in node.args)
                kept = [a for a in plain if a.value is inner]
                yield Edit(node, node.with_changes(args=[*kept, keyword("dim" if named else "axis", text)]), "axis",
                           1.0, text)


def weighted(step: Step, node: Any, wanted: Any, live: list[LiveValue]) -> Iterator[Edit]:
    """Live factors that are missing below a sum or mean."""
    value = step.values.get(id(node))
    if (not isinstance(node, cst.Call) or not isinstance(value, Term) or value.card is None
            or value.card.name not in ("sum", "mean") or not np.all(np.isfinite(wanted))):
        return
    held = value.args[0]
    plain = held.args[0] if held.card is not None and held.card.name == "renamed" else held  # as another sum has it
    inner = next((n for n in walk(node) if n is not node and step.values.get(id(n)) is plain), None)
    if inner is None:
        return
    for factor in live:
        sample = factor.sample
        if sample.ndim and sample.dtype.kind in "fb" and factor.text != cst.Module([]).code_for_node(inner):
            try:
                made = np.asarray(value.card.evaluate(held.sample * sample, **value.params))
            except ValueError:
                continue
            if made.shape == wanted.shape and close(made, wanted):
                yield Edit(inner, binary(inner, cst.Multiply(), written(factor.text)), "derivative", 1.25,
                           factor.text)
