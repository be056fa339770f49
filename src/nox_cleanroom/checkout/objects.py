"""The files in which git keeps objects, and whether one is missing.

Git itself adds files at any time, and ``git gc`` packs them again. So only a removed file counts,
and only if refs, HEAD or the index need an object which is gone with it.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from nox_cleanroom.checkout.listing import TICK
from nox_cleanroom.records import dataclass

#: The names of these files; all others are temporary.
_FILE = re.compile(rb"[0-9a-f]{2}/(?:[0-9a-f]{38}|[0-9a-f]{62})|pack/pack-[0-9a-f]+\.(?:pack|idx)")


class _Directory(NamedTuple):
    """A directory, and its names until it changes."""

    #: Its ctime, which nobody can set.
    changed_at: int
    names: frozenset[bytes]
    #: Whether another change would change `changed_at`.
    is_settled: bool


@dataclass(frozen=True, kw_only=True)
class Objects:
    """The files that contain objects, at a moment."""

    #: The directory ``objects`` and its directories, by path.
    directories: Mapping[bytes, _Directory]
    #: Needed files that were removed since the previous snapshot.
    lost: tuple[bytes, ...] = ()


def read_objects(
    root: bytes, has_all: Callable[[], bool], previous: Objects | None = None
) -> Objects:
    """The files in ``objects`` now; a directory that has not changed is not read again.

    Args:
        root: git's directory ``objects``.
        has_all: tells whether all needed objects exist; that can take long.
        previous: what was read before.
    """
    before = {} if previous is None else previous.directories
    directories = dict(_directories(root, before))
    gone = tuple(sorted(_gone(before, directories)))
    return Objects(directories=directories, lost=gone if gone and not has_all() else ())


def is_unchanged(root: bytes, previous: Objects) -> bool:
    """Whether no file was added or removed since then, and none was lost then.

    Args:
        root: git's directory ``objects``.
        previous: what was read before.
    """
    # Each call in this loop costs time.
    base, lstat = root + b"/", os.lstat
    try:
        for name, (changed_at, _, is_settled) in previous.directories.items():
            if not is_settled or lstat(base + name).st_ctime_ns != changed_at:
                return False
    except OSError:
        return False
    return bool(previous.directories) and not previous.lost


def _directories(
    root: bytes, before: Mapping[bytes, _Directory]
) -> Iterator[tuple[bytes, _Directory]]:
    settled = time.time_ns() - TICK
    waiting = [b""]
    while waiting:
        name = waiting.pop()
        directory = root + b"/" + name
        try:
            changed_at = os.lstat(directory).st_ctime_ns
            found = before.get(name)
            if found is None or not found.is_settled or found.changed_at != changed_at:
                names = frozenset(os.listdir(directory))
                found = _Directory(changed_at, names, is_settled=changed_at < settled)
        except OSError:
            continue
        yield name, found
        if not name:
            waiting += [one for one in found.names if len(one) == 2 or one == b"pack"]


def _gone(before: Mapping[bytes, _Directory], after: Mapping[bytes, _Directory]) -> Iterator[bytes]:
    """The removed files that contained objects."""
    if not after:
        # The directory itself is gone, and git does not open the repository.
        return
    for name, directory in before.items():
        now = after.get(name)
        for file in directory.names - (frozenset() if now is None else now.names):
            if _FILE.fullmatch(name + b"/" + file):
                yield name + b"/" + file
