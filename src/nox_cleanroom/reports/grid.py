"""The grid of a matrix: a row for each cell, and a column for each check that is not green.

The checks that are green in every cell share one column, so that the grid fits a terminal of 80
columns, with all checks and however many cells.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from itertools import zip_longest
from string import ascii_lowercase

from nox_cleanroom.findings import Outcome, worst
from nox_cleanroom.results import Cell, Run

_MAY_FAIL = "  (may fail)"
_PASSED = Outcome.PASSED.symbol
#: The marks of a cell with nothing to say about a check.
_SILENT = {" ", Outcome.SKIPPED.symbol}


def render_grid(run: Run, width: int) -> list[str]:
    """The lines of the grid.

    Args:
        run: the record of a matrix.
        width: how many columns the grid may have.
    """
    marks = marks_of_checks(run.cells)
    shown = {check: column for check, column in marks.items() if not is_green(column)}
    folded = len(marks) - len(shown)
    names = [cell.name for cell in run.cells]
    missing = [f"smoke{run.suffix}-{python}" for python in run.missing]
    name_width = max(map(len, (*names, *missing)), default=0)
    others = [f"{folded} others" if folded > 1 else "1 other"] if folded and shown else []
    heads, legend = _heads([*shown, *others], width - name_width - 2)
    lines = [f"{'':{name_width + 2}}{line}" for line in _side_by_side(heads)]
    for number, cell in enumerate(run.cells):
        column = [marks_of[number] for marks_of in shown.values()]
        row = _row(cell, [*column, *(_PASSED for _ in others)], heads)
        note = _MAY_FAIL if run.lets_fail(cell) else ""
        lines.append(f"{cell.outcome.symbol} {cell.name:{name_width}}{row}{note}")
    for name, python in zip(missing, run.missing, strict=True):
        note = _MAY_FAIL if python in run.may_fail else ""
        lines.append(f"{Outcome.SKIPPED.symbol} {name:{name_width}}  missing{note}")
    return [line.rstrip() for line in (*lines, *legend)]


def marks_of_checks(cells: Sequence[Cell]) -> dict[str, list[str]]:
    """The marks of all cells for each check that had a subject in any."""
    checks = dict.fromkeys(one.check for cell in cells for one in cell.findings)
    marks = {check: [_mark(cell, check) for cell in cells] for check in checks}
    return {check: column for check, column in marks.items() if not _SILENT.issuperset(column)}


def is_green(column: Sequence[str]) -> bool:
    """Whether a check found nothing bad in any cell."""
    return {*column} <= {_PASSED, *_SILENT}


def _mark(cell: Cell, check: str) -> str:
    answers = [one for one in cell.findings if one.check == check]
    if not answers:
        return " "
    counted = [one.outcome for one in answers if not one.waived]
    asked: list[Outcome] = [one for one in counted if one is not Outcome.SKIPPED]
    return worst(asked or [Outcome.SKIPPED]).symbol


def _row(cell: Cell, marks: Sequence[str], heads: Sequence[str]) -> str:
    """What follows the name of a cell: its marks, or what there is to say instead."""
    if not cell.findings:
        return f"  {', '.join(problem.code.name for problem in cell.problems)}"
    if not heads:
        count = len(marks_of_checks([cell]))
        return f"  {count} {'check' if count == 1 else 'checks'}"
    pairs = zip(marks, heads, strict=True)
    return "".join(f"  {mark.center(_width(head))}" for mark, head in pairs)


def _heads(names: Sequence[str], width: int) -> tuple[list[str], list[str]]:
    """The heads of columns as they fit: in a line, in several, or as letters with a legend."""
    for heads in ([*names], [name.replace(" ", "\n") for name in names]):
        if sum(_width(head) + 2 for head in heads) <= width:
            return heads, []
    letters = [*ascii_lowercase][: len(names)]
    legend = ", ".join(f"{letter} {name}" for letter, name in zip(letters, names, strict=True))
    return letters, textwrap.wrap(legend, max(width, 40))


def _width(head: str) -> int:
    return max(map(len, head.split("\n")))


def _side_by_side(heads: Sequence[str]) -> list[str]:
    """The lines of heads, of which each may have several; the last lines stand in one row."""
    deep = [head.split("\n") for head in heads]
    rows = zip_longest(*(reversed(lines) for lines in deep), fillvalue="")
    widths = [_width(head) for head in heads]
    lines = [
        "".join(f"  {word.center(width)}" for word, width in zip(row, widths, strict=True))
        for row in rows
    ]
    return lines[::-1]
