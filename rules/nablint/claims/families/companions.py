"""Companions: functions of several arguments of which one is said to be the derivative, or the adjoint, of the other.

Said by a call (`minimize(f, x0, jac=g)`), by a protocol (`_matvec` and `_rmatvec`), or by names (`cost` and `gradient`,
`loglike` and `score`).  A name alone is weak: of functions paired by their names only those are judged that take the
same arguments.  Functions of one argument are in `derivatives`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import chain

import libcst as cst

from nablint.claims import names
from nablint.claims.families.companion_runs import adjoint, derivative, together
from nablint.claims.model import Unit
from nablint.claims.partners import parameter_names
from nablint.reading.lazily import regex
from nablint.reading.nodes import below
from nablint.tracing.values import Class, Function

MINIMISERS = frozenset({"minimize", "fmin_bfgs", "fmin_cg", "fmin_ncg", "fmin_l_bfgs_b", "fmin_tnc", "basinhopping",
                        "fmin_slsqp", "check_grad", "shgo", "dual_annealing"})
_MARK = regex(r"^(?:d_?|grad_?(?:of_?)?|gradient_?(?:of_?)?|deriv_?|derivative_?(?:of_?)?|jac_?)(?P<a>\w+)$|"
              r"^(?P<b>\w+?)_?(?:prime|grad|gradient|deriv|derivative|der|jac|fprime)$", re.I)
METHODS = (("loglike", "score"), ("objective", "gradient"), ("cost", "gradient"), ("cost", "grad"),
           ("loss", "gradient"), ("loss", "grad"), ("f", "df"), ("f", "fprime"), ("fun", "grad"), ("fun", "jac"),
           ("func", "grad"), ("evaluate", "deriv"), ("evaluate", "derivative"), ("fn", "grad"))
"""Methods of one class of which the second is the first's derivative by the words of their field."""
FUNCTIONS = (("cost", "gradient"), ("costfunction", "gradient"), ("compute_cost", "compute_gradient"),
             ("loss", "gradient"), ("objective", "gradient"), ("f", "df"), ("f", "fprime"), ("f", "grad"),
             ("func", "grad"), ("fun", "jac"), ("loss", "grad"), ("cost", "grad"), ("rosen", "rosen_der"),
             ("loss_function", "gradient"), ("cost_function", "gradient"))
_DERIVED = frozenset({"grad", "gradient", "gradients", "deriv", "derivative", "jac", "score"})
_VALUES = ("loss", "cost", "objective", "obj", "value", "func", "fun", "energy", "error", "penalty", "likelihood",
           "loglik", "nll")
"""Words of which one stands in a function's name where its gradient's has the other: `huber_loss`, `huber_grad`."""
ADJOINTS = (("_matvec", "_rmatvec"), ("matvec", "rmatvec"), ("_matmat", "_rmatmat"))


def companion_units(functions: Mapping[str, Function], classes: list[Class], statements: list[cst.CSTNode],
                     taken: set[str]) -> Iterator[Unit]:
    """Units of a module's functions and classes; those that other units judge are left to them."""
    for name, f in _with_gradient(functions, statements):
        if name not in taken:
            yield Unit(name, "function", lambda it, f=f: together(it, f), (name,))
    said = dict(_said_by_calls(functions, statements))
    for name, (f, g) in said.items():
        if name not in taken:
            yield Unit(name, "derivative", lambda it, f=f, g=g: derivative(it, f, g, formal=True), (f.name, g.name))
    lower = {n.lower(): n for n in functions}
    for name, g in functions.items():
        f = functions.get(_original(name, functions, lower))
        if f is not None and name not in said and name not in taken and _comparable(f, g):
            yield Unit(name, "derivative", lambda it, f=f, g=g: derivative(it, f, g), (f.name, g.name))
    for cls in classes:
        yield from _of_class(cls, taken)


def _of_class(cls: Class, taken: set[str]) -> Iterator[Unit]:
    members = {k: v for part in reversed(cls.order()) for k, v in part.names.items() if isinstance(v, Function)}
    own = [v for v in cls.names.values() if isinstance(v, Function)]
    for ahead, back in METHODS:
        f, g = members.get(ahead), members.get(back)
        if f is not None and g is not None and g.name not in taken and (f in own or g in own) and _comparable(f, g):
            taken.add(g.name)
            yield Unit(g.name, "derivative", lambda it, f=f, g=g: derivative(it, f, g, cls), (f.name, g.name))
    for ahead, back in ADJOINTS:
        f, g = members.get(ahead), members.get(back)
        if f is not None and g is not None and (f in own or g in own) and _plain(f) and _plain(g):
            yield Unit(g.name, "adjoint", lambda it, f=f, g=g: adjoint(it, f, g, cls), (f.name, g.name))


