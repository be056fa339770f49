"""Watching a checkout: what changes in it while steps are running, except what we write."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from fnmatch import fnmatchcase
from pathlib import Path

from nox_cleanroom.changes import Attribution, Change, display
from nox_cleanroom.checkout.checkout import Checkout
from nox_cleanroom.checkout.git_state import is_passing, locks
from nox_cleanroom.checkout.gitattributes import converted_files
from nox_cleanroom.checkout.snapshot import Contents, diff, take_snapshot
from nox_cleanroom.records import dataclass


@dataclass(kw_only=True)
class Interval:
    """The time of a step, in seconds of the monotonic clock."""

    name: str
    start: float
    #: None while the step is running.
    end: float | None = None
    #: Whether the step runs only our own code, which only reads.
    only_reads: bool = False


def attribute(
    changes: Sequence[Change], steps: Sequence[Interval], since: float
) -> list[Attribution]:
    """The changes, each with the steps that were running at some time after `since`.

    Steps that only read are named only if there were no others.

    Args:
        changes: the changes in the newest snapshot.
        steps: every step of the run.
        since: when the previous snapshot was begun; steps that ended earlier are not named.
    """
    running = [step for step in steps if step.end is None or step.end >= since]
    suspects = [step for step in running if not step.only_reads] or running
    names = tuple(step.name for step in suspects)
    return [Attribution(change=change, steps=names) for change in changes]


class Exemptions:
    """Which paths are not watched.

    Args:
        checkout: the checkout.
        paths: absolute paths that are exempt with everything in them; a path that ends in a dot
            stands for all names that begin with it.
        own_prefix: the environment that we run in; when it is in the checkout, as a `.venv` is,
            the bytecode in it is exempt.
    """

    def __init__(self, checkout: Checkout, paths: Sequence[Path], own_prefix: Path) -> None:
        own = [checkout.git_dir, checkout.common_dir]
        self._paths = frozenset(relative_paths(checkout, [*paths, *own]))
        self._beginnings = tuple(path for path in self._paths if path.endswith(b"."))
        #: The directories that contain exempt paths.
        self.parents = frozenset(os.path.dirname(path) for path in self._paths)
        self._own_prefix = next(
            (own + b"/" for own in relative_paths(checkout, [own_prefix])), None
        )

    def skipped_in(self, directory: bytes) -> Callable[[bytes], bool] | None:
        """Which names in a directory are exempt; see `listing.Skip`."""
        is_own = self._own_prefix is not None and directory.startswith(self._own_prefix)
        if is_own or directory.removesuffix(b"/") in self.parents:
            return lambda name: self._skip(directory + name)
        return None

    def cover(self, path: bytes) -> bool:
        """Whether a path, or a directory that contains it, is exempt."""
        above = path
        while above:
            if self._skip(above):
                return True
            above = os.path.dirname(above)
        return False

    def _skip(self, path: bytes) -> bool:
        if self._own_prefix and path.startswith(self._own_prefix):
            return path.endswith(b"/__pycache__")
        return path in self._paths or path.startswith(self._beginnings)


def relative_paths(checkout: Checkout, paths: Sequence[Path]) -> Iterator[bytes]:
    """Those of some absolute paths that are in a checkout, relative to its top level."""
    root = os.path.realpath(checkout.root)
    for path in paths:
        real = os.path.realpath(path)
        if real.startswith(root + os.sep):
            yield os.fsencode(os.path.relpath(real, root).replace(os.sep, "/"))


class Watch:
    """Watches a checkout: what changes, and which steps are running meanwhile.

    All cells of a matrix share it, so it is thread-safe.

    Args:
        checkout: the checkout.
        exempt: absolute paths that we or nox write; see `Exemptions`.
        allowed: globs of paths which the project allows to change.
        own_prefix: the environment that we run in; see `Exemptions`.
    """

    def __init__(
        self,
        checkout: Checkout,
        *,
        exempt: Sequence[Path],
        allowed: Sequence[str],
        own_prefix: Path = Path(sys.prefix),
    ) -> None:
        self._checkout = checkout
        self._exemptions = Exemptions(checkout, exempt, own_prefix)
        # Creating something exempt may create its directory.
        parents = tuple(f"{display(path)}/" for path in self._exemptions.parents)
        # Everything in an allowed directory is allowed.
        inside = tuple(f"{pattern.rstrip('/')}/*" for pattern in allowed)
        self._allowed = (*parents, *allowed, *inside)
        #: Held, for a moment, to read or write the intervals and changes.
        self._lock = threading.Lock()
        #: Held while a snapshot is taken; steps may begin and end meanwhile.
        self._looking = threading.Lock()
        self._intervals: list[Interval] = []
        self._changes: list[Attribution] = []
        self._looked_at = time.monotonic()
        with ThreadPoolExecutor(2) as aside:
            uncommitted = aside.submit(checkout.uncommitted)
            # `converted_files` will need it.
            aside.submit(lambda: checkout.configuration)
            self._snapshot = take_snapshot(checkout, self._exemptions.skipped_in)
        #: Uncommitted paths when the watch began, with git's two letters.
        self.uncommitted = uncommitted.result()
        self._loose = {
            path
            for path, letters in self.uncommitted.items()
            if letters == b"??" and self._exemptions.cover(path)
        }
        # Nobody works on what we or nox write.
        for path in self._loose:
            del self.uncommitted[path]
        converted = converted_files(checkout, self._snapshot.listing.paths)
        self._contents = Contents(checkout, self._snapshot, self.uncommitted, converted)

    @property
    def refs(self) -> Mapping[str, str]:
        """Branches, tags and other refs in the last snapshot, without remote-tracking ones."""
        return self._snapshot.git.refs if self._snapshot.git else {}

    @property
    def changes(self) -> tuple[Attribution, ...]:
        """All changes so far; of git's locks only those that still exist.

        The user's own git makes locks for a moment; one that is left stops every later git.
        """
        with self._lock:
            changes = tuple(self._changes)
        if not any(_is_lock(one.change) for one in changes):
            return changes
        left = locks(self._checkout)
        return tuple(one for one in changes if not _is_lock(one.change) or one.change.path in left)

    def is_loose(self, path: Path) -> bool:
        """Whether a path is exempt, and git would list it as new because nothing ignores it."""
        return any(one in self._loose for one in relative_paths(self._checkout, [path]))

    @contextlib.contextmanager
    def during(self, step: str, *, only_reads: bool = False) -> Iterator[None]:
        """A block that is a step; a snapshot is taken when it ends."""
        # No step begins before the first snapshot is complete.
        self._snapshot.objects.result()
        interval = Interval(name=step, start=time.monotonic(), only_reads=only_reads)
        with self._lock:
            self._intervals.append(interval)
        try:
            yield
        finally:
            self._end(interval)

    def _end(self, interval: Interval) -> None:
        ended = time.monotonic()
        with self._lock:
            interval.end = ended
        with self._looking:
            # A snapshot that was begun after our step ended includes its changes.
            if self._looked_at <= ended:
                self._look()

    def _look(self) -> None:
        since, self._looked_at = self._looked_at, time.monotonic()
        newest = take_snapshot(self._checkout, self._exemptions.skipped_in, self._snapshot)
        changes = [
            change
            for change in diff(self._snapshot, newest, self._contents)
            if not all(map(self._is_allowed, change.paths))
        ]
        self._snapshot = newest
        with self._lock:
            self._changes += attribute(changes, self._intervals, since)

    def _is_allowed(self, path: str) -> bool:
        return any(fnmatchcase(path, pattern) for pattern in self._allowed)


def _is_lock(change: Change) -> bool:
    return change.path.startswith(".git/") and is_passing(
        change.path.removeprefix(".git/").encode()
    )
