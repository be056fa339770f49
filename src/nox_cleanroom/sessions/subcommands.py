"""The commands of ``nox-cleanroom`` that are no sessions, and the sessions, which nox runs."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from nox_cleanroom.config.options import parse_options
from nox_cleanroom.errors import Code, RepositoryError, UsageError, worst_exit_status
from nox_cleanroom.output import clean_text, show
from nox_cleanroom.places.clearing import clear
from nox_cleanroom.reports import codes, terminal
from nox_cleanroom.reports.evidence import write_report
from nox_cleanroom.reports.formats import FORMATS
from nox_cleanroom.reports.style import Style, style_for
from nox_cleanroom.runs.joining import join
from nox_cleanroom.runs.recheck import recheck
from nox_cleanroom.sessions.command_line import CommandLine, refusal
from nox_cleanroom.sessions.hooks import hook
from nox_cleanroom.sessions.init import init
from nox_cleanroom.sessions.verdict import tell_github
from nox_cleanroom.sessions.without_noxfile import run_nox


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
    if words[:1] in (["check"], ["join"]):
        style = replace(
            style_for(sys.stdout, os.environ),
            verbose=bool(flags & {"-v", "--verbose"}),
            quiet=bool(flags & {"-q", "--quiet"}),
        )
        read = _check_again if words[0] == "check" else _join
        return read(words[1:], style)
    if words[:1] == ["explain"]:
        return _explain(words[1:])
    if words[:1] == ["hook"]:
        return hook(words[1:])
    if words[:1] == ["init"]:
        return init(words[1:])
    try:
        here = Path.cwd()
    except FileNotFoundError:
        raise RepositoryError(
            "The current directory does not exist any more.", hint="Change to one that exists."
        ) from None
    return run_nox(CommandLine.parse(arguments, here))


def _explain(names: Sequence[str]) -> int:
    """Print what the documentation says of each code."""
    if not names:
        raise UsageError("`explain` needs a code.", hint=f"All of them: {codes.PAGE}")
    for name in names:
        show(codes.explanation(name))
    return 0


def _check_again(names: Sequence[str], style: Style) -> int:
    """Check each file of evidence again, and print its report."""
    for name in names:
        if name.startswith("-"):
            raise refusal("option of `check`", name, ("--verbose", "--quiet"))
    if not names:
        raise UsageError(
            "`check` needs the evidence of a run.",
            hint="Name files, such as reports/matrix.json; a run says where it writes them.",
        )
    found = set[Code]()
    for name in names:
        run = recheck(Path(name))
        if names[1:]:
            show(clean_text(f"{name}:"))
        show(terminal.render(run, style=style))
        found |= run.codes
    return worst_exit_status({code.exit_status for code in found})


def _join(words: Sequence[str], style: Style) -> int:
    """Join the evidence of many jobs, and print and write its reports."""
    places, waiting = list[str](), [*words]
    given: dict[str, list[str]] = {"--write": [], "--plan": []}
    while waiting:
        word = waiting.pop(0)
        name, equals, value = word.partition("=")
        if name in given:
            given[name].append(value if equals else "".join(waiting[:1]))
            waiting = waiting if equals else waiting[1:]
        elif word.startswith("-"):
            raise refusal("option of `join`", word, (*given, "--verbose", "--quiet"))
        else:
            places.append(word)
    if not places:
        raise UsageError(
            "`join` needs the evidence of several jobs.",
            hint="Name the directory into which it was downloaded.",
        )
    ours = [f"--write={one}" for one in given["--write"]]
    files = parse_options(ours, relative_to=Path.cwd()).write
    run = join(places, *given["--plan"][-1:])
    show(terminal.render(run, style=style))
    for name, path in files:
        write_report(FORMATS[name](run), path)
    tell_github(run)
    return worst_exit_status({code.exit_status for code in run.codes})


def _clear_cache() -> int:
    cleared = clear()
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
