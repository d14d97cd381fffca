"""Names for findings that stay when lines are inserted above them."""

from __future__ import annotations

import hashlib
from collections import Counter

from nablint.results import Diagnostic

from nablint_server.running.outcome import Outcome


class Fingerprints:
    """Gives each finding a name from its file, rule and line's text; equal ones are told apart by counting."""

    def __init__(self) -> None:
        self._seen: Counter[str] = Counter()

    def __call__(self, outcome: Outcome, found: Diagnostic) -> str:
        """The finding's fingerprint, 32 hexadecimal digits."""
        text = outcome.line(found.location.row).strip()
        key = "\0".join((outcome.filename.replace("\\", "/"), found.code, text, str(found.location.column)))
        self._seen[key] += 1
        return hashlib.sha256(f"{key}\0{self._seen[key]}".encode("utf-8", "surrogatepass")).hexdigest()[:32]
