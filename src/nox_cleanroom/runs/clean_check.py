"""Do building, installing, importing and the project's own commands leave a checkout clean?

A scratch worktree stands for the developer's checkout. Every step works there in place, and the
worktree is examined after each step.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

from nox_cleanroom.errors import InterpreterMissingError
from nox_cleanroom.results import Cell
from nox_cleanroom.runs.cell import RunningCell
from nox_cleanroom.runs.in_place import InPlace
from nox_cleanroom.runs.run import OpenRun
from nox_cleanroom.runs.siblings import take_siblings


def clean_check(run: OpenRun, pythons: Sequence[str]) -> Cell:
    """Work in a scratch worktree as a developer does, with the newest Python on this machine.

    Args:
        run: the run.
        pythons: the interpreters that the project supports, oldest first.

    Raises:
        InterpreterMissingError: none of the interpreters is on this machine.
        InterruptedRunError: the run is being ended.
    """
    name = f"clean_check{run.request.suffix}"
    cell = RunningCell(run=run, name=name, python="", steps=run.steps(name))
    _make_newest_environment(cell, pythons)
    with cell.noting_problems(), contextlib.ExitStack() as stack:
        with cell.steps.action("create worktree"):
            tree = stack.enter_context(run.source.worktree(run.workspace))
        run.source.require_python(cell.facts.version, tree)
        if run.packages:
            take_siblings(cell)
        scratch = InPlace(cell=cell, tree=tree)
        try:
            scratch.work()
        finally:
            # Keep what was found before a step failed.
            scratch.bring_values()
            cell.check({})
    return cell.record()


def _make_newest_environment(cell: RunningCell, pythons: Sequence[str]) -> None:
    for python in reversed(pythons):
        cell.python = python
        with contextlib.suppress(InterpreterMissingError):
            cell.make_environment()
            return
    raise InterpreterMissingError(*pythons)
