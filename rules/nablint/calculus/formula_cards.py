"""How the terms of cards are written as formulas where the card's own text does not do."""

from __future__ import annotations

import numpy as np

from nablint.calculus import formula
from nablint.calculus.chains import is_entry
from nablint.calculus.formula import Node
from nablint.calculus.formula_writer import Writer, parameter, writes
from nablint.calculus.simplify import labels_of, number_of, vector_in
from nablint.calculus.terms import Term
from nablint.shapes import show_shape


@writes("add", "subtract")
def _sum(w: Writer, t: Term) -> Node:
    a, b = _sides(w, t)
    assert t.card is not None
    if t.card.name == "add":
        if b.kind == "sum" and b.mark[0] == "-":
            return formula.total([("+", a), ("-", b.parts[0]),
                                  *zip(b.mark[1:], b.parts[1:], strict=True)])  # type: ignore[list-item]
        return formula.total([("+", a), ("+", b)])
    return formula.total([("+", a), ("-", b)])


def _sides(w: Writer, t: Term) -> tuple[Node, Node]:
    """Both operands; a vector that broadcasts along the rows is a row beside a column."""
    a, b = t.args
    left, right = w.write(a), w.write(b)
    if t.ndim == 2:
        left, right = (_turned(left) if a.ndim == 1 and vector_in(b, 1) is not None else left,
                       _turned(right) if b.ndim == 1 and vector_in(a, 1) is not None else right)
    return left, right


@writes("negative")
def _negative(w: Writer, t: Term) -> Node:
    return Node("sum", (w.write(t.args[0]),), "-")


@writes("multiply")
def _multiply(w: Writer, t: Term) -> Node:
    a, b = t.args
    if a.is_constant and not a.ndim and float(np.asarray(a.sample)) == -1:
        return Node("sum", (w.write(b),), "-")
    parts = _sides(w, t)
    if a.ndim == 0 or b.ndim == 0:
        if (a.ndim and not b.ndim) or (parts[0].kind == "differential" and not b.ndim):
            parts = parts[::-1]
        return formula.product(parts)
    return formula.product(parts, "∘")


@writes("divide")
def _divide(w: Writer, t: Term) -> Node:
    return Node("fraction", (w.write(t.args[0]), w.write(t.args[1])))


@writes("power")
def _power(w: Writer, t: Term) -> Node:
    return Node("power", (w.write(t.args[0]), w.write(t.args[1])))


writes("square")(lambda w, t: Node("power", (w.write(t.args[0]), formula.number(2))))
writes("sqrt")(
    lambda w, t: Node("template", (w.write(t.args[0]),), f"√({formula.slot(0)})", f"\\sqrt{{ {formula.slot(0)} }}")
)
writes("sigmoid")(lambda w, t: formula.call("σ", w.write(t.args[0]), latex="\\sigma"))
writes("inv")(lambda w, t: Node("inverse", (w.write(t.args[0]),)))
writes("trace")(lambda w, t: formula.call("tr", w.write(t.args[0]), latex="\\operatorname{tr}"))
writes("det")(lambda w, t: formula.call("det", w.write(t.args[0])))
writes("absolute")(lambda w, t: Node("bars", (w.write(t.args[0]),), "|"))
writes("norm")(lambda w, t: Node("bars", (w.write(t.args[0]),), "‖") if t.ndim == 0 else None)
writes("outer")(lambda w, t: formula.product((w.write(t.args[0]), Node("transpose", (w.write(t.args[1]),)))))
writes("inner_product")(lambda w, t: Node("inner", (w.write(t.args[0]), w.write(t.args[1]))))
writes("broadcast_to", "squeeze")(lambda w, t: w.write(t.args[0]))
writes("eye", "identity")(lambda w, t: formula.name("I"))
writes("kron")(lambda w, t: formula.product((w.write(t.args[0]), w.write(t.args[1])), "⊗"))


@writes("matmul", "dot")
def _matmul(w: Writer, t: Term) -> Node | None:
    a, b = t.args
    if a.ndim == 0 or b.ndim == 0:
        return _multiply(w, t)
    right = _filled(w, b)
    if a.ndim == b.ndim == 1:
        return Node("entry", (formula.product((_row(w, a), right)),))
    if a.ndim == 1 and b.ndim == 2:  # a row times a matrix: the column Bᵀ a
        return formula.product((_turned(right), w.write(a)))
    return formula.product((_row(w, a) if a.ndim == 1 else _filled(w, a), right))


def _filled(w: Writer, t: Term) -> Node:
    """A factor of a matrix product; one of equal entries is a number times 𝟏."""
    value = number_of(t) if t.ndim and t not in w.names and t.card is not None else None
    if value is None:
        return w.write(t)
    ones = formula.name("𝟏")
    if t.ndim == 2 and np.shape(t.sample)[0] == 1:
        ones = _turned(ones)
    return ones if value == 1 else formula.product((formula.number(value), ones))


