"""`nablint derive`."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from html import escape
from typing import TYPE_CHECKING

import click

from nablint_server.cli.output import FAILED, complain, stop, utf8

if TYPE_CHECKING:
    from nablint.calculus.question import Answer, QuestionError

FORMS = ("text", "latex", "mathml", "json")
DIALECTS = ("numpy", "torch", "einsum")


@click.command()
@click.argument("expression", metavar="EXPR", required=False)
@click.option("--from", "whence", metavar="FILE:NAME",
              help="Write the backward pass of a forward function, a method or a class of a file instead.")
@click.option("--wrt", metavar="NAME", help="The name to differentiate by; the only one where it is not given.")
@click.option("--shape", "shapes", multiple=True, metavar="X=1,m", help="A name's sizes: numbers and letters.")
@click.option("--layout", type=click.Choice(["denominator", "numerator"]), default="denominator", show_default=True)
@click.option("--dialect", type=click.Choice(DIALECTS), help="The code in this dialect only.")
@click.option("--hessian", is_flag=True, help="The second derivative of a scalar function of a vector.")
@click.option("--latex", is_flag=True, help="The same as --output-format latex.")
@click.option("--output-format", type=click.Choice(FORMS), default="text", show_default=True)
def derive(
    expression: str | None, whence: str | None, wrt: str | None, shapes: tuple[str, ...], layout: str,
    dialect: str | None, hessian: bool, latex: bool, output_format: str,
) -> None:  # fmt: skip
    """Derive the gradient of EXPR, step by step; or, with --from, write the backward pass of a forward function.

    EXPR is Python, `(X @ W + b) @ y`, or textbook writing, `xᵀ W y`, in which a Greek letter is a scalar, a lowercase
    letter a column vector and an uppercase letter a matrix. Several equations are separated by `;`; `-` reads standard
    input.
    """
    if whence is not None:
        if expression is not None or wrt is not None or shapes or output_format not in ("text", "json"):
            stop("--from stands alone, or with --output-format json: the file says the rest")
        from nablint_server.cli.writing import write_backward

        write_backward(whence, output_format)
        return
    if expression is None:
        stop("say what to derive: nablint derive '(X @ W + b) @ y' --wrt W, or --from FILE:NAME")
    from nablint.calculus.question import QuestionError

    if expression == "-":
        expression = "; ".join(line.strip() for line in sys.stdin.read().splitlines() if line.strip())
    try:
        answer = _answer(expression, wrt, _shapes(shapes), layout, hessian=hessian)
    except QuestionError as error:
        complain(str(error))
        if sys.stderr.isatty():
            sys.stderr.write(pointed(error))
        sys.exit(FAILED)
    except (RecursionError, MemoryError):
        stop("the expression is nested too deeply; name its parts: `A = X @ W; L = tr(A)`")
    if dialect is not None:
        kept = {style: code for style, code in answer.gradient.items() if style == dialect or style not in DIALECTS}
        answer = replace(answer, gradient=kept)
    sys.stdout.write(utf8(written(answer, "latex" if latex else output_format)))


def pointed(error: QuestionError) -> str:
    """The line of the input that the error is about, with a caret under the place; nothing where there is none."""
    if not error.column:
        return ""
    before = error.text[: error.column - 1].rpartition("\n")[2]
    line = error.text[error.column - 1 - len(before):].partition("\n")[0]
    return f"    {line}\n    {' ' * len(before)}^\n"


def written(answer: Answer, form: str) -> str:
    """The answer as text, LaTeX, MathML or JSON."""
    if form == "json":
        return json.dumps(answer.to_json(), indent=2, ensure_ascii=False) + "\n"
    if form == "latex":
        from nablint_server.reports.latex import aligned

        return aligned(f"{answer.expression} by {answer.variable}", answer.latex_steps) + "\n"
    if form == "mathml":
        cells = [(s.before, "=", s.after, escape(f"{s.rule}: {s.why}")) for s in answer.mathml_steps]
        rows = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>\n" for row in cells)
        return f"<table>\n{rows}</table>\n{answer.gradient.get('mathml') or ''}\n"
    return answer.to_text()


def _answer(expression: str, wrt: str | None, shapes: dict[str, str], layout: str, *, hessian: bool) -> Answer:
    from nablint import deriving

    if wrt is None:
        from nablint.calculus.notation import read
        from nablint.calculus.setting import free_names

        names = [name for name, _ in free_names(read(expression))]
        if len(names) != 1:
            stop(f"say which name to differentiate by: --wrt {' or '.join(names) or 'NAME'}")
        wrt = names[0]
    return deriving.hessian(expression, wrt, shapes) if hessian else deriving.answer(expression, wrt, shapes, layout)


def _shapes(given: tuple[str, ...]) -> dict[str, str]:
    """`X=1,m` as X -> `1,m`; one option may hold several with `;` between them."""
    shapes: dict[str, str] = {}
    for one in (part.strip() for text in given for part in text.split(";")):
        name, equals, sizes = one.partition("=")
        if not equals or not name.strip():
            stop(f"--shape {one}: write a name and its sizes, as in --shape X=1,m")
        shapes[name.strip()] = sizes.strip()
    return shapes
