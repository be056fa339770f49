"""Group 5: nothing of the user's is deleted, and what is ours is told from it by proof."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import PYTHON, Tool, demo_files, git
from independent import deep_snapshot, difference
from test_deaths import leftovers, wait_for

Make = Callable[..., Path]
SMOKE = f"smoke-{PYTHON}"


def temporary() -> Path:
    return Path(os.environ["TMPDIR"])


def link(root: Path, precious: Path) -> Path:
    (temporary() / "nox-cleanroom-link").symlink_to(precious)
    return precious


def sources(root: Path, precious: Path) -> Path:
    return precious.rename(temporary() / "nox-cleanroom-1.0")


def worktree(root: Path, precious: Path) -> Path:
    place = root.parent / "nox-cleanroom-wts"
    git(root, "worktree", "add", "-q", "--detach", str(place / "mine"))
    (place / "mine" / "deep").mkdir()
    (place / "mine" / "deep" / "file").write_text("precious")
    return place / "mine"


def forged(root: Path, precious: Path) -> Path:
    tree = precious / "deep" / "tree"
    reason = f"in use by nox-cleanroom: {precious}"
    git(root, "worktree", "add", "-q", "--detach", "--lock", "--reason", reason, str(tree))
    return precious


def forged_for_what_is_gone(root: Path, precious: Path) -> Path:
    forged(root, precious)
    shutil.move(precious, root.parent / "unmounted")
    return root.parent / "unmounted"


def cached(root: Path, precious: Path) -> Path:
    for section in ("runs", "environments", "projects", "stores", "workspaces", "bytecode"):
        place = Path(os.environ["XDG_CACHE_HOME"], "nox-cleanroom", section)
        place.mkdir(parents=True)
        (place / "1").symlink_to(precious)
    return precious


PLANTS: dict[str, Callable[[Path, Path], Path]] = {
    "a link in the temporary directory": link,
    "a source tree in the temporary directory": sources,
    "a worktree of the user's": worktree,
    "a worktree with a lock reason like ours": forged,
    "the same, on a disk that is not mounted": forged_for_what_is_gone,
    "links in the cache": cached,
}


@pytest.mark.parametrize("plant", PLANTS.values(), ids=PLANTS.keys())
def test_what_is_the_users_stays(
    repository: Make, cleanroom: Tool, tmp_path: Path, plant: Callable[[Path, Path], Path]
) -> None:
    root, precious = repository(), tmp_path / "precious"
    (precious / "deep").mkdir(parents=True)
    (precious / "deep" / "file").write_text("precious")
    kept = plant(root, precious)
    for path in (*temporary().iterdir(), kept):
        # An hour ago, and long ago.
        os.utime(path, (0, 0), follow_symlinks=False)
    before = deep_snapshot(root)
    assert cleanroom(root, SMOKE).status == 0
    clear = [sys.executable, "-m", "nox_cleanroom", "--clear-cache"]
    assert subprocess.run(clear, cwd=root, check=False).returncode == 0
    assert (kept / "deep" / "file").read_text() == "precious"
    assert difference(before, deep_snapshot(root)) == []


def test_evidence_in_the_temporary_directory_stays(repository: Make, tmp_path: Path) -> None:
    reports = temporary() / "nox-cleanroom-evidence"
    command = [sys.executable, "-m", "nox_cleanroom", SMOKE]
    root = repository()
    for more in (["--", "--report-dir", str(reports)], []):
        assert subprocess.run([*command, *more], cwd=root, check=False).returncode == 0
        os.utime(reports, (0, 0))
    assert list(reports.iterdir()) != []


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives a directory away"
)
def test_what_another_user_left_in_the_temporary_directory_breaks_nothing(
    repository: Make, cleanroom: Tool
) -> None:
    for name in ("nox-cleanroom-x", "nox-cleanroom", f"nox-cleanroom-{os.geteuid()}"):
        (temporary() / name).mkdir(mode=0o700)
        os.chown(temporary() / name, 12345, 12345)
    ran = cleanroom(
        repository(),
        SMOKE,
        env={"XDG_CACHE_HOME": "/dev/null/nowhere", "UV_CACHE_DIR": str(temporary() / "uv")},
    )
    assert ran.status == 0, ran.text


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
@pytest.mark.parametrize("gone", ["TMPDIR", "XDG_CACHE_HOME"])
def test_no_entry_stays_when_all_of_our_directories_are_gone(
    repository: Make, cleanroom: Tool, tmp_path: Path, gone: str
) -> None:
    marker = tmp_path / "hanging"
    hang = f"open({str(marker)!r}, 'w').close()\nimport time\ntime.sleep(90)\n"
    root = repository(demo_files(**{"on_build.py": hang}))
    command = [sys.executable, "-m", "nox_cleanroom", SMOKE]
    run = subprocess.Popen(command, cwd=root, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for(marker)
    run.send_signal(signal.SIGKILL)
    run.wait()
    assert git(root, "worktree", "list").count("\n") == 2
    time.sleep(1)
    shutil.rmtree(os.environ[gone])
    Path(os.environ[gone]).mkdir()
    (root / "on_build.py").unlink()
    git(root, "commit", "-qam", "no longer hanging")
    assert cleanroom(root, SMOKE).status == 0
    assert git(root, "worktree", "list").count("\n") == 1
    assert leftovers() == []
