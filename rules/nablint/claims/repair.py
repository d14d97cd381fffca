"""Repair: the one edit under which every result comes out right.

The statements considered are the backward slice of what failed.  Edits are replayed on recorded operands first (see
`replay`), a winner is then traced and judged anew with the edited source: it counts only if the same results are right
with it and no other has become worse.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import libcst as cst
import numpy as np

from nablint.calculus.terms import Term
from nablint.claims import edits as small
from nablint.claims.edits import Edit
from nablint.claims.entries import ancestors
from nablint.claims.localise import localise
from nablint.claims.model import Judged, Judgement
from nablint.claims.naming import Naming
from nablint.claims.replay import evaluate, expression, new_value, old_value, replace
from nablint.claims.rewriting import apply_text, edit_text
from nablint.claims.search import DRAWS, Outcome, Program, run_once
from nablint.claims.units import find_units
from nablint.claims.written import written_gradient
from nablint.reading.source import blocks
from nablint.results import Edit as TextEdit
from nablint.shapes import Misfit, Size
from nablint.tracing.step import Step
from nablint.tracing.values import Array, Instance, Pending, Restart, TooMuch

SECONDS = 1.0
MAX_CONFIRMED = 12
MAX_EDITS = 200
"""Edits tried on a statement that nothing points to."""
TOLERANCE = 1e-9


@dataclass(eq=False, slots=True)
class Repair:
    """An edit that makes results right: in which statement, what it is, and how it reads in the source."""

    step: Step
    edit: Edit
    fixed: list[Judged]
    text_edits: tuple[TextEdit, ...] = ()
    before: str = ""
    after: str = ""


@dataclass(eq=False, slots=True)
class Fault:
    """Wrong results with one cause: the statement to blame and, where one was found, the repair."""

    step: Step
    judged: list[Judged]
    naming: Naming
    repair: Repair | None = None


@dataclass(eq=False, slots=True)
class _Candidate:
    steps: list[Step]
    edit: Edit
    level: int
    """0 a strong suspect, 1 the failing claim itself, 2 a weak suspect, 3 anything else on the way."""
    fixes: list[Judged] = field(default_factory=lambda: [])

    def rank(self) -> tuple[Any, ...]:
        return (-len(self.fixes), self.level, round(self.edit.cost, 1), -self.steps[-1].number, self.edit.cost)


def find_faults(program: Program, source: str, outcome: Outcome, ends: float) -> list[Fault]:
    """The causes of a unit's wrong results, each with its repair."""
    judgement = outcome.judgement
    assert judgement is not None
    ends = min(ends, time.process_time() + SECONDS)
    failing = [j for j in judgement.judged if j.verdict == "wrong"]
    faults: list[Fault] = []
    naming = Naming(judgement.run.it)
    while failing and len(faults) < 3:
        repair = _best(program, source, outcome, failing, ends)
        if repair is None:
            break
        faults.append(Fault(repair.step, repair.fixed, naming, repair))
        failing = [j for j in failing if j not in repair.fixed]
    seen: set[int] = set()
    for j in failing:
        if id(j.result.step.node) not in seen:
            seen.add(id(j.result.step.node))
            faults.append(Fault(_misfit_step(judgement, j) or _suspect_step(judgement, j) or j.result.step, [j], naming))
    return faults


def _suspect_step(judgement: Judgement, j: Judged) -> Step | None:
    """The last suspect statement that what failed was made by."""
    suspects = localise(judgement).suspects
    inside = ancestors(j.result.value) if j.result.value is not None else set()
    found = [e.step for e in judgement.run.it.events if id(e.step.node) in suspects and e.value in inside]
    return max(found, key=lambda s: s.number) if found else None


def _misfit_step(judgement: Judgement, j: Judged) -> Step | None:
    return next((step for step, _, message in judgement.run.it.misfits if message == j.reason), None)


