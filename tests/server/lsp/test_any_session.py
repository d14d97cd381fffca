"""Whatever was done before, what the client knows in the end is what a new server would say of the same texts."""

from __future__ import annotations

import asyncio
import random

import pytest
from lsprotocol import types

from .conftest import can_pull, push_only

pytestmark = pytest.mark.asyncio

LINES = ["dW = X @ g", "dV = Y.T @ g", "W = zeros(D, M)", "é = '😋'", "", "def f(:", "# slow: 0.02", "x = (",
         "dU = Z @ g"]


class Known:
    """What a client knows: the texts that are open, and what it was last told of each."""

    def __init__(self, session):
        self.session = session
        self.texts = {}
        self.told = {}

    def take(self):
        while not self.session.published.empty():
            params = self.session.published.get_nowait()
            self.told[params.uri] = sorted(d.range.start.line for d in params.diagnostics)


def expected(text):
    """The lines of the slips of a text that can be read."""
    return [number for number, line in enumerate(text.split("\n")) if line.startswith(("dW = X @", "dU = Z @"))]


def readable(text):
    return "def f(:" not in text and "x = (" not in text


def act(draw, known, root):
    """One thing that somebody does."""
    session = known.session
    uri = (root / f"{draw.choice('abc')}.py").as_uri()
    if uri not in known.texts:
        known.texts[uri] = "\n".join(draw.choices(LINES, k=3))
        session.open(known.texts[uri], uri)
        return
    lines = known.texts[uri].split("\n")
    match draw.randrange(8):
        case 0:
            session.close(uri)
            del known.texts[uri]
            return
        case 1:
            lines = draw.choices(LINES, k=3)
            session.change(uri, "\n".join(lines))
        case 2 | 3 | 4:
            row, line = draw.randrange(len(lines)), draw.choice(LINES)
            session.change(uri, (row, 0, row, 99, line))
            lines[row] = line
        case 5:
            row, line = draw.randrange(len(lines) + 1), draw.choice(LINES)
            if row == len(lines):
                session.change(uri, (row - 1, 99, row - 1, 99, f"\n{line}"))
            else:
                session.change(uri, (row, 0, row, 0, f"{line}\n"))
            lines.insert(row, line)
        case 6 if len(lines) > 1:
            session.change(uri, (0, 0, 1, 0, ""))
            lines = lines[1:]
        case _:
            session.client.workspace_did_change_configuration(types.DidChangeConfigurationParams({"nablint": {}}))
    known.texts[uri] = "\n".join(lines)


@pytest.mark.parametrize("adapt", [push_only, can_pull])
@pytest.mark.parametrize("seed", range(4))
async def test_the_end_does_not_depend_on_the_way(session, tmp_path, adapt, seed):
    draw = random.Random(seed)
    await session.initialize(tmp_path, adapt=adapt)
    known = Known(session)
    for _ in range(60):
        act(draw, known, tmp_path)
        if draw.random() < 0.3:
            await asyncio.sleep(draw.choice([0.001, 0.05, 0.15]))
    for uri in known.texts:  # in the end all of it can be read
        known.texts[uri] += "\ndW = X @ g"
        known.texts[uri] = "\n".join(line for line in known.texts[uri].split("\n") if readable(line))
        session.change(uri, known.texts[uri])
    if adapt is can_pull:
        found = {uri: sorted(d.range.start.line for d in (await session.pulled(uri)).items) for uri in known.texts}
    else:
        for uri in known.texts:
            await session.client.text_document_code_lens_async(
                types.CodeLensParams(types.TextDocumentIdentifier(uri)))  # waits for the newest version
        known.take()
        assert not any(told for uri, told in known.told.items() if uri not in known.texts)
        found = {uri: known.told[uri] for uri in known.texts}
    assert found == {uri: expected(text) for uri, text in known.texts.items()}
    assert session.client.messages == []
