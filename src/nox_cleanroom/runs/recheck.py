"""Checking a run again from its evidence, without an environment and without a checkout."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from nox_cleanroom.checks.registry import run_checks, value_types
from nox_cleanroom.checks.waivers import waive
from nox_cleanroom.findings import Finding
from nox_cleanroom.reports.evidence_reading import read_evidence
from nox_cleanroom.results import Run


def recheck(path: Path) -> Run:
    """The run in a file of evidence, with the present findings of all checks.

    Raises:
        UsageError: the file is not evidence.
    """
    return Recheck().run(read_evidence(path, value_types()))


class Recheck:
    """Checks runs again; cells with the very same values are checked once."""

    def __init__(self) -> None:
        #: The findings, by the identities of the values; and the values, which must stay theirs.
        self._known: dict[tuple[tuple[str, int], ...], tuple[Mapping[str, object], list[Finding]]]
        self._known = {}

    def run(self, run: Run) -> Run:
        """The run with the present findings of all checks."""
        return replace(
            run,
            cells=tuple(
                replace(cell, findings=waive(self._findings(cell.values), run.waivers))
                for cell in run.cells
            ),
        )

    def _findings(self, values: Mapping[str, object]) -> list[Finding]:
        key = tuple((name, id(value)) for name, value in values.items())
        if key not in self._known:
            self._known[key] = values, run_checks(values)
        return self._known[key][1]
