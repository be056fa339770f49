"""A checkout that nobody has touched for a while: what is not looked at again is still seen."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import demo_files, git, make_repository
from test_snapshot import SEEN, UNSEEN, prepare_untracked

from nox_cleanroom.checkout import snapshot
from nox_cleanroom.checkout.checkout import Checkout
from nox_cleanroom.checkout.listing import TICK, list_again, list_files
from nox_cleanroom.checkout.snapshot import take_snapshot
from nox_cleanroom.checkout.watch import Watch

Act = Callable[[Path], object]


def grow_old() -> None:
    time.sleep(TICK / 1e9 + 0.1)


def skip_git(directory: bytes) -> Callable[[bytes], bool] | None:
    return None if directory else b".git".__eq__


@pytest.fixture(autouse=True)
def _git_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Git is asked what moved however few tracked files there are, and however young."""
    monkeypatch.setattr(snapshot, "_MANY", 1)
    monkeypatch.setattr(snapshot, "_MANY_OF", 0)


def test_everything_is_seen_that_is_seen_elsewhere(tmp_path: Path) -> None:
    cases: dict[str, tuple[Act, list[str]]] = {**SEEN, **{name: (act, []) for name, act in UNSEEN.items()}}  # fmt: skip
    roots = {name: make_repository(tmp_path / name / "x", demo_files()) for name in cases}
    for root in roots.values():
        prepare_untracked(root)
    grow_old()
    for name, (act, expected) in cases.items():
        watch = Watch(Checkout.find(roots[name]), exempt=[roots[name] / ".nox"], allowed=[])
        with watch.during("nothing"):
            pass
        with watch.during("the step"):
            act(roots[name])
        found = [str(one.change) for one in watch.changes]
        assert len(found) == len(expected), (name, found)
        for one, beginning in zip(found, expected, strict=True):
            assert one.startswith(beginning), name


def test_git_is_not_asked_about_a_new_clone(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot, "_MANY_OF", 20)
    for name in git(checkout.root, "ls-files").splitlines():
        os.utime(checkout.root / name)
    git(checkout.root, "update-index", "--refresh")
    grow_old()
    first = take_snapshot(checkout, skip_git)
    assert first.is_racy

    def ask_git(_: Checkout) -> None:
        raise AssertionError

    monkeypatch.setattr(Checkout, "moved_since_index", ask_git)
    (checkout.root / "src/demo/part.py").write_text("VALUE = 2\n")
    second = take_snapshot(checkout, skip_git, first)
    assert second.listing.paths[b"src/demo/part.py"] != first.listing.paths[b"src/demo/part.py"]


def test_what_did_not_move_is_not_looked_at_again(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare_untracked(checkout.root)
    grow_old()
    first = take_snapshot(checkout, skip_git)
    looked_at: list[bytes] = []
    read: list[bytes] = []
    lstat, listdir = os.lstat, os.listdir
    with monkeypatch.context() as patched:
        patched.setattr(
            os, "lstat", lambda path: (looked_at.append(os.fsencode(path)), lstat(path))[1]
        )
        patched.setattr(
            os, "listdir", lambda path: (read.append(os.fsencode(path)), listdir(path))[1]
        )
        second = take_snapshot(checkout, skip_git, first)
    assert second.listing.paths is first.listing.paths
    inside = {os.path.relpath(os.fsdecode(path), checkout.root) for path in looked_at}
    assert {"notes.txt", "ignored/cache.bin", "src/demo", "src/demo/part.py"} <= inside
    assert "src/demo/__init__.py" not in inside
    assert not [path for path in read if b".git" not in path]


def test_a_directory_that_has_just_changed_is_read_again(checkout: Checkout) -> None:
    # In the same tick another name may come, and leave the same time behind.
    (checkout.root / "new").mkdir()
    assert b"new/" not in list_files(os.fsencode(checkout.root), skip_git).settled


def remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()


def link_instead(path: Path, other: Path) -> None:
    """Put a link in the place of a directory that leads to the same names elsewhere."""
    path.rename(path.with_name(f"{path.name}-moved"))
    path.symlink_to(other)


#: What is done to a path, with another one at hand.
ACTS: tuple[Callable[[Path, Path], object], ...] = (
    lambda path, _: path.write_text("changed"),
    lambda path, _: path.write_text(path.read_text()),
    lambda path, _: path.touch(),
    lambda path, _: path.chmod(0o600 if path.is_file() else 0o700),
    lambda path, _: remove(path),
    lambda path, other: path.rename(other),
    lambda path, other: path.rename(other / "inner"),
    link_instead,
    lambda path, _: path.mkdir(parents=True),
    lambda path, _: (path / "deeper").mkdir(),
    lambda path, _: (path / "added").write_text("x"),
    lambda path, other: os.link(path, other),
    lambda path, other: shutil.copytree(path, other / "copy"),
)


@pytest.mark.parametrize("seed", range(2))
def test_whatever_happens_the_listing_is_that_of_a_full_walk(tmp_path: Path, seed: int) -> None:
    names = [f"{top}/{middle}/{name}.txt" for top in "abc" for middle in "xyz" for name in range(4)]
    root = make_repository(tmp_path / "checkout", dict.fromkeys(names, "text\n"))
    git(root, "rm", "-rq", "--cached", "c")
    checkout, chance = Checkout.find(root), random.Random(seed)
    grow_old()
    last = take_snapshot(checkout, skip_git)
    for _ in range(60):
        present = sorted(path for path in root.rglob("*") if ".git" not in path.parts)
        gone = root / chance.choice(names)
        path, other = chance.choice([*present, gone]), chance.choice([*present, gone, root / "new"])
        with contextlib.suppress(OSError, shutil.Error):
            chance.choice(ACTS)(path, other)
        last = take_snapshot(checkout, skip_git, last)
        assert last.listing.paths == list_files(os.fsencode(root), skip_git).paths


def test_a_listing_of_what_is_gone_is_empty(tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "file").touch()
    listing = list_files(os.fsencode(tmp_path / "here"), lambda _: None)
    shutil.rmtree(tmp_path / "here")
    assert list_again(os.fsencode(tmp_path / "here"), lambda _: None, listing).paths == {}
