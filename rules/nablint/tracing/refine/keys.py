"""Indices, keys, truth values and attributes: what an input is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import libcst as cst

from nablint.shapes import Size, dim
from nablint.tracing import hints, sure
from nablint.tracing.documented import evidence_rank
from nablint.tracing.paths import default_of, mode_of
from nablint.tracing.refine.kinds import (
    LIST_LENGTH,
    as_axes,
    as_dict,
    as_integer,
    as_list,
    as_object,
    as_operand,
    as_size,
    as_sizes,
    is_none,
)
from nablint.tracing.refine.numbered import numbered
from nablint.tracing.tables import is_table, of_table
from nablint.tracing.values import Array, External, Method, OpenDict, Pending, PendingShape, Restart

if TYPE_CHECKING:
    from nablint.tracing.interpreter import Interpreter


def indexed(it: Interpreter, p: Pending, key: Any) -> Any:
    """A pending input that is subscripted: a dict, a list or an array."""
    if p.value is not None:
        return p.value
    if isinstance(key, str):
        return as_dict(it, p)
    if isinstance(key, int) and hints.is_shape(hints.base(p.hint)) and not it.world.sure:
        return as_sizes(it, p, max(LIST_LENGTH, key + 1))
    if isinstance(key, tuple | Array) or key is None or key is ...:
        count = sum(1 for k in key if k is not None and k is not ...) if isinstance(key, tuple) else 1
        # `advantages[:, None]` in backward code has as many axes as it says
        widened = isinstance(key, tuple) and None in key and ... not in key and it.graph.tainting
        return as_operand(it, p, at_least=max(count, 1), first=count if widened else None)
    return _list_or_array(it, p)


def iterated(it: Interpreter, p: Pending) -> Any:
    """A pending input that is looped over."""
    if p.value is not None:
        return p.value
    return _list_or_array(it, p)


def measured(it: Interpreter, p: Pending) -> Any:
    """A pending input whose length is asked for: of `dims`, who counts them has the sizes of layers, and no axes."""
    name = hints.base(p.hint)
    if p.value is None and hints.is_axis(name) and hints.is_list(name) and not it.world.sure:
        return as_list(it, p)
    return numbered(it, p) or iterated(it, p)


def _list_or_array(it: Interpreter, p: Pending) -> Any:
    """What has items, by its name, by evidence, or by choice."""
    if it.world.sure:
        return as_operand(it, p)
    if hints.is_axis(hints.base(p.hint)):
        return as_axes(it, p)
    kinds = ("list", "array") if hints.is_list(hints.base(p.hint)) else ("array", "list")
    if evidence_rank(it, p) is not None:
        kinds = ("array",)
    return as_list(it, p) if it.world.choose(f"{p.path}:kind of", kinds) == "list" else as_operand(it, p, at_least=1)


def booleans(it: Interpreter, term: Any) -> None:
    """An input of floats that is inverted bit by bit (`~mask`) holds truth values: start again with that."""
    integers(it, term, kind=2)


def integers(it: Interpreter, term: Any, kind: int = 1) -> None:
    """An input of floats that is used as an index holds integers: start again with that."""
    if it.world.sure:
        return
    # `labels.unsqueeze(1)`, `y.reshape(-1)`, `y[batch]`
    while getattr(term, "card", None) is not None and (len(term.args) == 1 or term.card.name == "getitem"):
        term = term.args[0]
    if getattr(term, "card", None) is not None and term.card.name in ("concatenate", "stack"):
        for part in term.args:  # `targets = np.concatenate([[context], negatives])`
            if part.sample.dtype.kind == "f":
                integers(it, part, kind)
    label = getattr(term, "label", "")
    if label and not term.tainted and it.world.leaves.get(label) is term and it.world.decided(f"{label}:kind") is None:
        use = "an index" if kind == 1 else "a mask"
        raise Restart(f"{label} is used as {use}", decisions=((f"{label}:kind", kind),))


def truncated(it: Interpreter, index: Any) -> None:
    """What is used as an index once it has been cut off to integers (`np.asarray(X, dtype=int)`) was of integers."""
    while not it.world.sure and index.card is not None and (len(index.args) == 1 or index.card.name == "getitem"):
        before = index.args[0]
        if index.card.name == "cast" and index.sample.dtype.kind == "i" and before.sample.dtype.kind == "f":
            integers(it, before)
            return
        index = before


def sparse(it: Interpreter, test: Any) -> bool:
    """`if gradient == 0: continue`: the code is for a cotangent with a single entry; start again with such a one.

    True where it has a single entry: then it is as the code wants it.
    """
    if not any(a.is_constant and not a.sample.any() for a in test.args):
        return False
    single = False
    for term in test.args:
        while term.card is not None and term.card.name in ("getitem", "renamed"):
            term = term.args[0]
        key = f"{term.label}:single"
        if term.ndim and term.tainted and it.world.leaves.get(term.label) is term:
            if not it.world.decided(key):
                raise Restart(f"{term.label} has a single entry", decisions=((key, 1),))
            single = True
    return single


def as_key(it: Interpreter, p: Pending, container: Any) -> Any:
    """A pending input as a key of a list or dict."""
    if p.value is not None:
        return p.value
    if isinstance(container, list | tuple) and not it.world.sure:
        p.value = 0
        return 0
    if isinstance(container, dict) and not isinstance(container, OpenDict) and not it.world.sure:
        known = [key for key in container if isinstance(key, str)]
        if known and not isinstance(container[known[0]], Array):  # a table of functions, or of classes
            p.value = it.world.choose(f"{p.path}:key", known[:_KEYS], 0.3)
            return p.value
    return it.unknown(f"{p.path} is a key, and which is not known")


def as_index(it: Interpreter, p: Pending, array: Array, axis: int, *, paired: bool = False) -> Any:
    """A pending input as an index of an array: labels, or a counter.

    paired: another part of the index lists places, and this one has an entry for each of them.
    """
    if p.value is not None:
        return p.value
    if it.world.sure:
        return sure.operand(it, p)
    name = hints.base(p.hint)
    size = array.term.shape[axis] if axis < len(array.term.shape) else Size(1)
    forms = ("counter", "labels") if hints.is_counter(name) or p.path.endswith("]") else ("labels", "counter")
    if paired and forms[0] == "labels":
        forms = forms[:1]
    if p.evidence is not None and p.evidence.kind == "int":
        forms = ("counter",)
    if it.world.choose(f"{p.path}:index", forms) == "counter":
        p.value = 1
        it.counted_on = True
        return 1
    length = array.term.shape[0] if axis else it.world.dimension(f"{p.path}.0")
    term = it.world.leaf(p.path, (dim(length),), kind="int", high=int(size))
    p.value = Array(term, it.dialect)
    it.names.setdefault(term, p.path)
    return p.value


def flag_of(it: Interpreter, p: Pending) -> Any:
    """The input as a flag that is off by default."""
    if p.value is None:
        p.value = default_of(it, bool(p.default), p.path)
    return p.value


def is_string(it: Interpreter, p: Pending, text: str) -> bool:
    """An input compared with a constant string: a path for each string, every one of which is judged."""
    if isinstance(p.value, str):
        return p.value == text
    if (asked := it.world.choices.get(f"{p.path}:none")) is not None:
        asked.fork = True  # none is one of the modes
    if p.value is None and it.world.choose(f"{p.path}=={text!r}", (True, False), fork=True):
        p.value = mode_of(text, p.path)
        return True
    return False


def truth_of(it: Interpreter, p: Pending) -> bool:
    """An input as a condition."""
    if p.value is not None:
        from nablint.tracing.comparing import truth

        return truth(it, p.value, cst.Name("x"))
    return bool(it.world.choose(f"{p.path}:true", (True, False)))


def has_key(it: Interpreter, container: Pending, item: Any) -> Any:
    """`key in inputs`."""
    if isinstance(item, int) and container.value is None and hints.is_axis(hints.base(container.hint)):
        as_axes(it, container)
    if isinstance(container.value, dict | list | tuple):
        return item in container.value
    return bool(it.world.choose(f"{container.path}:has {item!r}", (True, False))) if isinstance(item, str) else False


def is_instance(it: Interpreter, p: Pending, names: set[str]) -> bool:
    """`isinstance(input, kind)`: arrays and numbers are likelier than containers."""
    if names & {"ndarray", "Tensor"}:
        return True
    if isinstance(p.value, int):
        return "int" in names
    if p.value is None and p.optional and is_none(it, p):
        return False
    name = hints.base(p.hint)
    if "int" in names and not names & {"float"} and (hints.is_hyper(name) or hints.is_size(name)):
        if it.world.choose(f"{p.path}:is {sorted(names)}", (True, False)):
            as_size(it, p)
            return True
        return False
    if names & {"list", "tuple", "dict", "str", "int"} and not names & {"float"}:
        whole = names == {"int"} and hints.is_axis(hints.base(p.hint))
        taken = bool(it.world.choose(f"{p.path}:is {sorted(names)}", (whole, not whole)))
        if taken and names == {"int"}:
            as_integer(it, p)
        return taken
    return False


_KEYS = 3
"""Entries of a table that are tried for a key of which nothing is known."""

_DICT_METHODS = frozenset({"keys", "values", "items", "get", "update", "setdefault"})

_LIST_METHODS = frozenset({"append", "extend", "insert", "pop"})


def attribute_of(it: Interpreter, p: Pending, name: str, node: Any) -> Any:
    """An attribute of a pending input: it tells an array, a dict, a list or an object."""
    from nablint.tracing.attributes import attribute

    if p.value is not None:
        return attribute(it, p.value, name, node)
    if is_table(p) and (found := of_table(p, name)) is not None:
        return found
    if name == "shape":
        return PendingShape(p)
    if name == "size" and it.world.sure and it.dialect == "torch":
        return Method(p, name)
    if name == "dtype" and not it.world.sure:
        it.world.choose(f"{p.path}:kind", ("float", "int"), 1.2)
    if it.world.sure and hints.base(p.hint) == "xp" and _of_namespace(it, name):
        return External(f"numpy.{name}")
    if name in _DICT_METHODS:
        return Method(as_dict(it, p), name)
    if hints.is_generator(hints.base(p.hint)) and f"numpy.random.RandomState().{name}" in it.spellings:
        return External(f"numpy.random.RandomState().{name}")
    if name in _LIST_METHODS:
        return it.unknown(f"what {p.path} holds") if it.world.sure else Method(as_list(it, p), name)
    if name in ("format", "lower", "upper", "startswith", "endswith") or (name == "split" and it.dialect != "torch"):
        return it.unknown("an unknown string")
    if name == "requires_grad" and it.dialect == "torch":
        return True
    if it.world.sure and name in sure.REDUCTIONS and evidence_rank(it, p) is None:
        return Method(p, name)
    if name == "flat" or (name not in _OBJECT and {f"ndarray.{name}", f"Tensor.{name}"} & it.spellings.keys()):
        array = as_operand(it, p, at_least=_least(it, p, name))
        return attribute(it, array, name, node)
    return attribute(it, as_object(it, p), name, node)


def _of_namespace(it: Interpreter, name: str) -> bool:
    """Is it a function of the array namespace, and nothing that an array has?"""
    if name in ("linalg", "fft"):
        return True
    return f"numpy.{name}" in it.spellings and not {f"ndarray.{name}", f"Tensor.{name}"} & it.spellings.keys()


_OBJECT = frozenset({"data", "grad", "requires_grad", "name", "params", "forward", "weight", "bias", "W", "b"})


def _least(it: Interpreter, p: Pending, name: str) -> int:
    return (
        2
        if name in ("T", "mT", "t", "dot", "mm")
        and not hints.is_vector(hints.base(p.hint))
        and evidence_rank(it, p) is None
        else 0
    )
