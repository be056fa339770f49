"""The wheel of a commit, installed in fresh environments and probed: on one interpreter, or on all.

No nox and no printing here: environments and progress come in as parameters.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from nox_cleanroom import process
from nox_cleanroom.bench import Aside, Bench, CreateEnvironment, Place, at_once
from nox_cleanroom.errors import CleanroomError, InterpreterMissingError, InterruptedRunError
from nox_cleanroom.job import Job
from nox_cleanroom.results import Cell, Problem
from nox_cleanroom.turns import Turn, Turns


def check_wheel(
    job: Job,
    place: Place,
    create: CreateEnvironment,
    *,
    install_only: bool = False,
    turn: Turn | None = None,
    aside: Aside | None = None,
) -> Cell:
    """The wheel of the commit, installed in a fresh environment and probed.

    Args:
        job: the run.
        place: the interpreter and the way to test on it.
        create: makes an environment; raises `InterpreterMissingError`.
        install_only: stop when the wheel is installed and proved.
        turn: when to work, where several cells are tested side by side.
        aside: has a wheel built that only the comparison needs.

    Raises:
        InterpreterMissingError: there is no such interpreter here.
        InterruptedRunError: the run is being ended.
    """
    bench = Bench(job, place, create, turn or Turn(Turns(1), 0), aside or at_once)
    try:
        bench.test(install_only=install_only)
    except (InterpreterMissingError, InterruptedRunError):
        raise
    except CleanroomError as error:
        bench.problems.append(Problem.from_error(error))
    return bench.cell()


def check_matrix(
    job: Job, pythons: Sequence[str], create: CreateEnvironment, *, install_only: bool = False
) -> tuple[list[Cell], list[str]]:
    """The wheel on every interpreter, in every way that the settings ask for, side by side.

    Args:
        job: the run.
        pythons: the interpreters, such as ``["3.11", "3.12"]``.
        create: makes an environment; raises `InterpreterMissingError`.
        install_only: stop when the wheel is installed and proved.

    Returns:
        The cells in the order of `pythons`, and the Pythons that are missing here.
    """
    places = [
        Place(
            python=python,
            variant=variant,
            compares_sdist=job.compares_sdist and python == pythons[0] and number == 0,
        )
        for python in pythons
        for number, variant in enumerate(job.variants)
    ]

    def test(place: Place) -> Cell | None:
        try:
            return check_wheel(
                job,
                place,
                create,
                install_only=install_only,
                turn=Turn(turns, places.index(place)),
                aside=workers.submit,
            )
        except InterpreterMissingError:
            return None

    # A thread for each, and for what they have done aside: most wait for a wheel or for their
    # turn. As many work as there are processors.
    turns = Turns(max(2, os.cpu_count() or 1))
    workers = ThreadPoolExecutor(max_workers=2 * len(places))
    try:
        results = list(workers.map(test, places))
    except BaseException:
        # Whatever it is, nothing of ours may go on behind it.
        process.stop_all()
        raise
    finally:
        workers.shutdown(cancel_futures=True)
    cells = [cell for cell in results if cell is not None]
    lacking = [place.python for place, cell in zip(places, results, strict=True) if cell is None]
    return cells, list(dict.fromkeys(lacking))
