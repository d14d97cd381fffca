"""The audit's entries: one for each statement that computes a gradient or a part of one.

A statement on the way has the verdict of the results that it flows into.
"""

from __future__ import annotations

from dataclasses import dataclass

import libcst as cst

from nablint.calculus.terms import Term
from nablint.claims.model import Judged, Judgement
from nablint.claims.names import is_gradient_name
from nablint.results import Claim, Role, Verdict
from nablint.tracing.step import Step

RANK: dict[str, int] = {"wrong": 0, "unchecked": 1, "not-a-gradient": 2, "verified": 3, "proved": 4}


@dataclass(slots=True)
class Entry:
    """A statement with the worst verdict of what it flows into on one path."""

    step: Step
    gradient: str
    wrt: str
    role: Role
    verdict: Verdict
    reason: str
    judged: Judged | None = None


def entries(judgement: Judgement) -> dict[int, Entry]:
    """Entries by the identity of the statement's node."""
    out: dict[int, Entry] = {}
    run = judgement.run
    tainted = [e for e in run.it.events if e.step.number >= run.start]
    for judged in judgement.judged:
        result = judged.result
        _put(out, Entry(result.step, result.name, result.wrt_name, "result", judged.verdict, judged.reason, judged))
        if result.returned is not None and result.returned is not result.step:
            _put(
                out,
                Entry(result.returned, result.name, result.wrt_name, "result", judged.verdict, judged.reason, judged),
            )
        if result.value is None:
            continue
        inside = ancestors(result.value)
        for event in tainted:
            if event.value is not None and event.value in inside and event.step is not result.step:
                _put(out, Entry(event.step, event.name, "", "intermediate", judged.verdict, judged.reason, judged))
        for term in inside:
            step = term.origin
            if isinstance(step, Step) and term.tainted and step.number >= run.start and id(step.node) not in out:
                _put(out, Entry(step, _target(step), "", "intermediate", judged.verdict, judged.reason, judged))
    for event in tainted:
        if id(event.step.node) not in out and is_gradient_name(event.name):
            _put(
                out,
                Entry(
                    event.step,
                    event.name,
                    "",
                    "intermediate",
                    "unchecked",
                    "it flows into no result that could be judged",
                ),
            )
    return out


def _put(out: dict[int, Entry], entry: Entry) -> None:
    known = out.get(id(entry.step.node))
    if (
        known is None
        or RANK[entry.verdict] < RANK[known.verdict]
        or (entry.role == "result" != known.role and entry.verdict == known.verdict)
    ):
        out[id(entry.step.node)] = entry


def _target(step: Step) -> str:
    node = step.node
    if isinstance(node, cst.Assign):
        node = node.targets[0].target
    elif isinstance(node, cst.AugAssign | cst.AnnAssign):
        node = node.target
    else:
        return ""
    return cst.Module([]).code_for_node(node)


def ancestors(term: Term) -> set[Term]:
    """A term and all that it is made from."""
    seen = {term}
    stack = [term]
    while stack:
        for arg in stack.pop().args:
            if arg not in seen:
                seen.add(arg)
                stack.append(arg)
    return seen


def as_claim(entry: Entry) -> Claim | None:
    """The entry as data; None where the statement has no place."""
    block = entry.step.block
    tree = block.tree()
    span = tree.spans.get(id(entry.step.node)) if tree is not None else None
    if span is None:
        return None
    start, end = block.place(span[0]), block.place(span[1])
    return Claim(
        start.row,
        entry.step.function or "<module>",
        entry.gradient,
        entry.wrt,
        entry.role,
        entry.verdict,
        entry.reason,
        start,
        end,
    )
