"""The questions that are put to every installation; an open set, one file a probe.

A new probe is a module with a function of the shape of `subject.Probe`, and a line here.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from nox_cleanroom.config.settings import Waiver
from nox_cleanroom.environments.installation import Installation
from nox_cleanroom.errors import InterruptedRunError, unforeseen
from nox_cleanroom.output import last_lines
from nox_cleanroom.probes import (
    bytecode,
    commands,
    contents,
    dependencies,
    entry_points,
    import_statements,
    imports,
    metadata,
    own_tests,
    readme,
    record,
)
from nox_cleanroom.probes.subject import Probe
from nox_cleanroom.results import Cell, Outcome, ProbeResult

#: The probes in the order in which they ask, which is the order of the grid's columns.
DEFAULT_PROBES: Mapping[str, Probe] = {
    imports.NAME: imports.probe,
    entry_points.NAME: entry_points.probe,
    import_statements.NAME: import_statements.probe,
    bytecode.NAME: bytecode.probe,
    metadata.NAME: metadata.probe,
    record.NAME: record.probe,
    contents.NAME: contents.probe,
    readme.NAME: readme.probe,
    dependencies.NAME: dependencies.probe,
    commands.NAME: commands.probe,
    own_tests.NAME: own_tests.probe,
}


def run_probes(installation: Installation) -> Iterator[ProbeResult]:
    """The results of all probes, in order.

    A probe that cannot ask, or fails by a fault of ours, is an ERROR of its own and keeps no
    other from asking.
    """
    for name, probe in DEFAULT_PROBES.items():
        try:
            yield from probe(installation)
        except InterruptedRunError:
            raise
        except Exception as raised:  # noqa: BLE001 - whatever it is, it is told
            error = unforeseen(raised)
            yield ProbeResult(
                probe=name,
                subject="probe",
                outcome=Outcome.ERROR,
                message=error.message,
                hint=error.hint,
                output=last_lines(error.output, 25),
                code=error.code,
            )


def waive(result: ProbeResult, waivers: tuple[Waiver, ...]) -> ProbeResult:
    """The result, with the reason for which the project accepts it, if it does."""
    if not _can_be_waived(result):
        return result
    for waiver in waivers:
        if waiver.covers(result.probe, result.subject):
            return replace(result, waived=waiver.reason)
    return result


def unused_waivers(
    waivers: Sequence[Waiver], cells: Sequence[Cell], known: Collection[str]
) -> list[str]:
    """The patterns of waivers that covered nothing although what they name was asked.

    One for a probe of another session may well be right, and so may one in a run that ended
    before all was asked. One that names no probe at all is misspelt, whatever was asked.

    Args:
        waivers: what the project accepts.
        cells: what was found out.
        known: the names of all probes of all sessions.
    """
    results = [result for cell in cells for result in cell.probes]
    came_to_the_end = not any(problem.outcome.is_bad for cell in cells for problem in cell.problems)
    asked = {result.probe for result in results} if came_to_the_end else set()
    findings = [result for result in results if _can_be_waived(result)]
    unused = []
    for waiver in waivers:
        named = {probe for probe in known if _may_name(waiver.pattern, probe)}
        is_used = any(waiver.covers(one.probe, one.subject) for one in findings)
        if not is_used and (not named or named & asked):
            unused.append(waiver.pattern)
    return unused


def _can_be_waived(result: ProbeResult) -> bool:
    return result.outcome not in {Outcome.PASSED, Outcome.SKIPPED}


def _may_name(pattern: str, probe: str) -> bool:
    """Whether a glob may cover something that a probe finds."""
    literal, *wild = re.split(r"[*?\[]", pattern, maxsplit=1)
    begun = bool(wild) and f"{probe}:".startswith(literal)
    return begun or literal == probe or literal.startswith(f"{probe}:")
