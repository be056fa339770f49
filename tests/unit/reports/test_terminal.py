"""The report of a run, whole."""

from __future__ import annotations

import textwrap
from dataclasses import replace

import pytest
from samples import (
    BROKEN,
    EXCLUDED,
    FINE,
    IMPORTS,
    NO_BUILD,
    POINTS,
    TESTS,
    cell,
    created,
    run,
)
from values import DIGEST, Says, wheel_record

from nox_cleanroom.changes import Attribution, Change
from nox_cleanroom.errors import Code
from nox_cleanroom.findings import Finding
from nox_cleanroom.reports.style import Style
from nox_cleanroom.reports.terminal import durations, render, verdict_line, wheel_lines
from nox_cleanroom.results import Run, Step

#: Runs, and what is said of them.
REPORTS: dict[str, tuple[Run, str]] = {
    "a green smoke": (
        run(cell("3.11", *FINE)),
        """
        ✓ PASSED: demo 1.0 at aaaaaaaaaaaa, 4.2 s
        """,
    ),
    "a matrix in which two cells fail for one reason": (
        run(
            cell("3.10", *FINE, TESTS.skipped("pytest", "There are none.")),
            cell("3.11", *FINE, BROKEN),
            cell("3.12", BROKEN, POINTS.warned("x:y", "It is odd.")),
            cell("3.9", problems=(EXCLUDED,), wheel=None),
            session="matrix",
            suffix="_all",
        ),
        """
                      imports  entry points
        ✓ smoke-3.10     ✓          ✓
        ✗ smoke-3.11     ✗          ✓
        ✗ smoke-3.12     ✗          !
        - smoke-3.9   PYTHON_EXCLUDED
        ✗ smoke-3.11, smoke-3.12: imports: demo.part: FAILED
            ModuleNotFoundError: No module named 'yaml'
            | File "demo/part.py", line 1
            |   import yaml
            -> `yaml` is not installed. Is it declared in the project's dependencies?
        ! smoke-3.12: entry points: x:y: WARNED
            It is odd.
        - smoke-3.9: PYTHON_EXCLUDED: SKIPPED
            Requires-Python is '>=3.10', which excludes Python 3.9.18.
        ✗ FAILED: demo 1.0 at aaaaaaaaaaaa, 4 cells, 4.2 s [PROBE_FAILED]
        """,
    ),
    "warnings, waivers and notes": (
        run(
            cell(
                "3.11",
                IMPORTS.warned("demo", "Importing it writes ~/a.", hint="Do that later."),
                replace(BROKEN, waived="goes in 2.0"),
                IMPORTS.passed("demo.more", "It could not be read."),
            ),
            notes=("The waiver `x` covers nothing.",),
        ),
        """
        ! smoke-3.11: imports: demo: WARNED
            Importing it writes ~/a.
            -> Do that later.
        waived: smoke-3.11: imports: demo.part: goes in 2.0
        note: smoke-3.11: imports: demo.more: It could not be read.
        note: The waiver `x` covers nothing.
        ! WARNED: demo 1.0 at aaaaaaaaaaaa, 4.2 s
        """,
    ),
    "warnings that fail": (
        run(cell("3.11", IMPORTS.warned("demo", "It is odd.")), strict=True),
        """
        ! smoke-3.11: imports: demo: WARNED
            It is odd.
        ✗ FAILED: demo 1.0 at aaaaaaaaaaaa, 4.2 s [WARNINGS_AS_ERRORS]
        """,
    ),
    "interpreters that the machine lacks": (
        run(cell("3.11", *FINE), session="matrix", missing=("3.13", "3.14")),
        """
        ✓ smoke-3.11  2 checks
        - smoke-3.13  missing
        - smoke-3.14  missing
        - INTERPRETER_MISSING: Python 3.13, 3.14
            The project supports Pythons that are not on this machine.
            -> Get them with `uv python install 3.13 3.14`, `pyenv install 3.13 3.14` or `--download-python auto`; or choose others with --pythons.
        ✓ PASSED: demo 1.0 at aaaaaaaaaaaa, 1 cell, 4.2 s
        """,
    ),
    "interpreters that it must not lack": (
        run(
            cell("3.11", *FINE),
            session="matrix",
            suffix="_all",
            missing=("3.14",),
            missing_is_error=True,
        ),
        """
        ✓ smoke-3.11      2 checks
        - smoke_all-3.14  missing
        ✗ INTERPRETER_MISSING: Python 3.14
            The project supports Pythons that are not on this machine.
            -> Get it with `uv python install 3.14`, `pyenv install 3.14` or `--download-python auto`; or choose others with --pythons.
        ✗ FAILED: demo 1.0 at aaaaaaaaaaaa, 1 cell, 4.2 s [INTERPRETER_MISSING]
        """,
    ),
    "a build that fails": (
        run(cell("3.11", problems=(NO_BUILD,), wheel=None)),
        """
        ✗ smoke-3.11: BUILD_FAILED: FAILED
            The wheel cannot be built.
            | error: no setup.py
            -> Build it by hand.
        ✗ FAILED: smoke of aaaaaaaaaaaa, 4.2 s [BUILD_FAILED]
        """,
    ),
    "a check that could not run": (
        run(
            cell(
                "3.11",
                *FINE,
                TESTS.error("probe", "No network.", hint="Connect.", code=Code.NETWORK),
            )
        ),
        """
        E smoke-3.11: tests: probe: ERROR
            No network.
            -> Connect.
        E ERROR: demo 1.0 at aaaaaaaaaaaa, 4.2 s [NETWORK]
        """,
    ),
    "a checkout that changed": (
        run(
            cell("3.11", *FINE),
            changes=(
                created("a.txt", "build wheel"),
                created("b.txt"),
                created("a.txt", "import demo"),
                Attribution(
                    change=Change(path="c.txt", kind="renamed", old_path="d.txt"),
                    steps=("build wheel", "install"),
                ),
                created(".idea/workspace.xml"),
            ),
        ),
        """
        ✗ DIRTY_REPO_POST: the checkout changed during the run (3 paths)
            a.txt (created), while `build wheel` was running; and 1 times more
            b.txt (created), between two steps
            c.txt (renamed: from d.txt), while `build wheel` or `install` was running
            -> If you edited files meanwhile, or another session wrote them, run it again.
               What may change can be listed under `allow` in [tool.nox-cleanroom].
        note: an editor or a daemon wrote meanwhile: .idea/workspace.xml (created), between two steps
        ✗ FAILED: demo 1.0 at aaaaaaaaaaaa, 4.2 s [DIRTY_REPO_POST]
        """,
    ),
    "a matrix that has tested nothing": (
        run(cell("3.9", problems=(EXCLUDED,), wheel=None), session="matrix"),
        """
        - smoke-3.9  PYTHON_EXCLUDED
        - smoke-3.9: PYTHON_EXCLUDED: SKIPPED
            Requires-Python is '>=3.10', which excludes Python 3.9.18.
        ✗ FAILED: matrix of aaaaaaaaaaaa, 1 cell, 4.2 s [EMPTY_MATRIX]
        """,
    ),
    "text that would act in a terminal or in a CI log": (
        run(cell("3.11", IMPORTS.failed("demo\x1b[2J", "::error::x", hint="##[x]"))),
        """
        ✗ smoke-3.11: imports: demo\\x1b[2J: FAILED
            |::error::x
            -> # #[x]
        ✗ FAILED: demo 1.0 at aaaaaaaaaaaa, 4.2 s [PROBE_FAILED]
        """,
    ),
}


