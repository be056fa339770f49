from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import commit_all, demo_files, git, state_of, write_files

from nox_cleanroom.errors import CleanroomError, WorktreeError
from nox_cleanroom.git import Checkout
from nox_cleanroom.workspace import Owner, create_workspace, remove_tree
from nox_cleanroom.worktree import REASON, create_worktree, reclaim


def test_it_holds_the_commit_and_is_gone_afterwards(checkout: Checkout) -> None:
    before = state_of(checkout.root)
    (checkout.root / "uncommitted.txt").write_text("x")
    commit = checkout.resolve("HEAD")
    with create_workspace(checkout) as workspace:
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
        with create_workspace(checkout) as workspace:
            with create_worktree(checkout, checkout.resolve("HEAD"), workspace):
                raise RuntimeError

    pytest.raises(RuntimeError, fail)
    assert state_of(checkout.root) == before


def test_it_is_gone_when_it_was_made_read_only_or_taken_away(checkout: Checkout) -> None:
    commit = checkout.resolve("HEAD")
    with create_workspace(checkout) as workspace:
        with create_worktree(checkout, commit, workspace) as tree:
            for directory, _, _ in os.walk(tree.root):
                Path(directory).chmod(0o500)
        with create_worktree(checkout, commit, workspace) as tree:
            remove_tree(tree.root)
        with create_worktree(checkout, commit, workspace) as tree:
            entry = Path((tree.root / ".git").read_text().removeprefix("gitdir: ").strip())
            remove_tree(entry)
    assert git(checkout.root, "worktree", "list").count("\n") == 1


def test_no_hook_runs(checkout: Checkout) -> None:
    hook = checkout.git_dir / "hooks" / "post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch {checkout.root}/fired\nexit 1\n")
    hook.chmod(0o755)
    with create_workspace(checkout) as workspace:
        with create_worktree(checkout, checkout.resolve("HEAD"), workspace) as tree:
            assert (tree.root / "pyproject.toml").exists()
    assert not (checkout.root / "fired").exists()


def test_a_sparse_checkout_is_tested_whole(checkout: Checkout) -> None:
    git(checkout.root, "sparse-checkout", "set", "nothing")
    assert not (checkout.root / "src").exists()
    with create_workspace(checkout) as workspace:
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
    with create_workspace(checkout) as workspace:
        with create_worktree(checkout, checkout.resolve("HEAD"), workspace) as tree:
            assert (tree.root / "lib/library.c").read_text() == "int x;\n"
            assert tree.missing_submodules == ()
    assert (checkout.git_dir / "config").read_text() == before


def test_a_submodule_that_is_not_here_is_named(repository: Callable[..., Path]) -> None:
    root = repository(name="outer")
    git(root, "update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},lib")
    git(root, "commit", "-qm", "a submodule that nobody has")
    checkout = Checkout.find(root)
    with create_workspace(checkout) as workspace:
        with create_worktree(checkout, checkout.resolve("HEAD"), workspace) as tree:
            assert tree.missing_submodules == ("lib",)


def test_a_required_filter_that_fails_is_a_clear_refusal(repository: Callable[..., Path]) -> None:
    root = repository({**demo_files(), ".gitattributes": "*.bin filter=broken\n", "a.bin": "x"})
    git(root, "config", "filter.broken.smudge", "false")
    git(root, "config", "filter.broken.required", "true")
    checkout = Checkout.find(root)

    def try_it() -> None:
        with create_workspace(checkout) as workspace:
            with create_worktree(checkout, checkout.resolve("HEAD"), workspace):
                pass

    with pytest.raises(WorktreeError, match="could not write") as raised:
        try_it()
    assert "smudge" in raised.value.output
    assert git(root, "worktree", "list").count("\n") == 1


