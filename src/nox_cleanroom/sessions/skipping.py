"""The conditions of a smoke session, and whether one that has nothing to test may be skipped.

Each session decides for itself, because under ``nox -j`` no session knows the results of others.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import nox
from nox.virtualenv import VirtualEnv
from packaging.specifiers import InvalidSpecifier, SpecifierSet

from nox_cleanroom.config.pythons import pythons_that_may_fail, requires_python
from nox_cleanroom.environments.installed_pythons import InstalledPythons
from nox_cleanroom.environments.venvs import Download, refuse_system_packages
from nox_cleanroom.errors import (
    CleanroomError,
    Code,
    EnvironmentRefusedError,
    InterpreterMissingError,
)
from nox_cleanroom.processes import supervision
from nox_cleanroom.results import Cell
from nox_cleanroom.sessions.selection import Selection


def require_environment(session: nox.Session) -> VirtualEnv:
    """The session's environment, if its backend stands for a fresh virtual environment.

    The run makes another environment for itself and installs the wheel there. nox has no lock, and
    a second run on the same checkout would use the same environment directory.

    Raises:
        EnvironmentRefusedError: the backend is nox's own interpreter, a conda environment, or an
            environment that sees the packages of the system.
    """
    venv = session.virtualenv
    if not isinstance(venv, VirtualEnv) or not venv.is_sandboxed:
        raise EnvironmentRefusedError(
            f"The session's environment is {session.venv_backend!r}, and we install only into"
            " a virtual environment of its own.",
            hint="Leave out --no-venv and --force-venv-backend, or force uv, virtualenv or venv.",
        )
    refuse_system_packages(Path(venv.location))
    return venv


def require_interpreter(python: str, project: Path, *, download: Download) -> None:
    """Make sure that a session's interpreter is on this machine, or may be downloaded.

    Raises:
        InterpreterMissingError: it is not.
    """
    if download != "never":
        return
    if InstalledPythons.of(project.resolve(), os.environ).find(python) is None:
        raise InterpreterMissingError(python)


def is_error_to_miss(session: nox.Session, python: str, project: Path) -> bool:
    """Whether it is an error that a session's interpreter is missing.

    It is an error when the session was named with its Python, or when an option of nox says so and
    the project does not let that Python fail.

    Args:
        session: the session.
        python: its Python, such as ``3.14``.
        project: the project's directory.

    Raises:
        CleanroomError: `NOTHING_TESTED`: no other session can test anything either.
    """
    config = session._runner.global_config  # noqa: SLF001 - pinned by a test
    if Selection.of(session).is_named:
        return True
    if config.error_on_missing_interpreters and python not in pythons_that_may_fail(project):
        return True
    stated = None
    with contextlib.suppress(Exception):
        stated = requires_python(project)
    # All work for this interpreter has ended.
    supervision.allow_starts()
    if not can_test_another(session, project, stated, than=python):
        raise CleanroomError(
            f"Python {python} is not on this machine, and no other requested Python can be tested.",
            hint="Install one that the project supports.",
            code=Code.NOTHING_TESTED,
        )
    return False


def can_test_another(
    session: nox.Session, project: Path, stated: SpecifierSet | None, *, than: str
) -> bool:
    """Whether another selected session of this name has something to test.

    Args:
        session: this session.
        project: the project's directory.
        stated: the project's Requires-Python; None when that is not known.
        than: the Python of this session.
    """
    pythons = InstalledPythons.of(project.resolve(), os.environ)
    others = (python for python in Selection.of(session).pythons if python != than)
    return any(
        stated is None or stated.contains(found.version, prereleases=True)
        for found in map(pythons.find, others)
        if found is not None
    )


def stated_by(cell: Cell) -> SpecifierSet | None:
    """The Requires-Python that a cell has found; None when it has found none."""
    stated = [cell.wheel.requires_python] if cell.wheel is not None else []
    stated += [problem.requires_python for problem in cell.problems if problem.requires_python]
    with contextlib.suppress(InvalidSpecifier):
        return SpecifierSet(stated[-1]) if stated else None
    return None
