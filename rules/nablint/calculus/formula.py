"""Formulas as trees, and their Unicode text; LaTeX and MathML are in files of their own."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from nablint.shapes import Polynomial

SUM, PRODUCT, POWER, ATOM = 1, 2, 4, 9

GREEK = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "zeta": "ζ", "eta": "η", "theta": "θ",
    "iota": "ι", "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "pi": "π", "rho": "ρ", "sigma": "σ",
    "tau": "τ", "phi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω", "Gamma": "Γ", "Delta": "Δ", "Theta": "Θ",
    "Lambda": "Λ", "Xi": "Ξ", "Pi": "Π", "Sigma": "Σ", "Phi": "Φ", "Psi": "Ψ", "Omega": "Ω",
}


@dataclass(frozen=True, slots=True)
class Node:
    """A part of a formula.

    kind:  name, number, sum (signs in `mark`), product (its sign in `mark`), fraction, power, transpose, inverse, call
           (the function in `mark`), inner, bars (`|` or `‖` in `mark`), sigma (what it runs over in `mark`), index,
           relation, differential, entry (a product that is a number, xᵀ y), template.
    strength: of a template's outermost operator.
    """

    kind: str
    parts: tuple[Node, ...] = ()
    mark: str = ""
    latex: str = ""
    strength: int = ATOM

    @property
    def level(self) -> int:
        """The strength of the outermost operator."""
        if self.kind in ("relation", "sum"):
            return SUM if self.kind == "sum" else 0
        if self.kind == "number" and self.mark.startswith("-"):
            return SUM
        if self.kind == "template":
            return self.strength
        if self.kind == "entry":
            return self.parts[0].level
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
        if len(flat) > 1 and flat[-1].kind == "fraction" and all(n.kind == "number" for n in flat[:-1]):
            above, below = flat[-1].parts
            return Node("fraction", (product((*flat[:-1], above)), below))  # 2 a / b, not 2 (a / b)
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


def renamed(node: Node, name: Callable[[str], str]) -> Node:
    """The formula with every name, and what stands between brackets of an index, written as `name` says."""
    mark = name(node.mark) if node.kind in ("name", "index") else node.mark
    return replace(node, mark=mark, parts=tuple(renamed(part, name) for part in node.parts))


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
            return glue.join(factor_in(part, node, k, text, "({})") for k, part in enumerate(p))
        case "fraction":
            above = text(p[0]) if p[0].kind == "number" else _t(p[0], PRODUCT)
            return f"{above} / {_t(p[1], PRODUCT + 1)}"
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
        case "entry":
            return text(p[0])
        case _:
            return fill(node.mark, [text(a) for a in p], [a.level for a in p], "({})")


def _t(node: Node, least: int) -> str:
    return text(node) if node.level >= least else f"({text(node)})"


def factor_in(part: Node, whole: Node, place: int, printer: Callable[[Node], str], bracket: str) -> str:
    """A factor of a product, in brackets where another kind of product would be misread."""
    shown = printer(part)
    if (
        part.level < PRODUCT
        or (part.kind == "entry" and part.level == PRODUCT and any(p.kind != "number" for p in whole.parts
                                                                   if p is not part))
        or (part.kind == "fraction" and printer is text and len(whole.parts) > 1)
        or (
            part.kind == "product"
            and part.mark != whole.mark
            and not (place and place == len(whole.parts) - 1 and all(p.kind == "number" for p in whole.parts[:-1]))
        )
    ):
        return bracket.format(shown)
    return shown


_SLOT = re.compile("\x01(\\d+)\x02")


def slot(k: int) -> str:
    """The place of the k-th argument in a template."""
    return f"\x01{k}\x02"


def fill(template: str, shown: list[str], levels: list[int], bracket: str) -> str:
    """Put arguments into a card's template; brackets where the template has none of its own."""

    def put(found: re.Match[str]) -> str:
        k = int(found.group(1))
        before, after = template[: found.start()].rstrip()[-1:], template[found.end():].lstrip()[:1]
        enclosed = before in ("(", "{", ",", "[", "|", "⟨") and after in (")", "}", ",", "]", "|", "⟩", ";")
        return shown[k] if enclosed or levels[k] >= POWER + 1 else bracket.format(shown[k])

    return _SLOT.sub(put, template)
