"""Questions in a formula's own words: `answer("(X @ W + b) @ y", "W", {"X": "1,m"})`.

The answer is what `nablint derive` prints and what DESIGN.md lists for its JSON.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

import numpy as np

from nablint.calculus.answers import Answer, Written
from nablint.calculus.derivation import Derivation, derive
from nablint.calculus.evaluate import Library
from nablint.calculus.formula import Node, name, text
from nablint.calculus.jacobian import derivative_by_scalar, forward, transposed_jacobian, vector_length
from nablint.calculus.naive import naive_chain_rule
from nablint.calculus.notation import Problem, QuestionError, read
from nablint.calculus.recognise import recognise_all
from nablint.calculus.render import PRINTERS, formula_of, render
from nablint.calculus.setting import Setting, settle
from nablint.calculus.simplify import simplify
from nablint.calculus.structure import WHY, structured
from nablint.calculus.terms import Term
from nablint.results import DerivationStep
from nablint.shapes import Misfit, show_shape

__all__ = ["Answer", "QuestionError", "answer", "hessian"]


def answer(expression: str, wrt: str, shapes: Mapping[str, str], layout: str = "denominator", *,
           library: Library | None = None) -> Answer:
    """The derivative of an expression.

    expression: Python or textbook writing, one or several equations separated by `;`.
    wrt:        the name to differentiate by.
    shapes:     name -> sizes as in `1,m`; what is missing is inferred.
    layout:     "denominator" (shaped as the variable) or "numerator".
    library:    what to ask for functions of numpy, torch and scipy that are no cards.
    Raises `QuestionError` with one line for input that cannot be answered.
    """
    if layout not in ("denominator", "numerator"):
        raise QuestionError(f"the layout is 'denominator' or 'numerator', not '{layout}'")
    problem = read(expression)
    recognised = recognise_all(problem, library)
    setting = settle(problem, shapes, {n: card for n, (card, _) in recognised.items()}, library)
    wrt = wrt.strip()
    variable = setting.names.get(wrt)
    if variable is None or (variable.is_constant and wrt not in setting.leaves):
        raise QuestionError(f"'{wrt}' is not in the expression; it holds {', '.join(setting.leaves) or 'no names'}")
    notes = [f"{n} is the {word} function." for n, (_, word) in recognised.items()]
    try:
        with np.errstate(all="ignore"):
            return _Answering(problem, setting, wrt, variable, layout, notes).run()
    except (Misfit, ValueError, TypeError, IndexError, np.linalg.LinAlgError) as error:
        if isinstance(error, QuestionError):
            raise
        raise QuestionError(
            f"the derivative by {wrt} cannot be worked out: {error}; give shapes with --shape"
        ) from error


class _Answering:
    """One question with its shapes settled."""

    def __init__(
        self, problem: Problem, setting: Setting, wrt: str, variable: Term, layout: str, notes: list[str]
    ) -> None:
        self.problem, self.setting, self.wrt, self.variable = problem, setting, wrt, variable
        self.layout, self.notes, self.output = layout, notes, setting.result
        self.dot = "@" not in problem.text and re.search(r"\bdot\(", problem.text) is not None
        self.names: dict[Term, str] = {}
        for label, term in setting.names.items():
            if term.card is not None or term.label:
                self.names.setdefault(term, label)
        self.code_names = {t: unicodedata.normalize("NFKC", n) for t, n in self.names.items()}
        self.keep = frozenset(t for t in self.names if t is not self.output)
        if self.output.card is None and self.output is not self.variable:
            self.keep = frozenset(self.names)

    def run(self) -> Answer:
        """By the number of axes: a gradient, a Jacobian, a derivative by a scalar, or the vector-Jacobian product."""
        if np.size(self.output.sample) == 1:
            return self.gradient()
        if np.size(self.variable.sample) == 1:
            return self.by_scalar()
        if vector_length(self.output) is not None and vector_length(self.variable) is not None:
            found = transposed_jacobian(self.output, self.variable, self.keep)
            if found is not None:
                return self.jacobian(found)
        return self.product()

    # The four kinds ---------------------------------------------------------------------------------------------------

    def gradient(self) -> Answer:
        """A scalar's gradient."""
        found = derive(self.output, None, self.variable, self.names)
        self.notes += naive_chain_rule(self.output, self.variable, self.wrt, self.names, self.keep)
        kind = self.setting.structures.get(self.wrt)
        result = found.gradient
        if kind:
            result = structured(result, kind, self.keep)
            self.notes.append(f"{self.wrt} is {kind}: {WHY[kind]}.")
        return self.packed("gradient", found, result, self.turned(result), self.symbol("L"))

    def jacobian(self, transposed: Term) -> Answer:
        """A vector by a vector."""
        self.notes.append(f"The derivative of a vector by a vector is a matrix: entry (i, j) is ∂f_j/∂{self.wrt}_i in "
                          f"denominator layout and ∂f_i/∂{self.wrt}_j in numerator layout.")
        return self.packed("jacobian", self.with_cotangent(), transposed, self.turned(transposed), self.symbol("f"))

    def by_scalar(self) -> Answer:
        """A vector or a matrix by a scalar: numerator layout has the shape of the function."""
        found = derivative_by_scalar(self.output, self.variable, self.keep)
        return self.packed("derivative by a scalar", self.with_cotangent(), self.turned(found), found, self.symbol("f"))

    def product(self) -> Answer:
        """Third order and beyond: the product with an incoming gradient."""
        found = self.with_cotangent()
        order = sum(s != 1 for s in (*self.output.shape, *self.variable.shape))
        label = found.cotangent.label
        above, below = show_shape(self.output.shape), show_shape(self.variable.shape)
        note = (f"∂f/∂{self.wrt} has one entry for each pair of entries of f {above} and {self.wrt} {below}: a tensor "
                f"of order {order}, which is not formed. Given is its product with an incoming gradient {label} of "
                f"shape {above}; the differential is df = {self.forward()}.")
        self.notes.insert(0, note)
        return self.packed(
            "vector-Jacobian product", found, found.gradient, self.turned(found.gradient), text(found.symbol())
        )

    # Parts ------------------------------------------------------------------------------------------------------------

    def with_cotangent(self) -> Derivation:
        """The derivation of ⟨G, f⟩."""
        label = next(c for c in ("G", "Δ", "G_f", "G_out") if c not in self.setting.names)
        sample = np.random.default_rng(3).uniform(0.5, 1.5, np.shape(self.output.sample))
        g = self.output.graph.leaf(label, sample, self.output.shape)
        self.names[g] = self.code_names[g] = label
        return derive(self.output, g, self.variable, self.names)

    def forward(self) -> str:
        """The differential of the output, written out."""
        graph = self.output.graph
        d = graph.leaf(f"d{self.wrt}", np.ones(np.shape(self.variable.sample)), self.variable.shape)
        moving = simplify(forward(self.output, self.variable, d), self.keep)
        return text(formula_of(moving, {**self.names, d: Node("differential", (name(self.wrt),))}, expand=False))

    def turned(self, term: Term) -> Term:
        """The other layout."""
        return simplify(term.T, self.keep) if term.ndim == 2 else term

    def symbol(self, above: str) -> str:
        """∂L/∂W."""
        shown = self.names.get(self.output, above) if self.output.card is not None else above
        return f"∂{shown}/∂{self.wrt}"

    def packed(self, kind: str, found: Derivation, denominator: Term, numerator: Term, symbol: str) -> Answer:
        """The answer in the layout that was asked for."""
        chosen, other = (denominator, numerator) if self.layout == "denominator" else (numerator, denominator)
        turned = self.layout == "numerator"
        last = next((s for s in reversed(found.steps)), None)
        shown = "" if last is None else text(formula_of(last.after, found.names, expand=False))
        structure = self.setting.structures.get(self.wrt)

        def steps(style: str) -> tuple[DerivationStep, ...]:
            lines = found.shown(style)
            return (
                (*lines, self.structure_step(found, denominator, style, structure))
                if structure and kind == "gradient"
                else lines
            )

        return Answer(
            expression=self.problem.text.strip(),
            variable=self.wrt,
            shape=_sizes(chosen),
            gradient=self.written(chosen, flip=turned and kind == "gradient"),
            layout=self.layout,
            other_layout=self.written(other, flip=not turned and kind == "gradient"),
            other_shape=_sizes(other),
            steps=steps("text"),
            shapes=self.shapes(),
            symbol=symbol,
            kind=kind,
            differential=shown,
            notes=tuple(self.notes),
            steps_in=steps,
        )

    def structure_step(self, found: Derivation, result: Term, style: str, kind: str) -> DerivationStep:
        """From independent entries to the free entries of a structured matrix."""
        write = PRINTERS[style]
        return DerivationStep(f"{kind} structure", write(formula_of(found.gradient, self.names)),
                              write(formula_of(result, self.names)), WHY[kind])

    def written(self, term: Term, *, flip: bool) -> Mapping[str, str | None]:
        """The term in every style, written when asked for; `flip` marks a vector as a row."""
        names = {t: n for t, n in self.names.items() if t is not self.output or t.card is None}
        codes = {t: n for t, n in self.code_names.items() if t is not self.output or t.card is None}

        def write(style: str) -> str | None:
            if style not in PRINTERS:
                return render(term, style, codes, dot=self.dot)  # type: ignore[arg-type]
            node = formula_of(term, names)
            return PRINTERS[style](Node("transpose", (node,)) if flip and term.ndim == 1 else node)

        return Written(write)

    def shapes(self) -> dict[str, tuple[str, str]]:
        """Every name with its shape and where it comes from."""
        found = {n: (show_shape(t.shape), self.setting.origins.get(n, "")) for n, t in self.setting.leaves.items()}
        for label, term in self.setting.names.items():
            if label not in found and term.card is not None:
                found[label] = (show_shape(term.shape), "its equation")
        return found


