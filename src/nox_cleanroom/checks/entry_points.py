"""Does every entry point load, and does every script have a program that can be called?"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any

from nox_cleanroom.checks.advice import (
    Clues,
    advice_on_import,
    ended_early,
    exception_lines,
    exception_text,
    own_lines,
)
from nox_cleanroom.checks.broken_imports import broken_with_imports
from nox_cleanroom.checks.extras import settle_by_extras
from nox_cleanroom.entry_points import EntryPoint
from nox_cleanroom.environments.environment import Facts
from nox_cleanroom.environments.interpreter_questions import Answer
from nox_cleanroom.findings import Finding, Outcome
from nox_cleanroom.output import clean_text
from nox_cleanroom.probes.extras import WithExtras
from nox_cleanroom.probes.installed import Installed
from nox_cleanroom.probes.loading import Loaded, usable_entry_points
from nox_cleanroom.probes.tracked import LeftOut, Tracked
from nox_cleanroom.wheels import Wheel


def check(
    *,
    wheel: Wheel,
    facts: Facts,
    tracked: Tracked,
    installed: Installed,
    loaded: Loaded,
    left_out: LeftOut | None = None,
    with_extras: WithExtras | None = None,
) -> Iterator[Finding]:
    """One finding per entry point."""
    clues = Clues(wheel=wheel, facts=facts, tracked=tracked, left_out=left_out)
    if wheel.entry_points_problem:
        words = " ".join(clean_text(wheel.entry_points_problem).split())
        yield _failed("entry_points.txt", f"It cannot be read: {words}.")
    for entry_point in wheel.entry_points:
        lacking = set(entry_point.extras) - set(installed.extras)
        if lacking:
            yield Finding(
                _subject(entry_point),
                Outcome.SKIPPED,
                f"It needs the extra {', '.join(sorted(lacking))}, which is not installed.",
            )
        elif not entry_point.is_script and not entry_point.is_reference:
            note = f"Its value is no reference to an object: {clean_text(entry_point.value)}"
            yield Finding(_subject(entry_point), Outcome.PASSED, note)
    yield from _same_programs(wheel, installed)
    yield from settle_by_extras(
        _findings(clues, loaded, installed),
        again=lambda second: _findings(clues, second.loaded, second.installed),
        wheel=wheel,
        installed=installed,
        with_extras=with_extras,
        needed_by_all=lambda subjects: _are_all_programs(wheel, subjects),
    )


def _same_programs(wheel: Wheel, installed: Installed) -> Iterator[Finding]:
    """Findings about programs that a requirement installs, too."""
    own = {one.name for one in wheel.entry_points if one.is_script}
    for name, other in sorted(installed.programs_of_others.items()):
        if name in own:
            yield Finding(
                f"program {name}",
                Outcome.WARNED,
                f"The requirement `{clean_text(other)}` installs a program of this name, too, and"
                " one replaces the other.",
                "Rename the program, or drop it.",
            )


def _are_all_programs(wheel: Wheel, subjects: Collection[str]) -> bool:
    programs = {_subject(one) for one in wheel.entry_points if one.is_script}
    return bool(programs) and programs <= set(subjects)


def _findings(clues: Clues, loaded: Loaded, installed: Installed) -> Iterator[Finding]:
    same = [*broken_with_imports(clues.wheel, loaded)]
    if same:
        names = f"{len(same)} entry points" if same[1:] else _subject(same[0])
        why = "The import of its module fails; `imports` says why."
        yield Finding(names, Outcome.SKIPPED, why)
    for entry_point in usable_entry_points(clues.wheel, installed.extras):
        answer = loaded.of("entry point", entry_point.value)
        if answer is not None and entry_point not in same:
            yield _judge(entry_point, answer, clues, installed)


def _subject(entry_point: EntryPoint) -> str:
    return f"{entry_point.group}:{entry_point.name}"


def _judge(entry_point: EntryPoint, answer: Answer, clues: Clues, installed: Installed) -> Finding:
    subject = _subject(entry_point)
    # The process also loads other entry points, so only a missing answer concerns this one.
    if answer.said is None:
        early = ended_early(answer, f"loading `{entry_point.value}`")
        if early is not None:
            return replace(early, subject=subject)
    if answer.error is not None:
        return _failed_load(clues, entry_point, answer.error)
    if entry_point.is_script:
        return _judge_script(entry_point, answer.said or {}, installed)
    return Finding(subject, Outcome.PASSED)


def _judge_script(
    entry_point: EntryPoint, said: Mapping[str, Any], installed: Installed
) -> Finding:
    subject, value = _subject(entry_point), entry_point.value
    suffix = ".exe" if sys.platform == "win32" else ""
    demands = said.get("demands", [])
    if not said.get("callable"):
        return _failed(subject, f"`{value}` is a {said.get('type')}, which cannot be called.")
    if f"{entry_point.name}{suffix}" not in installed.programs:
        return _failed(subject, f"The installer made no program `{entry_point.name}`.")
    if said.get("coroutine"):
        return _failed(
            subject,
            f"`{value}` is a coroutine function, and the program does not await it, so nothing"
            " runs.",
        )
    if demands:
        message = (
            f"`{value}` requires {', '.join(demands)}, but the program calls it without arguments."
        )
        return replace(_failed(subject, message), outcome=Outcome.WARNED)
    return Finding(subject, Outcome.PASSED)


def _failed(subject: str, message: str) -> Finding:
    return Finding(
        subject,
        Outcome.FAILED,
        message,
        "Fix the entry point in the project's metadata, or what it names.",
    )


def _failed_load(clues: Clues, entry_point: EntryPoint, error: Mapping[str, Any]) -> Finding:
    message = f"`{entry_point.value}` does not load: {exception_text(clues, error)}"
    output = own_lines(clues.wheel, clues.facts, error)
    details = exception_lines(clues.facts, error)
    if not entry_point.is_script and _names_a_file(clues.wheel, entry_point):
        note = f"Its value names a file of the wheel: {clean_text(entry_point.value)}"
        return Finding(_subject(entry_point), Outcome.PASSED, note)
    if not entry_point.is_script and _is_for_a_host(clues.wheel, error):
        return Finding(
            _subject(entry_point),
            Outcome.WARNED,
            f"{message} (it may need its host).",
            output=output,
            details=details,
        )
    missing = error.get("missing") or ""
    own = missing.partition(".")[0] in clues.wheel.top_level_names
    if error["type"] == "ModuleNotFoundError" and not own and not entry_point.is_script:
        return Finding(
            _subject(entry_point), Outcome.WARNED, f"{message} (its host `{missing}` is absent)."
        )
    result = replace(_failed(_subject(entry_point), message), output=output, details=details)
    # The name of an exception's class is not evidence, because any code may use that name.
    if "missing" not in error:
        return result
    hint = advice_on_import(clues, error)
    return replace(result, hint=hint, settled_by=clues.settled_by)


def _names_a_file(wheel: Wheel, entry_point: EntryPoint) -> bool:
    """Whether a plug-in's value is the path of a file, as ``demo:manifest.yaml`` is."""
    directory = entry_point.module.replace(".", "/")
    return f"{directory}/{entry_point.attribute}" in wheel.names


def _is_for_a_host(wheel: Wheel, error: Mapping[str, Any]) -> bool:
    """Whether a plug-in that does not load only says that its host does not run."""
    if error["type"] == "RuntimeError" and "class_of" not in error:
        return True
    # Such as `django.core.exceptions.ImproperlyConfigured`; not an error of its own.
    owner = str(error.get("class_of", "")).partition(".")[0]
    is_import = "missing" in error
    is_foreign = owner not in {"", "builtins", "importlib"} and owner not in wheel.top_level_names
    return is_foreign and not is_import
