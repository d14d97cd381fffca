"""Formulas as LaTeX."""

from __future__ import annotations

import re

from nablint.calculus.formula import ATOM, GREEK, POWER, PRODUCT, SUM, Node, factor_in, fill

_TO_LATEX = {letter: name for name, letter in GREEK.items()}
_LATEX_SIGNS = {"": " ", "∘": " \\odot ", "⊙": " \\odot ", "·": " \\cdot ", "⊗": " \\otimes ", "=": "=", "→": "\\to",
                "<=": "\\le", ">=": "\\ge", "==": "=", "!=": "\\ne"}
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
            return glue.join(factor_in(part, node, k, latex, "\\left({}\\right)") for k, part in enumerate(p))
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
        case "entry":
            return latex(p[0])
        case _:
            return fill(node.latex, [latex(a) for a in p], [a.level for a in p], "\\left({}\\right)")


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
