"""Submodules, and theirs, come from what the checkout has of them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import (
    FROM_FILES,
    add_submodule,
    commit_all,
    copy_checkout,
    git,
    make_repository,
    seal,
    write_files,
)

from nox_cleanroom.build.worktree import create_worktree, missing_submodules
from nox_cleanroom.checkout.checkout import Checkout
from nox_cleanroom.places.workspace import create_workspace


@pytest.fixture(scope="module")
def cloned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone with a submodule in a submodule, each under another name than its path."""
    place = tmp_path_factory.mktemp("submodules")
    with pytest.MonkeyPatch.context() as patched:
        seal(patched, tmp_path_factory)
        inner = make_repository(place / "inner", {"inner.c": "int inner;\n"})
        middle = make_repository(place / "middle", {"middle.c": "int middle;\n"})
        add_submodule(middle, inner, "deep/down", "--name", "the inner one")
        origin = make_repository(place / "origin", {"outer.c": "int outer;\n"})
        add_submodule(origin, middle, "lib", "--name", "libraries/middle")
        git(place, *FROM_FILES, "clone", "-q", "--recurse-submodules", "origin", "checkout")
    return place / "checkout"


@pytest.fixture
def root(cloned: Path, tmp_path: Path) -> Path:
    """A clone of one's own."""
    return copy_checkout(cloned, tmp_path / "checkout")


def without_work_trees(root: Path) -> Path:
    git(root, "submodule", "-q", "deinit", "--all", "--force")
    return root


def linked(root: Path) -> Path:
    git(root, "worktree", "add", "-q", "--detach", str(root.parent / "linked"))
    return root.parent / "linked"


def linked_with_its_own(root: Path) -> Path:
    place = linked(root)
    git(place, *FROM_FILES, "submodule", "-q", "update", "--init", "--recursive")
    shutil.rmtree(root / ".git/modules")
    return place


def moved(root: Path) -> Path:
    # The directory that git notes in the submodule's repository is gone.
    shutil.rmtree(root / "lib")
    return root


def sparse(root: Path) -> Path:
    git(root / "lib", "sparse-checkout", "set", "nothing")
    return root


def elsewhere(root: Path) -> Path:
    """The submodule's own directory is at a commit of another repository of that name."""
    other = make_repository(root.parent / "other", {"other.c": ""})
    shutil.rmtree(root / "lib")
    git(root.parent, "clone", "-q", str(other), str(root / "lib"))
    return root


@pytest.mark.parametrize(
    "arrange",
    [lambda root: root, without_work_trees, linked, linked_with_its_own, moved, sparse, elsewhere],
    ids=["a clone", "no work trees", "linked", "linked, its own", "moved", "sparse", "elsewhere"],
)
def test_all_of_them_are_filled_and_no_configuration_is_written(
    root: Path, arrange: Callable[[Path], Path]
) -> None:
    checkout = Checkout.find(arrange(root))
    configs = {path: path.read_text() for path in root.glob(".git/**/config*")}
    commit = checkout.resolve("HEAD")
    with create_workspace(checkout.root) as workspace:
        with create_worktree(checkout, commit, workspace) as tree:
            assert tree.missing_submodules == missing_submodules(checkout, commit) == ()
            assert (tree.root / "lib/middle.c").read_text() == "int middle;\n"
            assert (tree.root / "lib/deep/down/inner.c").read_text() == "int inner;\n"
    assert {path: path.read_text() for path in root.glob(".git/**/config*")} == configs


def test_those_that_are_not_here_are_named_with_their_whole_path(root: Path) -> None:
    shutil.rmtree(root / "lib/deep")
    shutil.rmtree(root / ".git/modules/libraries/middle/modules")
    checkout = Checkout.find(root)
    commit = checkout.resolve("HEAD")
    assert missing_submodules(checkout, commit) == ("lib/deep/down",)
    with create_workspace(checkout.root) as workspace:
        with create_worktree(checkout, commit, workspace) as tree:
            assert tree.missing_submodules == ("lib/deep/down",)
            assert (tree.root / "lib/middle.c").exists()


def test_a_commit_that_was_never_fetched_is_missing(root: Path) -> None:
    git(root, "update-index", "--cacheinfo", f"160000,{'1' * 40},lib")
    git(root, "commit", "-qm", "a commit that nobody has")
    checkout = Checkout.find(root)
    assert missing_submodules(checkout, checkout.resolve("HEAD")) == ("lib",)


def test_the_submodules_of_the_commit_count_and_not_those_of_head(root: Path) -> None:
    git(root, "rm", "-q", "lib")
    commit_all(root, "without")
    checkout = Checkout.find(root)
    with create_workspace(checkout.root) as workspace:
        with create_worktree(checkout, checkout.resolve("HEAD~1"), workspace) as tree:
            assert tree.missing_submodules == ()
            assert (tree.root / "lib/deep/down/inner.c").exists()


def test_a_name_that_leads_elsewhere_is_not_followed(root: Path, tmp_path: Path) -> None:
    write_files(
        root, {".gitmodules": '[submodule "../../../elsewhere"]\n\tpath = lib\n\turl = x\n'}
    )
    commit_all(root)
    shutil.rmtree(root / "lib")
    shutil.copytree(root / ".git/modules/libraries/middle", tmp_path / "elsewhere")
    checkout = Checkout.find(root)
    assert missing_submodules(checkout, checkout.resolve("HEAD")) == ("lib",)
