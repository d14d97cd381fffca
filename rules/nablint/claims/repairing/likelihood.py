"""Likelihood: what tells apart edits that mend as much.

Many edits of a chain of statements have the same effect.  Evidence of what was meant comes from the code itself: from
its other statements, from the names, and from where the cotangent is lost.
"""

from __future__ import annotations

from typing import TypeGuard

import libcst as cst

from nablint.calculus.terms import Term, ancestors
from nablint.claims.edits.trees import Edit, names_in, walk
from nablint.claims.judging.factors import first_off
from nablint.claims.model import Judgement
from nablint.claims.names import is_gradient_name
from nablint.claims.repairing.localise import Locations, carries, equal
from nablint.claims.repairing.siblings import Siblings
from nablint.claims.repairing.trial import Candidate
from nablint.claims.replaying.replay import replace
from nablint.claims.replaying.sites import expression, old_value, replacement
from nablint.reading.lazily import regex
from nablint.tracing.step import Step

SIBLINGS = 0.3
"""What it weighs that a statement becomes a copy of another one."""
BROUGHT = 0.3
"""What it weighs that a gradient into which no cotangent flows gets one."""
FIRST = 0.3
"""What it weighs that a factor comes in at a statement, by the cotangents of all forward values."""
MISSHAPEN = 0.25
UPSTREAM = 0.05
RENAMED = 0.2
HANDED_ON = 0.4
BRACKETED = 0.15
SCALED = 0.3
BY_NAME = 0.15
TURNED = 0.3
"""What it weighs that a sign is first wrong at a statement, by the name that it gives its value."""
UNUSED = 0.3
"""What it weighs that a gradient which nothing uses is used."""
MADE_BEFORE = 0.3
"""What it weighs against an edit that the statement makes a value that forward code made, too."""
BELIED = -0.2
"""What it weighs against an edit that what it makes is the gradient of its name no longer."""
SIMPLER = 0.05
"""What it weighs that a number is left out rather than another one brought in."""
UNDONE = 0.2
"""What it weighs against a factor that takes back another one, which could be left out."""
RESCALED = 0.15
"""What it weighs against another factor in a statement that does nothing but rescale what it had."""


_CALLED = regex(r"(g|d|grad|delta)_?\w{1,4}$|.*grad")
"""Names that a gradient has already where it is returned."""


class Likelihood:
    """Weighs the edits of one judgement, as costs: less is likelier."""

    def __init__(self, judgement: Judgement, where: Locations) -> None:
        self._judgement = judgement
        self._first_turned = where.first_turned
        self._unused = _unused(judgement)
        self._named = where.named
        seed = judgement.seed
        self._forward = {t for output in (seed.cotangents if seed is not None else ()) for t in ancestors(output)}
        self._siblings = Siblings(judgement.run.it.steps)
        off = first_off(judgement)
        self._off = id(off[0].step.node) if off is not None else None

    def evidence(self, candidate: Candidate) -> float:
        """What speaks for an edit beside its own cost."""
        step, edit = candidate.steps[-1], candidate.edit
        return (SIBLINGS * self._siblings.gain(step, edit) + BROUGHT * brings(self._judgement, candidate)
                + FIRST * (id(step.node) == self._off) - MISSHAPEN * self._misshapes(candidate)
                + TURNED * (edit.kind == "sign" and id(step.node) in self._first_turned)
                - MADE_BEFORE * (edit.kind in ("sign", "scale") and old_value(step) in self._forward)
                - RESCALED * _rescales(step, edit)
                + BELIED * self._belies(candidate)
                + UNUSED * bool(self._unused & (names_in(edit.new) - names_in(edit.old))))

    def _belies(self, candidate: Candidate) -> bool:
        """Is what a statement makes the gradient that it is named after, and is it none with the edit?"""
        step = candidate.steps[-1]
        meant = self._named.get(id(step.node))
        if meant is None or candidate.edit.old is step.node:
            return False
        pair = replacement(self._judgement.run.it, step, candidate.edit.old, candidate.edit.new)
        return pair is not None and pair[1] is not None and not any(equal(pair[1], m) for m in meant)

    def _misshapes(self, candidate: Candidate) -> bool:
        """Has a result, right as its values are, other axes of size 1 than its variable?"""
        step = candidate.steps[-1]
        own = [j for j in candidate.fixes if j.result.step is step and j.derived is not None]
        if not own:
            return False
        pair = replacement(self._judgement.run.it, step, candidate.edit.old, candidate.edit.new)
        return pair is not None and pair[1] is not None and any(
            j.derived is not None and pair[1].sample.shape != j.derived.sample.shape for j in own)


def brings(judgement: Judgement, candidate: Candidate) -> bool:
    """Does an edit bring a cotangent into what has a gradient's name, and had none?"""
    step, seed = candidate.steps[-1], judgement.seed
    if seed is None or step.event is None:
        return False
    if not is_gradient_name(step.event.name) and not judgement.run.it.is_claim(step.event.name):
        return False
    old = old_value(step)
    if old is None or (old.tainted and carries(old, seed)):
        return False
    pair = replacement(judgement.run.it, step, candidate.edit.old, candidate.edit.new)
    return pair is not None and isinstance(pair[1], Term) and pair[1].tainted and carries(pair[1], seed)


