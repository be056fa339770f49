from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock

from nox_cleanroom.git import Checkout
from nox_cleanroom.room import reserve_room
from nox_cleanroom.workspace import create_workspace

#: Takes a room, makes something in it, and is killed.
KILLED = """
import os, signal
from pathlib import Path
from nox_cleanroom.git import Checkout
from nox_cleanroom.room import reserve_room
from nox_cleanroom.workspace import create_workspace

checkout = Checkout.find(Path.cwd())
with create_workspace(checkout) as workspace, reserve_room(checkout, workspace) as room:
    (room.directory("3.11") / "left").touch()
    os.kill(os.getpid(), signal.SIGKILL)
"""


def rooms() -> Path:
    return Path(os.environ["XDG_CACHE_HOME"], "nox-cleanroom", "environments").resolve()


def test_its_path_comes_again_and_nothing_stays(checkout: Checkout) -> None:
    paths = []
    for _ in range(2):
        with create_workspace(checkout) as workspace, reserve_room(checkout, workspace) as room:
            assert list(room.path.iterdir()) == []
            paths.append(room.directory("3.11"))
            (paths[-1] / "file").touch()
    assert paths == [rooms() / "1" / "3.11"] * 2
    assert [path.name for path in rooms().iterdir()] == ["1.lock"]


def test_two_runs_at_once_have_one_each(checkout: Checkout) -> None:
    with create_workspace(checkout) as workspace:
        with (
            reserve_room(checkout, workspace) as first,
            reserve_room(checkout, workspace) as second,
        ):
            (first.directory("3.11") / "file").touch()
            assert (first.path.name, second.path.name) == ("1", "2")
        assert not first.path.exists()


def test_two_environments_of_a_name_have_one_each(checkout: Checkout) -> None:
    with create_workspace(checkout) as workspace, reserve_room(checkout, workspace) as room:
        assert [room.directory("3.11").name for _ in range(3)] == ["3.11", "3.11-2", "3.11-3"]


def test_a_directory_that_is_being_made_anew_is_not_given_away(checkout: Checkout) -> None:
    with create_workspace(checkout) as workspace, reserve_room(checkout, workspace) as room:
        # As nox does before it makes an environment there.
        room.directory("3.11").rmdir()
        assert room.directory("3.11").name == "3.11-2"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_what_a_killed_run_left_is_removed_by_the_next(checkout: Checkout) -> None:
    rooms().mkdir(parents=True)
    # Somebody else is in the first room meanwhile, so that the killed run is in the second.
    with FileLock(rooms() / "1.lock"):
        subprocess.run([sys.executable, "-c", KILLED], cwd=checkout.root, check=False)
    assert (rooms() / "2" / "3.11" / "left").exists()
    with create_workspace(checkout) as workspace, reserve_room(checkout, workspace) as room:
        assert room.path.name == "1"
        assert list((rooms() / "2").iterdir()) == []


def test_where_a_run_was_killed_nobody_goes_for_a_while(checkout: Checkout) -> None:
    # Something that it started may still be running, and write to where it was told to.
    left = rooms() / "1"
    (left / "3.11").mkdir(parents=True)
    with create_workspace(checkout) as workspace, reserve_room(checkout, workspace) as room:
        assert room.path.name == "2"
    with create_workspace(checkout) as workspace, reserve_room(checkout, workspace) as room:
        assert room.path.name == "2"
    os.utime(left, (0, 0))
    with create_workspace(checkout) as workspace, reserve_room(checkout, workspace) as room:
        assert room.path.name == "1"


@pytest.mark.parametrize("where", ["checkout", "project", "file"])
def test_a_cache_that_is_no_place_for_it(
    checkout: Checkout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "pyproject.toml").touch()
    caches = {"checkout": checkout.root, "project": project, "file": project / "pyproject.toml"}
    monkeypatch.setenv("XDG_CACHE_HOME", str(caches[where] / "cache"))
    with create_workspace(checkout) as workspace, reserve_room(checkout, workspace) as room:
        assert room.path.is_relative_to(workspace.root)


def test_a_workspace_that_is_kept_has_them_in_it(checkout: Checkout) -> None:
    with create_workspace(checkout, keep=True) as workspace:
        with reserve_room(checkout, workspace) as room:
            path = room.directory("3.11")
        assert path.exists()
        assert path.is_relative_to(workspace.root)