@pytest.mark.parametrize(("result", "report"), REPORTS.values(), ids=REPORTS)
def test_report(result: Run, report: str) -> None:
    lines = [line.rstrip() for line in render(result).splitlines()]
    assert "\n".join(lines) == textwrap.dedent(report)[1:].rstrip("\n")


def test_one_changed_path_is_one() -> None:
    assert "the run (1 path)\n" in render(run(changes=(created("a.txt"),)))


def test_more_than_ten_changed_paths_are_counted() -> None:
    changes = tuple(created(f"{number:04}.txt") for number in range(1022))
    lines = render(run(cell("3.11", *FINE), changes=changes)).splitlines()
    assert lines == [
        "✗ DIRTY_REPO_POST: the checkout changed during the run (1,022 paths)",
        *(f"    {number:04}.txt (created), between two steps" for number in range(10)),
        "    and 1,012 more; -v lists all",
        "    -> If you edited files meanwhile, or another session wrote them, run it again.",
        "       What may change can be listed under `allow` in [tool.nox-cleanroom].",
        "✗ FAILED: demo 1.0 at aaaaaaaaaaaa, 4.2 s [DIRTY_REPO_POST]",
    ]


def test_durations() -> None:
    def steps(*seconds: float) -> tuple[Step, ...]:
        names = ("build wheel", "import demo", "import demo")
        return tuple(
            Step(name=name, started=0, duration=one)
            for name, one in zip(names, seconds, strict=True)
        )

    cells = (cell("3.11", steps=steps(1.5, 2, 1)), cell("3.12", steps=steps(0.25, 0.5, 3)))
    assert durations(run(*cells), 5.0).splitlines() == [
        "where the time went, in seconds:",
        "     sum  longest  times  step",
        "    6.50     3.00      4  import demo",
        "    1.75     1.50      2  build wheel",
        "    8.25 in steps, some side by side",
        "in all:",
        "    0.75 before the run: Python, nox and nox-cleanroom start",
        "    3.00 while steps ran",
        "    1.25 while none ran: questions to git, checks, this report",
        "    5.00 from start to end",
    ]


