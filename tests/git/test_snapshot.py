"""What a snapshot sees, and what it rightly does not."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import commit_all, demo_files, git

from nox_cleanroom.attribution import Attribution
from nox_cleanroom.git import Checkout
from nox_cleanroom.recorder import Watch

Act = Callable[[Path], object]


def changes(checkout: Checkout, act: Act, *, allowed: list[str] | None = None) -> list[Attribution]:
    watch = Watch(checkout, exempt=[checkout.root / ".nox"], allowed=allowed or [])
    with watch.during("the step"):
        act(checkout.root)
    return list(watch.changes)


def seen(checkout: Checkout, act: Act, **more: list[str]) -> list[str]:
    return [str(one.change) for one in changes(checkout, act, **more)]


def rewrite_keeping_times(path: Path, text: str) -> None:
    before = path.stat()
    path.write_text(text)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def prepare_untracked(root: Path) -> None:
    (root / "notes.txt").write_text("mine\n")
    (root / "ignored").mkdir()
    (root / "ignored" / "cache.bin").write_text("cached\n")
    (root / ".git" / "info" / "exclude").write_text("/ignored/\n")
    (root / "src" / "demo" / "part.py").write_text("VALUE = 2\n")


SEEN: dict[str, tuple[Act, list[str]]] = {
    "a new file": (lambda root: (root / "junk.txt").write_text("x"), ["junk.txt (created)"]),
    "a new directory with a file": (
        lambda root: ((root / "build").mkdir(), (root / "build" / "x").write_text("x")),
        ["build/x (created)"],
    ),
    "an empty directory": (lambda root: (root / "empty").mkdir(), ["empty/ (created)"]),
    "an edit of a tracked file": (
        lambda root: (root / "src/demo/__init__.py").write_text("pass\n"),
        ["src/demo/__init__.py (modified)"],
    ),
    "a second edit of a dirty file": (
        lambda root: (root / "src/demo/part.py").write_text("VALUE = 3\n"),
        ["src/demo/part.py (modified)"],
    ),
    "an edit of an untracked file": (
        lambda root: (root / "notes.txt").write_text("else\n"),
        ["notes.txt (modified)"],
    ),
    "an edit inside an ignored directory": (
        lambda root: (root / "ignored/cache.bin").write_text("other\n"),
        ["ignored/cache.bin (modified)"],
    ),
    "a same-size edit with the old time": (
        lambda root: rewrite_keeping_times(root / "notes.txt", "MINE\n"),
        ["notes.txt (modified)"],
    ),
    "a deletion": (
        lambda root: (root / "src/demo/part.py").unlink(),
        ["src/demo/part.py (deleted)"],
    ),
    "a rename": (
        lambda root: (root / "notes.txt").rename(root / "NOTES.txt"),
        ["NOTES.txt (renamed: from notes.txt)"],
    ),
    "an executable bit": (
        lambda root: (root / "notes.txt").chmod(0o755),
        ["notes.txt (mode changed)"],
    ),
    "a file that became a link": (
        lambda root: ((root / "notes.txt").unlink(), (root / "notes.txt").symlink_to("x")),
        ["notes.txt (type changed)"],
    ),
    "a staged file": (
        lambda root: git(root, "add", "notes.txt"),
        [".git/index: notes.txt (created)"],
    ),
    "a flag of the index": (
        lambda root: git(root, "update-index", "--assume-unchanged", "src/demo/__init__.py"),
        [".git/index: src/demo/__init__.py (modified)"],
    ),
    "a branch": (lambda root: git(root, "branch", "other"), [".git/refs/heads/other (created)"]),
    "a tag": (lambda root: git(root, "tag", "v9"), [".git/refs/tags/v9 (created)"]),
    "a detached HEAD at the same commit": (
        lambda root: git(root, "checkout", "-q", "--detach"),
        [".git/HEAD (modified: refs/heads/main -> "],
    ),
    "the configuration": (
        lambda root: git(root, "config", "user.name", "x"),
        [".git/config (modified)"],
    ),
    "a hook": (
        lambda root: (
            (root / ".git/hooks").mkdir(exist_ok=True),
            (root / ".git/hooks/pre-commit").write_text("#!/bin/sh\n"),
        ),
        [".git/hooks/pre-commit (created)"],
    ),
    "an exclude rule": (
        lambda root: (root / ".git/info/exclude").write_text("*\n"),
        [".git/info/exclude (modified)"],
    ),
    "a lock left on the index": (
        lambda root: (root / ".git/index.lock").write_text(""),
        [".git/index.lock (created)"],
    ),
}


@pytest.mark.parametrize(("act", "expected"), SEEN.values(), ids=SEEN.keys())
def test_it_sees(checkout: Checkout, act: Act, expected: list[str]) -> None:
    prepare_untracked(checkout.root)
    found = seen(checkout, act)
    assert len(found) == len(expected), found
    for one, beginning in zip(found, expected, strict=True):
        assert one.startswith(beginning)


def touch_everything(root: Path) -> None:
    time.sleep(0.01)
    for path in [root / "src/demo/__init__.py", root / "notes.txt", root / "src/demo/part.py"]:
        content = path.read_bytes()
        path.unlink()
        path.write_bytes(content)
        os.utime(path)


UNSEEN: dict[str, Act] = {
    "nothing": lambda root: None,
    "touches and rewrites with the same bytes": touch_everything,
    "a refresh of the index": lambda root: git(root, "status"),
    "packed refs": lambda root: git(root, "pack-refs", "--all"),
    "remote-tracking refs": lambda root: git(
        root, "update-ref", "refs/remotes/origin/main", "HEAD"
    ),
    "the nox environment directory": lambda root: (
        (root / ".nox/smoke").mkdir(parents=True),
        (root / ".nox/smoke/x").write_text("x"),
    ),
    "garbage collection": lambda root: git(root, "gc", "--quiet"),
}


@pytest.mark.parametrize("act", UNSEEN.values(), ids=UNSEEN.keys())
def test_it_does_not_see(checkout: Checkout, act: Act) -> None:
    prepare_untracked(checkout.root)
    assert seen(checkout, act) == []


def test_a_rewrite_through_a_filter_is_no_change(repository: Callable[..., Path]) -> None:
    root = repository({**demo_files(), ".gitattributes": "*.txt text eol=crlf\n", "a.txt": "one\n"})
    git(root, "rm", "-q", "--cached", "a.txt")
    (root / "a.txt").unlink()
    git(root, "reset", "-q", "--hard")
    assert (root / "a.txt").read_bytes() == b"one\r\n"
    assert seen(Checkout.find(root), lambda root: (root / "a.txt").write_bytes(b"one\r\n")) == []


def test_a_link_that_is_made_again_is_no_change(repository: Callable[..., Path]) -> None:
    root = repository()
    (root / "dead").symlink_to("nowhere")
    commit_all(root)

    def act(root: Path) -> None:
        (root / "dead").unlink()
        (root / "dead").symlink_to("nowhere")

    assert seen(Checkout.find(root), act) == []


def test_a_git_directory_in_the_work_tree_is_gits_own(tmp_path: Path) -> None:
    root = tmp_path / "checkout"
    root.mkdir()
    git(root, "init", "-q", "--separate-git-dir", ".repo", ".")
    (root / "a").write_text("x")
    git(root, "add", "a")
    git(root, "commit", "-qm", "x")
    assert seen(Checkout.find(root), lambda root: (root / ".repo/gc.log").write_text("x")) == []


def test_what_git_is_told_not_to_look_at_is_seen(checkout: Checkout) -> None:
    git(checkout.root, "update-index", "--assume-unchanged", "src/demo/__init__.py")
    git(checkout.root, "update-index", "--skip-worktree", "src/demo/part.py")
    git(checkout.root, "config", "status.showUntrackedFiles", "no")

    def act(root: Path) -> None:
        for name in ("src/demo/__init__.py", "src/demo/part.py", "new.txt"):
            (root / name).write_text("changed\n")

    assert seen(checkout, act) == [
        "new.txt (created)",
        "src/demo/__init__.py (modified)",
        "src/demo/part.py (modified)",
    ]


def test_what_the_project_allows_is_not_blamed(checkout: Checkout) -> None:
    def act(root: Path) -> None:
        (root / "docs").mkdir()
        (root / "docs" / "made.html").write_text("x")
        (root / "other").write_text("x")

    assert seen(checkout, act, allowed=["docs/*.html"]) == ["other (created)"]


def test_of_noxs_own_bytecode_nothing_is_said_and_of_other_bytecode_it_is(
    checkout: Checkout,
) -> None:
    watch = Watch(checkout, exempt=[checkout.root / "__pycache__" / "noxfile."], allowed=[])
    with watch.during("first"):
        (checkout.root / "__pycache__").mkdir()
        (checkout.root / "__pycache__" / "noxfile.cpython-311.pyc").write_text("x")
    assert list(watch.changes) == []
    with watch.during("second"):
        (checkout.root / "__pycache__" / "demo.cpython-311.pyc").write_text("x")
    assert [one.change.path for one in watch.changes] == ["__pycache__/demo.cpython-311.pyc"]


def test_of_the_environment_that_nox_runs_in_only_bytecode_is_its_own(checkout: Checkout) -> None:
    own = checkout.root / ".venv"
    (own / "lib" / "nox").mkdir(parents=True)
    watch = Watch(checkout, exempt=[], allowed=[], own_prefix=own)
    with watch.during("the step"):
        (own / "lib/nox/__pycache__").mkdir()
        (own / "lib/nox/__pycache__/cli.cpython-311.pyc").write_text("x")
        (own / "lib/demo").mkdir()
    assert [one.change.path for one in watch.changes] == [".venv/lib/demo/"]


def test_pipes_and_odd_names_are_survived(checkout: Checkout) -> None:
    os.mkfifo(checkout.root / "pipe")
    Path(os.fsdecode(os.fsencode(checkout.root) + b"/odd\xff\nname")).write_text("x")
    (checkout.root / "loop").symlink_to("loop")
    assert seen(checkout, lambda root: (root / "x").write_text("")) == ["x (created)"]


def test_a_gone_git_directory_is_said(checkout: Checkout) -> None:
    def act(root: Path) -> None:
        (root / ".git").rename(root.parent / "gone")

    assert seen(checkout, act) == [".git (deleted: git's own directory is gone)"]


def test_a_linked_worktree_is_watched_like_any_checkout(checkout: Checkout, tmp_path: Path) -> None:
    git(checkout.root, "worktree", "add", "-q", str(tmp_path / "linked"), "-b", "side")
    linked = Checkout.find(tmp_path / "linked")
    assert seen(linked, lambda root: git(root, "checkout", "-q", "--detach"))[0].startswith(
        ".git/HEAD (modified: refs/heads/side -> "
    )


def test_each_change_is_put_down_to_the_step_that_was_running(checkout: Checkout) -> None:
    watch = Watch(checkout, exempt=[], allowed=[])
    with watch.during("first"):
        pass
    with watch.during("second"):
        (checkout.root / "junk.txt").write_text("x")
    with watch.during("third"):
        pass
    assert [str(one) for one in watch.changes] == ["junk.txt (created), while `second` was running"]


def test_a_commit_of_the_user_meanwhile_is_seen(checkout: Checkout) -> None:
    assert seen(checkout, lambda root: commit_all(root)) == [".git/refs/heads/main (modified)"]
