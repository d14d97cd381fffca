"""The same function run twice: by Python with real numpy, and by the interpreter on stand-ins of the same samples.

The snippets are the tests' own text; nothing else is ever executed.
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
from nablint.reading.source import blocks
from nablint.shapes import Polynomial, Size
from nablint.tracing.functions import call_function
from nablint.tracing.interpreter import Interpreter
from nablint.tracing.loading import keep_globals, load
from nablint.tracing.values import (
    Array,
    Function,
    Instance,
    Pending,
    PendingShape,
    RaiseSignal,
    Restart,
    TooMuch,
    Unknown,
)
from nablint.tracing.world import Hypothesis, World

_DRAW = np.random.default_rng(7)
GIVEN: dict[str, Any] = {
    "x": _DRAW.normal(size=(3, 4)), "y": _DRAW.normal(size=(3, 4)), "w": _DRAW.normal(size=(4, 5)),
    "b": _DRAW.normal(size=5), "v": _DRAW.normal(size=4), "u": _DRAW.normal(size=4), "q": _DRAW.normal(size=(4, 4)),
    "t": _DRAW.normal(size=(2, 3, 4)), "s": np.array(0.75), "p": _DRAW.uniform(0.2, 0.9, (3, 4)),
    "i": np.array([2, 0, 1]), "n": 3, "k": 2, "word": "relu", "flag": True,
}
"""What a parameter of each name is given: arrays as leaves of the graph, numbers and strings as they are."""


class Walker(Interpreter):
    """An interpreter that knows what it is given: arrays of zeros are zeros and not parameters that nobody drew."""

    def operand(self, array: Array) -> Any:
        """The term of an array as it stands."""
        return array.term


def by_python(source: str) -> Any:
    """What `f` of the snippet returns when Python runs it."""
    names: dict[str, Any] = {"__name__": __name__, "np": np}
    exec(compile(source, "<snippet>", "exec"), names)  # noqa: S102 - the tests' own text
    function = names["f"]
    return function(**{name: copy.deepcopy(GIVEN[name]) for name in inspect.signature(function).parameters
                       if name in GIVEN})


def by_interpreter(source: str) -> Any:
    """What the interpreter makes of `f`; an exception that the snippet raises, or a bound, is an `Unknown`."""
    it = Walker(World(Hypothesis(), seconds=20.0), is_gradient_name=lambda _: False)
    try:
        with it.using(), np.errstate(all="ignore"):
            later = load(it, blocks("import numpy as np\n" + source), everything=False)
            keep_globals(it, later)
            function = it.scope.names["f"]
            assert isinstance(function, Function)
            names = [p.name.value for p in function.node.params.params]
            return call_function(it, function, [leaf(it, n) for n in names if n in GIVEN], {}, None)
    except RaiseSignal as signal:
        return Unknown(f"raises {signal.kind}")
    except (Restart, TooMuch) as stop:
        return Unknown(str(stop))


def leaf(it: Interpreter, name: str) -> Any:
    """A given value as the interpreter has it."""
    given = GIVEN[name]
    if not isinstance(given, np.ndarray):
        return given
    shape = tuple(Size(n, Polynomial.symbol(f"{name}.{axis}")) for axis, n in enumerate(given.shape))
    return Array(it.graph.leaf(name, given.copy(), shape))


def unknown_in(value: Any) -> Unknown | None:
    """The first unknown inside a value."""
    if isinstance(value, Unknown):
        return value
    if isinstance(value, Pending | PendingShape):
        return Unknown("an input that nothing settled")
    if isinstance(value, Array):
        return Unknown(value.term.label) if value.term.label.startswith("unknown") else None
    if isinstance(value, Instance):
        value = value.names
    parts = value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple | set) else ()
    return next((found for part in parts if (found := unknown_in(part)) is not None), None)


def plain(value: Any) -> Any:
    """A value of either run in a form in which both can be compared."""
    if isinstance(value, Array):
        return plain(value.term.sample)
    if isinstance(value, np.ndarray | np.generic):
        return ["array", list(value.shape), np.asarray(value, float).ravel().tolist()]
    if isinstance(value, Size | bool | np.bool_):
        return int(value)
    if isinstance(value, Instance):
        return plain({k: v for k, v in value.names.items() if not isinstance(v, Function)})
    if is_dataclass(value) and not isinstance(value, type):
        return plain({f.name: getattr(value, f.name) for f in fields(value)})
    if hasattr(value, "_asdict"):
        return plain(value._asdict())
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(map(str, value))
    if isinstance(value, str | int | float | type(None)):
        return value
    if isinstance(value, list | tuple | range):
        return [plain(item) for item in value]
    return f"a {type(value).__name__}"


def same(a: Any, b: Any) -> bool:
    """Equal to rounding; a number is equal to the array of no axes that holds it."""
    a, b = _number(a), _number(b)
    if isinstance(a, float | int) and isinstance(b, float | int):
        return bool(np.isclose(a, b, rtol=1e-9, atol=1e-12, equal_nan=True))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    return type(a) is type(b) and a == b


def _number(value: Any) -> Any:
    if isinstance(value, list) and len(value) == 3 and value[0] == "array" and value[1] == []:
        return value[2][0]
    return value
