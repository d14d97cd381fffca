"""From terms to normal forms: what each card means in the algebra of `forms`.

A card without a line here is an atom over the normal forms of its arguments; that is always sound.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from nablint.calculus.forms import EYE, Algebra, Form, canonical, components, rounded
from nablint.calculus.terms import Graph, Term, parameter_key
from nablint.shapes import Shape, dim

Rule = Callable[..., Form | None]
RULES: dict[str, Rule] = {}
"""rule(algebra, term, *forms of the arguments, **params); None where the rule does not apply."""


def algebra_of(graph: Graph) -> Algebra:
    """The graph's algebra; equal forms of one graph have equal numbers."""
    found = graph.memo.get("algebra")
    if found is None:
        found = graph.memo["algebra"] = Algebra()
    return found


def form_of(term: Term) -> Form:
    """The normal form, remembered with every node on the way."""
    graph = term.graph
    algebra, memo = algebra_of(graph), graph.memo
    stack: list[tuple[Term, Term | None]] = [(term, None)]
    while stack:
        node, meaning = stack[-1]
        key = ("form", node.number)
        if key in memo:
            stack.pop()
            continue
        if meaning is not None:
            memo[key] = memo[("form", meaning.number)]
            continue
        waiting = [a for a in node.args if ("form", a.number) not in memo]
        if waiting:
            stack.extend((a, None) for a in waiting)
            continue
        if node.card is not None and node.card.define is not None and node.card.name not in RULES:
            defined = _defined(node)
            if defined is not None:
                stack[-1] = (node, defined)
                stack.append((defined, None))
                continue
        memo[key] = _one(algebra, node, [memo[("form", a.number)] for a in node.args])
    return memo[("form", term.number)]


def _defined(node: Term) -> Term | None:
    assert node.card is not None and node.card.define is not None
    try:
        found = node.card.define(*node.args, **node.params)
    except Exception:  # noqa: BLE001 - a definition that does not fit these arguments leaves an atom
        return None
    return found if isinstance(found, Term) and found is not node and found.ndim == node.ndim else None


def _one(algebra: Algebra, node: Term, forms: list[Form]) -> Form:
    sizes = tuple(map(dim, node.shape))
    if node.card is None:
        return _leaf(algebra, node, sizes)
    rule = RULES.get(node.card.name)
    if rule is not None:
        found = rule(algebra, node, *forms, **node.params)
        if found is not None:
            return found if tuple(found.sizes) == sizes else Form(sizes, found.terms)
    if node.card.elementwise and len(forms) == 1:
        return algebra.function(node.card.name, forms[0], parameter_key(node.params))
    numbers = [algebra.identify(f) for f in forms]
    if node.card.commutes:
        numbers.sort()
    return algebra.opaque(("card", node.card.name, parameter_key(node.params), *numbers), sizes)


def _leaf(algebra: Algebra, node: Term, sizes: Shape) -> Form:
    if not node.is_constant:
        symmetric = node in node.graph.memo.get("symmetric", ())
        return algebra.opaque(("leaf", node.number), sizes, symmetric=symmetric)
    if "size" in node.params:
        return algebra.size(node.params["size"])
    sample = np.asarray(node.sample)
    if sample.dtype.kind not in "biuf" or not sample.size:
        return algebra.opaque(("leaf", node.number), sizes)
    first = float(sample.flat[0])
    if math.isfinite(first) and (sample.ndim == 0 or bool(np.all(sample == first))):
        return algebra.scalar(first, sizes)
    if sample.ndim == 2 and sample.shape[0] == sample.shape[1] > 1 and np.array_equal(sample, np.eye(len(sample))):
        return Form(sizes, {((EYE, (0, 1), 1),): 1.0})
    zero_one = bool(np.all((sample == 0) | (sample == 1)))
    key = ("array", sample.shape, sample.astype(float).tobytes())
    return algebra.opaque(key, sizes, boolean=zero_one, positive=bool(np.all(sample > 0)))


def rule(*names: str) -> Callable[[Rule], Rule]:
    """Register what these cards mean."""

    def put(function: Rule) -> Rule:
        for name in names:
            RULES[name] = function
        return function

    return put


def _scale(form: Form, factor: float) -> Form:
    return Form(form.sizes, {m: c * factor for m, c in form.terms.items()})


def _all(n: int) -> tuple[int, ...]:
    return tuple(range(n))


# Arithmetic -----------------------------------------------------------------------------------------------------------

