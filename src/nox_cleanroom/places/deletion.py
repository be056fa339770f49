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

#: How long a deletion is repeated while something still writes into the directory.
_PATIENCE_SECONDS = 1.0


def delete(owned: Owned, inner: Path | None = None) -> None:
    """Delete a directory of ours, or something in it; do nothing if it is already gone.

    The lock and the owner's record are deleted last, so that the next run recognises a directory
    that a killed run has partly deleted. Symbolic links are deleted, never followed.

    Args:
        owned: the directory.
        inner: the path of something in it, below the directory's own path; None for the directory.

    Raises:
        CleanroomError: something is left after a second, or a file system is mounted in it.
    """
    target = owned.path if inner is None else inner
    deadline = time.monotonic() + _PATIENCE_SECONDS
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
    """Delete a directory of ours unless a run is using it; return whether it is gone."""
    lock = hold(owned)
    if lock is None:
        return False
    try:
        if sys.platform == "win32":
            # Windows deletes no open files, and the lock is one.
            empty(owned)
            lock.release()
        return tidy(owned)
    finally:
        lock.release()


def tidy(owned: Owned, inner: Path | None = None) -> bool:
    """Delete what is no longer needed; return whether it is gone, as this must not fail a run."""
    try:
        delete(owned, inner)
    except (OSError, InterruptedRunError, CleanroomError):
        return False
    return True


def empty(owned: Owned) -> None:
    """Delete everything in a directory of ours except the record and the lock.

    Raises:
        CleanroomError: see `delete`.
    """
    for name in names_in(owned.path) - {RECORD, LOCK}:
        delete(owned, owned.path / name)


def tidy_contents(owned: Owned) -> bool:
    """Delete what is in a directory of ours, as far as possible; return whether that was all."""
    inner = (owned.path / name for name in names_in(owned.path) - {RECORD, LOCK})
    left = [path for path in inner if not tidy(owned, path)]
    return not left


def is_empty(owned: Owned) -> bool:
    """Whether a directory of ours contains only the record and the lock."""
    return not names_in(owned.path) - {RECORD, LOCK}


def discard(path: Path) -> None:
    """Delete a file that this process has made in a directory of ours."""
    with contextlib.suppress(OSError):
        os.unlink(path)


def discard_empty(path: Path) -> None:
    """Remove a directory if it is empty."""
    with contextlib.suppress(OSError):
        os.rmdir(path)


def discard_bytecode(compiled: Path, *, of: Path) -> None:
    """Delete the bytecode of a file, which Python will compile again.

    The bytecode states the time and size of its source (PEP 552), which must match.

    Args:
        compiled: the bytecode, in ``__pycache__``.
        of: the source.
    """
    with contextlib.suppress(OSError):
        source = os.stat(of)
        wanted = (0, int(source.st_mtime) & 0xFFFFFFFF, source.st_size & 0xFFFFFFFF)
        if struct.unpack("<3I", compiled.read_bytes()[4:16]) == wanted:
            os.unlink(compiled)
            os.rmdir(compiled.parent)


def size_of(path: Path) -> int:
    """The space that deleting a directory would free, in bytes; files with other links stay."""
    found = (os.lstat(file) for file in _files_below(path))
    return sum(one.st_size for one in found if one.st_nlink == 1)


def _files_below(path: Path) -> Iterator[str]:
    for directory, _, names in os.walk(path):
        yield from (os.path.join(directory, name) for name in names)


def _is_deletable(owned: Owned, target: Path) -> bool:
    """Whether the target exists, and its path leads only through what was proved to be ours."""
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
    """Raise an error if something is mounted in a directory.

    Raises:
        CleanroomError: something is mounted; the message says where.
    """
    mounted = next(mounts_below(target), None)
    if mounted is not None:
        raise CleanroomError(
            f"{mounted!r} is a mount point below {str(target)!r}, which therefore stays.",
            hint="Unmount it, and run nox-cleanroom again to have the rest removed.",
            code=Code.WORKTREE_FAILED,
        )


def mounts_below(path: Path) -> Iterator[str]:
    """The mount points in a directory, and the directory if it is one.

    Linux lists all mount points, including bind mounts of the same file system (proc(5),
    mountinfo). Elsewhere a directory on another device is one.
    """
    if os.path.islink(path):
        return
    real = os.path.realpath(path)
    try:
        lines = Path("/proc/self/mountinfo").read_bytes().splitlines()
    except OSError:
        yield from _other_devices(path)
        return
    for line in lines:
        # Spaces and backslashes in names are octal escapes.
        point = os.fsdecode(line.split(b" ")[4].decode("unicode_escape").encode("latin-1"))
        if point == real or point.startswith(real + os.sep):
            yield point


def _other_devices(path: Path) -> Iterator[str]:
    device = os.lstat(path).st_dev
    for directory, names, _ in os.walk(path):
        for name in names:
            inner = os.path.join(directory, name)
            if os.lstat(inner).st_dev != device:
                yield inner


def _make_mutable(root: Path) -> None:
    """Clear the attributes with which even root cannot delete a file."""
    chattr = shutil.which("chattr")
    if chattr:
        with contextlib.suppress(InterruptedRunError):
            process.run([chattr, "-R", "-f", "-ia", root], cwd="/", env={"PATH": os.defpath})


def _remove(path: Path) -> None:
    """Delete a file, a link or a directory with everything in it, as far as possible."""
    if not os.path.isdir(path) or os.path.islink(path):
        discard(path)
    elif sys.version_info >= (3, 12):
        shutil.rmtree(path, onexc=_unlock_and_retry)
    else:
        shutil.rmtree(path, onerror=_unlock_and_retry)


def _unlock_and_retry(_function: Callable[..., Any], name: str, _error: Any) -> None:
    """Make a directory writable, as otherwise nothing in it can be deleted, and try again."""
    path = Path(name)
    with contextlib.suppress(OSError):
        for locked in (path.parent, path):
            # Do not change files: a hard link elsewhere would have the same mode.
            if not locked.is_symlink() and (locked.is_dir() or sys.platform == "win32"):
                locked.chmod(locked.stat().st_mode | stat.S_IRWXU)
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink()
