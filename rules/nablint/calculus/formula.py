"""Formulas as trees, and how they are printed: Unicode text, LaTeX, MathML."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape

from nablint.shapes import Polynomial

SUM, PRODUCT, POWER, ATOM = 1, 2, 4, 9

GREEK = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "zeta": "ζ", "eta": "η", "theta": "θ",
    "iota": "ι", "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "pi": "π", "rho": "ρ", "sigma": "σ",
    "tau": "τ", "phi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω", "Gamma": "Γ", "Delta": "Δ", "Theta": "Θ",
    "Lambda": "Λ", "Xi": "Ξ", "Pi": "Π", "Sigma": "Σ", "Phi": "Φ", "Psi": "Ψ", "Omega": "Ω",
}
_TO_LATEX = {letter: name for name, letter in GREEK.items()}


@dataclass(frozen=True, slots=True)
class Node:
    """A part of a formula.

    kind:  name, number, sum (signs in `mark`), product (its sign in `mark`), fraction, power, transpose, inverse, call
           (the function in `mark`), inner, bars (`|` or `‖` in `mark`), sigma (what it runs over in `mark`), index,
           relation, differential, template.
    """

    kind: str
    parts: tuple[Node, ...] = ()
    mark: str = ""
    latex: str = ""

    @property
    def level(self) -> int:
        """The strength of the outermost operator."""
        if self.kind in ("relation", "sum"):
            return SUM if self.kind == "sum" else 0
        if self.kind == "number" and self.mark.startswith("-"):
            return SUM
        if self.kind in ("product", "fraction"):
            return PRODUCT
        return POWER if self.kind in ("power", "transpose", "inverse", "partial") else ATOM


def name(text: str) -> Node:
    """A name."""
    return Node("name", (), text)


def number(value: float) -> Node:
    """A number; whole ones without a point."""
    whole = float(value).is_integer() and abs(value) < 1e15
    return Node("number", (), str(int(value)) if whole else f"{value:.6g}")


def call(function: str, *args: Node, latex: str = "") -> Node:
    """function(args)."""
    return Node("call", args, function, latex)


def product(parts: tuple[Node, ...], sign: str = "") -> Node:
    """A product; one of one factor is the factor, and products of the same kind are written as one."""
    head = parts[0]
    if sign and head.kind == "product" and not head.mark and head.parts[0].kind == "number":  # 2 (A ∘ B), not (2 A) ∘ B
        return product((head.parts[0], product((product(head.parts[1:]), *parts[1:]), sign)))
    flat: list[Node] = []
    for part in parts:
        flat += part.parts if part.kind == "product" and part.mark == sign else (part,)
    if not sign:
        flat.sort(key=lambda n: n.kind != "number")
    return flat[0] if len(flat) == 1 else Node("product", tuple(flat), sign)


def size(value: Polynomial) -> Node:
    """A size in its dimension names."""
    parts: list[tuple[str, Node]] = []
    for monomial, coefficient in sorted(value.terms, key=lambda t: (not t[0], t)):
        factors = [number(abs(coefficient))] if abs(coefficient) != 1 or not monomial else []
        factors += [name(n) if p == 1 else Node("power", (name(n), number(p))) for n, p in monomial]
        parts.append(("-" if coefficient < 0 else "+", product(tuple(factors))))
    return total(parts) if parts else number(0)


def total(parts: list[tuple[str, Node]]) -> Node:
    """A sum with a sign before each part."""
    signs, flat = "", list[Node]()
    for sign, part in parts:
        if part.kind == "sum" and sign == "+":
            signs += part.mark
            flat += part.parts
        else:
            signs += sign
            flat.append(part)
    return flat[0] if signs == "+" else Node("sum", tuple(flat), signs)


# Text -----------------------------------------------------------------------------------------------------------------

_SUPERSCRIPT = str.maketrans("-0123456789ᵀ", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹ᵀ")


def text(node: Node) -> str:
    """The formula in Unicode."""
    p = node.parts
    match node.kind:
        case "name" | "number":
            return node.mark
        case "sum":
            out = ""
            for i, (sign, part) in enumerate(zip(node.mark, p, strict=True)):
                shown = _t(part, SUM + 1 if sign == "-" else SUM)
                out += ("-" if sign == "-" else "") + shown if i == 0 else f" {sign} {shown}"
            return out
        case "product":
            glue = f" {node.mark} " if node.mark else " "
            return glue.join(_factor(part, node, k, text, "({})") for k, part in enumerate(p))
        case "fraction":
            return f"{_t(p[0], PRODUCT)} / {_t(p[1], PRODUCT + 1)}"
        case "power":
            exponent = text(p[1])
            if re.fullmatch(r"-?\d+", exponent):
                return _t(p[0], POWER + 1) + exponent.translate(_SUPERSCRIPT)
            return f"{_t(p[0], POWER + 1)}^{_t(p[1], ATOM)}"
        case "transpose":
            return _t(p[0].parts[0], POWER + 1) + "⁻ᵀ" if p[0].kind == "inverse" else _t(p[0], POWER + 1) + "ᵀ"
        case "inverse":
            return _t(p[0], POWER + 1) + "⁻¹"
        case "call":
            return f"{node.mark}({', '.join(map(text, p))})"
        case "inner":
            return f"⟨{text(p[0])}, {text(p[1])}⟩"
        case "bars":
            return f"{node.mark}{text(p[0])}{node.mark}"
        case "sigma":
            return f"Σ({text(p[0])}{', ' + node.mark if node.mark else ''})"
        case "index":
            return f"{_t(p[0], ATOM)}[{node.mark}]"
        case "differential":
            return "d" + (text(p[0]) if p[0].kind == "name" else f"({text(p[0])})")
        case "partial":
            return f"∂{text(p[0])}/∂{text(p[1])}"
        case "relation":
            return f" {node.mark} ".join(map(text, p))
        case _:
            return _fill(node.mark, [text(a) for a in p], [a.level for a in p], "({})")


def _t(node: Node, least: int) -> str:
    return text(node) if node.level >= least else f"({text(node)})"


def _factor(part: Node, whole: Node, place: int, printer: object, bracket: str) -> str:
    """A factor of a product, in brackets where another kind of product would be misread."""
    shown: str = printer(part)  # type: ignore[operator]
    if part.level < PRODUCT or (part.kind == "fraction" and printer is text and place) \
            or (part.kind == "product" and part.mark != whole.mark and not (place and place == len(whole.parts) - 1 and all(
                p.kind == "number" for p in whole.parts[:-1]))):
        return bracket.format(shown)
    return shown


_SLOT = re.compile("\x01(\\d+)\x02")


def slot(k: int) -> str:
    """The place of the k-th argument in a template."""
    return f"\x01{k}\x02"


def _fill(template: str, shown: list[str], levels: list[int], bracket: str) -> str:
    """Put arguments into a card's template; brackets where the template has none of its own."""

    def put(found: re.Match[str]) -> str:
        k = int(found.group(1))
        before, after = template[: found.start()].rstrip()[-1:], template[found.end():].lstrip()[:1]
        enclosed = before in ("(", "{", ",", "[", "|", "⟨") and after in (")", "}", ",", "]", "|", "⟩", ";")
        return shown[k] if enclosed or levels[k] >= POWER + 1 else bracket.format(shown[k])

    return _SLOT.sub(put, template)


