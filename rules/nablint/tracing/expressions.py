"""Expressions: what each kind of libcst node evaluates to."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import libcst as cst

from nablint.ops import CARDS
from nablint.tracing.attributes import attribute
from nablint.tracing.builtin import BUILTINS
from nablint.tracing.calls import evaluate_call
from nablint.tracing.comparing import compare, truth
from nablint.tracing.indices import subscript_key
from nablint.tracing.iteration import iterate
from nablint.tracing.loading import global_name, number_read
from nablint.tracing.operators import binary, unary
from nablint.tracing.paths import given
from nablint.tracing.subscripts import index
from nablint.tracing.texts import shown
from nablint.tracing.undecided import YIELDED, joined
from nablint.tracing.values import (
    Array,
    Deferred,
    Function,
    OpenDict,
    Scope,
    Undecided,
    Unknown,
    external,
    is_tainted,
)

if TYPE_CHECKING:
    from nablint.tracing.interpreter import Interpreter

_LITERALS: dict[str, Any] = {}
"""Numbers by how they are written; whoever evaluates a literal compiles it."""


@lru_cache(maxsize=4096)
def _text(written: str) -> Any:
    """The text, or the bytes, that a string in a source stands for."""
    return ast.literal_eval(written)


def _number(it: Interpreter, node: Any, scope: Scope) -> Any:
    text = node.value
    if text not in _LITERALS:
        _LITERALS[text] = ast.literal_eval(text)
    return _LITERALS[text]


def _string(it: Interpreter, node: cst.SimpleString, scope: Scope) -> Any:
    value = _text(node.value)
    return value if isinstance(value, str) else it.unknown("bytes")


def _concatenated(it: Interpreter, node: cst.ConcatenatedString, scope: Scope) -> Any:
    left, right = it.eval(node.left, scope), it.eval(node.right, scope)
    return left + right if isinstance(left, str) and isinstance(right, str) else it.unknown("bytes")


def _formatted(it: Interpreter, node: cst.FormattedString | cst.FormattedStringExpression, scope: Scope) -> Any:
    out = ""
    for part in (node.parts if isinstance(node, cst.FormattedString) else node.format_spec or ()):
        if isinstance(part, cst.FormattedStringText):
            out += part.value
        elif isinstance(part, cst.FormattedStringExpression):
            value = it.eval(part.expression, scope)
            value = value if (text := shown(it, value, node)) is None else text
            spec = _formatted(it, part, scope) if part.format_spec else ""
            if not isinstance(value, str | int | float | bool) or isinstance(spec, Unknown) or len(spec) > 8:
                return it.unknown("a string with unknown parts")
            value = int(value) if isinstance(value, int) and not isinstance(value, bool) else value
            try:
                out += format({"r": repr, "s": str, "a": ascii}.get(part.conversion or "", lambda v: v)(value), spec)
            except (ValueError, OverflowError, MemoryError):
                return it.unknown("a string with an unknown format")
    return out


def _name(it: Interpreter, node: cst.Name, scope: Scope) -> Any:
    name = node.value
    found = scope.find(name)
    if found is None or found is it.scope:
        it.world.read.add(name)
    if found is not None:
        value = found.names[name]
        if found is it.scope and name in it.lazy and type(value) in (dict, list):
            return global_name(it, name)  # statements that call something fill it
        if found is it.scope and type(value) is int:
            number_read(it, name, value)
        return value.value() if type(value) is Deferred else value
    if name in _CONSTANTS:
        return _CONSTANTS[name]
    if name in it.lazy and (given := global_name(it, name)) is not None:
        return given
    if name in BUILTINS:
        return external(name)
    return it.free_name(name)


_CONSTANTS = {"True": True, "False": False, "None": None, "__name__": "__main__", "Ellipsis": ...}


def _attribute(it: Interpreter, node: cst.Attribute, scope: Scope) -> Any:
    return attribute(it, it.eval(node.value, scope), node.attr.value, node)


def _binary(it: Interpreter, node: cst.BinaryOperation, scope: Scope) -> Any:
    return binary(it, type(node.operator).__name__, it.eval(node.left, scope), it.eval(node.right, scope), node)


def _unary(it: Interpreter, node: cst.UnaryOperation, scope: Scope) -> Any:
    return unary(it, type(node.operator).__name__, it.eval(node.expression, scope), node)


def _boolean(it: Interpreter, node: cst.BooleanOperation, scope: Scope) -> Any:
    left = it.eval(node.left, scope)
    known = truth(it, left, node.left)
    if isinstance(node.operator, cst.And):
        return it.eval(node.right, scope) if known else left
    return left if known else it.eval(node.right, scope)


def _comparison(it: Interpreter, node: cst.Comparison, scope: Scope) -> Any:
    left = it.eval(node.left, scope)
    result: Any = True
    for target in node.comparisons:
        right = it.eval(target.comparator, scope)
        if right is None:
            given(it, node.left)
        result = compare(it, type(target.operator).__name__, left, right, node)
        if len(node.comparisons) > 1 and not truth(it, result, node):
            return result
        left = right
    return result


def _subscript(it: Interpreter, node: cst.Subscript, scope: Scope) -> Any:
    return index(it, it.eval(node.value, scope), subscript_key(it, node, scope), node)


def _elements(it: Interpreter, node: Any, scope: Scope) -> Iterator[Any]:
    for element in node.elements:
        if type(element) is cst.StarredElement:
            yield from iterate(it, it.eval(element.value, scope), node)
        else:
            yield it.eval(element.value, scope)


def _dict(it: Interpreter, node: cst.Dict, scope: Scope) -> Any:
    out: dict[Any, Any] = {}
    for element in node.elements:
        value = it.eval(element.value, scope)
        if isinstance(element, cst.DictElement):
            key = it.eval(element.key, scope)
            try:
                out[key] = value
            except TypeError:
                return it.unknown("a dict with unhashable keys")
        elif isinstance(value, dict):
            copy = OpenDict(out) if isinstance(value, OpenDict) else out
            copy.update(value)
            out = copy
        else:
            return it.unknown("a dict unpacked from something unknown", value)
    return out


def _loop(it: Interpreter, node: cst.CompFor, scope: Scope, body: Callable[[Scope], None]) -> None:
    from nablint.tracing.statements import assign  # statements know expressions

    for item in iterate(it, it.eval(node.iter, scope), node.iter):
        it.world.tick()
        assign(it, node.target, item, scope, quiet=True)
        if all(truth(it, it.eval(condition.test, scope), condition.test) for condition in node.ifs):
            if node.inner_for_in is not None:
                _loop(it, node.inner_for_in, scope, body)
            else:
                body(scope)


def _list_comprehension(it: Interpreter, node: Any, scope: Scope) -> Any:
    out: list[Any] = []
    inner = Scope({}, scope, scope.function, comprehension=True)
    _loop(it, node.for_in, inner, lambda s: out.append(it.eval(node.elt, s)))
    return out


def _set_comprehension(it: Interpreter, node: cst.SetComp, scope: Scope) -> Any:
    items = _list_comprehension(it, node, scope)
    try:
        return set(items)
    except TypeError:
        return it.unknown("a set of arrays")


def _dict_comprehension(it: Interpreter, node: cst.DictComp, scope: Scope) -> Any:
    out: dict[Any, Any] = {}
    inner = Scope({}, scope, scope.function, comprehension=True)
    met: list[Any] = []

    def add(s: Scope) -> None:
        met.append(key := it.eval(node.key, s))
        if isinstance(key, str | int | tuple | float):
            out[key] = it.eval(node.value, s)

    outside, it.world.cut = it.world.cut, False
    _loop(it, node.for_in, inner, add)
    cut, it.world.cut = it.world.cut, it.world.cut or outside
    if not out and (met or cut):  # a vocabulary read from a file: whatever is looked up may be in it
        return it.unknown("a dict whose keys are not known", *met)
    return out


def _set(it: Interpreter, node: cst.Set, scope: Scope) -> Any:
    try:
        return set(_elements(it, node, scope))
    except TypeError:
        return it.unknown("a set of arrays")


def _lambda(it: Interpreter, node: cst.Lambda, scope: Scope) -> Any:
    function = Function(node, scope, "<lambda>", block=it.block)
    bind_defaults(it, function)
    return function


def bind_defaults(it: Interpreter, function: Function) -> None:
    """Evaluate the defaults of a function that is made inside another one: loop variables have their present values."""
    if function.scope is it.scope:
        return
    params = function.node.params
    for param in (*params.posonly_params, *params.params, *params.kwonly_params):
        if param.default is not None:
            function.defaults[param.name.value] = it.eval(param.default, function.scope)


def _conditional(it: Interpreter, node: cst.IfExp, scope: Scope) -> Any:
    test = it.eval(node.test, scope)
    if it.entrywise and isinstance(test, Array) and test.term.ndim and test.term.sample.dtype.kind == "b":
        chosen = [it.term(it.eval(part, scope)) for part in (node.body, node.orelse)]
        if chosen[0] is not None and chosen[1] is not None:
            return Array(CARDS["where"](test.term, chosen[0], chosen[1]), test.dialect)
    try:
        taken = truth(it, test, node.test)
    except Undecided:
        it.undecided += 1
        try:
            return joined([it.eval(node.body, scope), it.eval(node.orelse, scope)])
        finally:
            it.undecided -= 1
    return it.eval(node.body if taken else node.orelse, scope)


def _walrus(it: Interpreter, node: cst.NamedExpr, scope: Scope) -> Any:
    from nablint.tracing.statements import assign

    value = it.eval(node.value, scope)
    home = scope
    while home.comprehension and home.outer is not None:
        home = home.outer
    assign(it, node.target, value, home, quiet=True)
    return value


def _yield(it: Interpreter, node: cst.Yield, scope: Scope) -> Any:
    """Generators are run at once; what they yield is collected in the frame."""
    value = it.eval(node.value.item if isinstance(node.value, cst.From) else node.value, scope) if node.value else None
    collected = scope.names.setdefault(YIELDED, [])
    if not isinstance(collected, list):  # branches that yield more or less than one another
        return None
    if isinstance(node.value, cst.From):
        collected.extend(iterate(it, value, node))
    else:
        collected.append(value)
    return None


EXPRESSIONS: dict[type, Callable[..., Any]] = {
    cst.Name: _name,
    cst.Attribute: _attribute,
    cst.Call: evaluate_call,
    cst.BinaryOperation: _binary,
    cst.UnaryOperation: _unary,
    cst.BooleanOperation: _boolean,
    cst.Comparison: _comparison,
    cst.Subscript: _subscript,
    cst.Integer: _number,
    cst.Float: _number,
    cst.Imaginary: _number,
    cst.SimpleString: _string,
    cst.ConcatenatedString: _concatenated,
    cst.FormattedString: _formatted,
    cst.Tuple: lambda it, node, scope: tuple(_elements(it, node, scope)),
    cst.List: lambda it, node, scope: list(_elements(it, node, scope)),
    cst.Set: _set,
    cst.Dict: _dict,
    cst.ListComp: _list_comprehension,
    cst.GeneratorExp: _list_comprehension,
    cst.SetComp: _set_comprehension,
    cst.DictComp: _dict_comprehension,
    cst.Lambda: _lambda,
    cst.IfExp: _conditional,
    cst.NamedExpr: _walrus,
    cst.Yield: _yield,
    cst.Ellipsis: lambda it, node, scope: ...,
    cst.Await: lambda it, node, scope: it.eval(node.expression, scope),
}

__all__ = ["EXPRESSIONS", "is_tainted"]
