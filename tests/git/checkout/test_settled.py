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
from conftest import copy_checkout, demo_files, git, make_repository, seal
from test_snapshot import SEEN, UNSEEN, prepare_untracked

from nox_cleanroom.checkout import snapshot
from nox_cleanroom.checkout.checkout import Checkout
from nox_cleanroom.checkout.listing import TICK, list_again, list_files
from nox_cleanroom.checkout.snapshot import take_snapshot
from nox_cleanroom.checkout.watch import Watch

Act = Callable[[Path], object]


def skip_git(directory: bytes) -> Callable[[bytes], bool] | None:
    return None if directory else b".git".__eq__


#: What a checkout is seen to have gone through elsewhere: the act, and how each change begins.
CASES: dict[str, tuple[Act, list[str]]] = {
    **SEEN,
    **{name: (act, []) for name, act in UNSEEN.items()},
}
NAMES = [f"{top}/{middle}/{name}.txt" for top in "abc" for middle in "xyz" for name in range(4)]
SEEDS = range(2)


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Checkouts by the names of their directories, which nobody has touched for longer than a tick.

    All of them grow old at once: that takes real seconds, because nobody can set a `ctime`.
    """
    place = tmp_path_factory.mktemp("old")
    with pytest.MonkeyPatch.context() as patched:
        seal(patched, tmp_path_factory)
        make_repository(place / "prepared", demo_files())
        prepare_untracked(place / "prepared")
        for name in CASES:
            copy_checkout(place / "prepared", place / "cases" / name / "x")
        clone = make_repository(place / "clone", demo_files())
        for name in git(clone, "ls-files").splitlines():
            os.utime(clone / name)
        git(clone, "update-index", "--refresh")
        for seed in SEEDS:
            listed = make_repository(place / f"listed-{seed}", dict.fromkeys(NAMES, "text\n"))
            git(listed, "rm", "-rq", "--cached", "c")
        time.sleep(TICK / 1e9 + 0.1)
    return place


@pytest.fixture(autouse=True)
def _git_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Git is asked what moved however few tracked files there are, and however young."""
    monkeypatch.setattr(snapshot, "_MANY", 1)
    monkeypatch.setattr(snapshot, "_MANY_OF", 0)


@pytest.mark.parametrize("name", CASES)
def test_everything_is_seen_that_is_seen_elsewhere(old: Path, name: str) -> None:
    act, expected = CASES[name]
    root = old / "cases" / name / "x"
    watch = Watch(Checkout.find(root), exempt=[root / ".nox"], allowed=[])
    with watch.during("nothing"):
        pass
    with watch.during("the step"):
        act(root)
    found = [str(one.change) for one in watch.changes]
    assert len(found) == len(expected), found
    for one, beginning in zip(found, expected, strict=True):
        assert one.startswith(beginning)


def test_git_is_not_asked_about_a_new_clone(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkout = Checkout.find(old / "clone")
    monkeypatch.setattr(snapshot, "_MANY_OF", 20)
    first = take_snapshot(checkout, skip_git)
    assert first.is_racy

    def ask_git(_: Checkout) -> None:
        raise AssertionError

    monkeypatch.setattr(Checkout, "moved_since_index", ask_git)
    (checkout.root / "src/demo/part.py").write_text("VALUE = 2\n")
    second = take_snapshot(checkout, skip_git, first)
    assert second.listing.paths[b"src/demo/part.py"] != first.listing.paths[b"src/demo/part.py"]


def test_what_did_not_move_is_not_looked_at_again(
    old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout = Checkout.find(old / "prepared")
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


@pytest.mark.parametrize("seed", SEEDS)
def test_whatever_happens_the_listing_is_that_of_a_full_walk(old: Path, seed: int) -> None:
    root = old / f"listed-{seed}"
    checkout, chance = Checkout.find(root), random.Random(seed)
    last = take_snapshot(checkout, skip_git)
    for _ in range(60):
        present = sorted(path for path in root.rglob("*") if ".git" not in path.parts)
        gone = root / chance.choice(NAMES)
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
