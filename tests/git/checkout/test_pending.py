"""Commits of what is staged and of what lies in the checkout, without a write to the repository."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from conftest import FROM_FILES, commit_all, git, make_repository, write_files

from nox_cleanroom.checkout import pending
from nox_cleanroom.checkout.checkout import Checkout
from nox_cleanroom.config.options import STAGED, WORKING_TREE
from nox_cleanroom.errors import Code, RepositoryError


def state(git_dir: Path) -> dict[str, str]:
    """Every file of a git directory, with its content."""
    files = (path for path in git_dir.rglob("*") if path.is_file())
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def files_of(
    checkout: Checkout, rev: str, place: Path, env: Mapping[str, str] | None = None
) -> dict[str, str]:
    """The paths of the pending commit, with mode and content; `.git` must stay as it is."""
    before = state(checkout.git_dir)
    place.mkdir()
    found, oid = pending.resolve(checkout, rev, place, env or {})
    listed = _listed(found, oid)
    assert state(checkout.git_dir) == before
    return listed


def _listed(checkout: Checkout, oid: str) -> dict[str, str]:
    lines = checkout.ask("ls-tree", "-r", "-z", oid).stdout.decode().split("\0")[:-1]
    found = {}
    for line in lines:
        mode, kind, rest = line.split(" ", 2)
        blob, _, path = rest.partition("\t")
        content = (
            blob if kind == "commit" else checkout.ask("cat-file", "blob", blob).stdout.decode()
        )
        found[path] = f"{mode} {content}"
    return found


def committed(root: Path, *words: str) -> dict[str, str]:
    """What a real `git commit` in a copy of the checkout commits."""
    copy = root.with_name("copy")
    subprocess.run(["cp", "-a", str(root), str(copy)], check=True)
    git(copy, "commit", "-q", "--allow-empty", "-m", "x", *words)
    checkout = Checkout.find(copy)
    return _listed(checkout, git(copy, "rev-parse", "HEAD").strip())


def edit(root: Path) -> None:
    write_files(root, {"a.txt": "staged"})
    git(root, "add", "a.txt")
    write_files(root, {"a.txt": "not staged", "new.txt": "new"})


def rename(root: Path) -> None:
    git(root, "mv", "a.txt", "b.txt")


def mode(root: Path) -> None:
    (root / "a.txt").chmod(0o755)
    git(root, "add", "a.txt")


def link(root: Path) -> None:
    (root / "link").symlink_to("a.txt")
    git(root, "add", "link")


def intent(root: Path) -> None:
    write_files(root, {"new.txt": "new"})
    git(root, "add", "--intent-to-add", "new.txt")


def delete(root: Path) -> None:
    git(root, "rm", "-q", "a.txt")


def split(root: Path) -> None:
    git(root, "update-index", "--split-index")
    edit(root)


def odd_names(root: Path) -> None:
    for name in ("a b", "ä", 'q"', "-n"):
        (root / name).write_text(name)
    git(root, "add", "--all")


def submodule(root: Path) -> None:
    library = make_repository(root.with_name("library"), {"lib.txt": "1"})
    git(root, *FROM_FILES, "submodule", "-q", "add", str(library), "lib")
    write_files(root / "lib", {"lib.txt": "2"})
    git(root / "lib", "commit", "-q", "-a", "-m", "x")
    git(root, "add", "lib")


CHANGES: dict[str, Callable[[Path], object]] = {
    "nothing": lambda root: root,
    "an edit": edit,
    "a rename": rename,
    "a mode": mode,
    "a link": link,
    "intent to add": intent,
    "a removed file": delete,
    "a split index": split,
    "odd names": odd_names,
    "a submodule": submodule,
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    files = {"a.txt": "a", "sub/c.txt": "c", ".gitignore": "ignored\n", "sub/ignored": "i"}
    root = make_repository(tmp_path / "checkout", files)
    git(root, "rm", "-q", "--cached", "sub/ignored")
    commit_all_but_ignored(root)
    return root


def commit_all_but_ignored(root: Path) -> None:
    git(root, "commit", "-q", "--allow-empty", "-m", "y")


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_is_staged_is_what_git_would_commit(
    root: Path, tmp_path: Path, change: Callable[[Path], object]
) -> None:
    change(root)
    found = files_of(Checkout.find(root), STAGED, tmp_path / "place")
    assert found == committed(root)


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_the_working_tree_is_what_add_all_would_commit(
    root: Path, tmp_path: Path, change: Callable[[Path], object]
) -> None:
    change(root)
    found = files_of(Checkout.find(root), WORKING_TREE, tmp_path / "place")
    git(root, "add", "--all")
    assert found == committed(root)
    assert "sub/ignored" not in found


def test_equal_content_is_an_equal_commit_on_head(root: Path, tmp_path: Path) -> None:
    edit(root)
    checkout = Checkout.find(root)
    oids = set()
    for name in ("one", "two"):
        place = tmp_path / name
        place.mkdir()
        found, oid = pending.resolve(checkout, STAGED, place, {})
        oids.add(oid)
        commit = found.commit(oid)
        assert commit.subject == "what is staged"
        parent = found.ask("rev-parse", f"{oid}^").stdout.decode().strip()
        assert parent == git(root, "rev-parse", "HEAD").strip()
    assert len(oids) == 1


def test_the_index_of_a_hook_counts(root: Path, tmp_path: Path) -> None:
    edit(root)
    other = tmp_path / "index of commit -a"
    other.write_bytes((root / ".git/index").read_bytes())
    env = {**os.environ, "GIT_INDEX_FILE": str(other)}
    subprocess.run(["git", "add", "a.txt"], cwd=root, env=env, check=True)
    found = files_of(
        Checkout.find(root), STAGED, tmp_path / "place", {"GIT_INDEX_FILE": str(other)}
    )
    assert found["a.txt"] == "100644 not staged"


def test_before_the_first_commit(tmp_path: Path) -> None:
    root = tmp_path / "new"
    git(tmp_path, "init", "-q", str(root))
    write_files(root, {"a.txt": "a"})
    checkout = Checkout.find(root)
    assert files_of(checkout, WORKING_TREE, tmp_path / "one") == {"a.txt": "100644 a"}
    assert files_of(checkout, STAGED, tmp_path / "two") == {}


def test_a_merge_has_both_parents(root: Path, tmp_path: Path) -> None:
    git(root, "switch", "-q", "-c", "side")
    write_files(root, {"side.txt": "x"})
    commit_all(root)
    git(root, "switch", "-q", "-")
    write_files(root, {"main.txt": "x"})
    commit_all(root)
    git(root, "merge", "-q", "--no-commit", "--no-ff", "side")
    place = tmp_path / "place"
    place.mkdir()
    found, oid = pending.resolve(Checkout.find(root), STAGED, place, {})
    parents = found.ask("rev-parse", f"{oid}^@").stdout.decode().split()
    assert parents == git(root, "rev-parse", "HEAD", "side").split()


def test_conflicts_are_a_sentence(root: Path, tmp_path: Path) -> None:
    git(root, "switch", "-q", "-c", "side")
    write_files(root, {"a.txt": "side"})
    commit_all(root)
    git(root, "switch", "-q", "-")
    write_files(root, {"a.txt": "main"})
    commit_all(root)
    subprocess.run(["git", "merge", "side"], cwd=root, capture_output=True, check=False)
    place = tmp_path / "place"
    place.mkdir()
    with pytest.raises(RepositoryError, match="The index has conflicts") as raised:
        pending.resolve(Checkout.find(root), STAGED, place, {})
    assert raised.value.code is Code.GIT_FAILED


def test_paths_with_the_separator(tmp_path: Path) -> None:
    root = make_repository(tmp_path / 'a:b"c', {"a.txt": "a"})
    write_files(root, {"b.txt": "b"})
    place = tmp_path / "x:y"
    found = files_of(Checkout.find(root), WORKING_TREE, place)
    assert found == {"a.txt": "100644 a", "b.txt": "100644 b"}
