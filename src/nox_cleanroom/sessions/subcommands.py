"""The commands of ``nox-cleanroom`` that are no sessions, and the sessions, which nox runs."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from nox_cleanroom.errors import RepositoryError, UsageError
from nox_cleanroom.loading import load
from nox_cleanroom.output import clean_text, show
from nox_cleanroom.reports import codes
from nox_cleanroom.sessions.command_line import CommandLine

#: The modules of commands, which are loaded only when they are wanted: that takes time.
_MODULES = {
    "check": "sessions.evidence_commands",
    "join": "sessions.evidence_commands",
    "hook": "sessions.hooks",
    "init": "sessions.init",
}


def perform(arguments: Sequence[str], before: Sequence[str]) -> int:
    """Do what a command line asks for; returns the exit status.

    Args:
        arguments: the words after the program's name.
        before: those before ``--``.

    Raises:
        CleanroomError: the words make no sense, or nothing can run.
    """
    if "--clear-cache" in before:
        return _clear_cache()
    flags = {*arguments} & {"-v", "--verbose", "-q", "--quiet", "--"}
    words = [word for word in arguments if word not in flags]
    name, rest = "".join(words[:1]), words[1:]
    status: int
    if name == "explain":
        status = _explain(rest)
    elif name in _MODULES:
        function = getattr(load(_MODULES[name]), name)
        status = function(rest, flags) if name in {"check", "join"} else function(rest)
    else:
        status = _run_sessions(arguments)
    return status


def _run_sessions(arguments: Sequence[str]) -> int:
    try:
        here = Path.cwd()
    except FileNotFoundError:
        raise RepositoryError(
            "The current directory does not exist any more.", hint="Change to one that exists."
        ) from None
    # Other processes work while all else is loaded.
    load("processes.supervision").prepare_watcher()
    load("build.ahead").ask_ahead(here)
    load("sessions.backend").ask_ahead()
    status: int = load("sessions.without_noxfile").run_nox(CommandLine.parse(arguments, here))
    return status


def _explain(names: Sequence[str]) -> int:
    """Print what the documentation says of each code."""
    if not names:
        raise UsageError("`explain` needs a code.", hint=f"All of them: {codes.PAGE}")
    for name in names:
        show(codes.explanation(name))
    return 0


def _clear_cache() -> int:
    cleared = load("places.clearing").clear()
    megabytes = cleared.freed / 1_000_000
    count = len(cleared.removed)
    directories = "1 directory" if count == 1 else f"{count} directories"
    show(f"removed {directories}, {megabytes:.1f} MB")
    for path in cleared.used:
        show(
            clean_text(f"left alone because it is in use or has a mount in it: {path}"), sys.stderr
        )
    for path in cleared.kept:
        show(clean_text(f"left alone because a run was told to keep it: {path}"), sys.stderr)
    return 0
