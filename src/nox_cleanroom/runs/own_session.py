"""The commit's wheel in the environment of a project's own session."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from nox_cleanroom.build.wheelhouse import StoredWheel
from nox_cleanroom.probes.own_tests import requirements_of_groups
from nox_cleanroom.runs.cell import RunningCell
from nox_cleanroom.runs.installing import install
from nox_cleanroom.runs.siblings import take_siblings
from nox_cleanroom.runs.wheels import Wheels


def install_into(
    cell: RunningCell,
    *,
    requirements: Sequence[str],
    groups: Sequence[str],
    cwd: Path,
    replaces: bool,
) -> StoredWheel:
    """Install the commit's wheel into the environment of a cell, and verify it.

    Args:
        cell: the cell; its environment is that of a session.
        requirements: what to install besides, as the installer reads it.
        groups: dependency groups of the commit's ``pyproject.toml`` (PEP 735).
        cwd: the directory in which relative paths of requirements start.
        replaces: whether the environment may have another wheel of the project.

    Raises:
        CleanroomError: the wheel cannot be built or installed, or is not what is installed then.
    """
    run = cell.run
    run.source.require_python(cell.facts.version)
    stored = Wheels(run).take(cell.variant.artifact, cell)
    if run.packages:
        take_siblings(cell)
    wanted = (*requirements, *requirements_of_groups(run.source.pyproject, groups))
    if replaces:
        # pip does not replace a wheel by another one of the same version.
        cell.steps.run("uninstall", cell.environment.pip_uninstall(stored.wheel.name))
    install(cell, stored, more=wanted, cwd=cwd)
    return stored
