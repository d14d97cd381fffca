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


@pytest.mark.parametrize(("asks_again", "first"), [(True, 1), (False, 2)])
async def test_a_client_that_can_be_told_to_ask_again_gets_the_first_findings_early(session, asks_again, first):
    def adapt(capabilities):
        can_pull(capabilities)
        capabilities.workspace.diagnostics = types.DiagnosticWorkspaceClientCapabilities(refresh_support=asks_again)

    await session.initialize(adapt=adapt)
    uri = session.open(SLIP + "s = X + g\n# told first\n# slow: 0.5\n")
    assert len((await session.pulled(uri)).items) == first
    await asyncio.sleep(1)
    assert len((await session.pulled(uri)).items) == 2


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


async def test_a_client_that_takes_partial_results_gets_each_file_as_it_is_judged(session, tmp_path):
    for name in "abc":
        (tmp_path / f"{name}.py").write_text(SLIP)
    await session.initialize(tmp_path, adapt=can_pull)
    assert await _workspace(session, token="t") == []
    assert [len(report.items[0].items) for report in session.client.partial["t"]] == [1, 1, 1]


async def test_it_is_answered_when_something_has_happened_and_not_before(session, tmp_path):
    file = tmp_path / "a.py"
    file.write_text(SLIP)
    await session.initialize(tmp_path, adapt=can_pull)
    await _workspace(session, token="first")
    known = [types.PreviousResultId(r.items[0].uri, r.items[0].result_id) for r in session.client.partial["first"]]
    held = asyncio.ensure_future(_workspace(session, known, token="second"))
    done, _ = await asyncio.wait([held], timeout=0.5)
    assert not done
    file.write_text(SLIP + SLIP)
    session.touched(file)
    assert await asyncio.wait_for(held, 5) == []
    (report,) = session.client.partial["second"]
    assert len(report.items[0].items) == 2


async def test_what_a_client_knows_of_a_file_that_was_closed_is_taken_back(session, tmp_path):
    await session.initialize(tmp_path, adapt=can_pull, options={"diagnosticMode": "openFilesOnly"})
    uri = session.open(SLIP, (tmp_path / "a.py").as_uri())
    await session.pulled(uri)
    held = asyncio.ensure_future(_workspace(session, token="t"))
    done, _ = await asyncio.wait([held], timeout=0.5)
    assert not done
    session.close(uri)  # VS Code forgets the result's id, and relies on the workspace's report
    assert await asyncio.wait_for(held, 5) == []
    (report,) = session.client.partial["t"]
    assert (report.items[0].uri, list(report.items[0].items)) == (uri, [])
    held = asyncio.ensure_future(_workspace(session, [types.PreviousResultId(uri, report.items[0].result_id)], "u"))
    done, _ = await asyncio.wait([held], timeout=0.5)
    assert not done
    held.cancel()


async def test_what_was_pushed_of_a_closed_file_is_put_right(session, tmp_path):
    files = [tmp_path / f"{name}.py" for name in "ab"]
    for file in files:
        file.write_text(SLIP)
    await session.initialize(tmp_path, adapt=can_pull)
    await session.client.workspace_execute_command_async(types.ExecuteCommandParams("nablint.checkWorkspace"))
    assert [len(await session.diagnostics(file.as_uri())) for file in files] == [1, 1]
    session.open(SLIP, files[0].as_uri())  # from now on the client asks for itself
    taken_back = await session.published.get()
    assert (taken_back.uri, list(taken_back.diagnostics)) == (files[0].as_uri(), [])
    files[1].write_text(SLIP + SLIP)
    session.touched(files[1])
    assert len(await session.diagnostics(files[1].as_uri())) == 2
    files[1].unlink()
    session.touched(files[1], kind=types.FileChangeType.Deleted)
    assert await session.diagnostics(files[1].as_uri()) == []


async def _workspace(session, known=(), token=None):
    report = await session.client.workspace_diagnostic_async(
        types.WorkspaceDiagnosticParams(list(known), partial_result_token=token))
    return list(report.items)