def test_steps_side_by_side_count_once_and_pauses_do_not() -> None:
    times = ((0.5, 1.0), (1.0, 1.0), (1.2, 0.1), (3.0, 0.5))
    steps = tuple(Step(name="x", started=one, duration=two) for one, two in times)
    (line,) = [
        line
        for line in durations(run(cell("3.11", steps=steps)), 5.0).splitlines()
        if "while steps ran" in line
    ]
    assert line.split()[0] == "2.00"


@pytest.mark.parametrize(
    ("result", "line"),
    [
        (run(session="clean_check"), "✓ PASSED: clean_check of aaaaaaaaaaaa, 4.2 s"),
        (
            run(cell("3.11", BROKEN), changes=(created("a.txt"),)),
            "✗ FAILED: demo 1.0 at aaaaaaaaaaaa, 4.2 s [DIRTY_REPO_POST, PROBE_FAILED]",
        ),
        (
            run(cell("3.9", problems=(EXCLUDED,), wheel=None)),
            "- SKIPPED: smoke of aaaaaaaaaaaa, 4.2 s",
        ),
        (
            run(cell("3.9", problems=(EXCLUDED,), wheel=None), must_test=True),
            "✗ FAILED: smoke of aaaaaaaaaaaa, 4.2 s [NOTHING_TESTED]",
        ),
    ],
    ids=["no wheel", "two codes", "all skipped", "all skipped, and something must be tested"],
)
def test_verdict(result: Run, line: str) -> None:
    assert verdict_line(result) == line


@pytest.mark.parametrize(
    ("built_at", "built_now", "ago"),
    [
        ("2026-01-01T12:00:02+00:00", True, "now"),
        ("2026-01-01T11:59:30+00:00", False, "less than a minute ago; --rebuild builds it anew"),
        ("2026-01-01T11:30:00+00:00", False, "30 min ago; --rebuild builds it anew"),
        ("2025-12-30T12:00:00+01:00", False, "49 h ago; --rebuild builds it anew"),
        # The clock was put back since.
        ("2026-01-02T12:00:00+00:00", False, "less than a minute ago; --rebuild builds it anew"),
    ],
)
def test_how_old_a_wheel_is(built_at: str, built_now: bool, ago: str) -> None:
    record = wheel_record(built_at=built_at, built_now=built_now)
    assert list(wheel_lines(run(cell("3.11", wheel=record)))) == [
        f"demo-1.0-py3-none-any.whl built with Python 3.11.7 {ago}"
    ]


def test_equal_wheels_of_two_builders_are_both_named() -> None:
    records = [wheel_record(built_with=version) for version in ("3.13.0", "3.12.1")]
    assert list(wheel_lines(run(*(cell("3.12", wheel=record) for record in records)))) == [
        "demo-1.0-py3-none-any.whl built with Python 3.13.0 now",
        "demo-1.0-py3-none-any.whl built with Python 3.12.1 now",
    ]


