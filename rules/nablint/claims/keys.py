"""The letters by which names of a file spell shapes in their suffixes: documented, or told by words that agree."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import libcst as cst

from nablint.claims.evidence import parameter_evidence
from nablint.reading.dimension_keys import dimension_key, key_by_agreement
from nablint.reading.evidence import DimSpec
from nablint.reading.lazily import regex
from nablint.reading.nodes import below
from nablint.reading.source import Block
from nablint.reading.trailing import said_of
from nablint.tracing.values import Class, Function

_SUFFIX = regex(r"[a-z0-9]_[A-Z]{2,6}\b")


def letters(blocks: list[Block], names: Mapping[str, Any]) -> Mapping[str, str]:
    """The letters with what they mean; none for a file without a key whose suffixes nothing confirms.

    names: what the module defines.
    """
    spelled = [b for b in blocks if _SUFFIX.search(b.text)]
    if not spelled:
        return {}
    found = dimension_key("".join(b.text for b in blocks))
    return found or key_by_agreement([*_parameters(names.values()), *_assigned(spelled)])


def _parameters(values: Iterable[Any], inside: tuple[Class, ...] = ()) -> Iterator[tuple[str, tuple[DimSpec, ...]]]:
    for value in values:
        if isinstance(value, Class) and not any(value is outer for outer in inside):  # a class may hold itself
            yield from _parameters(value.names.values(), (*inside, value))
        elif isinstance(value, Function) and isinstance(value.node, cst.FunctionDef):
            for param in value.node.params.params:
                said = parameter_evidence(value, param.name.value)
                if said is not None and said.dims is not None:
                    yield param.name.value, said.dims


def _assigned(blocks: list[Block]) -> Iterator[tuple[str, tuple[DimSpec, ...]]]:
    for block in blocks:
        tree = block.tree()
        for node in below(tree.module) if tree is not None else ():
            if isinstance(node, cst.Assign) and isinstance(target := node.targets[0].target, cst.Name):
                said = said_of(block, node, target.value)
                if said is not None and said.dims is not None:
                    yield target.value, said.dims
