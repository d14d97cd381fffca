"""Annotations in the notations of the typing libraries, and what each says."""

from __future__ import annotations

import pytest
from nablint.reading.annotations import annotation_evidence

SHAPES = [
    ('Float[Array, "batch 3 *dims"]', "(batch, 3, *dims)"),
    ('Float[Tensor, "... d"]', "(..., d)"),
    ('Float[np.ndarray, "#b n-1"]', "(_, n - 1)"),
    ('jaxtyping.Float32[torch.Tensor, "rows=4 cols"]', "(4, cols)"),
    ("Float['B L D']", "(B, L, D)"),
    ('Int[Array, ""]', "()"),
    ('Bool[Array, "_ t"]', "(_, t)"),
    ('Float[Array, "*#batch d"]', "(..., d)"),
    ('Float[Array, "{self.size} d"]', "(_, d)"),
    ('"Float[Array, \'b c\']"', "(b, c)"),
    ('Optional[Float[Tensor, "b d"]]', "(b, d)"),
    ('Float[Tensor, "b d"] | None', "(b, d)"),
    ('TensorType["batch", "dim"]', "(batch, dim)"),
    ('TensorType["batch", 3, float]', "(batch, 3)"),
    ('TensorType[-1, 4, torch.float32]', "(_, 4)"),
    ('TensorType["b": ..., "h": 5]', "(b, 5)"),
    ('NDArray[Shape["2, *"], Float]', "(2, _)"),
    ('NDArray[Shape["N rows, D cols"], Int]', "(N, D)"),
    ('NDArray[Shape["*, [x, y, z]"], Any]', "(_, 3)"),
    ('NDArray[(3, Any), float]', "(3, _)"),
    ('np.ndarray[tuple[Literal[3], int], np.dtype[np.float64]]', "(3, _)"),
    ('np.ndarray[tuple[int], np.dtype[np.float64]]', "(_,)"),
    ('np.ndarray[tuple[N, D], np.dtype[np.float64]]', "(N, D)"),
    ('Annotated[np.ndarray, "N D"]', "(N, D)"),
    ('Annotated[torch.Tensor, "(B, T, C)"]', "(B, T, C)"),
    ('Annotated[npt.NDArray[D], Literal["N", "N", 3]]', "(_, _, 3)"),
    ('Annotated[npt.NDArray[D], Literal["M", 2]]', "(M, 2)"),
    ('Annotated[np.ndarray, ("N", 3)]', "(N, 3)"),
    ('Annotated[np.ndarray, Shape("N", "D")]', "(N, D)"),
    ("Tensor[[B, D]]", "(B, D)"),
    ("Tensor[[B, 2 * D]]", "(B, 2 * D)"),
    ("torch.Tensor", "array"),
    ("np.ndarray", "array"),
    ("npt.NDArray[np.float64]", "array"),
    ("np.ndarray[tuple[int, ...], np.dtype[np.float64]]", "array"),
    ("np.ndarray[Any, np.dtype[np.float64]]", "array"),
    ('Annotated[np.ndarray, "the learning signal"]', "array"),
    ('Union[Float[Tensor, "b d"], Float[Tensor, "b c d"]]', "array"),
    ("int", "()"),
    ("np.float32", "()"),
    ("Literal[1, 2]", "()"),
]

KINDS = [
    ("float | None", "float"), ("Optional[int]", "int"), ("bool", "bool"), ("'str'", "str"),
    ("Literal['relu', 'tanh']", "str"),
    ("List[np.ndarray]", "list"), ("list[int]", "list"), ("Tuple[np.ndarray, int]", "tuple"),
    ("dict[str, Tensor]", "dict"),
    ("Callable[[np.ndarray], float]", "function"), ("collections.abc.Sequence[float]", "list"),
]

SILENT = [
    "float | np.ndarray", "Union[int, str]", "Any", "T", "MyClass", "Module[[B, D]]", "", "x +", "lambda: 0", "None",
    "Literal[1, 'a']",
    "Optional['nope nope']",
]


@pytest.mark.parametrize(("text", "shape"), SHAPES, ids=[row[0] for row in SHAPES])
def test_shape(text: str, shape: str) -> None:
    found = annotation_evidence(text)
    assert found is not None
    assert found.show() == shape


@pytest.mark.parametrize(("text", "kind"), KINDS, ids=[row[0] for row in KINDS])
def test_kind(text: str, kind: str) -> None:
    found = annotation_evidence(text)
    assert found is not None
    assert found.kind == kind


@pytest.mark.parametrize("text", SILENT)
def test_silent(text: str) -> None:
    assert annotation_evidence(text) is None


@pytest.mark.parametrize(("text", "elements"), [
    ('Int[Array, "n"]', "int"), ('Bool[Array, "n"]', "bool"), ("npt.NDArray[np.int64]", "int"),
    ("torch.LongTensor", "int"), ("np.ndarray", None), ("np.ndarray[Any, np.dtype[np.float32]]", "float"),
    ("npt.NDArray[np.bool_]", "bool"),
])
def test_elements(text: str, elements: str | None) -> None:
    found = annotation_evidence(text)
    assert found is not None
    assert found.elements == elements


def test_parts_of_containers() -> None:
    found = annotation_evidence('tuple[Float[Tensor, "b d"], int, Foo]')
    assert found is not None
    assert [p.show() for p in found.parts] == ["(b, d)", "()", "unknown"]
    items = annotation_evidence("list[np.ndarray]")
    assert items is not None
    assert [p.kind for p in items.parts] == ["array"]
