"""Clearing everything that is ours, and only that, on request."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from nox_cleanroom.places import deletion
from nox_cleanroom.places.environment_directories import environments_directories
from nox_cleanroom.places.layout import KEYS, LOCKS, sections
from nox_cleanroom.places.ownership import Owned
from nox_cleanroom.places.projects import delete_unused_project, projects
from nox_cleanroom.places.stores import stores
from nox_cleanroom.places.workspace import workspaces


@dataclass(frozen=True, kw_only=True)
class Cleared:
    """What was cleared, and what was not."""

    #: The deleted directories.
    removed: tuple[Path, ...]
    #: Directories that a run is using, or in which something is mounted.
    used: tuple[Path, ...]
    #: Workspaces that were kept on request, and may contain somebody's work.
    kept: tuple[Path, ...]
    #: The freed space, in bytes.
    freed: int


def clear() -> Cleared:
    """Delete everything that is ours and that no run is using, except what was kept on request."""
    found = list(workspaces())
    kept = [one for one in found if one.about.get("keep")]
    removed: list[Path] = []
    used: list[Path] = []
    freed = 0
    for owned, act in _to_delete([one for one in found if one not in kept]):
        size = deletion.size_of(owned.path)
        if act(owned):
            removed.append(owned.path)
            freed += size
        else:
            used.append(owned.path)
    _discard_files()
    return Cleared(
        removed=tuple(removed),
        used=tuple(used),
        kept=tuple(one.path for one in kept),
        freed=freed,
    )


def _to_delete(runs: Iterable[Owned]) -> Iterator[tuple[Owned, Callable[[Owned], bool]]]:
    yield from ((one, delete_unused_project) for one in projects())
    # Runs may be using these, but compile again what is gone.
    yield from ((one, deletion.tidy_contents) for one in stores())
    yield from ((one, deletion.delete_unused) for one in (*environments_directories(), *runs))


def _discard_files() -> None:
    """Delete the key of digests, and the locks of repositories that nobody holds."""
    for section in sections(KEYS):
        deletion.discard(section / "digest")
    for section in sections(LOCKS):
        for path in section.glob("*.lock"):
            with contextlib.suppress(Timeout, OSError, NotImplementedError):
                lock = FileLock(path)
                lock.acquire(blocking=False)
                deletion.discard(path)
                lock.release()
