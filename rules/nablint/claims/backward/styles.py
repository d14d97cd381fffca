"""Backward functions as files write them: a pair with a cache, a method beside `forward`, an autograd function."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import libcst as cst

from nablint.calculus.terms import Term
from nablint.claims import names
from nablint.claims.backward.forward import (
    CannotWrite,
    Forward,
    is_autograd,
    is_real,
    of_autograd,
    of_function,
    of_method,
)
from nablint.claims.backward.statements import Statements, derive
from nablint.claims.inputs import settle
from nablint.claims.program import Program
from nablint.reading.lazily import regex
from nablint.tracing.values import Array, Class, External, Function

_AHEAD = regex(r"forward|fwd|(?<![a-z])fprop", re.I)
_BACK = {"forward": "backward", "fwd": "bwd", "fprop": "bprop"}


@dataclass(frozen=True, slots=True)
class Backward:
    """A backward pass: its name, its code with the file's indentation, and the row that it is to stand before."""

    name: str
    text: str
    row: int


def compose(program: Program, name: str, *, steady: bool = True) -> Backward:
    """The backward pass of a function, a method or a class with a `forward`; raises `CannotWrite`.

    steady: see `derive`.
    """
    head, _, method = name.partition(".")
    found = program.names.get(head)
    if isinstance(found, Class) and found.scope is program.scope:
        return _of_class(program, found, method, steady=steady)
    if isinstance(found, Function) and not method and isinstance(found.node, cst.FunctionDef) \
            and found.scope is program.scope:
        return _of_function(program, found, steady=steady)
    raise CannotWrite(f"the file defines no function or class `{name}`")


# -- pairs -------------------------------------------------------------------------------------------------------------


def _of_function(program: Program, function: Function, *, steady: bool) -> Backward:
    name = backward_name(function.name)
    if name in program.names:
        raise CannotWrite(f"`{name}` is there already")
    forward = of_function(program, function)
    reach: dict[Term, str] = {}
    given: list[str] = []
    head: list[str] = []
    for word, value in forward.extra.items():
        given.append(word)
        head += _opened(forward, word, settle(value), reach)
    arriving = _arriving(forward)
    if not forward.extra:
        reach |= {t: n for n, t in _reachable(forward.arguments)}
    wanted = [(n, f"d{n}", t) for n, t in forward.variables()]
    body = derive(forward, arriving, reach, wanted, dot=_writes_dot(function), steady=steady)
    if not forward.extra:
        used = body.used()
        given = [n for n in forward.arguments if n in used]
    returned = _returned(body)
    params = ", ".join(([arriving] if forward.output.term.ndim else []) + given)
    lines = [f"def {name}({params}):", *("    " + line for line in _pruned(head, body)),
             *(f"    {left} = {right}" for left, right in body.lines), f"    return {', '.join(returned)}"]
    return Backward(name, _finish(program, lines, ""), _after(function))


def backward_name(name: str) -> str:
    """`affine_forward` -> `affine_backward`, `relu` -> `relu_backward`."""
    found = _AHEAD.search(name)
    if found is None:
        return f"{name}_backward"
    word = _BACK[found[0].lower()]
    return name[:found.start()] + (word.title() if found[0][0].isupper() else word) + name[found.end():]


def _opened(forward: Forward, word: str, value: Any, reach: dict[Term, str]) -> list[str]:
    """The line that unpacks what was cached, and the names that it gives."""
    if isinstance(value, Array):
        reach.setdefault(value.term, word)
        return []
    if isinstance(value, dict):
        for key, item in value.items():
            if isinstance(item := settle(item), Array) and isinstance(key, str):
                reach.setdefault(item.term, f"{word}[{key!r}]")
        return []
    if not isinstance(value, tuple | list):
        return []
    parts: list[str] = []
    for i, item in enumerate(value):
        local = forward.name_of(item)
        parts.append(local or f"{word}_{i}")
        item = settle(item)
        if isinstance(item, Array):
            reach.setdefault(item.term, parts[-1])
        elif isinstance(item, dict):
            _opened(forward, parts[-1], item, reach)
    return [f"{', '.join(parts)}{',' if len(parts) == 1 else ''} = {word}"]


def _pruned(head: list[str], body: Statements) -> list[str]:
    """Without unpacking where nothing of it is used."""
    used = body.used()
    return [line for line in head if {n.strip(" ,") for n in line.split("=")[0].split(",")} & used]


# -- classes -----------------------------------------------------------------------------------------------------------


