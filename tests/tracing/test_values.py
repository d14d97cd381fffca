"""Values of traced code: objects as text, by their names and not all that they hold; what is not known."""

from __future__ import annotations

import libcst as cst
import numpy as np
from nablint.shapes import Size
from nablint.tracing.interpreter import Interpreter
from nablint.tracing.subscripts import poison
from nablint.tracing.values import Array, Class, Instance, Scope, Unknown
from nablint.tracing.world import Hypothesis, World


def test_objects_that_hold_each_other_are_shown_by_their_names() -> None:
    names = Scope({}, function="tree")
    kind = Class(cst.ClassDef(cst.Name("Node"), cst.IndentedBlock([])), "Node", {}, [], names)
    node = Instance(kind, {}, "root")
    for _ in range(60):  # shown in full, the last would hold the first 2 ** 60 times
        node = Instance(kind, {"left": node, "right": node}, "root")
    assert len(repr(node)) < 200
    assert "Node" in repr(node)
    assert "root" in repr(node)


def test_what_is_not_known_takes_no_memory() -> None:
    """A loop that writes what nobody knows into an array makes one of these at each turn."""
    it = Interpreter(World(Hypothesis()), is_gradient_name=lambda _: False)
    array = Array(it.graph.leaf("x", np.ones((300, 40)), (Size(300), Size(40))))
    poison(it, array, Unknown("an input from outside"))
    assert array.term.sample.shape == (300, 40)
    assert np.isnan(array.term.sample).all()
    assert array.term.sample.strides == (0, 0)
