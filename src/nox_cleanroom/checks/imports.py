"""Can every top-level module of the wheel be imported, and does it come from the environment?"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from nox_cleanroom.checks.advice import (
    Clues,
    advice_on_import,
    ended_early,
    exception_lines,
    exception_text,
    own_lines,
    what_is_lacking,
)
from nox_cleanroom.checks.broken_imports import broken_with_imports
from nox_cleanroom.checks.extras import settle_by_extras
from nox_cleanroom.checks.import_graph import absent_names
from nox_cleanroom.entry_points import EntryPoint
from nox_cleanroom.environments.environment import Facts
from nox_cleanroom.environments.interpreter_questions import Answer
from nox_cleanroom.errors import Code
from nox_cleanroom.findings import Finding, Outcome
from nox_cleanroom.output import clean_text
from nox_cleanroom.probes.extras import WithExtras
from nox_cleanroom.probes.installed import Installed
from nox_cleanroom.probes.loading import Loaded, imported_first
from nox_cleanroom.probes.sources import Sources
from nox_cleanroom.probes.tracked import LeftOut, Tracked
from nox_cleanroom.wheels import Wheel


def check(
    *,
    wheel: Wheel,
    facts: Facts,
    tracked: Tracked,
    installed: Installed,
    loaded: Loaded,
    sources: Sources | None = None,
    left_out: LeftOut | None = None,
    with_extras: WithExtras | None = None,
) -> Iterator[Finding]:
    """One finding per module; each one is imported in an interpreter of its own."""
    clues = Clues(
        wheel=wheel,
        facts=facts,
        tracked=tracked,
        left_out=left_out,
        absent=absent_names(wheel, sources),
    )
    yield from settle_by_extras(
        _findings(clues, loaded, installed),
        again=lambda second: _findings(clues, second.loaded, second.installed),
        wheel=wheel,
        installed=installed,
        with_extras=with_extras,
        needed_by_all=lambda subjects: _needs_all(wheel, loaded, subjects),
    )


def _needs_all(wheel: Wheel, loaded: Loaded, subjects: Collection[str]) -> bool:
    """Whether nothing can be imported without an extra that no host of a plug-in implies."""
    if not set(imported_first(wheel)) <= set(subjects):
        return False
    missing = {
        str((answer.error or {}).get("missing") or "").partition(".")[0]
        for answer in loaded.answers
        if answer.kind == "import" and answer.subject in subjects
    }
    # A plug-in needs its host, which users have: `pytest11` is of pytest, `sphinx.builders` of
    # Sphinx.
    hosts = {one.group.partition(".")[0].rstrip("0123456789") for one in wheel.entry_points}
    return not missing & hosts


def _findings(clues: Clues, loaded: Loaded, installed: Installed) -> Iterator[Finding]:
    if not clues.wheel.import_names:
        yield Finding(clues.wheel.name, Outcome.SKIPPED, "The wheel has no module to import.")
    first = imported_first(clues.wheel)
    same = [*broken_with_imports(clues.wheel, loaded)]
    answers = [one for one in loaded.answers if one.kind == "import"]
    others = [one for one in answers if one.subject not in clues.wheel.import_names]
    for answer in (*(one for one in answers if one.subject in first), *others):
        yield _judge(answer, clues, installed, same)


def _judge(
    answer: Answer, clues: Clues, installed: Installed, same: Sequence[EntryPoint]
) -> Finding:
    early = ended_early(answer, "importing it")
    if early is not None:
        return early
    name = answer.subject
    if answer.error is not None:
        return _failed_import(clues, name, answer.error, same)
    places = (answer.said or {}).get("places", [])
    outside = [place for place in places if not installed.has_inside(place)]
    if outside:
        return Finding(
            name,
            Outcome.FAILED,
            f"It came from {outside[0]!r}, outside of the environment.",
            "A .pth file or an import hook of a requirement may redirect it.",
        )
    return _side_effects(name, answer.said or {})


def _side_effects(name: str, said: Mapping[str, Any]) -> Finding:
    """PASSED, or WARNED when importing the wheel's own code had side effects."""
    did = [f"writes {path}" for path in said.get("wrote", [])]
    did += [f"starts {command}" for command in said.get("started", [])]
    if not did:
        return Finding(name, Outcome.PASSED)
    more = f" (and {len(did) - 3} more)" if did[3:] else ""
    return Finding(
        name,
        Outcome.WARNED,
        f"Importing it {clean_text(', '.join(did[:3]))}{more}.",
        "Do that when a function is called; users who import it may lack the permission.",
    )


def _failed_import(
    clues: Clues, name: str, error: Mapping[str, Any], same: Sequence[EntryPoint]
) -> Finding:
    message = exception_text(clues, error)
    if "exit" in error:
        message = f"Importing it calls sys.exit({error['exit']})."
    lacking = what_is_lacking(error)
    broken = [f"{one.group}:{one.name}" for one in same if f"{one.module}.".startswith(f"{name}.")]
    if broken:
        more = f" and {len(broken) - 5} more" if broken[5:] else ""
        message += f"; so these do not load either: {clean_text(', '.join(broken[:5]))}{more}"
    return Finding(
        name,
        Outcome.ERROR if lacking else Outcome.FAILED,
        f"{message} ({lacking})" if lacking else message,
        advice_on_import(clues, error),
        output=own_lines(clues.wheel, clues.facts, error),
        details=exception_lines(clues.facts, error),
        code=Code.ENVIRONMENT_LACKING if lacking else Code.PROBE_FAILED,
        settled_by=clues.settled_by if error.get("missing") else "",
    )
