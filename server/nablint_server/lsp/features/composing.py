"""The action "write the backward pass" on the first line of a forward function, or of a class that has one."""

from __future__ import annotations

import re

from lsprotocol import types
from nablint.results import Place

from nablint_server.lsp.server import Server
from nablint_server.lsp.snapshots import Snapshot
from nablint_server.lsp.work import WorkFailed

KIND = types.CodeActionKind.RefactorRewrite
_DEFINED = re.compile(r"(?P<indent>\s*)(?P<word>def|class)\s+(?P<name>\w+)")
_AHEAD = re.compile(r"forward|fwd|fprop", re.I)


def action(now: Snapshot, uri: str, row: int) -> types.CodeAction | None:
    """The action for a line, to be finished when it is chosen."""
    name = forward_at(now, row)
    if name is None:
        return None
    return types.CodeAction(f"Write the backward pass of `{name}`", KIND, data={"uri": uri, "compose": name})


def forward_at(now: Snapshot, row: int) -> str | None:
    """The qualified name of the forward function on a line, or of the class there that has one and no backward."""
    found = _DEFINED.match(now.line(row))
    if found is None:
        return None
    if found["word"] == "class":
        inside = _methods(now, row, len(found["indent"]))
        return found["name"] if "forward" in inside and "backward" not in inside else None
    if not _AHEAD.search(found["name"]):
        return None
    if not found["indent"]:
        return found["name"]
    for above in range(row - 1, 0, -1):
        outer = _DEFINED.match(now.line(above))
        if outer is not None and len(outer["indent"]) < len(found["indent"]):
            inside = _methods(now, above, len(outer["indent"])) if outer["word"] == "class" else {"backward"}
            return f"{outer['name']}.{found['name']}" if "backward" not in inside else None
    return None


def _methods(now: Snapshot, row: int, indent: int) -> set[str]:
    """The functions that are defined below a line and further in."""
    names: set[str] = set()
    for below in range(row + 1, _rows(now) + 1):
        line = now.line(below)
        if line.strip() and len(line) - len(line.lstrip()) <= indent and line.strip()[0] not in "#)":
            break
        if (found := _DEFINED.match(line)) is not None and found["word"] == "def":
            names.add(found["name"])
    return names


def _rows(now: Snapshot) -> int:
    return now.source.count("\n") + 1


async def composed(server: Server, uri: str, name: str) -> types.WorkspaceEdit | None:
    """The edit that writes it; None, and a line to the user, where it cannot be written."""
    document = server.documents.get(uri)
    settings = None if document is None else await server.choices.settings(document.filename)
    if document is None or settings is None:
        return None
    now = document.now
    try:
        found = await server.work.call("compose", now.source, document.filename, settings, name)
    except WorkFailed as failure:
        found = str(failure)
    if isinstance(found, str):
        server.window_show_message(types.ShowMessageParams(types.MessageType.Warning, f"nablint: {found}"))
        return None
    row, text = found
    last = row > _rows(now)  # behind a last line that lacks its line feed
    place = Place(_rows(now), len(now.line(_rows(now))) + 1) if last else Place(row, 1)
    located = now.locate(place, place)
    text = ("\n" if last and now.line(_rows(now)) else "") + text
    return None if located is None else server.edit(now, [(located[0], types.TextEdit(located[1], text))])