def _best(program: Program, source: str, outcome: Outcome, failing: list[Judged], ends: float) -> Repair | None:
    judgement = outcome.judgement
    assert judgement is not None
    where = localise(judgement)
    where.right -= {id(j.result.step.node) for j in failing}
    winners: list[_Candidate] = []
    blind: list[_Candidate] = []
    clashes = {id(step.node) for step, _, message in judgement.run.it.misfits if any(j.reason == message for j in failing)}

    def level(group: tuple[list[Step], bool]) -> int:
        key = id(group[0][0].node)
        if key in clashes:
            return 0
        if key in where.suspects and key not in where.weak:
            return 0
        return 1 if group[1] else 2 if key in where.suspects else 3

    for steps, own in sorted(_slice(judgement, failing), key=level):
        now = level((steps, own))
        if any(w.level < now and len(w.fixes) == len(failing) for w in winners):
            break  # the first statement that is wrong though what it uses is right: further on it can only be papered over
        if id(steps[0].node) in where.right:
            continue
        target = _target(steps[-1], failing) or where.suspects.get(id(steps[0].node))
        found = _edits_of(judgement, steps, target)
        for edit in found if now < 3 else islice(found, MAX_EDITS):
            if time.process_time() > ends:
                break
            if isinstance(edit.old, cst.Name) and edit.old is expression(steps[-1]):
                edit = dataclasses.replace(edit, cost=edit.cost + 0.2)  # where a value only gets another name, little can be wrong
            candidate = _Candidate(steps, edit, now)
            verdict = _replayed(judgement, candidate, failing)
            if verdict is None:
                blind.append(candidate)
            elif verdict:
                winners.append(candidate)
    winners.sort(key=_Candidate.rank)
    blind.sort(key=lambda c: (c.level, c.edit.cost, -c.steps[-1].number))
    confirmed = 0
    for candidate in [*winners, *[c for c in blind if c.edit.kind in ("transpose", "operands", "axis", "keepdims", "sum", "sign", "operand", "scale", "extra-factor")]]:
        if time.process_time() > ends + 0.5 or confirmed >= (MAX_CONFIRMED if winners else 40):
            break
        confirmed += 1
        repair = _confirmed(program, source, outcome, candidate, failing)
        if repair is not None:
            return repair
    return _rewritten(program, source, outcome, failing)


# -- which statements ------------------------------------------------------------------------------------------------


def _slice(judgement: Judgement, failing: list[Judged]) -> Iterator[tuple[list[Step], bool]]:
    """The statements that what failed was made by, each with all its executions; the failing claims' own first."""
    groups: dict[int, list[Step]] = {}
    own: set[int] = set()
    run = judgement.run
    forward = {t for f in (judgement.seed.cotangents if judgement.seed is not None else ()) for t in ancestors(f)}

    def add(step: Step) -> None:
        known = groups.setdefault(id(step.node), [])
        if step not in known:
            known.append(step)

    for j in failing:
        add(j.result.step)
        own.add(id(j.result.step.node))
        if j.result.returned is not None:
            add(j.result.returned)
        parts = [j.result.value] if j.result.value is not None else []
        for step, _, message in run.it.misfits:
            if message == j.reason or j.result.value is None:
                add(step)
                parts += [v for v in step.values.values() if isinstance(v, Term) and v.tainted]
        for term in parts:
            inside = ancestors(term)
            for node in inside:
                if isinstance(node.origin, Step) and node not in forward and node.origin.number >= run.start:
                    add(node.origin)
                    caller = node.origin.caller
                    while caller is not None and caller.number >= run.start:
                        add(caller)
                        caller = caller.caller
            for event in run.it.events:
                if event.value is not None and event.value in inside and event.step.number >= run.start:
                    add(event.step)
    for key, steps in sorted(groups.items(), key=lambda item: (item[0] not in own, -item[1][-1].number)):
        executions = [s for s in run.it.steps if s.node is steps[0].node]
        yield executions or steps, key in own


# -- which edits -----------------------------------------------------------------------------------------------------


