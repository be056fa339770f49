from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from nox_cleanroom.build.worktree import reclaim
from nox_cleanroom.checkout.checkout import Checkout
from nox_cleanroom.places.workspace import create_workspace, reserve_environments

#: Reserves a directory, makes something in it, and is killed.
KILLED = """
import os, signal
from pathlib import Path
from nox_cleanroom.checkout.checkout import Checkout
from nox_cleanroom.places.workspace import reserve_environments
from nox_cleanroom.places.workspace import create_workspace

checkout = Checkout.find(Path.cwd())
with create_workspace(checkout.root) as workspace, reserve_environments(checkout.root, workspace) as environments:
    (environments.directory("3.11") / "left").touch()
    os.kill(os.getpid(), signal.SIGKILL)
"""


def section() -> Path:
    return Path(os.environ["XDG_CACHE_HOME"], "nox-cleanroom", "environments").resolve()


def listed(environments: Path) -> list[str]:
    return sorted(
        path.name for path in environments.iterdir() if not path.name.startswith("nox-cleanroom.")
    )


def test_its_path_comes_again_and_nothing_stays(checkout: Checkout) -> None:
    paths = []
    for _ in range(2):
        with (
            create_workspace(checkout.root) as workspace,
            reserve_environments(checkout.root, workspace) as environments,
        ):
            assert listed(environments.path) == []
            paths.append(environments.directory("3.11"))
            (paths[-1] / "file").touch()
    assert paths == [section() / "1" / "3.11"] * 2
    assert listed(section() / "1") == []


def test_two_runs_at_once_have_one_each(checkout: Checkout) -> None:
    with create_workspace(checkout.root) as workspace:
        with (
            reserve_environments(checkout.root, workspace) as first,
            reserve_environments(checkout.root, workspace) as second,
        ):
            (first.directory("3.11") / "file").touch()
            assert (first.path.name, second.path.name) == ("1", "2")
        assert listed(first.path) == []


def test_two_environments_of_a_name_have_one_each(checkout: Checkout) -> None:
    with (
        create_workspace(checkout.root) as workspace,
        reserve_environments(checkout.root, workspace) as environments,
    ):
        assert [environments.directory("3.11").name for _ in range(3)] == [
            "3.11",
            "3.11-2",
            "3.11-3",
        ]


def test_a_directory_that_is_being_made_anew_is_not_given_away(checkout: Checkout) -> None:
    with (
        create_workspace(checkout.root) as workspace,
        reserve_environments(checkout.root, workspace) as environments,
    ):
        # As nox does before it makes an environment there.
        environments.directory("3.11").rmdir()
        assert environments.directory("3.11").name == "3.11-2"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_what_a_killed_run_left_is_removed_by_the_next(checkout: Checkout) -> None:
    with create_workspace(checkout.root) as workspace:
        # Somebody else is in the first directory meanwhile, so that the killed run is in the second.
        with reserve_environments(checkout.root, workspace):
            subprocess.run([sys.executable, "-c", KILLED], cwd=checkout.root, check=False)
    assert (section() / "2" / "3.11" / "left").exists()
    reclaim(checkout)
    assert listed(section() / "2") == []


def test_what_was_left_in_one_is_removed_before_it_is_taken(checkout: Checkout) -> None:
    subprocess.run([sys.executable, "-c", KILLED], cwd=checkout.root, check=False)
    assert (section() / "1" / "3.11" / "left").exists()
    with create_workspace(checkout.root) as workspace:
        with reserve_environments(checkout.root, workspace) as environments:
            assert environments.path.name == "1"
            assert listed(environments.path) == []


def test_what_somebody_else_has_put_in_its_place_stays(checkout: Checkout, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "file").touch()
    with create_workspace(checkout.root) as workspace:
        with reserve_environments(checkout.root, workspace):
            pass
        (section() / "2").symlink_to(precious)
        (section() / "3").mkdir()
        (section() / "3" / "file").touch()
        with (
            reserve_environments(checkout.root, workspace),
            reserve_environments(checkout.root, workspace) as environments,
        ):
            assert environments.path.name == "4"
    reclaim(checkout)
    assert [(section() / name / "file").exists() for name in ("2", "3")] == [True, True]


@pytest.mark.parametrize("where", ["checkout", "project", "file"])
def test_a_cache_that_is_no_place_for_it(
    checkout: Checkout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "pyproject.toml").touch()
    caches = {"checkout": checkout.root, "project": project, "file": project / "pyproject.toml"}
    monkeypatch.setenv("XDG_CACHE_HOME", str(caches[where] / "cache"))
    with (
        create_workspace(checkout.root) as workspace,
        reserve_environments(checkout.root, workspace) as environments,
    ):
        assert not environments.path.is_relative_to(caches[where])
        assert not workspace.root.is_relative_to(caches[where])


def test_a_workspace_that_is_kept_has_them_in_it(checkout: Checkout) -> None:
    with create_workspace(checkout.root, keep=True) as workspace:
        with reserve_environments(checkout.root, workspace) as environments:
            path = environments.directory("3.11")
        assert path.exists()
        assert path.is_relative_to(workspace.root)
