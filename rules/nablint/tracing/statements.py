"""Statements: what each kind of libcst node does."""

from __future__ import annotations

import builtins
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import libcst as cst

from nablint.calculus.terms import Term
from nablint.ops import CARDS
from nablint.reading.nodes import parts
from nablint.shapes import Misfit, Polynomial, Size, dim
from nablint.tracing import hints, refine
from nablint.tracing.imports import import_from, import_modules
from nablint.tracing.iteration import iterate
from nablint.tracing.operators import binary, compare, index, listed, poison, store, truth
from nablint.tracing.step import Event, Step
from nablint.tracing.sure import Undecided, both, expects_exception, forget, in_part
from nablint.tracing.values import (
    Array,
    BreakSignal,
    Class,
    ContinueSignal,
    External,
    Function,
    Instance,
    Pending,
    RaiseSignal,
    Restart,
    ReturnSignal,
    Scope,
    Signal,
    TooMuch,
    Unknown,
    is_tainted,
)

if TYPE_CHECKING:
    from nablint.tracing.interpreter import Interpreter

MAX_WHILE = 6
"""Turns of a `while` loop; most loops of this kind in numerical code run until something converges."""


def execute(it: Interpreter, node: cst.CSTNode, scope: Scope) -> None:
    """Execute one statement; in a sure run what cannot be followed is forgotten."""
    try:
        _execute(it, node, scope)
    except (Undecided, Restart) as reason:
        if not it.world.sure or (isinstance(reason, Restart) and reason.asserted):
            raise
        forget(it, node, scope)


def _execute(it: Interpreter, node: cst.CSTNode, scope: Scope) -> None:
    if isinstance(node, cst.SimpleStatementLine | cst.SimpleStatementSuite):
        for small in node.body:
            _simple(it, small, scope)
        return
    rule = _COMPOUND.get(type(node))
    if rule is not None:
        rule(it, node, scope)
    else:
        _simple(it, node, scope)


def _simple(it: Interpreter, node: cst.CSTNode, scope: Scope) -> None:
    rule = _SIMPLE.get(type(node))
    if rule is None:
        return
    it.begin(node, scope)
    rule(it, node, scope)


def target_names(node: cst.CSTNode) -> list[str]:
    """The last plain name of every target: `dW` for `self.dW`, `grads` for `grads["W"]`."""
    if isinstance(node, cst.Tuple | cst.List):
        return [name for element in node.elements for name in target_names(element.value)]
    if isinstance(node, cst.Name):
        return [node.value]
    if isinstance(node, cst.Attribute):
        return [node.attr.value]
    if isinstance(node, cst.Subscript):
        return target_names(node.value)
    return []


CONTAINERS = frozenset({"grads", "gradients", "grad_dict", "gradient"})


def _taints(it: Interpreter, targets: Sequence[cst.CSTNode]) -> bool:
    """Does an assignment to these targets claim gradients and nothing else?"""
    names = [name for target in targets for name in target_names(target)]
    if _is_weak(targets) and it.block is not None and _feeds_loss(it.block.text, names[0]):
        return False
    return bool(names) and all(it.is_claim(n) and n not in CONTAINERS for n in names)


@lru_cache(maxsize=2048)
def _feeds_loss(text: str, name: str) -> bool:
    """Is a loss computed from the value of this name?  Then it is a forward value."""
    used = re.compile(rf"=.*\b{re.escape(name)}\b")
    own = re.compile(rf"\s*{re.escape(name)}\b")
    return any(_LOSS_LINE.match(line) and used.search(line) and not own.match(line) for line in text.split("\n"))


def _assign(it: Interpreter, node: cst.Assign, scope: Scope) -> None:
    targets = [t.target for t in node.targets]
    outside = it.graph.tainting
    it.graph.tainting = outside or _taints(it, targets)
    try:
        weak = it.graph.tainting and not outside and (_is_weak(targets) or _of_targets(node.value))
        value = _first_cotangent(it, node.value, scope) if weak else it.eval(node.value, scope)
        if isinstance(value, Unknown) and value.misfit and len(targets) == 1:
            value = _placeholder(it, targets[0], value)
        if type(value) is Array and value.term.tainted and _is_alias(it, node.value, value.term):
            value = _renamed(it, node, value)
        for target in targets:
            assign(it, target, value, scope)
    finally:
        it.graph.tainting = outside


_WEAK = re.compile(r"^_?(\w*errors?|\w*err|delta|deltas|diff|residuals?)\d*$", re.I)
_LOSS_LINE = re.compile(r"^\s*(?:self\.)?\w*(?:loss|cost|mse|objective|\bJ|error|err|nll)\w*\s*[-+]?=", re.I)


