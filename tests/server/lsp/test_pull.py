"""Diagnostics that the client asks for: of a file, and of the whole workspace."""

from __future__ import annotations

import asyncio

import pytest
from lsprotocol import types

from .conftest import can_pull, push_only

SLIP = "def backward(X, g):\n    dW = X @ g\n    return dW\n"
pytestmark = pytest.mark.asyncio


async def test_a_pull_waits_for_the_newest_version_and_knows_its_result_again(session):
    await session.initialize(adapt=can_pull)
    uri = session.open(SLIP + "# slow: 0.3\n")
    first = await session.pulled(uri)
    assert [d.code for d in first.items] == ["NAB301"]
    again = await session.pulled(uri, first.result_id)
    assert (again.kind, again.result_id) == ("unchanged", first.result_id)
    session.change(uri, (1, 10, 1, 10, ".T"))
    assert list((await session.pulled(uri, first.result_id)).items) == []
    assert session.published.empty()


async def test_a_pull_of_a_text_that_does_not_parse_changes_nothing(session):
    await session.initialize(adapt=can_pull)
    uri = session.open(SLIP)
    first = await session.pulled(uri)
    session.change(uri, (2, 13, 2, 13, " + ("))
    assert (await session.pulled(uri, first.result_id)).kind == "unchanged"


async def test_the_page_of_the_rule_and_data_come_along(session):
    await session.initialize(adapt=can_pull)
    (found,) = (await session.pulled(session.open(SLIP))).items
    assert found.data == {"name": "wrong-operand", "row": 2, "column": 10}


async def test_a_workspace_is_judged_file_by_file(session, tmp_path):
    (tmp_path / "pyproject.toml").write_text('[tool.nablint]\nextend-exclude = ["old"]\n')
    for name in ("a.py", "pkg/b.py", "old/c.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(SLIP)
    await session.initialize(tmp_path, adapt=can_pull)
    first = await _workspace(session)
    assert sorted(r.uri.removeprefix(tmp_path.as_uri()) for r in first) == ["/a.py", "/pkg/b.py"]
    assert {len(r.items) for r in first} == {1}
    known = [types.PreviousResultId(r.uri, r.result_id) for r in first]
    assert {r.kind for r in await _workspace(session, known)} == {"unchanged"}
    (tmp_path / "a.py").write_text("x = 1\n")
    (tmp_path / "pkg/b.py").unlink()
    changed = await _workspace(session, known)
    assert [(r.kind, list(r.items)) for r in changed] == [("full", []), ("full", [])]


async def test_a_command_checks_the_workspace_for_clients_that_only_listen(session, tmp_path):
    for number in range(3):
        (tmp_path / f"{number}.py").write_text(SLIP)
    await session.initialize(tmp_path, adapt=push_only)
    count = await session.client.workspace_execute_command_async(
        types.ExecuteCommandParams("nablint.checkWorkspace", arguments=[]))
    assert count == 3
    for _ in range(3):
        assert len((await session.published.get()).diagnostics) == 1
    (reports,) = session.client.progress_reports.values()
    assert [report.kind for report in reports] == ["begin", "report", "report", "report", "end"]


async def test_an_open_file_is_judged_before_the_rest_of_the_workspace(session, tmp_path):
    (tmp_path / "slow.py").write_text("# slow: 20\n")
    await session.initialize(tmp_path, adapt=can_pull)
    whole = asyncio.ensure_future(_workspace(session))
    await asyncio.sleep(0.5)
    uri = session.open(SLIP)
    assert len((await session.pulled(uri, timeout=5)).items) == 1
    whole.cancel()


async def _workspace(session, known=()):
    report = await session.client.workspace_diagnostic_async(types.WorkspaceDiagnosticParams(list(known)))
    return report.items
