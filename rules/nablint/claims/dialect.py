"""Which library's arrays a function works on, where its inputs do not show it."""

from __future__ import annotations

import libcst as cst

from nablint.tracing.interpreter import Interpreter
from nablint.tracing.values import External, Function


def settle_dialect(it: Interpreter, *functions: Function) -> None:
    """Inputs are PyTorch's where the file imports it and not numpy, or where an annotation of theirs says so.

    The two differ in what methods of the same name do: `x.view(shape)`, `x.max(1)`, `x.split(3)`.
    """
    libraries = {v.name.partition(".")[0] for v in it.scope.names.values() if isinstance(v, External)}
    if "torch" in libraries and ("numpy" not in libraries or any(map(_takes_tensors, functions))):
        it.dialect = "torch"


def _takes_tensors(function: Function) -> bool:
    params = function.node.params
    said = [p.annotation.annotation for p in (*params.posonly_params, *params.params) if p.annotation is not None]
    return any("Tensor" in cst.Module([]).code_for_node(node) for node in said)
