"""Many cells side by side: the only home of threads, and of what is asked of a run as a whole."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from functools import partial

from nox_cleanroom.errors import InterpreterMissingError
from nox_cleanroom.processes import supervision
from nox_cleanroom.results import Cell
from nox_cleanroom.runs.cell import RunningCell
from nox_cleanroom.runs.comparison import compare_with_sdist
from nox_cleanroom.runs.run import OpenRun
from nox_cleanroom.runs.smoke import smoke
from nox_cleanroom.runs.wheels import Wheels


def matrix(run: OpenRun, pythons: Sequence[str]) -> tuple[list[Cell], list[str]]:
    """Test the wheel on every interpreter, in every way that the settings ask for, side by side.

    How many steps run at once is bounded (see `Steps`); a cell that waits for a wheel runs none.

    Args:
        run: the run.
        pythons: the interpreters, such as ``["3.11", "3.12"]``.

    Returns:
        The cells in the order of `pythons`, and the Pythons that are missing here.

    Raises:
        InterruptedRunError: the run is being ended.
    """
    cells = [
        RunningCell.start(run, python, variant) for python in pythons for variant in run.variants
    ]
    wheels, builds_ahead = Wheels(run), cells[0] if run.compares_sdist else None
    with _threads(len(cells) + 1) as threads:
        # What goes wrong there is told when the wheels are compared.
        build_sdist = partial(threads.submit, wheels.take, "sdist", cells[0])
        tests = [
            threads.submit(_test, cell, wheels, build_sdist if cell is builds_ahead else None)
            for cell in cells
        ]
        tested = [cell for cell, test in zip(cells, tests, strict=True) if test.result()]
    if run.compares_sdist:
        _compare_once(tested, wheels)
    missing = dict.fromkeys(cell.python for cell in cells if cell not in tested)
    return [cell.record() for cell in tested], list(missing)


def _test(cell: RunningCell, wheels: Wheels, meanwhile: Callable[[], object] | None) -> bool:
    """Test in a cell; False when its interpreter is missing."""
    try:
        smoke(cell, wheels, meanwhile=meanwhile)
    except InterpreterMissingError:
        return False
    return True


def _compare_once(cells: Sequence[RunningCell], wheels: Wheels) -> None:
    """Compare the wheel with that of the source distribution, in the first cell that tested it."""
    for cell in cells:
        if cell.stored and cell.variant == cell.run.variants[0] and not cell.is_skipped:
            compare_with_sdist(cell, wheels)
            return


@contextlib.contextmanager
def _threads(number: int) -> Iterator[Executor]:
    """Threads to work in; when the block ends, none of them works any more."""
    threads = ThreadPoolExecutor(number)
    try:
        yield threads
    except BaseException:
        # Whatever it is, nothing of ours may go on behind it.
        supervision.stop_all()
        raise
    finally:
        # Nothing is cancelled: what has not begun fails at once, and whoever waits for it wakes up.
        threads.shutdown()
