"""A fault of ours costs one answer, or one cell, and is said to be ours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import pytest

from nox_cleanroom.checks import runner
from nox_cleanroom.errors import Code, InterpreterMissingError, InterruptedRunError
from nox_cleanroom.results import Cell, Outcome, ProbeResult, Problem
from nox_cleanroom.runs import matrix

PASSED = ProbeResult(probe="other", subject="x", outcome=Outcome.PASSED)


def good(_: object) -> Iterator[ProbeResult]:
    yield PASSED


def test_a_probe_that_raises_is_an_error_of_its_own_and_the_others_go_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def bad(_: object) -> Iterator[ProbeResult]:
        yield PASSED
        raise TypeError("issubclass() arg 1 must be a class \udcff")

    monkeypatch.setattr(runner, "DEFAULT_PROBES", {"bad": bad, "good": good})
    first, failed, last = runner.run_probes(cast("Any", None))
    assert (first, last) == (PASSED, PASSED)
    assert (failed.probe, failed.outcome, failed.code) == ("bad", Outcome.ERROR, Code.INTERNAL)
    assert "TypeError: issubclass()" in failed.message
    assert "report" in failed.hint
    assert "in bad" in failed.output


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(1), InterruptedRunError("x")])
def test_whoever_ends_the_run_ends_it(
    monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    def bad(_: object) -> Iterator[ProbeResult]:
        yield PASSED
        raise error

    monkeypatch.setattr(runner, "DEFAULT_PROBES", {"bad": bad, "good": good})
    with pytest.raises(type(error)):
        list(runner.run_probes(cast("Any", None)))


class FakeBench:
    """A cell whose work ends in an exception."""

    def __init__(self, error: BaseException) -> None:
        self.problems: list[Problem] = []
        self._error = error

    def test(self, *, install_only: bool) -> None:
        raise self._error

    def cell(self) -> Cell:
        return Cell(name="smoke-3.11", python="3.11", problems=tuple(self.problems))


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ValueError("x"), Code.INTERNAL),
        (RecursionError("x"), Code.INTERNAL),
        (OSError(28, "No space left on device", "/x"), Code.NO_SPACE),
        (OSError(30, "Read-only file system", "/x"), Code.NOT_WRITABLE),
    ],
)
def test_what_nobody_has_thought_of_ends_one_cell_only(error: Exception, code: Code) -> None:
    cell = matrix._check(cast("Any", FakeBench(error)), install_only=False)
    (problem,) = cell.problems
    assert (problem.code, problem.outcome) == (code, Outcome.ERROR)
    assert "Traceback" in problem.output


@pytest.mark.parametrize(
    "error", [KeyboardInterrupt(), InterruptedRunError("x"), InterpreterMissingError("x")]
)
def test_what_ends_more_than_a_cell_goes_on(error: BaseException) -> None:
    with pytest.raises(type(error)):
        matrix._check(cast("Any", FakeBench(error)), install_only=False)
