"""How checks get what they need, and what becomes of one that cannot run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from values import Says

from nox_cleanroom.checks.registry import CHECKS, Check, Checker, run_checks, value_types
from nox_cleanroom.errors import Code, InterruptedRunError
from nox_cleanroom.findings import Finding, Outcome, Problem
from nox_cleanroom.wheels import Wheel

SAYS = Says("sums")
PROBLEM = Problem(
    code=Code.TIMEOUT, outcome=Outcome.FAILED, message="Too long.", hint="Wait.", output="a\n\nb\n"
)


def add(*, one: int, other: int, more: int | None = None) -> Iterator[Finding]:
    """A check that asks for more as long as it has not got it."""
    settling = "more" if more is None else ""
    yield Finding(
        check="sums",
        subject="sum",
        outcome=Outcome.PASSED,
        message=str(one + other + (more or 0)),
        settled_by=settling,
    )


SUMS = Check("sums", add)
WORDS = Check("words", lambda *, one: [Says("words").passed(str(one))])


def test_a_check_gets_what_it_names_and_nothing_else() -> None:
    assert run_checks({"one": 1, "other": 2, "third": 3}, [SUMS]) == [SAYS.passed("sum", "3")]
    assert (SUMS.needed, SUMS.settling) == (("one", "other"), ("more",))


def test_a_check_without_its_values_does_not_run() -> None:
    assert run_checks({"one": 1}, [SUMS, WORDS]) == [Says("words").passed("1")]


def test_what_would_settle_a_finding_is_asked_for_once() -> None:
    values: dict[str, object] = {"one": 1, "other": 2}
    checker = Checker([SUMS, replace(SUMS, name="the same")])
    checker.run(values)
    assert checker.unsettled(values) == ["more"]
    values["more"] = 3
    assert [one.message for one in checker.run(values)] == ["6", "6"]
    assert checker.unsettled(values) == []


def test_what_cannot_be_brought_is_not_asked_for_again() -> None:
    values: dict[str, object] = {"one": 1, "other": 2, "more": PROBLEM}
    checker = Checker([SUMS])
    assert checker.run(values) == [SAYS.passed("sum", "3")]
    assert checker.unsettled(values) == []


def test_a_value_that_could_not_be_brought_is_an_error_of_the_check() -> None:
    assert run_checks({"one": PROBLEM, "other": 2}, [SUMS]) == [
        SAYS.error("probe", "Too long.", hint="Wait.", output="a\nb", code=Code.TIMEOUT)
    ]


def failing(error: BaseException) -> Check:
    """A check that finds something before it raises an error."""

    def bad(*, one: int) -> Iterator[Finding]:
        yield SAYS.passed(str(one))
        raise error

    return Check("bad", bad)


def test_a_check_that_raises_is_an_error_of_its_own_and_the_others_run() -> None:
    error = TypeError("issubclass() arg 1 must be a class \udcff")
    failed, last = run_checks({"one": 1}, [failing(error), WORDS])
    assert (failed.check, failed.outcome, failed.code) == ("bad", Outcome.ERROR, Code.INTERNAL)
    assert failed.message.startswith("nox-cleanroom itself failed: TypeError: issubclass()")
    assert "report" in failed.hint
    assert "in bad" in failed.output
    assert last == Says("words").passed("1")


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(1), InterruptedRunError("x")])
def test_whoever_ends_the_run_ends_it(error: BaseException) -> None:
    with pytest.raises(type(error)):
        run_checks({"one": 1}, [failing(error), WORDS])


def test_every_value_has_one_type() -> None:
    types = value_types()
    assert types["wheel"] is Wheel
    assert set(types) == {name for one in CHECKS for name in (*one.needed, *one.settling)}


def test_every_check_has_a_name_of_its_own() -> None:
    assert len({one.name for one in CHECKS}) == len(CHECKS)