def _edits_of(judgement: Judgement, steps: list[Step], target: Term | None) -> Iterator[Edit]:
    step = steps[-1]
    root = expression(step)
    it = judgement.run.it
    if root is None or (isinstance(step.node, cst.Return) and isinstance(root, cst.Tuple)):
        return
    torch = it.dialect == "torch"
    node = step.node
    if isinstance(node, cst.Assign | cst.AugAssign):
        left = node.targets[0].target if isinstance(node, cst.Assign) else node.target
        if isinstance(left, cst.Subscript):
            for node in small.walk(left):
                if isinstance(node, cst.Name | cst.Attribute) and isinstance(step.values.get(id(node)), Term) and step.values[id(node)].sample.dtype.kind == "b":
                    yield from small.inverted(node)
            yield from (e for e in small.edits(left, torch=torch) if e.kind in ("mask", "constant") and e.old is not left)
            yield from (e for e in small.replacements(left, _live(it, step), lambda n: _shape(step, n)) if e.old is not left and e.old is not left.value)
    if isinstance(root, cst.Name | cst.Attribute | cst.Call | cst.BinaryOperation | cst.UnaryOperation | cst.Subscript | cst.Comparison | cst.Integer | cst.Float | cst.IfExp):
        yield from small.edits(root, torch=torch)
        yield from small.powers(root, lambda n: _shape(step, n) is not None)
        live = _live(it, step)
        yield from small.replacements(root, live, lambda n: _shape(step, n))
        numbers = _numbers(it, step)
        yield from small.scaled(root, numbers)
        for node in small.walk(root):
            if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.Add | cst.Subtract):
                yield from small.scaled(node.left, [*numbers, "2"])
                yield from small.scaled(node.right, [*numbers, "2"])
        value = old_value(step)
        if value is not None:
            yield from small.multiplied(root, list(_factors(step, value, target)))
            yield from small.added(root, list(_terms(step, value, target)))
            for node in small.walk(root):
                part = step.values.get(id(node))
                if node is not root and isinstance(part, Term) and part.tainted and part.ndim and isinstance(node, cst.Name | cst.Attribute | cst.BinaryOperation):
                    yield from small.multiplied(node, list(_factors(step, part, None)))


def _shape(step: Step, node: cst.CSTNode) -> Any:
    found = step.values.get(id(node))
    return np.shape(found.sample) if isinstance(found, Term) and found.ndim else None


def live_values(step: Step) -> Iterator[tuple[str, Term]]:
    """Arrays that have a name where a step stands: locals, and attributes of `self`."""
    for name, value in step.names.items():
        value = value.value if isinstance(value, Pending) else value
        if isinstance(value, Array) and name.isidentifier():
            yield name, value.term
        elif isinstance(value, Instance) and name in ("self", "ctx"):
            for attribute, held in value.names.items():
                held = held.value if isinstance(held, Pending) else held
                if isinstance(held, Array) and attribute.isidentifier():
                    yield f"{name}.{attribute}", held.term
        elif isinstance(value, dict) and name.isidentifier() and len(value) < 24:
            for key, held in value.items():
                if isinstance(key, str) and isinstance(held, Array):
                    yield f'{name}["{key}"]', held.term


def _live(it: Any, step: Step) -> list[tuple[str, Any]]:
    return [(text, np.shape(term.sample)) for text, term in live_values(step) if term.ndim][:24]


def _numbers(it: Any, step: Step) -> list[str]:
    """Live numbers by which a gradient may have to be scaled: sizes and 0-d values; shapes of live arrays."""
    out: list[str] = []
    shapes: list[str] = []
    for name, value in step.names.items():
        if not name.isidentifier():
            continue
        if isinstance(value, Instance) and name in ("self", "ctx"):
            out += [f"{name}.{attribute}" for attribute, held in value.names.items() if attribute.isidentifier() and _is_number(held)]
        elif _is_number(value):
            out.append(name)
    for text, term in live_values(step):
        shapes += [f"{text}.shape[{axis}]" for axis in range(min(term.ndim, 2)) if not term.tainted]
    return out[:12] + shapes[:8]


