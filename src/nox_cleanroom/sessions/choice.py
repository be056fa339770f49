"""Which sessions a command line of ``nox-cleanroom`` means, and which of them do not exist."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from nox.virtualenv import ALL_VENVS

from nox_cleanroom.checkout.checkout import Checkout
from nox_cleanroom.checkout.ranges import commits_in
from nox_cleanroom.config.options import PYTHON, Options
from nox_cleanroom.config.pythons import supported_pythons, why_supported
from nox_cleanroom.environments.installed_pythons import InstalledPythons
from nox_cleanroom.errors import UsageError
from nox_cleanroom.records import dataclass
from nox_cleanroom.sessions.command_line import COMMANDS, CommandLine, refusal


@dataclass(frozen=True, kw_only=True)
class Choice:
    """The sessions to run."""

    sessions: tuple[str, ...]
    #: What to tell the user who has named none; empty otherwise.
    announcement: str = ""
    #: The errors about sessions that do not exist, when others run.
    refused: tuple[UsageError, ...] = ()


def choose(line: CommandLine, options: Options, project: Path) -> Choice:
    """The sessions that a command line means.

    Raises:
        UsageError: none of those that are named exists, or its words contradict each other.
    """
    supported = supported_pythons(project)
    _require_possible(line, options)
    if line.noxfile:
        # Sessions of the user's own, which nox knows.
        return Choice(sessions=line.sessions)
    if not line.chooses_sessions:
        return _usual(options, supported, project)
    names = [*_with_pythons(line.sessions, options.pythons or ())]
    known = ["smoke", "matrix", "clean_check", *(f"smoke-{python}" for python in supported)]
    all_of_them = options.all_packages
    refused = [
        _refusal(name, known, project, is_of_packages=all_of_them)
        for name in names
        if name not in known
    ]
    found = tuple(name for name in names if name in known)
    if refused and not found:
        raise refused[0]
    return Choice(sessions=found, refused=tuple(refused))


def _usual(options: Options, supported: Sequence[str], project: Path) -> Choice:
    """What runs when no session is named: a smoke on the newest Python here, and a clean_check."""
    if options.emit or options.dist or options.all_packages:
        return Choice(sessions=("matrix",))
    pythons = options.pythons or [newest_here(supported, project)]
    sessions = tuple(_with_pythons(("smoke",), pythons))
    if not commits_in(Checkout.find(project), options.rev):
        sessions = (*sessions, "clean_check")
    known = {*(f"smoke-{python}" for python in supported), "clean_check"}
    for name in sessions:
        if name not in known:
            raise _refusal(name, [*known], project)
    *others, last = sessions
    several = f"{', '.join(others)} and " if others else ""
    words = f"{several}{last} (`nox-cleanroom --help` shows more)"
    return Choice(sessions=sessions, announcement=words)


def newest_here(supported: Sequence[str], project: Path) -> str:
    """The newest supported Python on this machine; the newest of all when none is."""
    pythons = InstalledPythons.of(project, os.environ)
    return [*supported[-1:], *(one for one in supported if pythons.find(one))][-1]


def _with_pythons(sessions: Sequence[str], pythons: Sequence[str]) -> Iterator[str]:
    """The sessions, with a smoke for each of the Pythons, if there are any."""
    for name in sessions:
        yield from [f"smoke-{one}" for one in pythons] if name == "smoke" and pythons else [name]


def _require_possible(line: CommandLine, options: Options) -> None:
    """Make sure that options and sessions do not contradict each other.

    Raises:
        UsageError: they do.
    """
    if line.backend not in {"", *ALL_VENVS} - {"cleanroom"}:
        raise refusal("tool for environments", line.backend, ("uv", "virtualenv", "venv"))
    if options.emit and {*line.sessions} - {"matrix"}:
        raise UsageError(
            f"Only `matrix` has jobs for CI, and not {', '.join(line.sessions)}.",
            hint=f"`nox-cleanroom matrix --emit {options.emit}` prints them.",
        )
    for name in line.sessions:
        python = name.removeprefix("smoke-")
        if options.pythons and name.startswith("smoke-") and python not in options.pythons:
            raise UsageError(
                f"{name} is for Python {python}, and --pythons asks for"
                f" {', '.join(options.pythons)}.",
                hint="Leave out one of the two.",
            )


def _refusal(
    session: str, known: Sequence[str], project: Path, *, is_of_packages: bool = False
) -> UsageError:
    """The error about a session that does not exist; it says why there is none for its Python."""
    python = session.removeprefix("smoke-")
    if not re.fullmatch(PYTHON, python):
        return refusal("session", session, [*known, *COMMANDS])
    if not session.startswith("smoke-"):
        return UsageError(f"There is no session {session!r}.", hint=f"Did you mean smoke-{python}?")
    reason = "No package supports it." if is_of_packages else f"{why_supported(project)}."
    if not re.fullmatch(r"3\.\d+", python):
        reason = f'List it under `pythons` in [tool.nox-cleanroom], such as pythons = ["{python}"].'
    return UsageError(
        f"There is no session {session}: this project supports"
        f" {', '.join(supported_pythons(project))}.",
        hint=reason,
    )
