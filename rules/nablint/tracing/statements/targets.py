"""Targets: the names that a statement assigns to, and whether that makes it a claim."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import libcst as cst

from nablint.reading.lazily import regex
from nablint.tracing import hints

if TYPE_CHECKING:
    from nablint.tracing.interpreter import Interpreter


def target_names(node: cst.CSTNode) -> list[str]:
    """The last plain name of every target: `dW` for `self.dW`, `grads` for `grads["W"]`."""
    if type(node) is cst.Name:
        return [node.value]
    if type(node) is cst.Attribute:
        return [node.attr.value]
    if type(node) is cst.Subscript:
        return target_names(node.value)
    if type(node) is cst.Tuple or type(node) is cst.List:
        return [name for element in node.elements for name in target_names(element.value)]
    return []


CONTAINERS = frozenset({"grads", "gradients", "grad_dict", "gradient"})


def taints(it: Interpreter, targets: Sequence[cst.CSTNode]) -> bool:
    """Does an assignment to these targets claim gradients and nothing else?"""
    names = [name for target in targets for name in target_names(target)]
    if is_weak(targets) and it.block is not None and _feeds_loss(it.block.text, names[0]):
        return False
    return bool(names) and all(it.is_claim(n) and n not in CONTAINERS for n in names)


@lru_cache(maxsize=2048)
def _feeds_loss(text: str, name: str) -> bool:
    """Is a loss computed from the value of this name?  Then it is a forward value."""
    used = regex(rf"=.*\b{re.escape(name)}\b")
    own = regex(rf"\s*{re.escape(name)}\b")
    return any(_LOSS_LINE.match(line) and used.search(line) and not own.match(line) for line in text.split("\n"))


_RATE = regex(r"^_?(lr|lrate|eta|alpha|learning_?rate|step_?size|rate)_?$", re.I)


def is_step(node: cst.AugAssign) -> bool:
    """`w += eta * X.T.dot(errors)`: a step of a parameter, with a rate before it.  What is added is a gradient."""
    names = target_names(node.target)
    return (isinstance(node.operator, cst.AddAssign | cst.SubtractAssign) and bool(names)
            and hints.names_parameter(names[0]) and _has_rate(node.value))


def _has_rate(value: cst.BaseExpression) -> bool:
    """Is a rate one of the factors of a product?"""
    if not isinstance(value, cst.BinaryOperation):
        return isinstance(value, cst.Name | cst.Attribute) and bool(_RATE.match(target_names(value)[0]))
    if isinstance(value.operator, cst.Divide):
        return _has_rate(value.left)
    return isinstance(value.operator, cst.Multiply | cst.MatrixMultiply) and (
        _has_rate(value.left) or _has_rate(value.right))


_WEAK = regex(r"^_?(\w*errors?|\w*err|delta|deltas|diff|residuals?)\d*$", re.I)

_LOSS_LINE = regex(r"^\s*(?:self\.)?\w*(?:loss|cost|mse|objective|\bJ|error|err|nll)\w*\s*[-+]?=", re.I)


def is_weak(targets: Sequence[cst.CSTNode]) -> bool:
    """`error = y - pred` is as often a forward value as a cotangent."""
    return len(targets) == 1 and type(targets[0]) is cst.Name and _weak(targets[0].value)


@lru_cache(maxsize=4096)
def _weak(name: str) -> bool:
    return _WEAK.match(name) is not None


def of_targets(node: cst.BaseExpression) -> bool:
    """Is it the difference of targets and predictions, by their names?  Both belong to forward code."""
    if not isinstance(node, cst.BinaryOperation) or not isinstance(node.operator, cst.Subtract):
        return False
    left, right = ((target_names(part) or [""])[0] for part in (node.left, node.right))
    return (hints.is_target(left) and hints.is_prediction(right)) or (
        hints.is_prediction(left) and hints.is_target(right))


def label_of(target: cst.CSTNode) -> str:
    """The path that an assigned value is known by: `self.W`, `W1`, `parameters[W1]`; "" where there is none."""
    if type(target) is cst.Name:
        return target.value
    return f"{last_name(target.value)}.{target.attr.value}" if type(target) is cst.Attribute else ""


def last_name(node: cst.CSTNode) -> str:
    """The name that an assignment to a target is known by."""
    names = target_names(node)
    return names[0] if names else ""
