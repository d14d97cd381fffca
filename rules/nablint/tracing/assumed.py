"""Functions of files that are not there, taken for what their names say.

Networks are often published without the file that holds their activations (`from dnn_utils import sigmoid, relu`).  A
function by one of these names, from a module of the project that cannot be read, is assumed to be that function; so is
`relu_backward(dA, Z)`.  Guards: the whole name is the function's, the module is no known package, and the function gets
its array and nothing else.  What stays open (the axis of a softmax) is a choice of the world.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import libcst as cst

from nablint.calculus.gradient import gradients
from nablint.reading.lazily import regex
from nablint.tracing import refine
from nablint.tracing.assumed_windows import TAKEN, is_window, windowed
from nablint.tracing.values import Array, Pending, Unknown

if TYPE_CHECKING:
    from nablint.tracing.interpreter import Interpreter

ACTIVATIONS = {"sigmoid": "scipy.special.expit", "relu": "torch.relu", "tanh": "numpy.tanh",
               "softplus": "torch.nn.functional.softplus", "softmax": "scipy.special.softmax"}
"""The functions that are assumed, and what stands for them."""

_BACK = regex(rf"({'|'.join(ACTIVATIONS)})_?(?:backward|bwd|backprop)", re.I)
OUTSIDE = frozenset({"numpy", "scipy", "torch", "math", "jax", "tensorflow", "keras", "sklearn", "theano", "mxnet",
                     "chainer", "cupy", "paddle", "flax", "autograd"})


def is_assumed(name: str) -> bool:
    """Is a function by this dotted name assumed to be what its last part says, should it not be known?"""
    module, _, word = name.rpartition(".")
    own = bool(module.strip(".")) and module.strip(".").split(".")[0] not in OUTSIDE
    return own and (word.lower() in ACTIVATIONS or _BACK.fullmatch(word) is not None or is_window(word))


def assumed(it: Interpreter, name: str, args: list[Any], keywords: dict[str, Any], node: cst.CSTNode | None) -> Any:
    """What a call of a function that cannot be read gives, by the function's dotted name; None where nobody can say."""
    if it.world.sure or not is_assumed(name):
        return None
    word = name.rpartition(".")[2]
    if is_window(word):
        return windowed(it, name, args, keywords, node)
    if keywords:
        return None
    value = _by_name(it, word, args, node)
    if value is not None and not isinstance(value, Unknown):
        it.taken = it.taken or TAKEN.format(word)
    return value


def _by_name(it: Interpreter, word: str, args: list[Any], node: cst.CSTNode | None) -> Any:
    if word.lower() in ACTIVATIONS and len(args) == 1:
        value = _activation(it, word.lower(), args[0], node)
        if isinstance(value, Array) and _in_two(it, node):  # the course's helpers hand their input back as a cache
            return value, args[0]
        return value
    back = _BACK.fullmatch(word)
    if back is not None and len(args) == 2:
        return _pulled_back(it, back[1].lower(), args[0], args[1], node)
    return None


def _activation(it: Interpreter, word: str, value: Any, node: cst.CSTNode | None) -> Any:
    from nablint.tracing.calls import call_external

    value = refine.as_operand(it, value) if isinstance(value, Pending) else value
    if not isinstance(value, Array):
        return value if isinstance(value, Unknown) else None
    keywords: dict[str, Any] = {}
    if word == "softmax":
        if value.term.ndim == 0:
            return None
        keywords["axis"] = it.world.choose("softmax of a file that is not there:axis", (-1, 0)[:value.term.ndim], 0.3)
    return call_external(it, ACTIVATIONS[word], [value], keywords, node)


def _in_two(it: Interpreter, node: cst.CSTNode | None) -> bool:
    """Is the call's value unpacked into two names?"""
    statement = it.step.node if it.step is not None else None
    if not isinstance(statement, cst.Assign) or statement.value is not node or len(statement.targets) != 1:
        return False
    target = statement.targets[0].target
    return isinstance(target, cst.Tuple) and len(target.elements) == 2


def _pulled_back(it: Interpreter, word: str, cotangent: Any, kept: Any, node: cst.CSTNode | None) -> Any:
    """`relu_backward(dA, cache)`: the cotangent of the activation's input, which is what the cache holds."""
    if not isinstance(cotangent, Array) or not isinstance(kept, Array):
        return None
    output = _activation(it, word, kept, node)
    if not isinstance(output, Array):
        return None
    shape, wanted = cotangent.term.shape, output.term.shape
    if tuple(shape) != tuple(wanted):
        return it.clash(node, f"{word}_backward: a cotangent of another shape than its output",
                        list(zip(shape, wanted, strict=False)), [cotangent, output])
    found = gradients({output.term: cotangent.term}, [kept.term])
    return Array(found[kept.term], cotangent.dialect) if kept.term in found else None
