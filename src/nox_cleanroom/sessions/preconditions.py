"""The conditions of a smoke session, checked before its first step."""

from __future__ import annotations

from pathlib import Path

import nox
from nox.virtualenv import VirtualEnv

from nox_cleanroom.environments import venvs
from nox_cleanroom.errors import EnvironmentRefusedError
from nox_cleanroom.sessions.backend import Placeholder


def require_environment(session: nox.Session) -> None:
    """Make sure that the session's backend stands for a fresh virtual environment.

    The run makes another environment for itself and installs the wheel there. nox has no lock, and
    a second run on the same checkout would use the same environment directory.

    Raises:
        EnvironmentRefusedError: the backend is nox's own interpreter, a conda environment, or an
            environment that sees the packages of the system.
    """
    venv = session.virtualenv
    if not isinstance(venv, VirtualEnv) or not venv.is_sandboxed:
        raise EnvironmentRefusedError(
            f"The session's environment is {session.venv_backend!r}, and a smoke test installs"
            " only into a fresh virtual environment.",
            hint="Leave out --no-venv and --force-venv-backend, or force uv, virtualenv or venv.",
        )
    venvs.refuse_system_packages(Path(venv.location))


def require_interpreter(session: nox.Session, python: str, *, download: venvs.Download) -> None:
    """Make sure that a session's interpreter is on this machine, or will be downloaded.

    Raises:
        InterpreterMissingError: it is not.
    """
    venv = session.virtualenv
    if download == "never" and isinstance(venv, Placeholder) and not venv.is_here:
        raise venvs.missing_interpreter(python)
