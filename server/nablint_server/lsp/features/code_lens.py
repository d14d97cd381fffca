"""Code lenses: over each function that computes gradients, how many are right."""

from __future__ import annotations

from collections import Counter

from lsprotocol import types
from nablint.results import Claim

from nablint_server.lsp.features.derivations import show_at
from nablint_server.lsp.server import Server
from nablint_server.lsp.snapshots import View

WORST_FIRST = ("wrong", "unchecked", "verified", "proved")


def register(server: Server) -> None:
    """Register the handler."""

    @server.feature(types.TEXT_DOCUMENT_CODE_LENS, types.CodeLensOptions())
    async def lenses(params: types.CodeLensParams) -> list[types.CodeLens]:
        uri = params.text_document.uri
        document = server.documents.get(uri)
        if document is None or not server.choices.code_lens:
            return []
        view = await document.settled()
        return [] if view is None else [lens for lens in _lenses(view, uri) if lens is not None]


def _lenses(view: View, uri: str) -> list[types.CodeLens | None]:
    functions: dict[str, list[Claim]] = {}
    for claim in view.result.claims:
        if claim.role == "result" and claim.verdict in WORST_FIRST:
            functions.setdefault(claim.function, []).append(claim)
    return [_lens(view, uri, claims) for claims in functions.values()]


def _lens(view: View, uri: str, claims: list[Claim]) -> types.CodeLens | None:
    first = min(claims, key=lambda c: c.location)
    located = view.locate(first.location, first.end_location)
    if located is None or located[0] != uri:
        return None
    # What is assigned and then returned is claimed twice and is one gradient.
    verdicts: dict[str, str] = {}
    for claim in claims:
        of = claim.wrt or claim.gradient
        verdicts[of] = min(verdicts.get(of, claim.verdict), claim.verdict, key=WORST_FIRST.index)
    counts, total = Counter(verdicts.values()), len(verdicts)
    noun = "gradient" if total == 1 else "gradients"
    right = counts["proved"] + counts["verified"]
    said = [f"{total} {noun} verified" if right == total else f"{right} of {total} {noun} verified"]
    said += [f"{counts[verdict]} {verdict}" for verdict in ("wrong", "unchecked") if counts[verdict]]
    where = _definition(view, uri, located[1])
    return types.CodeLens(where, show_at(uri, located[1].start, ", ".join(said)))


def _definition(view: View, uri: str, inside: types.Range) -> types.Range:
    """The line of the function around a statement: the nearest `def` above with a smaller indent."""
    text = next(part.text for part in view.now.parts if part.uri == uri)
    indent = _indent(text.line(inside.start.line))
    for number in range(inside.start.line, -1, -1):
        line = text.line(number)
        if line.lstrip().startswith(("def ", "async def ")) and _indent(line) < indent:
            return types.Range(types.Position(number, 0), types.Position(number, 0))
    return types.Range(types.Position(inside.start.line, 0), types.Position(inside.start.line, 0))


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
