"""Environments made by nox: the only module outside of `sessions` that knows nox."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from concurrent.futures import Executor, Future
from dataclasses import field
from pathlib import Path
from typing import Literal

import nox.virtualenv
from nox.command import CommandFailed
from nox.virtualenv import InterpreterNotFound, VirtualEnv

from nox_cleanroom.environments.environment import Environment, Facts
from nox_cleanroom.environments.installed_pythons import InstalledPythons
from nox_cleanroom.environments.interpreter_facts import learn_facts
from nox_cleanroom.errors import (
    CleanroomError,
    Code,
    EnvironmentRefusedError,
    InterpreterMissingError,
    PythonUnsupportedError,
)
from nox_cleanroom.places.workspace import EnvironmentsDirectory
from nox_cleanroom.processes import supervision
from nox_cleanroom.records import dataclass
from nox_cleanroom.steps import Steps

#: The tools that make environments to install into, best first.
BACKENDS = ("uv", "virtualenv", "venv")

#: The oldest Python for which today's virtualenv has a pip (https://virtualenv.pypa.io).
_OLDEST_OF_VIRTUALENV = (3, 9)

#: The options that make an environment empty; uv's environments are always empty.
_BARE = {"virtualenv": ("--no-seed",), "venv": ("--without-pip",)}

Download = Literal["auto", "never", "always"]


@dataclass(frozen=True, kw_only=True)
class Environments:
    """Makes a run's fresh environments in the same way as nox does."""

    #: ``uv``, ``virtualenv``, ``venv``, or several with ``|`` between, best first.
    backend: str
    #: Whether nox may download a missing interpreter.
    download: Download
    #: The directory in which environments are made.
    room: EnvironmentsDirectory
    #: The Pythons on this machine.
    pythons: InstalledPythons
    #: The directory that keeps the facts about interpreters between runs.
    known: Path
    #: Environments that are being made ahead, by Python.
    _begun: dict[str, Future[Environment]] = field(default_factory=dict, repr=False)

    def begin(self, pythons: Iterable[str], workers: Executor) -> None:
        """Begin to make an environment for each of some Pythons, which `fresh` returns later."""
        for python in pythons:
            self._begun[python] = workers.submit(self._create, python, "", bare=False)

    def fresh(self, python: str, purpose: str = "") -> Environment:
        """A new environment, into which pip or uv can install.

        Args:
            python: the interpreter, such as ``3.11``.
            purpose: a part of the directory's name, besides the Python.

        Raises:
            InterpreterMissingError: the interpreter is not on this machine.
            CleanroomError: the environment could not be made.
        """
        begun = None if purpose else self._begun.pop(python, None)
        return begun.result() if begun else self._create(python, purpose, bare=False)

    def bare(self, python: str, purpose: str = "") -> Environment:
        """A new environment with nothing in it; see `fresh`."""
        return self._create(python, purpose, bare=True)

    def facts(self, environment: Environment, steps: Steps) -> Facts:
        """The facts about an environment's interpreter; see `learn_facts`."""
        return learn_facts(environment, steps, known=self.known)

    def _create(self, python: str, purpose: str, *, bare: bool) -> Environment:
        supervision.require_running()
        interpreter = self._interpreter(python)
        venv = nox.virtualenv.get_virtualenv(
            *self.backend.split("|"),
            download_python=self.download,
            envdir=str(self.room.directory(f"{python}-{purpose}" if purpose else python)),
            reuse_existing=False,
            interpreter=interpreter,
        )
        if not isinstance(venv, VirtualEnv):
            raise EnvironmentRefusedError(
                f"{self.backend!r} makes no virtual environment.",
                hint=f"Use one of {', '.join(BACKENDS)}, or leave the choice to nox-cleanroom.",
            )
        if os.path.isabs(interpreter):
            # nox would search for what we have found, which takes as long as making it.
            venv._resolved = interpreter  # noqa: SLF001 - pinned by a test
        if bare:
            venv.venv_params = [*_BARE.get(venv.venv_backend, ())]
        try:
            venv.create()
        except InterpreterNotFound:
            raise InterpreterMissingError(python) from None
        except CommandFailed as error:
            self._refuse_old(venv.venv_backend, python)
            raise CleanroomError(
                f"{venv.venv_backend} could not make an environment for Python {python}.",
                output=str(error),
                hint="What it printed is in nox's log above.",
                code=Code.TOOL_MISSING,
            ) from None
        return environment_of(venv)

    def _refuse_old(self, backend: str, python: str) -> None:
        """Explain why virtualenv made no environment, if the interpreter is too old for it."""
        found = self.pythons.find(python)
        if backend == "virtualenv" and found is not None and found.release < _OLDEST_OF_VIRTUALENV:
            raise PythonUnsupportedError(
                f"virtualenv makes no environments for Python {python}.",
                hint="uv does: install `nox-cleanroom[uv]`.",
            )

    def _interpreter(self, python: str) -> str:
        """The interpreter as nox wants it: a path, or a name when nox is to download it."""
        found = None if self.download == "always" else self.pythons.find(python)
        if found is None and self.download == "never":
            raise InterpreterMissingError(python)
        return python if found is None else str(found.executable)


def environment_of(venv: VirtualEnv) -> Environment:
    """The environment that nox has made.

    Raises:
        EnvironmentRefusedError: it sees packages from outside, or has no interpreter.
    """
    location = Path(venv.location)
    refuse_system_packages(location)
    bin_dir = Path(venv.bin_paths[0])
    # Do not resolve the link: its own path makes it the environment's interpreter.
    found = shutil.which("python", path=str(bin_dir))
    if found is None:
        raise EnvironmentRefusedError(f"The environment in {str(location)!r} has no interpreter.")
    return Environment(
        location=location,
        bin_dir=bin_dir,
        python=Path(found),
        backend=venv.venv_backend,
        uv=shutil.which(nox.virtualenv.UV) if venv.venv_backend == "uv" else None,
    )


def refuse_system_packages(location: Path) -> None:
    """Refuse an environment that sees packages from outside.

    If ``pyvenv.cfg`` is missing, another run is just making the environment again
    (https://docs.python.org/3/library/site.html).
    """
    try:
        lines = (location / "pyvenv.cfg").read_text(encoding="utf-8").splitlines()
    except OSError:
        return
    pairs = (line.partition("=") for line in lines)
    settings = {key.strip().lower(): value.strip().lower() for key, _, value in pairs}
    if settings.get("include-system-site-packages") == "true":
        raise EnvironmentRefusedError(
            "The environment sees the packages of the system, so a missing requirement would not"
            " be noticed.",
            hint="Leave out --system-site-packages.",
        )
