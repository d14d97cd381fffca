"""Imports: names of other modules become dotted names; files of the same project are read, never imported."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import libcst as cst

from nablint.tracing.values import External, Scope

if TYPE_CHECKING:
    from nablint.tracing.interpreter import Interpreter

ALIASES = {
    "jax.numpy": "numpy",
    "autograd.numpy": "numpy",
    "cupy": "numpy",
    "mxnet.numpy": "numpy",
    "autograd.scipy": "scipy",
    "jax.scipy": "scipy",
    "common.np": "numpy",
    "chainer.backends.cuda.cupy": "numpy",
    "chainer.cuda.cupy": "numpy",
    "chainer.device.xp": "numpy",
}
"""Modules whose functions are numpy's by name and meaning."""


def dotted(node: cst.CSTNode | None) -> str:
    """`a.b.c` of an attribute chain."""
    if isinstance(node, cst.Attribute):
        return f"{dotted(node.value)}.{node.attr.value}"
    return node.value if isinstance(node, cst.Name) else ""


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


def import_modules(it: Interpreter, node: cst.Import, scope: Scope) -> None:
    """`import a.b as c`."""
    for alias in node.names:
        name = dotted(alias.name)
        if alias.asname is not None and isinstance(alias.asname.name, cst.Name):
            scope.names[alias.asname.name.value] = it.module(canonical(name))
        else:
            first = name.split(".")[0]
            scope.names[first] = it.module(first)


def import_from(it: Interpreter, node: cst.ImportFrom, scope: Scope) -> None:
    """`from a import b as c`; a star takes all names of a project file."""
    name = "." * len(node.relative) + dotted(node.module)
    module: Any = it.module(canonical(name))
    if isinstance(node.names, cst.ImportStar):
        if isinstance(module, External):
            it.stars.append(module.name)
        else:
            scope.names.update({k: v for k, v in module.names.items() if not k.startswith("_")})
        return
    for alias in node.names:
        imported = dotted(alias.name)
        bound = (
            alias.asname.name.value
            if alias.asname is not None and isinstance(alias.asname.name, cst.Name)
            else imported
        )
        if isinstance(module, External):
            joined = f"{module.name}.{imported}" if module.name.strip(".") else f"{module.name}{imported}"
            scope.names[bound] = it.module(canonical(joined)) if module.name else External(imported)
        elif imported in module.names:
            scope.names[bound] = module.names[imported]
        else:
            scope.names[bound] = it.module(f"{name}.{imported}" if name.strip(".") else f"{name}{imported}")
