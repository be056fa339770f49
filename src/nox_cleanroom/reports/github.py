"""What GitHub Actions shows of a run: marks at lines of the repository, and a summary of the job.

(https://docs.github.com/actions/reference/workflow-commands-for-github-actions)
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from nox_cleanroom.findings import Finding, Outcome, Problem
from nox_cleanroom.output import clean_text
from nox_cleanroom.probes.tracked import Tracked
from nox_cleanroom.records import dataclass
from nox_cleanroom.results import Cell, Run

#: GitHub shows ten of each kind for a step.
_AT_MOST = 10

_KINDS = {Outcome.FAILED: "error", Outcome.ERROR: "error", Outcome.WARNED: "warning"}

#: A file with a line number, as our checks write it.
_PLACE = re.compile(r"([\w.+-]+(?:/[\w.+-]+)*\.\w+):(\d+)")


@dataclass(frozen=True, kw_only=True)
class _Mark:
    """What is said at a line of a file; empty ones are about the whole run."""

    kind: str
    path: str
    line: str
    title: str
    about: str
    message: str
    hint: str


def marks(run: Run) -> Iterator[str]:
    """The commands that mark findings; equal ones of several cells are one.

    Args:
        run: the record of the run.
    """
    found: dict[_Mark, list[str]] = {}
    for cell in run.cells:
        told: tuple[Finding | Problem, ...] = (*cell.problems, *cell.findings)
        for one in told:
            if one.outcome in _KINDS and not getattr(one, "waived", ""):
                found.setdefault(_mark(one, run, cell), []).append(cell.name)
    for kind in ("error", "warning"):
        for mark in [one for one in found if one.kind == kind][:_AT_MOST]:
            names = found[mark]
            who = f"{', '.join(names[:3])}{' ...' if names[3:] else ''}"
            hint = f"\n{mark.hint}" if mark.hint else ""
            words = _data(f"{who}: {mark.about}: {mark.message}{hint}")
            place = f"file={_property(mark.path)},line={mark.line}," if mark.path else ""
            yield f"::{kind} {place}title={_property(mark.title)}::{words}"


def _mark(one: Finding | Problem, run: Run, cell: Cell) -> _Mark:
    path, line = _where(one, cell)
    about = f"{one.check}: {one.subject}" if isinstance(one, Finding) else one.code.name
    return _Mark(
        kind="warning" if run.lets_fail(cell) else _KINDS[one.outcome],
        path=path,
        line=line,
        title=one.code.name if one.outcome.is_bad else about,
        about=about,
        message=one.message,
        hint=one.hint,
    )


def _where(one: Finding | Problem, cell: Cell) -> tuple[str, str]:
    """The tracked file and the line that a finding is about; empty when it names none."""
    tracked = cell.values.get("tracked")
    if isinstance(one, Problem) or not isinstance(tracked, Tracked):
        return "", ""
    for text in (one.message, one.output, one.subject):
        for found in _PLACE.finditer(text):
            path = found[1] if tracked.has(found[1]) else tracked.source_of(found[1])
            if path:
                return path, found[2]
    for path in (
        one.subject,
        tracked.source_of(one.subject),
        tracked.source_of_module(one.subject),
    ):
        if path and path in tracked.names:
            return path, "1"
    return "", ""


def _data(text: str) -> str:
    """The message of a command, as its parser wants it."""
    return clean_text(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
