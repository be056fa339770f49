"""What reading modules said, kept between runs.

Reading runs no code, so its answers depend only on the interpreter, on our programs, and on what is
installed. All of that is in the key: the bytes of the wheel, which were just verified in the
environment, the names of all files there, and the digests that the RECORDs of the other
distributions state. A run that reuses a wheel saves a tenth (packaging) to a third (rich) of its
time.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from nox_cleanroom.environments.environment import INSIDE
from nox_cleanroom.environments.interpreter_facts import interpreter_behind
from nox_cleanroom.once import Once
from nox_cleanroom.places import deletion
from nox_cleanroom.places.files import write_whole
from nox_cleanroom.places.ownership import Owned
from nox_cleanroom.probes.installation import Installation
from nox_cleanroom.records import dataclass

T = TypeVar("T")

#: How many readings are kept: those of some commits, for each interpreter and artefact.
_KEPT = 40

#: What reading said about each file of a wheel, by its name in the archive.
Reading = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Readings:
    """The readings of a project."""

    #: The directory that keeps the project's data between runs.
    home: Owned
    #: What cells with an equal reading share: most interpreters say the same.
    once: Once

    def find(self, key: str, make: Callable[[Reading], T]) -> T | None:
        """What `make` makes of the reading under a key; None when there is none."""
        path = self.home.path / "readings" / key
        with contextlib.suppress(OSError, ValueError, RecursionError, zlib.error):
            packed = path.read_bytes()
            found = self.once.get(packed, lambda: make(json.loads(zlib.decompress(packed))))
            os.utime(path)
            return found
        return None

    def keep(self, key: str, reading: Reading, made: T) -> T:
        """Keep a reading, and delete those that were not used for longest.

        Returns:
            What was made of an equal reading; the first time `made`.
        """
        packed = zlib.compress(json.dumps(reading).encode(), 1)
        directory = self.home.path / "readings"
        with contextlib.suppress(OSError):
            directory.mkdir(exist_ok=True)
            write_whole(directory / key, packed)
            newest = sorted(directory.iterdir(), key=lambda one: one.stat().st_mtime, reverse=True)
            for path in newest[_KEPT:]:
                deletion.tidy(self.home, path)
        return self.once.get(packed, lambda: made)


def key_of(installation: Installation, wanted: Iterable[str]) -> str:
    """The digest of everything that reading depends on; empty when it is not known.

    Args:
        installation: the environment with the wheel, before code of the package has run there.
        wanted: the names that reading looks for in texts.
    """
    interpreter = interpreter_behind(installation.environment)
    if interpreter is None:
        return ""
    digest = hashlib.sha256()
    programs = (path.read_bytes() for path in sorted(INSIDE.iterdir()) if path.is_file())
    known = (repr(interpreter), installation.wheel.sha256, *sorted(wanted))
    for part in (*programs, *map(_encoded, known), *_installed(installation.environment.location)):
        digest.update(b"%d:%b" % (len(part), part))
    return digest.hexdigest()[:40]


def _installed(location: Path) -> Iterator[bytes]:
    """The names of all files in an environment, and the stated digests of their contents."""
    for directory, names, files in os.walk(location):
        names[:] = sorted(name for name in names if name != "__pycache__")
        yield _encoded(os.path.relpath(directory, location))
        yield _encoded("\0".join(sorted(files)))
        if directory.endswith(".dist-info") and "RECORD" in files:
            yield from _stated(Path(directory, "RECORD").read_bytes())


def _stated(record: bytes) -> Iterator[bytes]:
    """The lines of a RECORD about modules and data.

    Those about scripts and metadata name the environment, or the file that was installed.
    """
    for line in sorted(record.splitlines()):
        if not line.startswith(b"../") and b".dist-info/" not in line:
            yield line


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
