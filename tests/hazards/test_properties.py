"""Random operations on a random repository: the snapshot agrees with the independent walk."""

from __future__ import annotations

import contextlib
import os
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from conftest import demo_files, git, make_repository, write_files
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from independent import deep_snapshot, difference

from nox_cleanroom.checkout.checkout import Checkout
from nox_cleanroom.checkout.watch import Watch

NAMES = st.sampled_from(
    ["a", "b", "README", "src/demo/part.py", "src/demo/x", "cache/data", "cache/y", "dirty", "odd\udcff", "new dir/file", "link"]
)  # fmt: skip
TEXTS = st.sampled_from(["", "one", "two", "VALUE = 1\n"])
OPERATIONS = st.one_of(
    st.tuples(st.just("write"), NAMES, TEXTS),
    st.tuples(st.just("write keeping times"), NAMES, TEXTS),
    st.tuples(st.just("touch"), NAMES, st.just("")),
    st.tuples(st.just("delete"), NAMES, st.just("")),
    st.tuples(st.just("rename"), NAMES, NAMES),
    st.tuples(st.just("link"), NAMES, TEXTS),
    st.tuples(st.just("make executable"), NAMES, st.just("")),
    st.tuples(st.just("make directory"), NAMES, st.just("")),
    st.tuples(st.just("git add"), NAMES, st.just("")),
    st.tuples(st.just("git branch"), st.sampled_from(["one", "two"]), st.just("")),
    st.tuples(st.just("git status"), NAMES, st.just("")),
    st.tuples(st.just("git config"), st.just("user.name"), TEXTS),
    st.tuples(st.just("git stash"), NAMES, st.just("")),
)


def write(root: Path, name: str, text: str) -> None:
    (root / name).parent.mkdir(exist_ok=True)
    (root / name).write_text(text)


def write_keeping_times(root: Path, name: str, text: str) -> None:
    before = (root / name).stat()
    write(root, name, text)
    os.utime(root / name, ns=(before.st_atime_ns, before.st_mtime_ns))


ACTS: dict[str, Callable[[Path, str, str], object]] = {
    "write": write,
    "write keeping times": write_keeping_times,
    "touch": lambda root, name, _: (root / name).touch(),
    "delete": lambda root, name, _: (root / name).unlink(),
    "rename": lambda root, name, other: (root / name).rename(root / other),
    "link": lambda root, name, target: (root / name).symlink_to(target or "nowhere"),
    "make executable": lambda root, name, _: (root / name).chmod(0o755),
    "make directory": lambda root, name, _: (root / name).mkdir(),
    "git config": lambda root, name, value: git(root, "config", name, value),
    "git add": lambda root, name, _: git(root, "add", "--", name),
    "git branch": lambda root, name, _: git(root, "branch", name),
    "git status": lambda root, *_: git(root, "status"),
    "git stash": lambda root, *_: git(root, "stash"),
}


def perform(root: Path, operation: tuple[str, str, str]) -> None:
    """Do it if it can be done; a random operation often cannot."""
    what, name, more = operation
    with contextlib.suppress(OSError, subprocess.CalledProcessError):
        ACTS[what](root, name, more)


def settled(root: Path) -> dict[str, str]:
    """The independent snapshot, without directories, whose own entries say nothing more."""
    found = deep_snapshot(root)
    return {name: value for name, value in found.items() if not value.startswith("40000")}


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    before=st.lists(OPERATIONS, max_size=5),
    steps=st.lists(st.lists(OPERATIONS, max_size=3), min_size=1, max_size=3),
)
def test_no_miss_and_no_false_alarm(
    before: list[tuple[str, str, str]], steps: list[list[tuple[str, str, str]]]
) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        files = {**demo_files(), "README": "x", "dirty": "x", ".gitignore": "/cache/\n"}
        root = make_repository(Path(temporary) / "checkout", files)
        write_files(root, {"cache/data": "x"})
        for operation in before:
            perform(root, operation)
        watch = Watch(Checkout.find(root), exempt=[], allowed=[])
        for number, operations in enumerate(steps):
            known = len(watch.changes)
            snapshot = settled(root)
            with watch.during(f"step {number}"):
                for operation in operations:
                    perform(root, operation)
            expected = bool(difference(snapshot, settled(root)))
            found = [str(one) for one in watch.changes[known:]]
            # An empty directory is a change that the settled snapshot leaves out.
            found = [one for one in found if not one.split(" (")[0].endswith("/")]
            assert bool(found) == expected, (operations, found)
