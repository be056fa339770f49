"""What git says about the commit under test."""

from __future__ import annotations

from pathlib import Path

from conftest import commit_all, demo_files, git, make_repository, write_files

from nox_cleanroom.checkout.checkout import Checkout
from nox_cleanroom.probes.tracked import Tracked, find_left_out, list_tracked


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


def test_what_the_commit_leaves_out_lies_beside_modules(tmp_path: Path) -> None:
    files = demo_files(**{".gitignore": "*.json\n/build/\n"})
    root = make_repository(tmp_path / "checkout", files)
    changes = {
        "src/demo/new.csv": "",
        "src/demo/data/deep.json": "",
        "src/demo/extra.py": "",
        "src/demo/part.py": "changed",
        "src/demo/staged.txt": "",
        "build/far.json": "",
        "docs/far.csv": "",
    }
    write_files(root, changes)
    git(root, "add", "src/demo/staged.txt")
    found = find_left_out(Checkout.find(root), tracked(root))
    assert found.paths == ("src/demo/extra.py",)
    assert set(found.files) == {
        "src/demo/new.csv",
        "src/demo/data/deep.json",
        "src/demo/staged.txt",
    }
    assert found.rules["src/demo/data/deep.json"].pattern == "*.json"
