"""A run's private directories outside the checkout: its workspace, and one for environments.

The workspace is deleted when the run ends, or by a later run. The directory for environments is
emptied, and later runs use it again, one run at a time: uv queries each interpreter once per path,
and every environment has its own interpreter path. In an environment whose path was used before, uv
installs in a quarter of the time. Evidence gains, too: equal runs record equal paths.
(https://docs.astral.sh/uv/concepts/cache/)
"""

from __future__ import annotations

import contextlib
import secrets
import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import field
from itertools import count
from pathlib import Path

from filelock import BaseFileLock

from nox_cleanroom.errors import CleanroomError
from nox_cleanroom.places import deletion, ownership
from nox_cleanroom.places.layout import ATTEMPTS, ENVIRONMENTS, RUNS, neutral_directories, owned_in
from nox_cleanroom.places.ownership import Owned
from nox_cleanroom.processes.interruption import shielded
from nox_cleanroom.records import dataclass

#: The number of directories for environments; a run that finds all in use has one in its workspace.
_LIMIT = 64


@dataclass(frozen=True)
class Workspace:
    """A run's private directory for worktrees, distributions and homes."""

    owned: Owned
    #: Whether it is kept when the run ends.
    keep: bool = False
    #: Numbers that make names of directories unique.
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def root(self) -> Path:
        """Its absolute path, without symbolic links."""
        return self.owned.path

    def directory(self, name: str) -> Path:
        """A new, empty directory in the workspace whose name begins with `name`."""
        path = self.root / f"{name}-{next(self._numbers)}"
        path.mkdir()
        return path

    @property
    def tmp(self) -> Path:
        """The directory for temporary files of everything that we start."""
        return self._own("tmp")

    @property
    def neutral(self) -> Path:
        """An empty directory to start tools in, so that they find no configuration."""
        return self._own("neutral")

    def _own(self, name: str) -> Path:
        path = self.root / name
        path.mkdir(exist_ok=True)
        return path


@contextlib.contextmanager
def create_workspace(outside: Path, *, keep: bool = False) -> Iterator[Workspace]:
    """A workspace that is deleted however the block ends.

    Args:
        outside: the checkout, which must not contain the workspace.
        keep: whether to keep it instead.

    Raises:
        CleanroomError: there is no directory for it.
    """
    owned, lock = _make(outside, keep=keep)
    try:
        yield Workspace(owned, keep)
    finally:
        with shielded():
            try:
                if not keep:
                    deletion.delete(owned)
            finally:
                lock.release()


def _make(outside: Path, *, keep: bool) -> tuple[Owned, BaseFileLock]:
    for section in neutral_directories(RUNS, outside):
        for _ in range(ATTEMPTS):
            # Another run may think it abandoned before it is locked, and delete it.
            with contextlib.suppress(OSError):
                owned = ownership.make(section / secrets.token_hex(4), keep=keep)
                lock = ownership.hold(owned)
                if lock is not None:
                    return owned, lock
                deletion.tidy(owned)
    raise AssertionError  # the last of the directories raises


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


def reclaim_workspaces(more: Iterable[Owned]) -> int:
    """Delete the workspaces of killed runs, and empty their directories for environments.

    Args:
        more: workspaces in other directories.

    Returns:
        The number of deleted workspaces.
    """
    for owned in owned_in(ENVIRONMENTS):
        lock = None if deletion.is_empty(owned) else ownership.hold(owned)
        if lock is not None:
            deletion.tidy_contents(owned)
            lock.release()
    found = {one.path: one for one in (*owned_in(RUNS), *more) if not one.about.get("keep")}
    return sum(deletion.delete_unused(one) for one in found.values())
