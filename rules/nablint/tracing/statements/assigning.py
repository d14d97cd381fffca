"""Assignment: to names, attributes, places and tuples; what is assigned is an event where it may be a claim."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import libcst as cst

from nablint.calculus.terms import Term
from nablint.ops import CARDS
from nablint.shapes import Size
from nablint.tracing import refine, worded
from nablint.tracing.indices import subscript_key
from nablint.tracing.iteration import iterate
from nablint.tracing.operators import binary
from nablint.tracing.statements.beginning import begun, keep_state
from nablint.tracing.statements.targets import is_weak, label_of, last_name, of_targets, taints, target_names
from nablint.tracing.step import Event, Step
from nablint.tracing.subscripts import poison, store
from nablint.tracing.tables import named
from nablint.tracing.values import Array, Class, Function, Instance, Pending, RaiseSignal, Scope, Unknown, is_tainted

if TYPE_CHECKING:
    from nablint.tracing.interpreter import Interpreter


def assignment(it: Interpreter, node: cst.Assign, scope: Scope) -> None:
    """`a = b = value`."""
    targets = [t.target for t in node.targets]
    outside = it.graph.tainting
    it.graph.tainting = outside or taints(it, targets)
    try:
        weak = it.graph.tainting and not outside and (is_weak(targets) or of_targets(node.value))
        value = _first_cotangent(it, node.value, scope) if weak else it.eval(node.value, scope)
        if isinstance(value, Unknown) and value.misfit and len(targets) == 1:
            value = _placeholder(it, targets[0], value)
        if type(value) is Array and value.term.tainted and is_alias(it, node.value, value.term):
            value = renamed(it, node, value)
        for target in targets:
            given = begun(it, target, node.value, value)
            assign(it, target, worded.assigned(it, node, target, given, scope), scope)
    finally:
        it.graph.tainting = outside


def _first_cotangent(it: Interpreter, node: cst.BaseExpression, scope: Scope) -> Any:
    """A difference that is made of forward values alone: its operands are forward code, and tell of the inputs."""
    if not isinstance(node, cst.BinaryOperation) or not isinstance(node.operator, cst.Subtract):
        return it.eval(node, scope)
    it.graph.tainting = False
    try:
        left, right = it.eval(node.left, scope), it.eval(node.right, scope)
    finally:
        it.graph.tainting = True
    value = binary(it, "Subtract", left, right, node)
    if it.step is not None:
        it.step.values[id(node)] = value.term if type(value) is Array else value
    return value


_NAMING = frozenset({cst.Name, cst.Attribute, cst.Subscript})


def is_alias(it: Interpreter, node: cst.BaseExpression, term: Term) -> bool:
    """Does the expression only give another name to what an earlier statement made?  A copy does that as well."""
    if type(node) in _NAMING:
        return True
    made = term.origin
    return it.step is not None and made is not it.step and (not isinstance(made, Step) or made.number < it.step.number)


def renamed(it: Interpreter, node: cst.Assign | cst.AugAssign, value: Array) -> Any:
    """`db = dout`: the same memory, yet a claim of its own, which a repair must be able to tell from the other.

    What is computed again from the same operands does not depend on the other statement.
    """
    term = value.term
    if it.step is None or (not term.tainted and not isinstance(node, cst.AugAssign)):
        return value
    card, mark = CARDS["renamed"], it.step.number
    place = next((i for i, arg in enumerate(term.args) if arg.tainted), None)
    if (term.card is not None and place is not None and value.base is None and type(node.value) not in _NAMING
            and _is_computed(it.step, node.value, term)):
        operands = [card(arg, mark=mark) if i == place else arg for i, arg in enumerate(term.args)]
        again = Array(term.graph.apply(term.card, operands, term.params), value.dialect)
        it.step.values[id(node.value)] = again.term
        return again
    array = Array(card(term, mark=mark), value.dialect, base=value, rebuild=lambda b: card(b, mark=mark),
                  unview=lambda b, new: new)
    it.step.values[id(node.value)] = array.term
    return array


def _is_computed(step: Step, node: cst.CSTNode, term: Term) -> bool:
    """Does no part of an expression have its value already, as what is copied has?"""
    return all(step.values.get(id(part)) is not term and _is_computed(step, part, term) for part in node.children)


def _placeholder(it: Interpreter, target: cst.CSTNode, value: Unknown) -> Any:
    """After a misfit in backward code the claim goes on with a stand-in of its variable's shape, so that what is
    computed from it can still be judged.
    """
    names = target_names(target)
    shape = it.claimed_shape(it, names[0], "", None) if it.claimed_shape is not None and len(names) == 1 else None
    if shape is None:
        return value
    return Array(it.graph.leaf(f"misfit: {value.reason}", it.world.sample("misfit", shape), shape, tainted=True),
                 it.dialect)


def annotated(it: Interpreter, node: cst.AnnAssign, scope: Scope) -> None:
    """`a: T = value`."""
    if node.value is None:
        return
    outside = it.graph.tainting
    it.graph.tainting = outside or taints(it, [node.target])
    try:
        assign(it, node.target, it.eval(node.value, scope), scope)
    finally:
        it.graph.tainting = outside


def assign(it: Interpreter, target: cst.CSTNode, value: Any, scope: Scope, *, quiet: bool = False) -> None:
    """Bind a value to a target; `quiet` where it is no statement (loop variables)."""
    if isinstance(value, Pending) and value.value is not None:
        value = value.value
    elif isinstance(value, Pending) and type(target) is cst.Name:
        value = named(value, target.value)
    elif isinstance(value, Unknown) and value.length and type(target) is cst.Name and not value.tainted:
        value = refine.as_size(it, Pending(target.value, target.value))  # `vocab_size = len(chars)` of a file's
    if not quiet and not it.graph.tainting:
        if not it.literal:
            keep_blanks(value)
        if type(target) is cst.Name:
            keep_state(it, target.value, value, scope)
        if type(target) is not cst.Subscript:
            name_draws(it, value, label_of(target))
    if type(target) is cst.Name:
        if not quiet:
            record(it, target, target.value, "", None, None, value)
        bind_name(it, scope, target.value, value)
    elif type(target) is cst.Tuple or type(target) is cst.List:
        _unpack(it, target, value, scope, quiet)
    elif type(target) is cst.Attribute:
        owner = it.eval(target.value, scope)
        if not quiet:
            record(it, target, target.attr.value, last_name(target.value), owner, None, value)
        set_attribute(it, owner, target.attr.value, value, target)
    elif type(target) is cst.Subscript:
        owner = it.eval(target.value, scope)
        key = subscript_key(it, target, scope)
        if isinstance(key, str) and not quiet and not it.graph.tainting:
            name_draws(it, value, key)
        store(it, owner, key, value, target)
        if isinstance(key, str):
            it.note(key, value)
        if not quiet:
            name = key if isinstance(key, str) else last_name(target.value)
            held = written_into(target, owner) if isinstance(owner, Array) else value
            record(it, target, name, last_name(target.value), owner, key, held)
    elif isinstance(target, cst.StarredElement):
        assign(it, target.value, list(iterate(it, value, target)), scope, quiet=quiet)


def written_into(target: cst.Subscript, owner: Array) -> Array:
    """The array that a statement writes into: of `dx[n, c, a:b][i, j]` it is dx, not the window."""
    node = target.value
    while isinstance(node, cst.Subscript) and owner.base is not None:
        owner, node = owner.base, node.value
    return owner


def keep_blanks(value: Any) -> None:
    """Arrays of zeros or ones that get a name, or a place in a container with a name, may be parameters."""
    if type(value) is Array:
        if value.base is not None and value.base.fresh:  # `zeros(n).reshape(1, n)`: nobody else has the whole
            value.base, value.fresh = None, True
        if value.fresh:
            value.fresh, value.blank = False, True
    elif isinstance(value, dict):
        for item in value.values():
            keep_blanks(item)
    elif isinstance(value, list | tuple) and len(value) < 64:
        for item in value:
            if type(item) is Array:
                keep_blanks(item)


_DRAWN = frozenset({"randn", "normal", "rand", "random", "standard_normal", "positive", "uniform", "truncnorm"})

_SCALING = frozenset({"multiply", "divide", "add", "subtract", "negative", "sqrt", "power", "astype", "cast",
                      "reshape"})


def name_draws(it: Interpreter, value: Any, label: str) -> None:
    """A drawn array that gets its first name, be it scaled or shifted, is a parameter by that name."""
    if type(value) is Array:
        if label and _is_draw(it, value.current) and (value.base is None or value.base.current not in it.names):
            value.base = None
            value.current = it.graph.leaf(label, value.current.sample, value.current.shape)
    elif type(value) in (list, tuple) and len(value) < 16:
        for i, item in enumerate(value):
            name_draws(it, item, f"{label}[{i}]" if label else "")
    elif isinstance(value, dict) and len(value) < 32:
        for key, item in value.items():
            name_draws(it, item, str(key) if isinstance(key, str) else "")


def _is_draw(it: Interpreter, term: Any) -> bool:
    stack, drawn, seen = [term], 0, 0
    while stack:
        node = stack.pop()
        seen += 1
        if seen > 12 or node.tainted:
            return False
        if node.card is not None:
            if node.card.name not in _SCALING:
                return False
            stack.extend(node.args)
        elif node.label in _DRAWN and node not in it.names:
            drawn += 1
        elif node.ndim:
            return False
    return drawn == 1 and bool(term.ndim)


def bind_name(it: Interpreter, scope: Scope, name: str, value: Any) -> None:
    """Give a name a value in its scope, and note it."""
    home = scope.outer_names.get(name, scope)
    home.names[name] = value
    it.note(name, value)
    _note_keys(it, value)
    if isinstance(value, Array):
        it.names.setdefault(value.current, name)
    elif isinstance(value, Size) and value.expr.name is not None and not (it.block is not None and it.block.outside):
        it.sizes_named.setdefault(value.expr.name, name)


def _note_keys(it: Interpreter, value: Any) -> None:
    """What a dict is made with goes by the names of its keys: `{"W": W, "b": np.zeros(n)}`."""
    if type(value) is dict and len(value) < 32:
        for key, item in value.items():
            if isinstance(key, str):
                it.note(key, item)
                if isinstance(item, Array):
                    it.names.setdefault(item.current, key)


def record(it: Interpreter, target: cst.CSTNode, name: str, holder: str, owner: Any, key: Any, value: Any,
           augmented: str = "") -> None:
    """An event: this value was given to this target."""
    if it.graph.tainting and isinstance(value, int | float) and not isinstance(value, bool):
        value = None
    if type(owner) is dict and holder and it.step is not None and not it.is_claim(holder):
        holder = _kept_as(it, it.step.scope, cast(dict[Any, Any], owner)) or holder
    term = value.term if isinstance(value, Array) else None
    tainted = term.tainted if term is not None else is_tainted(value)
    if (
        it.step is None
        or (it.block is not None and it.block.outside)
        or not (tainted or it.is_claim(name) or it.is_claim(holder))
    ):
        return
    event = Event(it.step, name, holder, owner, key, term, target, augmented, value)
    it.step.event = event
    it.events.append(event)


def _kept_as(it: Interpreter, scope: Scope, owner: dict[Any, Any]) -> str:
    """The name of the gradients that an object keeps a dict by, after `g = self.grads`; "" where it is none of them."""
    home = scope.find("$self")
    own = home.names["$self"] if home is not None else None
    return next((name for name, held in own.names.items() if held is owner and it.is_claim(name)),
                "") if isinstance(own, Instance) else ""


def _unpack(it: Interpreter, target: cst.Tuple | cst.List, value: Any, scope: Scope, quiet: bool) -> None:
    targets = list(target.elements)
    stars = [i for i, e in enumerate(targets) if type(e) is cst.StarredElement]
    values = refine.unpacked(it, value, len(targets),
                             [n for e in targets for n in target_names(e.value)][: len(targets)], bool(stars))
    if isinstance(values, Unknown):
        for element in targets:
            assign(it, element.value, values, scope, quiet=quiet)
        return
    if stars:
        k, extra = stars[0], len(values) - len(targets) + 1
        values = [*values[:k], list(values[k : k + extra]), *values[k + extra :]]
    elif len(values) != len(targets):
        refine.wrong_rank(it, *_spread_shape(it, value, len(targets)))
        refine.items_wanted(it, value)
        raise RaiseSignal("ValueError")
    for element, part in zip(targets, values, strict=True):
        assign(it, element.value, part, scope, quiet=quiet)


def _spread_shape(it: Interpreter, value: Any, count: int) -> tuple[Any, int]:
    """The shape that is unpacked into so many names, and how many of them are for it: `B, T, K, V = *q.shape, n`."""
    node = it.step.node.value if it.step is not None and isinstance(it.step.node, cst.Assign) else None
    spread = [e for e in node.elements if isinstance(e, cst.StarredElement)] if isinstance(node, cst.Tuple) else []
    if len(spread) != 1 or not isinstance(value, tuple):
        return value, count
    assert isinstance(node, cst.Tuple)
    at, others = node.elements.index(spread[0]), len(node.elements) - 1
    return value[at:len(value) - (others - at)], count - others


def set_attribute(it: Interpreter, owner: Any, name: str, value: Any, node: cst.CSTNode) -> None:
    """`owner.name = value`."""
    if isinstance(owner, Pending):
        owner = refine.as_object(it, owner)
    if isinstance(owner, Instance):
        if owner.cls is not None and isinstance(found := owner.cls.lookup(f"{name}.setter"), Function):
            from nablint.tracing.functions import call_function

            call_function(it, found, [owner, value], {}, node)
            return
        owner.put(name, value, it.graph.moment)
        it.note(name, value)
        _note_keys(it, value)
        if isinstance(value, Array):
            it.names.setdefault(value.current, f"self.{name}")
    elif isinstance(owner, Class):
        owner.names[name] = value
    elif isinstance(owner, Array) and name in ("data", "T", "flat"):
        store(it, owner, (...,), value, node)
    elif isinstance(owner, Array) and name == "shape" and isinstance(value, tuple):
        from nablint.tracing.calls import call_method

        shaped = call_method(it, owner, "reshape", [value], node)
        if isinstance(shaped, Array):
            owner.write(shaped.term)
        else:
            poison(it, owner, shaped)
    elif isinstance(owner, Array):
        it.attributes.setdefault(id(owner), {})[name] = value
        it.kept.append(owner)