def _row(w: Writer, t: Term) -> Node:
    """The transpose of a vector: (A v)ᵀ is vᵀ Aᵀ."""
    if t not in w.names and t.card is not None and t.card.name == "matmul" and t.args[0].ndim == 2:
        return formula.product((_row(w, t.args[1]), _turned(w.write(t.args[0]))))
    return _turned(w.write(t))


@writes("reshape", "expand_dims")
def _reshape(w: Writer, t: Term) -> Node | None:
    """A vector is a column; as a row it is transposed."""
    inner = t.args[0]
    if inner.ndim == 1 and t.ndim == 2 and 1 in np.shape(t.sample):
        shown = w.write(inner)
        return shown if np.shape(t.sample)[1] == 1 else _turned(shown)
    if is_entry(t):
        return Node("entry", (w.write(inner),))
    if (
        np.size(t.sample) == 1
        or t.card is None
        or t.card.name == "expand_dims"
        or (t.ndim == 1 and inner.ndim == 2 and np.shape(inner.sample)[1] == 1)
    ):
        return w.write(inner)
    return None


def _turned(node: Node) -> Node:
    return node.parts[0] if node.kind == "transpose" else Node("transpose", (node,))


@writes("transpose")
def _transpose(w: Writer, t: Term) -> Node | None:
    axes = t.params.get("axes")
    inner = w.write(t.args[0])
    if t.ndim <= 2 and (axes is None or tuple(int(a) % 2 for a in axes) == (1, 0)):
        return _turned(inner) if t.ndim == 2 else inner
    order = tuple(range(t.ndim))[::-1] if axes is None else tuple(int(a) for a in axes)
    if order == (*range(t.ndim - 2), t.ndim - 1, t.ndim - 2):
        return _turned(inner)
    return formula.call("permute", inner, formula.name(show_shape(order)))


@writes("sum", "mean", "max", "min", "prod", "var", "std", "logsumexp", "sum_to")
def _reduce(w: Writer, t: Term) -> Node:
    assert t.card is not None
    axis = t.params.get("axis")
    inner = w.write(t.args[0])
    if np.size(t.args[0].sample) == 1 and t.card.name not in ("var", "std"):
        return inner
    over = "" if axis is None or (t.args[0].ndim <= 1 and t.ndim == 0) else f"axis={parameter(axis)}"
    if t.card.name == "sum":
        return Node("sigma", (inner,), over)
    if t.card.name == "sum_to":
        return formula.call("sum_to", inner, formula.name(show_shape(t.shape)))
    return formula.call(t.card.name, inner, *((formula.name(over),) if over else ()))


@writes("greater", "greater_equal", "less", "less_equal", "equal", "not_equal")
def _comparison(w: Writer, t: Term) -> Node:
    assert t.card is not None
    labels = labels_of(t)
    if labels is not None:
        return formula.call("onehot", w.write(labels))
    return Node("relation", (w.write(t.args[0]), w.write(t.args[1])), _COMPARISONS[t.card.name])


_COMPARISONS = {"greater": ">", "greater_equal": ">=", "less": "<", "less_equal": "<=", "equal": "==",
                "not_equal": "!="}


@writes("softmax", "log_softmax")
def _softmax(w: Writer, t: Term) -> Node:
    assert t.card is not None
    return formula.call(t.card.name, w.write(t.args[0]))


@writes("getitem")
def _getitem(w: Writer, t: Term) -> Node:
    arrays = [formula.text(w.write(a)) for a in t.args[1:]]
    return Node("index", (w.write(t.args[0]),), index_text(t.params["index"], arrays))


@writes("scatter")
def _scatter(w: Writer, t: Term) -> Node:
    """Zeros with a value put where an index points."""
    arrays = [formula.text(w.write(a)) for a in t.args[1:]]
    return formula.call("scatter", w.write(t.args[0]), formula.name(f"[{index_text(t.params['index'], arrays)}]"))


def index_text(index: tuple[object, ...], arrays: list[str]) -> str:
    """What stands between the brackets of an index."""
    shown: list[str] = []
    for part in index:
        if part is Ellipsis:
            shown.append("...")
        elif isinstance(part, tuple) and part[0] == "slice":
            start, stop, step = (("" if v is None else str(v)) for v in part[1:])
            shown.append(f"{start}:{stop}" + (f":{step}" if step else ""))
        elif isinstance(part, tuple):
            shown.append(arrays[part[1]])
        else:
            shown.append(str(part))
    return ", ".join(shown)
