"""Quick-fixes, "fix all in file", "suppress here", "show the derivation" and "write the backward pass".

The repair is computed after the diagnostics are out; where it is not ready when the light bulb is asked for, the
action is offered all the same and finished by `codeAction/resolve`.
"""

from __future__ import annotations

import re
from typing import Any

from lsprotocol import types
from nablint.results import Diagnostic, Place

from nablint_server.lsp import edits
from nablint_server.lsp.documents import Document
from nablint_server.lsp.features import composing, fixing
from nablint_server.lsp.features.derivations import show_at
from nablint_server.lsp.features.diagnostics import translate
from nablint_server.lsp.server import Server
from nablint_server.lsp.snapshots import View

PATIENCE = 1.0
"""Seconds that a request for actions waits for repairs to be ready."""

_IGNORE = re.compile(r"#\s*nablint:\s*ignore\[([^\]]*)\]")


def register(server: Server) -> None:
    """Register the handlers."""

    @server.feature(types.TEXT_DOCUMENT_CODE_ACTION, types.CodeActionOptions(
        code_action_kinds=[types.CodeActionKind.QuickFix, fixing.KIND, composing.KIND], resolve_provider=True))
    async def actions(params: types.CodeActionParams) -> list[types.CodeAction]:
        uri = params.text_document.uri
        document = server.documents.get(uri)
        if document is None:
            return []
        only = params.context.only
        found: list[types.CodeAction] = []
        if _wanted(composing.KIND.value, only) and fixing.resolves(server):
            place = document.now.place(uri, params.range.start)
            written = None if place is None else composing.action(document.now, uri, place.row)
            found += [written] if written is not None else []
        view = await document.ready(PATIENCE)
        if view is None:
            return found
        if _wanted(types.CodeActionKind.QuickFix, only):
            for finding, where in _findings(view, uri, params.range):
                shown = translate(view, finding, where)
                found += [a for a in (_repair(server, document, view, finding, shown),
                                      _suppress(server, view, uri, finding, where, shown),
                                      _derivation(uri, finding, where)) if a is not None]
        if _wanted(fixing.KIND, only):
            fixable = sum(d.fix is not None and d.fix.applicability == "safe" for d in view.result.diagnostics)
            if fixable or (not document.repaired and view.result.diagnostics):
                found.append(fixing.action(server, uri))
        return found

    @server.feature(types.CODE_ACTION_RESOLVE)
    async def resolve(action: types.CodeAction) -> types.CodeAction:
        data: dict[str, Any] = action.data if isinstance(action.data, dict) else {}
        if "all" in data:
            action.edit = await fixing.repaired(server, str(data["all"]))
            return action
        if "compose" in data:
            action.edit = await composing.composed(server, str(data["uri"]), str(data["compose"]))
            return action
        document = server.documents.get(str(data.get("uri")))
        if document is None or action.edit is not None:
            return action
        view = await document.settled(repairs=True)
        place = Place(int(data.get("row", 0)), int(data.get("column", 0)))
        for finding in view.result.diagnostics if view is not None else ():
            if view is not None and finding.location == place and finding.fix is not None:
                action.edit = _edit(server, view, finding)
        return action


def _wanted(kind: str, only: list[types.CodeActionKind | str] | Any) -> bool:
    asked = [getattr(k, "value", k) for k in only or ()]
    return not asked or any(kind == k or kind.startswith(f"{k}.") or not k for k in asked)


def _findings(view: View, uri: str, asked: types.Range) -> list[tuple[Diagnostic, types.Range]]:
    """The findings on the lines asked for: a cursor anywhere on the line is near enough."""
    found: list[tuple[Diagnostic, types.Range]] = []
    for finding in view.result.diagnostics:
        located = view.locate(finding.location, finding.end_location, nearest=True)
        if located is not None and located[0] == uri and (
                located[1].start.line <= asked.end.line and asked.start.line <= located[1].end.line):
            found.append((finding, located[1]))
    return found


def _repair(server: Server, document: Document, view: View, finding: Diagnostic,
            shown: types.Diagnostic) -> types.CodeAction | None:
    if finding.fix is None:
        if document.repaired or not fixing.resolves(server):
            return None
        return types.CodeAction(f"Repair ({finding.name})", types.CodeActionKind.QuickFix, [shown], data={
            "uri": view.now.uri, "row": finding.location.row, "column": finding.location.column})
    edit = _edit(server, view, finding)
    return None if edit is None else types.CodeAction(
        finding.fix.message, types.CodeActionKind.QuickFix, [shown],
        is_preferred=finding.fix.applicability == "safe" or None, edit=edit)


def _edit(server: Server, view: View, finding: Diagnostic) -> types.WorkspaceEdit | None:
    changes = edits.of_fix(view, finding.fix) if finding.fix is not None else None
    return None if changes is None else server.edit(view.now, changes)


def _suppress(server: Server, view: View, uri: str, finding: Diagnostic, where: types.Range,
              shown: types.Diagnostic) -> types.CodeAction | None:
    row = view.shift.nearest(finding.location.row)
    line = "" if row is None else view.now.line(row)
    if row is None or line.rstrip().endswith("\\"):
        return None
    there = _IGNORE.search(line)
    column = there.end(1) + 1 if there else len(line.rstrip()) + 1
    content = f", {finding.code}" if there else f"  # nablint: ignore[{finding.code}]"
    end = column if there else len(line) + 1
    located = view.now.locate(Place(row, column), Place(row, end))
    if located is None:
        return None
    return types.CodeAction(f"Suppress {finding.code} ({finding.name}) here", types.CodeActionKind.QuickFix, [shown],
                            edit=server.edit(view.now, [(uri, types.TextEdit(located[1], content))]))


def _derivation(uri: str, finding: Diagnostic, where: types.Range) -> types.CodeAction | None:
    if finding.explanation is None:
        return None
    return types.CodeAction("Show the derivation", types.CodeActionKind.QuickFix, command=show_at(uri, where.start))
