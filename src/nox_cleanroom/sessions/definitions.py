"""The declaration of the three sessions for a noxfile, without the code that runs them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import nox
import nox.registry

from nox_cleanroom.config.pythons import supported_pythons
from nox_cleanroom.loading import load
from nox_cleanroom.sessions.backend import BACKEND

#: Each session, its description in nox's list, and the other arguments of its declaration. A smoke
#: session installs into an environment of its own run, so nox makes none.
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


#: The attribute that marks our session functions; its value is the project.
_OF_PROJECT = "_nox_cleanroom_project"


def define_sessions(project: str | Path = ".") -> None:
    """Define ``smoke``, ``clean_check`` and ``matrix`` for the noxfile that calls this.

    A noxfile that calls it for several projects has sessions for each: ``smoke_colours``,
    ``matrix_colours`` and so on for ``packages/colours``, and the plain names for the project of
    the noxfile's own directory, if that is one of them.

    Args:
        project: the project's directory, relative to the noxfile's.

    Example:
        The whole noxfile::

            import nox_cleanroom

            nox_cleanroom.define_sessions()
    """
    projects = list(dict.fromkeys([*_withdraw_sessions(), str(project)]))
    for one in projects:
        suffix = _suffix(one, projects)
        for name, about, declared in _SESSIONS:
            pythons = {"python": supported_pythons(one)} if name == "smoke" else {}
            _define(name, suffix, about, {**declared, **pythons}, one)


def _withdraw_sessions() -> list[str]:
    """Remove the sessions defined so far, because their names depend on all projects.

    Returns:
        The projects of these sessions.
    """
    registry = nox.registry._REGISTRY  # noqa: SLF001 - nox only adds to it; pinned by a test
    ours = {
        name: getattr(function.func, _OF_PROJECT)
        for name, function in registry.items()
        if hasattr(function.func, _OF_PROJECT)
    }
    for name in ours:
        del registry[name]
    return list(dict.fromkeys(ours.values()))


def _suffix(project: str, projects: Sequence[str]) -> str:
    """The suffix that distinguishes a project's sessions: its directory, as far as needed."""
    parts = Path(project).parts
    if len(projects) == 1 or not parts:
        return ""
    namesakes = [one for one in projects if Path(one).parts[-1:] == parts[-1:]]
    own = parts if len(namesakes) > 1 else parts[-1:]
    return "_" + "_".join(re.sub(r"\W", "_", part) for part in own)


def _define(name: str, suffix: str, about: str, declared: dict[str, object], project: str) -> None:
    def session_function(session: nox.Session) -> None:
        # Load the code only now, because nox also loads noxfiles to list sessions or run others.
        getattr(load("sessions.sessions"), name)(session, project)

    session_function.__doc__ = about
    setattr(session_function, _OF_PROJECT, project)
    decorate = nox.session(name=f"{name}{suffix}", **declared)  # type: ignore[call-overload]
    decorate(session_function)
