"""The audit's entries: one for each statement that computes a gradient or a part of one.

A statement on the way has the verdict of the results that it flows into.
"""

from __future__ import annotations

from dataclasses import dataclass

import libcst as cst

from nablint.calculus.terms import Term, ancestors
from nablint.claims.model import Judged, Judgement
from nablint.claims.names import is_gradient_name
from nablint.results import Claim, Role, Verdict
from nablint.tracing.interpreter import Interpreter
from nablint.tracing.operators import plain
from nablint.tracing.step import Event, Step
from nablint.tracing.values import Array, Unknown

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
    assumed = run.it.presumed or run.it.taken or next(reversed(run.it.standing.values()), "")
    for judged in judgement.judged:
        result = judged.result
        reason = judged.reason or (assumed if judged.verdict != "wrong" else "")
        _put(out, Entry(result.step, result.name, result.wrt_name, "result", judged.verdict, reason, judged))
        if result.returned is not None and result.returned is not result.step:
            _put(out, Entry(result.returned, result.name, result.wrt_name, "result", judged.verdict, reason, judged))
        if result.value is None:
            continue
        inside = ancestors(result.value)
        for event in tainted:
            if event.step is not result.step and any(t in inside for t in held(event)):
                _put(out, Entry(event.step, event.name, "", "intermediate", judged.verdict, reason, judged))
        for term in inside:
            step = term.origin
            if isinstance(step, Step) and term.tainted and step.number >= run.start and id(step.node) not in out:
                _put(out, Entry(step, _target(step), "", "intermediate", judged.verdict, reason, judged))
    for event in tainted:
        if id(event.step.node) not in out and is_gradient_name(event.name) and (start := beginning(event)):
            _put(out, Entry(event.step, event.name, "", "intermediate", "not-a-gradient", start))
        elif id(event.step.node) not in out and event.value is not None and only_drawn(
                run.it, event.value, event.step):
            _put(out, Entry(event.step, event.name, "", "intermediate", "not-a-gradient", "random numbers"))
        elif id(event.step.node) not in out and is_gradient_name(event.name):
            _put(
                out,
                Entry(
                    event.step,
                    event.name,
                    "",
                    "intermediate",
                    "unchecked",
                    unknown_reason(event) or NO_FLOW,
                ),
            )
    return out


def held(event: Event) -> list[Term]:
    """The arrays that an assignment stored: one, or those of a list or a dict."""
    if event.value is not None:
        return [event.value]
    cell = event.cell
    items = list(cell.values()) if isinstance(cell, dict) else list(cell) if isinstance(cell, list | tuple) else [cell]
    return [v.term for v in map(plain, items) if isinstance(v, Array)]


NO_FLOW = "it flows into no result that could be judged"


def unknown_reason(event: Event) -> str:
    """Why the value of an assignment is not known; "" where it is."""
    if isinstance(event.cell, Unknown):
        return event.cell.reason
    for term in held(event):
        for node in ancestors(term):
            if node.card is None and node.label.startswith("unknown: "):
                return node.label.removeprefix("unknown: ")
    return ""


def beginning(event: Event) -> str:
    """Why an assignment to a gradient's name computes none: it only makes room, or holds a plain number; else ""."""
    cell = event.cell
    if isinstance(cell, bool | int | float | str) or cell is None:
        return "a plain value, which depends on no input"
    items = list(cell.values()) if isinstance(cell, dict) else list(cell) if isinstance(cell, list | tuple) else [cell]
    if all(isinstance(v, Array) and v.term.card is None and _uniform(v.term) for v in items) or all(
        v is None for v in items
    ):
        return "an initialisation: what follows fills or adds to it"
    return ""


def only_drawn(it: Interpreter, term: Term, step: Step) -> bool:
    """Is a value nothing but random numbers that its own statement draws: `w.grad = 0.1 * np.random.randn(3)`?"""
    leaves = [t for t in ancestors(term) if t.card is None and t.label]
    return bool(leaves) and all(
        t.origin is step and it.world.leaves.get(t.label) is not t and not is_gradient_name(t.label)
        and not t.label.startswith(("unknown: ", "misfit: ")) for t in leaves)


def _uniform(term: Term) -> bool:
    return not term.label.startswith(("unknown", "misfit")) and (term.sample.size == 0
                                                                 or bool((term.sample == term.sample.flat[0]).all()))


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
