"""What sessions test in an open run."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import nox

from nox_cleanroom.config.options import STAGED, WORKING_TREE, Options
from nox_cleanroom.errors import CleanroomError, Code, UsageError
from nox_cleanroom.findings import Problem
from nox_cleanroom.output import clean_text
from nox_cleanroom.reports import jobs
from nox_cleanroom.results import Run, Step, merge
from nox_cleanroom.runs.cell import RunningCell
from nox_cleanroom.runs.clean_check import clean_check as check_in_place
from nox_cleanroom.runs.dist_dir import build_into
from nox_cleanroom.runs.history import History
from nox_cleanroom.runs.matrix import matrix as test_matrix
from nox_cleanroom.runs.matrix import matrix_of
from nox_cleanroom.runs.packages import chosen_packages, parts_of
from nox_cleanroom.runs.run import OpenRun
from nox_cleanroom.runs.siblings import run_of_package, wheels_of
from nox_cleanroom.runs.smoke import smoke as test_smoke
from nox_cleanroom.sessions import run_request, skipping
from nox_cleanroom.sessions.reporting import Report
from nox_cleanroom.sessions.verdict import write_evidence
from nox_cleanroom.verdicts import RangeVerdict


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
        report.run = _test_range(session, run, python)
        return
    if report.options.all_packages:
        _test_packages(session, run, report, [python])
        return
    cell = RunningCell.start(run, python, run.variants[0])
    test_smoke(cell, wheels_of(run))
    must_test = cell.is_skipped and not skipping.can_test_another(
        session, run.request.project, skipping.stated_by(cell.record()), than=python
    )
    report.run = run.finish([cell.record()], must_test=must_test)


def _test_range(session: nox.Session, run: OpenRun, python: str) -> RangeVerdict:
    """Test the commits of a range, or find the first bad one."""
    options = run.request.options

    def announce(words: str) -> None:
        session.log(clean_text(words))

    def keep(record: Run) -> None:
        write_evidence(session, record, options)

    history = History(run=run, python=python, announce=announce, keep=keep)
    suspects = None
    if options.bisect:
        suspects = history.find_first_bad()
    else:
        stops = bool(run_request.config(session).stop_on_first_error)
        history.test_all(stops_at_first=stops)
    return history.record(suspects)


def clean_check(run: OpenRun, report: Report, pythons: Sequence[str]) -> None:
    """Build, install and import in place; see `smoke`."""
    report.run = run.finish([check_in_place(run, pythons)], must_test=True)


def matrix(session: nox.Session, run: OpenRun, report: Report, pythons: Sequence[str]) -> None:
    """Test on several Pythons at once, or list the jobs that do; see `smoke`."""
    options = report.options
    if options.dist_dir is not None:
        built, given = build_into(options.dist_dir, run, pythons)
        if built.problems and options.emit is not None:
            # Standard output is for the jobs.
            raise _error_of(built.problems[0])
        if built.problems:
            report.run = run.finish([built.record()])
        elif options.emit is not None:
            _emit(session, given, pythons)
        else:
            report.run = _tested(session, given, pythons, built.record().steps)
    elif options.emit is not None:
        _emit(session, run, pythons)
    elif options.all_packages:
        _test_packages(session, run, report, options.pythons)
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
    cells, missing = test_matrix(run, pythons)
    if cells:
        cells[0] = replace(cells[0], steps=(*before, *cells[0].steps))
    return run.finish(
        cells,
        missing=tuple(missing),
        missing_is_error=run_request.config(session).error_on_missing_interpreters
        or len(missing) == len(pythons)
        or run.request.options.pythons is not None,
    )


def _test_packages(
    session: nox.Session, run: OpenRun, report: Report, pythons: Sequence[str] | None
) -> None:
    """Test several packages of a commit, each with the wheels of the others.

    Raises:
        UsageError: no package supports one of the Pythons.
    """
    options = report.options
    chosen = chosen_packages(run)
    if not chosen:
        session.log(f"nothing to test: no package has changed since {options.changed_since}")
        return
    is_smoke = run.request.session == "smoke"
    found = parts_of(run, chosen, pythons, is_one_way=is_smoke)
    parts = [part for part in found if part.pythons]
    if not any(part.is_tested for part in parts):
        raise _none_supports(pythons)
    tested = [part for part in parts if part.is_tested]
    results = matrix_of(parts)
    is_error = (
        run_request.config(session).error_on_missing_interpreters
        or options.pythons is not None
        or not any(cells for cells, _ in results)
    )
    # Other jobs test the others.
    planned = _planned_for_all(run) if options.package else None
    report.parts = [
        part.run.finish(cells, planned=planned, missing=tuple(missing), missing_is_error=is_error)
        for part, (cells, missing) in zip(tested, results, strict=True)
    ]
    report.run = merge(report.parts)


def _none_supports(pythons: Sequence[str] | None) -> UsageError:
    return UsageError(
        f"No package supports Python {', '.join(pythons or ())}.",
        hint="Choose others with --pythons.",
        code=Code.EMPTY_MATRIX,
    )


def _planned_for_all(run: OpenRun) -> dict[str, str]:
    """The cells of all packages, each on its own machines."""
    runs = [run_of_package(run, one) for one in run.packages]
    platforms = {name for one in runs for name in one.source.settings.platforms}
    # A machine that nobody has configured is that of all jobs.
    named = run.request.options.platform
    usual = Options(platform="" if named in platforms else named)
    return {name: python for one in runs for name, python in one.cells_planned(usual).items()}


def _emit(session: nox.Session, run: OpenRun, pythons: Sequence[str]) -> None:
    """Print the jobs for CI, and give them to the jobs that follow."""
    options = run.request.options
    if options.rev in {STAGED, WORKING_TREE}:
        raise UsageError("Jobs test commits.", hint="Commit, and leave out the other option.")
    if options.all_packages:
        chosen = chosen_packages(run)
        parts = ((one, run_of_package(run, one)) for one in chosen)
        cells = [job for name, one in parts for job in _jobs(session, one, _wanted(one), name)]
        if chosen and not cells:
            raise _none_supports(options.pythons)
    else:
        cells = _jobs(session, run, pythons, "")
    text = jobs.EMITTERS[options.emit or "json"](cells)
    try:
        print(text, flush=True)  # noqa: T201 - the only thing on standard output
    except OSError as error:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - until the end
        raise CleanroomError(
            f"The jobs could not be printed: {error.strerror}.", code=Code.NOT_WRITABLE
        ) from None
    output = os.environ.get("GITHUB_OUTPUT")
    if output and options.emit == "github":
        try:
            jobs.append_output(text, Path(output))
        except OSError as error:
            raise UsageError(f"GITHUB_OUTPUT cannot be written to: {error}.") from None
        session.log(f"appended to {output}")


def _wanted(run: OpenRun) -> list[str]:
    named = run.request.options.pythons
    return [one for one in run.source.supported if named is None or one in named]


def _jobs(
    session: nox.Session, run: OpenRun, pythons: Sequence[str], package: str
) -> list[jobs.Job]:
    settings, options = run.source.settings, run.request.options
    dist = [options.dist_dir] if options.dist_dir else options.dist
    return jobs.jobs_of(
        pythons,
        settings.variants_everywhere(options),
        usual=settings.variants(Options())[0],
        suffix=run.request.suffix,
        may_fail=run.may_fail,
        package=package,
        dist=[_from_here(session, path) for path in dist],
        rev="" if options.rev == "HEAD" else run.source.commit.oid,
    )


def _from_here(session: nox.Session, path: str | Path) -> str:
    """A path relative to where the user has started, with slashes, as it is in each job."""
    with contextlib.suppress(ValueError):  # of another drive
        path = os.path.relpath(path, session.invoked_from)
    return Path(path).as_posix()
