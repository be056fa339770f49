"""What must be true of a smoke session before anything is done."""

from __future__ import annotations

from pathlib import Path

import nox
from nox.virtualenv import VirtualEnv

from nox_cleanroom.environments import venvs
from nox_cleanroom.errors import EnvironmentRefusedError
from nox_cleanroom.sessions.backend import Placeholder


def require_environment(session: nox.Session) -> None:
    """Make sure that nox was to make a fresh virtual environment.

    What is tested is installed into another one, which the run makes for itself: nox knows no
    lock, and a second run on the same checkout has the same environment directory.

    Raises:
        EnvironmentRefusedError: it is nox's own interpreter, a conda environment, or one that
            sees the packages of the system.
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
    """Make sure that a session's interpreter is here, or will be downloaded.

    Raises:
        InterpreterMissingError: it is not.
    """
    venv = session.virtualenv
    if download == "never" and isinstance(venv, Placeholder) and not venv.is_here:
        raise venvs.missing_interpreter(python)