def _is_weak(targets: Sequence[cst.CSTNode]) -> bool:
    """`error = y - pred` is as often a forward value as a cotangent."""
    return len(targets) == 1 and isinstance(targets[0], cst.Name) and bool(_WEAK.match(targets[0].value))


def _of_targets(node: cst.BaseExpression) -> bool:
    """Is it the difference of targets and predictions, by their names?  Both belong to forward code."""
    if not isinstance(node, cst.BinaryOperation) or not isinstance(node.operator, cst.Subtract):
        return False
    left, right = ((target_names(part) or [""])[0] for part in (node.left, node.right))
    return (hints.is_target(left) and hints.is_prediction(right)) or (
        hints.is_prediction(left) and hints.is_target(right))


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


def _is_alias(it: Interpreter, node: cst.BaseExpression, term: Term) -> bool:
    """Does the expression only give another name to what an earlier statement made?  A copy does that as well."""
    if isinstance(node, cst.Name | cst.Attribute | cst.Subscript):
        return True
    made = term.origin
    return it.step is not None and made is not it.step and (not isinstance(made, Step) or made.number < it.step.number)


def _renamed(it: Interpreter, node: cst.Assign | cst.AugAssign, value: Array) -> Any:
    """`db = dout`: the same memory, yet a claim of its own, which a repair must be able to tell from the other."""
    term = value.term
    if it.step is None or (not term.tainted and not isinstance(node, cst.AugAssign)):
        return value
    card, mark = CARDS["renamed"], it.step.number
    array = Array(card(term, mark=mark), value.dialect, base=value, rebuild=lambda b: card(b, mark=mark),
                  unview=lambda b, new: new)
    it.step.values[id(node.value)] = array.term
    return array


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


def _annotated(it: Interpreter, node: cst.AnnAssign, scope: Scope) -> None:
    if node.value is None:
        return
    outside = it.graph.tainting
    it.graph.tainting = outside or _taints(it, [node.target])
    try:
        assign(it, node.target, it.eval(node.value, scope), scope)
    finally:
        it.graph.tainting = outside


def assign(it: Interpreter, target: cst.CSTNode, value: Any, scope: Scope, *, quiet: bool = False) -> None:
    """Bind a value to a target; `quiet` where it is no statement (loop variables)."""
    if isinstance(value, Pending) and value.value is not None:
        value = value.value
    if not quiet and not it.graph.tainting:
        _keep_blanks(value)
        if not isinstance(target, cst.Subscript):
            _name_draws(it, value, _label(target))
    if isinstance(target, cst.Name):
        if not quiet:
            _event(it, target, target.value, "", None, None, value)
        _bind(it, scope, target.value, value)
    elif isinstance(target, cst.Tuple | cst.List):
        _unpack(it, target, value, scope, quiet)
    elif isinstance(target, cst.Attribute):
        owner = it.eval(target.value, scope)
        if not quiet:
            _event(it, target, target.attr.value, _last_name(target.value), owner, None, value)
        set_attribute(it, owner, target.attr.value, value, target)
    elif isinstance(target, cst.Subscript):
        from nablint.tracing.expressions import subscript_key

        owner = it.eval(target.value, scope)
        key = subscript_key(it, target, scope)
        if isinstance(key, str) and not quiet and not it.graph.tainting:
            _name_draws(it, value, key)
        store(it, owner, key, value, target)
        if isinstance(key, str):
            it.note(key, value)
        if not quiet:
            name = key if isinstance(key, str) else _last_name(target.value)
            held = owner if isinstance(owner, Array) else value
            _event(it, target, name, _last_name(target.value), owner, key, held)
    elif isinstance(target, cst.StarredElement):
        assign(it, target.value, list(iterate(it, value, target)), scope, quiet=quiet)


def _keep_blanks(value: Any) -> None:
    """Arrays of zeros or ones that get a name, or a place in a container with a name, may be parameters."""
    if type(value) is Array:
        if value.fresh:
            value.fresh, value.blank = False, True
    elif isinstance(value, dict):
        for item in value.values():
            _keep_blanks(item)
    elif isinstance(value, list | tuple) and len(value) < 64:
        for item in value:
            if type(item) is Array:
                _keep_blanks(item)


_DRAWN = frozenset({"randn", "normal", "rand", "random", "standard_normal", "positive", "uniform", "truncnorm"})
_SCALING = frozenset({"multiply", "divide", "add", "subtract", "negative", "sqrt", "power", "astype", "cast"})


