"""An eye on a checkout: what changes in it while steps are running."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path

from nox_cleanroom.changes import Attribution, Change, display
from nox_cleanroom.checkout.attributes import converted_files
from nox_cleanroom.checkout.attribution import Interval, attribute
from nox_cleanroom.checkout.checkout import Checkout
from nox_cleanroom.checkout.git_state import is_passing, locks
from nox_cleanroom.checkout.snapshot import Contents, diff, take_snapshot


class Watch:
    """An eye on the checkout: what changed, and which steps were running meanwhile.

    Shared by the cells of a matrix, so it is safe to use from several threads.

    Args:
        checkout: what to watch.
        exempt: absolute paths that we or nox write ourselves, with all that is in them; one that
            ends in a dot stands for every name that begins so.
        allowed: globs of paths that the project lets change.
        own_prefix: the environment that we run in; when it lies in the checkout, as a `.venv` does,
            the bytecode in it is our own.
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
        own = [checkout.git_dir, checkout.common_dir]
        self._exempt = frozenset(_relative_paths(checkout, [*exempt, *own]))
        self._exempt_beginnings = tuple(path for path in self._exempt if path.endswith(b"."))
        self._exempt_parents = frozenset(_directory_of(path) for path in self._exempt)
        self._own_prefix = next(
            (own + b"/" for own in _relative_paths(checkout, [own_prefix])), None
        )
        # Where something is made that is exempt, its directory may come with it.
        parents = tuple(f"{display(os.path.dirname(path))}/" for path in self._exempt)
        # Of a directory that is allowed, everything in it is.
        inside = tuple(f"{pattern.rstrip('/')}/*" for pattern in allowed)
        self._allowed = (*parents, *allowed, *inside)
        #: Held for a moment by who reads or writes what follows.
        self._lock = threading.Lock()
        #: Held by who looks at the checkout; steps may begin and end meanwhile.
        self._looking = threading.Lock()
        self._intervals: dict[int, Interval] = {}
        self._changes: list[Attribution] = []
        self._looked_at = time.monotonic()
        with ThreadPoolExecutor(2) as aside:
            uncommitted = aside.submit(checkout.uncommitted)
            # So that they are there when it is asked what git converts.
            aside.submit(lambda: checkout.configuration)
            self._snapshot = take_snapshot(checkout, self._skips_in)
        #: Uncommitted paths when the watch began, with git's two letters.
        self.uncommitted = uncommitted.result()
        self._loose = {
            path
            for path, letters in self.uncommitted.items()
            if letters == b"??" and self._is_exempt(path)
        }
        # What is ours, or nox's, is nobody's work.
        for path in self._loose:
            del self.uncommitted[path]
        converted = converted_files(checkout, self._snapshot.listing.paths)
        self._contents = Contents(checkout, self._snapshot, self.uncommitted, converted)

    @property
    def refs(self) -> Mapping[str, str]:
        """Branches, tags and other refs at the last look, but for remote-tracking ones."""
        return self._snapshot.git.refs if self._snapshot.git else {}

    @property
    def changes(self) -> tuple[Attribution, ...]:
        """Everything that changed so far; of git's locks only those that are still there.

        The user's own git makes some in passing; one that is left stops every later git.
        """
        with self._lock:
            changes = tuple(self._changes)
        if not any(_is_lock(one.change) for one in changes):
            return changes
        left = locks(self._checkout)
        return tuple(one for one in changes if not _is_lock(one.change) or one.change.path in left)

    def is_loose(self, path: Path) -> bool:
        """Whether a path is exempt, and git would list it as new, since nothing ignores it."""
        return any(one in self._loose for one in _relative_paths(self._checkout, [path]))

    @contextlib.contextmanager
    def during(self, step: str, *, only_reads: bool = False) -> Iterator[None]:
        """A block that is a step; the checkout is looked at when it ends."""
        number = self._begin(step, only_reads=only_reads)
        try:
            yield
        finally:
            self._end(number)

    def _begin(self, step: str, *, only_reads: bool) -> int:
        # No step begins before the first look is complete.
        self._snapshot.objects.result()
        with self._lock:
            number = len(self._intervals)
            self._intervals[number] = Interval(
                name=step, start=time.monotonic(), end=None, only_reads=only_reads
            )
            return number

    def _end(self, number: int) -> None:
        ended = time.monotonic()
        with self._lock:
            self._intervals[number] = replace(self._intervals[number], end=ended)
        with self._looking:
            # Whoever looked while we waited may have begun after our step had ended.
            if self._looked_at <= ended:
                self._look()

    def _look(self) -> None:
        since, self._looked_at = self._looked_at, time.monotonic()
        newest = take_snapshot(self._checkout, self._skips_in, self._snapshot)
        changes = diff(self._snapshot, newest, self._contents)
        self._snapshot = newest
        changes = [change for change in changes if not all(map(self._is_allowed, change.paths))]
        with self._lock:
            self._changes += attribute(changes, list(self._intervals.values()), since)

    def _skips_in(self, directory: bytes) -> Callable[[bytes], bool] | None:
        """What of a directory is ours; see `listing.Skip`."""
        is_own = self._own_prefix is not None and directory.startswith(self._own_prefix)
        if is_own or directory in self._exempt_parents:
            return lambda name: self._skips(directory + name)
        return None

    def _skips(self, path: bytes) -> bool:
        if self._own_prefix and path.startswith(self._own_prefix):
            return path.endswith(b"/__pycache__")
        return path in self._exempt or path.startswith(self._exempt_beginnings)

    def _is_exempt(self, path: bytes) -> bool:
        above = path
        while above:
            if self._skips(above):
                return True
            above = os.path.dirname(above)
        return False

    def _is_allowed(self, path: str) -> bool:
        return any(fnmatchcase(path, pattern) for pattern in self._allowed)


def _is_lock(change: Change) -> bool:
    return change.path.startswith(".git/") and is_passing(change.path.removeprefix(".git/"))


def _directory_of(path: bytes) -> bytes:
    """The directory that a path lies in, with its slash; empty for the top level."""
    directory = os.path.dirname(path)
    return directory + b"/" if directory else b""


def _relative_paths(checkout: Checkout, paths: Sequence[Path]) -> Iterator[bytes]:
    root = os.path.realpath(checkout.root)
    for path in paths:
        place = os.path.realpath(path)
        if place.startswith(root + os.sep):
            yield os.fsencode(os.path.relpath(place, root).replace(os.sep, "/"))