rule("add")(lambda g, t, a, b: g.add(a, b, 1.0, t.shape))
rule("subtract")(lambda g, t, a, b: g.add(a, b, -1.0, t.shape))
rule("negative")(lambda g, t, a: _scale(a, -1.0))
rule("positive", "copy", "ascontiguous", "stop_gradient_of_constant")(lambda g, t, a: a)
rule("multiply")(lambda g, t, a, b: g.multiply(a, b, t.shape))
rule("divide")(lambda g, t, a, b: g.multiply(a, g.power(b, -1.0), t.shape))
rule("reciprocal")(lambda g, t, a: g.power(a, -1.0))
rule("square")(lambda g, t, a: g.power(a, 2.0))
rule("sqrt")(lambda g, t, a: g.power(a, 0.5))
rule("rsqrt")(lambda g, t, a: g.power(a, -0.5))


@rule("power")
def _power(g: Algebra, t: Term, a: Form, b: Form) -> Form | None:
    if len(b.terms) == 1 and () in b.terms:
        return g.broadcast(g.power(a, b.terms[()]), t.shape)
    if len(a.terms) == 1 and () in a.terms and a.terms[()] > 0 and not b.terms:
        return g.scalar(1.0, t.shape)
    return None


@rule("exp")
def _exp(g: Algebra, t: Term, a: Form) -> Form:
    if len(a.terms) > 6:
        return g.function("exp", a, positive=True)
    result = g.scalar(1.0, a.sizes)
    for monomial, coefficient in a.terms.items():
        if not monomial:
            result = _scale(result, math.exp(min(coefficient, 700.0)))
            continue
        if monomial[0][2] == 1 and len(monomial) == 1 and g.atoms[monomial[0][0]].key[:2] == ("fn", "log"):
            inner = g.behind[monomial[0][0]]
            part = g.contract([inner], [monomial[0][1]], _all(len(a.sizes)), a.sizes)
        else:
            part = g.function("exp", Form(a.sizes, {monomial: 1.0}), positive=True)
        if coefficient != 1:
            part = g.power(part, rounded(coefficient))
        result = g.multiply(result, part, a.sizes)
    return result


@rule("log")
def _log(g: Algebra, t: Term, a: Form) -> Form:
    """The logarithm of a product of positive factors is a sum; of anything else it is an atom."""
    if len(a.terms) != 1:
        return g.function("log", a)
    ((monomial, coefficient),) = a.terms.items()
    n = len(a.sizes)
    factors: list[Any] = []
    for group in components(monomial, n):
        if any(i >= n for _, axes, _ in group for i in axes):
            inner = Form(a.sizes, {canonical({(f[0], f[1]): f[2] for f in group}, n, g.symmetric): 1.0})
            group = list(next(iter(g.atomise(inner).terms)))
        factors += group
    alone = len(factors) == 1 and factors[0][2] == 1 and coefficient == 1
    if coefficient <= 0 or not (alone or all(g.atoms[number].positive for number, _, _ in factors)):
        return g.function("log", a)
    total = g.scalar(math.log(coefficient), a.sizes)
    for number, axes, power in factors:
        atom = g.atoms[number]
        inner = Form(a.sizes, {((number, axes, 1),): 1.0})
        if atom.key[0] == "form" or atom.key[:2] == ("fn", "exp"):
            inner = g.contract([g.behind[number]], [axes], _all(n), a.sizes)
        part = inner if atom.key[:2] == ("fn", "exp") else g.function("log", inner)
        total = g.add(total, part, float(power), a.sizes)
    return total


rule("expm1")(lambda g, t, a: g.add(_exp(g, t, a), g.scalar(1.0), -1.0, t.shape))
rule("log1p")(lambda g, t, a: _log(g, t, g.add(a, g.scalar(1.0), 1.0, t.shape)))
rule("sigmoid")(lambda g, t, a: g.sigmoid(a))
rule("softplus")(lambda g, t, a, **p: None if p else _log(g, t, g.add(_exp(g, t, a), g.scalar(1.0), 1.0, t.shape)))
rule("silu")(lambda g, t, a: g.multiply(a, g.sigmoid(a), t.shape))
rule("mean")(lambda g, t, a, axis=None, keepdims=False: _mean(g, t, a, axis, keepdims))


def _odd(name: str) -> None:
    rule(name)(lambda g, t, a: _scale(g.function(name, _scale(a, -1.0)), -1.0) if g.leads_negative(a)
               else g.function(name, a))