def _label(target: cst.CSTNode) -> str:
    """The path that an assigned value is known by: `self.W`, `W1`, `parameters[W1]`; "" where there is none."""
    if isinstance(target, cst.Name):
        return target.value
    return f"{_last_name(target.value)}.{target.attr.value}" if isinstance(target, cst.Attribute) else ""


def _name_draws(it: Interpreter, value: Any, label: str) -> None:
    """A drawn array that gets its first name, be it scaled or shifted, is a parameter by that name."""
    if type(value) is Array:
        if label and value.base is None and _is_draw(it, value.current):
            value.current = it.graph.leaf(label, value.current.sample, value.current.shape)
    elif type(value) in (list, tuple) and len(value) < 16:
        for i, item in enumerate(value):
            _name_draws(it, item, f"{label}[{i}]" if label else "")
    elif isinstance(value, dict) and len(value) < 32:
        for key, item in value.items():
            _name_draws(it, item, str(key) if isinstance(key, str) else "")


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


def _bind(it: Interpreter, scope: Scope, name: str, value: Any) -> None:
    home = scope.outer_names.get(name, scope)
    home.names[name] = value
    it.note(name, value)
    _note_keys(it, value)
    if isinstance(value, Array):
        it.names.setdefault(value.current, name)
    elif isinstance(value, Size) and value.expr.name is not None:
        it.sizes_named.setdefault(value.expr.name, name)


def _note_keys(it: Interpreter, value: Any) -> None:
    """What a dict is made with goes by the names of its keys: `{"W": W, "b": np.zeros(n)}`."""
    if type(value) is dict and len(value) < 32:
        for key, item in value.items():
            if isinstance(key, str):
                it.note(key, item)
                if isinstance(item, Array):
                    it.names.setdefault(item.current, key)


def _last_name(node: cst.CSTNode) -> str:
    names = target_names(node)
    return names[0] if names else ""


def _event(it: Interpreter, target: cst.CSTNode, name: str, holder: str, owner: Any, key: Any, value: Any,
           augmented: str = "") -> None:
    if isinstance(value, int | float) and not isinstance(value, bool) and it.graph.tainting:
        value = None
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


def _unpack(it: Interpreter, target: cst.Tuple | cst.List, value: Any, scope: Scope, quiet: bool) -> None:
    targets = list(target.elements)
    stars = [i for i, e in enumerate(targets) if isinstance(e, cst.StarredElement)]
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
            from nablint.tracing.calls import call_function

            call_function(it, found, [owner, value], {}, node)
            return
        owner.names[name] = value
        it.note(name, value)
        _note_keys(it, value)
        if isinstance(value, Array):
            it.names.setdefault(value.current, f"self.{name}")
    elif isinstance(owner, Class):
        owner.names[name] = value
    elif isinstance(owner, Array) and name in ("data", "T", "flat"):
        store(it, owner, (...,), value, node)
    elif isinstance(owner, Array) and name == "shape" and isinstance(value, tuple):
        owner.write(CARDS["reshape"](owner.term, shape=value))
    elif isinstance(owner, Array):
        it.attributes.setdefault(id(owner), {})[name] = value
        it.kept.append(owner)


def _augmented(it: Interpreter, node: cst.AugAssign, scope: Scope) -> None:
    outside = it.graph.tainting
    it.graph.tainting = outside or _taints(it, [node.target])
    try:
        _augment(it, node, scope, type(node.operator).__name__.removesuffix("Assign"))
    finally:
        it.graph.tainting = outside


_SETS = {"BitOr": "update", "BitAnd": "intersection_update", "Subtract": "difference_update",
         "BitXor": "symmetric_difference_update"}


