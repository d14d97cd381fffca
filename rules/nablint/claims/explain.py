"""The derivation behind a claim, in the file's own names."""

from __future__ import annotations

from nablint.calculus.derivation import derive
from nablint.calculus.formula import renamed
from nablint.calculus.render import PRINTERS, formula_of, render
from nablint.calculus.simplify import simplify, within
from nablint.calculus.terms import Term
from nablint.claims.model import Judged
from nablint.claims.naming import Naming
from nablint.claims.program import Outcome
from nablint.results import DerivationStep, Explanation
from nablint.shapes import Misfit
from nablint.tracing.hints import base

MOST = 500
"""Terms of a gradient whose derivation somebody may read; one that is unrolled entry by entry has thousands."""


def names_of(outcome: Outcome) -> dict[Term, str]:
    """The names that forward values have in the source."""
    assert outcome.judgement is not None
    it = outcome.judgement.run.it
    out: dict[Term, str] = {}
    for name, terms in it.history.items():
        for term in terms:
            if name.isidentifier():
                first = base(it.names.get(term, name))
                out.setdefault(term, first if first.isidentifier() and first in it.history else name)
    for seed in [outcome.judgement.seed] if outcome.judgement.seed is not None else []:
        for term, cotangent in seed.cotangents.items():
            if cotangent.label:
                out.setdefault(cotangent, cotangent.label)
            out.setdefault(term, it.names.get(term, "out"))
            if f"d{out[term]}" == cotangent.label:  # the differential of `out` must not read as the cotangent `dout`
                out[term] = next(n for n in ("f", "y", "F", "Y", "output") if n not in out.values())
    return out


def explanation_of(outcome: Outcome, judged: Judged, steps_in: str = "text", *, known: bool = False
                   ) -> Explanation | None:
    """How the gradient of a claim is derived; None where nothing was derived.

    steps_in: "text", "latex" or "mathml".  Dimensions have the names that the source calls them by.
    known:    only if it has been derived before.
    """
    if known:
        return judged.explained.get(steps_in)
    if steps_in not in judged.explained:  # a derivation adds terms to the graph, which may be remembered for long
        judged.explained[steps_in] = _explained(outcome, judged, steps_in)
    return judged.explained[steps_in]


def _explained(outcome: Outcome, judged: Judged, steps_in: str) -> Explanation | None:
    if judged.derived is None or judged.wrt is None or outcome.judgement is None or outcome.judgement.seed is None:
        return None
    it = outcome.judgement.run.it
    names = names_of(outcome)
    names.setdefault(judged.wrt, base(judged.wrt.label) if judged.wrt.label else judged.result.wrt_name or "W")
    variable = names[judged.wrt]
    if not within(judged.derived, names, MOST):
        return None
    style = "torch" if it.dialect == "torch" else "numpy"
    naming = Naming(it)
    with it.using():
        try:
            shown = simplify(judged.derived, keep={t for t in names if t is not judged.derived})
            text = PRINTERS["text"](renamed(formula_of(shown, names), naming.words))
            code = render(shown, style, names) or ""
            seeds = list(outcome.judgement.seed.cotangents.items())
            steps: tuple[DerivationStep, ...] = ()
            if len(seeds) == 1:
                output, cotangent = seeds[0]
                found = derive(output, None if output.ndim == 0 else cotangent, judged.wrt, names)
                steps = found.shown(steps_in, naming.words)
        except (Misfit, ValueError, KeyError, TypeError, RecursionError, AttributeError, NotImplementedError,
                OverflowError):
            return None
    shapes: dict[str, str] = {}
    for term, name in names.items():
        if term.ndim and len(shapes) < 12:
            shapes.setdefault(name, naming.shape(term.shape))
    return Explanation(f"∂L/∂{variable} = {text}", steps, code, tuple(shapes.items()))
