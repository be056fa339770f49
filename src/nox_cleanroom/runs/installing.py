"""Installing a wheel into the environment of a cell, and the proof that it is installed."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from nox_cleanroom.build.project import directory_of_project
from nox_cleanroom.build.source_tree import require_admitted
from nox_cleanroom.build.wheelhouse import StoredWheel
from nox_cleanroom.environments.installing import install_wheel, known_extras, prove_identity
from nox_cleanroom.errors import InstallError
from nox_cleanroom.probes.installation import Installation
from nox_cleanroom.runs.cell import RunningCell
from nox_cleanroom.runs.run import OpenRun


def install(
    cell: RunningCell, stored: StoredWheel, *, more: Sequence[str] = (), cwd: Path | None = None
) -> Installation:
    """Install a wheel into the environment of a cell, and verify it file by file.

    Args:
        cell: the cell.
        stored: the wheel.
        more: what to install besides, as the installer reads it.
        cwd: the directory in which relative paths of `more` start; None for a neutral one.

    Raises:
        CleanroomError: the wheel excludes the interpreter, cannot be installed, lacks an extra, or
            is not what is installed then.
    """
    with contextlib.suppress(InvalidSpecifier):
        stated = SpecifierSet(stored.wheel.metadata.get("requires_python", ""))
        require_admitted(stated, cell.facts.version)
    installation = Installation(
        wheel=stored.wheel,
        path=stored.path,
        environment=cell.environment,
        facts=cell.facts,
        extras=known_extras(stored.wheel, cell.variant.extras),
        settings=cell.run.source.settings,
        steps=cell.steps,
        outer_env=cell.run.request.env,
        bytecode=cell.run.bytecode,
    )
    install_in(installation, cell, more=more, cwd=cwd)
    return installation


def install_in(
    installation: Installation,
    cell: RunningCell,
    *,
    more: Sequence[str] = (),
    cwd: Path | None = None,
) -> None:
    """Install the wheel of an installation, and verify it file by file; see `install`."""
    with _naming_siblings(cell.run), cell.run.bytecode.lent(installation.facts):
        install_wheel(
            installation.wheel,
            installation.path,
            installation.environment,
            installation.steps,
            extras=installation.extras,
            lowest_on=installation.facts if cell.variant.resolution == "lowest-direct" else None,
            options=(*cell.install_options, *more),
            cwd=cwd,
        )
    with cell.steps.action("prove identity"):
        prove_identity(installation.wheel, installation.facts)


@contextlib.contextmanager
def _naming_siblings(run: OpenRun) -> Iterator[None]:
    """A block in which a requirement that no index has may be a project of the same commit."""
    try:
        yield
    except InstallError as error:
        source = run.source
        found = error.absent and directory_of_project(source.checkout, source.commit, error.absent)
        if found in run.packages:
            error.hint = f"`{error.absent}` is the package in {found}, which excludes this Python."
        elif found:
            error.hint = (
                f"`{error.absent}` is the project in {found} of this commit: test them together"
                " with `--all-packages`, or build its wheel into a directory, and name that with"
                " `--find-links DIRECTORY`."
            )
        raise
