"""Spellings of scikit-learn's helpers that check arrays and hand them on, and of its products and norms."""

from __future__ import annotations

from typing import Any

import numpy as np

from nablint.calculus.terms import Term
from nablint.ops.card import op
from nablint.shapes import Misfit, dim
from nablint.tracing.dialects import spelled
from nablint.tracing.dialects.context import as_term, current_graph


def _checks(*names: str) -> list[str]:
    return [f"sklearn.utils.{place}{name}" for name in names for place in ("", "validation.")]


@spelled(*_checks("check_array", "as_float_array"), "statsmodels.tools.validation.array_like")
def check_array(array: Any, *args: Any, **_: Any) -> Term:
    """The array, as numbers."""
    return as_term(array)


@spelled(*_checks("check_X_y"))
def check_pair(X: Any, y: Any, *args: Any, **_: Any) -> tuple[Term, Term]:
    """Samples and targets, of which there are as many."""
    return check_lengths(X, y)


def check_lengths(X: Any, y: Any) -> tuple[Term, Term]:
    """Both; raises `Misfit` where one has more samples than the other."""
    samples, targets = as_term(X), as_term(y)
    if samples.ndim and targets.ndim and samples.shape[0] != targets.shape[0]:
        raise Misfit(f"{samples.shape[0]} samples have {targets.shape[0]} targets",
                     ((dim(samples.shape[0]), dim(targets.shape[0])),))
    return samples, targets


@spelled(*_checks("validate_data"))
def validate_data(estimator: Any, X: Any = "no_validation", y: Any = "no_validation", *args: Any, **_: Any) -> Any:
    """The samples, the targets, or both: what was given."""
    if isinstance(X, str):
        return as_term(y)
    return as_term(X) if isinstance(y, str) or y is None else check_lengths(X, y)


@spelled(*_checks("column_or_1d"))
def column_or_1d(y: Any, *args: Any, **_: Any) -> Term:
    """A column as a vector."""
    y = as_term(y)
    return y if y.ndim == 1 else op.reshape(y, shape=(y.shape[0],))


@spelled(*_checks("check_consistent_length"))
def check_consistent_length(*arrays: Any) -> None:
    """Nothing: what is of another length is complained of elsewhere."""


@spelled(*_checks("_num_samples"))
def num_samples(x: Any) -> Any:
    """How many rows there are."""
    return as_term(x).shape[0]


@spelled(*_checks("_check_sample_weight"))
def check_sample_weight(sample_weight: Any, X: Any, *args: Any, **_: Any) -> Term:
    """A weight for each sample; ones where none are given."""
    count = as_term(X).shape[0]
    given = None if sample_weight is None else as_term(sample_weight)
    if given is not None and given.ndim:
        return given
    ones = current_graph().constant(np.ones(int(count)), (dim(count),))
    return ones if given is None else op.multiply(given, ones)


@spelled("sklearn.utils.extmath.safe_sparse_dot")
def safe_sparse_dot(a: Any, b: Any, *args: Any, **_: Any) -> Term:
    """The product of matrices."""
    return op.dot(as_term(a), as_term(b))


@spelled("sklearn.utils.extmath.row_norms")
def row_norms(X: Any, squared: Any = False) -> Term:
    """The length of each row, or its square."""
    rows = as_term(X)
    squares = op.sum(op.multiply(rows, rows), axis=1, keepdims=False)
    return squares if squared else op.sqrt(squares)
