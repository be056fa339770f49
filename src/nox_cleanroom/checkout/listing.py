"""What ``lstat`` says of every path under a directory."""

from __future__ import annotations

import os
import stat
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import NamedTuple

#: For a directory, given with its slash and relative to the root: says which of its names are
#: left out, with all that is in them; None when none is, which is quick to tell for most.
Skip = Callable[[bytes], Callable[[bytes], bool] | None]

#: The coarsest clock of a file system, in nanoseconds: two changes within one tick may leave the
#: same time behind. FAT counts in two seconds.
TICK = 2_000_000_000
_SECOND = 1_000_000_000
#: The clock of all others: they take the time from the kernel, which counts a hundred a second
#: or more.
_FINE_TICK = 20_000_000

#: Whether a directory's times tell of every name that comes or goes. They do by POSIX, which has
#: `ctime` for it, that nobody can set; Windows has no such time.
_TIMES_TELL = sys.platform != "win32"


class Stat(NamedTuple):
    """What ``lstat`` says of a path, as far as a change must move it."""

    mode: int
    inode: int
    size: int
    mtime_ns: int
    ctime_ns: int

    @classmethod
    def from_lstat(cls, result: os.stat_result) -> Stat:
        """The part of a stat result that we compare."""
        return cls(
            result.st_mode, result.st_ino, result.st_size, result.st_mtime_ns, result.st_ctime_ns
        )

    @property
    def is_directory(self) -> bool:
        """Whether it is one itself, not a link to one."""
        return stat.S_ISDIR(self.mode)

    def is_young(self, looked_at: int) -> bool:
        """Whether a change soon after it was looked at could leave the same times behind.

        A time far ahead comes from another clock, and tells nothing.
        """
        changed_at = self.ctime_ns if _TIMES_TELL else self.mtime_ns
        is_coarse = self.mtime_ns % _SECOND == 0 == self.ctime_ns % _SECOND
        tick = TICK if is_coarse else _FINE_TICK
        return looked_at - tick <= changed_at <= looked_at + TICK


@dataclass(frozen=True, kw_only=True)
class Listing:
    """Every path under a directory, at a moment, without following links."""

    #: What ``lstat`` says of the directory itself; None when there is none.
    own: Stat | None
    #: What ``lstat`` says of each.
    paths: Mapping[bytes, Stat]
    #: Files of which it may say the same in spite of a change since.
    young: frozenset[bytes]
    #: Directories, with their slash, that hold the same names for as long as their own Stat stays:
    #: they had last changed more than a tick before they were read.
    settled: Mapping[bytes, Stat]
    #: When it was begun, in nanoseconds since the epoch.
    begun_at: int


def list_files(root: bytes, skipped: Skip) -> Listing:
    """Every path under `root`.

    Args:
        root: the directory to walk.
        skipped: says what is of no interest.
    """
    walk = _Walk(root, skipped)
    own = _lstat(root)
    if own is not None:
        walk.read([(b"", own)])
    return walk.listing(own, walk.found, walk.found)


def list_again(
    root: bytes, skipped: Skip, previous: Listing, unmoved: AbstractSet[bytes] = frozenset()
) -> Listing:
    """Every path under `root`, where an earlier listing is at hand and most of it still holds.

    Names in settled directories are not read again. What surely did not move is the very object
    of the previous listing, and all of the paths are when none did: that saves memory, and tells at
    a glance what is the same.

    Args:
        root: the directory to walk.
        skipped: says what is of no interest; the same as before.
        previous: the earlier listing.
        unmoved: paths of which somebody knows that ``lstat`` says the same as before.
    """
    walk = _Walk(root, skipped)
    own = _lstat(root)
    directories = [] if own is None else [(b"", own)]
    moved: dict[bytes, Stat] = {}
    gone: list[bytes] = []
    base, lstat, is_directory = root + b"/", os.lstat, stat.S_ISDIR
    looked_at = previous.paths.keys() - (unmoved - previous.young) if unmoved else previous.paths
    for path in looked_at:
        before = previous.paths[path]
        # As in `_Walk.read`: no call in this loop that can be spared.
        try:
            found = lstat(base + path)
        except OSError:
            found = None
        if is_directory(before.mode) and (found is None or not is_directory(found.st_mode)):
            # Perhaps there is a link now, and through it the old names lead elsewhere.
            return list_files(root, skipped)
        if found is None:
            gone.append(path)
            continue
        mode = found.st_mode
        now = before
        if before != (mode, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns):
            moved[path] = now = Stat.from_lstat(found)
        if is_directory(mode):
            directories.append((path + b"/", now))
    moved |= {path: Stat(*previous.paths[path]) for path in previous.young.difference(moved, gone)}
    unsettled = [(name, one) for name, one in directories if previous.settled.get(name) != one]
    if not (moved or gone or unsettled):
        walk.settled = dict(previous.settled)
        return walk.listing(own, previous.paths, ())
    walk.found = {**previous.paths, **moved}
    for path in gone:
        del walk.found[path]
    walk.settled = {name: one for name, one in directories if previous.settled.get(name) == one}
    walk.read(unsettled)
    if not moved and not gone and len(walk.found) == len(previous.paths):
        return walk.listing(own, previous.paths, ())
    return walk.listing(own, walk.found, moved.keys() | (walk.found.keys() - previous.paths.keys()))


class _Walk:
    """Reads directories, and notes what it has not found before."""

    def __init__(self, root: bytes, skipped: Skip) -> None:
        self.begun_at = time.time_ns()
        self.found: dict[bytes, Stat] = {}
        self.settled: dict[bytes, Stat] = {}
        self._root = root
        self._skipped = skipped

    def read(self, directories: list[tuple[bytes, Stat]]) -> None:
        """Read directories, given with their slash, and those that come to light in them."""
        # This loop is what a look at 50,000 files costs: no call in it that can be spared.
        found, skipped, lstat, new = self.found, self._skipped, os.lstat, tuple.__new__
        while directories:
            prefix, own = directories.pop()
            place = self._root + b"/" + prefix
            try:
                names = os.listdir(place)
            except OSError:
                # Gone meanwhile, or not ours to read: the directory's own entry still tells.
                continue
            if _TIMES_TELL and max(own.mtime_ns, own.ctime_ns) < self.begun_at - TICK:
                self.settled[prefix] = own
            is_left_out = skipped(prefix)
            if is_left_out is not None:
                names = [name for name in names if not is_left_out(name)]
            for name in names:
                path = prefix + name
                if path in found:
                    continue
                try:
                    now = lstat(place + name)
                except OSError:
                    continue
                mode = now.st_mode
                found[path] = seen = new(
                    Stat, (mode, now.st_ino, now.st_size, now.st_mtime_ns, now.st_ctime_ns)
                )
                if stat.S_ISDIR(mode):
                    directories.append((path + b"/", seen))

    def listing(
        self, own: Stat | None, paths: Mapping[bytes, Stat], fresh: Iterable[bytes]
    ) -> Listing:
        """What has come to light, of which `fresh` is new or had moved."""
        oldest = self.begun_at - TICK
        # The comparison spares most files the question.
        recent = (path for path in fresh if max(paths[path][-2:]) >= oldest)
        return Listing(
            own=own,
            paths=paths,
            young=frozenset(
                path
                for path in recent
                if not paths[path].is_directory and paths[path].is_young(self.begun_at)
            ),
            settled=self.settled,
            begun_at=self.begun_at,
        )


def _lstat(path: bytes) -> Stat | None:
    try:
        return Stat.from_lstat(os.lstat(path))
    except OSError:
        return None