def test_the_place_is_outside_also_when_tmpdir_is_inside(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = checkout.root / "tmp"
    inside.mkdir()
    monkeypatch.setenv("TMPDIR", str(inside))
    with create_workspace(checkout) as workspace:
        assert not workspace.root.is_relative_to(checkout.root)


def test_the_place_is_not_below_another_projects_configuration(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    write_files(other, {"pytest.ini": "[pytest]\n", "tmp/keep": ""})
    monkeypatch.setenv("TMPDIR", str(other / "tmp"))
    with create_workspace(checkout) as workspace:
        assert not workspace.root.is_relative_to(other)


def test_what_a_killed_run_left_is_reclaimed_and_only_that(
    checkout: Checkout, tmp_path: Path
) -> None:
    script = f"""
import os, sys
from pathlib import Path
from nox_cleanroom.git import Checkout
from nox_cleanroom.workspace import create_workspace
from nox_cleanroom.worktree import create_worktree
checkout = Checkout.find(Path({str(checkout.root)!r}))
with create_workspace(checkout) as workspace:
    with create_worktree(checkout, checkout.resolve("HEAD"), workspace) as tree:
        print(tree.root, flush=True)
        os.kill(os.getpid(), 9)
"""
    done = subprocess.run([sys.executable, "-c", script], stdout=subprocess.PIPE, check=False)
    assert done.returncode == -9
    left = Path(done.stdout.decode().strip())
    git(checkout.root, "worktree", "add", "-q", "--detach", "--lock", str(tmp_path / "mine"))
    remove_tree(tmp_path / "mine")  # as if on a disk that is not mounted now
    assert left.exists()
    assert str(left) in git(checkout.root, "worktree", "list")

    assert reclaim(checkout) == [left.parent]
    assert not left.parent.exists()
    listed = git(checkout.root, "worktree", "list")
    assert str(left) not in listed
    assert str(tmp_path / "mine") in listed


def test_a_workspace_whose_removal_was_killed_is_reclaimed(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = Owner(pid=2**22 + 1, started="1", host=Owner.current().host)
    monkeypatch.setattr(Owner, "current", classmethod(lambda cls: gone))
    with create_workspace(checkout, keep=True) as workspace:
        pass
    (workspace.root / "kept").unlink()
    assert [path.name for path in workspace.root.iterdir()] == ["owner.json"]
    assert reclaim(checkout) == [workspace.root]


def test_a_workspace_without_an_owner_is_reclaimed_once_it_is_old(checkout: Checkout) -> None:
    with create_workspace(checkout, keep=True) as workspace:
        pass
    for name in ("kept", "owner.json"):
        (workspace.root / name).unlink()
    assert reclaim(checkout) == []
    os.utime(workspace.root, (0, 0))
    assert reclaim(checkout) == [workspace.root]


def test_what_was_left_under_another_temporary_directory_is_reclaimed(
    checkout: Checkout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    with monkeypatch.context() as patch:
        patch.setenv("TMPDIR", str(other))
        patch.setattr("tempfile.tempdir", None)
        with create_workspace(checkout, keep=True) as workspace:
            with create_worktree(checkout, checkout.resolve("HEAD"), workspace) as tree:
                pass
    (workspace.root / "kept").unlink()
    owner = {**vars(Owner.current()), "pid": 2**22 + 1}
    (workspace.root / "owner.json").write_text(json.dumps(owner))
    assert reclaim(checkout) == [workspace.root]
    assert str(tree.root) not in git(checkout.root, "worktree", "list")


def test_what_another_host_uses_is_not_ours_to_judge(
    checkout: Checkout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As from within a container: the workspace of the other host is not to be seen.
    with monkeypatch.context() as patch:
        patch.setattr("socket.gethostname", lambda: "elsewhere")
        with create_workspace(checkout, keep=True) as workspace:
            tree = tmp_path / f"{workspace.root.name}"
            reason = f"{REASON}{workspace.root} on host elsewhere"
            git(checkout.root, "worktree", "add", "-q", "--lock", "--reason", reason, str(tree))
    remove_tree(workspace.root)
    reclaim(checkout)
    assert str(tree) in git(checkout.root, "worktree", "list")
    (checkout.common_dir / "worktrees" / tree.name / "locked").write_text(
        f"{REASON}{workspace.root}"
    )
    reclaim(checkout)
    assert str(tree) not in git(checkout.root, "worktree", "list")


def test_what_a_running_run_uses_is_left_alone(checkout: Checkout) -> None:
    with create_workspace(checkout) as workspace:
        with create_worktree(checkout, checkout.resolve("HEAD"), workspace) as tree:
            assert reclaim(checkout) == []
            assert (tree.root / "pyproject.toml").exists()


def test_a_pid_that_came_round_again_is_another_process(checkout: Checkout) -> None:
    current = Owner.current()
    assert not current.is_gone
    assert Owner(pid=current.pid, started="12", host=current.host).is_gone
    assert not Owner(pid=2**22 + 1, started="12", host="elsewhere").is_gone


def test_a_kept_workspace_stays_and_is_not_reclaimed(checkout: Checkout) -> None:
    with create_workspace(checkout, keep=True) as workspace:
        with create_worktree(checkout, checkout.resolve("HEAD"), workspace) as tree:
            pass
    assert (tree.root / "pyproject.toml").exists()
    assert reclaim(checkout) == []
    # Unlocked, so that the user removes it as any other.
    git(checkout.root, "worktree", "remove", "--force", str(tree.root))
    remove_tree(workspace.root)


def test_the_lock_says_whose_it_is(checkout: Checkout) -> None:
    with create_workspace(checkout) as workspace:
        with create_worktree(checkout, checkout.resolve("HEAD"), workspace):
            text = git(checkout.root, "worktree", "list", "--porcelain")
            assert f"locked {REASON}{workspace.root}" in text
            owner = json.loads((workspace.root / "owner.json").read_text())
            assert owner["pid"] == os.getpid()


def test_what_cannot_be_removed_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x").mkdir()
    monkeypatch.setattr("nox_cleanroom.workspace._remove", lambda root: None)
    with pytest.raises(CleanroomError, match="could not be removed"):
        remove_tree(tmp_path / "x")
