"""The functions of a formula: their names, and those that are more than one card."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from nablint.calculus.grammar import LIBRARIES
from nablint.calculus.notation import Expr
from nablint.calculus.terms import Term
from nablint.ops.card import op
from nablint.shapes import Misfit, Size, dim, show_shape

if TYPE_CHECKING:
    from nablint.calculus.evaluate import Evaluator

ALIASES = {
    "ln": "log",
    "tr": "trace",
    "Tr": "trace",
    "σ": "sigmoid",
    "expit": "sigmoid",
    "swish": "silu",
    "abs": "absolute",
    "logdet": "logabsdet",
    "Diag": "diag_embed",
    "mm": "matmul",
    "pow": "power",
    "amax": "max",
    "amin": "min",
    "Σ": "sum",
    "true_divide": "divide",
    "asin": "arcsin",
    "acos": "arccos",
    "atan": "arctan",
    "ReLU": "relu",
    "Relu": "relu",
    "logsoftmax": "log_softmax",
    "huber": "huber",
    "inverse": "inv",
    "T": "transpose",
    "lse": "logsumexp",
    "permute": "transpose",
    "prod": "prod",
    "vector_norm": "norm",
    "matrix_norm": "norm",
}
REDUCTIONS = {"sum", "mean", "max", "min", "prod", "var", "std", "logsumexp"}
ALONG = {"softmax", "log_softmax", "cumsum", "cumprod"}
WORDS = {"dim": "axis", "keepdim": "keepdims", "correction": "ddof"}

_PLACES = ("numpy", "numpy.linalg", "torch.nn.functional", "torch", "torch.linalg", "scipy.special", "scipy.linalg")
"""Where a function without a library before it is looked for, in this order."""


def full_names(e: Expr) -> tuple[str, ...]:
    """The names by which libraries may know the function of a call."""
    if e.path == ".":
        return f"ndarray.{e.value}", f"Tensor.{e.value}"
    if not e.path:
        return tuple(f"{place}.{e.value}" for place in _PLACES)
    return (".".join([LIBRARIES[part] for part in e.path.split(".")] + [e.value]),)


def beyond_the_card(e: Expr) -> bool:
    """The call means more than the card of that name: PyTorch's losses are means, a norm may have an order."""
    if e.value == "norm":
        return len(e.parts) > (2 if e.path == "." else 1) or any(word in ("ord", "p") for word, _ in e.words)
    return e.value == "cross_entropy" and e.path not in ("", ".")


Special = Callable[["Evaluator", Expr, list[Any], dict[str, Any]], Any]


def _diag(ev: Evaluator, e: Expr, args: list[Any], words: dict[str, Any]) -> Any:
    x = ev.term(args[0])
    if x.ndim == 2 and x.shape[-1] == 1:
        x = op.reshape(x, shape=x.shape[:-1])
    return op.diag_embed(x) if x.ndim == 1 else op.diagonal(x)


def _reshape(ev: Evaluator, e: Expr, args: list[Any], words: dict[str, Any]) -> Any:
    shape = args[1] if len(args) == 2 and isinstance(args[1], tuple) else tuple(args[1:])
    return op.reshape(args[0], shape=tuple(dim(ev.parameter(s, e)) for s in shape))


def _transpose(ev: Evaluator, e: Expr, args: list[Any], words: dict[str, Any]) -> Any:
    axes = args[1:] or None
    return op.transpose(args[0], axes=None if axes is None else tuple(axes[0] if isinstance(axes[0], tuple) else axes))


def _vec(ev: Evaluator, e: Expr, args: list[Any], words: dict[str, Any]) -> Any:
    x = ev.term(args[0])
    return op.reshape(x.T, shape=(dim(x.shape[0]) * dim(x.shape[1]), Size(1))) if x.ndim == 2 else x