for _name in ("tanh", "sin", "sinh", "arctan", "erf", "arcsinh"):
    _odd(_name)
for _name in ("cos", "cosh"):
    rule(_name)(lambda g, t, a, _name=_name: g.function(_name, _scale(a, -1.0) if g.leads_negative(a) else a))


# Signs, comparisons and choices ---------------------------------------------------------------------------------------

def _sign(g: Algebra, a: Form) -> Form:
    if g.is_positive(a):
        return g.scalar(1.0, a.sizes)
    lead = a.terms[min(a.terms)] if a.terms else 0.0
    if not lead:
        return g.scalar(0.0, a.sizes)
    return _scale(g.function("sign", _scale(a, 1 / abs(lead)), sign=True), 1.0)


def _above(g: Algebra, a: Form) -> Form:
    """1 where a > 0, else 0; relu(x) > 0 where x > 0."""
    if g.is_positive(a):
        return g.scalar(1.0, a.sizes)
    if not a.terms:
        return g.scalar(0.0, a.sizes)
    n = len(a.sizes)
    masks = [f for f in min(a.terms) if g.atoms[f[0]].boolean and all(i < n for i in f[1])]
    shared = {f for f in masks if all(f in monomial for monomial in a.terms)}
    if shared:
        rest = Form(a.sizes, {tuple(f for f in m if f not in shared): c for m, c in a.terms.items()})
        return g.multiply(_above(g, rest), Form(a.sizes, {tuple(sorted(shared)): 1.0}), a.sizes)
    lead = abs(a.terms[min(a.terms)])
    return g.function("above", _scale(a, 1 / lead), boolean=True)


def _not(g: Algebra, a: Form) -> Form:
    return g.add(g.scalar(1.0, a.sizes), a, -1.0, a.sizes)


rule("sign")(lambda g, t, a: _sign(g, a))
rule("absolute")(lambda g, t, a: g.multiply(a, _sign(g, a), t.shape))
rule("greater")(lambda g, t, a, b: _above(g, g.add(a, b, -1.0, t.shape)))
rule("less")(lambda g, t, a, b: _above(g, g.add(b, a, -1.0, t.shape)))
rule("greater_equal")(lambda g, t, a, b: _not(g, _above(g, g.add(b, a, -1.0, t.shape))))
rule("less_equal")(lambda g, t, a, b: _not(g, _above(g, g.add(a, b, -1.0, t.shape))))
rule("logical_not")(lambda g, t, a: _not(g, a) if _boolean(t.args[0]) else None)
rule("logical_and")(lambda g, t, a, b: g.multiply(a, b, t.shape) if all(map(_boolean, t.args)) else None)
rule("relu")(lambda g, t, a: g.multiply(a, _above(g, a), t.shape))


def _boolean(term: Term) -> bool:
    return np.asarray(term.sample).dtype.kind == "b"


@rule("maximum", "minimum")
def _maximum(g: Algebra, t: Term, a: Form, b: Form) -> Form:
    assert t.card is not None
    difference = g.add(a, b, -1.0, t.shape)
    chosen = _above(g, difference if t.card.name == "maximum" else _scale(difference, -1.0))
    return g.add(g.multiply(chosen, difference, t.shape), b, 1.0, t.shape)


@rule("where")
def _where(g: Algebra, t: Term, mask: Form, a: Form, b: Form) -> Form | None:
    if not _boolean(t.args[0]):
        return None
    return g.add(g.multiply(mask, g.add(a, b, -1.0, t.shape), t.shape), b, 1.0, t.shape)


@rule("astype", "cast")
def _cast(g: Algebra, t: Term, a: Form, **params: Any) -> Form | None:
    return a if np.allclose(np.asarray(t.sample, float), np.asarray(t.args[0].sample, float)) else None


# Contractions ---------------------------------------------------------------------------------------------------------

@rule("matmul")
def _matmul(g: Algebra, t: Term, a: Form, b: Form) -> Form:
    na, nb = len(a.sizes), len(b.sizes)
    stack = max(na - 2, nb - 2, 0)
    row, inner, column = 100, 101, 102
    left = (*_tail(stack, na - 2), row, inner) if na > 1 else (inner,)
    right = (*_tail(stack, nb - 2), inner, column) if nb > 1 else (inner,)
    out = (*_all(stack), *((row,) if na > 1 else ()), *((column,) if nb > 1 else ()))
    return g.contract([a, b], [left, right], out, t.shape)


