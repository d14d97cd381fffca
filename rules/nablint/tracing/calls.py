"""Calls: who is called with what, and which part of the tracer answers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import libcst as cst

from nablint.calculus.terms import Term
from nablint.reading.lazily import regex
from nablint.shapes import Size
from nablint.tracing import layers, refine
from nablint.tracing.assumed import assumed
from nablint.tracing.attributes import attribute
from nablint.tracing.builtin import BUILTINS
from nablint.tracing.builtin.methods import METHODS
from nablint.tracing.checked import checked
from nablint.tracing.documented import evidence_rank
from nablint.tracing.functions import arguments_fit, instantiate, is_node
from nablint.tracing.imports import ATEN, operator_of
from nablint.tracing.iteration import iterate
from nablint.tracing.made_sizes import is_whole
from nablint.tracing.operators import plain
from nablint.tracing.parameter_objects import is_parameter_class, parameter_object
from nablint.tracing.protocols import lent
from nablint.tracing.spellings import apply_spelling, kind_of, row_of
from nablint.tracing.stand_ins import stands_for
from nablint.tracing.subscripts import index, poison
from nablint.tracing.sure import MEASURES, reduced
from nablint.tracing.tables import OF_DATA, called, split
from nablint.tracing.values import (
    Array,
    Bound,
    Class,
    External,
    Function,
    Instance,
    Method,
    Native,
    Pending,
    PendingShape,
    Scope,
    Super,
    Unknown,
    is_tainted,
)

if TYPE_CHECKING:
    from nablint.tracing.interpreter import Interpreter


NOT_KNOWN = regex(r"is called, and what it does is not known|(?:^|\()[\w.$()@]+ is not known")
"""How it is said that what comes of a function is not known, because the function is not."""


def evaluate_call(it: Interpreter, node: cst.Call, scope: Scope) -> Any:
    """A call expression: the callee, the arguments, the call."""
    if type(node.func) is cst.Name and node.func.value == "super":
        return _super(scope)
    _axes_named(it, node, scope)
    callee = it.eval(node.func, scope)
    args: list[Any] = []
    keywords: dict[str, Any] = {}
    for arg in node.args:
        value = it.eval(arg.value, scope)
        if arg.star == "*":
            args.extend(iterate(it, value, node))
        elif arg.star == "**":
            if isinstance(value, dict):
                keywords.update({k: v for k, v in value.items() if isinstance(k, str)})
        elif arg.keyword is not None:
            keywords[arg.keyword.value] = value
        else:
            args.append(value)
    if args and isinstance(callee, Method) and callee.name == "append" and isinstance(callee.receiver, list):
        _kept_in_list(it, node, callee.receiver, args[0])
    if isinstance(callee, External) and checked(it, callee.name, args, node):
        return None
    result = _called_here(it, callee, args, keywords, node)
    if isinstance(result, Unknown | Pending) and isinstance(callee, External | Unknown | Pending):
        given = [*args, *keywords.values()]
        _written_to(it, node, callee, [*given, *_named_in(given, scope)])
    return result


def _named_in(values: list[Any], scope: Scope) -> list[Any]:
    """The locals that code in another language is told by their names: `inline(code, ["x", "out"])`."""
    names = {n for v in values if isinstance(v, list | tuple) for n in v if isinstance(n, str)}
    return [scope.names[n] for n in names & scope.names.keys()]


def _kept_in_list(it: Interpreter, node: cst.Call, items: list[Any], value: Any) -> None:
    """`self.W.append(np.random.randn(n, m))`: what a list keeps may be a parameter, and goes by the list's name."""
    from nablint.tracing.statements.assigning import keep_blanks, name_draws
    from nablint.tracing.statements.targets import last_name

    if not it.graph.tainting and isinstance(node.func, cst.Attribute):
        keep_blanks(value)
        if name := last_name(node.func.value):
            name_draws(it, value, f"{name}[{len(items)}]")


