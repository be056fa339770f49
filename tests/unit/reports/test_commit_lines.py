"""The report of a range of commits, line by line."""

from __future__ import annotations

import re
from typing import Any

from nox_cleanroom.changes import Attribution, Change
from nox_cleanroom.errors import Code
from nox_cleanroom.findings import Outcome
from nox_cleanroom.reports.commits import render, verdict_line
from nox_cleanroom.reports.style import Style
from nox_cleanroom.verdicts import CommitVerdict, RangeVerdict

GOOD = CommitVerdict(commit="a" * 40, subject="Add colours", outcome=Outcome.PASSED, duration=0.5)
SAME = CommitVerdict(commit="b" * 40, subject="Fix a typo", outcome=Outcome.PASSED, like="a" * 40)
BAD = CommitVerdict(
    commit="c" * 40,
    subject="Import what nobody installs, and say so in a very long subject",
    outcome=Outcome.FAILED,
    codes=(Code.PROBE_FAILED,),
    reason="imports: demo: No module named\n'absent'",
    like="c" * 40,
)
OLD = CommitVerdict(
    commit="d" * 40,
    subject="Begin",
    outcome=Outcome.SKIPPED,
    codes=(Code.PYTHON_EXCLUDED,),
    reason="Requires-Python is '>=3.13'.",
)


def found(*tested: CommitVerdict, **more: Any) -> RangeVerdict:
    return RangeVerdict(
        **{
            "session": "smoke-3.12",
            "rev": "v1..",
            "total": 9,
            "tested": tested,
            "duration": 2.0,
            **more,
        }
    )


def test_each_commit_is_a_line_and_a_bad_one_says_why() -> None:
    assert render(found(OLD, GOOD, SAME, BAD), style=Style()).splitlines() == [
        "- dddddddddddd Begin                                     0.0 s",
        "    Requires-Python is '>=3.13'.",
        "✓ aaaaaaaaaaaa Add colours                               0.5 s",
        "✓ bbbbbbbbbbbb Fix a typo                                as aaaaaaaaaaaa",
        "✗ cccccccccccc Import what nobody installs, and say ...  tested before  PROBE_FAILED",
        "    imports: demo: No module named 'absent'",
        "✗ FAILED: 1 bad; 4 of 9 commits of v1.. tested, 2.0 s [PROBE_FAILED]",
    ]


def test_quiet_is_the_verdict_only() -> None:
    assert render(found(GOOD), style=Style(quiet=True)) == (
        "✓ PASSED: 1 of 9 commits of v1.. tested, 2.0 s"
    )


def test_a_first_bad_commit_counts_alone() -> None:
    worse = CommitVerdict(commit="e" * 40, outcome=Outcome.ERROR, codes=(Code.CONFIG_INVALID,))
    one = found(GOOD, BAD, worse, suspects=("c" * 40,))
    assert (one.codes, one.outcome) == ({Code.PROBE_FAILED}, Outcome.FAILED)
    assert "cccccccccccc (Import what nobody installs, and say ...) is the first" in verdict_line(
        one
    )
    several = found(BAD, worse, suspects=("e" * 40, "c" * 40))
    assert "one of eeeeeeeeeeee, cccccccccccc is the first bad commit, but" in verdict_line(several)
    assert found(GOOD, suspects=()).codes == set()


def test_a_change_of_the_checkout_fails_the_whole_range() -> None:
    change = Attribution(change=Change(path="junk", kind="created"), steps=("smoke: build",))
    one = found(GOOD, changes=(change,))
    assert (one.codes, one.outcome) == ({Code.DIRTY_REPO_POST}, Outcome.FAILED)
    assert re.search(r"^    junk \(created\)", render(one, style=Style()), re.MULTILINE)
