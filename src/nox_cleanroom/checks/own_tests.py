"""Do the project's own tests pass against the installed wheel?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from nox_cleanroom.errors import Code
from nox_cleanroom.findings import Finding, Outcome
from nox_cleanroom.output import clean_text, last_lines
from nox_cleanroom.probes.installed import Installed
from nox_cleanroom.probes.own_tests import RanTest, RanTests
from nox_cleanroom.wheels import Wheel


def check(*, wheel: Wheel, installed: Installed, tests: RanTests) -> Iterator[Finding]:
    """One finding per command; none when the project configures no tests."""
    for run in tests.runs:
        yield _judge(run, wheel, installed)


def _judge(run: RanTest, wheel: Wheel, installed: Installed) -> Finding:
    bad = _judge_end(run)
    if bad is not None:
        return bad
    strange = [place for place in run.places if not installed.has_inside(place)]
    if strange:
        return _finding(run, Outcome.FAILED, *of_another_place(strange[0]))
    if not run.places and wheel.import_names:
        return _finding(
            run,
            Outcome.WARNED,
            "It passed, and has imported no module of the wheel.",
            "Is it the right command?",
        )
    return _finding(run, Outcome.PASSED)


def of_another_place(place: str) -> tuple[str, str]:
    """What to say when tests have imported a module that is not installed, and the next step."""
    return (
        f"It tested {clean_text(place)}, which is not what is installed.",
        "Take the project's directory off the path: pytest's `--import-mode=importlib` does.",
    )


def _judge_end(run: RanTest) -> Finding | None:
    """The finding about how a command ended; None when it ended well and tests ran."""
    if not run.succeeded:
        words = last_lines(run.output, 25)
        how = "was" if run.timed_out else "ended with"
        return _finding(run, Outcome.FAILED, f"It {how} {run.ending}.", output=words)
    if _says_failed(run.output):
        return _finding(
            run,
            Outcome.FAILED,
            "Tests failed, and yet it ended well.",
            "Does a pipe or `||` in the command drop the exit status?",
            last_lines(run.output, 25),
        )
    if _found_no_test(run.output):
        return _finding(
            run,
            Outcome.FAILED,
            "It ended well, and no test ran.",
            "Is it the right directory? Name it with `{project}`, or list it in `test-sources`.",
            last_lines(run.output, 5),
        )
    if _skipped_all(run.output):
        return _finding(run, Outcome.WARNED, "It ended well, and every test was skipped.")
    return None


def _finding(
    run: RanTest, outcome: Outcome, message: str = "", hint: str = "", output: str = ""
) -> Finding:
    return Finding(
        clean_text(run.command),
        outcome,
        message,
        hint,
        output=output,
        code=Code.TIMEOUT if run.timed_out else Code.PROBE_FAILED,
    )


#: Colours, which pytest can be told to write into files, too.
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")

#: The last lines of pytest and of unittest, with the number and the results of tests.
_RAN = re.compile(
    r"\b[1-9]\d* (passed|failed|errors?|xfailed|xpassed)\b|^Ran [1-9]\d* tests? in ", re.MULTILINE
)
_RAN_NONE = re.compile(
    r"^Ran 0 tests in |\bno tests ran\b|\b\d+ deselected\b.* in [\d.]+s|\btests? collected in ",
    re.MULTILINE,
)
_SKIPPED = re.compile(r"\b[1-9]\d* skipped\b.* in [\d.]+s", re.MULTILINE)
_FAILED = re.compile(
    r"\b[1-9]\d* (failed|errors?)\b.* in [\d.]+s|^FAILED \((failures|errors)=", re.MULTILINE
)
#: The output of unittest when all tests were skipped.
_UNITTEST = re.compile(r"^Ran (\d+) tests? in .*\n+OK \(skipped=(\d+)\)", re.MULTILINE)


def _found_no_test(output: str) -> bool:
    """Whether pytest or unittest report that they found or selected no test.

    Up to Python 3.11, unittest then exits with 0
    (https://docs.python.org/3/library/unittest.html#unittest.main).
    """
    text = _COLOUR.sub("", output)
    ran = _RAN.search(text) or _SKIPPED.search(text)
    return bool(_RAN_NONE.search(text)) and not ran


def _skipped_all(output: str) -> bool:
    """Whether pytest or unittest report that all tests were skipped."""
    text = _COLOUR.sub("", output)
    skipped = _UNITTEST.findall(text)
    if skipped and all(ran == left_out for ran, left_out in skipped):
        return not re.search(r"\b[1-9]\d* passed\b", text)
    return bool(_SKIPPED.search(text)) and not _RAN.search(text)


def _says_failed(output: str) -> bool:
    """Whether the summary of pytest or unittest counts tests that failed."""
    return bool(_FAILED.search(_COLOUR.sub("", output)))
