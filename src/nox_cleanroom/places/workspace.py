"""A run's private directory outside the checkout, deleted at its end or by a later run."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from filelock import BaseFileLock

from nox_cleanroom.places import deletion, ownership
from nox_cleanroom.places.layout import ATTEMPTS, RUNS, neutral_directories, owned_in
from nox_cleanroom.places.ownership import Owned
from nox_cleanroom.processes.interruption import shielded


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


def reclaim_workspaces(more: Iterable[Owned] = ()) -> int:
    """Delete the workspaces of killed runs, and return their number.

    Args:
        more: workspaces in other directories.
    """
    found = {one.path: one for one in (*owned_in(RUNS), *more) if not one.about.get("keep")}
    return sum(deletion.delete_unused(one) for one in found.values())
