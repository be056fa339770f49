"""The files that git keeps objects in, and whether one that is gone is missed.

Git itself adds them at any time, and ``git gc`` packs them anew. So only what is gone counts, and
only when an object that refs, HEAD or the index need went with it.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from nox_cleanroom.checkout.listing import TICK

#: What they are called in their directories; anything else is passing.
_FILE = re.compile(rb"[0-9a-f]{2}/(?:[0-9a-f]{38}|[0-9a-f]{62})|pack/pack-[0-9a-f]+\.(?:pack|idx)")


class _Directory(NamedTuple):
    """One directory, and what is in it for as long as it has not changed since."""

    #: When it changed; nobody can set that.
    changed_at: int
    names: frozenset[bytes]
    #: Whether `changed_at` would tell of another change.
    is_settled: bool


@dataclass(frozen=True, kw_only=True)
class Objects:
    """The files that hold objects, at a moment."""

    #: The directory ``objects`` and those in it, by path.
    directories: Mapping[bytes, _Directory]
    #: Files that went since the look before and are missed.
    lost: tuple[bytes, ...] = ()


def read_objects(
    root: bytes, has_all: Callable[[], bool], previous: Objects | None = None
) -> Objects:
    """The files below ``objects`` now; a directory that has not changed is not read again.

    Args:
        root: git's directory ``objects``.
        has_all: asks git whether everything is there that is needed; that can take long.
        previous: the last look.
    """
    if previous is not None and not previous.lost and _holds(root, previous):
        return previous
    before = {} if previous is None else previous.directories
    directories = dict(_directories(root, before))
    gone = tuple(sorted(_gone(before, directories)))
    return Objects(directories=directories, lost=gone if gone and not has_all() else ())


def _directories(
    root: bytes, before: Mapping[bytes, _Directory]
) -> Iterator[tuple[bytes, _Directory]]:
    settled = time.time_ns() - TICK
    waiting = [b""]
    while waiting:
        name = waiting.pop()
        place = root + b"/" + name
        try:
            changed_at = os.lstat(place).st_ctime_ns
            found = before.get(name)
            if found is None or not found.is_settled or found.changed_at != changed_at:
                names = frozenset(os.listdir(place))
                found = _Directory(changed_at, names, is_settled=changed_at < settled)
        except OSError:
            continue
        yield name, found
        if not name:
            waiting += [one for one in found.names if len(one) == 2 or one == b"pack"]


def _holds(root: bytes, previous: Objects) -> bool:
    """Whether nothing has come or gone; no call in this loop that can be spared."""
    base, lstat = root + b"/", os.lstat
    try:
        for name, (changed_at, _, is_settled) in previous.directories.items():
            if not is_settled or lstat(base + name).st_ctime_ns != changed_at:
                return False
    except OSError:
        return False
    return bool(previous.directories)


def _gone(before: Mapping[bytes, _Directory], after: Mapping[bytes, _Directory]) -> Iterator[bytes]:
    """The names of what holds objects and is not there any more."""
    if not after:
        # The directory itself is gone, and git refuses to speak at all.
        return
    for name, directory in before.items():
        now = after.get(name)
        for file in directory.names - (frozenset() if now is None else now.names):
            if _FILE.fullmatch(name + b"/" + file):
                yield name + b"/" + file