def _called_here(it: Interpreter, callee: Any, args: list[Any], keywords: dict[str, Any], node: cst.Call) -> Any:
    """The call; what does not fit in functions of other files that it leads to does not fit at this call."""
    if it.block is not None and it.block.outside:
        return call(it, callee, args, keywords, node)
    outer, it.calling = it.calling, node
    try:
        return call(it, callee, args, keywords, node)
    finally:
        it.calling = outer


_HARMLESS = regex(r"print|log|warn|check|assert|debug|info|init", re.IGNORECASE)


def _written_to(it: Interpreter, node: cst.Call, callee: Any, values: list[Any]) -> None:
    """What an unknown function may have written into is not known any more.

    A kernel that is launched (`kernel[grid](x, out)`), a collective, a call for its effect in PyTorch code may write
    into all its arrays, any other unknown function into buffers that were made to be written to.
    """
    name = callee.name if isinstance(callee, External) else callee.path if isinstance(callee, Pending) else ""
    if name in BUILTINS or name in it.spellings or _HARMLESS.search(name):
        return
    effect = it.step is not None and isinstance(it.step.node, cst.Expr) and it.step.node.value is node
    launched = isinstance(node.func, cst.Subscript) or name.startswith("torch.distributed.") or name.endswith("_")
    for value in values:
        if isinstance(value, Array) and (launched or (effect and value.dialect == "torch") or _is_buffer(value.term)):
            poison(it, value, Unknown(f"{name or 'an unknown function'} may write into it", True))


def _is_buffer(term: Term) -> bool:
    return term.card is None and not term.label and term.ndim > 0


def _axes_named(it: Interpreter, node: cst.Call, scope: Scope) -> None:
    """`x.transpose(0, 2, 1)` names every axis of `x`."""
    if (
        type(node.func) is cst.Attribute
        and node.func.attr.value in ("transpose", "permute")
        and isinstance(node.func.value, cst.Name)
    ):
        given = (
            node.args[0].value.elements
            if len(node.args) == 1 and isinstance(node.args[0].value, cst.Tuple | cst.List)
            else node.args
        )
        found = scope.find(node.func.value.value)
        value = found.names[node.func.value.value] if found is not None else None
        if (
            isinstance(value, Pending)
            and value.value is None
            and len(given) > 1
            and (not it.world.sure or _permutes(given))
            and node.func.value.value not in ("np", "torch")
        ):
            if evidence_rank(it, value) is None and not it.graph.tainting:
                refine.make_array(it, value, refine.free_shape(it, value, len(given)))


def _permutes(given: Any) -> bool:
    """Do the axes named amount to all of them?  PyTorch's `transpose` names two."""
    axes = [e.value.value for e in given if isinstance(e.value, cst.Integer)]
    return len(axes) > 2 and sorted(axes) == [str(k) for k in range(len(given))]


def _super(scope: Scope) -> Any:
    found = scope.find("$class")
    if found is None:
        return Unknown("super() outside a class")
    return Super(found.names["$class"], found.names.get("$self"))