def _of_class(program: Program, cls: Class, method: str, *, steady: bool) -> Backward:
    usual = ("forward", "__call__", "forward_pass")
    word = method or next((n for n in usual if isinstance(cls.lookup(n), Function)), "")
    function = cls.lookup(word) if word else None
    if not isinstance(function, Function) or not isinstance(function.node, cst.FunctionDef) \
            or function.name.partition(".")[0] != cls.name:
        raise CannotWrite(f"`{cls.name}` has no method `{word or 'forward'}` of its own")
    name = backward_name(word) if word != "__call__" else "backward"
    if isinstance(cls.lookup(name), Function):
        raise CannotWrite(f"`{cls.name}.{name}` is there already")
    if is_autograd(program, cls):
        return _of_autograd(program, cls, function, steady=steady)
    forward = of_method(program, cls, function)
    assert forward.keeper is not None
    arriving = _arriving(forward)
    reach = {t: f"self.{n}" for n, t in _reachable(forward.keeper.names)}
    arguments = {t for _, t in forward.variables()}
    wanted = [(n, f"d{n}", t) for n, t in forward.variables()]
    wanted += [(f"self.{n}", f"self.d{n}", t) for n, t in _reachable(forward.keeper.names)
               if t.card is None and t.ndim and is_real(t) and t not in arguments]
    body = derive(forward, arriving, reach, wanted, dot=_writes_dot(function), steady=steady)
    returned = [n for n in _returned(body) if not n.startswith("self.")]
    params = ", ".join(["self", *([arriving] if forward.output.term.ndim else [])])
    lines = [f"def {name}({params}):", *(f"    {left} = {right}" for left, right in body.lines)]
    if returned:
        lines.append(f"    return {', '.join(returned)}")
    return Backward(f"{cls.name}.{name}", _finish(program, lines, "    "), _after(function))


def _of_autograd(program: Program, cls: Class, function: Function, *, steady: bool) -> Backward:
    forward = of_autograd(program, cls, function)
    assert forward.keeper is not None
    held = forward.keeper.names
    saved = held.get("saved_tensors", ())
    reach: dict[Term, str] = {}
    head = _opened(forward, "ctx.saved_tensors", saved, reach) if isinstance(saved, tuple) and saved else []
    reach |= {t: f"ctx.{n}" for n, t in _reachable(held) if t not in reach}
    arriving = "grad_output"
    wanted = [(n, f"grad_{n}", t) for n, t in forward.variables()]
    body = derive(forward, arriving, reach, wanted, label="grad_", steady=steady)
    if not forward.output.term.ndim:
        raise CannotWrite("forward returns a number; PyTorch derives that by itself from the loss upwards")
    returned = [body.gradients.get(n) or "None" for n in forward.arguments]
    lines = ["@staticmethod", f"def backward(ctx, {arriving}):", *("    " + line for line in _pruned(head, body)),
             *(f"    {left} = {right}" for left, right in body.lines), f"    return {', '.join(returned)}"]
    return Backward(f"{cls.name}.backward", _finish(program, lines, "    "), _after(function))


# -- what they share ---------------------------------------------------------------------------------------------------


def _arriving(forward: Forward) -> str:
    """`dout` for `out`, `dz` for `z`."""
    name = forward.output_name
    return f"d{name}" if name.isidentifier() and names.is_gradient_name(f"d{name}") else "dout"


def _reachable(held: dict[str, Any]) -> list[tuple[str, Term]]:
    return [(name, value.term) for name, value in ((n, settle(v)) for n, v in held.items())
            if isinstance(value, Array) and name.isidentifier()]


def _returned(body: Statements) -> list[str]:
    found = [n for n in body.gradients.values() if n]
    if not found:
        raise CannotWrite("nothing that it returns depends on an array among its arguments")
    return found


def _writes_dot(function: Function) -> bool:
    return function.block is not None and "dot(" in function.block.text


def _after(function: Function) -> int:
    """The row behind a function."""
    block = function.block
    tree = block.tree() if block is not None else None
    assert block is not None
    assert tree is not None
    return block.place(tree.spans[id(function.node)][1]).row + 1


def _finish(program: Program, lines: list[str], indent: str) -> str:
    """The code by the file's own name for numpy or torch."""
    text = "".join(f"{indent}{line}\n" for line in lines)
    for plain, library in (("np", "numpy"), ("torch", "torch")):
        alias = next((n for n, v in program.names.items() if isinstance(v, External) and v.name == library), None)
        if alias is not None:
            text = re.sub(rf"(?<![\w.]){plain}\.", f"{alias}.", text)
    return text
