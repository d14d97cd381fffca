"""Objects of traced code as text: their names, not all that they hold."""

from __future__ import annotations

import libcst as cst
from nablint.tracing.values import Class, Instance, Scope


def test_objects_that_hold_each_other_are_shown_by_their_names() -> None:
    names = Scope({}, function="tree")
    kind = Class(cst.ClassDef(cst.Name("Node"), cst.IndentedBlock([])), "Node", {}, [], names)
    node = Instance(kind, {}, "root")
    for _ in range(60):  # shown in full, the last would hold the first 2 ** 60 times
        node = Instance(kind, {"left": node, "right": node}, "root")
    assert len(repr(node)) < 200
    assert "Node" in repr(node)
    assert "root" in repr(node)
