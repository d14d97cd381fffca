"""The open texts and their results: what is analysed when, what is kept, what is thrown away."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from nablint.results import Diagnostic, FileResult

from nablint_server.lsp.carrying import WHOLE, begun, carried, explained
from nablint_server.lsp.choices import Choices
from nablint_server.lsp.jobs import Rows
from nablint_server.lsp.snapshots import Snapshot, View
from nablint_server.lsp.work import Urgency, Work, WorkFailed

logger = logging.getLogger(__name__)

QUICK = 0.1
"""An analysis shorter than this many seconds begins at once after a change, though changes come before it ends."""

LONGEST_PAUSE = 0.25
"""The longest wait for the next keystroke before an analysis begins, in seconds."""


class Document:
    """A text that is open in the editor."""

    def __init__(self, snapshot: Snapshot, filename: str) -> None:
        self.now = snapshot
        self.filename = filename
        self.view: View | None = None
        self.repaired = False
        self.cost = 0.0
        self.hurried = False
        """The version before was not judged yet when this one came."""
        self.failure: str | None = None
        self.task: asyncio.Task[None] | None = None
        self.told: dict[str, tuple[int | None, str]] = {}
        """By part, the version and findings that the client knows."""
        self.some: asyncio.Event = asyncio.Event()
        """Something can be said of the newest version: what was heard of it first, or its findings."""
        self.findings: asyncio.Event = asyncio.Event()
        self.repairs: asyncio.Event = asyncio.Event()

    def latest(self) -> View | None:
        """The latest result, in the text of now."""
        if self.view is None:
            return None
        if self.view.now is not self.now:
            self.view = View(self.now, self.view.analysed, self.view.result)
        return self.view

    async def settled(self, *, repairs: bool = False) -> View | None:
        """The result of the newest version; None where there has never been one."""
        while (event := self.repairs if repairs else self.findings) and not event.is_set():
            await event.wait()
        return self.latest()

    async def begun(self) -> View | None:
        """What can be said of the newest version first; None where there has never been anything."""
        await self.some.wait()
        return self.latest()

    async def ready(self, patience: float) -> View | None:
        """The newest result with repairs and derivations, or without them when that takes longer, in seconds."""
        await self.settled()
        try:
            async with asyncio.timeout(patience):
                return await self.settled(repairs=True)
        except TimeoutError:
            return self.latest()


class Documents:
    """All open texts.  `published` is called with each whose findings may have changed."""

    def __init__(self, work: Work, choices: Choices, published: Callable[[Document], None],
                 failed: Callable[[str], None]) -> None:
        self._work = work
        self._choices = choices
        self._published = published
        self._failed = failed
        self._documents: dict[str, Document] = {}
        self._parts: dict[str, str] = {}

    def __iter__(self) -> Iterator[Document]:
        return iter(self._documents.values())

    def get(self, uri: str) -> Document | None:
        """The text that a file or cell belongs to."""
        return self._documents.get(self._parts.get(uri, uri))

    def put(self, snapshot: Snapshot, filename: str) -> Document:
        """A new version; its analysis begins and that of the version before ends."""
        document = self._documents.get(snapshot.uri)
        if document is None:
            document = self._documents[snapshot.uri] = Document(snapshot, filename)
        document.now = snapshot
        for part in [part for part, whole in self._parts.items() if whole == snapshot.uri]:
            del self._parts[part]
        self._parts.update((part.uri, snapshot.uri) for part in snapshot.parts)
        self.refresh(document)
        return document

    def close(self, uri: str) -> Document | None:
        """Forget a text; whoever waits for its result gets the last one."""
        document = self._documents.pop(uri, None)
        if document is not None:
            self._parts = {part: whole for part, whole in self._parts.items() if whole != uri}
            if document.task is not None:
                document.task.cancel()
            self._settle(document)
            document.repairs.set()
        return document

    def refresh(self, document: Document) -> None:
        """Analyse the text again: it, or the settings, changed."""
        if document.task is not None:
            document.task.cancel()
        document.hurried = document.task is not None and not document.findings.is_set()
        document.some.clear()
        document.findings.clear()
        document.repairs.clear()
        document.task = asyncio.create_task(self._analyse(document, document.now))

    async def _analyse(self, document: Document, snapshot: Snapshot) -> None:
        if document.hurried and document.cost > QUICK:
            await asyncio.sleep(min(document.cost / 2, LONGEST_PAUSE))
        before = document.view
        for repair in (False, True):
            result, unread = await self._judged(document, snapshot, repair=repair)
            if not repair:
                result = explained(before, snapshot, result)
            document.view = View(document.now, snapshot, carried(before, snapshot, result, unread))
            document.repaired = repair
            self._settle(document)
            self._published(document)
            if not result.diagnostics and not result.claims:
                break
        document.repairs.set()

    @staticmethod
    def _settle(document: Document) -> None:
        document.some.set()
        document.findings.set()

    def _heard(self, document: Document, snapshot: Snapshot, found: list[Diagnostic]) -> None:
        """The findings of a text that are known first; of what else was said of it nothing is taken away yet."""
        if document.now is snapshot:
            document.view = View(snapshot, snapshot, begun(document.view, snapshot, found))
            document.repaired = False
            document.some.set()
            self._published(document)

    async def _judged(self, document: Document, snapshot: Snapshot, *, repair: bool) -> tuple[FileResult, Rows]:
        """The result, and the rows that it says nothing of because they cannot be read."""
        try:
            settings = await self._choices.settings(document.filename)
            if settings is None:
                return FileResult(), []
            began = time.perf_counter()
            # Derivations and proofs, like repairs, are for the second pass: nobody waits for them while typing.
            judged = await self._work.call(
                "judge", snapshot.source, document.filename, replace(settings, explain=repair, prove=repair), repair,
                urgency=Urgency.IDLE if repair else Urgency.NOW,
                heard=None if repair else partial(self._heard, document, snapshot))
            if not repair:
                document.cost = time.perf_counter() - began
            document.failure = None
        except WorkFailed as failure:
            self._say_once(document, str(failure))
            return FileResult(error=str(failure)), [WHOLE]
        return judged

    def _say_once(self, document: Document, failure: str) -> None:
        if document.failure is None:
            self._failed(f"{document.filename} could not be analysed: {failure}. "
                         "It is tried again at the next change; other files are not affected.")
        document.failure = failure
