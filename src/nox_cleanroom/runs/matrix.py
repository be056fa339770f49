"""The wheel of a commit, installed in fresh environments and probed: on one interpreter, or on all.

No nox and no printing here: environments and progress come in as parameters.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor

from nox_cleanroom.build.builders import Builders
from nox_cleanroom.errors import InterpreterMissingError, InterruptedRunError, unforeseen
from nox_cleanroom.processes import supervision
from nox_cleanroom.results import Cell, Outcome, Problem
from nox_cleanroom.runs.cell import Bench, Environments, Place, SdistQuestion
from nox_cleanroom.runs.run import Job
from nox_cleanroom.runs.turns import Turn, Turns

#: So many steps run at once: one more than there are processors, for some wait for a disk.
_AT_ONCE = 1 + (os.cpu_count() or 1)

#: So many threads has each cell: for itself, and for what is done beside.
_THREADS = 4


def check_wheel(
    job: Job, place: Place, environments: Environments, *, install_only: bool = False
) -> Cell:
    """The wheel of the commit, installed in a fresh environment and probed.

    Args:
        job: the run.
        place: the interpreter and the way to test on it.
        environments: makes them; raises `InterpreterMissingError`.
        install_only: stop when the wheel is installed and proved.

    Raises:
        InterpreterMissingError: there is no such interpreter here.
        InterruptedRunError: the run is being ended.
    """
    with _workers(_THREADS) as workers:
        turn = Turn(Turns(_AT_ONCE), 0, workers.submit)
        bench = Bench(job, place, environments, _builders(job, environments), turn)
        return _check(bench, install_only=install_only)


def check_matrix(
    job: Job, pythons: Sequence[str], environments: Environments, *, install_only: bool = False
) -> tuple[list[Cell], list[str]]:
    """The wheel on every interpreter, in every way that the settings ask for, side by side.

    Args:
        job: the run.
        pythons: the interpreters, such as ``["3.11", "3.12"]``.
        environments: makes them; raises `InterpreterMissingError`.
        install_only: stop when the wheel is installed and proved.

    Returns:
        The cells in the order of `pythons`, and the Pythons that are missing here.
    """
    places = [
        Place(python=python, variant=variant, suffix=job.request.suffix)
        for python in pythons
        for variant in job.variants
    ]
    usual = [place for place in places if place.variant == job.variants[0]]
    question = SdistQuestion(usual if job.compares_sdist and not install_only else [])
    turns = Turns(_AT_ONCE)
    builders = _builders(job, environments)

    def test(place: Place) -> tuple[Bench, Cell | None]:
        turn = Turn(turns, places.index(place), workers.submit)
        bench = Bench(job, place, environments, builders, turn, question)
        try:
            cell = _check(bench, install_only=install_only)
        except InterpreterMissingError:
            question.pass_on(place)
            return bench, None
        if cell.outcome is Outcome.SKIPPED:
            question.pass_on(place)
        return bench, cell

    # Most threads wait for a wheel or for their turn.
    with _workers(_THREADS * len(places)) as workers:
        tested = list(workers.map(test, places))
        for bench, _ in tested:
            with _noting_problems(bench):
                bench.compare_late()
    results = [None if cell is None else bench.cell() for bench, cell in tested]
    cells = [cell for cell in results if cell is not None]
    lacking = [place.python for place, cell in zip(places, results, strict=True) if cell is None]
    return cells, list(dict.fromkeys(lacking))


def _builders(job: Job, environments: Environments) -> Builders:
    memory = job.home.path / "interpreters"
    return Builders(job.supported, environments.discover, memory, job.request.env)


@contextlib.contextmanager
def _workers(number: int) -> Iterator[Executor]:
    """Threads to work in; when the block ends, none of them works any more."""
    workers = ThreadPoolExecutor(number)
    try:
        yield workers
    except BaseException:
        # Whatever it is, nothing of ours may go on behind it.
        supervision.stop_all()
        raise
    finally:
        # Nothing is cancelled: what has not begun fails at once, and who waits for it wakes up.
        workers.shutdown()


def _check(bench: Bench, *, install_only: bool) -> Cell:
    with _noting_problems(bench):
        bench.test(install_only=install_only)
    return bench.cell()


@contextlib.contextmanager
def _noting_problems(bench: Bench) -> Iterator[None]:
    """A block whose errors end a cell, and no other."""
    try:
        yield
    except (InterpreterMissingError, InterruptedRunError):
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told
        bench.problems.append(Problem.from_error(unforeseen(error)))
