"""The other packages of a commit, whose wheels a package is installed with."""

from __future__ import annotations

from dataclasses import replace

from nox_cleanroom.build.packages import needed_by
from nox_cleanroom.build.source_tree import Source
from nox_cleanroom.build.wheelhouse import StoredWheel
from nox_cleanroom.config.axes import Artifact
from nox_cleanroom.config.packages import suffix_of
from nox_cleanroom.environments.installer_commands import constraints_options
from nox_cleanroom.runs.cell import RunningCell
from nox_cleanroom.runs.given_wheels import GivenWheels
from nox_cleanroom.runs.run import OpenRun
from nox_cleanroom.runs.wheels import Wheels


def wheels_of(run: OpenRun) -> Wheels:
    """The wheels that a run tests: those that it was given, or those of its commit."""
    if run.given is not None:
        return GivenWheels(run, run.given)
    return PackageWheels(run) if run.packages else Wheels(run)


class PackageWheels(Wheels):
    """The wheels of one package, which is installed with those of its siblings."""

    def take(self, artifact: Artifact, cell: RunningCell) -> StoredWheel:
        """A copy of the commit's wheel, when there are those of its siblings; see `Wheels.take`."""
        stored = super().take(artifact, cell)
        if artifact == cell.variant.artifact and cell.stored is None:
            take_siblings(cell)
        return stored


def take_siblings(cell: RunningCell) -> None:
    """Build the wheels of the packages that a cell's project may need, for its installer.

    Raises:
        CleanroomError: one of them could not be built.
    """
    run, found = cell.run, list[StoredWheel]()
    source = run.source
    for one in needed_by(source.checkout, source.commit, run.packages, [source.project]):
        other = run if one == source.project else run_of_package(run, one)
        if other is run or cell.python not in other.source.supported:
            continue
        helper = RunningCell(
            run=other,
            name=cell.name,
            python=cell.python,
            steps=cell.steps,
            variant=other.variants[0],
        )
        helper.use(cell.environment)
        found.append(Wheels(other).take(helper.variant.artifact, helper))
    use_siblings(cell, found)


def use_siblings(cell: RunningCell, wheels: list[StoredWheel]) -> None:
    """Let the installer of a cell take these wheels, where it needs them, and no others."""
    lines = [
        f"{one.wheel.name} @ {one.path.as_uri()}"
        for one in wheels
        if one.wheel.serves(cell.facts.tags)
    ]
    cell.sibling_options = tuple(constraints_options(lines, cell.steps.directory("siblings")))


def run_of_package(run: OpenRun, package: str) -> OpenRun:
    """The same run, of another package.

    Args:
        run: the run.
        package: its directory, relative to the top level.
    """
    source, root = run.source, run.source.checkout.root
    request = replace(run.request, project=root / package, suffix=suffix_of(package, run.packages))
    read = Source.read(
        source.checkout, source.commit, package, timeout_seconds=source.timeout_seconds
    )
    return replace(run, request=request).of(read)
