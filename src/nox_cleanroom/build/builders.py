"""Which Pythons build the distributions of a run: the same ones for all cells.

The newest Python on this machine builds a wheel that serves every Python, as it does for releases.
This holds for every cell, or the verdict would depend on which cell asks first. The oldest Python
builds the counterpart from the source distribution. One comparison then shows what the sdist lacks
and what depends on the Python that builds.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain, islice
from pathlib import Path
from typing import Literal

from nox_cleanroom.config.axes import Artifact
from nox_cleanroom.environments.interpreter import InstalledPython
from nox_cleanroom.errors import CleanroomError
from nox_cleanroom.places.files import write_whole
from nox_cleanroom.wheel import parse_filename

#: The Pythons that a wheel serves: all, its builder's and newer ones (abi3), or its builder's only.
Audience = Literal["all", "newer", "own"]

#: Where version managers keep Pythons: the variable that names their directory, its default, and
#: the place inside that holds the Pythons or says which one is active.
_MANAGERS = (
    ("PYENV_ROOT", "~/.pyenv", "version"),
    ("PYENV_ROOT", "~/.pyenv", "versions"),
    ("UV_PYTHON_INSTALL_DIR", "~/.local/share/uv/python", ""),
    ("MISE_DATA_DIR", "~/.local/share/mise", "installs/python"),
    ("ASDF_DATA_DIR", "~/.asdf", "installs/python"),
)

#: How long the Pythons found on this machine are remembered, in seconds.
_REMEMBERED_FOR = 24 * 3600


class Builders:
    """The Pythons that build, for all cells of a run, and what they refused to build.

    Args:
        supported: the Pythons that the project supports, oldest first.
        discover: finds a Python on this machine.
        memory: a directory that remembers the Pythons on this machine between runs, because
            starting the launchers of a version manager takes longer than a build.
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
        self._memory = memory / f"here-{_surroundings(env)}.json"
        self._lock = threading.Lock()
        self._found: dict[str, InstalledPython | None] = {}
        #: Why a build failed, by the key of the wheel that it should have made.
        self.refusals: dict[str, CleanroomError] = {}

    def find(self, python: str) -> InstalledPython | None:
        """The Python on this machine; None when there is none.

        Args:
            python: such as ``3.11``.
        """
        with self._lock:
            if python not in self._found:
                self._found[python] = self._look_for(python)
            return self._found[python]

    def _look_for(self, python: str) -> InstalledPython | None:
        with contextlib.suppress(TypeError, KeyError):
            said = self._remembered[python]
            found = _from_json(python, said)
            # A Python that was replaced meanwhile has another identity.
            if _as_json(found) == said:
                return found
        found = self._discover(python)
        self._remembered[python] = _as_json(found)
        with contextlib.suppress(OSError):
            self._memory.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self._memory, json.dumps(self._remembered).encode())
        return found

    @cached_property
    def _remembered(self) -> dict[str, dict[str, str] | None]:
        with contextlib.suppress(OSError, ValueError, RecursionError):
            if self._memory.stat().st_mtime >= time.time() - _REMEMBERED_FOR:
                said = json.loads(self._memory.read_text(encoding="utf-8"))
                return said if isinstance(said, dict) else {}
        return {}

    def choose(
        self, audience: Audience, artifact: Artifact, own: InstalledPython
    ) -> Iterator[InstalledPython]:
        """The Pythons that may build a wheel for such an audience, the best first.

        Args:
            audience: the Pythons that the wheel will serve.
            artifact: whether it is built from the tree or from a source distribution.
            own: the Python of the cell that asks, which is always included.
        """
        seen = set()
        for one in self._in_order(audience, artifact, own):
            if one.python not in seen:
                seen.add(one.python)
                yield own if one.python == own.python else one

    def _in_order(
        self, audience: Audience, artifact: Artifact, own: InstalledPython
    ) -> Iterator[InstalledPython]:
        newest = islice(self._here(reversed(self._supported)), 1)
        if audience == "newer":
            return chain(islice(self._here(self._supported), 1), [own])
        if artifact == "sdist":
            return chain([] if audience == "own" else self._here(self._supported), [own])
        # The audience may be a guess, and only a Python that builds the wheel can confirm it.
        return chain([own], newest) if audience == "own" else chain(newest, [own])

    def _here(self, pythons: Iterable[str]) -> Iterator[InstalledPython]:
        """The Pythons on this machine that may build releases."""
        found = (self.find(python) for python in pythons)
        return (one for one in found if one is not None and one.can_build)


def audience_of(filename: str) -> Audience:
    """The Pythons that a wheel serves, by the tags in the name of its file.

    Raises:
        BuildError: it is not the name of a wheel.
    """
    tags = [str(tag).split("-", 2) for tag in parse_filename(filename)[3]]
    if any(interpreter in {"py3", "py2"} and abi == "none" for interpreter, abi, _ in tags):
        return "all"
    return "newer" if any(abi == "abi3" for _, abi, _ in tags) else "own"


def _as_json(python: InstalledPython | None) -> dict[str, str] | None:
    if python is None:
        return None
    return {
        "executable": str(python.executable),
        "version": python.version,
        "identity": repr(python.identity),
    }


def _from_json(python: str, said: Mapping[str, str] | None) -> InstalledPython | None:
    if said is None:
        return None
    return InstalledPython(
        python=python, executable=Path(said["executable"]), version=said["version"]
    )


def _surroundings(env: Mapping[str, str]) -> str:
    """A digest of what decides which Pythons are found, as far as a quick look can tell."""
    path = env.get("PATH", os.defpath)
    managed = [
        os.path.join(os.path.expanduser(env.get(name) or usual), inside)
        for name, usual, inside in _MANAGERS
    ]
    places = [*path.split(os.pathsep), *managed]
    chosen = {name: env.get(name) for name in ("PYENV_VERSION", "ASDF_PYTHON_VERSION", "UV_PYTHON")}
    said = repr((path, chosen, [_time_of(place) for place in places]))
    return hashlib.sha256(said.encode("utf-8", "surrogateescape")).hexdigest()[:16]


def _time_of(path: str) -> int:
    with contextlib.suppress(OSError, ValueError):
        return os.stat(path).st_mtime_ns
    return 0
