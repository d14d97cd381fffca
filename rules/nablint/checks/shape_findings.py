"""Findings about shapes: every rule looks at every sure run, and what other draws do not show again is dropped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Set
from dataclasses import dataclass, field

import libcst as cst
import numpy as np

from nablint.calculus.effort import EFFORT
from nablint.calculus.terms import Term, ancestors
from nablint.checks import all_rules
from nablint.checks.found import Found, replacement, span_of
from nablint.checks.rule import Rule
from nablint.claims.memory import Memory
from nablint.claims.notes import Noted, noted
from nablint.claims.program import Program
from nablint.claims.sure.coverage import covered
from nablint.claims.sure.runs import SureRun, run_sure
from nablint.claims.sure.units import SureUnit, sure_units
from nablint.results import Coverage, Diagnostic, Fix, Place, Related
from nablint.settings import OPTIONAL, Settings
from nablint.tracing.step import Step

DRAWS = (1, 2)
STEPS = 12_000
"""Statements that all sure runs of a file may take."""


@dataclass(slots=True)
class Looked:
    """What came of a unit: findings with the makers of their operands, expressions of known shape without any, how many
    statements it took.

    known, unknown: matrix expressions, by identity of their nodes; unknown ones with the reason.
    notes: the shapes of names and expressions, once they have been asked for.
    """

    found: list[tuple[Rule, Found, list[Step]]] = field(default_factory=lambda: [])
    fine: frozenset[int] = frozenset()
    steps: int = 0
    known: frozenset[int] = frozenset()
    unknown: dict[int, str] = field(default_factory=lambda: {})
    notes: list[Noted] | None = None


@dataclass(slots=True)
class Seen:
    """What the shape rules say of a file: diagnostics, matrix expressions by identity of their nodes, the unknown ones
    with the reason, and with `explain` the shapes that are known.
    """

    diagnostics: list[Diagnostic]
    known: Set[int]
    unknown: dict[int, str]
    notes: list[Noted]

    def coverage(self, read: Set[int] = frozenset()) -> Coverage:
        """How many shapes are known; of `read` gradient code tells them."""
        reasons = Counter(reason for node, reason in self.unknown.items() if node not in read)
        return Coverage(len(self.known), len(self.unknown.keys() & read), dict(reasons))


SEEN: Memory[Looked] = Memory(1024)


def shape_findings(program: Program, settings: Settings, told: list[Diagnostic], ends: float) -> Seen:
    """The diagnostics of the shape rules, and the shapes that are known.

    A statement whose gradient is found wrong already (`told`) gets no second finding, nor does what is made of it.
    """
    rules = [r for r in all_rules() if r.look is not None]
    chosen = {r.code for r in rules if settings.enabled(r.code, r.name)}
    found: dict[tuple[int, str], tuple[Rule, Found, list[Step], str]] = {}
    fine: dict[int, set[str]] = {}
    steps, known, unknown, notes = 0, set[int](), dict[int, str](), list[Noted]()
    for unit in sure_units(program) if chosen or settings.explain else ():
        if steps > STEPS or EFFORT.seconds > ends:
            break
        looked = SEEN.recall(program, unit)
        if looked is None or (settings.explain and looked.notes is None):
            program.visited, program.read = {id(b): b for b in unit.blocks}, set()
            looked = _looked_at(program, unit, rules, notes=settings.explain)
            SEEN.remember(program, unit, looked)
        steps += looked.steps
        known |= looked.known
        unknown |= looked.unknown
        notes += looked.notes or ()
        for rule, one, makers in looked.found:
            if rule.code in chosen:
                found.setdefault((id(one.node), rule.code), (rule, one, makers, unit.name))
        for node in looked.fine:
            fine.setdefault(node, set()).add(unit.name)
    out = [_diagnostic(rule, one) for (node, _), (rule, one, makers, unit) in found.items()
           if not fine.get(node, set()) - {unit} and not _told(makers, told)]
    news = sorted((d for d in out if d is not None and not any(_within(d, t) for t in told)), key=lambda d: d.location)
    return Seen(news, known, {node: reason for node, reason in unknown.items() if node not in known}, notes)


def _looked_at(program: Program, unit: SureUnit, rules: list[Rule], *, notes: bool) -> Looked:
    run = run_sure(program, unit, 0)
    if run is None:
        return Looked(notes=[])
    with np.errstate(all="ignore"):
        if not run.holds_arrays():  # nothing for the rules about shapes
            rules = [r for r in rules if r.shapeless or r.code.startswith(OPTIONAL)]
        found = list(_confirmed(program, unit, rules, run))
        spoken = {id(one.node) for _, one in found}
        fine = {id(seen.node) for seen in run.expressions() if run.known(seen.value)}
        known, unknown = covered(run)
        shown = list(noted(run.steps, run.naming, unit.name, run.it.is_open)) if notes else None
    made = [(rule, one, _makers(run, one.step)) for rule, one in found]
    return Looked(made, frozenset(fine - spoken), len(run.it.steps), known, unknown, shown)


def _confirmed(program: Program, unit: SureUnit, rules: list[Rule], run: SureRun) -> Iterator[tuple[Rule, Found]]:
    """What is found on this draw and on others, with other sizes and values, in the same words."""
    found = [(rule, one) for rule in rules if rule.look is not None for one in _looked(rule, run)]
    for draw in DRAWS if found else ():
        again = run_sure(program, unit, draw)
        keys: set[tuple[str, int, str]] = set()
        if again is not None:
            keys = {(r.code, id(o.node), o.message) for r in rules for o in _looked(r, again)}
        found = [(rule, one) for rule, one in found if (rule.code, id(one.node), one.message) in keys]
    yield from found


def _looked(rule: Rule, run: SureRun) -> list[Found]:
    assert rule.look is not None
    with run.it.using():
        return list(rule.look(run))


def _diagnostic(rule: Rule, one: Found) -> Diagnostic | None:
    span = span_of(one.step, one.node)
    if span is None:
        return None
    fix = None
    step, node = one.at or (one.step, one.node)
    if one.mended and (edit := replacement(step, node, one.mended)) is not None:
        fix = Fix(f"write `{one.mended}`", (edit,), "safe" if one.safe else "unsafe")
    start, end = span
    related = tuple(Related(text, *place) for text, at_step, at_node in one.related
                    if (place := span_of(at_step, at_node)) is not None)
    return Diagnostic(rule.code, rule.name, rule.severity, one.message, start, end, fix, related)


def _makers(run: SureRun, step: Step) -> list[Step]:
    """The statements that made the operands of one, or gave them a name; of what did not fit, the operands' makers."""
    pending, makers, named = [step], dict[int, Step](), dict[Term, list[Step]]()
    for other in run.it.steps:
        value = other.values.get(id(other.node.value)) if isinstance(other.node, cst.Assign) else None
        if isinstance(value, Term):
            named.setdefault(value, []).append(other)
    clashing = {clash.step: clash.operands for clash in run.it.clashes}
    while pending:
        made = pending.pop()
        for value in (*made.values.values(), *clashing.get(made, ())):
            for term in ancestors(value) if isinstance(value, Term) else ():
                for maker in (term.origin, *named.get(term, ())):
                    if isinstance(maker, Step) and id(maker) not in makers:
                        makers[id(maker)] = maker
                        pending += [maker] if term.card is None else []
    return list(makers.values())


def _told(makers: list[Step], told: list[Diagnostic]) -> bool:
    """Is one of these statements found wrong already?"""
    wrong = {t.location for t in told if t.code.startswith(("NAB2", "NAB3"))}
    return bool(wrong) and any((span := span_of(m, m.node)) is not None and span[0] in wrong for m in makers)


def _within(a: Diagnostic, b: Diagnostic) -> bool:
    start: Place = max(a.location, b.location)
    return start < min(a.end_location, b.end_location)
