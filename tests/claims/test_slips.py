"""The case files: right code stays without a finding, and slips are found and mended at least as often as they were.

Every case is run in parts of every so many rows of its table, so that the whole takes minutes; `mutation/run_slips.py`
runs them all.  The ratchet says how many of the slips run here were found on their line, and how many of these the fix
repaired, when it was last measured.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np
import pytest
import slips
from mutation.run_slips import verdict
from nablint.analysis import analyse
from nablint.results import FileResult

SLIPS_EVERY = 4
RIGHT_EVERY = 2

RATCHET: dict[str, tuple[int, int]] = {
    "attention_blocks": (6, 6), "autograd_functions": (14, 14), "book_layers": (9, 9), "char_rnn_script": (7, 7),
    "column_network": (8, 8),
    "features_first": (12, 12), "forward_backward_pairs": (15, 14), "gated_cells": (15, 15), "layer_classes": (10, 10),
    "loss_and_grads": (14, 14), "training_script": (7, 7),
}
"""By case: slips found on their line, and slips repaired, of those run here."""


@functools.cache
def unmutated(case: str) -> FileResult:
    with np.errstate(all="ignore"):
        return analyse(slips.source(case), f"{case}.py")


def every(case: str, step: int, *sections: str) -> list[slips.Slip]:
    return [slip for slip in slips.load(case) if slip.section in sections][::step]


@pytest.mark.parametrize("case", slips.names())
def test_an_unmutated_case_has_no_finding(case: str) -> None:
    result = unmutated(case)
    assert result.error is None
    assert [(d.location.row, d.message) for d in result.diagnostics] == []
    assert sum(c.verdict in ("proved", "verified") for c in result.claims) > 3


@pytest.mark.parametrize("slip",
                         [s for case in slips.names() for s in every(case, RIGHT_EVERY, "harmless", "conventions")],
                         ids=str)
def test_harmless_edits_and_conventions_give_no_finding(slip: slips.Slip) -> None:
    what, why = verdict(slip, slips.source(slip.case), unmutated(slip.case))
    assert what.startswith("quiet"), why


@pytest.mark.parametrize("case", slips.names())
def test_slips_are_found_and_repaired_as_often_as_before(
        case: str, record_property: Callable[[str, object], None]) -> None:
    chosen = every(case, SLIPS_EVERY, "slips")
    became = {str(slip): verdict(slip, slips.source(case), unmutated(case))[0] for slip in chosen}
    found = sum(what.startswith(("found", "repaired")) for what in became.values())
    repaired = sum(what == "repaired" for what in became.values())
    record_property(f"measured slips: {case}", {"slips": len(chosen), "found": found, "repaired": repaired})
    missed = {slip: what for slip, what in became.items() if what != "repaired"}
    assert (found, repaired) >= RATCHET[case], missed
    assert repaired >= RATCHET[case][1], missed


def test_the_ratchet_has_every_case() -> None:
    assert sorted(RATCHET) == slips.names()
