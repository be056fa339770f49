"""Many cells side by side, and the check of the run as a whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from dataclasses import replace

from nox_cleanroom.errors import InterpreterMissingError
from nox_cleanroom.processes.threads import threads
from nox_cleanroom.records import dataclass
from nox_cleanroom.results import Cell
from nox_cleanroom.runs.cell import RunningCell
from nox_cleanroom.runs.comparison import compare_with_sdist
from nox_cleanroom.runs.given_wheels import GivenWheels
from nox_cleanroom.runs.run import OpenRun
from nox_cleanroom.runs.siblings import wheels_of
from nox_cleanroom.runs.smoke import build, smoke
from nox_cleanroom.runs.wheels import Wheels


@dataclass(frozen=True, kw_only=True)
class Part:
    """A package in a matrix."""

    run: OpenRun
    wheels: Wheels
    #: The interpreters, such as ``["3.11", "3.12"]``.
    pythons: Sequence[str]
    #: Whether it is tested, or only built for others.
    is_tested: bool = True
    #: Whether it is tested in the first way only.
    is_one_way: bool = False


def matrix(run: OpenRun, pythons: Sequence[str]) -> tuple[list[Cell], list[str]]:
    """Test the wheel on every interpreter, in every way that the settings request, side by side.

    Args:
        run: the run.
        pythons: the interpreters, such as ``["3.11", "3.12"]``.

    Returns:
        The cells in the order of `pythons`, and the Pythons that this machine lacks.

    Raises:
        InterruptedRunError: the run is being ended.
    """
    ((cells, missing),) = matrix_of([Part(run=run, wheels=wheels_of(run), pythons=pythons)])
    return cells, missing


def matrix_of(parts: Sequence[Part]) -> list[tuple[list[Cell], list[str]]]:
    """Test several packages side by side; see `matrix`.

    The number of simultaneous steps is limited (see `Steps`). A cell that waits for a wheel runs no
    step.

    Args:
        parts: the packages.

    Returns:
        For each part its cells, and the Pythons that this machine lacks.
    """
    started = [(part, _cells_of(part)) for part in parts]
    with threads(sum(len(cells) + 1 for _, cells in started)) as workers:
        running = [(part, _start(part, cells, workers)) for part, cells in started]
        tested = [
            (part, [cell for cell, test in tests if test.result()]) for part, tests in running
        ]
    return [
        _conclude(part, cells, done)
        for (part, cells), (_, done) in zip(started, tested, strict=True)
        if part.is_tested
    ]


def _cells_of(part: Part) -> list[RunningCell]:
    is_one_way = part.is_one_way or not part.is_tested
    variants = part.run.variants[:1] if is_one_way else part.run.variants
    return [
        RunningCell.start(part.run, python, variant)
        for python in part.pythons
        for variant in variants
    ]


def _start(
    part: Part, cells: Sequence[RunningCell], workers: Executor
) -> list[tuple[RunningCell, Future[bool]]]:
    """Start the cells of a part, of which the first also starts the build of the sdist."""
    builds_ahead = cells[:1] if part.is_tested and part.run.compares_sdist else []

    def build_sdist() -> object:
        # The comparison of the wheels reports a failure of this build.
        return workers.submit(part.wheels.take, "sdist", cells[0])

    return [
        (cell, workers.submit(_test, part, cell, build_sdist if cell in builds_ahead else None))
        for cell in cells
    ]


def _test(part: Part, cell: RunningCell, meanwhile: Callable[[], object] | None) -> bool:
    """Test in a cell; False when its interpreter is missing."""
    try:
        if part.is_tested:
            smoke(cell, part.wheels, meanwhile=meanwhile)
        else:
            build(cell, part.wheels)
    except InterpreterMissingError:
        return False
    finally:
        part.wheels.finish(cell)
    return True


def _conclude(
    part: Part, cells: Sequence[RunningCell], tested: Sequence[RunningCell]
) -> tuple[list[Cell], list[str]]:
    missing = dict.fromkeys(cell.python for cell in cells if cell not in tested)
    tested = [*tested]
    if part.run.compares_sdist:
        tested += _test_sdist_once(tested, part.wheels)
    if isinstance(part.wheels, GivenWheels):
        tested += part.wheels.only_read(tested)
    return [cell.record() for cell in tested], list(missing)


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
