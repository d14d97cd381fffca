"""The operation cards, a file per family."""

from __future__ import annotations

import importlib
import pkgutil

from nablint.ops.card import CARDS, Card

for _module in pkgutil.iter_modules(__path__):
    if _module.name != "card":
        importlib.import_module(f"{__name__}.{_module.name}")

__all__ = ["CARDS", "Card"]