def _sizes(term: Term) -> tuple[str, ...]:
    return tuple(str(s) for s in term.shape)


def hessian(expression: str, wrt: str, shapes: Mapping[str, str], *, library: Library | None = None) -> Answer:
    """The second derivative of a scalar function of a vector: the Jacobian of its gradient, a symmetric matrix.

    Raises `QuestionError` where the function is no scalar, the variable no vector, or the matrix cannot be written.
    """
    problem = read(expression)
    recognised = recognise_all(problem, library)
    setting = settle(problem, shapes, {n: card for n, (card, _) in recognised.items()}, library)
    variable = setting.names.get(wrt.strip())
    if variable is None:
        raise QuestionError(f"'{wrt}' is not in the expression; it holds {', '.join(setting.leaves) or 'no names'}")
    if np.size(setting.result.sample) != 1 or vector_length(variable) is None:
        raise QuestionError("the Hessian is formed for a scalar function of a vector; for others derive the gradient")
    asked = _Answering(problem, setting, wrt.strip(), variable, "denominator", [])
    first = derive(setting.result, None, variable, asked.names)
    matrix = transposed_jacobian(first.gradient, variable, asked.keep)
    if matrix is None:
        gradient = asked.written(first.gradient, flip=False)["text"]
        raise QuestionError(f"the Hessian cannot be written as one matrix; the gradient is {gradient}")
    return asked.packed("hessian", first, matrix, asked.turned(matrix), f"∂²L/∂{wrt}∂{wrt}ᵀ")
