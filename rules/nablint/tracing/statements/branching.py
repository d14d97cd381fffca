"""Branches: conditions, contexts, exceptions and patterns."""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING, Any

import libcst as cst

from nablint.reading.lazily import regex
from nablint.tracing import refine
from nablint.tracing.comparing import compare, truth
from nablint.tracing.paths import guess_branch, passed_by
from nablint.tracing.statements.asserting import passed_over, refused
from nablint.tracing.statements.assigning import assign
from nablint.tracing.statements.targets import target_names
from nablint.tracing.undecided import both, expects_exception, forget
from nablint.tracing.values import Class, External, Instance, RaiseSignal, Scope, Signal, Undecided

if TYPE_CHECKING:
    from nablint.tracing.interpreter import Interpreter


def decide(it: Interpreter, node: cst.If, scope: Scope) -> None:
    """`if`: the branch that the samples take, or the world chooses."""
    it.begin(node, scope)
    try:
        taken = truth(it, it.eval(node.test, scope), node) and not _asks_machine(node)
    except Undecided:
        both(it, (lambda: it.run(node.body.body, scope), lambda: _otherwise(it, node, scope)), scope)
        return
    if taken:
        refused(it, node, scope)
        taken = not passed_over(it, node)
    if taken:
        passed_by(it, node, scope)
        it.run(node.body.body, scope)
    else:
        _otherwise(it, node, scope)


def _otherwise(it: Interpreter, node: cst.If, scope: Scope) -> None:
    if isinstance(node.orelse, cst.If):
        decide(it, node.orelse, scope)
    elif node.orelse is not None:
        it.run(node.orelse.body.body, scope)


_MACHINE = regex(r"\bis_cuda\b|\bis_available\b|\bdevice\b|dtype|\bis_contiguous\b|\bget_device_capability\b")
"""What a program asks of the machine that it runs on, or of how its numbers are stored there."""


def _asks_machine(node: cst.If) -> bool:
    """Does a branch only refuse to run on another machine, or with numbers of another type?"""
    body = node.body.body
    last = body[-1] if body else None
    refuses = isinstance(last, cst.SimpleStatementLine) and isinstance(last.body[-1], cst.Raise)
    return refuses and bool(_MACHINE.search(cst.Module([]).code_for_node(node.test)))


def within(it: Interpreter, node: cst.With, scope: Scope) -> None:
    """`with`: what the manager enters with; the body runs as it stands."""
    it.begin(node, scope)
    from nablint.tracing.calls import call_method

    if it.world.sure and expects_exception(it, node):
        forget(it, node, scope)
        return
    exits: list[Instance] = []
    for item in node.items:
        value = it.eval(item.item, scope)
        if isinstance(value, Instance) and value.cls is not None and value.cls.lookup("__enter__"):
            if value.cls.lookup("__exit__"):
                exits.insert(0, value)
            value = call_method(it, value, "__enter__", [], node)
        if item.asname is not None:
            assign(it, item.asname.name, value, scope, quiet=True)
    try:
        it.run(node.body.body, scope)
    except Signal as signal:
        raised = signal.kind if isinstance(signal, RaiseSignal) else None
        for manager in exits:
            swallowed = call_method(it, manager, "__exit__", [raised, raised, None], node)
            if swallowed is True and isinstance(signal, RaiseSignal):
                return
        raise
    for manager in exits:
        call_method(it, manager, "__exit__", [None, None, None], node)


def attempt(it: Interpreter, node: cst.Try, scope: Scope) -> None:
    """`try`: handlers run for what is raised on the samples."""
    try:
        it.shielded += bool(node.handlers)
        try:
            it.run(node.body.body, scope)
        finally:
            it.shielded -= bool(node.handlers)
    except RaiseSignal as signal:
        for handler in node.handlers:
            if handler.type is None or _kinds(signal.kind, scope) & set(_exception_names(handler.type)):
                it.handling.append(signal.kind)
                try:
                    it.run(handler.body.body, scope)
                finally:
                    it.handling.pop()
                break
        else:
            raise
    else:
        if node.orelse is not None:
            it.run(node.orelse.body.body, scope)
    finally:
        if node.finalbody is not None:
            it.run(node.finalbody.body.body, scope)


def matched(it: Interpreter, node: cst.Match, scope: Scope) -> None:
    """`match`: the first pattern that fits."""
    it.begin(node, scope)
    subject = it.eval(node.subject, scope)
    for case in node.cases:
        if _matches(it, case.pattern, subject, scope, node) and (
                case.guard is None or truth(it, it.eval(case.guard, scope), case.guard)):
            it.run(case.body.body, scope)
            return


def _matches(it: Interpreter, pattern: cst.MatchPattern, subject: Any, scope: Scope, node: cst.Match) -> bool:
    """Does a value have the form of a pattern?  Its names are bound on the way; classes and mappings are a guess."""
    if isinstance(pattern, cst.MatchValue):
        return truth(it, compare(it, "Equal", subject, it.eval(pattern.value, scope), node), node)
    if isinstance(pattern, cst.MatchSingleton):
        return truth(it, compare(it, "Is", subject, it.eval(pattern.value, scope), node), node)
    if isinstance(pattern, cst.MatchOr):
        return any(_matches(it, element.pattern, subject, scope, node) for element in pattern.patterns)
    if isinstance(pattern, cst.MatchAs):
        if pattern.pattern is not None and not _matches(it, pattern.pattern, subject, scope, node):
            return False
        if pattern.name is not None:
            assign(it, pattern.name, subject, scope, quiet=True)
        return True
    if isinstance(pattern, cst.MatchList | cst.MatchTuple):
        elements = pattern.patterns
        parts = refine.unpacked(it, subject, len(elements), [], False)
        if not isinstance(parts, list) or len(parts) != len(elements):
            return False
        return all(isinstance(e, cst.MatchSequenceElement) and _matches(it, e.value, part, scope, node)
                   for e, part in zip(elements, parts, strict=True))
    return guess_branch(it, node)


def _exception_names(node: cst.CSTNode) -> list[str]:
    return target_names(node)


def _kinds(kind: str, scope: Scope) -> set[str]:
    """The names under which an exception may be caught: its own and those of its bases."""
    found = {kind, "Exception", "BaseException"}
    home = scope.find(kind)
    made = home.names[kind] if home is not None else getattr(builtins, kind, None)
    if isinstance(made, Class):
        for cls in made.order():
            found.add(cls.name)
            for base in cls.bases:
                if isinstance(base, External):
                    found |= _kinds(base.name, scope)
    elif isinstance(made, type) and issubclass(made, BaseException):
        found |= {cls.__name__ for cls in made.__mro__}
    return found