def _tail(total: int, count: int) -> tuple[int, ...]:
    return tuple(range(total - max(count, 0), total))


@rule("dot")
def _dot(g: Algebra, t: Term, a: Form, b: Form) -> Form:
    na, nb = len(a.sizes), len(b.sizes)
    if not na or not nb:
        return g.multiply(a, b, t.shape)
    left = (*range(na - 1), 99)
    right = (*range(20, 20 + nb - 2), 99, 98) if nb > 1 else (99,)
    return g.contract([a, b], [left, right], tuple(i for i in (*left, *right) if i != 99), t.shape)


@rule("inner", "vecdot", "vdot")
def _inner(g: Algebra, t: Term, a: Form, b: Form, **params: Any) -> Form | None:
    if params or len(a.sizes) != 1 or len(b.sizes) != 1:
        return None
    return g.contract([a, b], [(0,), (0,)], (), ())


@rule("outer")
def _outer(g: Algebra, t: Term, a: Form, b: Form) -> Form | None:
    if len(a.sizes) != 1 or len(b.sizes) != 1:
        return None
    return g.contract([a, b], [(0,), (1,)], (0, 1), t.shape)


@rule("einsum")
def _einsum(g: Algebra, t: Term, *forms: Form, subscripts: str) -> Form | None:
    inputs, _, output = subscripts.replace(" ", "").partition("->")
    if "." in subscripts:
        return None
    labels = [tuple(map(ord, part)) for part in inputs.split(",")]
    return g.contract(list(forms), labels, tuple(map(ord, output)), t.shape)


@rule("transpose")
def _transpose(g: Algebra, t: Term, a: Form, axes: Any = None) -> Form:
    n = len(a.sizes)
    order = _all(n)[::-1] if axes is None else tuple(int(i) % n for i in axes)
    return g.contract([a], [_all(n)], order, tuple(a.sizes[i] for i in order))


def _gone(n: int, axis: Any) -> tuple[int, ...]:
    if axis is None:
        return _all(n)
    return tuple(int(i) % n for i in (axis if isinstance(axis, tuple | list) else (axis,))) if n else ()


@rule("sum")
def _sum(g: Algebra, t: Term, a: Form, axis: Any = None, keepdims: bool = False) -> Form:
    n = len(a.sizes)
    gone = _gone(n, axis)
    # An axis that is kept with size 1 gets a label that no factor bears.
    out = tuple(100 + i if i in gone else i for i in range(n) if keepdims or i not in gone)
    return g.contract([a], [_all(n)], out, t.shape)


def _mean(g: Algebra, t: Term, a: Form, axis: Any, keepdims: bool) -> Form:
    total = _sum(g, t, a, axis, keepdims)
    for i in _gone(len(a.sizes), axis):
        total = g.multiply(total, g.power(g.size(a.sizes[i]), -1.0), t.shape)
    return total


@rule("var", "std")
def _var(g: Algebra, t: Term, a: Form, axis: Any = None, keepdims: bool = False, ddof: int = 0) -> Form:
    assert t.card is not None
    squares = _mean(g, t, g.power(a, 2.0), axis, keepdims)
    found = g.add(squares, g.power(_mean(g, t, a, axis, keepdims), 2.0), -1.0, t.shape)
    if ddof:
        count = g.scalar(1.0)
        for i in _gone(len(a.sizes), axis):
            count = g.multiply(count, g.size(a.sizes[i]), ())
        fewer = g.add(count, g.scalar(float(ddof)), -1.0, ())
        found = g.multiply(g.multiply(found, count, t.shape), g.power(fewer, -1.0), t.shape)
    return found if t.card.name == "var" else g.power(found, 0.5)


@rule("sum_to")
def _sum_to(g: Algebra, t: Term, a: Form, shape: Any) -> Form:
    n, m = len(a.sizes), len(shape)
    out = tuple(100 + i if shape[i] == 1 else i + n - m for i in range(m))
    return g.contract([a], [_all(n)], out, t.shape)


rule("broadcast_to")(lambda g, t, a, shape: g.broadcast(a, t.shape))


@rule("trace")
def _trace(g: Algebra, t: Term, a: Form, **params: Any) -> Form | None:
    return g.contract([a], [(0, 0)], (), ()) if len(a.sizes) == 2 and not any(params.values()) \
        and a.sizes[0] == a.sizes[1] else None


