"""The three sessions: each starts a run for a nox session, and gives nox the verdict.

What is tested in a run is in `testing`, which is loaded when the run is open: then git and uv work.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import nox

from nox_cleanroom.errors import InterpreterMissingError
from nox_cleanroom.loading import load
from nox_cleanroom.sessions import run_request, skipping
from nox_cleanroom.sessions.reporting import discard_noxfile_bytecode, opened, reporting
from nox_cleanroom.sessions.verdict import for_nox


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
            with opened(session, "smoke", project, report, packages, pythons=[python]) as run:
                load("sessions.testing").smoke(session, run, report, python)
        except InterpreterMissingError as error:
            if skipping.is_error_to_miss(session, python, Path(project)):
                raise
            discard_noxfile_bytecode(session)
            session.skip(for_nox(error.message))


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
            load("sessions.testing").clean_check(run, report, pythons)


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
        # Each package has its own.
        pythons = [] if options.all_packages else run_request.wanted_pythons(project, options)
        begun = [] if options.emit else pythons
        with opened(session, "matrix", project, report, packages, pythons=begun) as run:
            load("sessions.testing").matrix(session, run, report, pythons)
