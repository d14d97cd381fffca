"""A forward function, traced: its variables, its output, and what of it backward code can reach by a name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from nablint.calculus.terms import Term
from nablint.claims.inputs import guarded, inputs_for, last_scope, parameters, return_names, settle
from nablint.claims.judging.search import explore
from nablint.claims.model import Run, Unit
from nablint.claims.program import Program
from nablint.claims.scenarios.custom import context
from nablint.claims.scenarios.instances import new_instance
from nablint.tracing import hints
from nablint.tracing.interpreter import Interpreter
from nablint.tracing.values import Array, Class, External, Function, Instance

SECONDS = 2.0


class CannotWrite(Exception):
    """No backward pass can be written; the message says why and what to do."""


@dataclass(slots=True)
class Forward:
    """What one run of a forward function showed.

    arguments: by name, in order.  output: what cotangents arrive at; extra: what is returned beside it, by name.
    keeper: the object or context that backward finds again.  frame: the local names and their values at the end.
    """

    it: Interpreter
    arguments: dict[str, Any]
    output: Array
    output_name: str
    extra: dict[str, Any] = field(default_factory=lambda: {})
    keeper: Instance | None = None
    frame: dict[str, Any] = field(default_factory=lambda: {})

    def variables(self) -> list[tuple[str, Term]]:
        """Arguments that are arrays of numbers and no targets."""
        found: list[tuple[str, Term]] = []
        for name, value in self.arguments.items():
            value = settle(value)
            if isinstance(value, Array) and is_real(value.term) and value.term.ndim and not hints.is_target(name):
                found.append((name, value.term))
        return found

    def named(self) -> list[tuple[str, Term]]:
        """Values that forward computes, by the name of the variable or attribute that holds them."""
        held = {**(self.keeper.names if self.keeper is not None else {}), **self.frame}
        return [(name, value.term) for name, value in held.items() if name.isidentifier()
                and isinstance(value, Array) and value.term.card is not None and is_real(value.term)]

    def name_of(self, value: Any) -> str | None:
        """The local name of a value, an argument's before others."""
        value = settle(value)
        for name, held in (*self.arguments.items(), *self.frame.items()):
            held = settle(held)
            if held is value or (isinstance(held, Array) and isinstance(value, Array) and held.term is value.term):
                return name
        return None


def is_real(term: Term) -> bool:
    """Floats have gradients; integers and truth values have none."""
    return term.sample.dtype.kind == "f"


def of_function(program: Program, function: Function) -> Forward:
    """A function of the module."""

    def run(it: Interpreter) -> Forward:
        given = inputs_for(it, function, bound=False)
        return _returned(it, function, given, guarded(it, function, given), None, bound=False)

    return _traced(program, function.name, run)


def of_method(program: Program, cls: Class, function: Function) -> Forward:
    """A method of a class, whose object keeps what backward needs."""

    def run(it: Interpreter) -> Forward:
        instance = new_instance(it, cls, (function,))
        given = inputs_for(it, function, bound=True)
        return _returned(it, function, given, guarded(it, function, [instance, *given]), instance, bound=True)

    return _traced(program, function.name, run)


def of_autograd(program: Program, cls: Class, function: Function) -> Forward:
    """The forward function of a `torch.autograd.Function`, whose context keeps what backward needs."""

    def run(it: Interpreter) -> Forward:
        it.dialect = "torch"
        ctx = context(len(parameters(function, bound=True)))
        given = inputs_for(it, function, bound=True)
        return _returned(it, function, given, guarded(it, function, [ctx, *given]), ctx, bound=True)

    return _traced(program, function.name, run)


def _traced(program: Program, name: str, run: Callable[[Interpreter], Forward]) -> Forward:
    """The run under the likeliest reading that fits."""
    made: list[Forward] = []

    def once(it: Interpreter) -> Run:
        made.append(run(it))
        return Run(it)

    outcome = explore(program, Unit(name, "forward", once), SECONDS)[0]
    if outcome.judgement is None or not made:
        raise CannotWrite(f"`{name}` cannot be followed: {outcome.reason or 'it is never left by a return'}")
    return made[-1]


def _returned(it: Interpreter, function: Function, given: list[Any], returned: Any, keeper: Instance | None, *,
              bound: bool) -> Forward:
    words = return_names(it, function)
    parts = list(returned) if isinstance(returned, tuple) else [returned]
    output = settle(parts[0])
    if not isinstance(output, Array):
        reason = getattr(output, "reason", "") or "it is no array"
        raise CannotWrite(f"what `{function.name}` returns is not known ({reason})")
    if not is_real(output.term) or output.term.card is None:
        raise CannotWrite(f"`{function.name}` returns nothing that it computes by smooth operations")
    words = words if len(words) == len(parts) else [""] * len(parts)
    extra = {word or ("cache" if i == 0 else f"cache{i}"): part
             for i, (word, part) in enumerate(zip(words[1:], parts[1:], strict=True))}
    arguments = dict(zip([p.name.value for p in parameters(function, bound=bound)], given, strict=True))
    frame = {k: settle(v) for k, v in last_scope(it, function).names.items() if k.isidentifier()}
    return Forward(it, arguments, output, words[0], extra, keeper, frame)


def is_autograd(program: Program, cls: Class) -> bool:
    """Is the class a function of PyTorch's autograd?"""
    base = cls.external_base() or ""
    return base.endswith("Function") and ("torch" in base or any(
        isinstance(v, External) and v.name.startswith("torch") for v in program.names.values()))