def _inner(ev: Evaluator, e: Expr, args: list[Any], words: dict[str, Any]) -> Any:
    a, b = (ev.term(a) for a in args)
    return op.dot(a, b) if a.ndim == 1 else op.sum(a * b, axis=None)


def _logdet(ev: Evaluator, e: Expr, args: list[Any], words: dict[str, Any]) -> Any:
    return op.logabsdet(ev.term(args[0]))


def _eye(ev: Evaluator, e: Expr, args: list[Any], words: dict[str, Any]) -> Any:
    size = dim(ev.parameter(args[0], e))
    return ev.graph.constant(np.eye(int(size)), (size, size))


def _outer(ev: Evaluator, e: Expr, args: list[Any], words: dict[str, Any]) -> Any:
    a, b = (ev.term(a) for a in args)
    return op.outer(a, b) if a.ndim == 1 else a @ b.T


def _combine(ev: Evaluator, e: Expr, args: list[Any], words: dict[str, Any]) -> Any:
    """max(a, b) of two arrays is elementwise, max(a) and max(a, axis) reduce."""
    name = ALIASES.get(e.value, e.value)
    if len(args) == 2 and (isinstance(args[1], Term) or args[1] == 0) and "axis" not in words:
        return ev.graph.apply(ev.graph.cards[f"{name}imum"], args, {})
    if len(args) == 2:
        words["axis"] = args.pop()
    return ev.graph.apply(ev.graph.cards[name], args, words)


def _trace(ev: Evaluator, e: Expr, args: list[Any], words: dict[str, Any]) -> Any:
    x = ev.term(args[0])
    if x.ndim == 2 and x.shape[0] != x.shape[1]:
        raise Misfit(
            f"the trace needs a square matrix, not {show_shape(x.shape)}", ((dim(x.shape[0]), dim(x.shape[1])),)
        )
    if x.card is not None and x.card.name == "kron" and all(a.shape[0] == a.shape[1] for a in x.args):
        return op.trace(x.args[0]) * op.trace(x.args[1])  # tr(A ⊗ B) = tr(A) tr(B)
    return x if x.ndim == 0 else op.trace(x)


def _len(ev: Evaluator, e: Expr, args: list[Any], words: dict[str, Any]) -> Any:
    size = dim(ev.term(args[0]).shape[0])
    return ev.graph.constant(size) if size.expr.number is None else int(size)


def with_ones(a: Any, b: Any, e: Expr) -> Term | None:
    """1ᵀ x and X 𝟏 as sums; None for another product."""
    left, right = e.parts
    if e.value not in ("", "@"):
        return None
    if isinstance(b, Term) and b.ndim and left.kind == "transpose" and left.parts[0].value in ("1", "𝟏"):
        column = b.ndim == 1 or b.shape[-1] == 1
        return op.sum(b, axis=None, keepdims=False) if column else op.sum(b, axis=0, keepdims=True)
    if isinstance(a, Term) and a.ndim and right.kind == "number" and right.value == "𝟏":
        return op.sum(a, axis=1, keepdims=True) if a.ndim == 2 and a.shape[0] != 1 else op.sum(a, axis=None)
    return None


def norm_of(ev: Evaluator, e: Expr, x: Term) -> Term:
    """‖x‖, with what stands below the bars: 1, 2 or ∞ for vectors, F, 2 or * for matrices."""
    kind = "" if e.value in ("F", "") or (e.value == "2" and vector_like(x)) else e.value
    if not kind:
        return op.norm(x)
    if vector_like(x) and kind in ("1", "∞", "inf"):
        sizes = op.absolute(x)
        return op.sum(sizes, axis=None) if kind == "1" else op.max(sizes, axis=None)
    if x.ndim == 2 and kind in ("2", "*"):
        values = op.svdvals(x)
        return op.max(values, axis=None) if kind == "2" else op.sum(values, axis=None)
    raise ev.error(f"the norm '{kind}' is not known here; ‖x‖₁, ‖x‖₂ and ‖x‖_∞ are, ‖X‖_F, ‖X‖₂ and ‖X‖_*", e)


