"""Checking a run again from its evidence, without an environment and without a checkout."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from nox_cleanroom.checks.registry import run_checks, value_types
from nox_cleanroom.checks.waivers import waive
from nox_cleanroom.reports.evidence import read_evidence
from nox_cleanroom.results import Cell, Run


def recheck(path: Path) -> Run:
    """The run in a file of evidence, with the present findings of all checks.

    Raises:
        UsageError: the file is not evidence.
    """
    return check_again(read_evidence(path, value_types()))


def check_again(run: Run) -> Run:
    """A run with the present findings of all checks."""
    return replace(run, cells=tuple(_recheck(cell, run) for cell in run.cells))


def _recheck(cell: Cell, run: Run) -> Cell:
    return replace(cell, findings=waive(run_checks(cell.values), run.waivers))
