"""Rooms for environments: directories whose paths come again, each for one run at a time.

uv asks an interpreter about itself once for each path, and an environment's is a path of its own:
made anew where one has been before, it is installed into in a quarter of the time. Proofs gain,
too: the same run has the same paths in its record.
(https://docs.astral.sh/uv/concepts/cache/)
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import platformdirs
from filelock import BaseFileLock, FileLock, Timeout

from nox_cleanroom.errors import CleanroomError
from nox_cleanroom.git import Checkout
from nox_cleanroom.interruption import shielded
from nox_cleanroom.workspace import Workspace, is_neutral, remove_tree

#: How many runs at once have rooms of such paths; whoever comes then has one of its own.
_ROOMS = 64

#: How long nobody goes into a room that a killed run has left, in seconds.
_AIRED_FOR = 3600


@dataclass(frozen=True)
class Room:
    """A directory for the environments of one run."""

    path: Path
    #: How often each name was given; a directory that is gone is given to nobody else.
    _given: Counter[str] = field(default_factory=Counter, compare=False, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, compare=False, repr=False)

    def directory(self, name: str) -> Path:
        """A new, empty directory: `name`, then ``name-2``, and so on."""
        with self._lock:
            self._given[name] += 1
            number = self._given[name]
        directory = self.path / (name if number == 1 else f"{name}-{number}")
        directory.mkdir()
        return directory


@contextlib.contextmanager
def reserve_room(checkout: Checkout, workspace: Workspace) -> Iterator[Room]:
    """An empty room that is nobody else's, gone when the block ends, however it ends.

    In the workspace where that is to be kept, or where the user's cache is no place for it. What
    a killed run left in a room is removed by the next run.

    Args:
        checkout: what the room must lie outside of.
        workspace: the run's own directory.
    """
    base = platformdirs.user_cache_path("nox-cleanroom") / "environments"
    taken = None if workspace.keep else _take(base, checkout)
    if taken is None:
        yield Room(workspace.directory("environments"))
        return
    path, lock = taken
    try:
        yield Room(path)
    finally:
        with shielded():
            remove_tree(path)
            lock.release()


def _take(base: Path, checkout: Checkout) -> tuple[Path, BaseFileLock] | None:
    """The first room that is free, and the lock that keeps others out; None without one."""
    # No cache that can be written to, or a disk without locks.
    with contextlib.suppress(OSError, NotImplementedError):
        base.mkdir(parents=True, exist_ok=True)
        base = base.resolve()
        if not is_neutral(base, checkout):
            return None
        _tidy(base)
        for number in range(1, _ROOMS + 1):
            path = base / str(number)
            lock = _lock(path)
            if lock is not None:
                # What is there was left, and something of that run may still write to it.
                with contextlib.suppress(FileExistsError):
                    path.mkdir()
                    return path, lock
                lock.release()
    return None


def _lock(path: Path) -> BaseFileLock | None:
    """The lock of a room; None while somebody is in it. The system lets go of a killed run's."""
    lock = FileLock(path.with_name(f"{path.name}.lock"))
    try:
        lock.acquire(blocking=False)
    except Timeout:
        return None
    return lock


def _tidy(base: Path) -> None:
    """Empty the rooms that killed runs have left, and free those that have long been empty."""
    for path in base.iterdir():
        lock = _lock(path) if path.is_dir() else None
        if lock is None:
            continue
        with contextlib.suppress(OSError, CleanroomError):
            if any(path.iterdir()):
                remove_tree(path)
                path.mkdir()
            elif time.time() - path.stat().st_mtime > _AIRED_FOR:
                path.rmdir()
        lock.release()