# LaTeX ----------------------------------------------------------------------------------------------------------------

_LATEX_SIGNS = {"": " ", "∘": " \\odot ", "⊙": " \\odot ", "·": " \\cdot ", "⊗": " \\otimes ", "=": "=", "→": "\\to"}
_KNOWN = {"exp", "log", "det", "sin", "cos", "tan", "sinh", "cosh", "tanh", "max", "min", "arctan", "arcsin", "arccos"}


def latex(node: Node) -> str:
    """The formula in LaTeX, for math mode."""
    p = node.parts
    match node.kind:
        case "name":
            return latex_name(node.mark)
        case "number":
            return node.mark
        case "sum":
            out = ""
            for i, (sign, part) in enumerate(zip(node.mark, p, strict=True)):
                shown = _l(part, SUM + 1 if sign == "-" else SUM)
                out += ("-" if sign == "-" else "") + shown if i == 0 else f" {sign} {shown}"
            return out
        case "product":
            glue = _LATEX_SIGNS.get(node.mark, f" {node.mark} ")
            return glue.join(_factor(part, node, k, latex, "\\left({}\\right)") for k, part in enumerate(p))
        case "fraction":
            return f"\\frac{{{latex(p[0])}}}{{{latex(p[1])}}}"
        case "power":
            return f"{_l(p[0], POWER + 1)}^{{{latex(p[1])}}}"
        case "transpose":
            if p[0].kind == "inverse":
                return f"{_l(p[0].parts[0], POWER + 1)}^{{-\\top}}"
            return f"{_l(p[0], POWER + 1)}^{{\\top}}"
        case "inverse":
            return f"{_l(p[0], POWER + 1)}^{{-1}}"
        case "call":
            head = node.latex or (f"\\{node.mark}" if node.mark in _KNOWN else "\\sigma" if node.mark == "σ"
                                  else f"\\operatorname{{{node.mark}}}".replace("_", "\\_"))
            return f"{head}\\left({', '.join(map(latex, p))}\\right)"
        case "inner":
            return f"\\left\\langle {latex(p[0])},\\, {latex(p[1])} \\right\\rangle"
        case "bars":
            bar = "\\lVert {} \\rVert" if node.mark == "‖" else "\\lvert {} \\rvert"
            return bar.format(latex(p[0]))
        case "sigma":
            under = f"_{{\\mathrm{{{node.mark}}}}}" if node.mark else ""
            return f"\\sum{under} {_l(p[0], POWER)}"
        case "index":
            return f"{_l(p[0], ATOM)}_{{[{node.mark}]}}"
        case "differential":
            inside = latex(p[0])
            return f"\\mathrm{{d}}{inside}" if p[0].kind == "name" else f"\\mathrm{{d}}\\left({inside}\\right)"
        case "partial":
            return f"\\frac{{\\partial {latex(p[0])}}}{{\\partial {latex(p[1])}}}"
        case "relation":
            return f" {_LATEX_SIGNS.get(node.mark, node.mark)} ".join(map(latex, p))
        case _:
            return _fill(node.latex, [latex(a) for a in p], [a.level for a in p], "\\left({}\\right)")


