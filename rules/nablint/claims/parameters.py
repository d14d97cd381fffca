"""Which variables are parameters of a model, by their names."""

from __future__ import annotations

from nablint.claims.model import Judged
from nablint.tracing.hints import names_parameter


def is_parameter(j: Judged) -> bool:
    """Is the variable of a result an input by the name of a parameter?"""
    return j.wrt is not None and j.wrt.card is None and names_parameter(j.wrt.label)