@rule("diagonal")
def _diagonal(g: Algebra, t: Term, a: Form, **params: Any) -> Form | None:
    plain = not any(v for k, v in params.items() if k not in ("axis1", "axis2"))
    if not plain or len(a.sizes) != 2 or a.sizes[0] != a.sizes[1]:
        return None
    return g.contract([a], [(0, 0)], (0,), t.shape)


@rule("diag", "diag_embed")
def _diag(g: Algebra, t: Term, a: Form, **params: Any) -> Form | None:
    if any(params.values()):
        return None
    if len(a.sizes) == 2:
        return _diagonal(g, t, a)
    if len(a.sizes) != 1:
        return None
    if a.sizes[0] == 1:
        return Form(t.shape, a.terms)
    eye = Form(t.shape, {((EYE, (0, 1), 1),): 1.0})
    return g.contract([a, eye], [(0,), (0, 1)], (0, 1), t.shape)


def _path(g: Algebra, a: Form) -> tuple[float, tuple[Any, ...], list[tuple[int, bool]]] | None:
    """A form that is one product of square matrices: coefficient, scalar factors, (atom, transposed) from left to right."""
    if len(a.sizes) != 2 or a.sizes[0] == 1 or a.sizes[0] != a.sizes[1] or len(a.terms) != 1:
        return None
    ((monomial, coefficient),) = a.terms.items()
    scalars = tuple(f for f in monomial if not f[1])
    rest = [f for f in monomial if f[1]]
    if any(f[2] != 1 or len(f[1]) != 2 or f[1][0] == f[1][1] for f in rest):
        return None
    if any(size != a.sizes[0] for f in rest if f[0] != EYE for size in g.atoms[f[0]].sizes):
        return None
    at, found = 0, list[tuple[int, bool]]()
    while rest:
        following = [f for f in rest if at in f[1]]
        if len(following) != 1:
            return None
        rest.remove(following[0])
        number, axes, _ = following[0]
        found.append((number, axes[1] == at))
        at = axes[0] if axes[1] == at else axes[1]
    return (coefficient, scalars, found) if at == 1 else None


@rule("inv")
def _inv(g: Algebra, t: Term, a: Form) -> Form | None:
    path = _path(g, a)
    if path is None:
        return _inverse_of_sum(g, a)
    coefficient, scalars, factors = path
    result = Form(a.sizes, {tuple((n, x, -e) for n, x, e in scalars): 1 / coefficient})
    product: Form | None = None
    for number, turned in reversed(factors):
        one = _inverse_atom(g, number, a.sizes, turned)
        product = one if product is None else g.contract([product, one], [(0, 2), (2, 1)], (0, 1), a.sizes)
    assert product is not None
    return g.multiply(result, product, a.sizes)


def _turned(g: Algebra, a: Form) -> Form:
    return g.contract([a], [(0, 1)], (1, 0), a.sizes[::-1])


def _inverse_of_sum(g: Algebra, a: Form) -> Form | None:
    """The inverse of what is no plain product, as one atom that it shares with the inverse of the transpose."""
    if len(a.sizes) != 2 or a.sizes[0] == 1:
        return None
    number, turned = g.identify(a), g.identify(_turned(g, a))
    found = g.atom(("inverse", min(number, turned)), a.sizes, symmetric=number == turned)
    return Form(a.sizes, {((found, (0, 1) if number <= turned else (1, 0), 1),): 1.0})


def _inverse_atom(g: Algebra, number: int, sizes: Shape, turned: bool) -> Form:
    atom = g.atoms[number]
    axes = (1, 0) if turned else (0, 1)
    if number == EYE:
        found = EYE
    elif atom.key[0] == "inv":
        found = atom.key[1]
    else:
        found = g.atom(("inv", number, True), atom.sizes, symmetric=atom.symmetric)
    return Form(sizes, {((found, tuple(sorted(axes)) if found in g.symmetric else axes, 1),): 1.0})


@rule("det", "logabsdet")
def _det(g: Algebra, t: Term, a: Form) -> Form | None:
    """det(A B) = det A det B, det A⁻¹ = 1/det A, det Aᵀ = det A."""
    path = _path(g, a)
    assert t.card is not None
    if path is None or path[0] != 1 or path[1]:
        if len(a.sizes) != 2:
            return None
        return g.opaque((t.card.name, "form", min(g.identify(a), g.identify(_turned(g, a)))), ())
    result = g.scalar(1.0 if t.card.name == "det" else 0.0)
    for number, _ in path[2]:
        if number == EYE:
            continue
        atom = g.atoms[number]
        base, power = (atom.key[1], -1.0) if atom.key[0] == "inv" else (number, 1.0)
        one = g.opaque((t.card.name, base), ())
        if t.card.name == "det":
            result = g.multiply(result, g.power(one, power), ())
        else:
            result = g.add(result, one, power, ())
    return result


