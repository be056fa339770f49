"""The declaration of the three sessions for a noxfile, without the code that runs them."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path

import nox
import nox.registry
from nox.logger import logger

from nox_cleanroom.config.packages import suffix_of
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


#: The files of projects.
_FILES = ("pyproject.toml", "setup.py")

#: The attribute that marks our session functions; its value is the project and its siblings.
_OF_PROJECT = "_nox_cleanroom_project"


def define_sessions(project: str | Path = ".", *, packages: Sequence[str] = ()) -> None:
    """Define ``smoke``, ``clean_check`` and ``matrix`` for the noxfile that calls this.

    A noxfile that calls it for several projects has sessions for each: ``smoke_colours``,
    ``matrix_colours`` and so on for ``packages/colours``, and the plain names for the project of
    the noxfile's own directory, if that is one of them.

    Args:
        project: the project's directory, relative to the noxfile's.
        packages: globs of the directories of packages that are tested with each other, such as
            ``["packages/*"]``, relative to the noxfile's, instead of a project.

    Example:
        The whole noxfile::

            import nox_cleanroom

            nox_cleanroom.define_sessions()
    """
    named = _matching(packages)
    siblings = {**_withdraw_sessions(), **dict.fromkeys(named, tuple(named))}
    if not packages or str(project) != ".":
        siblings[str(project)] = tuple(named)
    projects = list(siblings)
    for one in projects:
        # Sessions of packages are named after them, also when there is only one.
        among = [Path(each).as_posix() for each in projects] + ([""] if packages else [])
        suffix = suffix_of(Path(one).as_posix(), among)
        for name, about, declared in _SESSIONS:
            pythons = {"python": supported_pythons(one)} if name == "smoke" else {}
            _define(f"{name}{suffix}", about, {**declared, **pythons}, name, one, siblings[one])


def _matching(packages: Sequence[str]) -> list[str]:
    """The directories of projects that match globs; nox shows a warning for one without any."""
    found = set[str]()
    for pattern in [packages] if isinstance(packages, str) else packages:
        matched = set[str]()
        # An absolute or an empty pattern is none.
        with contextlib.suppress(NotImplementedError, ValueError):
            paths = (path for name in _FILES for path in Path().glob(f"{pattern}/{name}"))
            matched = {path.parent.as_posix() for path in paths} if pattern else set()
        if not matched:
            logger.warning(f"define_sessions: no project matches the package {pattern!r}.")
        found |= matched
    return sorted(found)


def _withdraw_sessions() -> dict[str, tuple[str, ...]]:
    """Remove the sessions defined so far, because their names depend on all projects.

    Returns:
        The projects of these sessions, each with the packages that it is tested with.
    """
    registry = nox.registry._REGISTRY  # noqa: SLF001 - nox only adds to it; pinned by a test
    ours = {
        name: getattr(function.func, _OF_PROJECT)
        for name, function in registry.items()
        if hasattr(function.func, _OF_PROJECT)
    }
    for name in ours:
        del registry[name]
    return dict(ours.values())


def _define(
    full_name: str,
    about: str,
    declared: dict[str, object],
    name: str,
    project: str,
    packages: tuple[str, ...],
) -> None:
    def session_function(session: nox.Session) -> None:
        # Load the code only now, because nox also loads noxfiles to list sessions or run others.
        function = getattr(load("sessions.sessions"), name)
        more = {"packages": packages} if packages else {}
        function(session, project, **more)

    session_function.__doc__ = about
    setattr(session_function, _OF_PROJECT, (project, packages))
    decorate = nox.session(name=full_name, **declared)  # type: ignore[call-overload]
    decorate(session_function)
