"""Wheels on disk, shared by sessions and processes: look, lock, look again, build.

A wheel is kept under a key that covers everything known to affect it (see `wheel_key`). No key
covers what an index offers, so a wheel is reused for one day only. Each cell gets a copy, and its
digest is compared with that of the wheel that was built.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, field, replace
from datetime import datetime, timedelta, timezone
from functools import partial
from pathlib import Path

from filelock import FileLock

from nox_cleanroom.build.archive import read_wheel
from nox_cleanroom.config.axes import Artifact
from nox_cleanroom.once import Once
from nox_cleanroom.places import deletion
from nox_cleanroom.places.ownership import Owned
from nox_cleanroom.processes import supervision
from nox_cleanroom.records import dataclass
from nox_cleanroom.results import WheelRecord
from nox_cleanroom.wheels import Wheel

_RECORD = "record.json"

#: How long a wheel is reused, because new versions of build requirements appear.
_KEPT_FOR = timedelta(days=1)
#: How many keys are kept; a project with a C extension has one for each interpreter.
_KEPT_KEYS = 40


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """Where a wheel comes from."""

    #: The Python that it was built with, such as ``3.11``, and its version in full.
    python: str
    built_with: str
    #: When, in ISO 8601 with a time zone.
    built_at: str
    #: The versions that were installed for the build, by name.
    requirements: Mapping[str, str]
    #: The user's variables that affected the build.
    variables: Mapping[str, str]
    #: The run's own directory, in which the build ran.
    built_in: str
    #: Tracked files that the build changed; only looked for when its version says so.
    changed: Sequence[str] = ()
    #: The sha256 of the file, in hexadecimal; set by the wheelhouse.
    sha256: str = ""
    #: Whether it was built from the tree or from a source distribution.
    artifact: Artifact = "wheel"
    #: Whether this run built it.
    built_now: bool = False


@dataclass(frozen=True, kw_only=True)
class StoredWheel:
    """The copy of a wheel for one cell, and where it comes from."""

    wheel: Wheel
    #: The copy's file.
    path: Path
    provenance: Provenance
    #: A further note on the Python that built it.
    remarks: tuple[str, ...] = ()

    @property
    def record(self) -> WheelRecord:
        """The part of it that evidence keeps."""
        wheel, provenance = self.wheel, self.provenance
        return WheelRecord(
            name=wheel.name,
            version=wheel.version,
            file=wheel.filename,
            sha256=wheel.sha256,
            built_now=provenance.built_now,
            built_at=provenance.built_at,
            built_with=provenance.built_with,
            requires_python=wheel.metadata.get("requires_python", ""),
            variables=dict(provenance.variables),
            remarks=self.remarks,
        )


@dataclass(frozen=True, kw_only=True)
class Wheelhouse:
    """The wheels of a project."""

    #: The directory that keeps the project's data between runs.
    home: Owned
    #: The name of the wheels' directory in it.
    name: str = "wheels"
    #: Older wheels are not reused; None to accept wheels of any age.
    not_before: datetime | None = None
    #: The wheels that were already read, by digest.
    _read: Once = field(default_factory=Once, compare=False, repr=False)

    @property
    def root(self) -> Path:
        """The directory of the wheels."""
        return self.home.path / self.name

    def find(self, key: str, into: Path) -> StoredWheel | None:
        """A copy of the newest wheel under a key; None when there is none.

        Args:
            key: see `BuildInputs.key`.
            into: an empty directory for the copy.
        """
        for stored, provenance in self._newest_first(self.root / key):
            if not self._is_recent(provenance):
                return None
            # Another process may be pruning it this moment.
            with contextlib.suppress(OSError):
                copy = Path(shutil.copyfile(stored, into / stored.name))
                if _digest(copy) == provenance.sha256:
                    os.utime(self.root / key)
                    return self._taken(copy, provenance)
        return None

    def _taken(self, path: Path, provenance: Provenance) -> StoredWheel:
        wheel = self._read.get(provenance.sha256, partial(read_wheel, path))
        return StoredWheel(wheel=wheel, path=path, provenance=provenance)

    def get(
        self, key: str, into: Path, build: Callable[[], tuple[Path, Provenance]]
    ) -> StoredWheel:
        """A copy of a wheel under a key; the first process that needs it builds it.

        Args:
            key: see `BuildInputs.key`.
            into: an empty directory for the copy.
            build: builds the wheel in another place.
        """
        shelf = self.root / key
        shelf.mkdir(parents=True, exist_ok=True)
        with supervision.holding(FileLock(self.root / f"{key}.lock")):
            found = self.find(key, into) or self._store(shelf, into, *build())
        self._prune(keep=key)
        return found

    def latest(self) -> str:
        """The name of the newest wheel that was built from the tree; empty when there is none."""
        with contextlib.suppress(OSError):
            shelves = (path for path in self.root.iterdir() if path.is_dir())
            for shelf in sorted(shelves, key=lambda path: path.stat().st_mtime, reverse=True):
                for path, provenance in self._newest_first(shelf):
                    if provenance.artifact == "wheel":
                        return path.name
        return ""

    def _is_recent(self, provenance: Provenance) -> bool:
        built_at = datetime.fromisoformat(provenance.built_at)
        oldest = datetime.now(timezone.utc) - _KEPT_FOR
        return built_at >= max(oldest, self.not_before or oldest)

    def _newest_first(self, shelf: Path) -> list[tuple[Path, Provenance]]:
        return sorted(self._stored(shelf), key=lambda one: one[1].built_at, reverse=True)

    def _stored(self, shelf: Path) -> Iterator[tuple[Path, Provenance]]:
        for record in shelf.glob(f"*/{_RECORD}"):
            # Names with a leading dot are unfinished entries, and `glob` finds them, too.
            if record.parent.name.startswith("."):
                continue
            # The entry was just pruned, is damaged, or was written by another release of this tool.
            with contextlib.suppress(OSError, ValueError, TypeError, RecursionError):
                provenance = Provenance(**json.loads(record.read_text(encoding="utf-8")))
                datetime.fromisoformat(provenance.built_at)
                for path in record.parent.glob("*.whl"):
                    yield path, provenance

    def _store(self, shelf: Path, into: Path, path: Path, provenance: Provenance) -> StoredWheel:
        provenance = replace(provenance, sha256=_digest(path))
        # What is no wheel is not kept: its name alone would puzzle later runs.
        self._read.get(provenance.sha256, partial(read_wheel, path))
        aside = shelf / f".{secrets.token_hex(8)}"
        aside.mkdir()
        shutil.copyfile(path, aside / path.name)
        (aside / _RECORD).write_text(json.dumps(asdict(provenance)), encoding="utf-8")
        aside.rename(shelf / f"{provenance.sha256[:16]}-{secrets.token_hex(4)}")
        copy = Path(shutil.copyfile(path, into / path.name))
        return self._taken(copy, replace(provenance, built_now=True))

    def _prune(self, keep: str) -> None:
        """Remove wheels that newer ones have replaced, and keys that were not used for long."""
        for stored, _ in self._newest_first(self.root / keep)[1:]:
            deletion.tidy(self.home, stored.parent)
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


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