def unlikely(candidate: Candidate, *, upstream: bool, turned: bool, weak: bool) -> float:
    """What speaks against an edit: it changes what is only handed on by another name, or what has no name; it needs
    brackets around a sum that had none; it gives another scale to what is right by its name but for a sign.  What is
    wrong by its name but for a scale is the likelier to get one.
    """
    step, edit = candidate.steps[-1], candidate.edit
    cost = UPSTREAM * (upstream and edit.kind != "term") + BRACKETED * (is_sum(edit.old) and not edit.old.lpar
                                              and isinstance(edit.new, cst.BinaryOperation) and not is_sum(edit.new))
    if edit.old is expression(step) and isinstance(edit.old, cst.Name | cst.Attribute):
        word = edit.old.value if isinstance(edit.old, cst.Name) else edit.old.attr.value
        if isinstance(step.node, cst.Return) and _CALLED.match(word) and _made_here(step, edit.old):
            cost += HANDED_ON
        elif isinstance(edit.old, cst.Name) and is_gradient_name(edit.old.value) and (
                isinstance(step.node, cst.Return) or edit.kind not in ("derivative", "scale", "term")
                or (step.event is not None and step.event.name == edit.old.value and _made_here(step, edit.old))):
            cost += RENAMED
    if (edit.kind == "sign" and edit.old is expression(step) and isinstance(edit.old, cst.Name | cst.Subscript)
            and not _into_part(step)):
        held = step.values.get(id(edit.old))
        cost += HANDED_ON * (isinstance(held, Term) and not held.tainted)  # nobody turns what is only read
    drops = _drops_number(step, edit)
    if edit.kind == "scale" or drops:
        cost += SCALED * turned - BY_NAME * weak - SIMPLER * drops
    if edit.kind == "scale" and edit.detail.split("/")[-1].strip() in names_in(edit.old):
        cost += UNDONE
    return cost


def _into_part(step: Step) -> bool:
    """Does a step write into some entries, where an array that is not touched otherwise may well be turned?"""
    node = step.node
    return isinstance(node, cst.Assign) and isinstance(node.targets[0].target, cst.Subscript)


def _drops_number(step: Step, edit: Edit) -> bool:
    """Does an edit leave out a factor that is a number?"""
    old = edit.old
    if edit.kind != "extra-factor" or not isinstance(old, cst.BinaryOperation):
        return False
    dropped = step.values.get(id(old.left if edit.new is old.right else old.right))
    return isinstance(dropped, int | float) or (isinstance(dropped, Term) and not dropped.ndim)


def forgets(candidate: Candidate) -> bool:
    """Does an edit leave no gradient in an expression that had one?  It may be right under a wrong loss only."""
    step, edit = candidate.steps[-1], candidate.edit
    now = expression(step)
    if edit.old is step.node or now is None:
        return False
    return _holds_gradient(now) and not _holds_gradient(replace(now, edit.old, edit.new))


def _holds_gradient(node: cst.CSTNode) -> bool:
    return any(isinstance(n, cst.Name) and is_gradient_name(n.value) for n in walk(node))


def _unused(judgement: Judgement) -> set[str]:
    """Names of the backward code that hold gradients and that no statement reads."""
    run = judgement.run
    steps = {id(s.node): s.node for s in run.it.steps if s.number >= run.start}
    read: set[str] = set()
    for node in steps.values():
        if isinstance(node, cst.Assign):
            read |= names_in(node.value).union(*(names_in(t.target) for t in node.targets
                                               if isinstance(t.target, cst.Subscript)))
        elif isinstance(node, cst.AugAssign | cst.Return | cst.Expr):
            read |= names_in(node)
    made = {e.name for e in run.it.events if e.step.number >= run.start and not e.holder and is_gradient_name(e.name)}
    return made - read


def _rescales(step: Step, edit: Edit) -> bool:
    """Does an edit bring another factor into a statement `x = x / n`?"""
    node = step.node
    if edit.kind not in ("scale", "derivative") or not isinstance(node, cst.Assign):
        return False
    if not isinstance(node.value, cst.BinaryOperation):
        return False
    before, scale = node.value.left, step.values.get(id(node.value.right))
    number = (isinstance(scale, int | float) and scale != 1) or (isinstance(scale, Term) and not scale.ndim)
    return number and before.deep_equals(node.targets[0].target)


def is_sum(node: cst.CSTNode) -> TypeGuard[cst.BinaryOperation]:
    """Is this a sum or difference?"""
    return isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.Add | cst.Subtract)


def _made_here(step: Step, node: cst.CSTNode) -> bool:
    """Is what is returned made by a statement of the same function?"""
    found = step.values.get(id(node))
    return isinstance(found, Term) and isinstance(found.origin, Step) and found.origin.scope is step.scope