def test_each_wheel_and_each_remark_is_named_once() -> None:
    one = wheel_record(remarks=("It was built by 3.10.", "It has no sdist."))
    other = wheel_record(file="other.whl", sha256=DIGEST[::-1], remarks=("It has no sdist.",))
    used = replace(one, built_now=False)
    cells = [cell("3.11", wheel=found) for found in (one, other, used, None)]
    assert list(wheel_lines(run(*cells))) == [
        "demo-1.0-py3-none-any.whl built with Python 3.11.7 now",
        "other.whl built with Python 3.11.7 now",
        "note: It was built by 3.10.",
        "note: It has no sdist.",
    ]


def broken(number: int) -> Finding:
    lines = "\n".join(f"demo/part{number}.py:{line}: x" for line in range(5))
    message = f"ImportError: y{number}"
    return IMPORTS.failed(f"demo.part{number}", message, hint="Fix it.", output=lines)


@pytest.mark.parametrize("count", [1, 3, 9, 60])
def test_a_red_smoke_fits_a_screen_and_names_what_it_can(count: int) -> None:
    findings = [IMPORTS.warned("demo.odd", "It is odd."), *map(broken, range(count))]
    notes = [IMPORTS.passed(f"demo.note{number}", "A note.") for number in range(3)]
    red = run(cell("3.11", *findings, *notes))
    lines = render(red).splitlines()
    # With the lines of nox.
    assert len(lines) + 6 <= 25
    assert lines[0].startswith("✗ smoke-3.11: imports: demo.part0: FAILED")
    verbose = render(red, style=Style(verbose=True)).splitlines()
    assert sum("demo.part" in line for line in verbose) == count
    everything = len(verbose) == len(lines)
    assert everything != any("-v shows all" in line for line in lines)


def test_a_red_matrix_fits_a_screen() -> None:
    cells = [cell(f"3.{minor}", *FINE, *map(broken, range(5))) for minor in range(12)]
    lines = render(run(*cells, session="matrix")).splitlines()
    assert len(lines) + 6 <= 40
    assert "✗ all 12 cells: imports: demo.part0: FAILED" in "\n".join(lines)


def test_equal_findings_of_cells_in_other_places_are_one() -> None:
    def about(python: str) -> Finding:
        place = f"/home/me/.cache/nox-cleanroom/environments/1/{python}/lib/python{python}"
        return IMPORTS.failed("demo", f"It cannot read '{place}/site-packages/demo/x.txt'.")

    cells = [cell(python, about(python)) for python in ("3.11", "3.12")]
    text = render(run(*cells))
    assert text.count("It cannot read") == 1
    assert text.startswith("✗ smoke-3.11, smoke-3.12: imports: demo: FAILED\n")


def test_equal_findings_about_several_subjects_are_one() -> None:
    new = Says("new files")
    left = [
        new.failed(f"{name}.pyc", "It was left by `x`.", hint="Ignore it.") for name in "abcdefg"
    ]
    other = new.failed("h.txt", "It was left by `y`.", hint="Ignore it.")
    assert render(run(cell("3.11", *left, other))).splitlines()[:-1] == [
        "✗ smoke-3.11: new files: a.pyc, b.pyc, c.pyc, d.pyc, e.pyc and 2 more: FAILED",
        "    It was left by `x`.",
        "    -> Ignore it.",
        "✗ smoke-3.11: new files: h.txt: FAILED",
        "    It was left by `y`.",
        "    -> Ignore it.",
    ]


def test_findings_that_only_say_the_same_stay_with_their_cells() -> None:
    cells = [
        cell(python, IMPORTS.failed(subject, "It does not import."))
        for python, subject in (("3.11", "demo.one"), ("3.12", "demo.two"))
    ]
    assert render(run(*cells)).splitlines()[:-1] == [
        "✗ smoke-3.11: imports: demo.one: FAILED",
        "    It does not import.",
        "✗ smoke-3.12: imports: demo.two: FAILED",
        "    It does not import.",
    ]


def test_tests_that_have_printed_meanwhile_are_not_quoted_again() -> None:
    failed = TESTS.failed("pytest", "It ended with exit status 1.", output="1 failed")
    assert "    | 1 failed" in render(run(cell("3.11", failed)))
    assert "1 failed" not in render(run(cell("3.11", failed)), style=Style(has_shown_tests=True))


def test_the_verdict_only() -> None:
    quiet = render(run(cell("3.11", BROKEN)), style=Style(quiet=True))
    assert quiet == "✗ FAILED: demo 1.0 at aaaaaaaaaaaa, 4.2 s [PROBE_FAILED]"
