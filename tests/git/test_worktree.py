from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import (
    add_submodule,
    commit_all,
    copy_checkout,
    demo_files,
    git,
    make_repository,
    seal,
    state_of,
    write_files,
)

from nox_cleanroom.build.worktree import create_worktree, reclaim
from nox_cleanroom.checkout.checkout import Checkout
from nox_cleanroom.errors import Code, WorktreeError
from nox_cleanroom.places.entries import lock_reason, removal_of
from nox_cleanroom.places.workspace import create_workspace
from nox_cleanroom.processes import strays


def test_it_holds_the_commit_and_is_gone_afterwards(checkout: Checkout) -> None:
    before = state_of(checkout.root)
    (checkout.root / "uncommitted.txt").write_text("x")
    commit = checkout.resolve("HEAD")
    with create_workspace(checkout.root) as workspace:
        with create_worktree(checkout, commit, workspace) as tree:
            assert (tree.root / "src/demo/__init__.py").exists()
            assert not (tree.root / "uncommitted.txt").exists()
            assert git(tree.root, "rev-parse", "HEAD").strip() == commit.oid
            assert git(tree.root, "status", "--porcelain") == ""
        assert not tree.root.exists()
    assert not workspace.root.exists()
    (checkout.root / "uncommitted.txt").unlink()
    assert state_of(checkout.root) == before
    assert not (checkout.git_dir / "worktrees").exists()


def test_it_is_gone_when_the_block_fails(checkout: Checkout) -> None:
    before = state_of(checkout.root)

    def fail() -> None:
        with create_workspace(checkout.root) as workspace:
            with create_worktree(checkout, checkout.resolve("HEAD"), workspace):
                raise RuntimeError

    pytest.raises(RuntimeError, fail)
    assert state_of(checkout.root) == before


def test_it_is_gone_when_it_was_made_read_only_or_taken_away(checkout: Checkout) -> None:
    commit = checkout.resolve("HEAD")
    with create_workspace(checkout.root) as workspace:
        with create_worktree(checkout, commit, workspace) as tree:
            for directory, _, _ in os.walk(tree.root):
                Path(directory).chmod(0o500)
        with create_worktree(checkout, commit, workspace) as tree:
            shutil.rmtree(tree.root)
        with create_worktree(checkout, commit, workspace) as tree:
            shutil.rmtree(checkout.common_dir / "worktrees" / tree.root.name)
    assert git(checkout.root, "worktree", "list").count("\n") == 1


def test_no_hook_runs(checkout: Checkout) -> None:
    hook = checkout.git_dir / "hooks" / "post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch {checkout.root}/fired\nexit 1\n")
    hook.chmod(0o755)
    with create_workspace(checkout.root) as workspace:
        with create_worktree(checkout, checkout.resolve("HEAD"), workspace) as tree:
            assert (tree.root / "pyproject.toml").exists()
    assert not (checkout.root / "fired").exists()


def test_a_sparse_checkout_is_tested_whole(checkout: Checkout) -> None:
    git(checkout.root, "sparse-checkout", "set", "nothing")
    assert not (checkout.root / "src").exists()
    with create_workspace(checkout.root) as workspace:
        with create_worktree(checkout, checkout.resolve("HEAD"), workspace) as tree:
            assert (tree.root / "src/demo/part.py").exists()


