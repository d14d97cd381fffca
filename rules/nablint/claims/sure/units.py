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
from nablint.claims.sure.calling import function_called, method_called
from nablint.claims.sure.texts import assigning, text_of
from nablint.reading.lazily import regex
from nablint.reading.source import Block
from nablint.tracing.interpreter import Interpreter
from nablint.tracing.loading import load
from nablint.tracing.values import (
    Class,
    External,
    Function,
    Instance,
    as_they_stand,
)
from nablint.tracing.worded import RESULT

OPERATION = regex(
    r"[\w\])][ \t]*(?:[-+*/@]|//|\*\*)=?[ \t]*[\w(\[-]|\b(?:dot|matmul|mm|bmm|einsum|reshape|view|transpose|permute|cat"
    r"|concatenate|stack|[hv]stack|softmax|inv|outer|zip|multiply|subtract|divide)\(|\.T\b|\b(?:axis|dim)\s*="
    r"|\.(?:sum|mean|max|min|std|var|prod)\(\s*-?\d|_loss\(")
"""What the rules speak of."""
_OPERAND = r"(?:[^(),]|\([^()]*\))+"
EVIDENCE = regex(
    r"\bshaped?\b|\.size\(|\.dim\(|\.ndim\b"
    r"|\b(?:zeros|ones|empty|full|randn|rand|eye|arange|linspace|normal|uniform|random|standard_normal|array|tensor)\("
    r"|[(\[]\s*(?:[A-Z]\w?|n_?\w*|d_\w+|\d+|batch\w*)\s*,[^()\n]{0,60}[)\]]"
    r"|\b[A-Za-z]\w* x [A-Za-z\d]|[Tt]ensor\w*\[|NDArray\[|\[\s*(?:[\w.]+\.)?(?:ndarray|Array|Tensor|NDArray)\b"
    r"|[a-z0-9]_[A-Z]{2,6}\b|check_shapes?\b|assert_(?:shape|rank)|\beinsum\(|\b(?:rearrange|repeat|reduce)\("
    rf"|\b(?:np|numpy)\.(?:dot|matmul)\({_OPERAND},{_OPERAND},|(?<!\bnp)(?<!\bnumpy)\.dot\({_OPERAND},"
    r"|\binv\(|\bexp\(|softmax|(?:axis|dim)\s*=\s*[12]\b|\.(?:sum|mean|max|min|std|var|prod)\(\s*[12]\b")
"""What may tell a shape, or needs none to be wrong."""
LAYERS = regex(r"\bnn\.[A-Z]\w*(?:\.\w+)?\(|\b(?:Linear|Conv[123]d|Embedding|LSTM|GRU|Sequential)\(")
"""Layers of a library: the methods of an object that has some call them."""
_CALLED = regex(r"\bself\.\w+(?:\[\w+\])?\(|\bin self\.\w+:")
_READ = regex(r"\bself\.(\w+)")
CONTEXT = regex(r"\b(?:torch|nn|F)\.\w|Tensor")
NUMPY = regex(r"\b(?:np|numpy|ndarray)\b")


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
            text = text_of(value)
            if _holds(EVIDENCE, text) or (documented and not documented.isdisjoint(_CALLS.findall(text))):
                yield SureUnit(value.name, text, lambda i, f=value: function_called(i, f), _blocks(value))
        elif isinstance(value, Class) and value.scope is it.scope:
            init = value.lookup("__init__")
            made = text_of(init) if isinstance(init, Function) and isinstance(init.node, cst.FunctionDef) else ""
            own = _holds(EVIDENCE, made) or _holds(EVIDENCE, value.node.get_docstring() or "")
            layered = _holds(LAYERS, made)
            told = frozenset(name for name, functions in assigning(value).items()
                             if any(_holds(EVIDENCE, text_of(f)) for f in functions))
            for function in list(value.names.values()):
                if not isinstance(function, Function) or not isinstance(function.node, cst.FunctionDef):
                    continue
                text = text_of(function)
                worked = _holds(OPERATION, text) and (own or not told.isdisjoint(_READ.findall(text)))
                if _holds(EVIDENCE, text) or worked or (layered and _holds(_CALLED, text)):
                    yield method_unit(program, value, function)
    script = [b for b in program.blocks if not _DEFINITION.match(b.text.lstrip())]
    text = "".join(b.text for b in script)
    if _holds(EVIDENCE, text):
        yield SureUnit("<module>", text, lambda i: _script(i, program), tuple(script), module=True)


_CALLS = regex(r"\b([A-Za-z_]\w*)\(")


def _result_told(program: Program, function: Function) -> bool:
    """Do words tell the shape of what a function of the file returns?"""
    if program.evidence is None or function.block is None or "eturn" not in function.block.text:
        return False
    said = program.evidence(function, RESULT)
    return said is not None and (said.dims is not None or any(p.dims is not None for p in said.parts))


def method_unit(program: Program, cls: Class, function: Function, kept: list[Instance] | None = None) -> SureUnit:
    """The unit of a method; the object that it is called on is put into `kept`."""
    held: list[Instance] = [] if kept is None else kept
    return SureUnit(function.name, text_of(function), lambda it: method_called(it, program, cls, function, held),
                    _blocks(function))


_DEFINITION = regex(r"(?:@|(?:async\s+)?def\s|class\s)")


def _blocks(function: Function) -> tuple[Block, ...]:
    return () if function.block is None else (function.block,)


@lru_cache(maxsize=16384)
def _holds(pattern: re.Pattern[str], text: str) -> bool:
    """Does a text hold what a pattern describes?  After an edit most texts are as they were."""
    return pattern.search(text) is not None


def speaks_torch(text: str, names: dict[str, Any]) -> bool:
    """Are the arrays of this code PyTorch's?"""
    torch = any(isinstance(v, External) and v.name.startswith("torch") for v in names.values())
    numpy = any(isinstance(v, External) and v.name.startswith("numpy") for v in names.values())
    return torch and (not numpy or (CONTEXT.search(text) is not None and NUMPY.search(text) is None))


def _script(it: Interpreter, program: Program) -> None:
    load(it, program.blocks, everything=True)


_ASSIGNED = regex(r"^\s*(?:for\s+)?([A-Za-z_]\w*)(?:\s*,\s*[A-Za-z_]\w*)*\s*(?::[^=\n]+)?"
                  r"(?:=(?!=)|[-+*/@|&]=|//=|\bin\b)", re.M)
_GLOBAL = regex(r"^\s*(?:global|nonlocal)\s+([\w, ]+)", re.M)


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
