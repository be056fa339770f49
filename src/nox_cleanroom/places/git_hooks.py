"""The files of git's hooks: ours are written and removed, and those of others are kept.

A hook of somebody else gets another name while ours is installed, and runs before ours.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

from nox_cleanroom.errors import CleanroomError, Code
from nox_cleanroom.places.files import write_whole

#: The line that marks a hook of ours.
_MARK = "# nox-cleanroom wrote this hook; `nox-cleanroom hook uninstall` removes it."

#: What is appended to the name of a hook that was there before.
_KEPT = ".before-nox-cleanroom"


def is_ours(hook: Path) -> bool:
    """Whether a hook is one that we have written."""
    with contextlib.suppress(OSError, UnicodeDecodeError):
        return _MARK in hook.read_text(encoding="utf-8").splitlines()
    return False


def kept(hook: Path) -> Path:
    """The path of the hook that was there before ours; it may not exist."""
    return hook.with_name(hook.name + _KEPT)


def write(hook: Path, command: str) -> None:
    """Write a hook of ours; one of somebody else is kept beside it.

    Args:
        hook: its path, in the directory of hooks.
        command: what the shell is to run.

    Raises:
        CleanroomError: two hooks of others are there.
    """
    hook.parent.mkdir(parents=True, exist_ok=True)
    if hook.exists() and not is_ours(hook):
        if kept(hook).exists():
            raise CleanroomError(
                f"There is a hook {str(hook)!r}, and another one beside it, {kept(hook).name!r}.",
                hint="Remove one of the two.",
                code=Code.NOT_WRITABLE,
            )
        hook.rename(kept(hook))
    write_whole(hook, f"#!/bin/sh\n{_MARK}\n{command}\n".encode(), mode=0o777)


def remove(hook: Path) -> bool:
    """Remove a hook if it is ours, and put back what was there before; whether it was ours."""
    if not is_ours(hook):
        return False
    hook.unlink()
    if kept(hook).exists():
        kept(hook).rename(hook)
    return True