def call(it: Interpreter, callee: Any, args: list[Any], keywords: dict[str, Any], node: cst.CSTNode | None) -> Any:
    """Call any value."""
    if isinstance(callee, Function):
        if callee.decorated is not None:
            return call(it, callee.decorated, args, keywords, node)
        return it.follow(callee, args, keywords, node)
    if isinstance(callee, Bound):
        return call(it, callee.function, [callee.receiver, *args], keywords, node)
    if isinstance(callee, Method):
        return _call_method_of_value(it, callee, args, keywords, node)
    if isinstance(callee, External | Class) and is_parameter_class(callee) and (
            held := parameter_object(it, args, keywords, row_of(it, node))) is not None:
        return held
    if isinstance(callee, External):
        return call_external(it, callee.name, args, keywords, node)
    if isinstance(callee, Native):
        return callee.call(*args, **keywords)
    if isinstance(callee, Class):
        return instantiate(it, callee, args, keywords, node)
    if isinstance(callee, Instance) and callee.cls is not None:
        if is_node(callee.cls) and not it.books:
            return call_method(it, callee, "forward", [plain(a) for a in args], node, keywords)
        if layers.is_layer(it, callee.cls):
            return _call_layer(it, callee, args, node, keywords)
        for name in ("__call__", "forward"):
            if callee.cls.lookup(name) or (name == "__call__" and lent(it, callee, name)) or (
                    name == "forward" and layers.inherited(it, callee.cls, name)):
                return call_method(it, callee, name, args, node, keywords)
    if isinstance(callee, Array | Instance) and not args and not keywords:
        return callee  # what a weak reference points to
    if isinstance(callee, Pending) and callee.value is None:
        if (value := stands_for(it, callee, args, keywords)) is not None:
            return value
        if callee.path.startswith(OF_DATA) and not any(map(is_tainted, [*args, *keywords.values()])):
            return Pending(f"{callee.path}()@{row_of(it, node)}", callee.hint)
        return it.unknown(f"{callee.path} is called, and what it does is not known", *args)
    return it.unknown("a call of something unknown", callee, *args)


def _call_layer(it: Interpreter, layer: Instance, args: list[Any], node: cst.CSTNode | None,
                keywords: dict[str, Any]) -> Any:
    """A layer of the library: what does not fit inside of it does not fit it."""
    outer, it.layer = it.layer, layer
    try:
        return call_method(it, layer, "forward", layers.receive(it, layer, args), node, keywords)
    finally:
        it.layer = outer


def call_method(it: Interpreter, receiver: Any, name: str, args: list[Any], node: cst.CSTNode | None,
                keywords: dict[str, Any] | None = None) -> Any:
    """A method of a traced object by name."""
    return call(it, attribute(it, receiver, name, node), args, keywords or {}, node)


def call_external(it: Interpreter, name: str, args: list[Any], keywords: dict[str, Any],
                  node: cst.CSTNode | None) -> Any:
    """A function outside the source."""
    if name in BUILTINS:
        return arguments_fit(it, name, BUILTINS[name], it, node, *args, **keywords)
    if name.startswith(ATEN):
        name = operator_of(name, it.spellings)
    if name == "numpy.dot" or name in ("torch.mm", "torch.matmul", "numpy.matmul"):
        args = refine.product_operands(it, args, batched=name.endswith("matmul"))
    if not keywords and (row := refine.sizes_in_a_row(it, name, args)) is not None:
        return row
    if name in METHODS_OF_MODULES and args and not isinstance(args[0], Array | Pending):
        return METHODS_OF_MODULES[name](it, args)
    spelling = it.spellings.get(name)
    if spelling is not None:
        return apply_spelling(it, name, spelling, args, keywords, node, receiver=None)
    if name in METHODS_OF_MODULES:
        return METHODS_OF_MODULES[name](it, args)
    if (cls := layers.layer(it, name)) is not None:
        return instantiate(it, cls, args, keywords, node)
    if it.world.sure and name.rpartition(".")[2] in ("issparse", "isspmatrix", "isspmatrix_csr", "isspmatrix_csc"):
        return False  # stand-ins are dense
    if name.endswith(("get_array_module", ".array_namespace")):
        return External("numpy")
    if name.endswith((".get_namespace", ".get_namespace_and_device")):
        return (External("numpy"), False, "cpu")[: 3 if name.endswith("device") else 2]
    if name.endswith("get_device_from_array"):
        return External("chainer.device")
    if name in GENERATORS:
        return External(f"{GENERATORS[name]}()")
    if (parts := split(name, len(args), row_of(it, node))) is not None:
        return parts
    if (value := assumed(it, name, args, keywords, node)) is not None:
        return value
    tainted = any(map(is_tainted, args)) or any(map(is_tainted, keywords.values()))
    holds = any(isinstance(v, Array | Unknown) for v in [*args, *keywords.values()])
    known = name.startswith(("numpy.", "torch.", "scipy.", "math.")) and (it.world.sure or name not in READERS)
    if not holds and not known:
        return Pending(f"{name}()@{row_of(it, node)}", name.split(".")[-1])
    return Unknown(f"{name} is not known", tainted or it.graph.tainting)


