"""Results that are returned in lists and dicts, item by item."""

from __future__ import annotations

from typing import Any

import libcst as cst

from nablint.calculus.terms import Term
from nablint.claims import names
from nablint.claims.gather.clipped import unclipped
from nablint.claims.gather.targets import candidates, list_candidates
from nablint.claims.model import Result
from nablint.tracing.hints import base
from nablint.tracing.interpreter import Interpreter
from nablint.tracing.step import Step
from nablint.tracing.values import Array, Pending, Unknown


def in_dict(it: Interpreter, key: str, value: Any, step: Step, node: cst.CSTNode) -> list[Result]:
    """A gradient that a dict holds by a key."""
    if isinstance(value, Pending) or not isinstance(value, Array | Unknown):
        return []
    wrt = candidates(it, key, "grads", key)
    event = next(
        (
            e
            for e in reversed(it.events)
            if e.key == key or (e.value is not None and isinstance(value, Array) and e.value is value.term)
        ),
        None,
    )
    term = unclipped(value.term) if isinstance(value, Array) else None
    reason = value.reason if isinstance(value, Unknown) else ""
    return [
        Result(
            key,
            term,
            wrt,
            event.step if event else step,
            event.target if event else node,
            base(wrt[0].label) if wrt else "",
            True,
            reason=reason,
            event=event,
            returned=step,
        )
    ]


def in_list(it: Interpreter, word: str, values: list[Any], step: Step, node: cst.CSTNode) -> list[Result]:
    """A list of gradients, item by item beside the list of variables."""
    out: list[Result] = []
    items = [(i, k, v) for i, part in enumerate(values)
             for k, v in (part.items() if isinstance(part, dict) else [(None, part)])]
    for i, key, value in items:
        if not isinstance(value, Array) and not (isinstance(value, Unknown) and value.misfit):
            continue
        term = value.term if isinstance(value, Array) else None
        event = next((e for e in reversed(it.events) if (term is not None and e.value is term) or (
            e.cell is value and (e.holder == word or term is None))), None)
        event = event or next((e for e in reversed(it.events) if e.name == word and e.step.scope is step.scope), None)
        wrt = list_candidates(it, word, i, len(values), key)
        origin = term.origin if term is not None else None
        # `grads[i] = {"W": a.T @ d}` makes a dict, and is no event of what it holds
        made = origin if key is not None and isinstance(origin, Step) and origin.scope is step.scope else None
        at = f"[{i}]" if key is None else f"[{i}][{key!r}]"
        out.append(
            Result(
                f"{word}{at}",
                None if term is None else unclipped(term),
                wrt,
                made or (event.step if event else step),
                made.node if made else event.target if event else node,
                (f"{_plain(wrt[0]) or next(iter(names.variables(word)), '')}{at}" if key is None else str(key))
                if wrt else "",
                False,
                reason=value.reason if isinstance(value, Unknown) else "",
                event=event,
                returned=step,
            )
        )
    return out


def _plain(term: Term) -> str:
    """The name of an input, without the path to it; "" for arrays of zeros and for what is computed."""
    return base(term.label) if term.label and not term.label.startswith("blank") else ""
