"""What is behind `.git` in a worktree, and in its submodules: who looks finds what a clone has."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import (
    FROM_FILES,
    add_submodule,
    commit_all,
    copy_checkout,
    demo_files,
    git,
    make_repository,
    seal,
    write_files,
)
from independent import deep_snapshot, difference

from nox_cleanroom.build.git_directory import make_directory
from nox_cleanroom.build.worktree import Worktree, create_worktree
from nox_cleanroom.checkout.checkout import Checkout
from nox_cleanroom.errors import RepositoryError
from nox_cleanroom.places.workspace import Workspace, create_workspace

#: What version tools ask git, and a few more.
QUESTIONS = [
    *(["describe", "--tags"], ["describe", "--tags", "--long", "--dirty", "--abbrev=40"]),
    *(["rev-parse", "HEAD"], ["rev-parse", "--git-dir"], ["rev-parse", "@{0}"]),
    *(["rev-parse", "--is-inside-work-tree"], ["rev-parse", "--is-bare-repository"]),
    *(["rev-parse", "--abbrev-ref", "HEAD"], ["branch", "--show-current"]),
    *(["status", "--porcelain=v2", "--branch", "--ignored"], ["log", "-1", "--format=%H %ct"]),
    *(["rev-list", "--count", "HEAD"], ["tag", "--points-at", "HEAD~1"], ["diff", "HEAD"]),
    *(["ls-files", "--stage", "-v"], ["ls-files", "--recurse-submodules"], ["fsck"]),
    *(["submodule", "status", "--recursive"], ["rev-parse", "--show-prefix"]),
    *(["submodule", "foreach", "-q", "--recursive", "git describe --always --dirty"],),
]  # fmt: skip


def answer(where: Path, question: list[str]) -> tuple[int, str]:
    done = subprocess.run(
        ["git", *question], cwd=where, capture_output=True, encoding="utf-8", check=False
    )
    return done.returncode, done.stdout


def by_hand(where: Path) -> dict[str, object]:
    """What is found by those who look themselves."""
    place = where / ".git"
    shell = subprocess.run(["test", "-d", ".git"], cwd=where, check=False)
    return {
        "isdir": os.path.isdir(place),
        "test -d": shell.returncode,
        "HEAD": (place / "HEAD").read_text(),
        "objects": (place / "objects").is_dir(),
        "refs": (place / "refs").is_dir(),
        "submodules": {
            path.parent.relative_to(where).as_posix(): path.is_file()
            for path in where.glob("*/**/.git")
        },
    }


def plain(root: Path) -> Path:
    return root


def linked(root: Path) -> Path:
    git(root, "worktree", "add", "-q", "--detach", str(root.parent / "linked"))
    return root.parent / "linked"


def bare(root: Path) -> Path:
    git(root.parent, "clone", "-q", "--bare", str(root), str(root.parent / "bare.git"))
    git(root.parent / "bare.git", "worktree", "add", "-q", str(root.parent / "of-bare"), "main")
    return root.parent / "of-bare"


def with_worktree_config(root: Path) -> Path:
    git(root, "config", "extensions.worktreeConfig", "true")
    git(root, "config", "--worktree", "core.logAllRefUpdates", "always")
    return root


def bare_with_worktree_config(root: Path) -> Path:
    place = bare(root)
    git(root.parent / "bare.git", "config", "extensions.worktreeConfig", "true")
    git(root.parent / "bare.git", "config", "--worktree", "core.bare", "true")
    git(root.parent / "bare.git", "config", "--unset", "core.bare")
    return place


def clone(root: Path, *options: str) -> Path:
    place = root.parent / "clone"
    git(root.parent, *FROM_FILES, "clone", "-q", *options, f"file://{root}", str(place))
    return place


def borrowing(root: Path) -> Path:
    git(root.parent, "clone", "-q", "--shared", str(root), str(root.parent / "borrowing"))
    return root.parent / "borrowing"


def sparse(root: Path) -> Path:
    git(root, "sparse-checkout", "set", "--cone", "--sparse-index", "docs")
    return root


ARRANGEMENTS = {
    "a checkout": plain,
    "a linked worktree": linked,
    "a worktree of a bare repository": bare,
    "a configuration for each worktree": with_worktree_config,
    "the same in a bare repository": bare_with_worktree_config,
    "a shallow clone": lambda root: clone(root, "--depth=1"),
    "a clone without its blobs": lambda root: clone(root, "--filter=blob:none"),
    "a clone that borrows objects": borrowing,
    "a sparse checkout": sparse,
}


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory, demo_repository: Path) -> Path:
    """A checkout with a version, and a clone of it with submodules; to be copied."""
    place = tmp_path_factory.mktemp("originals")
    with pytest.MonkeyPatch.context() as patched:
        seal(patched, tmp_path_factory)
        root = copy_checkout(demo_repository, place / "checkout")
        git(root, "tag", "-a", "v1.0", "-m", "a version")
        write_files(root, {"src/demo/part.py": "VALUE = 2\n"})
        commit_all(root, "after it")
        inner = make_repository(place / "inner", {"inner.c": "int inner;\n"})
        middle = make_repository(place / "middle", {"middle.c": "int middle;\n"})
        add_submodule(middle, inner, "deep/down", "--name", "the inner one")
        git(middle, "tag", "v7")
        outer = copy_checkout(root, place / "outer")
        add_submodule(outer, middle, "lib", "--name", 'it\'s "so"')
        # As it usually is: whoever made the submodule has one kind, whoever cloned it the other.
        clone(outer, "--recurse-submodules")
    return place


@pytest.fixture
def root(originals: Path, tmp_path: Path) -> Path:
    return copy_checkout(originals / "checkout", tmp_path / "checkout")


@pytest.fixture
def with_submodules(originals: Path, tmp_path: Path) -> Path:
    return copy_checkout(originals / "clone", tmp_path / "clone")


@contextlib.contextmanager
def worktree_of(place: Path) -> Iterator[Worktree]:
    checkout = Checkout.find(place)
    with create_workspace(checkout.root) as workspace:
        with create_worktree(checkout, checkout.resolve("HEAD"), workspace) as tree:
            yield tree


@pytest.mark.parametrize("arrange", ARRANGEMENTS.values(), ids=ARRANGEMENTS)
def test_it_looks_like_a_clone_at_the_commit(
    root: Path, tmp_path: Path, arrange: Callable[[Path], Path]
) -> None:
    assert_it_looks_like_a_clone(arrange(root), tmp_path)


def test_with_submodules_it_looks_like_a_clone(with_submodules: Path, tmp_path: Path) -> None:
    assert_it_looks_like_a_clone(with_submodules, tmp_path)


def assert_it_looks_like_a_clone(place: Path, tmp_path: Path) -> None:
    """Whoever looks into a worktree finds what is in a new clone, and the checkout stays."""
    before = deep_snapshot(place)
    fresh = tmp_path / "fresh"
    source = f"file://{place}" if place.name == "clone" else str(place)
    git(tmp_path, *FROM_FILES, "clone", "-q", "--recurse-submodules", source, str(fresh))
    git(fresh, "checkout", "-q", "--detach", git(place, "rev-parse", "HEAD").strip())
    with worktree_of(place) as tree:
        assert by_hand(tree.root) == by_hand(fresh)
        for question in QUESTIONS:
            assert answer(tree.root, question) == answer(fresh, question), question
    assert difference(before, deep_snapshot(place)) == []


def test_in_a_sha256_repository(tmp_path: Path) -> None:
    place = tmp_path / "sha256"
    place.mkdir()
    git(place, "init", "-q", "--object-format=sha256")
    write_files(place, demo_files())
    commit_all(place)
    with worktree_of(place) as tree:
        assert len((tree.root / ".git/HEAD").read_text().strip()) == 64
        assert answer(tree.root, ["status", "--porcelain"]) == (0, "")


def test_a_replaced_commit_is_what_it_is_in_the_checkout(root: Path) -> None:
    git(root, "replace", "HEAD", git(root, "commit-tree", "-m", "another", "HEAD^{tree}").strip())
    with worktree_of(root) as tree:
        assert (
            git(tree.root, "log", "--format=%s") == git(root, "log", "--format=%s") == "another\n"
        )


def test_in_the_checkout_git_works_as_before_and_loses_nothing(root: Path) -> None:
    """Not even the commit under test, when nothing else in the repository names it any more."""
    with worktree_of(root) as tree:
        oid = git(tree.root, "rev-parse", "HEAD").strip()
        git(root, "commit", "-q", "--amend", "-m", "another")
        git(root, "reflog", "expire", "--expire=now", "--all")
        assert git(root, "worktree", "prune", "--verbose", "--expire=now") == ""
        git(root, "gc", "--quiet", "--prune=now")
        assert git(root, "status", "--porcelain") == git(root, "fsck") == ""
        assert f"{tree.root} " in git(root, "worktree", "list")
        assert git(tree.root, "rev-parse", "HEAD^{commit}").strip() == oid
        assert git(tree.root, "describe", "--tags", "--dirty").startswith("v1.0-1-g")
        git(tree.root, "gc", "--quiet", "--prune=now")
        assert git(tree.root, "fsck") == ""


def test_what_a_build_commits_there_moves_nobody_elses_head(root: Path) -> None:
    before = deep_snapshot(root)
    with worktree_of(root) as tree:
        write_files(tree.root, {"new.txt": "x"})
        commit_all(tree.root, "a commit by a build")
        assert git(tree.root, "log", "-1", "--format=%s") == "a commit by a build\n"
    assert difference(before, deep_snapshot(root)) == []


#: What a build may do in a submodule.
ACTS = [
    ["tag", "mine"],
    ["checkout", "-q", "-b", "mine"],
    ["config", "user.name", "x"],
    ["commit", "-q", "--allow-empty", "-m", "mine"],
    ["gc", "--quiet", "--prune=now"],
    ["remote", "add", "another", "elsewhere"],
]


def test_nothing_that_is_done_in_a_submodule_reaches_the_checkout(with_submodules: Path) -> None:
    place = with_submodules
    before = [deep_snapshot(place / path) for path in ("", "lib", "lib/deep/down")]
    with worktree_of(place) as tree:
        for where in (tree.root / "lib/deep/down", tree.root / "lib"):
            assert git(where, "rev-parse", "--show-toplevel").strip() == str(where)
            for act in ACTS:
                git(where, *act)
    after = [deep_snapshot(place / path) for path in ("", "lib", "lib/deep/down")]
    assert [difference(*pair) for pair in zip(before, after, strict=True)] == [[], [], []]


def test_the_usual_update_of_submodules_has_nothing_to_do(with_submodules: Path) -> None:
    place = with_submodules
    before = deep_snapshot(place)
    with worktree_of(place) as tree:
        git(tree.root, "submodule", "update", "--init", "--recursive")
        assert git(tree.root, "status", "--porcelain") == ""
    assert difference(before, deep_snapshot(place)) == []


def test_a_submodule_whose_refs_are_in_tables_is_filled_without_a_repository(
    with_submodules: Path,
) -> None:
    place = with_submodules
    # This git ignores what it does not know in a repository of the first format.
    git(place / "lib", "config", "extensions.refStorage", "reftable")
    with worktree_of(place) as tree:
        assert tree.missing_submodules == ()
        assert (tree.root / "lib/middle.c").exists()
        assert not (tree.root / "lib/.git").exists()
        assert (tree.root / "lib/deep/down/.git").is_file()
        assert answer(tree.root, ["status", "--porcelain"]) == (0, "")


def file_in_place_of_head(entry: Path) -> None:
    """As where refs are kept in tables (`reftable`, "Constraints")."""
    (entry / "HEAD").write_text("ref: refs/heads/.invalid\n")


def nothing(_: Path) -> None:
    pass


@pytest.mark.parametrize(("arrange", "fails"), [(file_in_place_of_head, False), (nothing, True)])
def test_where_it_cannot_be_a_directory_it_stays_what_it_was(
    root: Path,
    monkeypatch: pytest.MonkeyPatch,
    arrange: Callable[[Path], None],
    *,
    fails: bool,
) -> None:
    said: list[str] = []

    def make(checkout: Checkout, tree: Path, oid: str, workspace: Workspace) -> None:
        link, head = tree / ".git", checkout.common_dir / "worktrees" / tree.name / "HEAD"
        before, content = link.read_bytes(), head.read_bytes()
        arrange(head.parent)
        with monkeypatch.context() as patch:
            if fails:
                patch.setattr(Path, "rename", lambda *_: os.stat("/nowhere"))
            make_directory(checkout, tree, oid, workspace)
        head.write_bytes(content)
        said.append("same" if link.read_bytes() == before else "another")

    monkeypatch.setattr("nox_cleanroom.build.worktree.make_directory", make)
    with worktree_of(root) as tree:
        assert said == ["same"]
        assert answer(tree.root, ["status", "--porcelain"]) == (0, "")
        assert (tree.root / "pyproject.toml").exists()


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives a directory away"
)
def test_a_repository_of_somebody_else_is_taken_when_git_takes_it(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for directory, _, names in os.walk(root):
        for name in ("", *names):
            os.chown(os.path.join(directory, name), 12345, 12345)
    with pytest.raises(RepositoryError, match="does not trust"):
        Checkout.find(root)
    for name, value in {"COUNT": "1", "KEY_0": "safe.directory", "VALUE_0": str(root)}.items():
        monkeypatch.setenv(f"GIT_CONFIG_{name}", value)
    with worktree_of(root) as tree:
        assert git(tree.root, "describe", "--tags").startswith("v1.0-1-g")
