"""Clearing all that is ours: on request, and only that."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from nox_cleanroom.places import deletion
from nox_cleanroom.places.environments import rooms
from nox_cleanroom.places.layout import KEYS, LOCKS, sections
from nox_cleanroom.places.ownership import Owned
from nox_cleanroom.places.projects import delete_unused_project, projects
from nox_cleanroom.places.stores import stores
from nox_cleanroom.places.workspace import workspaces


@dataclass(frozen=True, kw_only=True)
class Cleared:
    """What clearing came to."""

    #: The directories that are gone.
    removed: tuple[Path, ...]
    #: Those that a run is using, or in which something is mounted.
    used: tuple[Path, ...]
    #: Workspaces that were kept on request, and may hold somebody's work by now.
    kept: tuple[Path, ...]
    #: How much space that freed, in bytes.
    freed: int


def clear() -> Cleared:
    """Delete all that is ours but what a run is using, and what was kept on request."""
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
    # Nobody notices: what is gone is compiled again.
    yield from ((one, deletion.tidy_contents) for one in stores())
    yield from ((one, deletion.delete_unused) for one in (*rooms(), *runs))


def _discard_files() -> None:
    """Discard the key of digests, and the repositories' locks that no one is holding."""
    for section in sections(KEYS):
        deletion.discard(section / "digest")
    for section in sections(LOCKS):
        for path in section.glob("*.lock"):
            with contextlib.suppress(Timeout, OSError, NotImplementedError):
                lock = FileLock(path)
                lock.acquire(blocking=False)
                deletion.discard(path)
                lock.release()
