"""What sessions test in an open run.

Modules that only some runs need are loaded by those.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import nox

from nox_cleanroom.errors import CleanroomError
from nox_cleanroom.findings import Problem
from nox_cleanroom.loading import load, load_aside
from nox_cleanroom.results import Run, Step
from nox_cleanroom.runs.cell import RunningCell
from nox_cleanroom.runs.run import OpenRun
from nox_cleanroom.runs.siblings import wheels_of
from nox_cleanroom.runs.smoke import smoke as test_smoke
from nox_cleanroom.sessions import run_request, skipping
from nox_cleanroom.sessions.reporting import Report


def smoke(session: nox.Session, run: OpenRun, report: Report, python: str) -> None:
    """Test on one Python: the commit, each commit of a range, or several packages.

    Args:
        session: the session.
        run: its run.
        report: the report, which gets the record of the run.
        python: the Python.

    Raises:
        InterpreterMissingError: it is not on this machine.
        CleanroomError: the options make no sense here.
    """
    if run.commits:
        report.run = load("sessions.commit_range").test_range(session, run, python)
        return
    if report.options.all_packages:
        load("sessions.several_packages").test_packages(session, run, report, [python])
        return
    cell = RunningCell.start(run, python, run.variants[0])
    # With one cell, this process has nothing to do while one of the cell's does.
    load_aside("checks.registry", cell.steps.begun)
    test_smoke(cell, wheels_of(run))
    must_test = cell.is_skipped and not skipping.can_test_another(
        session, run.request.project, skipping.stated_by(cell.record()), than=python
    )
    report.run = run.finish([cell.record()], must_test=must_test)


def clean_check(run: OpenRun, report: Report, pythons: Sequence[str]) -> None:
    """Build, install and import in place; see `smoke`."""
    cell = load("runs.clean_check").clean_check(run, pythons)
    report.run = run.finish([cell], must_test=True)


def matrix(session: nox.Session, run: OpenRun, report: Report, pythons: Sequence[str]) -> None:
    """Test on several Pythons at once, or list the jobs that do; see `smoke`."""
    options = report.options
    if options.dist_dir is not None:
        built, given = load("runs.dist_dir").build_into(options.dist_dir, run, pythons)
        if built.problems and options.emit is not None:
            # Standard output is for the jobs.
            raise _error_of(built.problems[0])
        if built.problems:
            report.run = run.finish([built.record()])
        elif options.emit is not None:
            load("sessions.emission").emit(session, given, pythons)
        else:
            report.run = _tested(session, given, pythons, built.record().steps)
    elif options.emit is not None:
        load("sessions.emission").emit(session, run, pythons)
    elif options.all_packages:
        load("sessions.several_packages").test_packages(session, run, report, options.pythons)
    else:
        report.run = _tested(session, run, pythons)


def _error_of(problem: Problem) -> CleanroomError:
    return CleanroomError(
        problem.message, hint=problem.hint, output=problem.output, code=problem.code
    )


def _tested(
    session: nox.Session, run: OpenRun, pythons: Sequence[str], before: Sequence[Step] = ()
) -> Run:
    """Test one package on several Pythons; the steps before belong to the first cell."""
    cells, missing = load("runs.matrix").matrix(run, pythons)
    if cells:
        cells[0] = replace(cells[0], steps=(*before, *cells[0].steps))
    return run.finish(
        cells,
        missing=tuple(missing),
        missing_is_error=run_request.config(session).error_on_missing_interpreters
        or len(missing) == len(pythons)
        or run.request.options.pythons is not None,
    )