def _augment(it: Interpreter, node: cst.AugAssign, scope: Scope, name: str) -> None:
    from nablint.tracing.attributes import attribute
    from nablint.tracing.expressions import subscript_key

    target = node.target
    owner: Any = None
    key: Any = None
    if isinstance(target, cst.Attribute):
        owner = it.eval(target.value, scope)
        old = attribute(it, owner, target.attr.value, target)
    elif isinstance(target, cst.Subscript):
        owner = it.eval(target.value, scope)
        key = subscript_key(it, target, scope)
        old = index(it, owner, key, target)
    else:
        old = it.eval(target, scope)
    value = it.eval(node.value, scope)
    if type(value) is Array and (value.term.tainted or it.graph.tainting) and _is_alias(it, node.value, value.term):
        value = _renamed(it, node, value)
    if isinstance(old, Pending):
        old = refine.as_operand(it, old) if not isinstance(value, list) else refine.as_list(it, old)
    blank = isinstance(old, Array) and old.blank
    if isinstance(old, list) and name == "Add":
        old.extend(iterate(it, value, node))
        return
    if isinstance(old, dict) and isinstance(value, dict) and name == "BitOr":
        old.update(value)
        return
    if isinstance(old, set) and isinstance(value, set) and name in _SETS:
        getattr(old, _SETS[name])(value)
        return
    if isinstance(old, Array):
        old.blank = False  # accumulated into: a buffer, not a parameter
    new = binary(it, name, old, value, node)
    if (
        blank
        and isinstance(old, Array)
        and isinstance(new, Array)
        and name in ("Add", "Subtract")
        and (started := _start(it, name, old, value))
    ):
        new = Array(started, old.dialect)
    names = target_names(target)
    label = key if isinstance(key, str) else (names[0] if names else "")
    holder = _last_name(target.value) if isinstance(target, cst.Attribute | cst.Subscript) else ""
    if isinstance(old, Array) and old.term.ndim and not isinstance(owner, Array):
        _in_place(it, old, new, node)
        new = old
        if (
            isinstance(target, cst.Attribute)
            and isinstance(owner, Instance)
            and owner.cls is not None
            and owner.cls.lookup(f"{target.attr.value}.setter")
        ):
            set_attribute(it, owner, target.attr.value, new, target)
    elif isinstance(target, cst.Subscript):
        store(it, owner, key, new, target)
    elif isinstance(target, cst.Attribute):
        set_attribute(it, owner, target.attr.value, new, target)
    elif isinstance(target, cst.Name):
        _bind(it, scope, target.value, new)
    _event(it, target, label, holder, owner, key, owner if isinstance(owner, Array) else new, name)


def _start(it: Interpreter, name: str, old: Array, value: Any) -> Any:
    """The first contribution to a buffer of zeros, without the zeros."""
    term = it.term(listed(it, value))
    if term is None or tuple(term.shape) != tuple(old.term.shape) or old.term.sample.any():
        return None
    return term if name == "Add" else -term


def _in_place(it: Interpreter, old: Array, new: Any, node: cst.CSTNode) -> None:
    if isinstance(new, Array) and tuple(new.term.sample.shape) == tuple(old.term.sample.shape):
        old.write(new.term)
    elif isinstance(new, Array):
        message = f"the right side makes {new.term.shape}, which does not fit in place into {old.term.shape}"
        poison(it, old, it.clash(node, message, tuple(zip(new.term.shape, old.term.shape, strict=False)), (old, new)))
    else:
        poison(it, old, it.unknown("updated with something unknown", new))


def _expression(it: Interpreter, node: cst.Expr, scope: Scope) -> None:
    if not isinstance(node.value, cst.SimpleString | cst.ConcatenatedString):
        it.eval(node.value, scope)


def _return(it: Interpreter, node: cst.Return, scope: Scope) -> None:
    raise ReturnSignal(None if node.value is None else it.eval(node.value, scope))


def _raise(it: Interpreter, node: cst.Raise, scope: Scope) -> None:
    kind = it.handling[-1] if it.handling else "Exception"
    if node.exc is not None:
        names = target_names(node.exc.func if isinstance(node.exc, cst.Call) else node.exc)
        kind = names[0] if names else kind
    raise RaiseSignal(kind)


def _assert(it: Interpreter, node: cst.Assert, scope: Scope) -> None:
    """An assertion about a shape is evidence: where it fails, its sizes must be made equal."""
    test = node.test
    if (
        isinstance(test, cst.Comparison)
        and len(test.comparisons) == 1
        and isinstance(test.comparisons[0].operator, cst.Equal)
    ):
        if _rank_asserted(it, test, scope):
            return
        if _leaves_a_rest(it, test.left, scope):
            raise RaiseSignal("AssertionError")
        _divides(it, test, scope)
        left, right = it.eval(test.left, scope), it.eval(test.comparisons[0].comparator, scope)
        if it.world.sure or not isinstance(left, Size):
            _equated(it, node, left, right)
        return
    it.eval(test, scope)


