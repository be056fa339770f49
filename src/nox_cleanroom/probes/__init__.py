"""The questions that are put to every installation; an open set, one file a probe.

A new probe is a module with a function of the shape of `subject.Probe`, and a line here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from nox_cleanroom.config import Waiver
from nox_cleanroom.errors import CleanroomError, InterruptedRunError
from nox_cleanroom.installation import Installation
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
from nox_cleanroom.results import Outcome, ProbeResult

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

    A probe that cannot ask is an ERROR of its own and keeps no other from asking.
    """
    for name, probe in DEFAULT_PROBES.items():
        try:
            yield from probe(installation)
        except InterruptedRunError:
            raise
        except CleanroomError as error:
            yield ProbeResult(
                probe=name,
                subject="probe",
                outcome=Outcome.ERROR,
                message=error.message,
                hint=error.hint,
                output=error.output,
                code=error.code,
            )


def waive(result: ProbeResult, waivers: tuple[Waiver, ...]) -> ProbeResult:
    """The result, with the reason for which the project accepts it, if it does."""
    if result.outcome in {Outcome.PASSED, Outcome.SKIPPED}:
        return result
    for waiver in waivers:
        if waiver.covers(result.probe, result.subject):
            return replace(result, waived=waiver.reason)
    return result
