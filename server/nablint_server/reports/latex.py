"""The text of derivations as LaTeX: the same formula in another alphabet, nothing is derived anew."""

from __future__ import annotations

import re
from collections.abc import Sequence

from nablint.results import DerivationStep

GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "varepsilon", "ζ": "zeta", "η": "eta", "θ": "theta",
    "κ": "kappa", "λ": "lambda", "μ": "mu", "ν": "nu", "ξ": "xi", "π": "pi", "ρ": "rho", "σ": "sigma", "τ": "tau",
    "φ": "varphi", "χ": "chi", "ψ": "psi", "ω": "omega", "Γ": "Gamma", "Δ": "Delta", "Θ": "Theta", "Λ": "Lambda",
    "Σ": "Sigma", "Φ": "Phi", "Ψ": "Psi", "Ω": "Omega",
}  # fmt: skip
SIGNS = {
    "⟨": r"\langle ", "⟩": r"\rangle ", "∂": r"\partial ", "∇": r"\nabla ", "·": r"\cdot ", "⊙": r"\odot ",
    "∘": r"\circ ", "⊗": r"\otimes ", "×": r"\times ", "∑": r"\sum ", "≤": r"\le ", "≥": r"\ge ", "≠": r"\ne ",
    "→": r"\to ", "∈": r"\in ", "√": r"\surd ", "∞": r"\infty ", "−": "-", "½": r"\tfrac{1}{2}", "…": r"\dots ",
    "%": r"\%", "#": r"\#", "&": r"\&", "{": r"\{", "}": r"\}", "*": r"\odot ", "@": r"\,",
}  # fmt: skip
RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻ⁿᵀ", "0123456789-nT")
LOWERED = str.maketrans("₀₁₂₃₄₅₆₇₈₉ᵢⱼₖₙ", "0123456789ijkn")
PIECE = re.compile(r"[⁰¹²³⁴⁵⁶⁷⁸⁹⁻ⁿᵀ]+|[₀₁₂₃₄₅₆₇₈₉ᵢⱼₖₙ]+|[^\W\d₀-₉][^\W₀-₉⁰¹²³⁴-⁹ᵀ]*|\.T\b|.", re.DOTALL)
FUNCTIONS = ("exp", "log", "sin", "cos", "tan", "tanh", "sinh", "cosh", "det", "max", "min")


def latex(text: str) -> str:
    """A line of a derivation, as it stands between dollar signs."""
    pieces = PIECE.findall(text)
    return re.sub(r" +", " ", "".join(_piece(piece) for piece in pieces)).strip()


def translated(steps: Sequence[DerivationStep]) -> list[DerivationStep]:
    """Steps whose sides are LaTeX."""
    return [DerivationStep(step.rule, latex(step.before), latex(step.after), step.why) for step in steps]


def aligned(title: str, steps: Sequence[DerivationStep]) -> str:
    """A derivation as an `align*` environment: a row for each step, whose sides are LaTeX, its rule behind it.

    The left side is written where it is new; the last step, which reads the gradient off, is an equation itself.
    """
    rows: list[str] = []
    previous = ""
    for step in steps:
        row = f"{'' if step.before == previous else step.before} &= {step.after}"
        if step is steps[-1] and " = " in step.after:
            row = step.after.replace(" = ", " &= ", 1)
        rows.append(rf"  {row.strip()} && \text{{{_plain(step.rule)}}}")
        previous = step.after
    body = " \\\\\n".join(rows)
    return f"% {title}\n\\begin{{align*}}\n{body}\n\\end{{align*}}"


def _piece(piece: str) -> str:
    if piece in (".T", "ᵀ"):
        return r"^{\top}"
    if piece in GREEK:
        return f"\\{GREEK[piece]} "
    if piece in SIGNS:
        return SIGNS[piece]
    if piece[0] in "⁰¹²³⁴⁵⁶⁷⁸⁹⁻ⁿᵀ":
        raised = piece.translate(RAISED)
        return "^{" + raised.replace("T", r"\top") + "}"
    if piece[0] in "₀₁₂₃₄₅₆₇₈₉ᵢⱼₖₙ":
        return "_{" + piece.translate(LOWERED) + "}"
    if piece[0].isalpha() or piece[0] == "_":
        return _word(piece)
    return piece


def _word(word: str) -> str:
    """A name: one letter as it is, `dW` as a differential, longer ones upright."""
    if word in FUNCTIONS:
        return f"\\{word} "
    if word in ("Tr", "tr"):
        return r"\operatorname{Tr}"
    if len(word) == 1:
        return word
    if len(word) == 2 and word[0] == "d":
        return rf"\mathrm{{d}}{_piece(word[1])}"
    return rf"\mathrm{{{_plain(word)}}}"


def _plain(text: str) -> str:
    """Text with what LaTeX would take for commands made harmless."""
    for sign in "\\&%$#_{}":
        text = text.replace(sign, r"\textbackslash " if sign == "\\" else f"\\{sign}") if sign not in "{}" else text
    return text
