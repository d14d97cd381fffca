"""Shapes and kinds from annotations.

Read are jaxtyping (`Float[Array, "b 3 *d"]`), torchtyping (`TensorType["b", 3]`), nptyping (`NDArray[Shape["N, 3"],
Float]`), numpy's own (`np.ndarray[tuple[int, Literal[3]], ...]`, `npt.NDArray[np.float64]`), `Annotated[np.ndarray,
"N D"]`, lists of sizes (`Tensor[[B, D]]`), and the plain types.  An annotation is parsed, never evaluated.
"""

from __future__ import annotations

import ast
from dataclasses import replace

from nablint.reading.annotation_dims import from_literals, from_shape_text, from_sizes, from_tokens, from_tuple_type
from nablint.reading.dimensions import looks_like_shape
from nablint.reading.evidence import DimSpec, Elements, Kind, ShapeEvidence

_SCALARS: dict[str, Kind] = {
    "int": "int", "float": "float", "bool": "bool", "str": "str", "complex": "float", "SupportsFloat": "float",
    "SupportsInt": "int", "integer": "int", "floating": "float", "Number": "float", "Real": "float", "Integral": "int",
    "int8": "int", "int16": "int", "int32": "int", "int64": "int", "intp": "int", "uint8": "int", "bool_": "bool",
    "float16": "float", "float32": "float", "float64": "float", "double": "float", "longdouble": "float",
}
_CONTAINERS: dict[str, Kind] = {
    "list": "list", "List": "list", "Sequence": "list", "MutableSequence": "list", "Iterable": "list",
    "Collection": "list", "Iterator": "list", "deque": "list", "ModuleList": "list", "ParameterList": "list",
    "tuple": "tuple", "Tuple": "tuple", "dict": "dict", "Dict": "dict", "Mapping": "dict", "MutableMapping": "dict",
    "DefaultDict": "dict", "defaultdict": "dict", "OrderedDict": "dict", "Callable": "function",
}
_ARRAYS: dict[str, Elements | None] = {
    "ndarray": None, "NDArray": None, "Tensor": None, "Array": None, "ArrayLike": None, "matrix": None,
    "Parameter": None,
    "FloatTensor": "float", "DoubleTensor": "float", "LongTensor": "int", "IntTensor": "int", "BoolTensor": "bool",
    "TensorType": None, "TensorLike": None, "JaxArray": None, "FloatArray": "float", "IntArray": "int",
}
_JAXTYPING: dict[str, Elements | None] = {
    "Shaped": None, "Num": None, "Inexact": None, "Real": None,
    "Float": "float", "Float16": "float", "BFloat16": "float", "Float32": "float", "Float64": "float",
    "Int": "int", "Integer": "int", "Int8": "int", "Int16": "int", "Int32": "int", "Int64": "int",
    "UInt": "int", "UInt8": "int", "UInt16": "int", "UInt32": "int", "UInt64": "int",
    "Bool": "bool", "Complex": "complex", "Complex64": "complex", "Complex128": "complex",
}
_DTYPES: dict[str, Elements] = {
    "float": "float", "double": "float", "uint": "int", "int": "int", "bool": "bool", "complex": "complex",
}
_NO_SHAPE_IN = frozenset(("Optional", "Final", "ClassVar", "Required", "NotRequired", "InitVar", "ReadOnly"))