def _leaves_a_rest(it: Interpreter, test: cst.BaseExpression, scope: Scope) -> bool:
    """`assert (H - HH) % stride == 0` with a stride above 1: on most sizes a rest is left, so it is not meant."""
    divides = isinstance(test, cst.BinaryOperation) and isinstance(test.operator, cst.Modulo)
    if not divides or it.graph.tainting:
        return False
    assert isinstance(test, cst.BinaryOperation)
    whole, part = it.eval(test.left, scope), it.eval(test.right, scope)
    if not isinstance(whole, Size) or not isinstance(part, int) or part < 2 or len(whole.expr.terms) < 2:
        return False
    return any(count % part for monomial, count in whole.expr.terms if monomial)


def _divides(it: Interpreter, test: cst.Comparison, scope: Scope) -> None:
    """`assert n % k == 0`: where it fails, n is made a multiple of k."""
    node, other = test.left, test.comparisons[0].comparator
    if not (isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.Modulo)
            and isinstance(other, cst.Integer) and other.value == "0") or it.graph.tainting:
        return
    whole, part = it.eval(node.left, scope), it.eval(node.right, scope)
    if isinstance(whole, Size) and isinstance(part, int) and part > 0 and whole.expr.name and whole % part:
        times = Size(1, Polynomial.symbol(f"({whole.expr})/({dim(part).expr})"))
        raise Restart(f"{whole} is a multiple of {part}", ((whole.expr.name, (dim(part) * times).expr),))


def _rank_asserted(it: Interpreter, test: cst.Comparison, scope: Scope) -> bool:
    """`assert x.ndim == 2`, `assert x.dim() == 2`: the input has as many axes."""
    left, count = test.left, test.comparisons[0].comparator
    left = left.func if isinstance(left, cst.Call) and not left.args else left
    if (
        not isinstance(left, cst.Attribute)
        or left.attr.value not in ("ndim", "dim")
        or not isinstance(count, cst.Integer)
    ):
        return False
    owner = it.eval(left.value, scope)
    if not isinstance(owner, Pending) or owner.value is not None or it.graph.tainting:
        return False
    refine.make_array(it, owner, refine.free_shape(it, owner, int(count.value)))
    return True


def _if(it: Interpreter, node: cst.If, scope: Scope) -> None:
    it.begin(node, scope)
    try:
        taken = truth(it, it.eval(node.test, scope), node) and not _asks_machine(node)
    except Undecided:
        both(it, (lambda: it.run(node.body.body, scope), lambda: _otherwise(it, node, scope)), scope)
        return
    if taken and it.world.sure:
        _refused(it, node, scope)
    if taken:
        it.run(node.body.body, scope)
    else:
        _otherwise(it, node, scope)


def _refused(it: Interpreter, node: cst.If, scope: Scope) -> None:
    """`if x.shape[0] != y.shape[0]: raise ...` says that the sizes are equal."""
    test, last = node.test, node.body.body[-1]
    if not (isinstance(test, cst.Comparison) and isinstance(test.comparisons[0].operator, cst.NotEqual)
            and isinstance(last, cst.SimpleStatementLine) and isinstance(last.body[-1], cst.Raise)):
        return
    left, right = it.eval(test.left, scope), it.eval(test.comparisons[0].comparator, scope)
    _equated(it, node, left, right)


def _equated(it: Interpreter, node: cst.CSTNode, left: Any, right: Any) -> None:
    """Sizes, or tuples of sizes, that the code says are equal: start again with that where they are not."""
    left, right = refine.known_shape(it, left, right), refine.known_shape(it, right, left)
    if isinstance(left, Size) and isinstance(right, int):
        left, right = (left,), (right,)
    if isinstance(left, tuple) and isinstance(right, tuple) and len(left) == len(right):
        pairs = [(dim(a), dim(b))
                 for a, b in zip(left, right, strict=True) if isinstance(a, int) and isinstance(b, int) and a != b]
        if pairs and not it.graph.tainting:
            it.clash_sizes(node, "an assertion about a shape fails", pairs)


def _otherwise(it: Interpreter, node: cst.If, scope: Scope) -> None:
    if isinstance(node.orelse, cst.If):
        _if(it, node.orelse, scope)
    elif node.orelse is not None:
        it.run(node.orelse.body.body, scope)


_MACHINE = re.compile(r"\bis_cuda\b|\bis_available\b|\bdevice\b|dtype|\bis_contiguous\b|\bget_device_capability\b")
"""What a program asks of the machine that it runs on, or of how its numbers are stored there."""


def _asks_machine(node: cst.If) -> bool:
    """Does a branch only refuse to run on another machine, or with numbers of another type?"""
    body = node.body.body
    last = body[-1] if body else None
    refuses = isinstance(last, cst.SimpleStatementLine) and isinstance(last.body[-1], cst.Raise)
    return refuses and bool(_MACHINE.search(cst.Module([]).code_for_node(node.test)))


