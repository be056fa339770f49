"""The Pythons on this machine, wherever people install them, remembered between runs."""

from __future__ import annotations

import contextlib
import hashlib
import json
import threading
import time
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from nox_cleanroom.environments.interpreter import InstalledPython
from nox_cleanroom.environments.python_search import search_path, search_state
from nox_cleanroom.places.files import write_whole
from nox_cleanroom.places.projects import kept_directory

if TYPE_CHECKING:
    from python_discovery import PythonInfo

#: How long the Pythons that were found are remembered, in seconds.
_REMEMBERED_FOR = 24 * 3600

#: Finds a Python by its name in the directories of a `PATH`.
Search = Callable[[str, str], InstalledPython | None]


class InstalledPythons:
    """Finds the Pythons on this machine: for every session of a project the same ones.

    A Python that was found is remembered for a day, with the identity of its interpreter, because
    starting interpreters to ask for their versions takes longer than a build.

    Args:
        project: the project's directory.
        env: the user's variables.
        memory: the directory that remembers them between runs.
        search: finds a Python; replaced in tests.
    """

    def __init__(
        self,
        project: Path,
        env: Mapping[str, str],
        memory: Path,
        search: Search | None = None,
    ) -> None:
        self._project = project
        self._env = env
        state = repr(search_state(project, env)).encode("utf-8", "surrogateescape")
        self._memory = memory / f"here-{hashlib.sha256(state).hexdigest()[:16]}.json"
        self._search = search or self._discover
        self._lock = threading.Lock()
        self._found: dict[str, InstalledPython | None] = {}

    @classmethod
    def of(cls, project: Path, env: Mapping[str, str]) -> InstalledPythons:
        """The Pythons that all sessions of a project find.

        Raises:
            CleanroomError: no directory can be written to.
        """
        return cls(project, env, kept_directory(project, "interpreters"))

    def find(self, python: str) -> InstalledPython | None:
        """The Python on this machine; None when there is none.

        Args:
            python: such as ``3.11``, ``3.13t`` or ``pypy3.10``.
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
        found = self._search(python, search_path(python, project=self._project, env=self._env))
        self._remembered[python] = _as_json(found)
        with contextlib.suppress(OSError):
            # Only in a directory of the project that a run has made and owns.
            self._memory.parent.mkdir(exist_ok=True)
            write_whole(self._memory, json.dumps(self._remembered).encode())
        return found

    @cached_property
    def _remembered(self) -> dict[str, dict[str, str] | None]:
        with contextlib.suppress(OSError, ValueError, RecursionError):
            if self._memory.stat().st_mtime >= time.time() - _REMEMBERED_FOR:
                said = json.loads(self._memory.read_text(encoding="utf-8"))
                return said if isinstance(said, dict) else {}
        return {}

    def _discover(self, python: str, path: str) -> InstalledPython | None:
        from python_discovery import get_interpreter  # noqa: PLC0415 - only the first run of a day

        env = {**self._env, "PATH": path}
        found = get_interpreter(python, env=env, predicate=lambda one: _is_meant(one, python))
        # The interpreter behind a virtual environment, which may be gone tomorrow.
        executable = found and (found.system_executable or found.executable)
        if found is None or not executable:
            return None
        about = found.version_info
        stage = {"alpha": "a", "beta": "b", "candidate": "rc"}.get(about.releaselevel, "")
        version = f"{about.major}.{about.minor}.{about.micro}"
        return InstalledPython(
            python=python,
            executable=Path(executable),
            version=f"{version}{stage}{about.serial}" if stage else version,
        )


def _is_meant(found: PythonInfo, python: str) -> bool:
    """Whether an interpreter is what a name means: ``3.13`` is neither PyPy nor free-threaded."""
    if python[:1].isalpha():
        return True
    is_free_threaded = bool(getattr(found, "free_threaded", False))
    return found.implementation == "CPython" and is_free_threaded == python.endswith("t")


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