def _is_number(value: Any) -> bool:
    value = value.value if isinstance(value, Pending) else value
    if isinstance(value, Array):
        return value.term.ndim == 0 and not value.term.tainted and value.term.sample.dtype.kind in "iuf"
    return isinstance(value, int) and not isinstance(value, bool) and value > 1


def _target(step: Step, failing: list[Judged]) -> Term | None:
    """What a step's value should be, where it is a failing result itself."""
    value = old_value(step)
    return next((j.derived for j in failing if j.result.value is value and j.derived is not None), None)


_FORMS = ("{0}", "({0} > 0)", "{0} * (1 - {0})", "(1 - {0} ** 2)", "(1 - {0})", "1 / {0}")


def _factors(step: Step, value: Term, known: Term | None) -> Iterator[str]:
    """Live values, and the derivatives that are made of them, as factors."""
    shape = np.shape(value.sample)
    ratio = None
    if known is not None and np.shape(known.sample) == shape:
        with np.errstate(all="ignore"):
            ratio = np.asarray(known.sample) / np.asarray(value.sample)
    for text, term in list(live_values(step))[:24]:
        if np.shape(term.sample) != shape and not (term.ndim and shape[-term.ndim:] == np.shape(term.sample)):
            continue
        sample = np.asarray(term.sample, dtype=float) if term.sample.dtype.kind in "iuf" else None
        if sample is None:
            if term.sample.dtype.kind == "b" and (ratio is None or np.allclose(np.nan_to_num(ratio), term.sample)):
                yield text
            continue
        for form in _FORMS:
            if ratio is None or _matches(form, sample, ratio):
                yield form.format(text)
        for name in _unary_functions(step):
            yield f"{name}({text})"


def _matches(form: str, x: Any, ratio: Any) -> bool:
    with np.errstate(all="ignore"):
        made = {"{0}": x, "({0} > 0)": x > 0, "{0} * (1 - {0})": x * (1 - x), "(1 - {0} ** 2)": 1 - x**2, "(1 - {0})": 1 - x, "1 / {0}": 1 / x}[form]
    return bool(np.all(np.abs(np.where(np.isfinite(ratio), ratio, 0) - np.broadcast_to(made, ratio.shape)) < 1e-8))


def _unary_functions(step: Step) -> list[str]:
    """Functions of the file that look like derivatives, by the names that the statement can call them by."""
    from nablint.tracing.values import Function

    scope = step.scope.outer
    found: list[str] = []
    while scope is not None:
        found += [n for n, v in scope.names.items() if isinstance(v, Function) and any(w in n.lower() for w in ("prime", "deriv", "grad", "backward", "_d", "d_"))]
        scope = scope.outer
    return found[:4]


def _terms(step: Step, value: Term, known: Term | None) -> Iterator[str]:
    """Live terms that make up what is missing: a value, or a number times a value."""
    if known is None or np.shape(known.sample) != np.shape(value.sample):
        return
    residual = np.asarray(known.sample) - np.asarray(value.sample)
    scalars = [(n, float(v.term.sample)) for n, v in _scalars(step)]
    for text, term in list(live_values(step))[:24]:
        sample = np.asarray(term.sample)
        if sample.shape != residual.shape or sample.dtype.kind not in "iuf":
            continue
        total = float(np.sum(sample * sample))
        if not total:
            continue
        c = float(np.sum(residual * sample)) / total
        if np.max(np.abs(residual - c * sample)) > 1e-9 * max(1e-30, np.max(np.abs(residual))):
            continue
        if abs(c - 1) < 1e-9:
            yield text
        for factor in (1, 2, 0.5):
            for name, number in scalars:
                if abs(c - factor * number) < 1e-9:
                    yield f"{name} * {text}" if factor == 1 else f"{factor:g} * {name} * {text}"
                if number and abs(c - factor / number) < 1e-9:
                    yield f"{text} / {name}" if factor == 1 else f"{factor:g} * {text} / {name}"
            if factor != 1 and abs(c - factor) < 1e-9:
                yield f"{factor:g} * {text}"


