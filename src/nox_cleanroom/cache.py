"""The user's cache: environment directories by project, for runs without a noxfile."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import platformdirs
from filelock import FileLock, Timeout

from nox_cleanroom.workspace import remove_tree

#: How many projects' environments are kept.
_KEPT = 20


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where one run keeps its environments and its wheels."""

    #: For nox's environments; nobody else uses it meanwhile.
    environments: Path
    #: For what the run's sessions say of themselves; empty when the run begins.
    words: Path
    #: For wheels and evidence, shared by all runs on the project.
    state: Path


def root() -> Path:
    """The cache's directory."""
    return platformdirs.user_cache_path("nox-cleanroom") / "projects"


@contextlib.contextmanager
def reserve(project: Path) -> Iterator[Place]:
    """A place for a run on a project; a second run at the same time gets one of its own."""
    home = root() / _name(project)
    for number in count(1):
        environments = home / f"run-{number}"
        environments.mkdir(parents=True, exist_ok=True)
        lock = FileLock(home / f"run-{number}.lock")
        try:
            lock.acquire(blocking=False)
        except Timeout:
            continue
        try:
            _prune(keep=home)
            words = home / f"run-{number}.words"
            remove_tree(words)
            words.mkdir()
            yield Place(environments=environments, words=words, state=home / "state")
        finally:
            lock.release()
        return


def _name(project: Path) -> str:
    digest = hashlib.sha256(os.fsencode(project)).hexdigest()[:12]
    return f"{re.sub('[^A-Za-z0-9._-]', '-', project.name)}-{digest}"


def _prune(keep: Path) -> None:
    """Remove what was used least recently, beyond what is kept."""
    os.utime(keep)
    homes = sorted(_homes(), key=lambda home: home.stat().st_mtime, reverse=True)
    for home in homes[_KEPT:]:
        if home != keep:
            _remove(home)


def _homes() -> list[Path]:
    with contextlib.suppress(OSError):
        return [path for path in root().iterdir() if path.is_dir()]
    return []


def clear() -> tuple[list[Path], list[Path]]:
    """Remove everything that no run is using, and the bytecode that is kept for all.

    Returns:
        The projects' directories that were removed, and those that are in use.
    """
    homes = _homes()
    removed = [home for home in homes if _remove(home)]
    bytecode = root().parent / "bytecode"
    if bytecode.exists():
        # Who uses it this moment does without.
        remove_tree(bytecode)
    return removed, [home for home in homes if home not in removed]


def _remove(home: Path) -> bool:
    """Remove a project's directory unless a run is using it."""
    with contextlib.ExitStack() as stack:
        for path in sorted(home.glob("run-*.lock")):
            lock = FileLock(path)
            try:
                lock.acquire(blocking=False)
            except Timeout:
                return False
            stack.callback(lock.release)
        remove_tree(home)
    return True
