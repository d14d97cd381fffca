"""Data that pandas and scikit-learn give: tables, their columns, and what is split or scaled of them, are inputs."""

from __future__ import annotations

from typing import Any

from nablint.reading.lazily import regex
from nablint.tracing.values import Method, Pending

OF_DATA = ("pandas.", "sklearn.")
"""What functions of these packages give without a parameter of the network is data, whatever they do with it."""

_METHODS = frozenset({"to_numpy", "astype", "copy", "drop", "dropna", "fillna", "sample", "head", "tail", "reset_index",
                      "select_dtypes"})
_ENTRIES = ".values"
_SPLIT = regex(r"sklearn\.(?:model_selection|cross_validation)\.train_test_split$")
_ARRAYS = regex(r"(?:pandas\..*\.values|sklearn\..*(?:\[\d+\]|transform\(\)@\d+|\.(?:data|target)))$")


def is_table(value: Any) -> bool:
    """Is it a table, or a part of one?"""
    return (isinstance(value, Pending) and value.value is None and value.path.startswith("pandas.")
            and not value.path.endswith(_ENTRIES))


def columns(table: Pending, key: Any) -> Pending | None:
    """`table["price"]`, a column, and `table[["size", "rooms"]]`, several; None for rows by number."""
    if isinstance(key, str):
        return Pending(f"{table.path}[{key!r}]", "mean")  # of one axis
    if isinstance(key, list) and key and all(isinstance(k, str) for k in key):
        return Pending(f"{table.path}{key!r}", "X")
    return None


def of_table(table: Pending, name: str) -> Any:
    """The entries of the table, or a method of it; None for attributes that arrays have as well."""
    if name in ("values", "iloc", "loc"):
        return Pending(f"{table.path}{_ENTRIES}", table.hint)
    return Method(table, name) if name in _METHODS else None


def called(method: Method, row: int) -> Any:
    """What a method of a table gives: its entries, or another table."""
    table = method.receiver
    if method.name not in _METHODS or not is_table(table):
        return None
    if method.name == "to_numpy":
        return Pending(f"{table.path}{_ENTRIES}", table.hint)
    return table if method.name in ("astype", "copy", "fillna") else Pending(
        f"{table.path}.{method.name}()@{row}", table.hint)


def split(name: str, count: int, row: int) -> tuple[Pending, ...] | None:
    """Two parts of each of several arrays, where a function of this dotted name splits them; None for others."""
    if _SPLIT.match(name) is None:
        return None
    return tuple(Pending(f"{name}()@{row}[{k}]", "X") for k in range(2 * count))


def named(value: Pending, name: str) -> Pending:
    """Data that is given a name goes by it: `y_train` is a target, wherever it comes from."""
    if value.value is not None or not value.path.startswith(OF_DATA) or _ARRAYS.match(value.path) is None:
        return value
    return Pending(name, value.hint if value.hint == "mean" else name)
