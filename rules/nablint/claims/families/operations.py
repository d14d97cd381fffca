"""Operations of an engine, told from the text: who makes variables, who applies a class, who walks the graph."""

from __future__ import annotations

import libcst as cst

from nablint.claims import names
from nablint.claims.families.closures import DATA
from nablint.claims.inputs import parameters
from nablint.reading.lazily import regex
from nablint.reading.nodes import below
from nablint.tracing.values import Class, Function

BINARY = regex(r"^__r?(add|sub|mul|truediv|matmul|pow|div)__$")


def walks(back: Function) -> bool:
    """Does a method go on to other variables: does it call itself on them, or set their gradients?"""
    for part in below(back.node.body):
        if isinstance(part, cst.Call) and isinstance(part.func, cst.Attribute) and names.is_backward(
                part.func.attr.value):
            if not (isinstance(part.func.value, cst.Call) or _is_self(part.func.value, back)):
                return True
    return False


def _is_self(node: cst.BaseExpression, function: Function) -> bool:
    first = function.node.params.params[:1]
    return isinstance(node, cst.Name) and bool(first) and node.value == first[0].name.value


def operates(function: Function, cls: Class) -> bool:
    """Does a method make a variable of its class, or hand on what another function makes?"""
    if not isinstance(function.node, cst.FunctionDef) or function.kind != "function":
        return False
    name = function.name.rpartition(".")[2]
    if name.startswith("__") and not BINARY.match(name) and name not in ("__neg__", "__getitem__", "__abs__"):
        return False
    return any(isinstance(p, cst.Return) and p.value is not None and _makes(p.value, cls) for p in below(
        function.node.body))


def _makes(node: cst.BaseExpression, cls: Class) -> bool:
    """`Tensor(...)`, `type(self)(...)`, or a name, which may hold one."""
    if isinstance(node, cst.Name):
        return node.value not in ("True", "False", "None")
    if not isinstance(node, cst.Call):
        return False
    made = node.func
    return (isinstance(made, cst.Name) and made.value == cls.name) or (
        isinstance(made, cst.Attribute) and made.attr.value == "__class__") or isinstance(made, cst.Call)


def applies(function: Function) -> bool:
    """Does a function of the module only apply an operation's class: `return Mul()(a, b)`?"""
    if not isinstance(function.node, cst.FunctionDef) or len(parameters(function, bound=False)) > 3:
        return False
    last = next((p for p in reversed(list(below(function.node.body))) if isinstance(p, cst.Return)), None)
    return last is not None and isinstance(last.value, cst.Call) and isinstance(last.value.func, cst.Call)


def holds_variables(back: Function, cls: Class) -> bool:
    """Are gradients variables themselves: is one made in `backward`, or is it asked what only variables have?"""
    own = {n for n in cls.names if not n.startswith("__")}
    for part in below(back.node.body):
        if isinstance(part, cst.Call) and isinstance(part.func, cst.Name) and part.func.value == cls.name:
            return True
        if isinstance(part, cst.Attribute) and isinstance(part.value, cst.Name) and names.is_gradient_name(
                part.value.value) and (part.attr.value in DATA or part.attr.value in own):
            return True
    return False
