"""Reports: the forms in which findings and claims are told, a file each.

A report of findings is a module with `write(outcomes, out, paint)`; a report of claims has `write_audit`.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable

FINDINGS = {
    "text": "text",
    "full": "text",
    "concise": "concise",
    "json": "objects",
    "json-lines": "json_lines",
    "github": "github",
    "gitlab": "gitlab",
    "sarif": "sarif",
    "junit": "junit",
}
"""Output format of `check` -> module."""

AUDITS = {"text": "audit_text", "json": "objects", "html": "audit_html"}
"""Output format of `audit` -> module."""


def findings_writer(name: str) -> Callable[..., None]:
    """The writer of an output format of `check`."""
    return importlib.import_module(f"nablint_server.reports.{FINDINGS[name]}").write


def audit_writer(name: str) -> Callable[..., None]:
    """The writer of an output format of `audit`."""
    return importlib.import_module(f"nablint_server.reports.{AUDITS[name]}").write_audit