@rule("solve")
def _solve(g: Algebra, t: Term, a: Form, b: Form) -> Form | None:
    inverse = _inv(g, t, a) if len(a.sizes) == 2 else None
    return _matmul(g, t, inverse, b) if inverse is not None else None


# Rearranging ----------------------------------------------------------------------------------------------------------

def _by_rank(g: Algebra, a: Form, sizes: Shape) -> Form | None:
    """A change of shape that only adds or drops axes of size 1."""
    old = [i for i, s in enumerate(a.sizes) if s != 1]
    new = [i for i, s in enumerate(sizes) if s != 1]
    if [a.sizes[i] for i in old] != [sizes[i] for i in new]:
        return None
    labels = tuple(i if a.sizes[i] != 1 else -1 - i for i in range(len(a.sizes)))
    back = dict(zip(new, old, strict=True))
    return g.contract([a], [labels], tuple(back.get(i, 100 + i) for i in range(len(sizes))), sizes)


@rule("reshape", "expand_dims", "squeeze", "ravel")
def _reshape(g: Algebra, t: Term, a: Form, **params: Any) -> Form:
    return _in_shape(g, a, t.shape)


def _in_shape(g: Algebra, a: Form, sizes: Shape) -> Form:
    """The same entries in another shape; products and elementwise functions are reshaped factor by factor."""
    found = _by_rank(g, a, sizes)
    if found is not None:
        return found
    n = len(a.sizes)
    total = g.scalar(0.0, sizes)
    for monomial, coefficient in a.terms.items():
        scalars = tuple(f for f in monomial if not f[1])
        part = Form(sizes, {scalars: coefficient})
        for group in components([f for f in monomial if f[1]], n):
            number, axes, power = group[0]
            atom = g.atoms[number]
            if len(group) == 1 and number != EYE and all(i < n for i in axes):
                if atom.key[0] == "fn" and len(atom.key) == 4:
                    inner = g.contract([g.behind[number]], [axes], tuple(range(n)), a.sizes)
                    moved = g.function(atom.key[1], _in_shape(g, inner, sizes), atom.key[2], positive=atom.positive,
                                       boolean=atom.boolean, sign=atom.sign)
                else:
                    moved = _atom_in_shape(g, number, axes, a.sizes, sizes)
                moved = g.power(moved, power)
            else:
                inner = Form(a.sizes, {canonical({(f[0], f[1]): f[2] for f in group}, n, g.symmetric): 1.0})
                number, axes, _ = next(iter(g.atomise(inner).terms))[0]
                moved = _atom_in_shape(g, number, axes, a.sizes, sizes)
            part = g.multiply(part, moved, sizes)
        total = g.add(total, part, 1.0, sizes)
    return total


def _atom_in_shape(g: Algebra, number: int, axes: tuple[int, ...], old: Shape, sizes: Shape) -> Form:
    atom = g.atoms[number]
    if atom.key[0] == "reshaped" and axes == tuple(i for i, s in enumerate(old) if s != 1):
        number, axes = atom.key[1], atom.key[2]
        old, atom = atom.key[3], g.atoms[number]
        base = Form(old, {((number, axes, 1),): 1.0})
        if atom.key[0] == "form":
            base = g.contract([g.behind[number]], [axes], tuple(range(len(old))), old)
        found = _by_rank(g, base, sizes)
        if found is not None:
            return found
    wanted = tuple(s for s in sizes if s != 1)
    return g.opaque(("reshaped", number, axes, old, wanted), sizes, positive=atom.positive, boolean=atom.boolean,
                    sign=atom.sign)


@rule("getitem")
def _getitem(g: Algebra, t: Term, a: Form, *arrays: Form, index: Any) -> Form | None:
    if arrays:
        return None
    plain = all(p is None or p is Ellipsis or (isinstance(p, tuple) and p[0] == "slice" and p[1:] == (None,) * 3)
                or (isinstance(p, int) and p in (0, -1)) for p in index)
    if plain and np.size(t.sample) == np.size(t.args[0].sample):
        return _by_rank(g, a, t.shape)
    return None
