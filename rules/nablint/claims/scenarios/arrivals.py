"""What arrives in backward: cotangents of the outputs, caches and the values that forward kept."""

from __future__ import annotations

import re
from typing import Any

import libcst as cst
import numpy as np

from nablint.calculus.terms import Term
from nablint.claims import names
from nablint.claims.inputs import parameters, settle
from nablint.claims.model import Seed
from nablint.reading.lazily import regex
from nablint.reading.nodes import below
from nablint.tracing import hints
from nablint.tracing.functions import default_value
from nablint.tracing.interpreter import Interpreter
from nablint.tracing.refine import UNBOUND
from nablint.tracing.values import Array, Function, Instance, Pending, Scope

LOSS = regex(r"loss|cost|entropy|error|mse|nll|criterion", re.I)


def _compared(function: Function, name: str, wanted: list[str]) -> bool:
    """Does a function compare one of its arguments with a target: `out - y`, `y / out`, `np.divide(y, out)`?"""
    targets = {n for n in wanted if n != name and hints.is_target(n)}
    return any(name in pair and not targets.isdisjoint(pair) for node in below(function.node)
               if (pair := _names_compared(node))) if targets else False


def _subtracted(function: Function, name: str) -> bool:
    """Does a function take the difference of one of its arguments and what its object keeps, `self.out - y`?"""
    return any(isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.Subtract)
               and any(isinstance(a, cst.Name) and a.value == name and isinstance(b, cst.Attribute | cst.Subscript)
                       for a, b in ((node.left, node.right), (node.right, node.left)))
               for node in below(function.node))


def _names_compared(node: cst.CSTNode) -> set[str]:
    """The two names that an expression takes the difference or the quotient of."""
    if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.Subtract | cst.Divide):
        sides = [node.left, node.right]
    elif isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute) and node.func.attr.value in (
            "subtract", "divide"):
        sides = [arg.value for arg in node.args]
    else:
        return set()
    return {side.value for side in sides if isinstance(side, cst.Name)}


def _one_for_each_step(value: Any) -> bool:
    """Is a value a list of different computed arrays?"""
    terms = [v.term for v in value if isinstance(v, Array)] if isinstance(value, list) else []
    return 0 < len(terms) == len(value) == len(set(terms)) and all(t.card is not None for t in terms)


