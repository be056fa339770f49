"""The three sessions: each starts a run for a nox session, and gives nox the verdict."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import nox

from nox_cleanroom.config.options import Options
from nox_cleanroom.config.pythons import settings_of
from nox_cleanroom.errors import Code, InterpreterMissingError, UsageError
from nox_cleanroom.output import clean_text
from nox_cleanroom.reports import jobs
from nox_cleanroom.results import Run, merge
from nox_cleanroom.runs.cell import RunningCell
from nox_cleanroom.runs.clean_check import clean_check as check_in_place
from nox_cleanroom.runs.history import History
from nox_cleanroom.runs.matrix import matrix as test_matrix
from nox_cleanroom.runs.matrix import matrix_of
from nox_cleanroom.runs.packages import chosen_packages, parts_of
from nox_cleanroom.runs.run import OpenRun
from nox_cleanroom.runs.siblings import wheels_of
from nox_cleanroom.runs.smoke import smoke as test_smoke
from nox_cleanroom.sessions import run_request, skipping
from nox_cleanroom.sessions.reporting import (
    Report,
    discard_noxfile_bytecode,
    opened,
    reporting,
)
from nox_cleanroom.sessions.verdict import for_nox, write_evidence
from nox_cleanroom.verdicts import RangeVerdict


def smoke(session: nox.Session, project: str | Path = ".", *, packages: Sequence[str] = ()) -> None:
    """Install HEAD's wheel in a fresh environment and probe it.

    Args:
        session: a session with an environment of its own; one for each interpreter.
        project: the project's directory, relative to the noxfile's.
        packages: the directories of all packages of the repository, relative to the noxfile's, when
            those that the project needs are to come from the same commit.

    Example:
        >>> @nox.session(
        ...     python=nox_cleanroom.supported_pythons(),
        ...     venv_backend=nox_cleanroom.BACKEND,
        ...     download_python="never",
        ...     allow_parallel=True,
        ... )  # doctest: +SKIP
        ... def smoke(session):
        ...     nox_cleanroom.smoke(session)
    """
    python = run_request.python_of(session)
    with reporting(session) as report:
        if report.options.help:
            return
        skipping.require_environment(session)
        try:
            download = run_request.download(session)
            skipping.require_interpreter(python, Path(project), download=download)
            with opened(session, "smoke", project, report, packages) as run:
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
        except InterpreterMissingError as error:
            if skipping.is_error_to_miss(session, python, Path(project)):
                raise
            discard_noxfile_bytecode(session)
            session.skip(for_nox(error.message))


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


def clean_check(
    session: nox.Session, project: str | Path = ".", *, packages: Sequence[str] = ()
) -> None:
    """Build, install and import HEAD in place, and see what that leaves in a checkout.

    Args:
        session: a session; it needs no environment.
        project: the project's directory, relative to the noxfile's.
        packages: see `smoke`.
    """
    with reporting(session) as report:
        if report.options.help:
            return
        pythons = run_request.wanted_pythons(project, report.options)
        with opened(session, "clean_check", project, report, packages) as run:
            report.run = run.finish([check_in_place(run, pythons)], must_test=True)


def matrix(
    session: nox.Session, project: str | Path = ".", *, packages: Sequence[str] = ()
) -> None:
    """Test HEAD's wheel on every supported interpreter at once, and show one grid.

    Args:
        session: a session; it needs no environment, and should not be a default one.
        project: the project's directory, relative to the noxfile's.
        packages: see `smoke`.
    """
    with reporting(session) as report:
        if report.options.help:
            return
        options = report.options
        if options.emit is not None and options.all_packages:
            raise UsageError(
                "--emit lists the jobs of one package.", hint="Leave out --all-packages."
            )
        # Each package has its own.
        pythons = [] if options.all_packages else run_request.wanted_pythons(project, options)
        if options.emit is not None:
            _emit(session, project, pythons, options)
            return
        with opened(session, "matrix", project, report, packages) as run:
            if options.all_packages:
                _test_packages(session, run, report, options.pythons)
                return
            cells, missing = test_matrix(run, pythons)
            report.run = run.finish(
                cells,
                missing=tuple(missing),
                missing_is_error=run_request.config(session).error_on_missing_interpreters
                or len(missing) == len(pythons)
                or report.options.pythons is not None,
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
    parts = [part for part in parts_of(run, chosen, pythons) if part.pythons]
    if not any(part.is_tested for part in parts):
        raise UsageError(
            f"No package supports Python {', '.join(pythons or ())}.",
            hint="Choose others with --pythons.",
            code=Code.EMPTY_MATRIX,
        )
    tested = [part for part in parts if part.is_tested]
    results = matrix_of(parts)
    is_error = (
        run_request.config(session).error_on_missing_interpreters
        or options.pythons is not None
        or not any(cells for cells, _ in results)
    )
    report.parts = [
        part.run.finish(cells, missing=tuple(missing), missing_is_error=is_error)
        for part, (cells, missing) in zip(tested, results, strict=True)
    ]
    report.run = merge(report.parts)


def _emit(
    session: nox.Session, project: str | Path, pythons: Sequence[str], options: Options
) -> None:
    settings = settings_of(Path(project))
    cells = jobs.jobs_of(
        pythons,
        settings.variants(options),
        usual=settings.variants(Options())[0],
        suffix=run_request.suffix(session, "matrix"),
        may_fail=[one for one in settings.may_fail if one not in (options.pythons or ())],
    )
    text = jobs.EMITTERS[options.emit or "json"](cells)
    print(text, flush=True)  # noqa: T201 - the only thing on standard output
    output = os.environ.get("GITHUB_OUTPUT")
    if output and options.emit == "github":
        try:
            jobs.append_output(text, Path(output))
        except OSError as error:
            raise UsageError(f"GITHUB_OUTPUT cannot be written to: {error}.") from None
        session.log(f"appended to {output}")
