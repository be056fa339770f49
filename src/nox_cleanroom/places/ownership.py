"""The proof that a directory is ours: a record in it, and the lock that a live run holds."""

from __future__ import annotations

import contextlib
import json
import os
import stat
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from filelock import BaseFileLock, FileLock, Timeout

#: In a directory of ours, the record of its owner.
RECORD = "nox-cleanroom.json"
#: In a directory of ours, the lock that a run holds for as long as it uses the directory.
LOCK = "nox-cleanroom.lock"


@dataclass(frozen=True, kw_only=True)
class Owned:
    """Proof that a directory is ours; `make`, `adopt` and `recognise` are the ways to one."""

    path: Path
    #: What identified the directory when it was proved to be ours.
    device: int
    inode: int
    #: What else was written down when the directory was made.
    about: dict[str, Any] = field(default_factory=dict)


def make(path: Path, **about: Any) -> Owned:
    """A new directory of ours that only this user can enter.

    Args:
        path: where; its parent is a directory of ours, see `layout`.
        about: what else to write down.

    Raises:
        OSError: the directory exists already, or cannot be made.
    """
    path.mkdir(mode=0o700)
    return adopt(path, **about)


def adopt(path: Path, **about: Any) -> Owned:
    """A directory that has just been made for us, with a record of that in it.

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
    # Made only if there is none, without following a link, and written at once.
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    descriptor = os.open(path / RECORD, flags, 0o600)
    try:
        os.write(descriptor, json.dumps(record).encode("ascii"))
    finally:
        os.close(descriptor)
    return Owned(path=path, device=found.st_dev, inode=found.st_ino, about=about)


def recognise(path: Path) -> Owned | None:
    """The proof that a directory was made by this user with this tool; None without proof.

    A symbolic link never is such a directory, nor is a copy of one. Devices are numbered anew when
    the system starts, so that device and inode only count until then.
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
    """Whether a directory holds a record of this user's, wherever it was when that was written."""
    try:
        return bool(json.loads(_read(path / RECORD))["uid"] == _uid())
    except (OSError, ValueError, TypeError, KeyError):
        return False


def owned_in(section: Path) -> Iterator[Owned]:
    """The directories of ours in another one; one without a record goes when nothing is in it.

    That is what remains of a run that was killed before it wrote the record.
    """
    for name in sorted(names_in(section)):
        owned = recognise(section / name)
        if owned is not None:
            yield owned
        else:
            with contextlib.suppress(OSError):
                os.rmdir(section / name)


def ensure(path: Path) -> Owned | None:
    """A directory of ours, made if there is none; None where something else has its name."""
    for _ in range(10):
        # It may be there; and an empty one may be cleared away before the record is in it.
        with contextlib.suppress(OSError):
            return make(path)
        found = recognise(path)
        if found is not None:
            return found
        time.sleep(0.01)
    return None


def hold(owned: Owned, name: str = LOCK) -> BaseFileLock | None:
    """A lock in a directory of ours, held from now on; None while a run is holding it.

    The system releases the lock of a run that was killed, whatever its process number or host name
    was. Where no locks can be had, every directory counts as used.

    Args:
        owned: the directory.
        name: the lock's file.
    """
    lock = FileLock(owned.path / name)
    try:
        lock.acquire(blocking=False)
    except (Timeout, OSError, NotImplementedError):
        return None
    if recognise(owned.path) is None:
        # It was deleted meanwhile, and locking has made it anew with nothing but the lock in it.
        lock.release()
        with contextlib.suppress(OSError):
            os.unlink(owned.path / name)
            os.rmdir(owned.path)
        return None
    return lock


def names_in(path: Path) -> set[str]:
    """The names in a directory; none when it cannot be read."""
    try:
        return set(os.listdir(path))
    except OSError:
        return set()


def _read(path: Path) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
    with open(descriptor, "rb") as file:
        return file.read(65_536)


def _uid() -> int | None:
    # Windows has no user numbers: there, a directory below the user's own has to do.
    return None if sys.platform == "win32" else os.geteuid()


def is_mine(found: os.stat_result) -> bool:
    """Whether something on disk belongs to this user."""
    return sys.platform == "win32" or found.st_uid == os.geteuid()


@cache
def _boot() -> str:
    """What tells one start of the system from another; empty where that is not known."""
    with contextlib.suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return ""
