"""The analysis of one source text: units found, judged, and what is said of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from nablint.calculus.effort import EFFORT
from nablint.claims.entries import RANK, Entry, as_claim, entries
from nablint.claims.evidence import parameter_evidence
from nablint.claims.explain import explanation_of
from nablint.claims.judging.confirming import holds_on_other_draws
from nablint.claims.judging.detours import detours
from nablint.claims.judging.proof import prove
from nablint.claims.judging.search import explore
from nablint.claims.memory import OUTCOMES
from nablint.claims.model import Unit
from nablint.claims.names import own_names
from nablint.claims.naming import Naming
from nablint.claims.notes import shape_notes
from nablint.claims.program import Outcome, Program
from nablint.claims.sure.coverage import read
from nablint.claims.units import find_units
from nablint.claims.unrun import unrun
from nablint.reading.source import Block, blocks
from nablint.results import Claim, Diagnostic, FileResult
from nablint.settings import Settings

UNIT_SECONDS = 1.5


def analyse(source: str, filename: str, settings: Settings | None = None, *, repair: bool = True,
            resolve: Callable[[str], Any] | None = None,
            tell: Callable[[list[Diagnostic]], None] | None = None) -> FileResult:
    """Judge every hand-written gradient of a source text.

    Never runs or imports the text.  With `repair` false findings come without fixes, sooner; where nothing is to be
    proved either, it is a first look: what takes long and does not change what is said is left for the next.

    tell: called with the findings about gradients as soon as these are known, which is before the shapes are looked at,
          and at a first look before the units are judged of which nothing came the last time; not where a part of the
          text cannot be read, of which they say nothing.
    """
    settings = settings or Settings()
    with own_names(settings):
        return _analyse(source, settings, repair=repair, resolve=resolve, tell=tell)


def _analyse(source: str, settings: Settings, *, repair: bool, resolve: Callable[[str], Any] | None,
             tell: Callable[[list[Diagnostic]], None] | None) -> FileResult:
    result = FileResult(analysed=True)
    ends = EFFORT.seconds + settings.seconds
    program = Program(blocks(source), evidence=parameter_evidence, resolve=resolve)
    program.first_look = not (repair or settings.prove)
    broken = [b.error for b in program.blocks if b.error]
    if broken:
        result.error = f"cannot be parsed in part: {broken[0]}"
    from nablint.checks.findings import findings
    from nablint.checks.shape_findings import shape_findings

    def said(outcomes: list[Outcome]) -> list[Diagnostic]:
        return findings(program, source, outcomes, repair=repair, ends=ends, steps_in=settings.steps_in)

    units = find_units(program.loader, program.statements())
    found = {id(unit): before for unit in units if program.first_look
             and (before := OUTCOMES.latest(program, unit)) is not None and not any(map(_speaks, before))}
    quiet = {*found}
    for unit in sorted(units, key=lambda unit: id(unit) in quiet):
        if id(unit) in quiet and tell is not None and result.error is None:
            tell(said([o for unit in units for o in found[id(unit)]]))
            tell = None
        found[id(unit)] = _outcomes(program, unit, ends)
    outcomes = [o for unit in units for o in found[id(unit)]]
    if settings.prove:
        for outcome in outcomes:
            if outcome.judgement is not None:
                prove(outcome.judgement)
    result.diagnostics = said(outcomes)
    if tell is not None and result.error is None:
        tell(result.diagnostics)
    if settings.list_claims:
        claims = claims_of(outcomes, steps_in=settings.steps_in if settings.explain else None)
        result.claims = sorted([*claims, *unrun(program, units, outcomes, claims)], key=lambda c: (c.row, c.gradient))
    seen = shape_findings(program, settings, result.diagnostics, ends)
    result.coverage = seen.coverage(read(outcomes) if settings.list_claims else frozenset())
    result.diagnostics += seen.diagnostics
    if settings.explain:
        result.shapes = shape_notes(outcomes, seen.notes)
    result.diagnostics.sort(key=lambda d: d.location)
    return result


def _outcomes(program: Program, unit: Unit, ends: float) -> list[Outcome]:
    """What comes of a unit; as before where nothing has changed."""
    remaining = ends - EFFORT.seconds
    if remaining <= 0:
        return []
    program.visited, program.read = {}, set()
    found = OUTCOMES.recall(program, unit)
    if found is not None and not program.first_look and any(o.provisional for o in found):
        held = holds_on_other_draws(program, unit, found, EFFORT.seconds + min(UNIT_SECONDS, remaining))
        OUTCOMES.widen(program, unit)
        found = found if held else None
    if found is None:
        found = explore(program, unit, min(UNIT_SECONDS, remaining))
        found += detours(program, unit, found, ends)
        OUTCOMES.remember(program, unit, found)
    return found


def _speaks(outcome: Outcome) -> bool:
    """Is anything right or wrong in it?  Of a unit where nothing was, nothing is likely to come after an edit."""
    return outcome.judgement is not None and bool(outcome.judgement.good or outcome.judgement.wrong)


def claims_of(outcomes: list[Outcome], *, steps_in: str | None = None) -> list[Claim]:
    """One claim for each statement: on every path of its unit it must be right, in one unit at least.

    steps_in: the style of the derivations that results come with; they come without where it is None.
    """
    sources: dict[int, Outcome] = {}
    by_unit: dict[str, dict[int, Entry]] = {}
    for outcome in outcomes:
        if outcome.judgement is None:
            continue
        known = by_unit.setdefault(outcome.unit.family or outcome.unit.name, {})
        if outcome.entries is None or outcome.entries[1] != outcome.judgement.proofs:
            outcome.entries = entries(outcome.judgement), outcome.judgement.proofs
        for key, entry in outcome.entries[0].items():
            if key not in known or _worse(entry, known[key]):
                known[key] = entry
                sources[id(entry)] = outcome
    merged: dict[int, Entry] = {}
    for found in by_unit.values():
        for key, entry in found.items():
            if key not in merged or _weight(entry) > _weight(merged[key]):
                merged[key] = entry
    claims: list[Claim] = []
    namings: dict[int, Naming] = {}
    for entry in merged.values():
        claim = as_claim(entry)
        if claim is not None:
            outcome = sources[id(entry)]
            if claim.reason and outcome.judgement is not None:
                naming = namings.get(id(outcome)) or namings.setdefault(id(outcome), Naming(outcome.judgement.run.it))
                claim = replace(claim, reason=naming.text(claim.reason))
            if steps_in is not None and entry.judged is not None and entry.role == "result":
                claim = replace(claim, explanation=explanation_of(sources[id(entry)], entry.judged, steps_in))
            claims.append(claim)
    return sorted(claims, key=lambda c: (c.row, c.gradient))


def _worse(a: Entry, b: Entry) -> bool:
    """On different paths of one unit: wrong on one is wrong; unknown on one and right on another is right."""
    if "wrong" in (a.verdict, b.verdict):
        return a.verdict == "wrong"
    return RANK[a.verdict] > RANK[b.verdict]


def _weight(entry: Entry) -> tuple[bool, bool, int, bool]:
    """What counts where units judge one statement: right before wrong; of equals, who has it for a result."""
    right = entry.verdict in ("proved", "verified")
    return right, entry.verdict == "wrong", RANK[entry.verdict], entry.role == "result"


__all__ = ["Block", "analyse", "parameter_evidence"]
