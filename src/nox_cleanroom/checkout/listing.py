"""The ``lstat`` results of all paths in a directory."""

from __future__ import annotations

import os
import stat
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from nox_cleanroom.records import dataclass

#: Takes a directory, relative to the root and with a slash, and returns a function that tells which
#: of its names are left out with everything in them; or None, which is quicker, to keep all.
Skip = Callable[[bytes], Callable[[bytes], bool] | None]

#: The coarsest clock of a file system, in nanoseconds: two changes within a tick may have the same
#: time. FAT has ticks of two seconds.
TICK = 2_000_000_000
_SECOND = 1_000_000_000
#: The tick of all other file systems, in nanoseconds: they use the kernel's clock, which has a
#: hundred ticks per second or more.
_FINE_TICK = 20_000_000

#: Whether adding or removing an entry changes a directory's ctime, which nobody can set: POSIX
#: says so, Windows has no such time.
_HAS_CTIME = sys.platform != "win32"


class Stat(NamedTuple):
    """Those parts of an ``lstat`` result that a change of the path must change."""

    mode: int
    inode: int
    size: int
    mtime_ns: int
    ctime_ns: int

    @classmethod
    def from_lstat(cls, result: os.stat_result) -> Stat:
        """Those parts of a stat result."""
        return cls(
            result.st_mode, result.st_ino, result.st_size, result.st_mtime_ns, result.st_ctime_ns
        )

    @property
    def is_directory(self) -> bool:
        """Whether the path is a directory, not a link to one."""
        return stat.S_ISDIR(self.mode)

    def is_young(self, looked_at: int) -> bool:
        """Whether a change soon after `looked_at` could leave the same times.

        A time far in the future comes from another clock, and does not count.
        """
        changed_at = self.ctime_ns if _HAS_CTIME else self.mtime_ns
        is_coarse = self.mtime_ns % _SECOND == 0 == self.ctime_ns % _SECOND
        tick = TICK if is_coarse else _FINE_TICK
        return looked_at - tick <= changed_at <= looked_at + TICK


@dataclass(frozen=True, kw_only=True)
class Listing:
    """All paths in a directory at a moment, without following links."""

    #: The ``lstat`` result of the directory itself; None when it does not exist.
    own: Stat | None
    #: The ``lstat`` result of each path.
    paths: Mapping[bytes, Stat]
    #: Files whose ``lstat`` result may be the same after a later change.
    young: frozenset[bytes]
    #: Directories, with a slash, whose names cannot change without their own Stat: their last
    #: change was more than a tick before they were read.
    settled: Mapping[bytes, Stat]
    #: When it was begun, in nanoseconds since the epoch.
    begun_at: int


def list_files(root: bytes, skipped: Skip) -> Listing:
    """All paths in `root`.

    Args:
        root: the directory to walk.
        skipped: tells which names are left out.
    """
    walk = _Walk(root, skipped)
    own = _lstat(root)
    if own is not None:
        walk.read([(b"", own)])
    return walk.listing(own, walk.found, walk.found)


def list_again(
    root: bytes, skipped: Skip, previous: Listing, unmoved: AbstractSet[bytes] = frozenset()
) -> Listing:
    """All paths in `root`, with the help of an earlier listing.

    Settled directories are not read again. A path that surely did not change keeps its `Stat`
    object, and if none changed, the listing keeps its mapping of paths. That saves memory and makes
    it quick to tell what is the same.

    Args:
        root: the directory to walk.
        skipped: tells which names are left out, as before.
        previous: the earlier listing.
        unmoved: paths whose ``lstat`` results are known to be the same as before.
    """
    walk = _Walk(root, skipped)
    own = _lstat(root)
    looked_at = previous.paths.keys() - (unmoved - previous.young) if unmoved else previous.paths
    compared = _compare(root, previous.paths, looked_at)
    if compared is None:
        return list_files(root, skipped)
    moved, gone = compared.moved, compared.gone
    directories = [*([] if own is None else [(b"", own)]), *compared.directories]
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


class _Compared(NamedTuple):
    """How paths differ from an earlier listing."""

    #: Paths of which ``lstat`` returns something else now.
    moved: dict[bytes, Stat]
    gone: list[bytes]
    #: The directories among the paths, with their slash.
    directories: list[tuple[bytes, Stat]]


def _compare(
    root: bytes, earlier: Mapping[bytes, Stat], looked_at: Iterable[bytes]
) -> _Compared | None:
    """How some of the earlier paths differ now; None when a directory is gone or is none now.

    In its place there may be a link now, through which the old names lead elsewhere.
    """
    moved: dict[bytes, Stat] = {}
    gone: list[bytes] = []
    directories: list[tuple[bytes, Stat]] = []
    base, lstat, is_directory = root + b"/", os.lstat, stat.S_ISDIR
    for path in looked_at:
        before = earlier[path]
        # As in `_Walk.read`, each call in this loop costs time.
        try:
            found = lstat(base + path)
        except OSError:
            found = None
        if is_directory(before.mode) and (found is None or not is_directory(found.st_mode)):
            return None
        if found is None:
            gone.append(path)
            continue
        mode = found.st_mode
        now = before
        if before != (mode, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns):
            moved[path] = now = Stat.from_lstat(found)
        if is_directory(mode):
            directories.append((path + b"/", now))
    return _Compared(moved, gone, directories)


class _Walk:
    """Reads directories, and notes new paths."""

    def __init__(self, root: bytes, skipped: Skip) -> None:
        self.begun_at = time.time_ns()
        self.found: dict[bytes, Stat] = {}
        self.settled: dict[bytes, Stat] = {}
        self._root = root
        self._skipped = skipped

    def read(self, directories: list[tuple[bytes, Stat]]) -> None:
        """Read directories, given with a slash, and all directories in them."""
        # With 50,000 files, nearly all of the time is spent in this loop: each call counts.
        found, skipped, lstat, new = self.found, self._skipped, os.lstat, tuple.__new__
        while directories:
            prefix, own = directories.pop()
            directory = self._root + b"/" + prefix
            try:
                names = os.listdir(directory)
            except OSError:
                # It is gone or unreadable; its own Stat still counts.
                continue
            if _HAS_CTIME and max(own.mtime_ns, own.ctime_ns) < self.begun_at - TICK:
                self.settled[prefix] = own
            is_left_out = skipped(prefix)
            if is_left_out is not None:
                names = [name for name in names if not is_left_out(name)]
            for name in names:
                path = prefix + name
                if path in found:
                    continue
                try:
                    now = lstat(directory + name)
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
        """The listing of the paths, of which `fresh` are new or changed."""
        oldest = self.begun_at - TICK
        # The quick comparison rules out most files.
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
