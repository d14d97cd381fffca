"""How many gradients got which verdict, by which reasons, and how many shapes are known for sure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from nablint_server.running.outcome import Outcome

OPEN = ("unchecked", "not-a-gradient")
MOST = 20
"""Reasons that are listed."""


class Statistics:
    """Counts outcomes one by one."""

    def __init__(self) -> None:
        self.files = self.analysed = self.with_claims = 0
        self.verdicts: Counter[str] = Counter()
        self.reasons: Counter[tuple[str, str]] = Counter()
        self.rules: Counter[tuple[str, str]] = Counter()
        self.known = self.read = 0
        self.unknown: Counter[str] = Counter()

    def add(self, outcome: Outcome) -> None:
        """Count one file."""
        self.files += 1
        self.analysed += outcome.analysed
        self.with_claims += bool(outcome.claims)
        self.verdicts.update(claim.verdict for claim in outcome.claims)
        self.reasons.update((claim.verdict, claim.reason) for claim in outcome.claims if claim.verdict in OPEN)
        self.rules.update((found.code, found.name) for found in outcome.diagnostics)
        self.known += outcome.result.coverage.known
        self.read += outcome.result.coverage.read
        self.unknown.update(outcome.result.coverage.unknown)

    def told(self) -> dict[str, Any]:
        """As an object."""
        return {
            "files": {"seen": self.files, "analysed": self.analysed, "with_gradients": self.with_claims},
            "verdicts": dict(self.verdicts.most_common()),
            "reasons": [{"verdict": v, "reason": r, "count": n} for (v, r), n in self.reasons.most_common(MOST)],
            "findings": [{"code": c, "name": n, "count": k} for (c, n), k in self.rules.most_common()],
            "shapes": {"known": self.known, "read": self.read, "unknown": sum(self.unknown.values()),
                       "reasons": [{"reason": r, "count": n} for r, n in self.unknown.most_common(MOST)]},
        }

    def lines(self) -> Iterator[str]:
        """For people."""
        total = sum(self.verdicts.values())
        yield f"{self.files} files, {self.analysed} judged, {self.with_claims} with gradients"
        for verdict, count in self.verdicts.most_common():
            yield f"{count:7}  {count / total:4.0%}  {verdict}"
        expressions = self.known + self.read + sum(self.unknown.values())
        if expressions:
            yield (f"{expressions} matrix expressions, the shape of {self.known / expressions:.0%} is known for sure, "
                   f"of {self.read / expressions:.0%} as right gradients read it; of the others:")
            yield from (f"{count:7}  {reason}" for reason, count in self.unknown.most_common(MOST))
        for title, rows in (("reasons", self.reasons), ("findings", self.rules)):
            if rows:
                yield f"{title}:"
                yield from (f"{count:7}  {a}: {b}" for (a, b), count in rows.most_common(MOST))
