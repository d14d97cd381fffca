"""What loops over something outside of the source run over."""

from __future__ import annotations

import libcst as cst
from nablint.tracing.interpreter import Interpreter
from nablint.tracing.iteration import iterate
from nablint.tracing.values import Unknown
from nablint.tracing.world import Hypothesis, World


def test_a_loader_gives_the_same_in_every_epoch() -> None:
    it = Interpreter(World(Hypothesis()), is_gradient_name=lambda _: False)
    loader, other = cst.Name("loader"), cst.Name("loader")
    paths: list[str] = []
    for node in (loader, loader, other):
        it.world.tick()
        (item,) = iterate(it, Unknown("it is outside"), node, loop=True)
        paths.append(item.path)
        assert item.value is None
    assert paths[0] == paths[1] != paths[2]
