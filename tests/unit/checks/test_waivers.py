"""Findings that the project accepts, and waivers that cover nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nox_cleanroom.checks.waivers import unused_waivers, waive
from nox_cleanroom.errors import Code
from nox_cleanroom.findings import Finding, Outcome, Problem, Waiver
from nox_cleanroom.results import Cell

KNOWN = ("imports", "import statements", "entry points", "sdist", "new files")


def cell(*results: tuple[str, str, Outcome], ended: bool = False) -> Cell:
    problem = Problem(code=Code.TIMEOUT, outcome=Outcome.FAILED, message="It took too long.")
    return Cell(
        name="smoke-3.11",
        python="3.11",
        findings=tuple(
            Finding(check=probe, subject=subject, outcome=outcome)
            for probe, subject, outcome in results
        ),
        problems=(problem,) if ended else (),
    )


FOUND = cell(
    ("imports", "demo", Outcome.PASSED),
    ("imports", "demo.old", Outcome.FAILED),
    ("entry points", "console_scripts:demo", Outcome.WARNED),
)


@pytest.mark.parametrize(
    ("pattern", "is_said"),
    [
        ("imports:demo.old", False),
        ("imports", False),
        ("entry points:console_scripts:*", False),
        ("*", False),
        ("imports:demo.older", True),
        # What passes needs no waiver.
        ("imports:demo", True),
        ("entry points:legacy-*", True),
        ("entry*:legacy", True),
        ("*:legacy", True),
        # Nobody asked.
        ("sdist", False),
        ("new files:left.txt", False),
        ("import statements:*", False),
        ("new*", False),
        # Nobody ever will.
        ("import:demo.old", True),
        ("entry-points:legacy-*", True),
        ("entry_*", True),
        ("demo.old", True),
    ],
)
def test_which_waivers_are_said_to_cover_nothing(pattern: str, is_said: bool) -> None:
    waiver = Waiver(pattern=pattern, reason="goes in 2.0")
    assert unused_waivers([waiver], [FOUND], KNOWN) == ([pattern] if is_said else [])


def test_one_cell_that_needs_it_is_enough() -> None:
    waiver = Waiver(pattern="imports:demo.new", reason="for 3.12")
    other = cell(("imports", "demo.new", Outcome.ERROR))
    assert unused_waivers([waiver], [FOUND, other], KNOWN) == []


def test_a_run_that_ended_early_may_not_have_come_to_it() -> None:
    waivers = [Waiver(pattern=name, reason="r") for name in ("imports:x", "imprts:x")]
    ended = cell(("imports", "demo", Outcome.PASSED), ended=True)
    assert unused_waivers(waivers, [ended], KNOWN) == ["imprts:x"]
    assert unused_waivers(waivers, [], KNOWN) == ["imprts:x"]


@pytest.mark.parametrize(
    ("outcome", "pattern", "reason"),
    [
        (Outcome.FAILED, "imports:demo.old", "goes in 2.0"),
        (Outcome.WARNED, "imports", "goes in 2.0"),
        (Outcome.ERROR, "*:demo.*", "goes in 2.0"),
        (Outcome.FAILED, "imports:demo", ""),
        (Outcome.FAILED, "entry points:*", ""),
        (Outcome.PASSED, "imports", ""),
        (Outcome.SKIPPED, "imports", ""),
    ],
)
def test_a_finding_that_is_accepted_has_the_reason(
    outcome: Outcome, pattern: str, reason: str
) -> None:
    found = Finding(check="imports", subject="demo.old", outcome=outcome)
    waivers = [
        Waiver(pattern="imports:other", reason="no"),
        Waiver(pattern=pattern, reason="goes in 2.0"),
        Waiver(pattern="import*", reason="too late")
        if reason
        else Waiver(pattern="x", reason="no"),
    ]
    assert waive([found], waivers) == (replace(found, waived=reason),)
