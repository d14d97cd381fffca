"""Document synchronisation by our own text, and errors that stay out of the user's way.

pygls 2.1 splits lines at form feeds and other characters that end no line in Python or LSP, and puts an edit past the
end of a last line one character early; a text that drifts from the client's makes every later finding wrong.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any

from lsprotocol import types
from pygls.protocol import LanguageServerProtocol, lsp_method

from nablint_server.lsp.text import Text, encoding_name


class Protocol(LanguageServerProtocol):
    """The protocol with documents changed by `Text`."""

    def _execute_handler(self, msg_id: str | int, handler: Any, callback: Any, args: tuple[Any, ...] | None = None,
                         kwargs: dict[str, Any] | None = None) -> None:
        """pygls 2.1 keeps what notifications left behind, some kilobytes for each keystroke, to the end."""
        super()._execute_handler(msg_id, handler, callback, args, kwargs)
        if (future := self._request_futures.get(msg_id)) is not None:
            future.add_done_callback(lambda done: self._request_futures.pop(msg_id, None))

    @lsp_method(types.SHUTDOWN)
    def lsp_shutdown(self, *args: Any) -> Generator[Any, Any, None]:
        """Close, then cancel what is pending: a cancelled request leaves the table, which pygls 2.1 walks meanwhile."""
        if (handler := self.fm.features.get(types.SHUTDOWN)) is not None:
            yield handler, args, None
        for number, future in list(self._request_futures.items()):
            if number != self.msg_id:
                future.cancel()
        self._shutdown = True

    def _change(self, document: types.VersionedTextDocumentIdentifier,
                changes: Sequence[types.TextDocumentContentChangeEvent]) -> None:
        source = self.workspace.get_text_document(document.uri).source
        text = Text(source, encoding_name(self.workspace.position_encoding))
        for change in changes:
            text = text.changed(change)
        known = self.workspace.get_text_document(document.uri)
        self.workspace.put_text_document(
            types.TextDocumentItem(document.uri, known.language_id or "python", document.version, text.source))

    @lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(
        self, params: types.DidChangeTextDocumentParams
    ) -> Generator[Any, Any, None]:
        """Change the document, then tell the feature."""
        self._change(params.text_document, params.content_changes)
        if (handler := self.fm.features.get(types.TEXT_DOCUMENT_DID_CHANGE)) is not None:
            yield handler, (params,), None

    @lsp_method(types.NOTEBOOK_DOCUMENT_DID_CHANGE)
    def lsp_notebook_document__did_change(
        self, params: types.DidChangeNotebookDocumentParams
    ) -> Generator[Any, Any, None]:
        """Change the cells' texts, leave the notebook's structure to pygls, then tell the feature."""
        cells = params.change.cells
        contents = cells.text_content if cells is not None else None
        if cells is not None:
            cells.text_content = None
        self.workspace.update_notebook_document(params)
        for content in contents or ():
            self._change(content.document, content.changes)
        if (handler := self.fm.features.get(types.NOTEBOOK_DOCUMENT_DID_CHANGE)) is not None:
            yield handler, (params,), None
