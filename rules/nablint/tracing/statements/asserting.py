"""Assertions, and guards that raise: what they demand of shapes and ranks is known from there on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import libcst as cst

from nablint.shapes import Size, dim
from nablint.tracing import refine
from nablint.tracing.clashes import clash_sizes
from nablint.tracing.domains import insisted
from nablint.tracing.imports import dotted
from nablint.tracing.made_sizes import made_multiple
from nablint.tracing.statements.targets import target_names
from nablint.tracing.values import Array, Pending, RaiseSignal, Scope

if TYPE_CHECKING:
    from nablint.tracing.interpreter import Interpreter


def raised(it: Interpreter, node: cst.Raise, scope: Scope) -> None:
    """`raise`."""
    kind = it.handling[-1] if it.handling else "Exception"
    if node.exc is not None:
        names = target_names(node.exc.func if isinstance(node.exc, cst.Call) else node.exc)
        kind = names[0] if names else kind
    raise RaiseSignal(kind)


def asserted(it: Interpreter, node: cst.Assert, scope: Scope) -> None:
    """An assertion about a shape is evidence: where it fails, its sizes must be made equal."""
    _insisted(it, node, node.test, scope)


def _insisted(it: Interpreter, node: cst.CSTNode, test: cst.BaseExpression, scope: Scope) -> None:
    if isinstance(test, cst.BooleanOperation) and isinstance(test.operator, cst.And):
        _insisted(it, node, test.left, scope)
        _insisted(it, node, test.right, scope)
        return
    if (
        isinstance(test, cst.Comparison)
        and len(test.comparisons) == 1
        and isinstance(test.comparisons[0].operator, cst.Equal)
    ):
        if _rank_asserted(it, test, scope):
            return
        _divides(it, test, scope)
        if _leaves_a_rest(it, test.left, scope):
            raise RaiseSignal("AssertionError")
        left, right = it.eval(test.left, scope), it.eval(test.comparisons[0].comparator, scope)
        if it.world.sure or not isinstance(left, Size) or _both_counted(left, right):
            equated(it, node, left, right)
        return
    value = it.eval(test, scope)
    if isinstance(value, Array):
        insisted(it, value.term)


def _both_counted(left: Any, right: Any) -> bool:
    """Are both sizes of something, and neither a number of the code?"""
    return isinstance(left, Size) and isinstance(right, Size) and None is left.expr.number is right.expr.number


def _leaves_a_rest(it: Interpreter, test: cst.BaseExpression, scope: Scope) -> bool:
    """`assert (H - HH) % stride == 0` with a stride above 1: on most sizes a rest is left, so it is not meant."""
    divides = isinstance(test, cst.BinaryOperation) and isinstance(test.operator, cst.Modulo)
    if not divides or it.graph.tainting:
        return False
    assert isinstance(test, cst.BinaryOperation)
    whole, part = it.eval(test.left, scope), it.eval(test.right, scope)
    if not isinstance(whole, Size) or not isinstance(part, int) or part < 2 or len(whole.expr.terms) < 2:
        return False
    return any(count % part for monomial, count in whole.expr.terms if monomial)


def _divides(it: Interpreter, test: cst.Comparison, scope: Scope) -> None:
    """`assert n % k == 0`: where it fails, n is made a multiple of k.

    In `(H - HH) % stride` it is H that is made to fit, where the code itself says what the stride is.
    """
    node, other = test.left, test.comparisons[0].comparator
    if not (isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.Modulo)
            and isinstance(other, cst.Integer) and other.value == "0") or it.graph.tainting:
        return
    whole, part = it.eval(node.left, scope), it.eval(node.right, scope)
    if isinstance(whole, Size) and isinstance(part, Pending) and not it.world.sure:
        part = refine.as_size(it, part)
    if isinstance(whole, Size) and isinstance(part, int) and (not it.world.sure or (part and whole % part)):
        made_multiple(whole, part)


def _rank_asserted(it: Interpreter, test: cst.Comparison, scope: Scope) -> bool:
    """`assert x.ndim == 2`, `assert len(x.shape) == 2`: the input has as many axes."""
    array, count = _ranked(test.left), test.comparisons[0].comparator
    if array is None or not isinstance(count, cst.Integer):
        return False
    owner = it.eval(array, scope)
    if not isinstance(owner, Pending) or owner.value is not None or it.graph.tainting:
        return False
    refine.make_array(it, owner, refine.free_shape(it, owner, int(count.value)))
    return True


def _ranked(node: cst.BaseExpression) -> cst.BaseExpression | None:
    """The x of `x.ndim`, `x.dim()`, `len(x.shape)`, `np.ndim(x)`."""
    if isinstance(node, cst.Call) and len(node.args) == 1:
        given, name = node.args[0].value, dotted(node.func)
        if name == "len" and isinstance(given, cst.Attribute) and given.attr.value == "shape":
            return given.value
        return given if name.endswith(".ndim") else None
    node = node.func if isinstance(node, cst.Call) and not node.args else node
    return node.value if isinstance(node, cst.Attribute) and node.attr.value in ("ndim", "dim") else None


def refused(it: Interpreter, node: cst.If, scope: Scope) -> None:
    """`if x.shape[0] != y.shape[0]: raise ...` says that the sizes are equal, `if n % k != 0` what is a multiple."""
    if _raises(node):
        _refused(it, node, node.test, scope)


def _refused(it: Interpreter, node: cst.If, test: cst.BaseExpression, scope: Scope) -> None:
    if isinstance(test, cst.BooleanOperation) and isinstance(test.operator, cst.Or):
        _refused(it, node, test.left, scope)
        _refused(it, node, test.right, scope)
    elif isinstance(test, cst.Comparison) and isinstance(test.comparisons[0].operator, cst.NotEqual):
        right = test.comparisons[0].comparator
        if (array := _ranked(test.left)) is not None and isinstance(right, cst.Integer) and not it.graph.tainting:
            refine.rank_wanted(it, [it.eval(array, scope)], right.evaluated_value, 0)
        _divides(it, test, scope)
        equated(it, node, it.eval(test.left, scope), it.eval(right, scope))


def passed_over(it: Interpreter, node: cst.If) -> bool:
    """`if not isinstance(x, Tensor): raise ...` where the stand-ins do not pass: by choice the guard is passed over.

    What the code would be given passes it, so right is right; but what is wrong then may be so for want of such inputs.
    """
    if it.world.sure or not _raises(node) or it.world.choose("guards", ("heeded", "passed over")) == "heeded":
        return False
    it.presumed = it.presumed or "the inputs that the code's guards let pass are not known"
    return True


def _raises(node: cst.If) -> bool:
    """Does a branch end in `raise`?"""
    last = node.body.body[-1]
    return isinstance(last, cst.SimpleStatementLine) and isinstance(last.body[-1], cst.Raise)


def equated(it: Interpreter, node: cst.CSTNode, left: Any, right: Any) -> None:
    """Sizes, or tuples of sizes, that the code says are equal: start again with that where they are not."""
    left, right = refine.known_shape(it, left, right), refine.known_shape(it, right, left)
    if isinstance(left, Size) and isinstance(right, int):
        left, right = (left,), (right,)
    if isinstance(left, tuple) and isinstance(right, tuple) and not right:
        right = (1,) * len(left)  # a number, once axes of size 1 are squeezed out
    if isinstance(left, tuple) and isinstance(right, tuple) and len(left) == len(right):
        sizes = [(dim(a), dim(b))
                 for a, b in zip(left, right, strict=True) if isinstance(a, int) and isinstance(b, int)]
        pairs = [(a, b) for a, b in sizes if a != b]
        if pairs and not it.graph.tainting:
            clash_sizes(it, node, "an assertion about a shape fails", pairs)
        it.world.insisted.update(a.expr for a, b in sizes if a == b)
