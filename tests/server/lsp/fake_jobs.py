"""An analysis whose findings are written in the text, so that the server is tested without what it speaks for.

`dW = X @ g` is a slip whose repair is `dW = X.T @ g`; a file with `# slow: S` takes S seconds in Python, `# stuck: S`
S seconds that no interrupt reaches, `# raises` fails and `# dies` takes the process with it.  `s = X + g` is a finding
about shapes.  Of a file with `# told first` the slips are told before anything else is done.
"""

from __future__ import annotations

import ast
import gc
import os
import re
import time
from pathlib import Path

from nablint.results import (
    Claim,
    DerivationStep,
    Diagnostic,
    Edit,
    Explanation,
    FileResult,
    Fix,
    Place,
    Related,
    ShapeNote,
)
from nablint_server.lsp.jobs import configure, files  # noqa: F401 - configuration is the real one

SLIP = re.compile(r"(d\w+) = (\w+) @ (\w+)$", re.MULTILINE)
RIGHT = re.compile(r"(d\w+) = (\w+)\.T @ (\w+)$", re.MULTILINE)
SUM = re.compile(r"^ *(s) = (\w+) \+ (\w+)$", re.MULTILINE)
SHAPE = re.compile(r"\b(\w+) = zeros\((\w+), (\w+)\)")


def warm():
    """Nothing to import."""


def kept(made=0):
    """How many objects are not looked through for cycles any more, after so many have been made."""
    held = [[] for _ in range(made)]
    return gc.get_freeze_count() + 0 * len(held)


def mend(source, filename, settings):
    return SLIP.sub(r"\1 = \2.T @ \3", source)


def judge(source, filename, settings, repair, tell=None):
    if tell is not None and "# told first" in source:
        tell([_slip(source, found, repair) for found in SLIP.finditer(source)])
    for seconds in re.findall(r"# slow: ([\d.]+)", source):
        end = time.monotonic() + float(seconds)
        while time.monotonic() < end:
            pass
    for seconds in re.findall(r"# stuck: ([\d.]+)", source):
        time.sleep(float(seconds))
    if "# raises" in source:
        raise ZeroDivisionError("a fault of our own\nwith two lines")
    if "# dies" in source:
        os._exit(3)
    try:
        ast.parse(source)
    except SyntaxError as error:
        return FileResult(error=f"line {error.lineno}: {error.msg}"), [(1, source.count("\n") + 1)]
    result = FileResult(analysed=True)
    for found in SLIP.finditer(source):
        result.diagnostics.append(_slip(source, found, repair))
        result.claims.append(_claim(source, found, "wrong"))
    result.claims += [_claim(source, found, "proved") for found in RIGHT.finditer(source)]
    for found in SUM.finditer(source):
        start, end = _span(source, found.start(2), found.end(3))
        result.diagnostics.append(Diagnostic("NAB102", "mismatched-broadcast", "error", "they do not fit", start, end))
    for found in SHAPE.finditer(source):
        start, end = _span(source, found.start(1), found.end(1))
        result.shapes.append(ShapeNote(found[1], f"({found[2]}, {found[3]})", start, end))
    result.diagnostics = [d for d in result.diagnostics if settings.enabled(d.code, d.name)
                          and f"ignore[{d.code}]" not in source.split("\n")[d.location.row - 1]]
    return result, []


def _span(source, start, end):
    def place(offset):
        return Place(source.count("\n", 0, offset) + 1, offset - source.rfind("\n", 0, offset))
    return place(start), place(end)


def _explanation(found):
    step = DerivationStep("differential of a product", f"dL = ⟨{found[3]}, d({found[2]} W)⟩",
                          f"⟨{found[2]}ᵀ {found[3]}, dW⟩", "the factor moves across the inner product")
    return Explanation(f"the gradient {found[1]}", (step,), f"{found[2]}.T @ {found[3]}", (("W", "(D, M)"),))


def _slip(source, found, repair):
    start, end = _span(source, found.start(2), found.end(3))
    _, after = _span(source, found.start(2), found.end(2))
    fix = Fix(f"Write {found[2]}.T @ {found[3]}", (Edit(".T", after, after),)) if repair else None
    first = Related("the product is made here", Place(1, 1), Place(1, 2))
    return Diagnostic("NAB301", "wrong-operand", "warning", f"{found[1]} needs {found[2]}.T", start, end, fix, (first,),
                      _explanation(found))


def _claim(source, found, verdict):
    start, end = _span(source, found.start(), found.end())
    return Claim(start.row, "backward", found[1], found[1][1:], "result", verdict, "", start, end, _explanation(found))


def formulas(source, filename, settings, place):
    result, _ = judge(source, filename, settings, repair=True)
    return [("<math><mi>L</mi></math>", "<math><msup><mi>X</mi><mi>⊤</mi></msup></math>")
            for claim in result.claims if claim.location.row == place.row]


def look(path, settings):
    source = Path(path).read_text()
    return source, judge(source, path, settings, False)[0]
