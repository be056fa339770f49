"""What ``lstat`` says of every path under a directory."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from typing import NamedTuple

Skip = Callable[[bytes], bool]


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


def list_files(root: bytes, skipped: Skip) -> dict[bytes, Stat]:
    """Every path under `root`, without following links, and what ``lstat`` says of it.

    Args:
        root: the directory to walk.
        skipped: says of a relative path that neither it nor what is in it is of interest.
    """
    found: dict[bytes, Stat] = {}
    pending = [b""]
    while pending:
        prefix = pending.pop()
        try:
            entries = list(os.scandir(os.path.join(root, prefix)))
        except OSError:
            # Gone meanwhile, or not ours to read: the directory's own entry still tells.
            continue
        for entry in entries:
            path = prefix + entry.name
            if skipped(path):
                continue
            try:
                found[path] = Stat.from_lstat(entry.stat(follow_symlinks=False))
            except OSError:
                continue
            if stat.S_ISDIR(found[path].mode):
                pending.append(path + b"/")
    return found
