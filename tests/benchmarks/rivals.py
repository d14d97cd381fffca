"""The identities in the words of other tools: SymPy's matrix expressions and tensorgrad's tensors with named edges.

Each translator gives a function that derives and one that puts numbers into what was derived, so that only the
derivation is timed.  A tool that has no word for an operation, leaves a derivative in its answer, or raises, does not
support the identity; so it is with a gradient by a structured matrix, which neither has in the book's sense.
"""

from __future__ import annotations

import functools
import operator
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from calculus.reckoning import Question
from nablint.calculus.notation import Expr

Value = Callable[[], np.ndarray]


class UnsupportedError(Exception):
    """The tool has no word for this."""


def sympy_gradient(asked: Question) -> Callable[[], Value]:
    """SymPy: `diff` of a matrix expression."""
    import sympy as sp

    warnings.simplefilter("ignore")  # SymPy turns its own warnings on when it is imported
    leaves = asked.setting.leaves
    names = {n: sp.MatrixSymbol(n, *map(int, t.shape)) if t.ndim else sp.Symbol(n) for n, t in leaves.items()}
    expression = _in_sympy(_only(asked), names)

    def derive() -> Value:
        found = expression.diff(names[asked.wrt])
        if found.has(sp.Derivative) or type(found).__name__.startswith("Array"):
            raise UnsupportedError

        def value() -> np.ndarray:
            numbers = {names[n]: sp.Matrix(np.asarray(t.sample)) if t.ndim else float(t.sample)
                       for n, t in leaves.items()}
            result = found.subs(numbers).doit()
            return np.array(getattr(result, "as_explicit", lambda: result)().tolist(), dtype=float)

        return value

    return derive


def _only(asked: Question) -> Expr:
    if asked.setting.structures.get(asked.wrt):
        raise UnsupportedError
    (_, tree), = asked.problem.steps
    return tree


def _in_sympy(e: Expr, names: dict[str, Any]) -> Any:
    import sympy as sp

    parts = [_in_sympy(p, names) for p in e.parts]
    match e.kind, e.value:
        case "name", name:
            return names[name]
        case "number", text:
            return sp.nsimplify(text, rational=True)
        case "binary", "∘":
            return sp.HadamardProduct(*parts)
        case "binary", sign:
            return {"+": operator.add, "-": operator.sub, "/": operator.truediv}.get(sign, operator.mul)(*parts)
        case "negative", _:
            return -parts[0]
        case "transpose", _:
            return parts[0].T
        case "inverse", _:
            return parts[0].inv()
        case "power", _:
            return parts[0] ** parts[1]
        case "norm", _:
            return sp.sqrt((parts[0].T * parts[0])[0, 0])
        case "call", name:
            known = {"tr": sp.Trace, "det": sp.Determinant, "log": sp.log, "kron": sp.KroneckerProduct,
                     "logdet": lambda x: sp.log(sp.Determinant(x)),
                     "norm": lambda x: sp.sqrt(sp.Trace(x.T * x))}
            if name in known:
                return known[name](*parts)
    raise UnsupportedError(e.kind)


def tensorgrad_gradient(asked: Question) -> Callable[[], Value]:
    """tensorgrad: `grad` and `simplify` of tensors whose edges are called r and c, an edge of size 1 left out."""
    import sympy as sp
    import tensorgrad as tg

    names: dict[str, Any] = {}
    for n, t in asked.setting.leaves.items():
        names[n] = tg.Variable(n, **{e: sp.Symbol(f"s{int(s)}") for e, s in zip("rc", t.shape, strict=False) if s != 1})
    expression, variable = _in_tensorgrad(_only(asked), names), names[asked.wrt]

    def derive() -> Value:
        edges = {e: f"{e}_" for e in variable.edges}
        found = expression.grad(variable, edges).simplify()
        samples = {n: (np.squeeze(np.asarray(asked.setting.leaves[n].sample)), list(v.edges)) for n, v in names.items()}
        return lambda: _arranged(_value(found, samples), list(edges.values()))

    return derive


