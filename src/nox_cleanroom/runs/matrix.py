"""Many cells side by side, and the check of the run as a whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from nox_cleanroom.errors import InterpreterMissingError
from nox_cleanroom.results import Cell
from nox_cleanroom.runs.cell import RunningCell
from nox_cleanroom.runs.comparison import compare_with_sdist
from nox_cleanroom.runs.given_wheels import GivenWheels, wheels_of
from nox_cleanroom.runs.run import OpenRun
from nox_cleanroom.runs.smoke import smoke
from nox_cleanroom.runs.threads import threads
from nox_cleanroom.runs.wheels import Wheels


def matrix(run: OpenRun, pythons: Sequence[str]) -> tuple[list[Cell], list[str]]:
    """Test the wheel on every interpreter, in every way that the settings request, side by side.

    The number of simultaneous steps is limited (see `Steps`). A cell that waits for a wheel runs no
    step.

    Args:
        run: the run.
        pythons: the interpreters, such as ``["3.11", "3.12"]``.

    Returns:
        The cells in the order of `pythons`, and the Pythons that this machine lacks.

    Raises:
        InterruptedRunError: the run is being ended.
    """
    cells = [
        RunningCell.start(run, python, variant) for python in pythons for variant in run.variants
    ]
    wheels, builds_ahead = wheels_of(run), cells[0] if run.compares_sdist else None
    with threads(len(cells) + 1) as workers:
        # The comparison of the wheels reports a failure of this build.
        build_sdist = partial(workers.submit, wheels.take, "sdist", cells[0])
        tests = [
            workers.submit(_test, cell, wheels, build_sdist if cell is builds_ahead else None)
            for cell in cells
        ]
        tested = [cell for cell, test in zip(cells, tests, strict=True) if test.result()]
    missing = dict.fromkeys(cell.python for cell in cells if cell not in tested)
    if run.compares_sdist:
        tested += _test_sdist_once(tested, wheels)
    if isinstance(wheels, GivenWheels):
        tested += wheels.only_read(tested)
    return [cell.record() for cell in tested], list(missing)


def _test(cell: RunningCell, wheels: Wheels, meanwhile: Callable[[], object] | None) -> bool:
    """Test in a cell; False when its interpreter is missing."""
    try:
        smoke(cell, wheels, meanwhile=meanwhile)
    except InterpreterMissingError:
        return False
    return True


def _test_sdist_once(cells: Sequence[RunningCell], wheels: Wheels) -> list[RunningCell]:
    """Compare the wheel with that of the source distribution, in the first cell that tested it.

    Where the two differ, a further cell tests the other: it may not work at all. One with the same
    files needs no test of its own.
    """
    for cell in cells:
        is_of_tree = cell.stored is not None and cell.stored.provenance.artifact == "wheel"
        if is_of_tree and cell.variant == cell.run.variants[0] and not cell.is_skipped:
            if not compare_with_sdist(cell, wheels):
                return []
            variant = replace(cell.variant, artifact="sdist")
            other = RunningCell.start(cell.run, cell.python, variant)
            smoke(other, wheels, compares=False)
            return [other]
    return []
