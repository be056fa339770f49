"""``nox-cleanroom check`` and ``join``: reports of what is in evidence, whose checks run again."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from nox_cleanroom.config.options import parse_options
from nox_cleanroom.errors import Code, UsageError, worst_exit_status
from nox_cleanroom.output import clean_text, show
from nox_cleanroom.reports import terminal
from nox_cleanroom.reports.evidence import write_report
from nox_cleanroom.reports.formats import FORMATS
from nox_cleanroom.reports.style import Style, style_for
from nox_cleanroom.runs import joining
from nox_cleanroom.runs.recheck import recheck
from nox_cleanroom.sessions.command_line import refusal
from nox_cleanroom.sessions.verdict import tell_github


def _style(flags: set[str]) -> Style:
    return replace(
        style_for(sys.stdout, os.environ),
        verbose=bool(flags & {"-v", "--verbose"}),
        quiet=bool(flags & {"-q", "--quiet"}),
    )


def check(names: Sequence[str], flags: set[str]) -> int:
    """Check each file of evidence again, and print its report; returns the exit status."""
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
        show(terminal.render(run, style=_style(flags)))
        found |= run.codes
    return worst_exit_status({code.exit_status for code in found})


def join(words: Sequence[str], flags: set[str]) -> int:
    """Join the evidence of many jobs, and print and write its reports; returns the exit status."""
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
    run = joining.join(places, *given["--plan"][-1:])
    show(terminal.render(run, style=_style(flags)))
    for name, path in files:
        write_report(FORMATS[name](run), path)
    tell_github(run)
    return worst_exit_status({code.exit_status for code in run.codes})
