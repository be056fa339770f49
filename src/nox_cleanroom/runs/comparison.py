"""Comparing the wheel from the tree with the wheel from the source distribution."""

from __future__ import annotations

from nox_cleanroom.probes.builds import Builds, BuiltWheel
from nox_cleanroom.runs.cell import RunningCell
from nox_cleanroom.runs.wheels import Wheels


def compare_with_sdist(cell: RunningCell, wheels: Wheels) -> bool:
    """Check in a cell whether the source distribution builds the same wheel.

    Args:
        cell: a cell that has tested a wheel; it receives the findings.
        wheels: the commit's wheels.

    Returns:
        Whether the other wheel needs a test of its own: there is one, and it has other files.
    """
    tested = cell.stored
    if tested is None:
        return False
    with cell.noting_problems():
        is_from_sdist = cell.variant.artifact == "sdist"
        other = wheels.take("wheel" if is_from_sdist else "sdist", cell)
        tree, from_sdist = (other, tested) if is_from_sdist else (tested, other)
        cell.remarks = other.remarks
        cell.values["builds"] = Builds(
            from_tree=BuiltWheel.of(tree), from_sdist=BuiltWheel.of(from_sdist)
        )
        can_rebuild = cell.run.given is None
        rebuilt = {"rebuilt": lambda: BuiltWheel.of(wheels.rebuild(from_sdist, "wheel", cell))}
        cell.check(rebuilt if can_rebuild else {})
    builds = cell.values.get("builds")
    # There are none where the other wheel could not be built.
    return isinstance(builds, Builds) and not builds.install_the_same
