"""Writing files atomically, and checking for free space."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from pathlib import Path

#: With less free space, in bytes, not even an error report can be written.
_FULL = 64 * 1024


def is_full(directory: Path) -> bool:
    """Whether a directory's file system is full."""
    with contextlib.suppress(OSError):
        return shutil.disk_usage(directory).free < _FULL
    return False


def write_whole(path: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Write a file atomically: readers see the old content or the new one.

    Args:
        path: the path of the file, in an existing directory.
        content: the new content.
        mode: the permissions, before the user's umask.

    Raises:
        OSError: it cannot be written; no temporary file is left.
    """
    aside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with open(descriptor, "wb") as file:
            file.write(content)
        os.replace(aside, path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
