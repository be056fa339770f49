"""The text of the wheel's modules, read by the interpreter without running them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from nox_cleanroom.environments.installing import installed_path
from nox_cleanroom.environments.interpreter_questions import Answer, Question, ask
from nox_cleanroom.members import Member
from nox_cleanroom.probes.installation import Installation


@dataclass(frozen=True, kw_only=True)
class Sources:
    """The answer about each Python file of a wheel; its subject is the name in the archive."""

    answers: tuple[Answer, ...]


def read_sources(installation: Installation) -> Sources:
    """Read the wheel's Python files."""
    members = {
        str(installed_path(installation.facts, member)): member
        for member in _readable(installation)
    }
    steps = installation.steps
    # No code of the package runs, so no process needs a home of its own.
    env = installation.env_with(home=steps.workspace.neutral, tmp=steps.workspace.tmp)
    with installation.bytecode.lent_inside(installation.facts) as bytecode:
        answers = ask(
            installation.environment,
            steps,
            step="read modules",
            questions=[Question("read", path) for path in members],
            env=env,
            bytecode=bytecode,
        )
    return Sources(
        answers=tuple(replace(one, subject=members[one.subject].name) for one in answers)
    )


def _readable(installation: Installation) -> Iterator[Member]:
    """The wheel's Python files, without those that are no regular files where installed."""
    for member in installation.wheel.members:
        if member.is_library and member.path.suffix == ".py":
            place = installed_path(installation.facts, member)
            is_file = member.name in installation.wheel.sizes
            if is_file and (not place.exists() or place.is_file()):
                yield member
