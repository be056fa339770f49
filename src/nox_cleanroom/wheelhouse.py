"""Wheels by commit on disk, shared by sessions and processes: look, lock, look again, build."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

from filelock import FileLock

from nox_cleanroom import process
from nox_cleanroom.distribution import Wheel
from nox_cleanroom.places import deletion
from nox_cleanroom.places.ownership import Owned

_RECORD = "record.json"

#: How many commits' wheels are kept, and for how long: build requirements move on.
_KEPT_KEYS = 12
_KEPT_FOR = timedelta(days=7)


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """Where a wheel comes from."""

    #: The interpreter that it was built with.
    built_with: str
    #: When, in ISO 8601 with a time zone.
    built_at: str
    #: The user's variables that shaped it.
    variables: dict[str, str]
    #: The run's own directory, which the build was in.
    built_in: str
    #: Whether this run built it.
    built_now: bool = False


@dataclass(frozen=True, kw_only=True)
class StoredWheel:
    """A wheel in the wheelhouse and where it comes from."""

    wheel: Wheel
    provenance: Provenance


def wheelhouse_key(*parts: object) -> str:
    """The name for everything that a build can see: equal parts, equal wheel."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()[:20]


@dataclass(frozen=True, kw_only=True)
class Wheelhouse:
    """The wheels of a project."""

    #: What is kept of the project.
    home: Owned
    #: Wheels built before this moment do not count; None when any will do.
    not_before: datetime | None = None

    @property
    def root(self) -> Path:
        """The directory of the wheels."""
        return self.home.path / "wheels"

    def find(self, key: str, serves: Callable[[Wheel], bool]) -> StoredWheel | None:
        """The newest wheel under `key` that serves; None when there is none."""
        for stored in sorted(
            self._stored(self.root / key), key=lambda one: one.provenance.built_at, reverse=True
        ):
            if self._is_recent(stored) and serves(stored.wheel):
                with contextlib.suppress(OSError):
                    os.utime(self.root / key)
                return stored
        return None

    def get(
        self,
        key: str,
        serves: Callable[[Wheel], bool],
        build: Callable[[], tuple[Wheel, Provenance]],
        *,
        kind: str,
    ) -> StoredWheel:
        """A wheel under `key` that serves, built when there is none; once, whoever comes first.

        The first one may serve everybody. When it does not, each kind of interpreter gets its own,
        built side by side.

        Args:
            key: see `wheelhouse_key`.
            serves: whether a wheel will do.
            build: makes a wheel somewhere else.
            kind: a name for the interpreters of which one wheel serves all, such as ``cp311``.
        """
        shelf = self.root / key
        shelf.mkdir(parents=True, exist_ok=True)
        with self._lock(key):
            found = self.find(key, serves)
            if found is None and self.find(key, lambda _: True) is None:
                found = self._store(shelf, *build())
        if found is None:
            with self._lock(f"{key}-{kind}"):
                found = self.find(key, serves) or self._store(shelf, *build())
        self._prune(keep=key)
        return found

    def _lock(self, name: str) -> contextlib.AbstractContextManager[None]:
        return process.holding(FileLock(self.root / f"{name}.lock"))

    def _is_recent(self, stored: StoredWheel) -> bool:
        built_at = datetime.fromisoformat(stored.provenance.built_at)
        oldest = datetime.now(timezone.utc) - _KEPT_FOR
        return built_at >= max(oldest, self.not_before or oldest)

    def _stored(self, shelf: Path) -> Iterator[StoredWheel]:
        for record in shelf.glob(f"*/{_RECORD}"):
            # What begins with a dot is only half there, and `glob` finds it, too.
            if record.parent.name.startswith("."):
                continue
            # Another process may be pruning it this moment.
            with contextlib.suppress(OSError, ValueError, TypeError):
                provenance = Provenance(**json.loads(record.read_text(encoding="utf-8")))
                for path in record.parent.glob("*.whl"):
                    yield StoredWheel(wheel=Wheel(path), provenance=provenance)

    def _store(self, shelf: Path, wheel: Wheel, provenance: Provenance) -> StoredWheel:
        aside = shelf / f".{secrets.token_hex(8)}"
        aside.mkdir()
        shutil.copyfile(wheel.path, aside / wheel.path.name)
        (aside / _RECORD).write_text(json.dumps(asdict(provenance)), encoding="utf-8")
        final = shelf / f"{wheel.sha256[:16]}-{secrets.token_hex(4)}"
        aside.rename(final)
        return StoredWheel(
            wheel=Wheel(final / wheel.path.name), provenance=replace(provenance, built_now=True)
        )

    def _prune(self, keep: str) -> None:
        """Remove the shelves that were used least recently; never one that may be in use."""
        with contextlib.suppress(OSError):
            shelves = sorted(
                (path for path in self.root.iterdir() if path.is_dir() and path.name != keep),
                key=lambda path: path.stat().st_mtime,
                reverse=True,
            )
            hour_ago = time.time() - 3600
            for shelf in shelves[_KEPT_KEYS:]:
                if shelf.stat().st_mtime < hour_ago:
                    deletion.tidy(self.home, shelf)