def _l(node: Node, least: int) -> str:
    if node.kind == "fraction" and least <= PRODUCT + 1:
        return latex(node)
    return latex(node) if node.level >= least else f"\\left({latex(node)}\\right)"


def latex_name(written: str) -> str:
    """`W_1` with a subscript, Greek letters by name, words upright."""
    head, _, sub = written.partition("_")
    match = re.fullmatch(r"(.+?)([0-9₀-₉]+)", head)
    if match and not sub:
        head, sub = match.group(1), match.group(2).translate(str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789"))
    if head in GREEK or head in _TO_LATEX:
        shown = f"\\{_TO_LATEX.get(head, head)}"
    else:
        shown = head if len(head) == 1 else f"\\mathrm{{{head}}}".replace("_", "\\_")
    escaped = sub.replace("_", "\\_")
    return f"{shown}_{{{escaped}}}" if sub else shown


# MathML ---------------------------------------------------------------------------------------------------------------

def mathml(node: Node) -> str:
    """The formula as a MathML element."""
    return f"<math>{_m(node)}</math>"


def _m(node: Node) -> str:
    p = node.parts
    match node.kind:
        case "name":
            head, _, sub = node.mark.partition("_")
            shown = f"<mi>{escape(head)}</mi>"
            return f"<msub>{shown}<mi>{escape(sub)}</mi></msub>" if sub and head else shown
        case "number":
            return f"<mn>{escape(node.mark)}</mn>"
        case "sum":
            out = ""
            for i, (sign, part) in enumerate(zip(node.mark, p, strict=True)):
                shown = _mb(part, SUM + 1 if sign == "-" else SUM)
                out += shown if i == 0 and sign == "+" else f"<mo>{'−' if sign == '-' else '+'}</mo>{shown}"
            return f"<mrow>{out}</mrow>"
        case "product":
            glue = f"<mo>{node.mark or chr(0x2062)}</mo>"
            return f"<mrow>{glue.join(_factor(q, node, k, _m, _FENCE) for k, q in enumerate(p))}</mrow>"
        case "fraction":
            return f"<mfrac>{_m(p[0])}{_m(p[1])}</mfrac>"
        case "power":
            return f"<msup>{_mb(p[0], POWER + 1)}{_m(p[1])}</msup>"
        case "transpose":
            if p[0].kind == "inverse":
                return f"<msup>{_mb(p[0].parts[0], POWER + 1)}<mrow><mo>−</mo><mi>⊤</mi></mrow></msup>"
            return f"<msup>{_mb(p[0], POWER + 1)}<mi>⊤</mi></msup>"
        case "inverse":
            return f"<msup>{_mb(p[0], POWER + 1)}<mrow><mo>−</mo><mn>1</mn></mrow></msup>"
        case "inner":
            return f"<mrow><mo>⟨</mo>{_m(p[0])}<mo>,</mo>{_m(p[1])}<mo>⟩</mo></mrow>"
        case "bars":
            return f"<mrow><mo>{node.mark}</mo>{_m(p[0])}<mo>{node.mark}</mo></mrow>"
        case "sigma":
            head = f"<munder><mo>∑</mo><mtext>{escape(node.mark)}</mtext></munder>" if node.mark else "<mo>∑</mo>"
            return f"<mrow>{head}{_mb(p[0], PRODUCT)}</mrow>"
        case "index":
            return f"<msub>{_mb(p[0], ATOM)}<mtext>{escape(node.mark)}</mtext></msub>"
        case "differential":
            return f"<mrow><mo>d</mo>{_m(p[0]) if p[0].kind == 'name' else _FENCE.format(_m(p[0]))}</mrow>"
        case "partial":
            return f"<mfrac><mrow><mo>∂</mo>{_m(p[0])}</mrow><mrow><mo>∂</mo>{_m(p[1])}</mrow></mfrac>"
        case "relation":
            return f"<mrow>{f'<mo>{escape(node.mark)}</mo>'.join(map(_m, p))}</mrow>"
        case _:
            head = node.mark if node.kind == "call" else re.split(r"[^\w]", node.mark, maxsplit=1)[0] or "f"
            return f"<mrow><mi>{escape(head)}</mi>{_FENCE.format('<mo>,</mo>'.join(map(_m, p)))}</mrow>"


_FENCE = "<mrow><mo>(</mo>{}<mo>)</mo></mrow>"


def _mb(node: Node, least: int) -> str:
    return _m(node) if node.level >= least else _FENCE.format(_m(node))
