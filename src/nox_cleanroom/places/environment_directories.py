"""Directories for the environments of runs: later runs use them again, one run at a time.

uv queries each interpreter once per path, and every environment has its own interpreter path. In an
environment whose path was used before, uv installs in a quarter of the time. Evidence gains, too:
equal runs record equal paths.
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
from nox_cleanroom.places.layout import ENVIRONMENTS, neutral_directories, owned_in
from nox_cleanroom.places.ownership import Owned
from nox_cleanroom.places.workspace import Workspace
from nox_cleanroom.processes.interruption import shielded

#: The number of these directories; a run that finds all in use takes one in its workspace.
_LIMIT = 64


@dataclass(frozen=True)
class EnvironmentsDirectory:
    """A directory for the environments of one run."""

    path: Path
    #: How often each name was used, so that the path of a deleted directory is not used again.
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
def reserve_environments(outside: Path, workspace: Workspace) -> Iterator[EnvironmentsDirectory]:
    """An empty directory for the environments of this run, emptied however the block ends.

    It is in the workspace if that is to be kept. What a killed run left in it is deleted first.

    Args:
        outside: the checkout, which must not contain the directory.
        workspace: the run's own directory.
    """
    taken = None if workspace.keep else _take(outside)
    if taken is None:
        yield EnvironmentsDirectory(workspace.directory("environments"))
        return
    owned, lock = taken
    try:
        yield EnvironmentsDirectory(owned.path)
    finally:
        with shielded():
            try:
                deletion.empty(owned)
            finally:
                lock.release()


def _take(outside: Path) -> tuple[Owned, BaseFileLock] | None:
    """The first free directory, and its lock; None if there is none."""
    with contextlib.suppress(OSError, CleanroomError):
        section = next(neutral_directories(ENVIRONMENTS, outside))
        for number in range(1, _LIMIT + 1):
            owned = ownership.ensure(section / str(number))
            lock = None if owned is None else ownership.hold(owned)
            if owned is None or lock is None:
                continue
            deletion.tidy_contents(owned)
            if deletion.is_empty(owned):
                return owned, lock
            lock.release()
    return None


def empty_abandoned_environments() -> None:
    """Empty the directories for environments of runs that were killed."""
    for owned in owned_in(ENVIRONMENTS):
        if not deletion.is_empty(owned):
            lock = ownership.hold(owned)
            if lock is not None:
                deletion.tidy_contents(owned)
                lock.release()
