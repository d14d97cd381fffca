"""Results that a function returns, by name or by position."""

from __future__ import annotations

from typing import Any

import libcst as cst

from nablint.calculus.terms import Term
from nablint.claims import names
from nablint.claims.edits.trees import MODULES, walk
from nablint.claims.gather.clipped import unclipped
from nablint.claims.gather.listed import in_dict, in_list
from nablint.claims.gather.targets import candidates
from nablint.claims.model import Result
from nablint.tracing.interpreter import Interpreter
from nablint.tracing.operators import plain
from nablint.tracing.step import Event, Step
from nablint.tracing.values import Array, Function, Instance, Unknown

_SHAPING = frozenset({"reshape", "view", "squeeze", "ravel", "flatten"})


def returned_results(
    it: Interpreter,
    function: Function,
    returned: Any,
    positions: list[Any],
    position_names: list[str],
    *,
    formal: bool = False,
    since: int | None = None,
) -> list[Result]:
    """What a backward function returns, by the names in its return statement, else by position.

    since: the step from which on what is computed and returned is a gradient, though it may not be made of a cotangent.
    """
    step = return_step(it, function)
    if step is None or not isinstance(step.node, cst.Return) or step.node.value is None:
        return []
    node = step.node.value
    if isinstance(returned, dict):
        word = node.value if isinstance(node, cst.Name) else ""
        returned = {
            k: v
            for k, v in returned.items()
            if isinstance(k, str) and (names.is_gradient_name(k) or names.is_gradient_name(word))
        }
        return [
            r for key, value in returned.items() if isinstance(key, str) for r in in_dict(it, key, value, step, node)
        ]
    parts = [plain(p) for p in (returned if isinstance(returned, tuple | list) else [returned])]
    elements = [e.value for e in node.elements] if isinstance(node, cst.Tuple | cst.List) else [node]
    if any(isinstance(e, cst.List | cst.Tuple) for e in elements) and len(elements) == len(parts):
        elements, parts = _flat(elements, parts)
    if isinstance(node, cst.Name) and isinstance(returned, list) and all(isinstance(p, dict) for p in parts):
        return in_list(it, node.value, parts, step, node)
    if len(elements) != len(parts):
        elements = [node] * len(parts)
    arrays = [(n, p) for n, p in zip(position_names, positions, strict=False) if isinstance(p, Array)]
    out: list[Result] = []
    said = [_word(element) for element in elements]
    for i, (element, part) in enumerate(zip(elements, parts, strict=True)):
        word = said[i]
        twice = len(elements) > 1 and i < len(arrays) and said.count(word) > 1  # the name fits one place at most
        if isinstance(part, dict):
            part = {
                k: v
                for k, v in part.items()
                if isinstance(k, str) and (names.is_gradient_name(k) or names.is_gradient_name(word))
            }
            out += [
                r for key, value in part.items() for r in in_dict(it, key, value, step, element)
            ]
            continue
        if isinstance(part, list) and part and word:
            out += in_list(it, word, part, step, element)
            continue
        if formal:
            if i < len(positions) and isinstance(positions[i], Array) and part is not None:
                out.append(
                    _result(
                        it, word or f"output {i}", part, [positions[i].term], step, element, position_names[i], True
                    )
                )
            continue
        if not isinstance(part, Array | Unknown) or (
            isinstance(part, Array) and not part.term.tainted and not names.is_gradient_name(word)
            and not (i < len(arrays) and _computed(part.term, arrays[i][1].term, since))
        ):
            continue
        wrt = candidates(it, word, "", None) if word and not twice else []
        if arrays and len(parts) == 1 and word in _given(function):  # what came in for the output leaves for the input
            out.append(_result(it, word, part, [arrays[0][1].term], step, element, arrays[0][0], True))
            out[-1].beside = tuple(wrt)
        elif (
            not wrt
            and arrays
            and (count := sum(not _is_empty(p) for p in parts)) <= len(arrays)
            and i < len(arrays)
            and (not word or not names.variables(word) or count == 1 or twice)
        ):
            place, array = arrays[i] if len(parts) > 1 else _alone(arrays, part, element, step)
            wrt = [array.term]
            out.append(_result(it, word or place, part, wrt, step, element, place, True))
            if not word:
                out[-1].beside = (*(a.term for _, a in arrays if a.term is not wrt[0] and len(parts) > 1),
                                  *_joined(it, part))
        elif wrt or names.is_gradient_name(word) or (word and positions):  # else `return W`, after a step of W
            out.append(_result(it, word, part, wrt, step, element, "", bool(arrays)))
    return out


def _alone(arrays: list[tuple[str, Array]], part: Any, element: cst.BaseExpression, step: Step) -> tuple[str, Array]:
    """The input whose gradient is returned alone: the first of its shape (`forward(adjacency, x)`), else the first.

    Where nothing is known of its shape, the first that is not computed with: a factor's gradient holds the others.
    """
    if isinstance(part, Array):
        likely = [(n, a) for n, a in arrays if tuple(a.term.shape) == tuple(part.term.shape)]
    else:
        read = [step.values.get(id(node)) for node in walk(element)]
        likely = [(n, a) for n, a in arrays if a.term not in read]
    return (likely or arrays)[0]