class Arrivals:
    """What a backward function can be given: the forward's outputs (as cotangents), caches, arguments and locals."""

    def __init__(self, it: Interpreter, returned: Any, return_names: list[str], scope: Scope,
                 arguments: dict[str, Any], instance: Instance | None = None) -> None:
        self.it = it
        self.instance = instance
        parts = list(returned) if isinstance(returned, tuple) else [returned]
        self.named = dict(zip(return_names, parts, strict=False)) if len(return_names) == len(parts) else {}
        given = [settle(v) for v in arguments.values()]
        self.outputs = [p for i, p in enumerate(parts) if isinstance(p, Array)
                        and (i == 0 or not any(p is g for g in given))]
        self.caches = [p for p in parts if not isinstance(p, Array) and p is not None]
        self.steps = [p for p in self.caches if _one_for_each_step(p)]
        """Lists with an output for each step of a sequence: their cotangents arrive as a list, too."""
        self.scope = scope
        self.arguments = arguments
        self.cotangents: dict[Term, Term] = {}
        self.predicted = ""
        self.predictions: set[str] = set()
        """The arguments that backward code subtracts targets from: outputs, and no cotangents of them."""
        self.kept: Array | None = None
        """The output that the object keeps, where that is what a loss's backward function is given."""
        self.handed_on = False
        """Backward code is given the one output itself, beside targets: it is what they are compared with, no loss."""
        self.whole: Term | None = None
        """The loss of a whole batch, where a method of the class shows how it is made of the losses of samples."""

    def output_for(self, name: str) -> Array | None:
        """The output whose cotangent a parameter of this name is."""
        for word in names.variables(name):
            found = self.named.get(word)
            if isinstance(found, Array) and found.term not in self.cotangents:
                return found
        return next((o for o in self.outputs if o.term not in self.cotangents), None)

    def cotangent(self, name: str, output: Array) -> Array:
        """The arriving cotangent of an output: 1 for a number, generic values otherwise."""
        term = output.term
        if term.ndim == 0:
            arriving = self.it.graph.leaf("", np.asarray(1.0), (), tainted=True)  # a number 1 that came from above
            self.cotangents[term] = arriving
            return Array(arriving, output.dialect)
        arriving = self.it.world.leaf(f"{name}", term.shape, tainted=True)
        self.cotangents[term] = arriving
        array = Array(arriving, output.dialect)
        self.it.names.setdefault(arriving, name)
        return array

    def cotangents_of_steps(self, name: str) -> list[Array] | None:
        """The arriving cotangents of a list of outputs; None where forward returned no list that the name may mean."""
        found = next((s for s in self.steps for word in (name[1:].lstrip("_"), *names.variables(name))
                      if self.named.get(word) is s), None)
        if found is None and len(self.steps) == 1 and not self.outputs:
            found = self.steps[0]
        if found is None or any(o.term in self.cotangents for o in found):
            return None
        return [self.cotangent(f"{name}[{i}]", output) for i, output in enumerate(found)]

    def bind(self, function: Function, *, bound: bool) -> list[Any]:
        """Arguments for a backward function."""
        params = parameters(function, bound=bound)
        wanted = [p.name.value for p in params]
        claims = [n for n in wanted if self._is_cotangent(n)]
        if not claims and wanted and self.outputs:
            unknown = [n for n in wanted if n not in self.named and n not in self.scope.names
                       and "cache" not in n.lower()
                       and not (hints.is_target(n) and (len(wanted) > 1 or _subtracted(function, n)))]
            claims = unknown[:1] if unknown and (unknown[0] == wanted[0] or self._alone(unknown, wanted)) else []
        compared = bool(claims) and not names.is_gradient_name(claims[0]) and (
            _compared(function, claims[0], wanted)
            or (hints.is_prediction(claims[0]) and any(n != claims[0] and hints.is_target(n) for n in wanted)))
        if claims and (compared or self._predicts(function, claims[0], wanted)):
            self.predictions, claims = {*claims} if compared else set(), []
        out: list[Any] = []
        taken = [v for n, v in self.named.items() if n in wanted]
        caches = [c for c in self.caches if not any(c is v for v in taken)]
        free = [o for o in self.outputs if not any(o is v for v in taken)]
        for param in params:
            name = param.name.value
            if name in claims:
                output = self.output_for(name)
                if output is not None and not (param.default is not None and output.term.ndim):
                    out.append(self.cotangent(name, output))
                    continue
                if output is None and (steps := self.cotangents_of_steps(name)) is not None:
                    out.append(steps)
                    continue
                if param.default is not None:
                    if output is not None:
                        out.append(self.cotangent(name, output))
                    else:
                        out.append(default_value(self.it, function, param))
                    continue
            if name == self.predicted:
                out.append(settle(next(iter(self.arguments.values()))) if self.kept is None else self.kept)
                continue
            if name in self.named and not isinstance(self.named[name], Pending):
                out.append(self.named[name])
            elif name in self.arguments:
                out.append(settle(self.arguments[name]))
            elif caches and ("cache" in name.lower()
                             or name in ("params", "saved", "ctx", "state", "memory", "residuals", "res")):
                out.append(caches.pop(0))
            elif name in self.scope.names:
                out.append(settle(self.scope.names[name]))
            elif param.default is not None:
                out.append(default_value(self.it, function, param))
            elif caches and not hints.is_target(name):
                out.append(caches.pop(0))
            elif not claims and free and (name in self.predictions or hints.is_prediction(name)):
                out.append(free.pop(0))
            else:
                out.append(self._unbound(name, function))
        self.handed_on = len(self.outputs) == 1 and any(v is self.outputs[0] for v in out) and any(
            hints.is_target(n) and n not in self.arguments for n in wanted)
        return out

    def _alone(self, unknown: list[str], wanted: list[str]) -> bool:
        """Is one argument, beside those of the forward function, what is neither a number nor a size by its name?"""
        name = unknown[0]
        plain = hints.is_scalar(name) or hints.is_size(name) or hints.is_hyper(name)
        return len(unknown) == 1 and not plain and all(n in self.arguments for n in wanted if n != name)

    def _unbound(self, name: str, function: Function) -> Any:
        """An argument that nothing of the forward function goes by the name of: targets and numbers are inputs."""
        for known in (self.named, self.arguments, self.scope.names):
            found = next((v for k, v in known.items() if k.lower() == name.lower()), None)
            if found is not None:
                return settle(found)
        plain = hints.is_target(name) or hints.is_scalar(name) or hints.is_size(name) or hints.is_hyper(name)
        free = self.it.input(name, function)
        if not plain and free.evidence is None:
            free.space = UNBOUND
        return free

    def _predicts(self, function: Function, name: str, wanted: list[str]) -> bool:
        """Is the first argument of a loss's backward function what was predicted, beside the targets?"""
        beside = any(hints.is_target(n) and n in self.arguments for n in wanted)
        if not (beside and wanted[0] == name and self.outputs and self.arguments and LOSS.search(function.name)):
            return False
        kept = self._kept_predictions()
        options = (*(("the output that is kept",) if kept is not None else ()), "what was predicted", "a cotangent")
        chosen = self.it.world.choose(f"{function.name}.{name}:is", options, 0.3)
        if chosen == "a cotangent":
            return False
        self.predicted, self.kept = name, kept if chosen == "the output that is kept" else None
        return True

    def _kept_predictions(self) -> Array | None:
        """What a loss that is combined with an activation keeps: an array of its input's shape, made of it."""
        given = settle(next(iter(self.arguments.values())))
        if self.instance is None or not isinstance(given, Array):
            return None
        found = [v for k, v in self.instance.names.items() if isinstance(v, Array) and v.term.card is not None
                 and v.term is not given.term and tuple(v.term.shape) == tuple(given.term.shape)
                 and hints.is_prediction(k)]
        return found[0] if found else None

    @property
    def is_loss(self) -> bool:
        """Does forward return one number that depends on its arguments: a loss?"""
        return (not self.handed_on and len(self.outputs) == 1 and not self.outputs[0].term.ndim
                and self.outputs[0].term.card is not None)

    def loss_seeds(self) -> list[Seed]:
        """A loss per sample is averaged or summed by whoever calls it."""
        if self.whole is not None:
            return [Seed({self.whole: self.it.graph.constant(1.0)}, "loss", exact=True)]
        term = self.outputs[0].term
        if not term.ndim:
            return [Seed({term: self.it.graph.constant(1.0)}, "loss", exact=True)]
        shape = tuple(map(int, term.shape))
        ones = np.ones(shape)
        return [Seed({term: self.it.graph.constant(ones / n)}, "borrowed")
                for n in dict.fromkeys((shape[0] if shape else 1, ones.size, 1))]

    def _is_cotangent(self, name: str) -> bool:
        known = name in self.named or name in self.arguments
        # an English word, so no gradient's name by itself: attention code calls its output `o`
        if not known and name[:1] == "d" and any(self.named.get(name[1:].lstrip("_")) is s for s in self.steps):
            return True
        return not known and (names.is_gradient_name(name) or (name == "do" and "o" in {*self.scope.names, *self.named,
                                                                                       *self.arguments}))
