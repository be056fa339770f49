"""Files that are written whole: a reader sees the old one or the new one, never half of it.

And whether there is room for files.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from pathlib import Path

#: Where less than this is free, in bytes, nobody can say why nothing works: that needs room, too.
_FULL = 64 * 1024


def is_full(directory: Path) -> bool:
    """Whether there is next to no room on a directory's disk."""
    with contextlib.suppress(OSError):
        return shutil.disk_usage(directory).free < _FULL
    return False


def write_whole(path: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Write a file in one go.

    Args:
        path: where; its directory exists.
        content: what.
        mode: who may read it; before the user's umask.

    Raises:
        OSError: it cannot be written; nothing is left of the attempt.
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
