"""A fault of ours costs one check, or one cell, and is said to be ours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import pytest

from nox_cleanroom.checks.registry import Check, run_checks
from nox_cleanroom.errors import Code, InterpreterMissingError, InterruptedRunError
from nox_cleanroom.findings import Finding, Outcome, Problem
from nox_cleanroom.runs.cell import RunningCell

PASSED = Finding(check="good", subject="x", outcome=Outcome.PASSED)


def good() -> Iterator[Finding]:
    yield PASSED


def test_a_check_that_raises_is_an_error_of_its_own_and_the_others_run() -> None:
    def bad() -> Iterator[Finding]:
        yield PASSED
        raise TypeError("issubclass() arg 1 must be a class \udcff")

    failed, last = run_checks({}, [Check("bad", bad), Check("good", good)])
    assert last == PASSED
    assert (failed.check, failed.outcome, failed.code) == ("bad", Outcome.ERROR, Code.INTERNAL)
    assert "TypeError: issubclass()" in failed.message
    assert "report" in failed.hint
    assert "in bad" in failed.output


def test_a_check_whose_value_could_not_be_brought_says_why() -> None:
    def needing(*, value: str) -> list[Finding]:
        raise AssertionError(value)

    problem = Problem(code=Code.NETWORK, outcome=Outcome.ERROR, message="No answer.", hint="Retry.")
    (finding,) = run_checks({"value": problem}, [Check("needing", needing)])
    assert (finding.check, finding.outcome, finding.code) == (
        "needing",
        Outcome.ERROR,
        Code.NETWORK,
    )
    assert (finding.message, finding.hint) == ("No answer.", "Retry.")


def test_a_check_for_which_there_is_no_value_does_not_run() -> None:
    def needing(*, value: str) -> list[Finding]:
        raise AssertionError(value)

    assert run_checks({}, [Check("needing", needing), Check("good", good)]) == [PASSED]


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(1), InterruptedRunError("x")])
def test_whoever_ends_the_run_ends_it(error: BaseException) -> None:
    def bad() -> Iterator[Finding]:
        yield PASSED
        raise error

    with pytest.raises(type(error)):
        run_checks({}, [Check("bad", bad), Check("good", good)])


class NoSteps:
    """Steps of a cell that has done none."""

    recorded = ()


def fail(error: Exception) -> None:
    raise error


def cell() -> RunningCell:
    nothing = cast("Any", None)
    return RunningCell(run=nothing, name="smoke-3.11", python="3.11", steps=cast("Any", NoSteps()))


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
    running = cell()
    with running.noting_problems():
        fail(error)
    (problem,) = running.record().problems
    assert (problem.code, problem.outcome) == (code, Outcome.ERROR)
    assert "Traceback" in problem.output


@pytest.mark.parametrize(
    "error", [KeyboardInterrupt(), InterruptedRunError("x"), InterpreterMissingError("x")]
)
def test_what_ends_more_than_a_cell_goes_on(error: BaseException) -> None:
    with pytest.raises(type(error)), cell().noting_problems():
        raise error