def annotation_evidence(annotation_text: str) -> ShapeEvidence | None:
    """What an annotation, given as its source text, says; None where it says nothing that can be used."""
    try:
        node = ast.parse(annotation_text.strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return None
    found = _read(node, 0)
    return found if found is not None and found.says_something else None


def _read(node: ast.expr, depth: int) -> ShapeEvidence | None:
    if depth > 8:
        return None
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        try:
            return _read(ast.parse(node.value.strip(), mode="eval").body, depth + 1)
        except (SyntaxError, ValueError):
            return None
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return _either([node.left, node.right], depth)
    if isinstance(node, (ast.Name, ast.Attribute)):
        return _plain(_last_name(node))
    if isinstance(node, ast.Subscript):
        return _subscript(_last_name(node.value), node.slice, depth)
    return None


def _plain(name: str) -> ShapeEvidence | None:
    if name in _SCALARS:
        kind = _SCALARS[name]
        return _evidence(kind, None if kind == "str" else ())
    if name in _CONTAINERS:
        return _evidence(_CONTAINERS[name], None)
    return _evidence("array", None, _ARRAYS[name]) if name in _ARRAYS else None


def _subscript(name: str, inside: ast.expr, depth: int) -> ShapeEvidence | None:
    items = inside.elts if isinstance(inside, ast.Tuple) else [inside]
    if name in _NO_SHAPE_IN and len(items) == 1:
        return _read(items[0], depth + 1)
    if name == "Union":
        return _either(items, depth)
    if name == "Annotated":
        return _annotated(items, depth)
    if name == "Literal":
        kinds = {type(i.value).__name__ if isinstance(i, ast.Constant) else "" for i in items}
        return _plain(kinds.pop()) if len(kinds) == 1 else None
    if name in _JAXTYPING:
        return _jaxtyping(name, items)
    if name in _CONTAINERS:
        return _container(_CONTAINERS[name], items, depth)
    return _array(name, items) if name in _ARRAYS else None


def _jaxtyping(name: str, items: list[ast.expr]) -> ShapeEvidence | None:
    """`Float[Array, "b d"]`, and the form without an array type, `Float["b d"]`."""
    last = items[-1]
    if len(items) > 2 or not isinstance(last, ast.Constant) or not isinstance(last.value, str):
        return None
    return _evidence("array", from_tokens(last.value), _JAXTYPING[name])


def _array(name: str, items: list[ast.expr]) -> ShapeEvidence | None:
    first = items[0]
    elements: Elements | None = _ARRAYS[name]
    for item in items:
        elements = elements or _dtype(item)
    dims: tuple[DimSpec, ...] | None = None
    if name == "TensorType":
        dims = from_sizes([i for i in items if _dtype(i) is None and _last_name(i) not in ("float", "int", "bool")])
    elif isinstance(first, ast.Subscript) and _last_name(first.value) in ("tuple", "Tuple"):
        dims = from_tuple_type(first.slice)
    elif isinstance(first, ast.Subscript) and _last_name(first.value) == "Shape":
        dims = from_shape_text(first.slice)
    elif isinstance(first, (ast.List, ast.Tuple)):
        dims = from_sizes(first.elts)
    elif isinstance(first, ast.Constant) and isinstance(first.value, str):
        dims = _spoken(first.value)
    return _evidence("array", dims, elements)


def _annotated(items: list[ast.expr], depth: int) -> ShapeEvidence | None:
    """`Annotated[T, ...]`: T, with the shape that a string, a tuple of literals or a call `Shape(...)` adds."""
    found = _read(items[0], depth + 1)
    if found is None or found.kind != "array" or found.dims is not None:
        return found
    for extra in items[1:]:
        dims: tuple[DimSpec, ...] | None = None
        if isinstance(extra, ast.Constant) and isinstance(extra.value, str):
            dims = _spoken(extra.value)
        elif isinstance(extra, ast.Subscript) and _last_name(extra.value) == "Literal":
            dims = from_literals(extra.slice)
        elif isinstance(extra, (ast.Tuple, ast.List)):
            dims = from_sizes(extra.elts)
        elif isinstance(extra, ast.Call) and "shape" in _last_name(extra.func).lower():
            sizes = extra.args[0].elts if len(extra.args) == 1 and isinstance(extra.args[0], ast.Tuple) else extra.args
            dims = from_sizes(sizes)
        if dims is not None:
            return replace(found, dims=dims)
    return found


def _spoken(text: str) -> tuple[DimSpec, ...] | None:
    """A string that is a shape: `B T C`, `N, D`, `(N, D)`; a remark is none."""
    text = text.strip().removeprefix("shape").lstrip(" :=")
    if text[:1] in "([" and text[-1:] in ")]":
        text = text[1:-1]
    dims = from_tokens(text.replace(",", " "))
    if not dims or not looks_like_shape(dims):
        return None
    return dims if len(dims) > 1 or text.isupper() else None


def _container(kind: Kind, items: list[ast.expr], depth: int) -> ShapeEvidence:
    if kind in ("dict", "function"):
        return _evidence(kind, None)
    read = [_read(i, depth + 1) or ShapeEvidence("", None, "unknown", "annotation") for i in items
            if not (isinstance(i, ast.Constant) and i.value is ...)]
    return replace(_evidence(kind, None), parts=tuple(read))


def _either(items: list[ast.expr], depth: int) -> ShapeEvidence | None:
    """A union: what is left without None, if that agrees."""
    kept = [i for i in items if not (isinstance(i, ast.Constant) and i.value is None)]
    read = [r for i in kept if (r := _read(i, depth + 1)) is not None]
    if not read or len(read) < len(kept):
        return None
    first = next(iter(read))
    if any(r.kind != first.kind for r in read):
        return None
    scalars = all(r.dims is not None and len(r.dims) == 0 for r in read)
    return first if all(r == first for r in read) else _evidence(first.kind, () if scalars else None)


def _dtype(node: ast.expr) -> Elements | None:
    """The kind of number in `np.float64`, `Float`, `np.dtype[np.int64]`; None for what is not one."""
    if isinstance(node, ast.Subscript) and _last_name(node.value) == "dtype":
        return _dtype(node.slice)
    name = _last_name(node).rstrip("_").lower()
    return next((elements for word, elements in _DTYPES.items() if name.startswith(word)), None)


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else ""


def _evidence(kind: Kind, dims: tuple[DimSpec, ...] | None, elements: Elements | None = None) -> ShapeEvidence:
    return ShapeEvidence("", dims, kind, "annotation", elements=elements)
