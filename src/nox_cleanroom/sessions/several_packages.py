"""What sessions test for several packages of a commit."""

from __future__ import annotations

from collections.abc import Sequence

import nox

from nox_cleanroom.config.options import Options
from nox_cleanroom.errors import Code, UsageError
from nox_cleanroom.results import merge
from nox_cleanroom.runs.matrix import matrix_of
from nox_cleanroom.runs.packages import chosen_packages, parts_of
from nox_cleanroom.runs.run import OpenRun
from nox_cleanroom.runs.siblings import run_of_package
from nox_cleanroom.sessions import run_request
from nox_cleanroom.sessions.reporting import Report


def test_packages(
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
        raise none_supports(pythons)
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


def none_supports(pythons: Sequence[str] | None) -> UsageError:
    """The error for Pythons that no package supports."""
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
