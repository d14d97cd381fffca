"""The places of nodes are those that libcst's own metadata gives."""

from __future__ import annotations

import libcst as cst
import pytest
import slips
from libcst.metadata import MetadataWrapper, PositionProvider
from nablint.reading.nodes import below
from nablint.reading.places import spans

ODD = '''"""A string
over lines."""
@made(  # why
    1,
)
async def f(a, /, b: int = 2, *rest, **more) -> int:
    if (a
            and b):  # both
        return (((a)))
    else:
        x = [i for i in rest if i]; y = {**more, "é": lambda: 0}

    del (x[1:, ...])
'''


@pytest.mark.parametrize("name", ["odd", *sorted(path.stem for path in slips.HERE.glob("*.py"))[:4]])
def test_every_node_stands_where_libcst_says(name: str) -> None:
    module = cst.parse_module(ODD if name == "odd" else (slips.HERE / f"{name}.py").read_text("utf8"))
    wanted = MetadataWrapper(module, unsafe_skip_copy=True).resolve(PositionProvider)
    found = spans(module)
    nodes = [n for n in below(module)[1:] if n in wanted]  # the end of the text itself is a matter of taste
    assert len(nodes) > 40
    for node in nodes:
        at = wanted[node]
        start, end = found[id(node)]
        assert (start.row, start.column - 1, end.row, end.column - 1) == (
            at.start.line, at.start.column, at.end.line, at.end.column), node
