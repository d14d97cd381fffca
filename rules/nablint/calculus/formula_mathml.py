"""Formulas as MathML."""

from __future__ import annotations

import re
from html import escape

from nablint.calculus.formula import ATOM, GREEK, POWER, PRODUCT, SUM, Node, factor_in, fill


def mathml(node: Node) -> str:
    """The formula as a MathML element."""
    return f"<math>{_m(node)}</math>"


def _m(node: Node) -> str:
    p = node.parts
    match node.kind:
        case "name":
            return _name(node.mark)
        case "number":
            return f"<mn>{escape(node.mark)}</mn>"
        case "sum":
            out = ""
            for i, (sign, part) in enumerate(zip(node.mark, p, strict=True)):
                shown = _mb(part, SUM + 1 if sign == "-" else SUM)
                out += shown if i == 0 and sign == "+" else f"<mo>{'−' if sign == '-' else '+'}</mo>{shown}"
            return f"<mrow>{out}</mrow>"
        case "product":
            glue = f"<mo>{escape(node.mark)}</mo>" if node.mark else _TIMES
            return f"<mrow>{glue.join(factor_in(q, node, k, _m, _FENCE) for k, q in enumerate(p))}</mrow>"
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
            return f"<mrow>{_UPRIGHT.format('d')}{_m(p[0]) if p[0].kind == 'name' else _FENCE.format(_m(p[0]))}</mrow>"
        case "partial":
            above, below = (f"<mrow>{_UPRIGHT.format('∂')}{_m(q)}</mrow>" for q in p)
            return f"<mfrac>{above}{below}</mfrac>"
        case "relation":
            return f"<mrow>{f'<mo>{escape(node.mark)}</mo>'.join(map(_m, p))}</mrow>"
        case "entry":
            return _m(p[0])
        case "call":
            return f"<mrow><mi>{escape(node.mark)}</mi>{_FENCE.format('<mo>,</mo>'.join(map(_m, p)))}</mrow>"
        case _:
            return f"<mrow>{fill(_marked(node.mark), [_m(a) for a in p], [a.level for a in p], _FENCE)}</mrow>"


def _marked(template: str) -> str:
    """The words and signs of a template as elements; its slots stay."""
    elements = {"word": "<mi>{}</mi>", "number": "<mn>{}</mn>", "sign": "<mo>{}</mo>"}
    return re.sub(r"(?P<slot>\x01\d+\x02)|(?P<number>\d+)|(?P<word>\w+)|(?P<sign>[^\s\w\x01])",
                  lambda m: m.group() if m.lastgroup == "slot" else elements[m.lastgroup or "sign"].format(
                      escape(m.group())), template)


_FENCE = "<mrow><mo>(</mo>{}<mo>)</mo></mrow>"
_TIMES = '<mo>\u2062</mo><mspace width="0.2em"/>'
"""A product without a sign: a thin space keeps `out dW` apart."""
_UPRIGHT = '<mi mathvariant="normal">{}</mi>'
_LOWERED = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")


def _name(written: str) -> str:
    """`W_1` and `W1` with a subscript, Greek letters as letters; words are upright, as MathML has it."""
    head, _, sub = written.strip("_").partition("_")
    if (numbered := re.fullmatch(r"(\D+?)([0-9₀-₉]+)", head)) and not sub:
        head, sub = numbered[1], numbered[2].translate(_LOWERED)
    shown = f"<mi>{escape(GREEK.get(head, head))}</mi>"
    below = "mn" if sub.isdigit() else "mi"
    return f"<msub>{shown}<{below}>{escape(sub)}</{below}></msub>" if sub else shown


def _mb(node: Node, least: int) -> str:
    return _m(node) if node.level >= least else _FENCE.format(_m(node))
