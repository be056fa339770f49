"""Rooms for environments: directories whose paths come again, each for one run at a time.

uv asks an interpreter about itself once for each path, and an environment's is a path of its own:
made anew where one has been before, it is installed into in a quarter of the time. Proofs gain,
too: the same run has the same paths in its record.
(https://docs.astral.sh/uv/concepts/cache/)
"""

from __future__ import annotations

import contextlib
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from filelock import BaseFileLock

from nox_cleanroom.errors import CleanroomError
from nox_cleanroom.places import deletion, ownership
from nox_cleanroom.places.layout import neutral_directories, sections
from nox_cleanroom.places.ownership import Owned
from nox_cleanroom.places.workspace import Workspace
from nox_cleanroom.processes.interruption import shielded

#: Where the rooms lie.
SECTION = "environments"

#: How many runs at once have rooms of such paths; whoever comes then has one of its own.
_ROOMS = 64


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
def reserve_room(outside: Path, workspace: Workspace) -> Iterator[Room]:
    """An empty room that is nobody else's, emptied when the block ends, however it ends.

    In the workspace where that is to be kept. What a killed run left in a room is removed first.

    Args:
        outside: the checkout, which the room must lie outside of.
        workspace: the run's own directory.
    """
    taken = None if workspace.keep else _take(outside)
    if taken is None:
        yield Room(workspace.directory("environments"))
        return
    owned, lock = taken
    try:
        yield Room(owned.path)
    finally:
        with shielded():
            try:
                deletion.empty(owned)
            finally:
                lock.release()


def _take(outside: Path) -> tuple[Owned, BaseFileLock] | None:
    """The first room that is free, and the lock that keeps others out; None without one."""
    with contextlib.suppress(OSError, CleanroomError):
        section = next(neutral_directories(SECTION, outside))
        for number in range(1, _ROOMS + 1):
            owned = ownership.ensure(section / str(number))
            lock = None if owned is None else ownership.hold(owned)
            if owned is None or lock is None:
                continue
            deletion.tidy_contents(owned)
            if deletion.is_empty(owned):
                return owned, lock
            lock.release()
    return None


def rooms() -> Iterator[Owned]:
    """Every room of this user, proved to be one, whether a run is using it or not."""
    for section in sections(SECTION):
        yield from ownership.owned_in(section)


def empty_abandoned_rooms() -> None:
    """Empty the rooms of runs that were killed."""
    for owned in rooms():
        if not deletion.is_empty(owned):
            lock = ownership.hold(owned)
            if lock is not None:
                deletion.tidy_contents(owned)
                lock.release()
