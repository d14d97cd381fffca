"""Which variables are parameters of a model, by their names."""

from __future__ import annotations

import re

from nablint.claims.model import Judged
from nablint.tracing.hints import base

_PARAMETER = re.compile(r"^_?(W|w|b|U|V|theta|gamma|beta|weights?|bias(es)?|kernel|filters?|syn|embed|blank|params?|"
                        r"lut|coef)", re.I)


def is_parameter(j: Judged) -> bool:
    """Is the variable of a result an input by the name of a parameter?"""
    return j.wrt is not None and j.wrt.card is None and names_parameter(j.wrt.label)


def names_parameter(path: str) -> bool:
    """Is an input of this path a parameter by its name?"""
    return bool(_PARAMETER.match(base(path)))