def _original(name: str, functions: Mapping[str, Function], lower: Mapping[str, str]) -> str:
    """The name of the function whose derivative one of this name is; "" where there is none.

    lower: the functions' names by themselves in lower case.
    """
    for ahead, back in FUNCTIONS:
        if name.lower() == back and ahead in lower:
            return lower[ahead]
    match = _MARK.match(name)
    word = (match["a"] or match["b"] or "").strip("_") if match else ""
    if word in functions and word != name:
        return word
    words = name.lower().split("_")
    alike = ("_".join([*words[:i], value, *words[i + 1:]]) for i, w in enumerate(words) if w in _DERIVED
             for value in _VALUES)
    return next((lower[n] for n in alike if n in lower), "") if len(words) > 1 else ""


def _comparable(f: Function, g: Function) -> bool:
    """Do both take the same arguments, as far as the derivative needs them, and do nothing else than compute?"""
    if not (_plain(f) and _plain(g)) or names.is_backward(g.name.rpartition(".")[2]):
        return False
    ours, theirs = _needed(f), _needed(g)
    least = 1 if f.owner is not None else 2  # what an object keeps counts as further arguments
    return len(ours) >= least and len(theirs) >= least and set(theirs) <= set(_all(f))


def _all(function: Function) -> list[str]:
    assert isinstance(function.node, cst.FunctionDef)
    found = list(parameter_names(function.node))
    return found[1:] if function.owner is not None and function.kind != "static" else found


def _needed(function: Function) -> list[str]:
    params = [*function.node.params.posonly_params, *function.node.params.params]
    required = {p.name.value for p in params if p.default is None}
    return [n for n in _all(function) if n in required]


def _plain(function: Function) -> bool:
    """No decorator that may change what the function takes or gives, and no arguments without a name that it uses."""
    node = function.node
    if not isinstance(node, cst.FunctionDef) or isinstance(node.params.star_arg, cst.Param):
        return False
    further = node.params.star_kwarg
    if further is not None and any(isinstance(p, cst.Name) and p.value == further.name.value for p in below(node.body)):
        return False
    known = ("staticmethod", "classmethod", "jit", "njit", "vectorize", "abstractmethod", "override")
    return all(cst.Module([]).code_for_node(d.decorator).partition("(")[0].rpartition(".")[2] in known
               for d in node.decorators)


# -- said by calls -----------------------------------------------------------------------------------------------------


def _said_by_calls(functions: Mapping[str, Function], statements: list[cst.CSTNode]
                   ) -> Iterator[tuple[str, tuple[Function, Function]]]:
    """`minimize(f, x0, jac=g)` and its older sisters, with functions of the module."""
    for node in chain.from_iterable(map(_calls, statements)):
        given = {a.keyword.value: a.value for a in node.args if a.keyword is not None}
        plain = [a.value for a in node.args if a.keyword is None and not a.star]
        f = plain[0] if plain else given.get("fun") or given.get("f") or given.get("func")
        g = given.get("jac") or given.get("fprime")
        word = node.func.attr.value if isinstance(node.func, cst.Attribute) else ""
        word = node.func.value if isinstance(node.func, cst.Name) else word
        if word == "check_grad" and len(plain) > 1:
            g = plain[1]
        elif g is None and word.startswith("fmin_") and word != "fmin_slsqp" and len(plain) > 2:
            g = plain[2]
        if isinstance(f, cst.Name) and isinstance(g, cst.Name):
            one, other = functions.get(f.value), functions.get(g.value)
            if one is not None and other is not None and one is not other and _plain(one) and _plain(other):
                yield other.name, (one, other)


def _with_gradient(functions: Mapping[str, Function], statements: list[cst.CSTNode]
                   ) -> Iterator[tuple[str, Function]]:
    """`minimize(f, x0, jac=True)`, and `fmin_l_bfgs_b(f, x0)`: what f returns is its value and its gradient."""
    for node in chain.from_iterable(map(_calls, statements)):
        given = {a.keyword.value: a.value for a in node.args if a.keyword is not None}
        plain = [a.value for a in node.args if a.keyword is None and not a.star]
        word = node.func.attr if isinstance(node.func, cst.Attribute) else node.func
        says = given.get("jac")
        alone = (isinstance(word, cst.Name) and word.value in ("fmin_l_bfgs_b", "fmin_tnc") and len(plain) < 3
                 and "fprime" not in given and "approx_grad" not in given)
        f = plain[0] if plain else given.get("fun") or given.get("func")
        if isinstance(f, cst.Name) and (alone or (isinstance(says, cst.Name) and says.value == "True")):
            found = functions.get(f.value)
            if found is not None and _plain(found):
                yield f.value, found


@lru_cache(maxsize=8192)
def _calls(statement: cst.CSTNode) -> tuple[cst.Call, ...]:
    """The calls of a minimiser in a statement."""
    found: list[cst.Call] = []
    for node in below(statement):
        if isinstance(node, cst.Call):
            word = node.func.attr if isinstance(node.func, cst.Attribute) else node.func
            if isinstance(word, cst.Name) and word.value in MINIMISERS:
                found.append(node)
    return tuple(found)
