"""The dialects: which spelling in numpy, torch, scipy or math means which card.

A spelling is a Python function with the parameter names and defaults of the library function that it stands for.  It
gets `Term`s for arrays, plain numbers (or `Size`s) for numbers, and lists or tuples of these, and returns a term, a
number or a tuple of them.  Names are full dotted names: `numpy.sum`, `torch.nn.functional.softmax`,
`scipy.special.expit`, `math.exp`; `ndarray.sum` and `Tensor.sum` are methods and attributes of arrays.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Spelling:
    """One way to write an operation.

    call:      the function, over terms.
    attribute: it is read without a call (`x.T`).
    inplace:   the result replaces the value of the first argument (`x.fill_(0)`, `np.add.at`).
    unview:    for a view of its first argument: unview(base, new, *rest of the arguments) gives the base after the
               view has been overwritten by `new`; writes to views reach their base through it.
    """

    call: Callable[..., Any]
    attribute: bool = False
    inplace: bool = False
    unview: Callable[..., Any] | None = None


SPELLINGS: dict[str, Spelling] = {}


def spelled(*names: str, attribute: bool = False, inplace: bool = False,
            unview: Callable[..., Any] | None = None) -> Any:
    """Register the decorated function under every name."""

    def register(call: Callable[..., Any]) -> Callable[..., Any]:
        for name in names:
            if name in SPELLINGS:
                raise ValueError(f"{name} is spelled twice")
            SPELLINGS[name] = Spelling(call, attribute, inplace, unview)
        return call

    return register


def load() -> dict[str, Spelling]:
    """All spellings; the families are imported when first asked for."""
    if not SPELLINGS:
        for module in pkgutil.iter_modules(__path__):
            importlib.import_module(f"{__name__}.{module.name}")
    return SPELLINGS
