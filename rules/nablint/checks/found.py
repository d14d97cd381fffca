"""What a rule finds in a sure run, and the words and edits that the shape rules share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import libcst as cst

from nablint.calculus.terms import Term
from nablint.claims.sure.runs import Seen, SureRun
from nablint.reading.lazily import regex
from nablint.reading.nodes import parts
from nablint.results import Edit
from nablint.shapes import Size
from nablint.tracing.step import Step
from nablint.tracing.sure import Clash
from nablint.tracing.values import External, Instance, Method

Place = tuple[str, Step, cst.CSTNode]


@dataclass(frozen=True, slots=True)
class Found:
    """A finding of a shape rule.

    node:    what is marked; a statement or an expression of `step`.
    mended:  what replaces `at` (the node itself where it is None), "" where there is no fix.
    safe:    the fix cannot change what right code does.
    related: places that help to understand it, with what they show.
    """

    step: Step
    node: cst.CSTNode
    message: str
    mended: str = ""
    at: tuple[Step, cst.CSTNode] | None = None
    safe: bool = False
    related: tuple[Place, ...] = ()


def code(node: cst.CSTNode) -> str:
    """The source of a node, on one line."""
    return " ".join(cst.Module([]).code_for_node(node).split())


def short(node: cst.CSTNode, longest: int = 40) -> str:
    """The source of a node as a message quotes it."""
    text = code(node)
    return text if len(text) <= longest else text[: longest - 3] + "..."


_TIGHT = (cst.Name, cst.Attribute, cst.Call, cst.Subscript, cst.Integer, cst.Float)


def bracketed(node: cst.BaseExpression) -> str:
    """The source of a node to which `.T` or an index can be attached."""
    text = code(node)
    return text if isinstance(node, _TIGHT) or getattr(node, "lpar", ()) else f"({text})"


def exact(a: int, b: int) -> bool:
    """Are two sizes the same in symbols, not only on this draw?"""
    return _expr(a) == _expr(b)


def _expr(size: int) -> Any:
    return size.expr if isinstance(size, Size) else Size(size).expr


def apart(a: int, b: int) -> bool:
    """Can two sizes never be equal: numbers that differ, or N and N - 1?"""
    difference = (_expr(a) + -_expr(b)).number
    return difference is not None and difference != 0


def unnamed(size: int) -> bool:
    """Is the size more than a number or one dimension, such as a rounded quotient?  Nothing is said of these."""
    expr = _expr(size)
    return expr.number is None and (expr.name is None or "//" in expr.name)


@dataclass(frozen=True, slots=True)
class Called:
    """A call of a library function: the last part of its name, and its arguments, the array of a method first."""

    name: str
    args: tuple[cst.BaseExpression, ...]
    keywords: dict[str, cst.BaseExpression]
    method: bool
    full: str = ""

    def argument(self, place: int, *names: str) -> cst.BaseExpression | None:
        """An argument by place or keyword."""
        for name in names:
            if name in self.keywords:
                return self.keywords[name]
        return self.args[place] if place < len(self.args) else None


def called(step: Step, node: cst.CSTNode) -> Called | None:
    """What a call node calls, where that is known to be a library function or a method of an array."""
    if type(node) is not cst.Call or any(a.star for a in node.args):
        return None
    callee = step.values.get(id(node.func))
    if isinstance(callee, Instance) and callee.cls is not None:
        held = callee.cls.names.get("function")  # a layer that is a function with options
        callee = External(held) if isinstance(held, str) else None
    if not isinstance(callee, External | Method):
        return None
    plain = tuple(a.value for a in node.args if a.keyword is None)
    keywords = {a.keyword.value: a.value for a in node.args if a.keyword is not None}
    if isinstance(callee, External):
        return Called(callee.name.rsplit(".", 1)[-1], plain, keywords, False, callee.name)
    if isinstance(node.func, cst.Attribute):
        return Called(callee.name, (node.func.value, *plain), keywords, True, callee.name)
    return None


def number(node: cst.BaseExpression | None) -> int | None:
    """A whole number written in the source."""
    if isinstance(node, cst.UnaryOperation) and isinstance(node.operator, cst.Minus):
        inner = number(node.expression)
        return None if inner is None else -inner
    return int(node.value, 0) if isinstance(node, cst.Integer) else None


OPERATORS: dict[type, str] = {cst.Add: "+", cst.Subtract: "-", cst.Multiply: "*", cst.Divide: "/"}
UPDATES: dict[type, str] = {
    cst.AddAssign: "+", cst.SubtractAssign: "-", cst.MultiplyAssign: "*", cst.DivideAssign: "/"}
_NAMED = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/", "true_divide": "/", "sub": "-", "mul": "*",
          "div": "/"}


def entrywise(step: Step, node: cst.CSTNode) -> tuple[str, cst.BaseExpression, cst.BaseExpression] | None:
    """The sign and operands of a sum, difference, product or quotient entry by entry, however it is written."""
    if type(node) is cst.BinaryOperation and type(node.operator) in OPERATORS:
        return OPERATORS[type(node.operator)], node.left, node.right
    if type(node) is cst.AugAssign and type(node.operator) in UPDATES:
        assert isinstance(node.target, cst.BaseExpression)
        return UPDATES[type(node.operator)], node.target, node.value
    call = called(step, node)
    if call is not None and call.name in _NAMED and len(call.args) == 2 and not call.keywords:
        return _NAMED[call.name], call.args[0], call.args[1]
    return None


def product(step: Step, node: cst.CSTNode) -> tuple[str, cst.BaseExpression, cst.BaseExpression] | None:
    """The spelling and factors of a matrix product: `@`, `np.dot`, `x.mm` ..."""
    if type(node) is cst.BinaryOperation and type(node.operator) is cst.MatrixMultiply:
        return "@", node.left, node.right
    call = called(step, node)
    if call is not None and call.name in ("dot", "matmul", "mm", "mv") and len(call.args) == 2 and not call.keywords:
        return call.name, call.args[0], call.args[1]
    return None


def rewritten(step: Step, node: cst.CSTNode, left: str, right: str) -> str:
    """A product with other factors, in its own spelling."""
    if isinstance(node, cst.Call):
        if isinstance(step.values.get(id(node.func)), Method) and isinstance(node.func, cst.Attribute):
            return f"{left}.{node.func.attr.value}({right})"
        return f"{code(node.func)}({left}, {right})"
    return f"{left} @ {right}"


def transposed(node: cst.BaseExpression) -> str:
    """The source of a factor with its transpose added, or taken away where there is one."""
    if isinstance(node, cst.Attribute) and node.attr.value == "T":
        return bracketed(node.value)
    if (isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute) and not node.args
            and node.func.attr.value in ("t", "transpose")):
        return bracketed(node.func.value)
    return f"{bracketed(node)}.T"


def clashes(run: SureRun) -> Iterator[Clash]:
    """Clashes of this file's own statements whose operands are known for sure."""
    own = {id(s) for s in run.steps}
    for clash in run.it.clashes:
        empty = any(isinstance(o, Term) and o.sample.size == 0 for o in _flat(clash.operands))
        if id(clash.step) in own and not clash.shielded and not empty:
            yield clash


