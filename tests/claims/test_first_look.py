"""While somebody waits for what is wrong less is tried and asked again; the rest is done in the second pass."""

from __future__ import annotations

from typing import Any

import pytest
import slips
from nablint import analysis
from nablint.analysis import analyse
from nablint.claims import memory
from nablint.claims.repairing import blame, repair
from nablint.settings import Settings

QUICK = Settings(prove=False)


def _slip(case: str, kind: str, target: str = "") -> str:
    slip = next(s for s in slips.load(case) if s.kind == kind and s.target.startswith(target))
    return slip.apply((slips.HERE / f"{case}.py").read_text("utf8"))


def test_few_edits_are_traced_blindly(monkeypatch: pytest.MonkeyPatch) -> None:
    searches: list[int] = []
    best, confirmed = repair.best_repair, repair.confirmed

    def begun(*args: Any, **options: Any) -> Any:
        searches.append(0)
        return best(*args, **options)

    def counted(*args: Any) -> Any:
        searches[-1] += 1
        return confirmed(*args)

    monkeypatch.setattr(blame, "best_repair", begun)
    monkeypatch.setattr(repair, "confirmed", counted)
    memory.OUTCOMES.clear()
    source = _slip("features_first", "lost-scale", "db = 1/m * np.sum(A-Y)")
    analyse(source, "features.py", QUICK, repair=False)
    assert max(searches) == repair.MAX_BLIND_AT_FIRST
    searches.clear()
    analyse(source, "features.py", QUICK)
    assert max(searches) > repair.MAX_BLIND_AT_FIRST


def test_paths_that_agree_with_a_confirmed_one_are_confirmed_later() -> None:
    memory.OUTCOMES.clear()
    source = _slip("column_network", "dropped-transpose")

    def paths() -> list[tuple[bool, list[str]]]:
        ((outcomes,),) = ([v.outcome for v in versions] for key, versions in memory.OUTCOMES.held.items()
                          if key[0] == "Network.backprop")
        return [(o.provisional, [j.verdict for j in o.judgement.judged]) for o in outcomes if o.judgement is not None]

    first = analyse(source, "network.py", QUICK, repair=False)
    early = paths()
    assert [provisional for provisional, _ in early] == [False, True, True]
    second = analyse(source, "network.py", QUICK)
    assert paths() == [(False, verdicts) for _, verdicts in early]
    assert [d.message for d in first.diagnostics] == [d.message for d in second.diagnostics]


def test_derivations_are_for_later_and_then_kept() -> None:
    memory.OUTCOMES.clear()
    source = _slip("column_network", "dropped-transpose")

    def derived(*, repair: bool) -> list[bool]:
        found = analyse(source, "network.py", QUICK, repair=repair).diagnostics
        return [d.explanation is not None for d in found]

    assert derived(repair=False) == [False]
    assert derived(repair=True) == [True]
    assert derived(repair=False) == [True]


def test_findings_are_told_before_units_of_which_nothing_came(monkeypatch: pytest.MonkeyPatch) -> None:
    memory.OUTCOMES.clear()
    right = (slips.HERE / "column_network.py").read_text("utf8")
    explored: list[str] = []
    explore = analysis.explore

    def watched(program: Any, unit: Any, *args: Any) -> Any:
        explored.append(unit.name)
        return explore(program, unit, *args)

    monkeypatch.setattr(analysis, "explore", watched)
    analyse(right, "network.py", QUICK, repair=False)
    before = [*explored]
    explored.clear()
    told: list[tuple[list[str], list[Any]]] = []
    found = analyse(_slip("column_network", "dropped-transpose"), "network.py", QUICK, repair=False,
                    tell=lambda said: told.append(([*explored], said)))
    (first, said), = told
    assert "Network.backprop" in first
    assert "Network.learn_from" in {*before} & {*explored} - {*first}
    assert [d.message for d in said] == [d.message for d in found.diagnostics]
    memory.OUTCOMES.clear()
    anew = analyse(_slip("column_network", "dropped-transpose"), "network.py", QUICK, repair=False)
    assert anew == found
