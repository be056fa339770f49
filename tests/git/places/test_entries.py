"""Git's entries of worktrees: which are somebody else's, while others come and go."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from conftest import git

from nox_cleanroom.checkout.checkout import Checkout
from nox_cleanroom.places import entries
from nox_cleanroom.places.workspace import create_workspace


def test_an_entry_of_ours_that_goes_meanwhile_is_nobody_elses(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    with create_workspace(checkout.root) as workspace:
        directory = workspace.directory("worktree-x")
        reason = entries.lock_reason(workspace)
        words = ("worktree", "add", "-q", "--detach", "--lock", "--reason", reason)
        git(checkout.root, *words, str(directory))
        lock = entries.claim_entry(checkout.common_dir, workspace, directory)
        assert entries.foreign_entries(checkout.common_dir) == []
        is_ours = entries._is_ours

        def deleted_before(entry: Path) -> bool:
            # As another thread does, whose worktree is no longer needed.
            shutil.rmtree(entry)
            return is_ours(entry)

        if lock is not None:
            lock.release()
        monkeypatch.setattr(entries, "_is_ours", deleted_before)
        assert entries.foreign_entries(checkout.common_dir) == []


def test_a_worktree_of_the_user_is_somebody_elses(checkout: Checkout, tmp_path: Path) -> None:
    git(checkout.root, "worktree", "add", "-q", "--detach", str(tmp_path / "theirs"))
    (found,) = entries.foreign_entries(checkout.common_dir)
    assert found.name == "theirs"