def sure_clashes(run: SureRun) -> Iterator[Clash]:
    """Those of them that no open input takes part in, and whose sizes nobody but their names tells apart."""
    for clash in clashes(run):
        if any(isinstance(o, Term) and run.is_open(o) for o in _flat(clash.operands)):
            continue
        if not any(may_be_square(*pair) for pair in clash.equations):
            yield clash


_AXIS = regex(r"(.+)\.(\d+)")


def may_be_square(a: int, b: int) -> bool:
    """Are the sizes two axes of one input of which nothing is said but their names, as by `m, n = cov.shape`?"""
    places = [_AXIS.fullmatch(_expr(size).name or "") for size in (a, b)]
    first, second = places
    return first is not None and second is not None and first[1] == second[1] and first[2] != second[2]


def _flat(values: Any) -> Iterator[Any]:
    for value in values:
        if isinstance(value, list | tuple):
            yield from _flat(value)
        else:
            yield getattr(value, "term", value)


def is_input(run: SureRun, term: Term) -> bool:
    """Does the shape of a value come from words about an input alone?"""
    leaf = _first_leaf(term)
    return leaf is not None and bool(leaf.label) and run.it.world.leaves.get(leaf.label) is leaf


def described(run: SureRun, node: cst.BaseExpression, term: Term) -> str:
    """The shape of an operand as a message states it: words about an input may be wrong themselves."""
    verb = "is said to be" if is_input(run, term) else "is"
    return f"`{short(node)}` {verb} {run.naming.shape(term.shape)}"


def whence(run: SureRun, node: cst.CSTNode, term: Any) -> tuple[Place, ...]:
    """Where the shape of an operand comes from: the statement that made it, or the parameter that says it."""
    if not isinstance(term, Term):
        return ()
    text, shape, origin = short(node), run.naming.shape(term.shape), term.origin
    made = term.label.startswith("blank") or run.it.world.leaves.get(term.label) is not term
    if isinstance(origin, Step) and (made or (term in run.it.worded and _parameter(run, term) is None)):
        return ((f"`{text}` {'becomes' if made else 'is said to be'} {shape} here", origin, origin.node),)
    leaf = _first_leaf(term)
    found = _parameter(run, leaf) if leaf is not None else None
    if found is not None and leaf is not None:
        step, param = found
        return ((f"`{param.name.value}` is said to be {run.naming.shape(leaf.shape)}", step, param),)
    return ()


def _first_leaf(term: Term) -> Term | None:
    while term.card is not None and len(term.args) == 1:
        term = term.args[0]
    return term if term.card is None else None


def _parameter(run: SureRun, leaf: Term) -> tuple[Step, cst.Param] | None:
    """The parameter of a function of this file that an input stands for, with a step of that function."""
    name = leaf.label.rsplit(".", 1)[-1]
    function = leaf.label.rpartition(".")[0]
    for step in run.steps:
        if step.function != function:
            continue
        tree = step.block.tree()
        for param in _params(tree.module) if tree is not None else ():
            if param.name.value == name:
                return step, param
        return None
    return None


def _params(module: cst.CSTNode) -> Iterator[cst.Param]:
    stack = [module]
    while stack:
        node = stack.pop()
        if isinstance(node, cst.Param):
            yield node
        stack.extend(parts(node))


def span_of(step: Step, node: cst.CSTNode) -> Any:
    """The place of a node in the file; None where it has none."""
    tree = step.block.tree()
    span = tree.spans.get(id(node)) if tree is not None else None
    return (step.block.place(span[0]), step.block.place(span[1])) if span is not None else None


def replacement(step: Step, node: cst.CSTNode, text: str) -> Edit | None:
    """The edit that writes `text` in the place of a node."""
    span = span_of(step, node)
    return Edit(text, *span) if span is not None else None


def outermost(seen: Seen) -> bool:
    """Is the expression a statement's whole value?"""
    return bool(seen.around) and seen.around[-1] is seen.step.node
