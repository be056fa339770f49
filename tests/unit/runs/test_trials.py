"""What fresh clones show of builds that failed."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from nox_cleanroom.build.clone import Trial, Trials
from nox_cleanroom.build.worktree import Worktree
from nox_cleanroom.errors import (
    BuildError,
    CleanroomError,
    Code,
    InterruptedRunError,
    WorktreeError,
)

STEPS = cast("Any", SimpleNamespace(action=lambda name: contextlib.nullcontext()))


@contextlib.contextmanager
def clone() -> Iterator[Worktree]:
    yield Worktree(root=Path("clone"), project=Path("clone/lib"), missing_submodules=())


def no_clone() -> contextlib.AbstractContextManager[Worktree]:
    raise WorktreeError("Git could not make a fresh clone.")


def raising(error: Exception) -> Callable[[Path], str]:
    def build(project: Path) -> str:
        raise error

    return build


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        (BuildError("x"), "the same"),
        (CleanroomError("x", code=Code.NETWORK), "nothing"),
        (CleanroomError("x", code=Code.TIMEOUT), "nothing"),
    ],
)
def test_what_fails_there_too(error: Exception, shown: Any) -> None:
    trial = Trials(clone).of("wheel", "3.11", raising(error), STEPS)
    assert trial == Trial(shown=shown, python="3.11")


def test_what_succeeds_there_is_tried_for_each_cell() -> None:
    trials, built = Trials(clone), list[Path]()

    def build(project: Path) -> str:
        built.append(project)
        return "words"

    for name in ("3.11", "3.12"):
        trial = trials.of("wheel", name, build, STEPS)
        assert trial == Trial(shown="success", python=name, output="words")
    assert built == [Path("clone/lib")] * 2


def test_what_fails_there_is_tried_once() -> None:
    trials = Trials(clone)
    first = trials.of("wheel", "3.11", raising(BuildError("x")), STEPS)
    assert trials.of("wheel", "3.12", raising(AssertionError()), STEPS) == first
    assert trials.of("sdist", "3.12", lambda project: "", STEPS).shown == "success"


def test_without_a_clone_nothing_is_shown() -> None:
    trial = Trials(no_clone).of("wheel", "3.11", raising(AssertionError()), STEPS)
    assert trial == Trial(shown="nothing", python="3.11")


def test_a_run_that_is_being_ended_shows_nothing() -> None:
    with pytest.raises(InterruptedRunError):
        Trials(clone).of("wheel", "3.11", raising(InterruptedRunError("x")), STEPS)
