"""Matched: edits found from the value that an expression should have, rather than by trying.

What the expression should be is pushed down into its operands through operators that can be undone.  At each operand
the quotient and the difference of what it should be and what it is are matched with the values that the user's own
code has at hand: a number, a product of up to three live values and of the derivatives that people write of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import libcst as cst
import numpy as np

from nablint.calculus.terms import Term
from nablint.claims.edits import Edit, binary, bracketed, is_transposed, operands, untransposed
from nablint.claims.live import LiveValue
from nablint.tracing.step import Step

CLOSE = 1e-8
MAX_FORMS = 90


@dataclass(slots=True)
class Form:
    """A factor that code can write: its text, its values, how far-fetched it is."""

    text: str
    sample: Any
    cost: float
    atom: bool = True


_FUNCTIONS: tuple[tuple[str, Any], ...] = (("exp", np.exp), ("log", np.log), ("sqrt", np.sqrt))
"""Functions that stand in derivatives, and are forgotten there."""

_DERIVED: tuple[tuple[str, float, Any], ...] = (
    ("{0} * (1 - {0})", 0.1, lambda x: x * (1 - x)),
    ("(1 - {0} ** 2)", 0.1, lambda x: 1 - x * x),
    ("({0} > 0)", 0.1, lambda x: (x > 0).astype(float)),
    ("(1 - {0})", 0.1, lambda x: 1 - x),
    ("{0} ** 2", 0.2, lambda x: x * x),
    ("1 / {0}", 0.15, lambda x: 1 / x),
)


def matches(step: Step, root: Any, target: Any, live: list[LiveValue], numbers: list[tuple[str, float]]) -> Iterator[
        Edit]:
    """Edits under which the expression has the value that it should have; entries of NaN do not matter."""
    value = step.values.get(id(root))
    now = value.sample if isinstance(value, Term) else np.asarray(value) if isinstance(value, int | float) else None
    if now is None or now.dtype.kind not in "fiub":
        return
    target = np.asarray(target, float)
    if now.shape != target.shape:
        if now.ndim:
            return
        now = np.broadcast_to(now, target.shape)  # a number is written to every place
    seen: set[str] = set()
    with np.errstate(all="ignore"):
        for node, have, wanted, depth in _pushed(step, root, now, target):
            for edit in _at(node, have, wanted, live, numbers):
                key = f"{id(edit.old)} {cst.Module([]).code_for_node(edit.new)}"
                if key not in seen:
                    seen.add(key)
                    # what is done to a name could as well be done where it is made
                    named = bool(depth) and isinstance(node, cst.Name) and edit.kind in ("scale", "sign", "derivative")
                    yield Edit(edit.old, edit.new, edit.kind, edit.cost + 0.07 * depth + 0.1 * named, edit.detail)


def _pushed(step: Step, node: Any, now: Any, wanted: Any, depth: int = 0) -> Iterator[tuple[Any, Any, Any, int]]:
    """The operands of an expression, with what each is and should be."""
    now = np.asarray(now, float)
    if now.shape != wanted.shape or depth > 6:
        return
    yield node, now, wanted, depth

    def sample(part: Any) -> Any:
        found = step.values.get(id(part))
        if isinstance(found, Term):
            return np.asarray(found.sample, float) if found.sample.dtype.kind in "fiub" else None
        return np.asarray(float(found)) if isinstance(found, int | float) else None

    def down(part: Any, target: Any) -> Iterator[tuple[Any, Any, Any, int]]:
        known = sample(part)
        if known is not None and (fitted := _fitted(target, known.shape)) is not None:
            yield from _pushed(step, part, known, fitted, depth + 1)
        elif known is not None and known.ndim and known.size < target.size and np.all(np.isfinite(target)):
            yield part, None, target, depth + 1  # what is broadcast here has too few axes or entries

    if isinstance(node, cst.UnaryOperation) and isinstance(node.operator, cst.Minus):
        yield from down(node.expression, -wanted)
    elif is_transposed(node):
        yield from down(untransposed(node), wanted.T)
    elif (pair := operands(node)) is not None:
        a, b = sample(pair[0]), sample(pair[1])
        if a is not None and b is not None and a.ndim == b.ndim == 2 and np.all(np.isfinite(wanted)):
            left, right = _quotient(b.T, wanted.T), _quotient(a, wanted)
            if left is not None:
                yield from down(pair[0], left.T)
            if right is not None:
                yield from down(pair[1], right)
    elif isinstance(node, cst.BinaryOperation):
        a, b = sample(node.left), sample(node.right)
        if a is None or b is None:
            return
        if isinstance(node.operator, cst.Add):
            yield from down(node.left, wanted - b)
            yield from down(node.right, wanted - a)
        elif isinstance(node.operator, cst.Subtract):
            yield from down(node.left, wanted + b)
            yield from down(node.right, a - wanted)
        elif isinstance(node.operator, cst.Multiply):
            yield from down(node.left, wanted / b)
            yield from down(node.right, wanted / a)
        elif isinstance(node.operator, cst.Divide):
            yield from down(node.left, wanted * b)
            yield from down(node.right, a / wanted)
    elif isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute):
        yield from _into_call(node, sample, down, wanted)


def _into_call(node: cst.Call, sample: Any, down: Any, wanted: Any) -> Iterator[tuple[Any, Any, Any, int]]:
    assert isinstance(node.func, cst.Attribute)
    word, args = node.func.attr.value, [a.value for a in node.args]
    if word == "where" and len(args) == 3:
        chosen = sample(args[0])
        if chosen is not None:
            mask = np.broadcast_to(chosen.astype(bool), wanted.shape) if chosen.ndim <= wanted.ndim else None
            if mask is not None:
                yield from down(args[1], np.where(mask, wanted, np.nan))
                yield from down(args[2], np.where(mask, np.nan, wanted))
    elif word in ("multiply", "mul") and len(args) == 2:
        a, b = sample(args[0]), sample(args[1])
        if a is not None and b is not None:
            yield from down(args[0], wanted / b)
            yield from down(args[1], wanted / a)
    elif word == "reshape" and (inner := sample(node.func.value)) is not None and inner.size == wanted.size:
        yield from down(node.func.value, wanted.reshape(inner.shape))


def _quotient(a: Any, b: Any) -> Any:
    """The one x with `a x = b`; None where there is none or more than one."""
    try:
        x, _, rank, _ = np.linalg.lstsq(a, b, rcond=1e-10)
    except np.linalg.LinAlgError:
        return None
    if rank < a.shape[1] or not _close(a @ x, b):
        return None
    return x


def _fitted(target: Any, shape: tuple[int, ...]) -> Any:
    """What an operand that is broadcast should be: the same along the axes along which it is repeated."""
    if target.shape == shape:
        return target
    extra = target.ndim - len(shape)
    if extra < 0:
        return None
    repeated = (extra + i for i, n in enumerate(shape) if n == 1 and target.shape[extra + i] != 1)
    axes = (*range(extra), *repeated)
    if any(n not in (1, target.shape[extra + i]) for i, n in enumerate(shape)):
        return None
    known = np.isfinite(target)
    mean = np.sum(np.where(known, target, 0.0), axis=axes, keepdims=True) / np.sum(known, axis=axes, keepdims=True)
    return mean.reshape(shape) if _close(np.broadcast_to(mean, target.shape), target) else None


def _close(a: Any, b: Any) -> bool:
    """Equal wherever the second is known; at least one entry must be."""
    known = np.isfinite(b)
    if not known.any():
        return False
    scale = max(float(np.max(np.abs(b[known]))), 1e-12)
    return bool(np.all(np.abs(np.broadcast_to(a, b.shape)[known] - b[known]) <= CLOSE * scale))


# -- one operand -------------------------------------------------------------------------------------------------------


def _at(node: Any, now: Any, wanted: Any, live: list[LiveValue], numbers: list[tuple[str, float]]) -> Iterator[Edit]:
    if now is None:
        for whole, cost in products(wanted, live, numbers):
            yield Edit(node, bracketed(cst.parse_expression(whole)), "operand", 1.4 + cost, whole)
        return
    if _close(now, wanted) or not np.isfinite(wanted).any():
        return
    text = cst.Module([]).code_for_node(node)
    ratio = np.where(np.abs(now) > 1e-12, wanted / now, np.where(np.abs(wanted) > 1e-12, np.inf, np.nan))
    spoiled = bool(np.any(np.isinf(ratio)))
    for value in live:
        if value.sample.shape == wanted.shape and value.text != text and _close(value.sample, wanted):
            yield Edit(node, cst.parse_expression(value.text), "operand", 1.2 + 0.002 * len(value.text), value.text)
    if not spoiled:
        if (c := _constant(ratio)) is not None:
            near = [(v.text, float(v.sample)) for v in live if v.sample.ndim == 0 and v.sample.dtype.kind in "fiu"]
            for word, kind, cost in named_numbers(c, [*near, *numbers]):
                yield _scaled(node, word, kind, cost)
            return
        for factor, cost in products(ratio, live, numbers):
            yield Edit(node, binary(node, cst.Multiply(), cst.parse_expression(factor)), "derivative", 1.2 + cost,
                       factor)
    if now.ndim and (c := _constant(wanted)) in (0.0, 1.0) and not isinstance(node, cst.Call):
        module = "torch" if any(v.torch for v in live) else "np"
        word = "ones_like" if c else "zeros_like"
        yield Edit(node, cst.parse_expression(f"{module}.{word}({text})"), "operand", 1.3, word)
    residual = wanted - now
    if (c := _constant(residual)) is not None and now.ndim == 0:
        return
    for term, cost in products(residual, live, numbers):
        negative = term.startswith("-")
        yield Edit(node, cst.BinaryOperation(node, cst.Subtract() if negative else cst.Add(),
                                             bracketed(cst.parse_expression(term[1:])) if negative and " - " in term
                                             else cst.parse_expression(term.lstrip("-"))),
                   "term", 1.3 + cost, term)
    if isinstance(node, cst.Name | cst.Attribute | cst.Subscript | cst.BinaryOperation | cst.Call):
        for whole, cost in products(wanted, live, numbers):
            new = cst.parse_expression(whole)
            yield Edit(node, bracketed(new), "operand", 1.5 + cost, whole)


def _scaled(node: Any, word: str, kind: str, cost: float) -> Edit:
    if word == "-1":
        return Edit(node, cst.UnaryOperation(cst.Minus(), bracketed(node)), "sign", 1.1)
    if word.startswith("1 / "):
        return Edit(node, binary(node, cst.Divide(), cst.parse_expression(word[4:])), kind, cost, word)
    if word.replace(".", "").isdigit():
        return Edit(node, binary(cst.parse_expression(word), cst.Multiply(), node), kind, cost, word)
    return Edit(node, binary(node, cst.Multiply(), cst.parse_expression(word)), kind, cost, word)


def _constant(values: Any) -> float | None:
    """The one number that all known entries are."""
    known = values[np.isfinite(values)]
    if not known.size:
        return None
    c = float(np.median(known))
    return c if np.all(np.abs(known - c) <= CLOSE * max(abs(c), 1e-12)) else None


PLAIN = {-1.0: "-1", 2.0: "2", 0.5: "0.5", 3.0: "3", 4.0: "4", 0.25: "0.25", -2.0: "-2", -0.5: "-0.5"}


def named_numbers(c: float, numbers: list[tuple[str, float]]) -> Iterator[tuple[str, str, float]]:
    """How a number can be written: as it is, or by a size or another live number."""
    for value, word in PLAIN.items():
        if abs(c - value) < CLOSE * abs(value):
            yield word, "scale", 1.2
    for word, value in numbers:
        if not value or abs(abs(value) - 1) < 1e-9:
            continue
        if abs(c - value) < CLOSE * abs(value):
            yield word, "scale", 1.2 + 0.002 * len(word)
        elif abs(c - 1 / value) < CLOSE / abs(value):
            yield f"1 / {word}", "scale", 1.15 + 0.002 * len(word)
        elif abs(c - 2 / value) < CLOSE / abs(value):
            yield f"2 / {word}", "scale", 1.3
        elif abs(c - 2 * value) < CLOSE * abs(value):
            yield f"2 * {word}", "scale", 1.3


def products(wanted: Any, live: list[LiveValue], numbers: list[tuple[str, float]]) -> list[tuple[str, float]]:
    """Products of up to three live factors, and a number, that make up an array; with what each costs."""
    known = np.isfinite(wanted)
    if not known.any() or not np.any(np.abs(wanted[known]) > 1e-12):
        return []
    forms = _forms(live, wanted.shape)
    if not forms:
        return []
    found: list[tuple[str, float]] = []
    flat = wanted[known]
    matrix = np.stack([np.broadcast_to(f.sample, wanted.shape)[known] for f in forms])
    for chosen in _combinations(matrix, flat):
        made = np.prod(matrix[list(chosen)], axis=0)
        at = int(np.argmax(np.abs(made)))
        if not abs(made[at]) > 1e-12:
            continue
        c = float(flat[at] / made[at])
        if not np.isfinite(c) or np.max(np.abs(c * made - flat)) > CLOSE * float(np.max(np.abs(flat))):
            continue
        words = [forms[i].text for i in chosen]
        if any(f"1 / {w}" in words or (w == f"{v} ** 2" and f"1 / {v}" in words) for w in words for v in words):
            continue
        text = " * ".join(words)
        cost = sum(forms[i].cost for i in chosen) + 0.1 * (len(chosen) - 1) + 0.002 * len(text)
        if abs(c - 1) < CLOSE:
            found.append((text, cost))
        elif abs(c + 1) < CLOSE:
            found.append((f"-{text}", cost + 0.05))
        elif len(chosen) < 3 or abs(c) in (2.0, 0.5):
            for word, _, extra in named_numbers(c, [n for n in numbers if n[0] not in words]):
                if word.startswith("1 / "):
                    found.append((f"{text} / {word[4:]}", cost + extra - 1))
                else:
                    found.append((f"{word} * {text}", cost + extra - 1))
    return sorted(found, key=lambda f: f[1])[:6]


def _forms(live: list[LiveValue], shape: tuple[int, ...]) -> list[Form]:
    plain: list[Form] = []
    derived: list[Form] = []
    for value in live:
        sample = value.sample
        if sample.dtype.kind not in "fiub" or sample.size < 1 or not _broadcasts(sample.shape, shape):
            continue
        if sample.ndim == 0 and len(shape):
            plain.append(Form(value.text, sample.astype(float), 0.05))
            continue
        plain.append(Form(value.text, sample.astype(float), 0.0))
        if value.tainted and sample.dtype.kind == "f":
            derived += _reduced(value, value.torch)
        if sample.dtype.kind == "f" and not value.tainted:
            module = "torch" if value.torch else "np"
            derived += [Form(f"{module}.{word}({value.text})", made, 0.2) for word, make in _FUNCTIONS
                        if np.all(np.isfinite(made := make(sample)))]
            derived += [Form(text.format(value.text), made, cost) for text, cost, make in _DERIVED
                        if np.all(np.isfinite(made := make(sample))) and np.ptp(made) > 1e-12]
    out: list[Form] = []
    for form in (*plain, *derived):
        if len(out) < MAX_FORMS and not (form.sample.ndim == 0 and abs(float(form.sample) - 1.0) < 1e-12):
            out.append(form)
    return out


def _reduced(value: LiveValue, torch: bool) -> Iterator[Form]:
    """Means and sums of a live array along an axis."""
    axis, keep = ("dim", "keepdim") if torch else ("axis", "keepdims")
    for k in range(value.sample.ndim if value.sample.ndim > 1 else 0):
        for word in ("mean", "sum"):
            made = getattr(value.sample, word)(axis=k, keepdims=True)
            yield Form(f"{value.text}.{word}({axis}={k}, {keep}=True)", made, 0.2)


def _broadcasts(small: tuple[int, ...], shape: tuple[int, ...]) -> bool:
    return len(small) <= len(shape) and all(a in (1, b) for a, b in zip(small[::-1], shape[::-1], strict=False))


def _combinations(matrix: Any, flat: Any) -> Iterator[tuple[int, ...]]:
    """Rows whose product is proportional to the array, by the logarithms of their moduli along one direction."""
    if flat.size < 2:
        return
    size = np.abs(matrix)
    weights = np.random.default_rng(3).uniform(0.5, 1.5, flat.size)
    usable = (np.abs(flat) > 1e-12) if np.any(np.abs(flat) <= 1e-12) else np.ones(flat.size, bool)
    zeros = ~usable
    if zeros.any():  # what is zero must have a factor that is zero there: masks are tried one by one
        masks = [i for i in range(len(matrix)) if np.all(size[i][zeros] < 1e-12) and np.all(size[i][usable] > 1e-12)]
        for i in masks:
            yield (i,)
        for i in masks:
            for k in range(len(matrix)):
                if k != i:
                    yield (i, k)
        return
    if usable.sum() < 2:
        return
    weights = weights - weights.mean()  # a constant factor drops out
    good = np.all(size > 1e-12, axis=1)
    logs = np.where(good, np.log(np.where(size > 1e-12, size, 1.0)) @ weights, np.inf)
    aim = float(np.log(np.abs(flat)) @ weights)
    order = np.argsort(logs)
    values = logs[order]

    def near(x: float) -> Iterator[int]:
        low, high = np.searchsorted(values, [x - 1e-7, x + 1e-7])
        yield from (int(order[k]) for k in range(low, high))

    for i in near(aim):
        yield (i,)
    rows = [i for i in range(len(matrix)) if good[i]]
    for i in rows:
        for k in near(aim - float(logs[i])):
            if k >= i:
                yield (i, k)
    if len(rows) <= 60:
        for a, i in enumerate(rows):
            for j in rows[a:]:
                for k in near(aim - float(logs[i] + logs[j])):
                    if k >= j:
                        yield (i, j, k)
