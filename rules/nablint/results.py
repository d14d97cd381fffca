"""What an analysis says: diagnostics with fixes, claims with verdicts, and the shapes of names.

These are plain data, the only thing that the command line, the reports and the language server see.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

Verdict = Literal["proved", "verified", "wrong", "unchecked", "not-a-gradient"]
Role = Literal["result", "intermediate"]
Applicability = Literal["safe", "unsafe"]
Severity = Literal["error", "warning", "info", "hint"]


class Place(NamedTuple):
    """A position in the source: row and column from 1, columns in characters."""

    row: int
    column: int


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace what stands from `location` up to (not including) `end_location` by `content`."""

    content: str
    location: Place
    end_location: Place


@dataclass(frozen=True, slots=True)
class Fix:
    """One repair: all its edits belong together.  `safe` may be applied by `--fix`."""

    message: str
    edits: tuple[Edit, ...]
    applicability: Applicability = "safe"


@dataclass(frozen=True, slots=True)
class Related:
    """Another place that helps to understand a finding."""

    message: str
    location: Place
    end_location: Place


@dataclass(frozen=True, slots=True)
class DerivationStep:
    """One line of a derivation: the rule by which `before` becomes `after`, and why."""

    rule: str
    before: str
    after: str
    why: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """A derivation as it is shown for code: in the file's own names.

    shapes: name -> shape, as text.  gradient: the derived gradient as code in the file's dialect.
    """

    title: str
    steps: tuple[DerivationStep, ...]
    gradient: str
    shapes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """A finding."""

    code: str
    name: str
    severity: Severity
    message: str
    location: Place
    end_location: Place
    fix: Fix | None = None
    related: tuple[Related, ...] = ()
    explanation: Explanation | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """A statement that computes a gradient or a part of one, with its verdict; `gradient` and `wrt` are source text."""

    row: int
    function: str
    gradient: str
    wrt: str
    role: Role
    verdict: Verdict
    reason: str
    location: Place
    end_location: Place
    explanation: Explanation | None = None


@dataclass(frozen=True, slots=True)
class ShapeNote:
    """The shape that a name or expression has at a place."""

    text: str
    shape: str
    location: Place
    end_location: Place


@dataclass(slots=True)
class Coverage:
    """How many matrix expressions have a shape that is known for sure, and why the others have none.

    Counted are those of the functions and scripts that hold evidence of shapes at all.
    read: those whose shape only the readings tell under which gradients of their code are right.
    """

    known: int = 0
    read: int = 0
    unknown: dict[str, int] = field(default_factory=lambda: {})


@dataclass(slots=True)
class FileResult:
    """All that is said of one source text.  `error` is one line when the text could not be read at all."""

    diagnostics: list[Diagnostic] = field(default_factory=lambda: [])
    claims: list[Claim] = field(default_factory=lambda: [])
    shapes: list[ShapeNote] = field(default_factory=lambda: [])
    coverage: Coverage = field(default_factory=Coverage)
    error: str | None = None
    analysed: bool = False