def _scalars(step: Step) -> Iterator[tuple[str, Array]]:
    for name, value in step.names.items():
        value = value.value if isinstance(value, Pending) else value
        if isinstance(value, Array) and value.term.ndim == 0 and name.isidentifier():
            yield name, value
        elif isinstance(value, Instance) and name == "self":
            for attribute, held in value.names.items():
                held = held.value if isinstance(held, Pending) else held
                if isinstance(held, Array) and held.term.ndim == 0:
                    yield f"self.{attribute}", held


# -- do they help ------------------------------------------------------------------------------------------------------


def _replayed(judgement: Judgement, candidate: _Candidate, failing: list[Judged]) -> bool | None:
    """Does the edit make failing results right and leave right ones right?  None where only a new trace can tell."""
    run = judgement.run
    seed = judgement.seed
    instead: dict[Term, Term] = {}
    for step in candidate.steps:
        old = old_value(step)
        if old is None:
            return None
        if old.origin is not step and old.card is None:
            return _renamed(judgement, candidate, failing)
        statement = replace(step.node, candidate.edit.old, candidate.edit.new)
        new = new_value(run.it, step, statement)
        if new is None:
            return False
        if new is not old:
            instead[old] = new
    if not instead:
        return False
    if seed is not None and seed.kind == "implicit" and any(old in ancestors(c) for c in seed.cotangents.values() for old in instead):
        return None
    fixes: list[Judged] = []
    for j in failing:
        if j.result.value is None or j.derived is None:
            return None
        if _right(j, j.result.value, instead):
            fixes.append(j)
    if not fixes:
        if any(j.reason == message for j in failing for step, _, message in run.it.misfits if step.node is not candidate.steps[-1].node):
            return None  # what did not fit was left out of the graph
        shared = any(old.origin not in candidate.steps for old in instead)
        return None if shared and candidate.level == 1 else False
    for j in judgement.judged:
        if j.verdict in ("proved", "verified") and j.result.value is not None and j.ratio is None and not _right(j, j.result.value, instead):
            return False
    candidate.fixes = fixes
    return True


def _renamed(judgement: Judgement, candidate: _Candidate, failing: list[Judged]) -> bool | None:
    """A statement that only gives a value another name (`db = dout`): it makes the results that it names, and no others."""
    step = candidate.steps[-1]
    own = [j for j in failing if j.result.step is step and j.derived is not None]
    if not own or len(candidate.steps) > 1:
        return None
    new = new_value(judgement.run.it, step, replace(step.node, candidate.edit.old, candidate.edit.new))
    if new is None:
        return False
    candidate.fixes = [j for j in own if _right(j, new, {})]
    return bool(candidate.fixes)


def _right(j: Judged, value: Term, instead: dict[Term, Term]) -> bool:
    assert j.derived is not None
    try:
        with np.errstate(all="ignore"):
            sample = np.asarray(evaluate(value, instead))
    except (ValueError, IndexError, TypeError, Misfit, KeyError, np.linalg.LinAlgError, RecursionError):
        return False
    expected = np.asarray(j.derived.sample)
    if sample.shape != expected.shape:
        if sample.size != expected.size or sample.reshape(-1).shape != expected.reshape(-1).shape or 1 not in (*sample.shape, *expected.shape):
            return False
        if [s for s in sample.shape if s != 1] != [s for s in expected.shape if s != 1]:
            return False
        sample = sample.reshape(expected.shape)
    scale = max(float(np.max(np.abs(expected), initial=0.0)), 1e-12)
    return bool(np.all(np.isfinite(sample)) and np.max(np.abs(sample - expected), initial=0.0) <= TOLERANCE * scale)


