"""What git says about the commit under test."""

from __future__ import annotations

from pathlib import Path

from conftest import commit_all, demo_files, git, make_repository

from nox_cleanroom.checkout.checkout import Checkout
from nox_cleanroom.probes.tracked import Tracked, list_tracked


def tracked(root: Path) -> Tracked:
    checkout = Checkout.find(root)
    refs = git(root, "for-each-ref", "--format=%(refname)").split()
    return list_tracked(
        checkout,
        checkout.resolve("HEAD"),
        refs=refs,
        subdirectory=".",
        missing_submodules=(),
        pyproject={"tool": {"pdm": {"version": {"source": "scm"}}}},
    )


def test_tags_with_versions_are_told_apart(tmp_path: Path) -> None:
    root = make_repository(tmp_path / "checkout", demo_files())
    git(root, "tag", "v0.9")
    commit_all(root)
    git(root, "tag", "v1.0")
    git(root, "tag", "--annotate", "-m", "x", "demo-1.0")
    git(root, "tag", "nightly")
    found = tracked(root)
    assert found.has_version_from_git
    assert found.tags_here == ("demo-1.0", "v1.0")
    assert found.version_tags == ("demo-1.0", "v0.9", "v1.0")
