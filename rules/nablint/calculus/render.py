"""Terms as formulas and as code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from string import Formatter
from typing import Literal

import numpy as np

from nablint.calculus import formula
from nablint.calculus.chains import is_entry
from nablint.calculus.code import write_code
from nablint.calculus.formula import Node
from nablint.calculus.formula_latex import latex
from nablint.calculus.formula_mathml import mathml
from nablint.calculus.simplify import labels_of, number_of, vector_in
from nablint.calculus.terms import Term
from nablint.shapes import show_shape

Style = Literal["text", "latex", "mathml", "numpy", "torch", "einsum"]
PRINTERS: dict[str, Callable[[Node], str]] = {"text": formula.text, "latex": latex, "mathml": mathml}


LONGEST = 600
"""A formula of more parts than this is cut short."""
Name = str | Node
"""A name as text, or as a formula where it is more than a word (∂L/∂Z)."""


def render(
    term: Term, style: Style, names: Mapping[Term, str], *, dot: bool = False, expand: bool = True
) -> str | None:
    """The term written out, with minimal brackets.

    names:  terms that are written by name; the term itself is written out all the same while `expand` holds.
    dot:    matrix products as `np.dot(a, b)` instead of `a @ b`.
    Returns None where the style has no way to write the term (code only).
    """
    if style in PRINTERS:
        return PRINTERS[style](formula_of(term, names, expand=expand))
    return write_code(term, style, names, dot=dot, expand=expand)


def formula_of(term: Term, names: Mapping[Term, Name], *, expand: bool = True) -> Node:
    """The term as a formula tree."""
    return Writer(names).write(term, expand)


class Writer:
    """Writes terms of one graph as formulas; what was written once is remembered while the names stay."""

    def __init__(self, names: Mapping[Term, Name]) -> None:
        self.names = names
        self.done: dict[Term, Node] = {}
        self.sizes: dict[int, int] = {}
        self.counted: list[Node] = []

    def write(self, term: Term, expand: bool = False) -> Node:
        """The term as a formula; with `expand` it is written out even where it has a name."""
        if not (expand and term.card is not None):
            if term in self.names:
                return written_name(self.names[term])
            if term in self.done:
                return self.done[term]
        self._below(term)
        found = self._leaf(term) if term.card is None else self._node(term)
        size = self._size(found)
        if size > LONGEST:  # shared parts are written out again and again: without a bound that is exponential
            found = formula.name("…")
        self.done[term] = found
        return found

    def length(self, term: Term) -> int:
        """How many parts the formula of a term has."""
        return self._size(self.write(term, expand=True))

    def _below(self, term: Term) -> None:
        """Write what is below from the leaves up: graphs are deeper than the stack."""
        waiting = [a for a in term.args if a.args]
        while waiting:
            node = waiting[-1]
            if node in self.done or node in self.names:
                waiting.pop()
                continue
            unknown = [a for a in node.args if a.args and a not in self.done and a not in self.names]
            if unknown:
                waiting.extend(unknown)
            else:
                waiting.pop()
                self.write(node)

    def _size(self, node: Node) -> int:
        """The parts of a formula, counted as often as they are written."""
        known = self.sizes.get(id(node))
        if known is None:
            total = 1
            for part in node.parts:
                total += self._size(part)
            known = self.sizes[id(node)] = total
            self.counted.append(node)  # an id is only good while its object lives
        return known

    def _leaf(self, term: Term) -> Node:
        if term.label:
            return written_name(term.label)
        if "size" in term.params:
            return formula.size(term.params["size"].expr)
        sample = np.asarray(term.sample)
        if sample.ndim == 0:
            return formula.number(float(sample)) if sample.dtype.kind in "biuf" else formula.name(str(sample))
        if sample.ndim == 2 and sample.shape[0] == sample.shape[1] > 1 and np.array_equal(sample, np.eye(len(sample))):
            return formula.name("I")
        if sample.size and bool(np.all(sample == sample.flat[0])) and sample.dtype.kind in "biuf":
            value = float(sample.flat[0])
            return formula.name("𝟏" if value == 1 else "0") if value in (0, 1) else formula.number(value)
        if sample.ndim == 1 and np.array_equal(sample, np.arange(len(sample))):
            return formula.call("arange", formula.size(term.shape[0].expr))
        return formula.call("const", formula.name(show_shape(term.shape)))

    def _node(self, term: Term) -> Node:
        assert term.card is not None
        special = _NODES.get(term.card.name)
        if special is not None:
            found = special(self, term)
            if found is not None:
                return found
        args = tuple(self.write(a) for a in term.args)
        return template(term, args)


def written_name(text: Name) -> Node:
    """A name, or an expression that stands for one (`self.z[1]`)."""
    return Node("name", (), text) if isinstance(text, str) else text


def template(term: Term, args: tuple[Node, ...]) -> Node:
    """A card's own way of being written, with its parameters filled in."""
    card = term.card
    assert card is not None
    shown = {k: _parameter(v) for k, v in term.params.items() if v is not None}

    def fill(pattern: str) -> str | None:
        out = ""
        for literal, slot, _, _ in Formatter().parse(pattern):
            out += literal
            if slot is None:
                continue
            if slot == "*":
                out += ", ".join(formula.slot(k) for k in range(len(args)))
            elif slot.isdigit() and int(slot) < len(args):
                out += formula.slot(int(slot))
            elif slot in shown:
                out += shown[slot]
            else:
                return None
        return out

    text, in_latex = fill(card.text) if card.text else None, fill(card.latex or card.text)
    if text is None or in_latex is None or any(formula.slot(k) not in text for k in range(len(args))):
        return formula.call(card.name, *args)
    return Node("template", args, text, in_latex, _STRENGTH.get(card.binding, formula.ATOM))


