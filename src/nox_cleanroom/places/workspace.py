"""A run's private directory outside the checkout, removed at its end or reclaimed later."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from filelock import BaseFileLock

from nox_cleanroom.places import deletion, ownership
from nox_cleanroom.places.layout import neutral_directories, sections
from nox_cleanroom.places.ownership import Owned
from nox_cleanroom.processes.interruption import shielded

#: Where the workspaces of all runs lie.
SECTION = "runs"

#: How often a directory is made and locked before its place is given up.
_TRIES = 5


@dataclass(frozen=True)
class Workspace:
    """A private directory for what a run makes: worktrees, distributions, homes."""

    owned: Owned
    #: Whether it stays when the run ends.
    keep: bool = False
    #: Numbers for directories whose names may repeat.
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
        """Where everything that we start puts its temporary files."""
        return self._own("tmp")

    @property
    def neutral(self) -> Path:
        """Where tools are started, which look around for configuration: nothing is there."""
        return self._own("neutral")

    def _own(self, name: str) -> Path:
        path = self.root / name
        path.mkdir(exist_ok=True)
        return path


@contextlib.contextmanager
def create_workspace(outside: Path, *, keep: bool = False) -> Iterator[Workspace]:
    """A workspace that is gone when the block ends, however it ends.

    Args:
        outside: the checkout, which the workspace must lie outside of.
        keep: leave it there after all.

    Raises:
        CleanroomError: there is no place for it.
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
    for section in neutral_directories(SECTION, outside):
        for _ in range(_TRIES):
            # Another run may take it for abandoned before it is locked, and delete it.
            with contextlib.suppress(OSError):
                owned = ownership.make(section / secrets.token_hex(4), keep=keep)
                lock = ownership.hold(owned)
                if lock is not None:
                    return owned, lock
                deletion.tidy(owned)
    raise AssertionError  # the last of the places raises


def workspaces() -> Iterator[Owned]:
    """Every workspace of this user, proved to be one, whether a run is using it or not."""
    for section in sections(SECTION):
        yield from ownership.owned_in(section)


def reclaim_workspaces(more: Iterable[Owned] = ()) -> int:
    """Delete the workspaces of runs that were killed; how many there were.

    Args:
        more: workspaces that lie elsewhere.
    """
    found = {one.path: one for one in (*workspaces(), *more) if not one.about.get("keep")}
    return sum(deletion.delete_unused(one) for one in found.values())
