"""Clearing everything that is ours, and only that, on request."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import field
from pathlib import Path

from filelock import FileLock, Timeout

from nox_cleanroom.places import deletion, layout
from nox_cleanroom.places.ownership import Owned
from nox_cleanroom.places.projects import delete_unused_project
from nox_cleanroom.records import dataclass


@dataclass(kw_only=True)
class Cleared:
    """What was cleared, and what was not."""

    #: The deleted directories.
    removed: list[Path] = field(default_factory=list)
    #: Directories that a run is using, or in which something is mounted.
    used: list[Path] = field(default_factory=list)
    #: Workspaces that were kept on request, and may contain somebody's work.
    kept: list[Path] = field(default_factory=list)
    #: The freed space, in bytes.
    freed: int = 0


def clear() -> Cleared:
    """Delete everything that is ours and that no run is using, except what was kept on request."""
    cleared = Cleared()
    for owned, act in _to_delete():
        size = deletion.size_of(owned.path)
        if owned.about.get("keep"):
            cleared.kept.append(owned.path)
        elif act(owned):
            cleared.removed.append(owned.path)
            cleared.freed += size
        else:
            cleared.used.append(owned.path)
    _discard_files()
    return cleared


def _to_delete() -> Iterator[tuple[Owned, Callable[[Owned], bool]]]:
    for owned in layout.owned_in(layout.PROJECTS):
        yield owned, delete_unused_project
    for owned in layout.owned_in(layout.STORES):
        # Runs may be using it, but compile again what is gone.
        yield owned, deletion.tidy_contents
    for section in (layout.ENVIRONMENTS, layout.RUNS):
        yield from ((owned, deletion.delete_unused) for owned in layout.owned_in(section))


def _discard_files() -> None:
    """Delete the key of digests, and the locks of repositories that nobody holds."""
    for section in layout.sections(layout.KEYS):
        deletion.discard(section / "digest")
    for section in layout.sections(layout.LOCKS):
        for path in section.glob("*.lock"):
            with contextlib.suppress(Timeout, OSError, NotImplementedError):
                lock = FileLock(path)
                lock.acquire(blocking=False)
                deletion.discard(path)
                lock.release()