def _in_tensorgrad(e: Expr, names: dict[str, Any]) -> Any:
    import tensorgrad.functions as fn

    if e.kind == "call" and e.value == "tr" and e.parts[0].kind == "call" and e.parts[0].value == "kron":
        return functools.reduce(operator.mul, [fn.trace(_in_tensorgrad(p, names)) for p in e.parts[0].parts])
    if e.kind == "number":
        return int(e.value)
    parts = [_in_tensorgrad(p, names) for p in e.parts]
    match e.kind, e.value:
        case "name", name:
            return names[name]
        case "binary", ("+" | "-" | "/" | "∘" | "*") as sign:
            return {"+": operator.add, "-": operator.sub, "/": operator.truediv}.get(sign, operator.mul)(*parts)
        case "binary", _:
            return _product(*parts)
        case "negative", _:
            return -parts[0]
        case "transpose", _:
            return parts[0].rename(**{e: "c" if e == "r" else "r" for e in parts[0].edges})
        case "inverse", _:
            return _inverse(parts[0])
        case "power", "^" if parts[0].edges:
            return functools.reduce(_product, [parts[0]] * parts[1])
        case "power", _:
            return fn.pow(*parts)
        case "norm", _:
            return fn.sqrt(fn.frobenius2(parts[0]))
        case "call", name:
            known = {"tr": fn.trace, "det": fn.det, "log": fn.log, "logdet": lambda x: fn.log(fn.det(x)),
                     "norm": lambda x: fn.sqrt(fn.frobenius2(x)), "sum": fn.sum}
            if name in known:
                return known[name](*parts)
    raise UnsupportedError(e.kind)


def _product(a: Any, b: Any) -> Any:
    if isinstance(a, int) or isinstance(b, int):
        return a * b
    left = a.rename(c="k") if "c" in a.edges else a
    right = b.rename(r="k") if "r" in b.edges else b
    return left @ right


def _inverse(x: Any) -> Any:
    """tensorgrad's inverse keeps the edges in place; with the edges exchanged it is the inverse of matrix algebra."""
    import tensorgrad.functions as fn

    return fn.inverse(x).rename(r="c", c="r")


# tensorgrad's own evaluation needs torch's named tensors, which torch 2.13 no longer has; so it is done in numpy.

Named = tuple[np.ndarray, list[str]]
"""An array and the names of its axes."""


def _arranged(value: Named, edges: list[str]) -> np.ndarray:
    return np.transpose(value[0], [value[1].index(e) for e in edges])


def _value(t: Any, samples: dict[str, Named]) -> Named:
    """The value of a tensorgrad tensor; its sizes are symbols that hold their number."""
    match type(t).__name__:
        case "Variable":
            return samples[t.name]
        case "Rename":
            array, edges = _value(t.tensor, samples)
            return array, [t.mapping.get(e, e) for e in edges]
        case "Zero":
            return np.zeros([_number(s) for s in t.shape.values()]), list(t.edges)
        case "Delta":
            size, order = _number(t.size), len(t.edges)
            array = np.zeros([size] * order) if order else np.asarray(float(size))
            array[(np.arange(size),) * order] = 1 if order else size
            return array, list(t.edges)
        case "Sum":
            edges = list(t.edges)
            parts = [float(w) * _arranged(_value(p, samples), edges)
                     for w, p in zip(t.weights, t.terms, strict=True)]
            return np.asarray(sum(parts)), edges
        case "Product":
            found = [_value(p, samples) for p in t.factors]
            places = {e: k for k, e in enumerate(dict.fromkeys(e for _, edges in found for e in edges))}
            operands = [part for array, edges in found for part in (array, [places[e] for e in edges])]
            return np.einsum(*operands, [places[e] for e in t.edges], optimize="greedy"), list(t.edges)
        case "Function":
            return _applied(t.signature, [_value(p, samples) for p in t.inputs])
    raise UnsupportedError(type(t).__name__)


def _applied(signature: Any, inputs: list[Named]) -> Named:
    (array, edges), = inputs
    match type(signature).__name__:
        case "_PowerFunction":
            return array ** float(signature.k), edges
        case "_ScaleFunction":
            inner, names = _applied(signature.inner, inputs)
            return float(signature.alpha) * inner, names
        case "_LogFunction":
            return np.log(array), edges
        case "_DeterminantFunction" if array.ndim == 2:
            return np.asarray(np.linalg.det(array)), []
        case "_MatrixInverseFunction" if array.ndim == 2:  # edges of the same name cancel
            return np.linalg.inv(array).T, edges
    raise UnsupportedError(type(signature).__name__)


def _number(size: Any) -> int:
    return int(str(size)[1:])
