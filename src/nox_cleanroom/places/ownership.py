"""The proof that a directory is ours: a record in it, and the lock of the run that uses it."""

from __future__ import annotations

import contextlib
import json
import os
import stat
import sys
import time
from dataclasses import field
from functools import cache
from pathlib import Path
from typing import Any

from filelock import BaseFileLock, FileLock, Timeout

from nox_cleanroom.records import dataclass

#: The name of the owner's record in a directory of ours.
RECORD = "nox-cleanroom.json"
#: The name of the lock in a directory of ours, which a run holds while it uses the directory.
LOCK = "nox-cleanroom.lock"


@dataclass(frozen=True, kw_only=True)
class Owned:
    """Proof that a directory is ours; only `make`, `adopt` and `recognise` create one."""

    path: Path
    #: The identity of the directory when it was proved to be ours.
    device: int
    inode: int
    #: What else was recorded when the directory was made.
    about: dict[str, Any] = field(default_factory=dict)


def make(path: Path, **about: Any) -> Owned:
    """A new directory of ours that only this user can enter.

    Args:
        path: its path; its parent is a directory of ours, see `layout`.
        about: what else to record.

    Raises:
        OSError: the directory exists, or cannot be made.
    """
    path.mkdir(mode=0o700)
    return adopt(path, **about)


def adopt(path: Path, **about: Any) -> Owned:
    """A directory that was just made for us, with our record written into it.

    Raises:
        OSError: the record cannot be written.
    """
    found = os.lstat(path)
    record = {
        "uid": _uid(),
        "device": found.st_dev,
        "inode": found.st_ino,
        "boot": _boot(),
        "about": about,
    }
    # O_EXCL: never overwrite a record, and never follow a link.
    descriptor = os.open(path / RECORD, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w", encoding="ascii") as file:
        json.dump(record, file)
    return Owned(path=path, device=found.st_dev, inode=found.st_ino, about=about)


def recognise(path: Path) -> Owned | None:
    """The proof that this user made a directory with this tool; None without proof.

    A symbolic link is no proof, nor is a copy of a directory. The system may number devices
    differently after each start, so that device and inode count only until the next one.
    """
    try:
        found = os.lstat(path)
        record = json.loads(_read(path / RECORD))
        if not stat.S_ISDIR(found.st_mode) or not is_mine(found) or record["uid"] != _uid():
            return None
        here = (found.st_dev, found.st_ino)
        if record["boot"] == _boot() and here != (record["device"], record["inode"]):
            return None
        about = dict(record["about"])
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return Owned(path=path, device=found.st_dev, inode=found.st_ino, about=about)


def is_recorded(path: Path) -> bool:
    """Whether a directory contains a record of this user, even if it was moved."""
    try:
        return bool(json.loads(_read(path / RECORD))["uid"] == _uid())
    except (OSError, ValueError, TypeError, KeyError):
        return False


def ensure(path: Path) -> Owned | None:
    """A directory of ours, made if it is missing; None if something else has its name."""
    for _ in range(10):
        # It may exist, and another run may remove it while it is empty and has no record.
        with contextlib.suppress(OSError):
            return make(path)
        found = recognise(path)
        if found is not None:
            return found
        time.sleep(0.01)
    return None


def hold(owned: Owned, name: str = LOCK) -> BaseFileLock | None:
    """A lock in a directory of ours, which is now held; None if another run holds it.

    The system releases the lock of a killed run, so that process numbers and host names do not
    matter. On file systems without locks every directory counts as used.

    Args:
        owned: the directory.
        name: the name of the lock's file.
    """
    lock = FileLock(owned.path / name)
    try:
        lock.acquire(blocking=False)
    except (Timeout, OSError, NotImplementedError):
        return None
    if recognise(owned.path) is None:
        # It was deleted meanwhile, and locking made a new one that contains only the lock.
        lock.release()
        with contextlib.suppress(OSError):
            os.unlink(owned.path / name)
            os.rmdir(owned.path)
        return None
    return lock


def names_in(path: Path) -> set[str]:
    """The names in a directory; none if it cannot be read."""
    try:
        return set(os.listdir(path))
    except OSError:
        return set()


def _read(path: Path) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
    with open(descriptor, "rb") as file:
        return file.read(65_536)


def _uid() -> int | None:
    # Windows has no user numbers. There a path in the user's own directory has to suffice.
    return None if sys.platform == "win32" else os.geteuid()


def is_mine(found: os.stat_result) -> bool:
    """Whether a file or directory belongs to this user."""
    return sys.platform == "win32" or found.st_uid == os.geteuid()


@cache
def _boot() -> str:
    """The identifier of this start of the system; empty if it has none."""
    with contextlib.suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return ""
