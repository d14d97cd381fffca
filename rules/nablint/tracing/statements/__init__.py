"""Statements: what each kind of libcst node does.

A file for each subject; the two tables at the end say which rule a node is executed by.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import libcst as cst

from nablint.tracing import worded
from nablint.tracing.imports import import_from, import_modules
from nablint.tracing.statements.asserting import asserted, raised
from nablint.tracing.statements.assigning import annotated, assign, assignment, set_attribute
from nablint.tracing.statements.augmenting import augmented
from nablint.tracing.statements.branching import attempt, decide, matched, within
from nablint.tracing.statements.defining import define_class, define_function, make_function
from nablint.tracing.statements.looping import loop_over, repeat
from nablint.tracing.statements.targets import target_names
from nablint.tracing.undecided import forget
from nablint.tracing.values import (
    BreakSignal,
    ContinueSignal,
    Instance,
    RaiseSignal,
    Restart,
    ReturnSignal,
    Scope,
    Undecided,
    Unknown,
)

if TYPE_CHECKING:
    from nablint.tracing.interpreter import Interpreter


def execute(it: Interpreter, node: cst.CSTNode, scope: Scope) -> None:
    """Execute one statement; in a sure run what cannot be followed is forgotten."""
    try:
        _execute(it, node, scope)
    except (Undecided, Restart) as reason:
        if not it.world.sure or (isinstance(reason, Restart) and (reason.asserted or reason.alike)):
            raise
        forget(it, node, scope)
        worded.forgotten(it, node, scope)
        if isinstance(node, cst.SimpleStatementLine) and isinstance(node.body[-1], cst.Return):
            raise ReturnSignal(Unknown("what is returned is not followed")) from None


def _execute(it: Interpreter, node: cst.CSTNode, scope: Scope) -> None:
    if type(node) is cst.SimpleStatementLine or type(node) is cst.SimpleStatementSuite:
        for small in node.body:
            _simple(it, small, scope)
        return
    rule = _COMPOUND.get(type(node))
    if rule is not None:
        rule(it, node, scope)
    else:
        _simple(it, node, scope)


def _simple(it: Interpreter, node: cst.CSTNode, scope: Scope) -> None:
    rule = _SIMPLE.get(type(node))
    if rule is None:
        return
    it.begin(node, scope)
    rule(it, node, scope)


def _expression(it: Interpreter, node: cst.Expr, scope: Scope) -> None:
    if type(node.value) is not cst.SimpleString and type(node.value) is not cst.ConcatenatedString:
        it.eval(node.value, scope)


def _return(it: Interpreter, node: cst.Return, scope: Scope) -> None:
    raise ReturnSignal(None if node.value is None else it.eval(node.value, scope))


def _global(it: Interpreter, node: cst.Global | cst.Nonlocal, scope: Scope) -> None:
    for item in node.names:
        name = item.name.value
        found = scope.outer.find(name) if scope.outer is not None else None
        scope.outer_names[name] = it.scope if isinstance(node, cst.Global) else (found or it.scope)


def _delete(it: Interpreter, node: cst.Del, scope: Scope) -> None:
    targets = [e.value for e in node.target.elements] if isinstance(node.target, cst.Tuple) else [node.target]
    for target in targets:
        if isinstance(target, cst.Name):
            scope.names.pop(target.value, None)
        elif isinstance(target, cst.Attribute) and isinstance(owner := it.eval(target.value, scope), Instance):
            owner.names.pop(target.attr.value, None)
        elif isinstance(target, cst.Subscript):
            from nablint.tracing.indices import subscript_key

            held, key = it.eval(target.value, scope), subscript_key(it, target, scope)
            if isinstance(held, dict | list):
                try:
                    del held[key]
                except (KeyError, IndexError) as error:
                    raise RaiseSignal(type(error).__name__) from None
                except TypeError:
                    pass


def _break(it: Interpreter, node: cst.CSTNode, scope: Scope) -> None:
    raise BreakSignal


def _continue(it: Interpreter, node: cst.CSTNode, scope: Scope) -> None:
    raise ContinueSignal


_SIMPLE: dict[type, Callable[..., None]] = {
    cst.Assign: assignment,
    cst.AnnAssign: annotated,
    cst.AugAssign: augmented,
    cst.Expr: _expression,
    cst.Return: _return,
    cst.Raise: raised,
    cst.Assert: asserted,
    cst.Import: import_modules,
    cst.ImportFrom: import_from,
    cst.Global: _global,
    cst.Nonlocal: _global,
    cst.Del: _delete,
    cst.Break: _break,
    cst.Continue: _continue,
}

_COMPOUND: dict[type, Callable[..., None]] = {
    cst.If: decide,
    cst.For: loop_over,
    cst.While: repeat,
    cst.With: within,
    cst.Try: attempt,
    cst.Match: matched,
    cst.FunctionDef: define_function,
    cst.ClassDef: define_class,
}


__all__ = [
    "assign", "execute", "make_function", "set_attribute", "target_names",
]
