"""What is kept of a project between runs: its wheels, answers of interpreters, and its evidence."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from filelock import BaseFileLock

from nox_cleanroom.places import deletion, ownership
from nox_cleanroom.places.layout import cache_directories, cache_directory, sections
from nox_cleanroom.places.ownership import Owned
from nox_cleanroom.redaction import redact

#: Where the projects' directories lie.
SECTION = "projects"

#: How many projects' directories are kept.
_KEPT = 20

#: How many runs at once can use a project's directory.
_RUNS = 64

#: How often a directory is made and locked before its place is given up.
_TRIES = 5


@dataclass(frozen=True, kw_only=True)
class Reserved:
    """A project's directory, and what a run has there for itself."""

    home: Owned
    #: The name of what is this run's own; nobody else uses it meanwhile.
    _own: str

    def scratch(self) -> Path:
        """An empty directory that is this run's own; the next run of that name empties it."""
        path = self.home.path / self._own
        deletion.tidy(self.home, path)
        path.mkdir(mode=0o700)
        return path


def evidence_directory(project: Path) -> Path:
    """Where evidence goes when nobody says where."""
    return cache_directory(SECTION) / directory_name(project) / "evidence"


@contextlib.contextmanager
def reserve_project(project: Path) -> Iterator[Reserved]:
    """The directory in which runs on a project keep things, for as long as the block lasts.

    Raises:
        CleanroomError: there is no place for it.
    """
    owned, lock = _reserve(directory_name(project))
    try:
        _prune(owned)
        yield Reserved(home=owned, _own=Path(lock.lock_file).stem)
    finally:
        lock.release()


def _reserve(name: str) -> tuple[Owned, BaseFileLock]:
    for section in cache_directories(SECTION):
        for _ in range(_TRIES):
            # Whoever clears the cache may delete it before it is locked.
            owned = ownership.ensure(section / name)
            lock = None if owned is None else _use(owned)
            if owned is not None and lock is not None:
                return owned, lock
    raise AssertionError  # the last of the places raises


def projects() -> Iterator[Owned]:
    """The directory of every project, whether a run is using it or not."""
    for section in sections(SECTION):
        yield from ownership.owned_in(section)


def delete_unused_project(owned: Owned) -> bool:
    """Delete a project's directory unless a run is using it; whether it is gone."""
    with contextlib.ExitStack() as stack:
        for path in sorted(owned.path.glob("run-*.lock")):
            lock = ownership.hold(owned, path.name)
            if lock is None:
                return False
            stack.callback(lock.release)
        return deletion.tidy(owned)


def _use(owned: Owned) -> BaseFileLock | None:
    """One lock for each run at the same time; None when the directory is gone."""
    names = (f"run-{number}.lock" for number in range(1, _RUNS + 1))
    locks = (ownership.hold(owned, name) for name in names)
    return next((lock for lock in locks if lock is not None), None)


def directory_name(project: Path) -> str:
    """What the directory of a project is called."""
    digest = hashlib.sha256(os.fsencode(project)).hexdigest()[:12]
    return f"{re.sub('[^A-Za-z0-9._-]', '-', redact(project.name))}-{digest}"


def _prune(used: Owned) -> None:
    """Delete what was used least recently, beyond what is kept."""
    with contextlib.suppress(OSError):
        os.utime(used.path)
        paths = sorted(
            used.path.parent.iterdir(), key=lambda path: os.lstat(path).st_mtime, reverse=True
        )
        for path in paths[_KEPT:]:
            owned = ownership.recognise(path)
            if owned is not None and owned.path != used.path:
                delete_unused_project(owned)
