"""What is run to see the shapes of code: every function and method that holds matrix code and evidence, and the script.

The text decides which are worth a run.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import libcst as cst

from nablint.claims.program import Program
from nablint.claims.sure.objects import settle
from nablint.reading.source import Block
from nablint.tracing.functions import call_function, default_value, instantiate
from nablint.tracing.interpreter import Interpreter
from nablint.tracing.loading import load
from nablint.tracing.values import (
    Class,
    External,
    Function,
    Instance,
    Pending,
    RaiseSignal,
    Unknown,
    as_they_stand,
)
from nablint.tracing.worded import RESULT

OPERATION = re.compile(
    r"[\w\])][ \t]*(?:[-+*/@]|//|\*\*)=?[ \t]*[\w(\[-]|\b(?:dot|matmul|mm|bmm|einsum|reshape|view|transpose|permute|cat"
    r"|concatenate|stack|[hv]stack|softmax|inv|outer|zip|multiply|subtract|divide)\(|\.T\b|\b(?:axis|dim)\s*="
    r"|\.(?:sum|mean|max|min|std|var|prod)\(\s*-?\d|_loss\(")
"""What the rules speak of."""
EVIDENCE = re.compile(
    r"\bshaped?\b|\.size\(|\.dim\(|\.ndim\b"
    r"|\b(?:zeros|ones|empty|full|randn|rand|eye|arange|linspace|normal|uniform|random|standard_normal|array|tensor)\("
    r"|[(\[]\s*(?:[A-Z]\w?|n_?\w*|d_\w+|\d+|batch\w*)\s*,[^()\n]{0,60}[)\]]"
    r"|\b[A-Za-z]\w* x [A-Za-z\d]|[Tt]ensor\w*\[|NDArray\[|\[\s*(?:[\w.]+\.)?(?:ndarray|Array|Tensor|NDArray)\b"
    r"|[a-z0-9]_[A-Z]{2,6}\b|check_shapes?\b|assert_(?:shape|rank)|\beinsum\(|\b(?:rearrange|repeat|reduce)\("
    r"|\binv\(|\bexp\(|softmax|(?:axis|dim)\s*=\s*[12]\b|\.(?:sum|mean|max|min|std|var|prod)\(\s*[12]\b")
"""What may tell a shape, or needs none to be wrong."""
LAYERS = re.compile(r"\bnn\.[A-Z]\w*(?:\.\w+)?\(|\b(?:Linear|Conv[123]d|Embedding|LSTM|GRU|Sequential)\(")
"""Layers of a library: the methods of an object that has some call them."""
_CALLED = re.compile(r"\bself\.\w+(?:\[\w+\])?\(|\bin self\.\w+:")
_READ = re.compile(r"\bself\.(\w+)")
CONTEXT = re.compile(r"\b(?:torch|nn|F)\.\w|Tensor")
NUMPY = re.compile(r"\b(?:np|numpy|ndarray)\b")


@dataclass(slots=True)
class SureUnit:
    """A function, a method, or the module's own statements (no function)."""

    name: str
    text: str
    run: Callable[[Interpreter], None]
    blocks: tuple[Block, ...] = ()
    module: bool = False
    kind: str = "shapes"
    functions: tuple[str, ...] = ()


