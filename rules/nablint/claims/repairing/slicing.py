"""Slicing: which statements a wrong result was made by, and which edits of one are worth a try."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import libcst as cst
import numpy as np

from nablint.calculus.terms import Term, ancestors
from nablint.claims.edits import live as with_live
from nablint.claims.edits import numbers, small, trees
from nablint.claims.edits.trees import Edit
from nablint.claims.model import Judged, Judgement
from nablint.claims.repairing.left_out import factors, terms
from nablint.claims.repairing.live import (
    derivative_functions,
    live_shapes,
    module_name,
    shape_of,
)
from nablint.claims.repairing.live_numbers import is_number, live_indices, live_numbers, numbers_at_hand
from nablint.claims.repairing.restated import restatements
from nablint.claims.replaying.sites import expression, old_value
from nablint.tracing.interpreter import Interpreter
from nablint.tracing.step import Step


def backward_slice(judgement: Judgement, failing: list[Judged]) -> Iterator[tuple[list[Step], bool]]:
    """The statements that what failed was made by, each with all its executions; the failing claims' own first."""
    groups: dict[int, list[Step]] = {}
    own: set[int] = set()
    run = judgement.run
    forward = {t for f in (judgement.seed.cotangents if judgement.seed is not None else ()) for t in ancestors(f)}

    def add(step: Step) -> None:
        known = groups.setdefault(id(step.node), [])
        if step not in known:
            known.append(step)

    for j in failing:
        add(j.result.step)
        own.add(id(j.result.step.node))
        if j.result.returned is not None:
            add(j.result.returned)
        parts = [j.result.value] if j.result.value is not None else []
        for step, _, message in run.it.misfits:
            if message == j.reason or j.result.value is None:
                add(step)
                parts += [v for v in step.values.values() if isinstance(v, Term) and v.tainted]
        for term in parts:
            inside = ancestors(term)
            for node in inside:
                if isinstance(node.origin, Step) and node not in forward and node.origin.number >= run.start:
                    add(node.origin)
                    caller = node.origin.caller
                    while caller is not None and caller.number >= run.start:
                        add(caller)
                        caller = caller.caller
            for event in run.it.events:
                if event.value is not None and event.value in inside and event.step.number >= run.start:
                    add(event.step)
    last = {key: max(s.number for s in steps) for key, steps in groups.items()}
    for key, steps in sorted(groups.items(), key=lambda item: (item[0] not in own, -last[item[0]])):
        executions = [s for s in run.it.steps if s.node is steps[0].node]
        yield executions or steps, key in own


def edits_of(judgement: Judgement, steps: list[Step], target: Term | None, *, matched: bool = False) -> Iterator[Edit]:
    """The small edits of a statement's expression; `target` is the value that it should have, where that is known.

    matched: factors, terms and numbers have been found from that value already.
    """
    step = steps[-1]
    root = expression(step)
    it = judgement.run.it
    held = step.values.get(id(root))
    if root is None or (isinstance(step.node, cst.Return) and isinstance(root, cst.Tuple)) or (
            isinstance(root, cst.Name) and isinstance(held, dict | list | tuple)):
        return
    torch, module = it.dialect == "torch", module_name(it)
    yield from restatements(step)
    node = step.node
    if isinstance(node, cst.Assign | cst.AugAssign):
        left = node.targets[0].target if isinstance(node, cst.Assign) else node.target
        if isinstance(left, cst.Subscript):
            for node in trees.walk(left):
                if (
                    isinstance(node, cst.Name | cst.Attribute)
                    and isinstance(step.values.get(id(node)), Term)
                    and step.values[id(node)].sample.dtype.kind == "b"
                ):
                    yield from small.inverted(node)
            yield from (e for e in small.edits(left, torch=torch, module=module) if e.kind in ("mask", "constant")
                        and e.old is not left)
            yield from numbers.counted(left, numbers_at_hand(step), lambda n: shape_of(step, n), module)
            yield from numbers.exchanged(left, live_indices(it, step), lambda n: is_number(step, n))
            yield from (e for e in with_live.replacements(left, live_shapes(step), lambda n: shape_of(step, n))
                        if e.old is not left and e.old is not left.value)
    if isinstance(
        root,
        cst.Name
        | cst.Attribute
        | cst.Call
        | cst.BinaryOperation
        | cst.UnaryOperation
        | cst.Subscript
        | cst.Comparison
        | cst.Integer
        | cst.Float
        | cst.IfExp,
    ):
        yield from small.edits(root, torch=torch, module=module)
        if isinstance(root, cst.Call):
            yield from small.modes(root, _mode_words(it.steps))
        yield from with_live.called(root, derivative_functions(step))
        yield from small.powers(root, lambda n: shape_of(step, n) is not None)
        live = live_shapes(step)
        clash = any(s.node is step.node for s, _, _ in it.misfits)
        made = old_value(step)
        yield from with_live.replacements(root, live, lambda n: shape_of(step, n), clash=clash,
                                          whole=None if made is None else np.shape(made.sample))
        yield from with_live.batched(root, lambda n: shape_of(step, n), torch=torch)
        yield from with_live.matrices(root, live, lambda n: shape_of(step, n))
        yield from _with_numbers(it, step, root)
        if matched:
            return
        scales = live_numbers(step)
        yield from with_live.scaled(root, scales)
        for node in trees.walk(root):
            if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.Add | cst.Subtract):
                yield from with_live.scaled(node.left, [*scales, "2"], 0.15)
                yield from with_live.scaled(node.right, [*scales, "2"], 0.15)
        value = old_value(step)
        if value is not None:
            yield from with_live.multiplied(root, list(factors(step, value, target)))
            yield from with_live.added(root, list(terms(step, value, target)))
            for node in trees.walk(root):
                part = step.values.get(id(node))
                if (
                    node is not root
                    and isinstance(part, Term)
                    and part.tainted
                    and part.ndim
                    and isinstance(node, cst.Name | cst.Attribute | cst.BinaryOperation)
                ):
                    yield from with_live.multiplied(node, list(factors(step, part, None)))


def _mode_words(steps: Iterable[Step]) -> list[str]:
    """The constant strings that conditions ask for, as they are written."""
    tests = {id(s.node): s.node.test for s in steps if isinstance(s.node, cst.If)}
    return list(dict.fromkeys(n.value for test in tests.values() for n in trees.walk(test)
                              if isinstance(n, cst.SimpleString)))


def _with_numbers(it: Interpreter, step: Step, root: Any) -> Iterator[Edit]:
    yield from numbers.traded(root, lambda n: shape_of(step, n))
    yield from numbers.other_sides(root)
    yield from numbers.counted(root, numbers_at_hand(step), lambda n: shape_of(step, n), module_name(it))
    indices = live_indices(it, step)
    yield from numbers.exchanged(root, indices, lambda n: is_number(step, n))
    yield from numbers.multiplied_sizes(root, indices, lambda n: is_number(step, n))
