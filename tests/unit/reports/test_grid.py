"""The grid of a matrix fits a terminal of 80 columns."""

from __future__ import annotations

import textwrap

import pytest
from values import SUBJECT, Says

from nox_cleanroom.checks.registry import CHECKS
from nox_cleanroom.errors import Code
from nox_cleanroom.findings import Finding, Outcome, Problem
from nox_cleanroom.reports.grid import render_grid
from nox_cleanroom.results import Cell, Run

NAMES = [check.name for check in CHECKS]
PASSED, WARNED, FAILED = Outcome.PASSED, Outcome.WARNED, Outcome.FAILED
NO_BUILD = Problem(code=Code.BUILD_FAILED, outcome=FAILED, message="It cannot be built.")


def cell(python: str, *findings: Finding, **more: object) -> Cell:
    return Cell(name=f"smoke-{python}", python=python, findings=findings, **more)  # type: ignore[arg-type]


def of(outcome: Outcome, *checks: str) -> list[Finding]:
    return [Finding("x", outcome, check=check) for check in checks]


def run(*cells: Cell, **more: object) -> Run:
    return Run(session="matrix", subject=SUBJECT, cells=cells, **more)  # type: ignore[arg-type]


GREEN = of(PASSED, "imports", "entry points", "metadata")

GRIDS: dict[str, tuple[Run, str]] = {
    "all is green": (
        run(cell("3.9", *GREEN), cell("3.10", *GREEN)),
        """
        ✓ smoke-3.9   3 checks
        ✓ smoke-3.10  3 checks
        """,
    ),
    "one check": (
        run(cell("3.10", *of(PASSED, "imports"))),
        """
        ✓ smoke-3.10  1 check
        """,
    ),
    "a check without a subject has no column": (
        run(cell("3.10", *GREEN, Says("commands").skipped("x", "There are none."))),
        """
        ✓ smoke-3.10  3 checks
        """,
    ),
    "only what is not green has a column": (
        run(
            cell(
                "3.9",
                *of(PASSED, "imports"),
                *of(WARNED, "entry points"),
                *of(PASSED, "metadata", "record"),
            ),
            cell("3.10", *of(FAILED, "imports"), *of(PASSED, "entry points", "metadata")),
        ),
        """
                      imports  entry points  2 others
        ! smoke-3.9      ✓          !           ✓
        ✗ smoke-3.10     ✗          ✓           ✓
        """,
    ),
    "a cell that did not get so far": (
        run(
            cell("3.9", problems=(NO_BUILD,)),
            cell("3.10", *of(WARNED, "imports"), *of(PASSED, "record")),
        ),
        """
                      imports  1 other
        ✗ smoke-3.9   BUILD_FAILED
        ! smoke-3.10     !        ✓
        """,
    ),
    "nothing was asked": (
        run(cell("3.9", problems=(NO_BUILD,)), missing=("3.10",)),
        """
        ✗ smoke-3.9   BUILD_FAILED
        - smoke-3.10  missing
        """,
    ),
    "Pythons that may fail": (
        run(cell("3.14", *of(FAILED, "imports")), missing=("3.15",), may_fail=("3.14", "3.15")),
        """
                      imports
        ✗ smoke-3.14     ✗     (may fail)
        - smoke-3.15  missing  (may fail)
        """,
    ),
    "nothing at all": (run(missing=("3.99",)), "- smoke-3.99  missing\n"),
}


@pytest.mark.parametrize(("matrix", "grid"), GRIDS.values(), ids=GRIDS)
def test_grid(matrix: Run, grid: str) -> None:
    assert render_grid(matrix, 80) == textwrap.dedent(grid).strip("\n").splitlines()


@pytest.mark.parametrize("width", [80, 100, 120])
@pytest.mark.parametrize("count", [1, 3, 6, len(NAMES)])
def test_it_is_a_grid_with_24_cells_and_however_many_checks_are_not_green(
    count: int, width: int
) -> None:
    findings = [*of(WARNED, *NAMES[:count]), *of(PASSED, *NAMES[count:])]
    cells = [cell(f"3.{minor}", *findings) for minor in range(24)]
    lines = render_grid(run(*cells), width)
    assert max(map(len, lines)) <= width
    rows = [line for line in lines if " smoke-3." in line]
    assert len(rows) == 24
    assert all(row.count("!") == count + 1 for row in rows)
    # Each check that is not green is named, in a head or below the grid.
    text = " ".join(" ".join(lines).split())
    words = text if count < len(NAMES) else " ".join(lines[24:])
    assert all(word in words for name in NAMES[:count] for word in name.split())
