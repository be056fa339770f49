"""The jobs of a matrix, listed for CI."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import nox

from nox_cleanroom.config.options import STAGED, WORKING_TREE, Options
from nox_cleanroom.errors import CleanroomError, Code, UsageError
from nox_cleanroom.reports import jobs
from nox_cleanroom.runs.packages import chosen_packages
from nox_cleanroom.runs.run import OpenRun
from nox_cleanroom.runs.siblings import run_of_package
from nox_cleanroom.sessions.several_packages import none_supports


def emit(session: nox.Session, run: OpenRun, pythons: Sequence[str]) -> None:
    """Print the jobs for CI, and give them to the jobs that follow."""
    options = run.request.options
    if options.rev in {STAGED, WORKING_TREE}:
        raise UsageError("Jobs test commits.", hint="Commit, and leave out the other option.")
    if options.all_packages:
        chosen = chosen_packages(run)
        parts = ((one, run_of_package(run, one)) for one in chosen)
        cells = [job for name, one in parts for job in _jobs(session, one, _wanted(one), name)]
        if chosen and not cells:
            raise none_supports(options.pythons)
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
