"""Configuration from files and from the editor, and what happens when it is broken."""

from __future__ import annotations

import pytest
from lsprotocol import types

from .conftest import push_only

SLIP = "dW = X @ g\n"
pytestmark = pytest.mark.asyncio


def written(path, text):
    path.write_text(text)
    return path


async def test_a_changed_file_of_configuration_is_read_again(session, tmp_path):
    config = written(tmp_path / "pyproject.toml", '[tool.nablint]\nignore = ["ALL"]\n')
    await session.initialize(tmp_path, adapt=push_only)
    uri = session.open(SLIP, (tmp_path / "net.py").as_uri())
    assert await session.diagnostics(uri) == []
    session.touched(written(config, "[tool.nablint]\n"))
    assert len(await session.diagnostics(uri)) == 1


async def test_a_broken_configuration_leaves_the_last_good_one_in_force_and_says_so(session, tmp_path):
    config = written(tmp_path / "nablint.toml", 'ignore = ["ALL"]\n')
    await session.initialize(tmp_path, adapt=push_only)
    uri = session.open(SLIP, (tmp_path / "net.py").as_uri())
    assert await session.diagnostics(uri) == []
    session.touched(written(config, "ignore = [\n"))
    session.change(uri, "\n" + SLIP)
    assert await session.diagnostics(uri) == []
    (message,) = session.client.messages
    assert "nablint.toml" in message.message
    assert message.message.endswith("the last good configuration stays")
    assert "\n" not in message.message


async def test_every_folder_has_its_own_configuration(session, tmp_path):
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        folder.mkdir()
    written(folders[0] / "nablint.toml", 'ignore = ["ALL"]\n')
    await session.initialize(folders[0], adapt=push_only, folders=folders)
    found = [await session.diagnostics(session.open(SLIP, (folder / "net.py").as_uri())) for folder in folders]
    assert [len(items) for items in found] == [0, 1]


async def test_folders_come_and_go(session, tmp_path):
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        folder.mkdir()
        written(folder / "a.py", SLIP)
    await session.initialize(folders[0], adapt=push_only, folders=folders[:1])
    assert await checked(session) == 1
    for added, removed, count in ((folders[1:], [], 2), ([], folders[:1], 1)):
        session.client.workspace_did_change_workspace_folders(types.DidChangeWorkspaceFoldersParams(
            types.WorkspaceFoldersChangeEvent(*([types.WorkspaceFolder(f.as_uri(), f.name) for f in some]
                                                for some in (added, removed)))))
        assert await checked(session) == count


async def checked(session):
    """The number of findings in the whole workspace."""
    return await session.client.workspace_execute_command_async(types.ExecuteCommandParams("nablint.checkWorkspace"))


async def test_the_editors_settings_come_last_and_may_change(session, tmp_path):
    await session.initialize(tmp_path, adapt=push_only, options={"settings": {"ignore": ["ALL"]}})
    uri = session.open(SLIP, (tmp_path / "net.py").as_uri())
    assert await session.diagnostics(uri) == []
    session.client.workspace_did_change_configuration(types.DidChangeConfigurationParams({"nablint": {"ignore": None}}))
    assert len(await session.diagnostics(uri)) == 1


async def test_an_excluded_file_is_left_alone(session, tmp_path):
    written(tmp_path / "nablint.toml", 'extend-exclude = ["vendor"]\n')
    await session.initialize(tmp_path, adapt=push_only)
    uri = session.open(SLIP, (tmp_path / "vendor" / "net.py").as_uri())
    assert await session.diagnostics(uri) == []


@pytest.mark.parametrize("empty", [[], {}, None, {"settings": []}, {"settings": {"select": "NAB3", "ignore": []}}])
async def test_odd_or_empty_settings_are_no_settings(session, empty):
    await session.initialize(adapt=push_only, options=empty)
    assert len(await session.diagnostics(session.open(SLIP))) == 1