def _confirmed(program: Program, source: str, outcome: Outcome, candidate: _Candidate, failing: list[Judged]) -> Repair | None:
    """The edit written into the source, traced and judged anew on every draw."""
    step = candidate.steps[-1]
    text_edit = edit_text(step, candidate.edit.old, candidate.edit.new)
    if text_edit is None:
        return None
    return judged_again(program, source, outcome, step, candidate.edit, (text_edit,), failing)


def judged_again(program: Program, source: str, outcome: Outcome, step: Step, edit: Edit, text_edits: tuple[TextEdit, ...],
                 failing: list[Judged]) -> Repair | None:
    """Judge the unit with edits applied: the same results must be right, and none worse."""
    judgement = outcome.judgement
    assert judgement is not None
    edited = apply_text(source, text_edits)
    other = Program(blocks(edited), evidence=program.evidence, resolve=program.resolve)
    if any(b.error for b in other.blocks if b.error and b.text not in {x.text for x in program.blocks}):
        return None
    units = find_units(other.loader, other.statements())
    unit = next((u for u in units if u.name == outcome.unit.name and u.kind == outcome.unit.kind), None)
    if unit is None:
        unit = next((u.otherwise for u in units if u.otherwise is not None and u.otherwise.name == outcome.unit.name and u.otherwise.kind == outcome.unit.kind), None)
    if unit is None:
        return None
    before = {_key(j): j for j in judgement.judged}
    fixed: set[tuple[str, str, str]] | None = None
    for draw in (0, *DRAWS):
        try:
            again, _ = run_once(other, unit, outcome.hypothesis, draw, 1.5)
        except (Restart, TooMuch):
            return None
        good = {_key(j) for j in again.judged if j.verdict in ("proved", "verified")}
        for key, j in before.items():
            if j.verdict in ("proved", "verified") and key not in good:
                return None
        now = {_key(j) for j in failing} & good
        if not now or any(j.verdict == "wrong" and _key(j) not in {_key(f) for f in failing} for j in again.judged):
            return None
        fixed = now if fixed is None else fixed & now
    if not fixed:
        return None
    done = [j for j in failing if _key(j) in fixed]
    tree = step.block.tree()
    span = tree.spans.get(id(step.node)) if tree is not None else None
    lines = source.split("\n")
    row = step.block.row + span[0].row - 1 if span else 1
    end = step.block.row + span[1].row - 1 if span else 1
    after = edited.split("\n")
    return Repair(step, edit, done, text_edits, "\n".join(lines[row - 1 : end]), "\n".join(after[row - 1 : end + len(after) - len(lines)]))


def _key(j: Judged) -> tuple[str, str, str]:
    """What makes a result the same one in the edited source: whose gradient it is, and how it is kept.

    What is returned may have lost its name (`return dx` against `return dout * mask`).
    """
    wrt = j.result.wrt[0].label if j.result.wrt else ""
    returned = j.result.returned is not None and bool(wrt) and "[" not in j.result.name
    return ("" if returned else j.result.name, wrt, j.result.step.function)


def _rewritten(program: Program, source: str, outcome: Outcome, failing: list[Judged]) -> Repair | None:
    """Where no small edit helps: the derived gradient in the user's names, in place of the claim's expression."""
    for j in failing:
        step = j.result.step
        root = expression(step)
        if root is None or j.derived is None or j.result.value is None or not isinstance(step.node, cst.Assign | cst.Return) or isinstance(root, cst.Tuple) or len([s for s in j_steps(outcome, step)]) != 1:
            continue
        text = written_gradient(outcome, j, list(live_values(step)))
        if text is None:
            continue
        try:
            new = cst.parse_expression(text)
        except cst.ParserSyntaxError:
            continue
        edit = Edit(root, new, "rewrite", 3.0, text)
        text_edit = edit_text(step, root, new)
        if text_edit is not None and (found := judged_again(program, source, outcome, step, edit, (text_edit,), failing)) is not None:
            return found
    return None


def j_steps(outcome: Outcome, step: Step) -> list[Step]:
    """All executions of a step's statement."""
    assert outcome.judgement is not None
    return [s for s in outcome.judgement.run.it.steps if s.node is step.node]