def _for(it: Interpreter, node: cst.For, scope: Scope) -> None:
    if it.world.sure:
        in_part(it, lambda: _turns(it, node, scope), node, scope)
    else:
        _turns(it, node, scope)


def _turns(it: Interpreter, node: cst.For, scope: Scope) -> None:
    it.begin(node, scope)
    value = it.eval(node.iter, scope)
    bound = _bound(node.iter, scope)
    for item in iterate(it, value, node.iter, loop=True):
        it.world.tick()
        if bound is not None and isinstance(node.target, cst.Name):
            it.counters[node.target.value] = (item, bound)
        assign(it, node.target, item, scope, quiet=True)
        steps, events = len(it.steps), len(it.events)
        try:
            it.run(node.body.body, scope)
        except BreakSignal:
            return
        except ContinueSignal:
            continue
        if _trained(it, steps, events):
            break
    if node.orelse is not None:
        it.run(node.orelse.body.body, scope)


def _bound(node: cst.BaseExpression, scope: Scope) -> Size | None:
    """The dimension that a loop `for i in range(N)` counts up to."""
    if not (isinstance(node, cst.Call) and isinstance(node.func, cst.Name) and node.func.value in ("range", "xrange")
            and len(node.args) == 1):
        return None
    word = node.args[0].value
    found = scope.find(word.value) if isinstance(word, cst.Name) else None
    value = found.names[word.value] if found is not None and isinstance(word, cst.Name) else None
    return value if isinstance(value, Size) and value.expr.name is not None else None


def _while(it: Interpreter, node: cst.While, scope: Scope) -> None:
    if it.world.sure:
        in_part(it, lambda: _until(it, node, scope), node, scope)
    else:
        _until(it, node, scope)


def _until(it: Interpreter, node: cst.While, scope: Scope) -> None:
    for _ in range(MAX_WHILE):
        it.begin(node, scope)
        try:
            ended = not truth(it, it.eval(node.test, scope), node.test)
        except Undecided:
            both(it, (lambda: _turn(it, node, scope), lambda: None), scope)
            return
        if ended:
            if node.orelse is not None:
                it.run(node.orelse.body.body, scope)
            return
        steps, events = len(it.steps), len(it.events)
        try:
            it.run(node.body.body, scope)
        except BreakSignal:
            return
        except ContinueSignal:
            continue
        if _trained(it, steps, events):
            break
    else:
        it.world.cut = True


def _turn(it: Interpreter, node: cst.While, scope: Scope) -> None:
    try:
        it.run(node.body.body, scope)
    except (BreakSignal, ContinueSignal):
        pass


def _trained(it: Interpreter, steps: int, events: int) -> bool:
    """Did a turn of a loop go forward, backward, and update?  Another turn would tell nothing new: its parameters are
    what this one made of them.
    """
    updated: set[Term] = set()
    for event in it.events[events:]:
        new = event.value
        if new is not None and new.tainted and new.card is not None and new.card.name in ("add", "subtract"):
            updated |= {a for a in new.args if not a.tainted and a.card is None and a.label and a.ndim
                        and a.ndim == new.ndim}
    if not updated:
        return False
    stack = [v for step in it.steps[steps:] for v in step.values.values() if isinstance(v, Term) and not v.tainted]
    return any(a in updated or (len(a.args) == 1 and a.args[0] in updated) for term in stack for a in term.args)


def _with(it: Interpreter, node: cst.With, scope: Scope) -> None:
    it.begin(node, scope)
    from nablint.tracing.calls import call_method

    if it.world.sure and expects_exception(it, node):
        forget(it, node, scope)
        return
    exits: list[Instance] = []
    for item in node.items:
        value = it.eval(item.item, scope)
        if isinstance(value, Instance) and value.cls is not None and value.cls.lookup("__enter__"):
            if value.cls.lookup("__exit__"):
                exits.insert(0, value)
            value = call_method(it, value, "__enter__", [], node)
        if item.asname is not None:
            assign(it, item.asname.name, value, scope, quiet=True)
    try:
        it.run(node.body.body, scope)
    except Signal as signal:
        raised = signal.kind if isinstance(signal, RaiseSignal) else None
        for manager in exits:
            swallowed = call_method(it, manager, "__exit__", [raised, raised, None], node)
            if swallowed is True and isinstance(signal, RaiseSignal):
                return
        raise
    for manager in exits:
        call_method(it, manager, "__exit__", [None, None, None], node)