_STRENGTH = {0: 0, 1: formula.SUM, 2: formula.PRODUCT, 3: formula.SUM, 4: formula.POWER}
"""What a card's binding is among formulas."""


def _parameter(value: object) -> str:
    return show_shape(value) if isinstance(value, tuple) and all(isinstance(v, int) for v in value) else str(value)  # type: ignore[arg-type]


Special = Callable[[Writer, Term], Node | None]
_NODES: dict[str, Special] = {}


def _writes(*names: str) -> Callable[[Special], Special]:
    def put(function: Special) -> Special:
        for name in names:
            _NODES[name] = function
        return function

    return put


@_writes("add", "subtract")
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


@_writes("negative")
def _negative(w: Writer, t: Term) -> Node:
    return Node("sum", (w.write(t.args[0]),), "-")


@_writes("multiply")
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


@_writes("divide")
def _divide(w: Writer, t: Term) -> Node:
    return Node("fraction", (w.write(t.args[0]), w.write(t.args[1])))


@_writes("power")
def _power(w: Writer, t: Term) -> Node:
    return Node("power", (w.write(t.args[0]), w.write(t.args[1])))


_writes("square")(lambda w, t: Node("power", (w.write(t.args[0]), formula.number(2))))
_writes("sqrt")(
    lambda w, t: Node("template", (w.write(t.args[0]),), f"√({formula.slot(0)})", f"\\sqrt{{ {formula.slot(0)} }}")
)
_writes("sigmoid")(lambda w, t: formula.call("σ", w.write(t.args[0]), latex="\\sigma"))
_writes("inv")(lambda w, t: Node("inverse", (w.write(t.args[0]),)))
_writes("trace")(lambda w, t: formula.call("tr", w.write(t.args[0]), latex="\\operatorname{tr}"))
_writes("det")(lambda w, t: formula.call("det", w.write(t.args[0])))
_writes("absolute")(lambda w, t: Node("bars", (w.write(t.args[0]),), "|"))
_writes("norm")(lambda w, t: Node("bars", (w.write(t.args[0]),), "‖") if t.ndim == 0 else None)
_writes("outer")(lambda w, t: formula.product((w.write(t.args[0]), Node("transpose", (w.write(t.args[1]),)))))
_writes("inner_product")(lambda w, t: Node("inner", (w.write(t.args[0]), w.write(t.args[1]))))
_writes("broadcast_to", "squeeze")(lambda w, t: w.write(t.args[0]))
_writes("eye", "identity")(lambda w, t: formula.name("I"))
_writes("kron")(lambda w, t: formula.product((w.write(t.args[0]), w.write(t.args[1])), "⊗"))


@_writes("matmul", "dot")
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
    return ones if value == 1 else formula.product((formula.number(value), ones))


def _row(w: Writer, t: Term) -> Node:
    """The transpose of a vector: (A v)ᵀ is vᵀ Aᵀ."""
    if t not in w.names and t.card is not None and t.card.name == "matmul" and t.args[0].ndim == 2:
        return formula.product((_row(w, t.args[1]), _turned(w.write(t.args[0]))))
    return _turned(w.write(t))


@_writes("reshape", "expand_dims")
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


@_writes("transpose")
def _transpose(w: Writer, t: Term) -> Node | None:
    axes = t.params.get("axes")
    inner = w.write(t.args[0])
    if t.ndim <= 2 and (axes is None or tuple(int(a) % 2 for a in axes) == (1, 0)):
        return _turned(inner) if t.ndim == 2 else inner
    order = tuple(range(t.ndim))[::-1] if axes is None else tuple(int(a) for a in axes)
    if order == (*range(t.ndim - 2), t.ndim - 1, t.ndim - 2):
        return _turned(inner)
    return formula.call("permute", inner, formula.name(show_shape(order)))


@_writes("sum", "mean", "max", "min", "prod", "var", "std", "logsumexp", "sum_to")
def _reduce(w: Writer, t: Term) -> Node:
    assert t.card is not None
    axis = t.params.get("axis")
    inner = w.write(t.args[0])
    if np.size(t.args[0].sample) == 1 and t.card.name not in ("var", "std"):
        return inner
    over = "" if axis is None or (t.args[0].ndim <= 1 and t.ndim == 0) else f"axis={_parameter(axis)}"
    if t.card.name == "sum":
        return Node("sigma", (inner,), over)
    if t.card.name == "sum_to":
        return formula.call("sum_to", inner, formula.name(show_shape(t.shape)))
    return formula.call(t.card.name, inner, *((formula.name(over),) if over else ()))


@_writes("greater", "greater_equal", "less", "less_equal", "equal", "not_equal")
def _comparison(w: Writer, t: Term) -> Node:
    assert t.card is not None
    labels = labels_of(t)
    if labels is not None:
        return formula.call("onehot", w.write(labels))
    return Node("relation", (w.write(t.args[0]), w.write(t.args[1])), _COMPARISONS[t.card.name])


_COMPARISONS = {"greater": ">", "greater_equal": ">=", "less": "<", "less_equal": "<=", "equal": "==",
                "not_equal": "!="}


@_writes("softmax", "log_softmax")
def _softmax(w: Writer, t: Term) -> Node:
    assert t.card is not None
    return formula.call(t.card.name, w.write(t.args[0]))


@_writes("getitem")
def _getitem(w: Writer, t: Term) -> Node:
    arrays = [formula.text(w.write(a)) for a in t.args[1:]]
    return Node("index", (w.write(t.args[0]),), index_text(t.params["index"], arrays))


@_writes("scatter")
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