READERS = frozenset({
    "numpy.load", "numpy.loadtxt", "numpy.genfromtxt", "numpy.fromfile", "numpy.memmap", "torch.load",
    "scipy.io.loadmat"})
"""Functions of the libraries that give what a file holds, an input like others."""

GENERATORS = {
    "numpy.random.default_rng": "numpy.random.default_rng", "numpy.random.RandomState": "numpy.random.RandomState",
    "numpy.random.mtrand.RandomState": "numpy.random.RandomState", "numpy.random.Generator": "numpy.random.default_rng",
    "sklearn.utils.check_random_state": "numpy.random.RandomState",
    "torch.Generator": "torch.Generator", "torch.Generator().manual_seed": "torch.Generator",
}
"""Calls that give a generator of random numbers, whose methods the dialects know under `name().method`."""

METHODS_OF_MODULES: dict[str, Any] = {
    "copy.deepcopy": lambda it, args: refine.copied(args[0]),
    "copy.copy": lambda it, args: refine.shallow(args[0]),
    "random.shuffle": lambda it, args: None,  # whatever is shuffled: stand-ins have no order
    **{f"torch.nn.utils.{name}": lambda it, args: args[0] for name in (
        "weight_norm", "spectral_norm", "parametrizations.weight_norm", "parametrizations.spectral_norm")},
}


def _call_method_of_value(it: Interpreter, callee: Method, args: list[Any], keywords: dict[str, Any],
                          node: cst.CSTNode | None) -> Any:
    receiver, name = callee.receiver, callee.name
    if (table := called(callee, row_of(it, node))) is not None:
        return table
    if isinstance(receiver, int | float) and f"ndarray.{name}" in it.spellings:  # numpy's numbers have its methods
        receiver = Array(it.size_term(receiver) if isinstance(receiver, Size) else it.graph.constant(receiver))
    if isinstance(receiver, Pending) and receiver.value is None and name == "size":
        return index(it, PendingShape(receiver), args[0], node) if args else PendingShape(receiver)
    if isinstance(receiver, Pending):
        reduced(it, name, [receiver, *args], keywords)
        receiver = receiver.value
        if not isinstance(receiver, Array):
            return it.unknown(f"nothing tells the shape of {callee.receiver.hint}", *args)
    if isinstance(receiver, Array) and name in MEASURES and it.layer is None and it.is_open(receiver.term):
        first = name == "size" and bool(args) and args[0] == 0 and receiver.term.ndim > 0
        return receiver.term.shape[0] if first else it.unknown("how many axes an input has")
    if isinstance(receiver, Array) and name == "is_integer" and not receiver.term.ndim:
        return is_whole(it, receiver.term)
    if isinstance(receiver, Array):
        if name in ("dot", "matmul", "mm") and args:
            args = refine.product_operands(it, [receiver, *args], batched=name == "matmul")[1:]
        kind = "Tensor" if receiver.dialect == "torch" or not {"dim", "keepdim"}.isdisjoint(keywords) else "ndarray"
        spelling = it.spellings.get(f"{kind}.{name}") or it.spellings.get(
            f"{'ndarray' if kind == 'Tensor' else 'Tensor'}.{name}"
        )
        if spelling is None:
            return it.unknown(f"the array method {name} is not known", receiver, *args)
        return apply_spelling(it, f"{kind}.{name}", spelling, [receiver, *args], keywords, node, receiver=receiver)
    if isinstance(receiver, tuple) and name in ("_replace", "_asdict") and hasattr(receiver, "_fields"):
        return getattr(receiver, name)(**keywords)
    method = METHODS.get((kind_of(receiver), name))
    if method is None:
        return it.unknown(f"the method {name} of a {type(receiver).__name__}", *args)
    return arguments_fit(it, name, method, it, receiver, *args, **keywords)