def _try(it: Interpreter, node: cst.Try, scope: Scope) -> None:
    try:
        it.shielded += bool(node.handlers)
        try:
            it.run(node.body.body, scope)
        finally:
            it.shielded -= bool(node.handlers)
    except RaiseSignal as signal:
        for handler in node.handlers:
            if handler.type is None or _kinds(signal.kind, scope) & set(_exception_names(handler.type)):
                it.handling.append(signal.kind)
                try:
                    it.run(handler.body.body, scope)
                finally:
                    it.handling.pop()
                break
        else:
            raise
    else:
        if node.orelse is not None:
            it.run(node.orelse.body.body, scope)
    finally:
        if node.finalbody is not None:
            it.run(node.finalbody.body.body, scope)


def _match(it: Interpreter, node: cst.Match, scope: Scope) -> None:
    it.begin(node, scope)
    subject = it.eval(node.subject, scope)
    for case in node.cases:
        if _matches(it, case.pattern, subject, scope, node) and (
                case.guard is None or truth(it, it.eval(case.guard, scope), case.guard)):
            it.run(case.body.body, scope)
            return


def _matches(it: Interpreter, pattern: cst.MatchPattern, subject: Any, scope: Scope, node: cst.Match) -> bool:
    """Does a value have the form of a pattern?  Its names are bound on the way; classes and mappings are a guess."""
    if isinstance(pattern, cst.MatchValue):
        return truth(it, compare(it, "Equal", subject, it.eval(pattern.value, scope), node), node)
    if isinstance(pattern, cst.MatchSingleton):
        return truth(it, compare(it, "Is", subject, it.eval(pattern.value, scope), node), node)
    if isinstance(pattern, cst.MatchOr):
        return any(_matches(it, element.pattern, subject, scope, node) for element in pattern.patterns)
    if isinstance(pattern, cst.MatchAs):
        if pattern.pattern is not None and not _matches(it, pattern.pattern, subject, scope, node):
            return False
        if pattern.name is not None:
            assign(it, pattern.name, subject, scope, quiet=True)
        return True
    if isinstance(pattern, cst.MatchList | cst.MatchTuple):
        elements = pattern.patterns
        parts = refine.unpacked(it, subject, len(elements), [], False)
        if not isinstance(parts, list) or len(parts) != len(elements):
            return False
        return all(isinstance(e, cst.MatchSequenceElement) and _matches(it, e.value, part, scope, node)
                   for e, part in zip(elements, parts, strict=True))
    return it.guess_branch(node)


def _exception_names(node: cst.CSTNode) -> list[str]:
    return target_names(node)


def _kinds(kind: str, scope: Scope) -> set[str]:
    """The names under which an exception may be caught: its own and those of its bases."""
    found = {kind, "Exception", "BaseException"}
    home = scope.find(kind)
    made = home.names[kind] if home is not None else getattr(builtins, kind, None)
    if isinstance(made, Class):
        for cls in made.order():
            found.add(cls.name)
            for base in cls.bases:
                if isinstance(base, External):
                    found |= _kinds(base.name, scope)
    elif isinstance(made, type) and issubclass(made, BaseException):
        found |= {cls.__name__ for cls in made.__mro__}
    return found


def _function(it: Interpreter, node: cst.FunctionDef, scope: Scope) -> None:
    scope.names[node.name.value] = make_function(it, node, scope)


def make_function(it: Interpreter, node: cst.FunctionDef, scope: Scope, owner: Class | None = None) -> Any:
    """The value of a `def`."""
    kind, context = "function", False
    for decorator in node.decorators:
        names = target_names(decorator.decorator.func
                             if isinstance(decorator.decorator, cst.Call) else decorator.decorator)
        word = names[0] if names else ""
        if word in ("staticmethod", "classmethod"):
            kind = word.removesuffix("method")
        elif word in ("property", "cached_property"):
            kind = "property"
        elif word == "setter":
            kind = "setter"
        elif word == "contextmanager":
            context = True
    prefix = f"{owner.name}." if owner is not None else (f"{scope.function}." if scope.function else "")
    function = Function(node, scope, prefix + node.name.value, kind, owner)
    function.generator = (it.block is None or "yield" in it.block.text) and _yields(node)
    function.context = context and function.generator
    if it.block is not None:
        it.blocks[id(node)] = it.block
    from nablint.tracing.expressions import bind_defaults

    bind_defaults(it, function)
    if kind == "function" and node.decorators:
        _decorate(it, function, scope)
    return function