def test_submodules_are_filled_from_the_checkout_and_its_configuration_stays(
    repository: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    library = repository({"library.c": "int x;\n"}, name="library")
    root = repository(name="outer")
    git(
        root, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(library), "lib"
    )
    commit_all(root)
    checkout = Checkout.find(root)
    before = (checkout.git_dir / "config").read_text()
    with create_workspace(checkout.root) as workspace:
        with create_worktree(checkout, checkout.resolve("HEAD"), workspace) as tree:
            assert (tree.root / "lib/library.c").read_text() == "int x;\n"
            assert tree.missing_submodules == ()
    assert (checkout.git_dir / "config").read_text() == before


def test_a_submodule_that_is_not_here_is_named(repository: Callable[..., Path]) -> None:
    root = repository(name="outer")
    git(root, "update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},lib")
    git(root, "commit", "-qm", "a submodule that nobody has")
    checkout = Checkout.find(root)
    with create_workspace(checkout.root) as workspace:
        with create_worktree(checkout, checkout.resolve("HEAD"), workspace) as tree:
            assert tree.missing_submodules == ("lib",)


def test_a_required_filter_that_fails_is_a_clear_refusal(repository: Callable[..., Path]) -> None:
    root = repository({**demo_files(), ".gitattributes": "*.bin filter=broken\n", "a.bin": "x"})
    git(root, "config", "filter.broken.smudge", "false")
    git(root, "config", "filter.broken.required", "true")
    checkout = Checkout.find(root)

    def try_it() -> None:
        with create_workspace(checkout.root) as workspace:
            with create_worktree(checkout, checkout.resolve("HEAD"), workspace):
                pass

    with pytest.raises(WorktreeError, match="could not write") as raised:
        try_it()
    assert "smudge" in raised.value.output
    assert git(root, "worktree", "list").count("\n") == 1


@pytest.fixture(scope="module")
def filtered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout with a submodule; each has a file for a filter that nobody has set up."""
    place = tmp_path_factory.mktemp("filtered")
    files = {**demo_files(), ".gitattributes": "*.bin filter=slow\n", "a.bin": "x"}
    with pytest.MonkeyPatch.context() as patched:
        seal(patched, tmp_path_factory)
        root = make_repository(place / "checkout", files)
        add_submodule(root, make_repository(place / "library", files), "lib")
    return root


@pytest.mark.parametrize("kind", ["smudge", "process"])
@pytest.mark.parametrize("place", [".", "lib"])
def test_a_filter_that_waits_for_ever_is_ended_in_time(
    filtered: Path, tmp_path: Path, expire: Callable[[Path], None], kind: str, place: str
) -> None:
    root = copy_checkout(filtered, tmp_path / "checkout")
    wait = f"echo $$ > '{tmp_path}/aside'; mv '{tmp_path}/aside' '{tmp_path}/pid'; exec sleep 1000"
    git(root / place, "config", f"filter.slow.{kind}", wait)
    expire(tmp_path / "pid")
    checkout = Checkout.find(root)

    def try_it() -> None:
        with create_workspace(checkout.root) as workspace:
            with create_worktree(checkout, checkout.resolve("HEAD"), workspace, timeout=60):
                pass

    with pytest.raises(WorktreeError, match=r"still running after \d+ s") as raised:
        try_it()
    assert raised.value.code is Code.TIMEOUT
    assert "A filter that this commit needs" in raised.value.hint
    assert "--timeout" in raised.value.hint
    pid = int((tmp_path / "pid").read_text())
    # A signal is sent before its receiver is gone.
    wait_for(lambda: (found := strays.stat_of(pid)) is None or found.state == "Z")
    assert git(root, "worktree", "list").count("\n") == 1


def test_the_place_is_outside_also_when_tmpdir_is_inside(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = checkout.root / "tmp"
    inside.mkdir()
    monkeypatch.setenv("TMPDIR", str(inside))
    monkeypatch.setenv("XDG_CACHE_HOME", str(inside / "cache"))
    with create_workspace(checkout.root) as workspace:
        assert not workspace.root.is_relative_to(checkout.root)


def test_the_place_is_not_below_another_projects_configuration(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    write_files(other, {"pytest.ini": "[pytest]\n", "tmp/keep": ""})
    monkeypatch.setenv("XDG_CACHE_HOME", str(other / "cache"))
    monkeypatch.setenv("TMPDIR", str(other / "tmp"))
    with create_workspace(checkout.root) as workspace:
        assert not workspace.root.is_relative_to(other)


#: Makes a worktree, says where it is, and acts; `{act}` may be to be killed.
SCRIPT = """
import os, sys, time
from pathlib import Path
from nox_cleanroom.build import worktree
from nox_cleanroom.checkout.checkout import Checkout
from nox_cleanroom.places.entries import lock_reason, removal_of
from nox_cleanroom.places.workspace import create_workspace
checkout = Checkout.find(Path(sys.argv[1]))
{before}
with create_workspace(checkout.root) as workspace:
    print(workspace.root, flush=True)
    with worktree.create_worktree(checkout, checkout.resolve("HEAD"), workspace) as tree:
        {act}
"""
KILL = "os.kill(os.getpid(), 9)"


#: Has loaded what the script needs, and lets a process of its own run it for each line.
STARTER = """
import json, os, sys
from nox_cleanroom.build import worktree
for line in sys.stdin:
    script, variables, root = json.loads(line)
    child = os.fork()
    if child == 0:
        os.environ.clear()
        os.environ.update(variables)
        sys.argv[1:] = [root]
        exec(script)
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
Killed = Callable[..., Path]


@pytest.fixture(scope="module")
def starter() -> Iterator[subprocess.Popen[str]]:
    """A process that starts others quickly."""
    command = [sys.executable, "-c", STARTER]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process


@pytest.fixture
def killed(starter: subprocess.Popen[str], checkout: Checkout) -> Killed:
    """Has a run killed, and returns its workspace."""

    def start(*, before: str = "", act: str = KILL, keep: bool = False) -> Path:
        script = SCRIPT.format(before=before, act=act)
        if keep:
            script = script.replace("(checkout.root)", "(checkout.root, keep=True)")
        assert starter.stdin is not None
        assert starter.stdout is not None
        starter.stdin.write(json.dumps([script, dict(os.environ), str(checkout.root)]) + "\n")
        starter.stdin.flush()
        workspace, status = starter.stdout.readline(), starter.stdout.readline()
        assert status == "-9\n"
        return Path(workspace.strip())

    return start


def entries(checkout: Checkout) -> list[str]:
    return sorted(path.name for path in (checkout.common_dir / "worktrees").glob("*"))


def test_what_a_killed_run_left_is_reclaimed_and_only_that(
    checkout: Checkout, killed: Killed, tmp_path: Path
) -> None:
    left = killed()
    git(checkout.root, "worktree", "add", "-q", "--detach", "--lock", str(tmp_path / "mine"))
    shutil.rmtree(tmp_path / "mine")  # as if on a disk that is not mounted now
    assert left.exists()
    assert str(left) in git(checkout.root, "worktree", "list")

    assert reclaim(checkout) == 1
    assert not left.exists()
    assert entries(checkout) == ["mine"]


#: Where a run may be killed while it makes its worktree.
MOMENTS = {
    "once git has begun the entry": "worktree._add = lambda checkout, directory, commit, reason: (entry := checkout.common_dir / 'worktrees' / directory.name, entry.mkdir(parents=True), (entry / 'locked').write_text(reason), os.kill(os.getpid(), 9))",
    "before our record is in it": "worktree.claim_entry = lambda *_: os.kill(os.getpid(), 9)",
    "while its .git is made a directory": "from nox_cleanroom.places import deletion; deletion.discard = lambda path: (os.unlink(path), os.kill(os.getpid(), 9))",
    "before it is filled": "worktree._fill = lambda *_: os.kill(os.getpid(), 9)",
}


@pytest.mark.parametrize("before", MOMENTS.values(), ids=MOMENTS.keys())
def test_whenever_a_run_is_killed_its_entry_goes(
    checkout: Checkout, killed: Killed, before: str
) -> None:
    left = killed(before=before)
    assert len(entries(checkout)) == 1
    assert reclaim(checkout) == 1
    assert entries(checkout) == []
    assert not left.exists()


@pytest.mark.parametrize("before", ["", MOMENTS["before our record is in it"]])
def test_an_entry_goes_when_its_workspace_is_long_gone(
    checkout: Checkout, killed: Killed, before: str
) -> None:
    shutil.rmtree(killed(before=before))
    assert len(entries(checkout)) == 1
    reclaim(checkout)
    assert entries(checkout) == []


def test_an_entry_goes_when_everything_of_ours_is_gone(checkout: Checkout, killed: Killed) -> None:
    killed()
    shutil.rmtree(os.environ["XDG_CACHE_HOME"])
    shutil.rmtree(os.environ["TMPDIR"])
    Path(os.environ["TMPDIR"]).mkdir()
    reclaim(checkout)
    assert entries(checkout) == []


def test_an_entry_whose_lock_the_package_took_off_goes(checkout: Checkout, killed: Killed) -> None:
    unlock = f"os.system(f'git -C {{tree.root}} worktree unlock {{tree.root}}'), {KILL}"
    left = killed(act=unlock)
    assert not (checkout.common_dir / "worktrees" / entries(checkout)[0] / "locked").exists()
    reclaim(checkout)
    assert entries(checkout) == []
    assert not left.exists()


def test_what_was_left_under_another_temporary_directory_is_reclaimed(
    checkout: Checkout, killed: Killed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path / "other"))
        left = killed()
    assert left.is_relative_to(tmp_path / "other")
    assert reclaim(checkout) == 1
    assert entries(checkout) == []
    assert not left.exists()


