"""Distributions for others: built once, into a directory, before they are tested or uploaded."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from nox_cleanroom.build.distributions import is_distribution, read_distributions
from nox_cleanroom.config.axes import Variant
from nox_cleanroom.errors import UsageError
from nox_cleanroom.runs.cell import RunningCell
from nox_cleanroom.runs.given_wheels import GivenWheels
from nox_cleanroom.runs.run import OpenRun
from nox_cleanroom.runs.wheels import Wheels


def build_into(
    directory: Path, run: OpenRun, pythons: Sequence[str]
) -> tuple[RunningCell, OpenRun]:
    """Build the commit's source distribution, and from it the wheel, as ``python -m build`` does.

    Args:
        directory: where the files go.
        run: the run.
        pythons: the Pythons that may build; the first one on this machine does.

    Returns:
        The cell that has built them, which has a problem if it could not, and the same run, which
        tests these files.

    Raises:
        InterpreterMissingError: no Python is there.
        UsageError: the directory has other distributions, too.
    """
    found = [python for python in pythons if run.environments.pythons.find(python)]
    python = [*found, *pythons][0]
    cell = RunningCell(
        run=run, name="build", python=python, steps=run.steps("build"), variant=Variant()
    )
    with cell.noting_problems():
        cell.make_environment()
        cell.run.source.require_python(cell.facts.version)
        sdist = Wheels(run).build_sdist(cell)
        wheels = GivenWheels(run, read_distributions([str(sdist)]))
        built = (sdist, wheels.take("sdist", cell).path)
    if cell.problems:
        return cell, run
    _require_no_others(directory, [path.name for path in built])
    directory.mkdir(parents=True, exist_ok=True)
    for path in built:
        shutil.copyfile(path, directory / path.name)
    return cell, replace(run, given=read_distributions([str(directory)])).of(run.source)


def _require_no_others(directory: Path, names: Sequence[str]) -> None:
    """Make sure that a directory has no other distributions, which jobs would test, too.

    Raises:
        UsageError: it has.
    """
    files = (path.name for path in directory.rglob("*") if path.is_file())
    others = sorted(one for one in files if is_distribution(one) and one not in names)
    if others:
        raise UsageError(
            f"--dist-dir has other distributions: {', '.join(others[:5])}.",
            hint="Remove them, or name another directory.",
        )