def _given(function: Function) -> set[str]:
    """The names of a function's parameters."""
    params = function.node.params
    return {p.name.value for p in (*params.posonly_params, *params.params, *params.kwonly_params)}


def _word(element: cst.BaseExpression) -> str:
    """The name that a returned value goes by; one that is only brought into another shape keeps its own."""
    if isinstance(element, cst.Name):
        return element.value
    if isinstance(element, cst.Attribute):
        return element.attr.value
    called = element.func if isinstance(element, cst.Call) else None
    if isinstance(element, cst.Call) and isinstance(called, cst.Attribute) and called.attr.value in _SHAPING:
        module = isinstance(called.value, cst.Name) and called.value.value in MODULES
        inner = element.args[0].value if module and element.args else called.value
        if isinstance(inner, cst.Name) and names.is_gradient_name(inner.value):
            return inner.value
    listed = _relisted(element)
    return listed.value if isinstance(listed, cst.Name) and names.is_gradient_name(listed.value) else ""


def _relisted(element: cst.BaseExpression) -> cst.BaseExpression | None:
    """The list whose items are given again, in whatever order: `dWs[::-1]`, `list(reversed(dWs))`."""
    if isinstance(element, cst.Subscript) and len(element.slice) == 1:
        part = element.slice[0].slice
        return element.value if isinstance(part, cst.Slice) and part.lower is None and part.upper is None else None
    if isinstance(element, cst.Call) and isinstance(element.func, cst.Name) and len(element.args) == 1 and (
            element.func.value in ("list", "tuple", "reversed")):
        inner = element.args[0].value
        return _relisted(inner) or inner
    return None


def _computed(value: Term, wrt: Term, since: int | None) -> bool:
    """Was a value of the variable's shape computed since a step?"""
    made = value.origin
    return (since is not None and value.card is not None and isinstance(made, Step) and made.number >= since
            and tuple(value.shape) == tuple(wrt.shape))


def _is_empty(part: Any) -> bool:
    """Nothing is returned in this place: `return dX, []` of a layer without parameters."""
    return part is None or (isinstance(part, tuple | list) and not part)


def _joined(it: Interpreter, part: Any) -> tuple[Term, ...]:
    """Forward's joins of the shape of what is returned: `return d @ W.T` may be the gradient of two inputs in one."""
    if not isinstance(part, Array):
        return ()
    return tuple(t for terms in it.history.values() for t in terms if t.card is not None
                 and t.card.name in ("concatenate", "stack") and tuple(t.shape) == tuple(part.term.shape))


def _flat(elements: list[Any], parts: list[Any]) -> tuple[list[Any], list[Any]]:
    """`return loss, [dU, dV]`: what is returned in a list is returned all the same."""
    flat: list[tuple[Any, Any]] = []
    for element, part in zip(elements, parts, strict=True):
        inner = [e.value for e in element.elements] if isinstance(element, cst.List | cst.Tuple) else []
        if inner and isinstance(part, list | tuple) and len(part) == len(inner):
            flat += zip(inner, part, strict=True)
        else:
            flat.append((element, part))
    return [e for e, _ in flat], [p for _, p in flat]


def return_step(it: Interpreter, function: Function) -> Step | None:
    """The last executed return statement of a function."""
    for found, _, step, _ in reversed(it.returned):
        if found is function:
            return step
    return None


def _result(
    it: Interpreter, name: str, value: Any, wrt: list[Term], step: Step, node: cst.CSTNode, wrt_name: str, formal: bool
) -> Result:
    term = unclipped(value.term) if isinstance(value, Array) else None
    reason = value.reason if isinstance(value, Unknown) else ""
    if formal and isinstance(value, tuple) and len(value) > 1 and all(isinstance(v, Array) for v in value):
        reason = f"it is a tuple of {len(value)} arrays, where one array is wanted"
        it.misfits.append((step, node, reason))
    event = _last_event(it, name, step, node)
    shown = wrt_name or (it.names.get(wrt[0], wrt[0].label) if wrt else "")
    return Result(
        name,
        term,
        wrt,
        event.step if event is not None else step,
        node,
        shown,
        formal,
        reason=reason,
        event=event,
        returned=step,
    )


def guessed(it: Interpreter, result: Result) -> Result:
    """A result whose name does not tell its variable may belong to any forward value of its shape."""
    if (
        not result.wrt
        and result.value is not None
        and result.value.ndim
        and names.is_gradient_name(result.name.split("[")[0])
    ):
        shape = tuple(result.value.shape)
        known = [t for t in it.world.leaves.values() if not t.tainted] + [
            t for found in it.history.values() for t in found
        ]
        terms = {t: None for t in known if tuple(t.shape) == shape and t is not result.value}
        result.wrt, result.guess = list(terms)[:16], bool(terms)
    return result


def _last_event(it: Interpreter, name: str, step: Step, node: cst.CSTNode) -> Event | None:
    """The last assignment of a returned name in the frame that returns it, or of an attribute that is returned."""
    attribute = isinstance(node, cst.Attribute)
    for event in reversed(it.events):
        if event.name == name and (isinstance(event.owner, Instance) if attribute else
                                   event.step.scope is step.scope and not event.holder):
            return event
    return None