def test_a_run_in_another_container_is_alive(checkout: Checkout, tmp_path: Path) -> None:
    # It sees the same repository, and neither our processes nor our directories.
    home = tmp_path / "home of another container"
    act = "print('made', flush=True), time.sleep(60)"
    run = subprocess.Popen(
        [sys.executable, "-c", SCRIPT.format(before="import time", act=act), str(checkout.root)],
        stdout=subprocess.PIPE,
        env={**os.environ, "XDG_CACHE_HOME": str(home)},
    )
    assert run.stdout is not None
    workspace = Path(run.stdout.readline().decode().strip())
    try:
        assert run.stdout.readline() == b"made\n"
        workspace.rename(tmp_path / "not to be seen")
        reclaim(checkout)
        assert len(entries(checkout)) == 1
    finally:
        run.kill()
        run.communicate()
    reclaim(checkout)
    assert entries(checkout) == []


def wait_for(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 20
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert condition()


def test_a_users_worktree_with_a_forged_reason_stays(checkout: Checkout, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    with create_workspace(checkout.root) as workspace:
        real = lock_reason(workspace)
    for number, reason in enumerate(
        [
            f"in use by nox-cleanroom: {precious} on host {socket.gethostname()}",
            f"in use by nox-cleanroom: {precious}",
            real,
            real.replace(str(workspace.root), str(precious)),
            real.replace(str(workspace.root), f"{workspace.root}/../../../{precious.name}"),
        ]
    ):
        tree = precious / str(number)
        options = ("-q", "--detach", "--lock", "--reason", reason)
        git(checkout.root, "worktree", "add", *options, str(tree))
    reclaim(checkout)
    assert len(entries(checkout)) == 5
    assert all((precious / str(number) / "pyproject.toml").exists() for number in range(5))


def test_a_worktree_that_somebody_rescued_from_a_killed_run_stays(
    checkout: Checkout, killed: Killed, tmp_path: Path
) -> None:
    left = killed()
    (tree,) = left.glob("worktree-*")
    tree.rename(tmp_path / "rescued")
    reclaim(checkout)
    assert git(tmp_path / "rescued", "status", "--porcelain") == ""


def test_one_that_git_has_moved_stays(checkout: Checkout, killed: Killed, tmp_path: Path) -> None:
    left = killed(before="worktree.make_directory = lambda *_: None")
    (tree,) = left.glob("worktree-*")
    git(checkout.root, "worktree", "unlock", str(tree))
    git(checkout.root, "worktree", "move", str(tree), str(tmp_path / "rescued"))
    reclaim(checkout)
    assert git(tmp_path / "rescued", "status", "--porcelain") == ""


def test_what_a_running_run_uses_is_left_alone(checkout: Checkout) -> None:
    with create_workspace(checkout.root) as workspace:
        with create_worktree(checkout, checkout.resolve("HEAD"), workspace) as tree:
            assert reclaim(checkout) == 0
            assert (tree.root / "pyproject.toml").exists()
            assert len(entries(checkout)) == 1


@pytest.mark.parametrize("is_file", [False, True])
def test_a_kept_workspace_stays_and_is_not_reclaimed(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch, *, is_file: bool
) -> None:
    if is_file:
        monkeypatch.setattr("nox_cleanroom.build.worktree.make_directory", lambda *_: None)
    with create_workspace(checkout.root, keep=True) as workspace:
        with create_worktree(checkout, checkout.resolve("HEAD"), workspace) as tree:
            pass
    assert (tree.root / "pyproject.toml").exists()
    assert reclaim(checkout) == 0
    # Unlocked, and git forgets nothing by itself.
    git(checkout.root, "worktree", "prune")
    assert git(tree.root, "status", "--porcelain") == ""
    # The user removes it with the command that is printed, from wherever that is.
    command = removal_of(checkout.common_dir, tree.root)
    subprocess.run(command, cwd=workspace.root, check=True)
    assert git(checkout.root, "worktree", "list").count("\n") == 1
    assert entries(checkout) == []
    assert not tree.root.exists()
    assert reclaim(checkout) == 0
    assert workspace.root.exists()


def test_a_kept_worktree_whose_run_was_killed_is_handed_over(
    checkout: Checkout, killed: Killed
) -> None:
    left = killed(act=KILL, keep=True)
    (tree,) = left.glob("worktree-*")
    reclaim(checkout)
    assert (tree / "pyproject.toml").exists()
    assert "locked" not in git(checkout.root, "worktree", "list", "--porcelain")
    shutil.rmtree(left)
    reclaim(checkout)
    assert entries(checkout) == []


def test_git_says_who_uses_the_worktree(checkout: Checkout) -> None:
    with create_workspace(checkout.root) as workspace:
        with create_worktree(checkout, checkout.resolve("HEAD"), workspace):
            text = git(checkout.root, "worktree", "list", "--porcelain")
            assert f"locked in use by nox-cleanroom: {workspace.root} (" in text
