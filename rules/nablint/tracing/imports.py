"""Imports: names of other modules become dotted names; files of the same project are read, never imported."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import libcst as cst

from nablint.tracing.values import (
    Deferred,
    External,
    Names,
    Scope,
    as_they_stand,
)

if TYPE_CHECKING:
    from nablint.tracing.interpreter import Interpreter

ALIASES = {
    "jax.numpy": "numpy",
    "autograd.numpy": "numpy",
    "cupy": "numpy",
    "mxnet.numpy": "numpy",
    "autograd.scipy": "scipy",
    "jax.scipy": "scipy",
    "chainer.backends.cuda.cupy": "numpy",
    "chainer.cuda.cupy": "numpy",
    "chainer.device.xp": "numpy",
    "opt_einsum.contract": "numpy.einsum",
}
"""Modules whose functions are numpy's by name and meaning, and functions that are numpy's under another name."""


def dotted(node: cst.CSTNode | None) -> str:
    """`a.b.c` of an attribute chain."""
    if isinstance(node, cst.Attribute):
        return f"{dotted(node.value)}.{node.attr.value}"
    return node.value if isinstance(node, cst.Name) else ""


@lru_cache(maxsize=8192)
def canonical(name: str) -> str:
    """The dotted name under which the dialects know it."""
    for module in ("builtins.", "past.builtins.", "six.moves.", "functools."):
        if name.startswith(module):
            return name[len(module) :]
    for alias, module in ALIASES.items():
        if name == alias or name.startswith(alias + "."):
            return module + name[len(alias) :]
    if name.startswith("chainer.functions."):  # each is exported under its own name, whichever file it stands in
        return "chainer.functions." + name.rpartition(".")[2]
    return name


OUTSIDE = frozenset({
    "numpy", "scipy", "torch", "matplotlib", "pandas", "sklearn", "os", "sys", "math", "random", "time", "json",
    "pickle", "copy", "typing", "collections", "functools", "itertools", "abc", "re", "warnings", "jax", "tensorflow",
    "keras", "tqdm", "logging", "dataclasses", "__future__", "builtins", "cupy", "contextlib", "argparse", "pathlib",
    "operator", "autograd", "six", "future", "past", "chainer", "chainermn", "chainerx"})
"""Packages that are no part of a project; they are not asked for."""
PROTOCOLS = frozenset({"chainer", "chainermn", "chainerx"})
"""Those whose protocol of functions with a forward and a backward is known (`protocols`)."""
WRITTEN_IN = ("chainer.functions", "chainer.utils.conv", "chainer.utils.conv_nd", "chainer.memory_layouts")
"""Parts of them that are written in that protocol, or below it: their own files read these, and not the engine."""


ATEN = "torch.ops.aten."


def operator_of(name: str, known: Mapping[str, object]) -> str:
    """The spelling of an operator of PyTorch's core: `torch.ops.aten.sum.dim_IntList` is `torch.sum`."""
    word = name.removeprefix(ATEN).split(".")[0]
    places = (ATEN, "torch.", "Tensor.", "torch.nn.functional.")
    return next((place + word for place in places if place + word in known), name)


def import_modules(it: Interpreter, node: cst.Import, scope: Scope) -> None:
    """`import a.b as c`."""
    for alias in node.names:
        name = dotted(alias.name)
        if alias.asname is not None and isinstance(alias.asname.name, cst.Name):
            scope.names[alias.asname.name.value] = _when_asked(it, scope, name, lambda n=name: it.module(canonical(n)))
        else:
            first = name.split(".")[0]
            scope.names[first] = _when_asked(it, scope, first, lambda n=first: it.module(n))


def import_from(it: Interpreter, node: cst.ImportFrom, scope: Scope) -> None:
    """`from a import b as c`; a star takes all names of a project file."""
    name = "." * len(node.relative) + dotted(node.module)
    if isinstance(node.names, cst.ImportStar):
        module: Any = it.module(canonical(name))
        if isinstance(module, External):
            it.stars.append(module.name)
        else:
            scope.names.update({k: v for k, v in as_they_stand(module.names).items() if not k.startswith("_")})
        return
    for alias in node.names:
        imported = dotted(alias.name)
        bound = (
            alias.asname.name.value
            if alias.asname is not None and isinstance(alias.asname.name, cst.Name)
            else imported
        )
        scope.names[bound] = _when_asked(it, scope, name, lambda n=imported: _imported(it, name, n))


def _when_asked(it: Interpreter, scope: Scope, module: str, find: Callable[[], Any]) -> Any:
    """What an import binds: files of a project are read when somebody asks for what they define.

    A large package would else be read as a whole for the sake of every one of its files.
    """
    if it.resolve is None or not isinstance(scope.names, Names) or is_outside(it, module):
        return find()
    return Deferred(find)


def is_outside(it: Interpreter, module: str) -> bool:
    """Is a module one of a known package that the file itself is no part of?"""
    base: list[str] = getattr(it.resolve, "base", [])
    return stands_outside(module, base)


def stands_outside(module: str, base: list[str]) -> bool:
    """Is a module of a known package taken for what is known of it, seen from a module of the package `base[0]`?

    Its own files read its sources, but for one whose protocol of functions is known: that says more than its engine.
    """
    package = module.partition(".")[0]
    if package not in OUTSIDE:
        return False
    engine = package in PROTOCOLS and not any(f"{module}.".startswith(f"{part}.") for part in WRITTEN_IN)
    return engine or package not in base[:1]


def _imported(it: Interpreter, name: str, imported: str) -> Any:
    """`imported` of the module of this name."""
    module: Any = it.module(canonical(name))
    if isinstance(module, External):
        joined = f"{module.name}.{imported}" if module.name.strip(".") else f"{module.name}{imported}"
        return it.module(canonical(joined)) if module.name else External(imported)
    if (full := canonical(f"{module.name}.{imported}")) in it.spellings:
        within = it.module(f"{module.name}.{imported}") if full != f"{module.name}.{imported}" else None
        return External(full) if within is None or isinstance(within, External) else within  # known better than so
    if imported in module.names:
        return module.names[imported]
    return it.module(f"{name}.{imported}" if name.strip(".") else f"{name}{imported}")
