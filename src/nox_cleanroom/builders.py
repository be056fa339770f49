"""Which Pythons build the distributions of a run: the same ones for all cells.

A wheel that serves every Python is built by the newest one that is here, as releases are, whichever
cell asks: else the verdict would depend on who comes first. Its counterpart from the source
distribution is built by the oldest, so that one comparison shows both what the sdist lacks and what
depends on the Python that builds.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import Literal

from nox_cleanroom.distribution import Wheel
from nox_cleanroom.errors import CleanroomError
from nox_cleanroom.installed_python import InstalledPython
from nox_cleanroom.places.files import write_whole
from nox_cleanroom.variant import Artifact

#: Whom a wheel serves: every Python, those from its builder's on (abi3), or its builder's only.
Audience = Literal["all", "newer", "own"]

#: How long it is remembered which Pythons are here, in seconds.
_REMEMBERED_FOR = 24 * 3600


class Builders:
    """The Pythons that build, for all cells of a run, and what they refused to build.

    Args:
        supported: the Pythons that the project supports, oldest first.
        discover: finds a Python on this machine.
        memory: a directory where it is remembered between runs which ones are here: to start the
            launchers of a version manager takes longer than a build.
        env: the user's variables.
    """

    def __init__(
        self,
        supported: Sequence[str],
        discover: Callable[[str], InstalledPython | None],
        memory: Path,
        env: Mapping[str, str],
    ) -> None:
        self._supported = supported
        self._discover = discover
        self._memory = memory / f"here-{_surroundings(supported, env)}.json"
        self._lock = threading.Lock()
        #: Why a build failed, by the key of what should have come of it.
        self.refusals: dict[str, CleanroomError] = {}

    @property
    def here(self) -> Sequence[InstalledPython]:
        """Those on this machine with which releases may be built, oldest first."""
        with self._lock:
            return self._here

    @cached_property
    def _here(self) -> Sequence[InstalledPython]:
        found = self._remembered()
        if found is None:
            with ThreadPoolExecutor(len(self._supported) or 1) as threads:
                found = [one for one in threads.map(self._discover, self._supported) if one]
            said = [_as_json(one) for one in found]
            with contextlib.suppress(OSError):
                self._memory.parent.mkdir(parents=True, exist_ok=True)
                write_whole(self._memory, json.dumps(said).encode())
        return [one for one in found if one.can_build]

    def _remembered(self) -> list[InstalledPython] | None:
        with contextlib.suppress(OSError, ValueError, TypeError, KeyError, RecursionError):
            if self._memory.stat().st_mtime < time.time() - _REMEMBERED_FOR:
                return None
            said = json.loads(self._memory.read_text(encoding="utf-8"))
            found = [
                InstalledPython(
                    python=one["python"],
                    executable=Path(one["executable"]),
                    version=one["version"],
                )
                for one in said
            ]
            # What has been replaced meanwhile has another version.
            return found if said == [_as_json(one) for one in found] else None
        return None

    def choose(
        self, audience: Audience, artifact: Artifact, own: InstalledPython
    ) -> list[InstalledPython]:
        """The Pythons that may build a wheel for such an audience, the best first.

        Args:
            audience: whom the wheel will serve.
            artifact: whether it is built from the tree or from a source distribution.
            own: the Python of the cell that asks.
        """
        here = list(self.here)
        if audience == "own" or not here:
            return [own]
        if audience == "newer":
            return _distinct([here[0], own])
        return _distinct([here[-1], own] if artifact == "wheel" else [*here, own])


def audience_of(wheel: Wheel) -> Audience:
    """Whom a wheel serves, by the tags in its name."""
    tags = [tag.split("-", 2) for tag in wheel.tags]
    if any(interpreter in {"py3", "py2"} and abi == "none" for interpreter, abi, _ in tags):
        return "all"
    return "newer" if any(abi == "abi3" for _, abi, _ in tags) else "own"


def _as_json(python: InstalledPython) -> dict[str, str]:
    return {
        "python": python.python,
        "executable": str(python.executable),
        "version": python.version,
        "identity": repr(python.identity),
    }


def _distinct(pythons: Sequence[InstalledPython]) -> list[InstalledPython]:
    return list({one.python: one for one in pythons}.values())


def _surroundings(supported: Sequence[str], env: Mapping[str, str]) -> str:
    """A name for all that decides which Pythons are found, as far as it can be told at a glance."""
    path = env.get("PATH", os.defpath)
    root = Path(env.get("PYENV_ROOT") or "~/.pyenv").expanduser()
    places = [*map(Path, path.split(os.pathsep)), root / "version", root / "versions"]
    chosen = {name: env.get(name) for name in ("PYENV_VERSION", "ASDF_PYTHON_VERSION", "UV_PYTHON")}
    said = repr((tuple(supported), path, chosen, [_time_of(place) for place in places]))
    return hashlib.sha256(said.encode("utf-8", "surrogateescape")).hexdigest()[:16]


def _time_of(path: Path) -> int:
    with contextlib.suppress(OSError, ValueError):
        return path.stat().st_mtime_ns
    return 0
