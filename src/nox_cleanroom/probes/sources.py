"""The text of the wheel's modules, read by the interpreter without running them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from nox_cleanroom.environments.installing import installed_path
from nox_cleanroom.environments.interpreter_questions import Answer, Question, ask
from nox_cleanroom.members import Member
from nox_cleanroom.probes.installation import Installation
from nox_cleanroom.probes.readings import Reading, Readings, key_of
from nox_cleanroom.probes.tracked import Tracked
from nox_cleanroom.records import dataclass


@dataclass(frozen=True, kw_only=True)
class Sources:
    """The answer about each Python file of a wheel; its subject is the name in the archive."""

    answers: tuple[Answer, ...]


def read_sources(installation: Installation, tracked: Tracked, readings: Readings) -> Sources:
    """Read the wheel's Python files.

    Args:
        installation: the environment with the wheel.
        tracked: the files of the commit; it is noted where code names one that the wheel lacks.
        readings: what reading said in earlier runs.
    """
    names = {member.name for member in _readable(installation)}
    wanted = _wanted_names(installation, tracked)
    key = key_of(installation, wanted)
    kept = readings.find(key, _of_reading) if key else None
    if kept is not None and {one.subject for one in kept.answers} == names:
        return kept
    sources = _read(installation, wanted)
    said = {one.subject: one.said for one in sources.answers if one.said and not one.error}
    # An error and what ended the process may not come again, and the package's code may meanwhile
    # have written modules.
    is_whole = said.keys() == names and all(one.succeeded for one in sources.answers)
    if key and is_whole and key == key_of(installation, wanted):
        return readings.keep(key, said, sources)
    return sources


def _of_reading(said: Reading) -> Sources:
    answers = (Answer(kind="read", subject=name, said=about) for name, about in said.items())
    return Sources(answers=tuple(answers))


def _read(installation: Installation, wanted: Sequence[str]) -> Sources:
    facts, steps = installation.facts, installation.steps
    members = {str(installed_path(facts, member)): member for member in _readable(installation)}
    names = steps.directory("wanted") / "names"
    names.write_bytes("\0".join(wanted).encode("utf-8", "surrogateescape"))
    # No code of the package runs, so no process needs a home of its own.
    env = installation.env_with(home=steps.workspace.neutral, tmp=steps.workspace.tmp)
    with installation.bytecode.lent_inside(facts) as bytecode:
        answers = ask(
            installation.environment,
            steps,
            step="read modules",
            questions=[Question("read", path) for path in members],
            env=env,
            arguments=[bytecode, names],
        )
    return Sources(
        answers=tuple(replace(one, subject=members[one.subject].name) for one in answers)
    )


def _wanted_names(installation: Installation, tracked: Tracked) -> list[str]:
    """The names of data files that the wheel lacks."""
    lacking = tracked.lacking(installation.wheel)
    return sorted({one.rpartition("/")[2] for one in lacking if not one.endswith((".py", ".pyi"))})


def _readable(installation: Installation) -> Iterator[Member]:
    """The wheel's modules and Python scripts; only files that are regular ones where installed."""
    for member in installation.wheel.members:
        if member.name not in installation.wheel.sizes:
            continue
        place = installed_path(installation.facts, member)
        if member.is_library and member.path.suffix == ".py":
            if not place.exists() or place.is_file():
                yield member
        elif member.scheme == "scripts" and place.is_file() and _runs_with_python(place):
            yield member


def _runs_with_python(script: Path) -> bool:
    with script.open("rb") as file:
        first = file.readline(1000)
    return first.startswith(b"#!") and b"python" in first