def sure_units(program: Program) -> Iterator[SureUnit]:
    """The units of a module, in source order, the script last."""
    it = program.loader
    if not any(_holds(OPERATION, b.text) or _holds(LAYERS, b.text) for b in program.blocks):
        return
    names = as_they_stand(program.names)
    documented = frozenset(n for n, v in names.items() if isinstance(v, Function) and _result_told(program, v))
    for value in names.values():
        if isinstance(value, Function) and value.scope is it.scope and isinstance(value.node, cst.FunctionDef):
            text = _text(value)
            if _holds(EVIDENCE, text) or (documented and not documented.isdisjoint(_CALLS.findall(text))):
                yield SureUnit(value.name, text, lambda i, f=value: _function(i, f), _blocks(value))
        elif isinstance(value, Class) and value.scope is it.scope:
            init = value.lookup("__init__")
            made = _text(init) if isinstance(init, Function) and isinstance(init.node, cst.FunctionDef) else ""
            own = _holds(EVIDENCE, made) or _holds(EVIDENCE, value.node.get_docstring() or "")
            layered = _holds(LAYERS, made)
            told = frozenset(name for name, functions in _assigning(value).items()
                             if any(_holds(EVIDENCE, _text(f)) for f in functions))
            for function in list(value.names.values()):
                if not isinstance(function, Function) or not isinstance(function.node, cst.FunctionDef):
                    continue
                text = _text(function)
                worked = _holds(OPERATION, text) and (own or not told.isdisjoint(_READ.findall(text)))
                if _holds(EVIDENCE, text) or worked or (layered and _holds(_CALLED, text)):
                    yield method_unit(program, value, function)
    script = [b for b in program.blocks if not _DEFINITION.match(b.text.lstrip())]
    text = "".join(b.text for b in script)
    if _holds(EVIDENCE, text):
        yield SureUnit("<module>", text, lambda i: _script(i, program), tuple(script), module=True)


_CALLS = re.compile(r"\b([A-Za-z_]\w*)\(")


def _result_told(program: Program, function: Function) -> bool:
    """Do words tell the shape of what a function of the file returns?"""
    if program.evidence is None or function.block is None or "eturn" not in function.block.text:
        return False
    said = program.evidence(function, RESULT)
    return said is not None and (said.dims is not None or any(p.dims is not None for p in said.parts))


def method_unit(program: Program, cls: Class, function: Function, kept: list[Instance] | None = None) -> SureUnit:
    """The unit of a method; the object that it is called on is put into `kept`."""
    held: list[Instance] = [] if kept is None else kept
    return SureUnit(function.name, _text(function), lambda it: _method(it, program, cls, function, held),
                    _blocks(function))


_DEFINITION = re.compile(r"(?:@|(?:async\s+)?def\s|class\s)")


def _blocks(function: Function) -> tuple[Block, ...]:
    return () if function.block is None else (function.block,)


@lru_cache(maxsize=16384)
def _holds(pattern: re.Pattern[str], text: str) -> bool:
    """Does a text hold what a pattern describes?  After an edit most texts are as they were."""
    return pattern.search(text) is not None


def _text(function: Function, *, outside: bool = False) -> str:
    """The source of a function of the file with its decorators; empty for what stands in another one, unless that is
    asked for.
    """
    block = function.block
    tree = block.tree() if block is not None and (outside or not block.outside) else None
    span = tree.spans.get(id(function.node)) if tree is not None else None
    if block is None or tree is None or span is None:
        return ""
    decorators = function.node.decorators if isinstance(function.node, cst.FunctionDef) else ()
    first = tree.spans.get(id(decorators[0]), span) if decorators else span
    return _rows(block.text, first[0].row, span[1].row)


@lru_cache(maxsize=4096)
def _rows(text: str, first: int, last: int) -> str:
    return "\n".join(text.split("\n")[first - 1 : last])


def inputs(it: Interpreter, function: Function, *, bound: bool) -> list[Any]:
    """An input for every parameter that is passed: what has a default that is no number has its default."""
    params = function.node.params
    out: list[Any] = []
    for param in [*params.posonly_params, *params.params][int(bound):]:
        pending = it.input(param.name.value, function)
        if param.default is not None:
            default = default_value(it, function, param)
            said = pending.evidence is not None and pending.evidence.dims is not None
            if not said and not isinstance(default, int | float) | isinstance(default, bool):
                out.append(default)
                continue
            pending.default = default if isinstance(default, int | float) else None
        out.append(pending)
    return out


