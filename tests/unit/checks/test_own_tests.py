"""The project's own tests: how their command ended, and what its last lines say."""

from __future__ import annotations

import os
from typing import Any

import pytest
from values import SITE, Says, installed, look, wheel

from nox_cleanroom.checks.own_tests import _found_no_test, _says_failed, _skipped_all
from nox_cleanroom.errors import Code
from nox_cleanroom.findings import Finding
from nox_cleanroom.probes.own_tests import RanTest, RanTests

NAME = "tests"
SAYS = Says(NAME)
ELSEWHERE = os.path.join(os.sep, "checkout", "demo", "__init__.py")
HERE = os.path.join(SITE, "demo", "__init__.py")

NOTHING = {
    "pytest found none": "collected 0 items\n\n=== no tests ran in 0.01s ===\n",
    "in colour": "\x1b[33m\x1b[33mno tests ran\x1b[0m\x1b[33m in 0.01s\x1b[0m",
    "all deselected": "collected 2 items / 2 deselected / 0 selected\n=== 2 deselected in 0.01s ===",
    "only collected": "tests/test_x.py::test_y\n\n12 tests collected in 0.02s\n",
    "unittest found none": "\n---\nRan 0 tests in 0.000s\n\nOK\n",
}

SKIPPED = {
    "all skipped": "=== 2 skipped in 0.01s ===",
    "skipped and deselected": "2 skipped, 3 deselected in 0.01s",
    "unittest skipped all": "ss\n---\nRan 2 tests in 0.000s\n\nOK (skipped=2)\n",
}

SOMETHING = {
    "one passed": "=== 1 passed in 0.01s ===",
    "some skipped": "=== 1 passed, 2 skipped, 3 deselected in 0.01s ===",
    "an expected failure": "=== 1 xfailed in 0.01s ===",
    "unittest": "Ran 2 tests in 0.000s\n\nOK\n",
    "unittest skipped some": "Ran 3 tests in 0.000s\n\nOK (skipped=2)\n",
    "two commands": "Ran 0 tests in 0.000s\n\nOK\n=== 3 passed in 0.1s ===",
    "another runner": "all is well\n",
    "nothing said": "",
}

FAILED = {
    "pytest": "=== 1 failed, 2 passed in 0.01s ===",
    "an error": "=== 2 passed, 1 error in 0.01s ===",
    "quiet": "1 failed in 0.01s",
    "unittest": "Ran 2 tests in 0.000s\n\nFAILED (failures=1)\n",
}


@pytest.mark.parametrize("output", NOTHING.values(), ids=NOTHING.keys())
def test_no_test_ran(output: str) -> None:
    assert _found_no_test(output)


@pytest.mark.parametrize(
    "output", [*SOMETHING.values(), *FAILED.values()], ids=[*SOMETHING, *FAILED]
)
def test_some_test_ran_or_nobody_knows(output: str) -> None:
    assert not _found_no_test(output)


@pytest.mark.parametrize("output", FAILED.values(), ids=FAILED.keys())
def test_some_test_failed(output: str) -> None:
    assert _says_failed(output)


@pytest.mark.parametrize(
    "output", [*SOMETHING.values(), *NOTHING.values()], ids=[*SOMETHING, *NOTHING]
)
def test_none_failed(output: str) -> None:
    assert not _says_failed(output)


@pytest.mark.parametrize("output", SKIPPED.values(), ids=SKIPPED.keys())
def test_every_test_was_skipped(output: str) -> None:
    assert _skipped_all(output)
    assert not _found_no_test(output)


@pytest.mark.parametrize("output", [*SOMETHING.values(), *NOTHING.values(), *FAILED.values()])
def test_not_every_test_was_skipped(output: str) -> None:
    assert not _skipped_all(output)


def ran(output: str = "=== 3 passed in 0.10s ===", **more: Any) -> RanTest:
    """A command that ended well and tested what is installed, unless more is said."""
    values = {"succeeded": True, "timed_out": False, "ending": "", "places": (HERE,), **more}
    return RanTest(command="pytest", output=output, **values)


CASES: dict[str, tuple[RanTest, Finding]] = {
    "they pass": (ran(), SAYS.passed("pytest")),
    "they fail": (
        ran("=== 1 failed in 0.10s ===\n", succeeded=False, ending="exit status 1"),
        SAYS.failed("pytest", "It ended with exit status 1.", output="=== 1 failed in 0.10s ==="),
    ),
    "they take too long": (
        ran("", succeeded=False, timed_out=True, ending="still running after 5 s, so it was ended"),
        SAYS.failed(
            "pytest", "It was still running after 5 s, so it was ended.", code=Code.TIMEOUT
        ),
    ),
    "they fail, and the command hides it": (
        ran("=== 1 failed in 0.10s ==="),
        SAYS.failed(
            "pytest",
            "Tests failed, and yet it ended well.",
            hint="Does a pipe or `||` in the command drop the exit status?",
            output="=== 1 failed in 0.10s ===",
        ),
    ),
    "none ran": (
        ran("Ran 0 tests in 0.000s"),
        SAYS.failed(
            "pytest",
            "It ended well, and no test ran.",
            hint="Is it the right directory? Name it with `{project}`, or list it in"
            " `test-sources`.",
            output="Ran 0 tests in 0.000s",
        ),
    ),
    "all were skipped": (
        ran("=== 2 skipped in 0.01s ==="),
        SAYS.warned("pytest", "It ended well, and every test was skipped."),
    ),
    "they test the checkout": (
        ran(places=(HERE, ELSEWHERE)),
        SAYS.failed(
            "pytest",
            f"It tested {ELSEWHERE}, which is not what is installed.",
            hint="Take the project's directory off the path: pytest's `--import-mode=importlib`"
            " does.",
        ),
    ),
    "they import nothing of the wheel": (
        ran(places=()),
        SAYS.warned(
            "pytest",
            "It passed, and has imported no module of the wheel.",
            hint="Is it the right command?",
        ),
    ),
}


@pytest.mark.parametrize(("run", "finding"), CASES.values(), ids=CASES)
def test_own_tests(run: RanTest, finding: Finding) -> None:
    values = {"wheel": wheel(), "installed": installed(), "tests": RanTests(runs=(run,))}
    assert look(NAME, values) == [finding]


def test_a_wheel_without_modules_has_none_to_import() -> None:
    values = {
        "wheel": wheel({}),
        "installed": installed(),
        "tests": RanTests(runs=(ran(places=()),)),
    }
    assert look(NAME, values) == [SAYS.passed("pytest")]


def test_a_project_may_have_none() -> None:
    values = {"wheel": wheel(), "installed": installed(), "tests": RanTests(runs=())}
    assert look(NAME, values) == []
