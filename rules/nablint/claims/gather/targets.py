"""The forward values that a gradient's name may mean."""

from __future__ import annotations

from typing import Any

from nablint.calculus.terms import Term
from nablint.claims import names
from nablint.tracing.hints import base, is_target
from nablint.tracing.interpreter import Interpreter
from nablint.tracing.values import Array, Pending

HELD = ("data", "value", "_data", "_value", "val", "v", "array", "W", "weight")
"""Attributes that a variable or parameter keeps its array under, beside its `grad`."""


def candidates(it: Interpreter, name: str, holder: str, key: Any) -> list[Term]:
    """Forward values that a gradient of this name may belong to, likeliest first."""
    words = list(names.variables(name)) if names.is_gradient_name(name) else []
    if not words and it.is_claim(name):
        rest = name[1:].lstrip("_")
        words = [rest, rest.rstrip("0123456789")]
    if isinstance(key, str) and holder:
        words += [key, *names.synonyms(key)]
    out: list[Term] = []
    for word in dict.fromkeys(words):
        found = list(it.history.get(word, ()))
        found += [t for path, t in it.world.leaves.items() if base(path) == word and not t.tainted
                  and not _only_aimed_at(it, t, word)]
        out += [t for t in found if t not in out]
    return out


def _only_aimed_at(it: Interpreter, leaf: Term, word: str) -> bool:
    """Is an input the target of a loss alone?  `dy` beside it is the gradient of what was predicted."""
    return it.met is not None and leaf not in it.met and is_target(word)


def list_candidates(it: Interpreter, word: str, position: int, length: int, key: str | None = None) -> list[Term]:
    """The item at the same position of the list of variables that a list of gradients belongs to.

    key: of lists of dicts, a dict for each layer, the entry that is meant.
    """
    out: list[Term] = []
    for name in [*names.variables(word), *(("params", "parameters", "weights", "layers")
                                           if word in names.CONTAINERS else ())]:
        for values in it.lists.get(name, ()):
            value = values[position] if len(values) == length else None
            if key is not None:
                value = value.get(key) if isinstance(value, dict) else None
            if isinstance(value, Array | Pending):
                value = value.value if isinstance(value, Pending) else value
                if isinstance(value, Array) and not value.term.tainted and value.term not in out:
                    out.append(value.term)
    return out


def place_in_list(it: Interpreter, word: str, buffer: Array) -> tuple[int, int] | None:
    """The place of a buffer in a list of gradients of this name, with the list's length; None where none has it."""
    for values in it.lists.get(word, ()):
        for i, value in enumerate(values):
            if value is buffer:
                return i, len(values)
    return None
