"""PyTorch's own operation database as an oracle: its sample inputs, its values, its gradients.

`op_db` holds an OpInfo for each operation: a name, aliases, and a generator of sample inputs.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from nablint.calculus.terms import Graph, Term

MOST_SAMPLES, MOST_FOR_METHODS = 10, 4
MOST_ENTRIES = 2000

FIXED_AFTER = ("nn.functional.batch_norm", "nn.functional.instance_norm", "nn.functional.soft_margin_loss")
"""Operations that torch differentiates by the first argument only (running statistics, labels)."""


class NotOurs(Exception):
    """A sample outside of what is compared: complex, sparse, empty or of another precision."""


@cache
def infos() -> dict[str, list[Any]]:
    """OpInfos by every name that calls the operation, aliases included."""
    from torch.testing._internal.common_methods_invocations import op_db

    found: dict[str, list[Any]] = {}
    for info in op_db:
        for name in (info.name, *(alias.name for alias in info.aliases)):
            found.setdefault(name, []).append(info)
    return found


def infos_for(spelling: str) -> list[Any]:
    """The OpInfos behind `torch.x`, `torch.linalg.x`, `Tensor.x` or `Tensor.x_`."""
    prefix, _, name = spelling.partition(".")
    found = infos().get(name) or infos().get(name.removesuffix("_")) or []
    if prefix == "torch" and not found:
        module, _, last = name.rpartition(".")
        found = infos().get(last, []) if module in ("special", "nn.functional", "linalg") else []
    return found


def function_of(spelling: str) -> Callable[..., Any] | None:
    """What the spelling calls in torch."""
    import torch

    target: Any = torch
    for part in spelling.removeprefix("torch.").split("."):
        target = getattr(target, part, None)
    return target


def samples(info: Any, most: int) -> Iterator[Any]:
    """The first samples of an operation (its own `sample_inputs` looks through the call stack for each)."""
    import torch

    if torch.float64 not in info.dtypes:
        return iter(())
    torch.manual_seed(0)
    drawn = info.sample_inputs_func(info, "cpu", torch.float64, False)
    return itertools.islice(drawn, most)


@dataclass
class Bridge:
    """Tensors and the terms that stand for them."""

    graph: Graph
    tensors: list[Any]
    leaves: list[Term]

    def tensor_and_term(self, value: Any, fixed: bool = False) -> tuple[Any, Any]:
        """A fresh tensor for torch and a term for us, of the same value; other values are passed on."""
        import torch

        if isinstance(value, torch.Tensor):
            if value.layout != torch.strided or value.is_complex() or not value.numel() or value.numel() > MOST_ENTRIES:
                raise NotOurs
            if value.is_floating_point() and value.dtype != torch.float64:
                raise NotOurs
            if value.dtype != torch.float64:
                array = value.detach().cpu().numpy()
                return value, self.graph.constant(array.astype(bool if array.dtype.kind == "b" else int))
            if value.ndim and not value.count_nonzero():
                raise NotOurs  # all zeros: a kink of many functions
            tensor = value.detach().clone().requires_grad_(not fixed)
            leaf = self.graph.leaf(f"t{len(self.leaves)}", tensor.detach().numpy().copy())
            if not fixed:
                self.tensors.append(tensor)
                self.leaves.append(leaf)
            return tensor, leaf
        if isinstance(value, torch.dtype | torch.device | complex):
            raise NotOurs
        if isinstance(value, list | tuple) and type(value) in (list, tuple):
            pairs = [self.tensor_and_term(v) for v in value]
            return type(value)(p[0] for p in pairs), type(value)(p[1] for p in pairs)
        return value, value

    def arguments(self, info: Any, sample: Any) -> tuple[list[Any], dict[str, Any], list[Any], dict[str, Any]]:
        """Positional and keyword arguments, for torch and for us."""
        plain = flat([sample.args, list(sample.kwargs.values())])
        if getattr(sample.input, "ndim", 1) == 0 and any(isinstance(v, int | tuple) for v in plain):
            raise NotOurs  # torch takes an axis of an array without axes; nobody writes that
        fixed = info.name in FIXED_AFTER
        positional = [self.tensor_and_term(v, fixed and i > 0) for i, v in enumerate((sample.input, *sample.args))]
        keywords = {k: self.tensor_and_term(v) for k, v in sample.kwargs.items()}
        return ([p[0] for p in positional], {k: v[0] for k, v in keywords.items()},
                [p[1] for p in positional], {k: v[1] for k, v in keywords.items()})


def flat(result: Any) -> list[Any]:
    """The outputs of a function, one after the other."""
    if isinstance(result, list | tuple):
        return [leaf for part in result for leaf in flat(part)]
    return [result]


def array_of(value: Any) -> Any:
    """The numbers in a tensor, a term or a number."""
    if isinstance(value, Term):
        return value.sample
    return value.detach().numpy(force=True) if hasattr(value, "detach") else np.asarray(value)