def vector_like(x: Term) -> bool:
    """At most one axis is longer than 1."""
    return sum(s != 1 for s in np.shape(x.sample)) <= 1


def _norm(ev: Evaluator, e: Expr, args: list[Any], words: dict[str, Any]) -> Any:
    order = {"fro": "F", "nuc": "*"}.get(str(args[1]), str(args[1])) if len(args) == 2 else ""
    if len(args) > 2 or words.keys() - {"axis", "keepdims"} or (order and words):
        raise ev.error("write norm(x), norm(x, 1), norm(X, 'fro') or norm(X, 'nuc'), and axis by its word", e)
    if order:
        return norm_of(ev, replace(e, value=order), ev.term(args[0]))
    return op.norm(ev.term(args[0]), **words)


def _einsum(ev: Evaluator, e: Expr, args: list[Any], words: dict[str, Any]) -> Any:
    if not args or not isinstance(args[0], str):
        raise ev.error("einsum begins with its subscripts, as in einsum('ij,jk->ik', A, B)", e)
    subscripts, terms = args[0].replace(" ", ""), [ev.term(a) for a in args[1:]]
    inputs, _, output = subscripts.partition("->")
    if "->" in subscripts:
        found = _product_of(inputs.split(","), output, terms)
        if found is not None:
            return found
    return ev.graph.apply(ev.graph.cards["einsum"], terms, {"subscripts": subscripts})


def _product_of(inputs: list[str], output: str, terms: list[Term]) -> Term | None:
    """An einsum as products of two at a time, from the left; None where one of them is no plain product."""
    while len(terms) > 2 and len(inputs) == len(terms):
        rest = {n for later in inputs[2:] for n in later} | set(output)
        kept = "".join(n for n in dict.fromkeys(inputs[0] + inputs[1]) if n in rest)
        first = _contracted(inputs[:2], kept, terms[:2])
        if first is None:
            return None
        inputs, terms = [kept, *inputs[2:]], [first, *terms[2:]]
    return _contracted(inputs, output, terms)


def _contracted(inputs: list[str], output: str, terms: list[Term]) -> Term | None:
    """An einsum of matrices and vectors as the product that it is; None for one that is no plain product."""
    if len(inputs) != len(terms) or any(len(n) != t.ndim or len(n) > 2 for n, t in zip(inputs, terms, strict=False)):
        return None
    names, term = inputs[0], terms[0]
    if len(terms) == 1 and names == names[0] * 2 and not output:
        return op.trace(term)
    if any(len(set(n)) < len(n) for n in inputs) or len(set(output)) < len(output):
        return None
    if len(terms) == 2:
        (left, right), (a, b) = inputs, terms
        shared = set(left) & set(right)
        if set(left) == set(right):
            names, term = left, a * (b if left == right else b.T)
        elif len(shared) == 1 and not shared & set(output):
            (inner,) = shared
            a, b = a if left[-1] == inner else a.T, b if right[0] == inner else b.T
            names, term = left.replace(inner, "") + right.replace(inner, ""), a @ b
        elif not shared and len(left) == len(right) == 1:
            names, term = left + right, op.outer(a, b)
        else:
            return None
    if not set(output) <= set(names):
        return None
    gone = tuple(k for k, n in enumerate(names) if n not in output)
    if gone:
        names = "".join(n for n in names if n in output)
        term = op.sum(term, axis=gone[0] if len(gone) == 1 and names else None, keepdims=False)
    return term if names == output else term.T


SPECIAL: dict[str, Special] = {
    "len": _len, "einsum": _einsum, "norm": _norm,
    "diag": _diag, "reshape": _reshape, "view": _reshape, "transpose": _transpose, "vec": _vec, "inner": _inner,
    "vdot": _inner, "slogdet": _logdet, "eye": _eye, "outer": _outer, "max": _combine, "min": _combine, "trace": _trace,
}
