"""What is kept for a project between runs: wheels, answers of interpreters, evidence."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

from filelock import BaseFileLock

from nox_cleanroom.places import deletion, ownership
from nox_cleanroom.places.layout import ATTEMPTS, PROJECTS, cache_directories, cache_directory
from nox_cleanroom.places.ownership import Owned
from nox_cleanroom.records import dataclass
from nox_cleanroom.redaction import redact

#: The number of projects whose directories are kept.
_KEPT = 20

#: The number of runs that can use a project's directory at the same time.
_RUNS = 64


@dataclass(frozen=True, kw_only=True)
class Reserved:
    """A project's directory, and the part of it that belongs to this run."""

    home: Owned
    #: The name of this run's part, which no other run uses meanwhile.
    _own: str

    def scratch(self) -> Path:
        """An empty directory for this run; a later run with the same name empties it."""
        path = self.home.path / self._own
        deletion.tidy(self.home, path)
        path.mkdir(mode=0o700)
        return path


def kept_directory(project: Path, name: str) -> Path:
    """A directory of what is kept for a project, such as ``evidence``; it may not exist yet.

    Raises:
        CleanroomError: no directory can be written to.
    """
    return cache_directory(PROJECTS) / directory_name(project) / name


@contextlib.contextmanager
def reserve_project(project: Path) -> Iterator[Reserved]:
    """The directory of a project, reserved until the block ends.

    Raises:
        CleanroomError: no directory can be written to.
    """
    owned, lock = _reserve(directory_name(project))
    try:
        _prune(owned)
        yield Reserved(home=owned, _own=Path(lock.lock_file).stem)
    finally:
        lock.release()


def _reserve(name: str) -> tuple[Owned, BaseFileLock]:
    for section in cache_directories(PROJECTS):
        for _ in range(ATTEMPTS):
            # Clearing the cache may delete it before it is locked.
            owned = ownership.ensure(section / name)
            lock = None if owned is None else _use(owned)
            if owned is not None and lock is not None:
                return owned, lock
    raise AssertionError  # the last of the directories raises


def delete_unused_project(owned: Owned) -> bool:
    """Delete a project's directory unless a run is using it; return whether it is gone."""
    with contextlib.ExitStack() as stack:
        for path in sorted(owned.path.glob("run-*.lock")):
            lock = ownership.hold(owned, path.name)
            if lock is None:
                return False
            stack.callback(lock.release)
        return deletion.tidy(owned)


def _use(owned: Owned) -> BaseFileLock | None:
    """The first free lock of a project's directory; None if the directory is gone."""
    names = (f"run-{number}.lock" for number in range(1, _RUNS + 1))
    locks = (ownership.hold(owned, name) for name in names)
    return next((lock for lock in locks if lock is not None), None)


def directory_name(project: Path) -> str:
    """The name of a project's directory."""
    digest = hashlib.sha256(os.fsencode(project)).hexdigest()[:12]
    return f"{re.sub('[^A-Za-z0-9._-]', '-', redact(project.name))}-{digest}"


def _prune(used: Owned) -> None:
    """Delete the directories that were used least recently, if there are too many."""
    with contextlib.suppress(OSError):
        os.utime(used.path)
        paths = sorted(
            used.path.parent.iterdir(), key=lambda path: os.lstat(path).st_mtime, reverse=True
        )
        for path in paths[_KEPT:]:
            owned = ownership.recognise(path)
            if owned is not None and owned.path != used.path:
                delete_unused_project(owned)
