"""What the last lines of pytest and unittest say: that no test ran, or that one failed."""

from __future__ import annotations

import pytest

from nox_cleanroom.checks.own_tests import _found_no_test, _says_failed, _skipped_all

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
