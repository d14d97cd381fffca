"""From what was read to terms: operators, functions and sums over an index, by the cards."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from nablint.calculus.functions import (
    ALIASES,
    ALONG,
    REDUCTIONS,
    SPECIAL,
    WORDS,
    beyond_the_card,
    full_names,
    norm_of,
    with_ones,
)
from nablint.calculus.indices import entry_of, indexed, split_index, summed_over, with_rows
from nablint.calculus.notation import Expr, Function, Problem, QuestionError
from nablint.calculus.rows import Pairs, Rows, Whole, bare
from nablint.calculus.terms import Graph, Term
from nablint.ops.card import op
from nablint.shapes import Misfit

Value = Any
"""A term, a number, or a tuple of these."""
Library = Callable[[Graph, str, list[Value], dict[str, Value]], Value]
"""Calls a function of numpy, torch or scipy by its full name; None for one that it does not know."""


class ShapeClash(Exception):
    """Operands that do not fit, with the place and the equations that would make them fit."""

    def __init__(self, where: Expr, misfit: Misfit, operands: tuple[Term, ...]) -> None:
        super().__init__(misfit.message)
        self.where, self.misfit, self.operands = where, misfit, operands


class Evaluator:
    """Evaluates expressions to terms of one graph.

    names: the leaves and the named intermediate values.
    """

    def __init__(self, graph: Graph, names: dict[str, Term], problem: Problem,
                 known: Mapping[str, str] | None = None, library: Library | None = None) -> None:
        self.graph, self.names, self.problem, self.library = graph, names, problem, library
        self.known = known or {}
        self.columns = problem.columns
        self.indices: list[str] = []
        self.bound: dict[str, Value] = {}
        self.unlikely: list[Expr] = []
        self.depth = 0

    def run(self) -> Term:
        """All equations in order; the last is the result."""
        result: Term | None = None
        for name, expr in self.problem.steps:
            result = self.term(self.value(expr))
            if name:
                self.names[name] = result
        assert result is not None
        return result

    def term(self, value: Value) -> Term:
        """A value as a term."""
        return value if isinstance(value, Term) else self.graph.constant(value)

    def error(self, message: str, where: Expr) -> QuestionError:
        """An error at an expression."""
        return QuestionError(message, self.problem.text, where.start + 1)

    def value(self, e: Expr) -> Value:
        """The value of an expression."""
        self.depth += 1
        if self.depth > 120:
            raise self.error("the expression is nested too deeply; name its parts", e)
        try:
            return getattr(self, f"_{e.kind}")(e)
        except Misfit as misfit:
            operands = tuple(v for v in (self._quiet(p) for p in e.parts) if isinstance(v, Term))
            raise ShapeClash(e, misfit, operands) from misfit
        finally:
            self.depth -= 1

    def _quiet(self, e: Expr) -> Value:
        try:
            return self.value(e)
        except (ShapeClash, QuestionError):
            return None

    # Leaves -----------------------------------------------------------------------------------------------------------

    def _number(self, e: Expr) -> Value:
        return float(e.value) if any(c in e.value for c in ".eE") else int(e.value)

    def _text(self, e: Expr) -> Value:
        return {"None": None, "True": True, "False": False}[e.value]

    def _string(self, e: Expr) -> Value:
        return e.value

    def _tuple(self, e: Expr) -> Value:
        return tuple(self.value(p) for p in e.parts)

    def _name(self, e: Expr) -> Value:
        if e.value in self.bound:
            return self.bound[e.value]
        if e.value in self.names:
            found = self.names[e.value]
            return Whole(found) if self.indices and found.ndim else found
        base, indices = split_index(e.value, self.indices)
        if indices and base in self.names:
            return entry_of(self, self.names[base], indices, e)
        if e.value in ("pi", "π"):
            return float(np.pi)
        raise self.error(f"'{e.value}' is not known", e)

    # Operators --------------------------------------------------------------------------------------------------------

    def _binary(self, e: Expr) -> Value:
        a, b = (self.value(p) for p in e.parts)
        if isinstance(a, Rows | Whole | Pairs) or isinstance(b, Rows | Whole | Pairs):
            return with_rows(self, a, b, e)
        return self.combined(a, b, e)

    def combined(self, a: Value, b: Value, e: Expr) -> Value:
        """The value of a binary operator on two values."""
        ones = with_ones(a, b, e)
        if ones is not None:
            return ones
        if e.value in ("@", "", "·"):
            return self._multiplied(a, b, e)
        if e.value == "/" and not isinstance(b, Term) and not b:
            raise self.error("this divides by zero", e)
        if not isinstance(a, Term) and not isinstance(b, Term):
            if e.value == "/":
                return a / b
            return {"+": a + b, "-": a - b, "*": a * b}.get(e.value, a * b)
        if e.value in ("+", "-") and not self.indices:
            self._weigh(a, b, e)
        card = {"+": "add", "-": "subtract", "*": "multiply", "∘": "multiply", "/": "divide", "<": "less",
                ">": "greater", "<=": "less_equal", ">=": "greater_equal", "==": "equal"}[e.value]
        return self.graph.apply(self.graph.cards[card], (a, b), {})

    def _weigh(self, a: Value, b: Value, e: Expr) -> None:
        """Note a vector that is added to a product that is a number: aᵀ x + b."""
        for one, other, vector in ((a, b, e.parts[1]), (b, a, e.parts[0])):
            if isinstance(one, Term) and isinstance(other, Term) and not one.ndim and np.size(other.sample) > 1 \
                    and is_product(one):
                self.unlikely.append(vector)

    def _multiplied(self, a: Value, b: Value, e: Expr) -> Value:
        if not isinstance(a, Term) or not isinstance(b, Term):
            if e.value == "@":
                raise self.error("'@' needs arrays on both sides; write '*' for a number", e)
            return a * b
        if self.indices or (e.value != "@" and (a.ndim == 0 or b.ndim == 0)):
            return a * b
        if e.value == "·":
            if a.ndim == 2 and b.ndim == 2 and a.shape[-1] == 1 and b.shape[-1] == 1:
                return op.reshape(a.T @ b, shape=())
            return op.dot(a, b)
        product = a @ b
        if self.columns and product.ndim == 2 and tuple(product.shape) == (1, 1):
            return op.reshape(product, shape=())  # xᵀ y is a number
        return product

    def _negative(self, e: Expr) -> Value:
        x = self.value(e.parts[0])
        return replace(x, array=-x.array) if isinstance(x, Rows | Whole) else -x

    def _transpose(self, e: Expr) -> Value:
        x = self.value(e.parts[0])
        if isinstance(x, Rows):
            return replace(x, turned=not x.turned)
        if isinstance(x, Whole):
            return Whole(x.array.T) if x.array.ndim >= 2 else x
        return x.T if isinstance(x, Term) and x.ndim >= 2 else x

    def _inverse(self, e: Expr) -> Value:
        x = self.value(e.parts[0])
        if isinstance(x, Whole):
            return Whole(op.inv(x.array))
        if not isinstance(x, Term) or x.ndim == 0:
            return 1 / x
        return op.inv(x)

    def _power(self, e: Expr) -> Value:
        base, exponent = (bare(self.value(p)) for p in e.parts)
        if isinstance(base, Rows):
            raise self.error("the power of a vector is not followed; write ‖x‖² or xᵀ x", e)
        if not isinstance(base, Term) and not isinstance(exponent, Term):
            return base**exponent
        matrix = isinstance(base, Term) and base.ndim == 2 and 1 not in np.shape(base.sample)
        if e.value == "^" and matrix and isinstance(exponent, int):
            if exponent == -1:
                return op.inv(base)
            if not 1 <= exponent <= 8:
                raise self.error("powers of a matrix go from -1 to 8", e)
            result = base
            for _ in range(exponent - 1):
                result = result @ base
            return result
        return base**exponent

    def _norm(self, e: Expr) -> Value:
        x = self.value(e.parts[0])
        if isinstance(x, Rows):
            return op.sum(op.absolute(x.array), axis=1, keepdims=False) if e.value == "1" else op.norm(x.array, axis=1)
        return norm_of(self, e, self.term(bare(x)))

    def _absolute(self, e: Expr) -> Value:
        x = bare(self.value(e.parts[0]))
        return op.absolute(x) if isinstance(x, Term) else abs(x)

    def _index(self, e: Expr) -> Value:
        return indexed(self, e)

    def _slice(self, e: Expr) -> Value:
        raise self.error("a slice stands between the brackets of an array", e)

    def _sum_over(self, e: Expr) -> Value:
        return summed_over(self, e)

    # Functions --------------------------------------------------------------------------------------------------------

    def _call(self, e: Expr) -> Value:
        if e.value in self.problem.functions:
            return self._own(self.problem.functions[e.value], e)
        name = ALIASES.get(e.value, e.value)
        args = [bare(self.value(p)) for p in e.parts]
        if any(isinstance(a, Rows | Whole | Pairs) for a in args):
            if len(args) == 1 and name == "norm" and isinstance(args[0], Rows):
                return op.norm(args[0].array, axis=1)
            raise self.error(f"{e.value} of a vector that bears an index is not followed; write it with matrices", e)
        words = {WORDS.get(k, k): self.parameter(self.value(v), v) for k, v in e.words}
        special, card = SPECIAL.get(name), self.graph.cards.get(name)
        numbered = card is not None and card.elementwise and len(args) > len(card.examples[0].args)  # `polygamma(1, x)`
        if (self.library is not None and ((special or card) is None or numbered)) or beyond_the_card(e):
            found = self._from_library(e, args)
            if found is not None:
                return found
        if special is not None:
            return special(self, e, args, words)
        if card is not None and any(isinstance(a, str) for a in args):
            raise self.error(f"{e.value} takes no text", e)
        if card is None:
            near = ", ".join(sorted(n for n in self.graph.cards if n[:2] == name[:2])[:4])
            hint = f"; similar names: {near}" if near else "; define it by 's = lambda z: ...'"
            raise self.error(f"there is no function '{e.value}'{hint}", e)
        if not args:
            raise self.error(f"{e.value} needs an argument", e)
        if name == "dot" and any(not getattr(a, "ndim", 0) for a in args):
            raise self.error("dot is a product of arrays; write '*' for a number", e)
        if name in REDUCTIONS | ALONG and len(args) == 2:
            words["axis"] = self.parameter(args.pop(), e)
        if name == "sum" and isinstance(args[0], Term) and e.parts[0].kind == "sum_over":
            return args[0]
        if name in ALONG and "axis" not in words and isinstance(args[0], Term) and args[0].ndim == 2 \
                and args[0].shape[-1] == 1:
            words["axis"] = 0
        if all(not isinstance(a, Term) for a in args) and not words:
            return card.evaluate(*[np.asarray(float(a)) for a in args]).item()
        try:
            return self.graph.apply(card, args, words)
        except TypeError as error:
            raise self.error(f"{e.value} does not take these arguments", e) from error

    def _from_library(self, e: Expr, args: list[Value]) -> Value:
        """The call as numpy, torch or scipy means it; None where the library does not have the function."""
        if self.library is None:
            raise self.error(f"{e.value} does not take these arguments", e)
        words = {k: self.value(v) for k, v in e.words}
        for name in full_names(e):
            try:
                found = self.library(self.graph, name, args, words)
            except (TypeError, ValueError, IndexError, LookupError, NotImplementedError) as error:
                raise self.error(f"{e.value} does not take these arguments: {error}", e) from error
            if found is not None:
                return found
        return None

    def parameter(self, value: Value, where: Expr) -> Value:
        """A size or number as a plain parameter of an operation; raises where it depends on an input."""
        if isinstance(value, Term):
            if "size" in value.params:
                return value.params["size"]
            raise self.error("this must be a number", where)
        return value

    def _own(self, function: Function, e: Expr) -> Value:
        if len(e.parts) != len(function.parameters):
            raise self.error(f"{e.value} takes {len(function.parameters)} arguments, {len(e.parts)} are given", e)
        args = [self.value(p) for p in e.parts]
        known = self.known.get(e.value)
        if known is not None:
            return self.graph.apply(self.graph.cards[known], args, {})
        outside, self.bound = self.bound, {**self.bound, **dict(zip(function.parameters, args, strict=True))}
        try:
            return self.value(function.body)
        finally:
            self.bound = outside


def is_product(number: Term) -> bool:
    """A number made of products of vectors and of numbers, not of the entries of an array (its mean, its maximum)."""
    if number.ndim:
        return False
    name = number.card.name if number.card is not None else ""
    if name in ("add", "subtract", "multiply", "divide", "negative", "power", "sqrt", "square", "exp", "log"):
        return any(is_product(a) for a in number.args)
    return name in ("matmul", "dot", "reshape", "norm", "trace", "det", "logabsdet")
