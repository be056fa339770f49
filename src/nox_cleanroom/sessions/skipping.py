"""Whether a smoke session that has nothing to test may be skipped, or must fail.

Each session finds that out for itself, for under ``nox -j`` none knows what became of the others.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import nox
from packaging.specifiers import InvalidSpecifier, SpecifierSet

from nox_cleanroom.config.pythons import requires_python
from nox_cleanroom.environments import venvs
from nox_cleanroom.errors import CleanroomError, Code
from nox_cleanroom.processes import process, supervision
from nox_cleanroom.results import Cell
from nox_cleanroom.sessions.selection import Selection


def is_error_to_miss(session: nox.Session, python: str, project: Path) -> bool:
    """Whether it is an error that a session's interpreter is missing.

    It is when the session was named with its Python, or nox was told so.

    Args:
        session: the session.
        python: its Python, such as ``3.14``.
        project: the project's directory.

    Raises:
        CleanroomError: `NOTHING_TESTED`: nothing else can be tested either.
    """
    config = session._runner.global_config  # noqa: SLF001 - pinned by a test
    if Selection.of(session).is_named or config.error_on_missing_interpreters:
        return True
    stated = None
    with contextlib.suppress(Exception):
        stated = requires_python(project)
    # What had been started for this interpreter has ended.
    supervision.allow_starts()
    if not can_test_another(session, stated, than=python):
        raise CleanroomError(
            f"Python {python} is not on this machine, nor can any other be tested that was asked"
            " for.",
            hint="Install one that the project supports.",
            code=Code.NOTHING_TESTED,
        )
    return False


def can_test_another(session: nox.Session, stated: SpecifierSet | None, *, than: str) -> bool:
    """Whether another session of this name that nox was asked for has something to test.

    Args:
        session: the session at hand.
        stated: what is required of Python; None when that is not known.
        than: the Python of the session at hand.
    """
    for python in Selection.of(session).pythons:
        found = venvs.find(python) if python != than else None
        if found is None:
            continue
        if stated is None or stated.contains(_version(found), prereleases=True):
            return True
    return False


def stated_by(cell: Cell) -> SpecifierSet | None:
    """What a cell has found out about the Pythons that are required; None when that is nothing."""
    stated = [cell.wheel.requires_python] if cell.wheel is not None else []
    stated += [problem.requires_python for problem in cell.problems if problem.requires_python]
    with contextlib.suppress(InvalidSpecifier):
        return SpecifierSet(stated[-1]) if stated else None
    return None


def _version(interpreter: str) -> str:
    asked = [interpreter, "-I", "-c", "import platform; print(platform.python_version())"]
    done = process.run(asked, cwd=os.path.dirname(interpreter) or ".", env=dict(os.environ))
    return done.output.strip() or "0"
