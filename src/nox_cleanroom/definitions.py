"""The three sessions, declared for a noxfile; nothing that only a running session needs."""

from __future__ import annotations

from pathlib import Path

import nox

import nox_cleanroom
from nox_cleanroom.backend import BACKEND
from nox_cleanroom.interpreters import supported_pythons

#: Each session, what nox lists it with, and how it is declared besides. What smoke sessions test
#: is installed into an environment of the run's own, so nox makes none.
_SESSIONS: tuple[tuple[str, str, dict[str, object]], ...] = (
    (
        "smoke",
        "Install HEAD's wheel in a fresh environment and probe it.",
        {"venv_backend": BACKEND, "download_python": "never", "allow_parallel": True},
    ),
    (
        "clean_check",
        "Build, install and import HEAD in place, and see what that leaves in a checkout.",
        {"venv_backend": "none"},
    ),
    (
        "matrix",
        "Test HEAD's wheel on every supported interpreter at once, and show one grid.",
        {"venv_backend": "none", "default": False},
    ),
)


def define_sessions(project: str | Path = ".") -> None:
    """Define ``smoke``, ``clean_check`` and ``matrix`` for the noxfile that calls this.

    Args:
        project: the project's directory, relative to the noxfile's.

    Example:
        The whole noxfile::

            import nox_cleanroom

            nox_cleanroom.define_sessions()
    """
    for name, about, declared in _SESSIONS:
        pythons = {"python": supported_pythons(project)} if name == "smoke" else {}
        _define(name, about, {**declared, **pythons}, project)


def _define(name: str, about: str, declared: dict[str, object], project: str | Path) -> None:
    def session_function(session: nox.Session) -> None:
        # Loaded now: nox loads noxfiles also to list sessions, and to run others.
        getattr(nox_cleanroom, name)(session, project)

    session_function.__doc__ = about
    decorate = nox.session(name=name, **declared)  # type: ignore[call-overload]
    decorate(session_function)
