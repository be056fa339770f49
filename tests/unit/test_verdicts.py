"""Outcomes, codes and exit statuses are computed, never stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from nox_cleanroom.changes import Attribution, Change
from nox_cleanroom.checkout.watch import Interval, attribute
from nox_cleanroom.errors import (
    BuildError,
    CleanroomError,
    Code,
    PythonExcludedError,
    worst_exit_status,
)
from nox_cleanroom.findings import Finding, Outcome, Problem
from nox_cleanroom.results import Cell, Run, Subject

SUBJECT = Subject(
    project=".", commit="a" * 40, describe="v1", rev="HEAD", settings_source="x", uncommitted=0
)
CHANGE = Change(path="junk.txt", kind="created")


def result(outcome: Outcome, waived: str = "") -> Finding:
    return Finding(check="imports", subject="demo", outcome=outcome, waived=waived)


def cell(*outcomes: Outcome) -> Cell:
    return Cell(name="smoke-3.11", python="3.11", findings=tuple(map(result, outcomes)))


def run(*cells: Cell, **more: object) -> Run:
    return replace(Run(session="matrix", subject=SUBJECT, cells=cells), **more)  # type: ignore[arg-type]


def test_a_cell_is_as_bad_as_its_worst_answer() -> None:
    assert cell().outcome is Outcome.PASSED
    assert cell(Outcome.PASSED, Outcome.WARNED).outcome is Outcome.WARNED
    assert cell(Outcome.ERROR, Outcome.FAILED, Outcome.PASSED).outcome is Outcome.ERROR


def test_a_probe_without_a_subject_does_not_skip_the_cell() -> None:
    assert cell(Outcome.PASSED, Outcome.SKIPPED).outcome is Outcome.PASSED


def test_an_excluded_interpreter_skips_the_cell_and_fails_nothing() -> None:
    problem = Problem.from_error(PythonExcludedError("<3.9", "3.9.1"))
    skipped = Cell(name="smoke-3.9", python="3.9", problems=(problem,))
    assert skipped.outcome is Outcome.SKIPPED
    assert run(skipped, cell(Outcome.PASSED)).codes == set()


def test_a_waived_failure_fails_nothing() -> None:
    waived = replace(cell(), findings=(result(Outcome.FAILED, waived="known"),))
    assert waived.outcome is Outcome.PASSED
    assert waived.codes == set()


def test_the_packages_fault_is_failed_and_ours_is_error() -> None:
    assert Problem.from_error(BuildError("x")).outcome is Outcome.FAILED
    network = CleanroomError("x", code=Code.NETWORK)
    assert Problem.from_error(network).outcome is Outcome.ERROR


def test_a_changed_checkout_fails_a_green_run() -> None:
    dirtied = run(cell(Outcome.PASSED), changes=(Attribution(change=CHANGE, steps=("s",)),))
    assert dirtied.outcome is Outcome.FAILED
    assert dirtied.codes == {Code.DIRTY_REPO_POST}


def test_what_editors_do_is_a_note() -> None:
    change = replace(CHANGE, path=".idea/workspace.xml")
    edited = run(cell(Outcome.PASSED), changes=(Attribution(change=change, steps=()),))
    assert edited.outcome is Outcome.PASSED


@pytest.mark.parametrize(
    "more",
    [{"is_tracked": True}, {"old_path": "src/demo.py"}, {"path": "demo.py", "old_path": "x~"}],
)
def test_what_editors_do_with_the_projects_own_files_is_none(more: dict[str, Any]) -> None:
    change = replace(replace(CHANGE, path=".idea/workspace.xml"), **more)
    edited = run(cell(Outcome.PASSED), changes=(Attribution(change=change, steps=()),))
    assert edited.codes == {Code.DIRTY_REPO_POST}


@pytest.mark.parametrize(
    ("is_error", "codes"), [(True, {Code.INTERPRETER_MISSING}), (False, set())]
)
def test_missing_interpreters_fail_when_they_must(is_error: bool, codes: set[Code]) -> None:
    missing = run(cell(Outcome.PASSED), missing=("3.15",), missing_is_error=is_error)
    assert missing.codes == codes
    assert missing.outcome.is_bad is is_error


@pytest.mark.parametrize(
    ("outcomes", "missing", "codes", "outcome"),
    [
        ({"3.11": Outcome.PASSED, "3.15": Outcome.FAILED}, (), set(), Outcome.PASSED),
        ({"3.11": Outcome.WARNED, "3.15": Outcome.ERROR}, (), set(), Outcome.WARNED),
        ({"3.11": Outcome.FAILED, "3.15": Outcome.PASSED}, (), {Code.PROBE_FAILED}, Outcome.FAILED),
        ({"3.11": Outcome.PASSED}, ("3.15",), set(), Outcome.PASSED),
        ({"3.11": Outcome.PASSED}, ("3.14", "3.15"), {Code.INTERPRETER_MISSING}, Outcome.FAILED),
        ({"3.15": Outcome.FAILED}, (), set(), Outcome.PASSED),
        ({}, ("3.15",), {Code.EMPTY_MATRIX}, Outcome.FAILED),
    ],
)
def test_a_python_that_may_fail_does_not_count(
    outcomes: Mapping[str, Outcome], missing: tuple[str, ...], codes: set[Code], outcome: Outcome
) -> None:
    cells = [replace(cell(one), python=python) for python, one in outcomes.items()]
    may = run(*cells, missing=missing, missing_is_error=True, may_fail=("3.15",))
    assert (may.codes, may.outcome) == (codes, outcome)


def test_a_matrix_that_skipped_everything_tested_nothing() -> None:
    problem = Problem.from_error(PythonExcludedError("<3.9", "3.9.1"))
    skipped = Cell(name="smoke-3.9", python="3.9", problems=(problem,))
    assert run(skipped).codes == {Code.EMPTY_MATRIX}
    assert run(skipped).outcome is Outcome.FAILED


def test_strict_lets_warnings_fail() -> None:
    assert run(cell(Outcome.WARNED)).codes == set()
    strict = run(cell(Outcome.WARNED), strict=True)
    assert strict.codes == {Code.WARNINGS_AS_ERRORS}
    assert strict.outcome is Outcome.FAILED


@pytest.mark.parametrize(
    ("statuses", "status"),
    [(set(), 0), ({2, 10}, 10), ({1, 3}, 3), ({30, 3, 1}, 30), ({130, 30}, 130), ({1, 10}, 1)],
)
def test_of_several_exit_statuses_one_is_given(statuses: set[int], status: int) -> None:
    assert worst_exit_status(statuses) == status


def test_every_code_has_one_of_the_documented_statuses() -> None:
    assert {code.exit_status for code in Code} == {0, 1, 2, 3, 10, 30, 130}
    assert len({code.name for code in Code}) == len(Code)


def test_a_change_is_put_down_to_every_step_that_was_running() -> None:
    steps = [
        Interval(name="over", start=0, end=1),
        Interval(name="ended since", start=0, end=5),
        Interval(name="still running", start=4, end=None),
    ]
    (attribution,) = attribute([CHANGE], steps, since=2)
    assert attribution.steps == ("ended since", "still running")
    assert str(attribution) == (
        "junk.txt (created), while `ended since` or `still running` was running"
    )


def test_a_step_that_only_reads_is_named_when_there_was_no_other() -> None:
    reading = Interval(name="reading", start=0, end=5, only_reads=True)
    other = Interval(name="other", start=0, end=5)
    assert attribute([CHANGE], [reading, other], since=2)[0].steps == ("other",)
    assert attribute([CHANGE], [reading], since=2)[0].steps == ("reading",)


def test_a_change_between_steps_is_put_down_to_none() -> None:
    (attribution,) = attribute([CHANGE], [Interval(name="over", start=0, end=1)], since=2)
    assert attribution.steps == ()
    assert "between two steps" in str(attribution)
