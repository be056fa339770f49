"""Does every entry point load, and has every script a program that can be called?"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace

from nox_cleanroom.environments.environment import Answer, Question
from nox_cleanroom.environments.installation import Installation
from nox_cleanroom.output import clean_text
from nox_cleanroom.probes.subject import (
    advice_on_import,
    ended_early,
    exception_lines,
    exception_text,
)
from nox_cleanroom.results import Outcome, ProbeResult
from nox_cleanroom.wheel import EntryPoint

NAME = "entry points"


def probe(installation: Installation) -> Iterator[ProbeResult]:
    """One result an entry point."""
    problem = installation.wheel.entry_points_problem
    if problem:
        words = " ".join(clean_text(problem).split())
        yield _failed("entry_points.txt", f"It cannot be read: {words}.")
    for entry_point in installation.wheel.entry_points:
        lacking = set(entry_point.extras) - set(installation.extras)
        if lacking:
            yield ProbeResult(
                probe=NAME,
                subject=_subject(entry_point),
                outcome=Outcome.SKIPPED,
                message=f"It needs the extra {', '.join(sorted(lacking))}, which is not installed.",
            )
    for entry_point in installation.entry_points:
        answer = installation.load(Question("entry point", entry_point.value))
        yield _judge(installation, entry_point, answer)


def _subject(entry_point: EntryPoint) -> str:
    return f"{entry_point.group}:{entry_point.name}"


def _judge(installation: Installation, entry_point: EntryPoint, answer: Answer) -> ProbeResult:
    subject = _subject(entry_point)
    # The process goes on to other entry points, so only a missing answer is this one's.
    if answer.said is None:
        early = ended_early(NAME, answer, f"loading `{entry_point.value}`")
        if early is not None:
            return replace(early, subject=subject)
    if answer.error is not None:
        return _failed_load(installation, entry_point, answer.error)
    if entry_point.is_script:
        if not (answer.said or {}).get("callable"):
            kind = (answer.said or {}).get("type")
            return _failed(subject, f"`{entry_point.value}` is a {kind}, which cannot be called.")
        suffix = ".exe" if sys.platform == "win32" else ""
        program = installation.environment.bin_dir / f"{entry_point.name}{suffix}"
        if not program.exists():
            return _failed(subject, f"The installer made no program `{entry_point.name}`.")
        demands = (answer.said or {}).get("demands", [])
        if demands:
            return replace(
                _failed(
                    subject,
                    f"`{entry_point.value}` demands {', '.join(demands)}, and the program calls"
                    " it without arguments.",
                ),
                outcome=Outcome.WARNED,
            )
    return ProbeResult(probe=NAME, subject=subject, outcome=Outcome.PASSED)


def _failed(subject: str, message: str) -> ProbeResult:
    return ProbeResult(
        probe=NAME,
        subject=subject,
        outcome=Outcome.FAILED,
        message=message,
        hint="Mend the entry point in the project's metadata, or what it names.",
    )


def _failed_load(
    installation: Installation, entry_point: EntryPoint, error: dict[str, str]
) -> ProbeResult:
    message = f"`{entry_point.value}` does not load: {exception_text(installation, error)}"
    missing = error.get("missing") or ""
    own = missing.partition(".")[0] in installation.wheel.top_level_names
    if error["type"] == "ModuleNotFoundError" and not own and not entry_point.is_script:
        return ProbeResult(
            probe=NAME,
            subject=_subject(entry_point),
            outcome=Outcome.WARNED,
            message=f"{message} (its host `{missing}` is absent).",
        )
    result = _failed(_subject(entry_point), message)
    output = exception_lines(installation, error)
    # What it is called tells nothing: anybody may call a class as they like.
    if "missing" not in error:
        return replace(result, output=output)
    return replace(result, output=output, hint=advice_on_import(installation, error))