def _decorate(it: Interpreter, function: Function, scope: Scope) -> None:
    """Decorators that the source itself defines are called; the others (`jit`, `no_grad`) do not matter."""
    from nablint.tracing.calls import call

    value: Any = replace(function, decorated=None)
    assert isinstance(function.node, cst.FunctionDef)
    for decorator in reversed(function.node.decorators):
        named = decorator.decorator.func if isinstance(decorator.decorator, cst.Call) else decorator.decorator
        if (
            not isinstance(named, cst.Name)
            or (home := scope.find(named.value)) is None
            or not isinstance(home.names[named.value], Function)
        ):
            continue
        try:
            made = call(it, it.eval(decorator.decorator, scope), [value], {}, decorator)
        except (RaiseSignal, TooMuch, Restart):
            return
        if not isinstance(made, Function | Instance):
            return
        value = made
    function.decorated = value if not isinstance(value, Function) or value.node is not function.node else None


@lru_cache(maxsize=20_000)
def _yields(node: cst.FunctionDef) -> bool:
    stack: list[cst.CSTNode] = [node.body]
    while stack:
        part = stack.pop()
        if isinstance(part, cst.Yield):
            return True
        if not isinstance(part, cst.FunctionDef | cst.Lambda | cst.ClassDef):
            stack.extend(parts(part))
    return False


def _class(it: Interpreter, node: cst.ClassDef, scope: Scope) -> None:
    bases = [it.eval(arg.value, scope) for arg in node.bases if not arg.star]
    names: dict[str, Any] = {}
    cls = Class(node, node.name.value, names, bases, scope)
    cls.dataclass = any("dataclass" in target_names(d.decorator.func
                                                    if isinstance(d.decorator, cst.Call) else d.decorator)
                        for d in node.decorators)
    inner = Scope(names, scope, cls.name)
    for statement in node.body.body:
        if isinstance(statement, cst.FunctionDef):
            function = make_function(it, statement, scope, cls)
            if function.kind == "setter":
                names[f"{statement.name.value}.setter"] = function
            else:
                names[statement.name.value] = function
        else:
            execute(it, statement, inner)
    scope.names[cls.name] = cls


def _global(it: Interpreter, node: cst.Global | cst.Nonlocal, scope: Scope) -> None:
    for item in node.names:
        name = item.name.value
        found = scope.outer.find(name) if scope.outer is not None else None
        scope.outer_names[name] = it.scope if isinstance(node, cst.Global) else (found or it.scope)


def _delete(it: Interpreter, node: cst.Del, scope: Scope) -> None:
    targets = [e.value for e in node.target.elements] if isinstance(node.target, cst.Tuple) else [node.target]
    for target in targets:
        if isinstance(target, cst.Name):
            scope.names.pop(target.value, None)
        elif isinstance(target, cst.Attribute) and isinstance(owner := it.eval(target.value, scope), Instance):
            owner.names.pop(target.attr.value, None)
        elif isinstance(target, cst.Subscript):
            from nablint.tracing.expressions import subscript_key

            held, key = it.eval(target.value, scope), subscript_key(it, target, scope)
            if isinstance(held, dict | list):
                try:
                    del held[key]
                except (KeyError, IndexError) as error:
                    raise RaiseSignal(type(error).__name__) from None
                except TypeError:
                    pass


def _break(it: Interpreter, node: cst.CSTNode, scope: Scope) -> None:
    raise BreakSignal


def _continue(it: Interpreter, node: cst.CSTNode, scope: Scope) -> None:
    raise ContinueSignal


_SIMPLE: dict[type, Callable[..., None]] = {
    cst.Assign: _assign,
    cst.AnnAssign: _annotated,
    cst.AugAssign: _augmented,
    cst.Expr: _expression,
    cst.Return: _return,
    cst.Raise: _raise,
    cst.Assert: _assert,
    cst.Import: import_modules,
    cst.ImportFrom: import_from,
    cst.Global: _global,
    cst.Nonlocal: _global,
    cst.Del: _delete,
    cst.Break: _break,
    cst.Continue: _continue,
}
_COMPOUND: dict[type, Callable[..., None]] = {
    cst.If: _if,
    cst.For: _for,
    cst.While: _while,
    cst.With: _with,
    cst.Try: _try,
    cst.Match: _match,
    cst.FunctionDef: _function,
    cst.ClassDef: _class,
}
__all__ = ["External", "Misfit", "Step", "assign", "execute", "make_function", "set_attribute", "target_names"]
