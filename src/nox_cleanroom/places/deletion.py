"""Deleting what is proved to be ours."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import struct
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from nox_cleanroom.errors import CleanroomError, Code, InterruptedRunError
from nox_cleanroom.places.ownership import LOCK, RECORD, Owned, hold, is_mine, names_in
from nox_cleanroom.processes import process

#: How long a deletion is tried again while something still writes into the directory, in seconds.
_PATIENCE = 1.0


def delete(owned: Owned, inner: Path | None = None) -> None:
    """Delete a directory of ours, or something in it; nothing when it is no longer there.

    The lock and the owner's record go last, so that whoever is killed meanwhile leaves a directory
    that the next run recognises. Symbolic links are deleted, never followed.

    Args:
        owned: the directory.
        inner: something in it, with the directory's own path before it; None for the whole.

    Raises:
        CleanroomError: something is still there after a second, or a file system is mounted below.
    """
    target = owned.path if inner is None else inner
    deadline = time.monotonic() + _PATIENCE
    while _is_deletable(owned, target):
        _require_nothing_mounted(target)
        if inner is None:
            for name in sorted(names_in(target) - {RECORD}, key=LOCK.__eq__):
                _remove(target / name)
        _remove(target)
        if not _is_deletable(owned, target):
            return
        _make_mutable(target)
        if time.monotonic() > deadline:
            raise CleanroomError(
                f"{str(target)!r} could not be removed.",
                hint="Remove it by hand once nothing uses it.",
                code=Code.WORKTREE_FAILED,
            )
        time.sleep(0.05)


def delete_unused(owned: Owned) -> bool:
    """Delete a directory of ours unless a run is using it; whether it is gone."""
    lock = hold(owned)
    if lock is None:
        return False
    try:
        if sys.platform == "win32":
            # No file can be deleted there that is open.
            empty(owned)
            lock.release()
        return tidy(owned)
    finally:
        lock.release()


def tidy(owned: Owned, inner: Path | None = None) -> bool:
    """Delete what is no longer needed, and whether that succeeded: tidying never fails a run."""
    try:
        delete(owned, inner)
    except (OSError, InterruptedRunError, CleanroomError):
        return False
    return True


def empty(owned: Owned) -> None:
    """Delete everything in a directory of ours but the record and the lock.

    Raises:
        CleanroomError: see `delete`.
    """
    for name in names_in(owned.path) - {RECORD, LOCK}:
        delete(owned, owned.path / name)


def tidy_contents(owned: Owned) -> bool:
    """Delete everything in a directory of ours, as far as possible; whether that was all of it."""
    inner = (owned.path / name for name in names_in(owned.path) - {RECORD, LOCK})
    left = [path for path in inner if not tidy(owned, path)]
    return not left


def is_empty(owned: Owned) -> bool:
    """Whether a directory of ours holds nothing but the record and the lock."""
    return not names_in(owned.path) - {RECORD, LOCK}


def discard(path: Path) -> None:
    """Delete a file that this process has made in a directory of ours."""
    with contextlib.suppress(OSError):
        os.unlink(path)


def discard_empty(path: Path) -> None:
    """Remove a directory when there is nothing in it, which no one can miss."""
    with contextlib.suppress(OSError):
        os.rmdir(path)


def discard_bytecode(compiled: Path, *, of: Path) -> None:
    """Delete what Python has compiled of a file, and will compile again.

    It is told by what it says of its source, the time and the size (PEP 552).

    Args:
        compiled: the bytecode, in its ``__pycache__``.
        of: the source.
    """
    with contextlib.suppress(OSError):
        source = os.stat(of)
        wanted = (0, int(source.st_mtime) & 0xFFFFFFFF, source.st_size & 0xFFFFFFFF)
        if struct.unpack("<3I", compiled.read_bytes()[4:16]) == wanted:
            os.unlink(compiled)
            os.rmdir(compiled.parent)


def size_of(path: Path) -> int:
    """How much deleting a directory would free, in bytes; files with other names do not count."""
    found = (os.lstat(file) for file in _files_below(path))
    return sum(one.st_size for one in found if one.st_nlink == 1)


def _files_below(path: Path) -> Iterator[str]:
    for directory, _, names in os.walk(path):
        yield from (os.path.join(directory, name) for name in names)


def _is_deletable(owned: Owned, target: Path) -> bool:
    """Whether the target is there, and the way to it leads through what was proved to be ours."""
    try:
        root = os.lstat(owned.path)
        if (root.st_dev, root.st_ino) != (owned.device, owned.inode) or not is_mine(root):
            return False
        way = owned.path
        for part in target.relative_to(owned.path).parts[:-1]:
            way /= part
            if not stat.S_ISDIR(os.lstat(way).st_mode):
                return False
    except FileNotFoundError:
        return False
    return os.path.lexists(target)


def _require_nothing_mounted(target: Path) -> None:
    """Refuse to delete where another file system, or another place of this one, is mounted.

    Raises:
        CleanroomError: with the place.
    """
    mounted = next(mounts_below(target), None)
    if mounted is not None:
        raise CleanroomError(
            f"{mounted!r} is a mount point below {str(target)!r}, which therefore stays.",
            hint="Unmount it, and run nox-cleanroom again to have the rest removed.",
            code=Code.WORKTREE_FAILED,
        )


def mounts_below(path: Path) -> Iterator[str]:
    """Where something is mounted in a directory, or on it.

    Linux lists all mount points, bind mounts of the same file system included (proc(5), mountinfo);
    elsewhere a directory on another device is one.
    """
    if os.path.islink(path):
        return
    place = os.path.realpath(path)
    try:
        lines = Path("/proc/self/mountinfo").read_bytes().splitlines()
    except OSError:
        yield from _other_devices(path)
        return
    for line in lines:
        # Blanks and backslashes in names are spelled in octal.
        point = os.fsdecode(line.split(b" ")[4].decode("unicode_escape").encode("latin-1"))
        if point == place or point.startswith(place + os.sep):
            yield point


def _other_devices(path: Path) -> Iterator[str]:
    device = os.lstat(path).st_dev
    for directory, names, _ in os.walk(path):
        for name in names:
            inner = os.path.join(directory, name)
            if os.lstat(inner).st_dev != device:
                yield inner


def _make_mutable(root: Path) -> None:
    """Take off the attributes that keep even root from removing a file, where there are such."""
    chattr = shutil.which("chattr")
    if chattr:
        with contextlib.suppress(InterruptedRunError):
            process.run([chattr, "-R", "-f", "-ia", root], cwd="/", env={"PATH": os.defpath})


def _remove(path: Path) -> None:
    """Remove a file, a link or a directory with all that is in it, as far as that is possible."""
    if not os.path.isdir(path) or os.path.islink(path):
        discard(path)
    elif sys.version_info >= (3, 12):
        shutil.rmtree(path, onexc=_unlock_and_retry)
    else:
        shutil.rmtree(path, onerror=_unlock_and_retry)


def _unlock_and_retry(_function: Callable[..., Any], name: str, _error: Any) -> None:
    """Give a directory its write bit, without which it refuses to give up what is in it."""
    path = Path(name)
    with contextlib.suppress(OSError):
        for locked in (path.parent, path):
            # A file may have another name elsewhere, and its mode is that one's, too.
            if not locked.is_symlink() and (locked.is_dir() or sys.platform == "win32"):
                locked.chmod(locked.stat().st_mode | stat.S_IRWXU)
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink()
