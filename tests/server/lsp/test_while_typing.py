"""Changes in quick succession, texts that do not parse, and analyses that hang, fail or die."""

from __future__ import annotations

import asyncio
import time

import pytest
from nablint.results import FileResult
from nablint.settings import Settings
from nablint_server.lsp import documents
from nablint_server.lsp.snapshots import Snapshot

from .conftest import push_only

SLIP = "W = zeros(D, M)\ndef backward(X, g):\n    dW = X @ g\n    return dW\n"
pytestmark = pytest.mark.asyncio


async def test_a_newer_version_stops_the_analysis_of_the_older(session):
    await session.initialize(adapt=push_only)
    uri = session.open(SLIP + "# slow: 30\n")
    await asyncio.sleep(0.5)
    began = time.perf_counter()
    session.change(uri, SLIP)
    assert len(await session.diagnostics(uri)) == 1
    assert time.perf_counter() - began < 5


async def test_an_analysis_that_no_interrupt_reaches_is_killed(session):
    await session.initialize(adapt=push_only)
    uri = session.open(SLIP + "# stuck: 30\n")
    await asyncio.sleep(0.5)
    session.change(uri, SLIP)
    assert len(await session.diagnostics(uri)) == 1


def rows(findings):
    return sorted((d.range.start.line, d.code) for d in findings)


async def test_the_first_findings_come_before_the_others(session):
    await session.initialize(adapt=push_only)
    uri = session.open(SLIP + "s = X + g\n# told first\n# slow: 0.5\n")
    assert rows(await session.diagnostics(uri)) == [(2, "NAB301")]
    assert rows(await session.diagnostics(uri)) == [(2, "NAB301"), (4, "NAB102")]
    session.change(uri, (4, 0, 4, 1, "t"), (0, 0, 0, 15, "dV = X @ g"))
    # what is shown of other kinds stays until all is known
    assert rows(await session.diagnostics(uri)) == [(0, "NAB301"), (2, "NAB301"), (4, "NAB102")]
    assert rows(await session.diagnostics(uri)) == [(0, "NAB301"), (2, "NAB301")]


async def test_a_change_waits_for_more_only_while_the_version_before_is_judged(monkeypatch):
    judging, pauses = asyncio.Event(), []

    class Slow:
        async def call(self, *_, **__):
            await judging.wait()
            return FileResult(), []

    class Plain:
        async def settings(self, _):
            return Settings()

    async def paused(seconds):
        pauses.append(seconds)

    monkeypatch.setattr(documents.asyncio, "sleep", paused)
    texts = documents.Documents(Slow(), Plain(), lambda _: None, lambda _: None)

    async def judged():
        judging.set()
        await texts.get("a").settled()
        judging.clear()
        texts.get("a").cost = 0.4

    for version in range(3):
        texts.put(Snapshot("a", version, f"# {version}\n", ()), "a.py")
        await judged()
    assert pauses == []
    texts.put(Snapshot("a", 3, "# 3\n", ()), "a.py")
    texts.put(Snapshot("a", 4, "# 4\n", ()), "a.py")
    await judged()
    assert pauses == [0.2]
    texts.close("a")


async def test_typing_never_queues_up(session):
    await session.initialize(adapt=push_only)
    uri = session.open(SLIP + "# slow: 0.2\n")
    await session.diagnostics(uri)
    for character in range(30):
        session.change(uri, (4, character, 4, character, "#"))
        await asyncio.sleep(0.02)
    began = time.perf_counter()
    assert len(await session.diagnostics(uri)) == 1
    assert time.perf_counter() - began < 3


async def test_findings_stay_while_the_text_does_not_parse(session):
    await session.initialize(adapt=push_only)
    uri = session.open(SLIP)
    await session.diagnostics(uri)
    session.change(uri, (0, 0, 0, 0, "def f(:\n\n"))
    (kept,) = await session.diagnostics(uri)
    assert kept.range.start.line == 4
    assert "W: (D, M)" in await session.hover(uri, 2, 0)
    session.change(uri, (0, 0, 2, 0, ""))
    (found,) = await session.diagnostics(uri)
    assert found.range.start.line == 2


async def test_a_finding_stays_on_the_very_line_that_is_typed(session):
    await session.initialize(adapt=push_only)
    uri = session.open(SLIP)
    await session.diagnostics(uri)
    session.change(uri, (2, 14, 2, 14, " + ("))
    assert [d.range.start.line for d in await session.diagnostics(uri)] == [2]


@pytest.mark.parametrize("fault", ["raises", "dies"])
async def test_a_failure_is_said_once_and_hurts_no_other_file(session, fault):
    await session.initialize(adapt=push_only)
    bad = session.open(f"# {fault}\n", "file:///work/bad.py")
    for _ in range(3):
        session.change(bad, (0, 0, 0, 0, "#"))
        await asyncio.sleep(0.4)
    good = session.open(SLIP)
    assert len(await session.diagnostics(good)) == 1
    (message,) = session.client.messages
    assert "\n" not in message.message
    assert "/work/bad.py could not be analysed" in message.message
    session.change(bad, SLIP)
    assert len(await session.diagnostics(bad)) == 1


async def test_closing_takes_the_findings_back(session):
    await session.initialize(adapt=push_only)
    uri = session.open(SLIP)
    await session.diagnostics(uri)
    session.close(uri)
    assert await session.diagnostics(uri) == []
    session.open(SLIP)
    assert len(await session.diagnostics(uri)) == 1


async def test_edits_arrive_as_the_client_means_them(session):
    await session.initialize(adapt=push_only)
    uri = session.open("s = '\f'\nlast")
    await session.diagnostics(uri)
    session.change(uri, (1, 99, 1, 99, "\ndW = X @ g"), (0, 0, 0, 0, "é = '😋'; "))
    (found,) = await session.diagnostics(uri)
    assert (found.range.start.line, found.range.start.character) == (2, 5)