def speaks_torch(text: str, names: dict[str, Any]) -> bool:
    """Are the arrays of this code PyTorch's?"""
    torch = any(isinstance(v, External) and v.name.startswith("torch") for v in names.values())
    numpy = any(isinstance(v, External) and v.name.startswith("numpy") for v in names.values())
    return torch and (not numpy or (CONTEXT.search(text) is not None and NUMPY.search(text) is None))


def _function(it: Interpreter, function: Function) -> None:
    call_function(it, function, inputs(it, function, bound=False), {}, None)


def _method(it: Interpreter, program: Program, cls: Class, function: Function, kept: list[Instance]) -> None:
    if function.kind == "static":
        _function(it, function)
        return
    if function.kind == "class":
        call_function(it, function, [cls, *inputs(it, function, bound=True)], {}, None)
        return
    init = cls.lookup("__init__")
    if isinstance(init, Function) and init.node is function.node:
        instantiate(it, cls, inputs(it, init, bound=True), {}, None)
        return
    try:
        given = inputs(it, init, bound=True) if isinstance(init, Function) else []
        instance = instantiate(it, cls, given, {}, None)
    except RaiseSignal:
        instance = Instance(cls, {}, "self")
    kept.append(instance)
    settle(it, program, cls, instance, _assigning(cls), _text(function))
    for value in instance.names.values():
        if isinstance(value, list | dict):
            _forget(value)
    call_function(it, function, [instance, *inputs(it, function, bound=True)], {}, None)


_LEFT = re.compile(r"^[ \t]*([^#=\n(]*\bself\.[^#=\n(]*?)(?:[-+*/@|&%]|//|\*\*)?=(?!=)", re.M)
_KEPT = re.compile(r"\bself\.(\w+)(?!\w*[.\[(])")


@lru_cache(maxsize=4096)
def _stored(text: str) -> frozenset[str]:
    """The attributes of `self` that a function assigns, by its text."""
    return frozenset(name for left in _LEFT.findall(text) for name in _KEPT.findall(left))


def _assigning(cls: Class) -> dict[str, list[Function]]:
    """Attributes that methods other than `__init__` assign, with these methods."""
    found: dict[str, list[Function]] = {}
    for part in cls.order():
        for name, function in part.names.items():
            if isinstance(function, Function) and isinstance(function.node, cst.FunctionDef) and name != "__init__":
                for stored in _stored(_text(function, outside=True)):
                    found.setdefault(stored, []).append(function)
    return found


def _forget(container: Any) -> None:
    """What a list or dict of an object holds may have changed since it was made."""
    for key in list(container) if isinstance(container, dict) else range(len(container)):
        if not isinstance(container[key], Pending):
            container[key] = Unknown("it may have changed since")


def _script(it: Interpreter, program: Program) -> None:
    load(it, program.blocks, everything=True)


_ASSIGNED = re.compile(r"^\s*(?:for\s+)?([A-Za-z_]\w*)(?:\s*,\s*[A-Za-z_]\w*)*\s*(?::[^=\n]+)?"
                       r"(?:=(?!=)|[-+*/@|&]=|//=|\bin\b)", re.M)
_GLOBAL = re.compile(r"^\s*(?:global|nonlocal)\s+([\w, ]+)", re.M)


def unsure_names(program: Program) -> set[str]:
    """Names of the module that hold now this and now that: assigned more than once, or by a function."""
    if program.unsure is None:
        counted: Counter[str] = Counter()
        found: set[str] = set()
        for block in program.blocks:
            once, elsewhere = _assigned_by(block.text)
            counted.update(once)
            found |= elsewhere
        program.unsure = found | {name for name, times in counted.items() if times > 1}
    return program.unsure


@lru_cache(maxsize=4096)
def _assigned_by(text: str) -> tuple[tuple[str, ...], frozenset[str]]:
    """The module's names that a block assigns as often as it stands there, and those that its functions assign."""
    own = () if _DEFINITION.match(text.lstrip()) else tuple(_ASSIGNED.findall(text))
    return own, frozenset(n.strip() for names in _GLOBAL.findall(text) for n in names.split(","))
