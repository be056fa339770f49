"""The report of a run as Markdown, for a comment or the summary of a job."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nox_cleanroom.findings import Finding, Outcome, Problem
from nox_cleanroom.output import clean_text
from nox_cleanroom.reports.changed_paths import change_lines
from nox_cleanroom.reports.terminal import verdict_line
from nox_cleanroom.results import Cell, Run

_SYMBOLS = {
    Outcome.PASSED: "✅",
    Outcome.SKIPPED: "⏭️",
    Outcome.WARNED: "⚠️",
    Outcome.FAILED: "❌",
    Outcome.ERROR: "🛑",
}

#: How many lines of output a finding has; GitHub shows a mebibyte of a summary.
_LINES = 20
#: How many findings of one cell are shown.
_FINDINGS = 50


def markdown(run: Run) -> str:
    """The document of a run: the verdict, a row for each cell, and the reasons, folded."""
    lines = [f"### {_SYMBOLS[run.outcome]} {_text(verdict_line(run)[2:])}", ""]
    if run.cells or run.missing:
        lines += ["| cell | verdict | what |", "|---|---|---|", *_rows(run), ""]
    for cell in run.cells:
        lines += _reasons(cell)
    changes = [*change_lines(run.changes, all_of_them=False)]
    if changes:
        lines += ["```text", *map(_line, changes), "```", ""]
    lines += [f"- {_text(note)}" for note in run.notes]
    return "\n".join(lines).rstrip() + "\n"


def _rows(run: Run) -> Iterator[str]:
    for cell in run.cells:
        bad = dict.fromkeys(
            one.check for one in cell.findings if one.outcome.is_bad and not one.waived
        )
        problems = [problem.code.name for problem in cell.problems]
        what = ", ".join([*problems, *bad]) or _wheel(cell)
        note = " (may fail)" if run.lets_fail(cell) else ""
        mark = f"{_SYMBOLS[cell.outcome]} {cell.outcome.name}{note}"
        yield f"| {_text(cell.name)} | {mark} | {_text(what)} |"
    for python in run.missing:
        yield f"| smoke{_text(run.suffix)}-{python} | ⏭️ missing | |"


def _wheel(cell: Cell) -> str:
    return cell.wheel.file if cell.wheel else ""


def _reasons(cell: Cell) -> Iterator[str]:
    """The bad findings and warnings of a cell, folded."""
    told: list[Finding | Problem] = [*cell.problems]
    told += [
        one
        for one in cell.findings
        if not one.waived and (one.outcome.is_bad or one.outcome is Outcome.WARNED)
    ]
    if not told:
        return
    yield f"<details><summary>{_text(cell.name)}: {len(told)} to know</summary>"
    yield ""
    for one in told[:_FINDINGS]:
        about = f"{one.check}: {one.subject}" if isinstance(one, Finding) else one.code.name
        yield f"- {_SYMBOLS[one.outcome]} **{_text(about)}**: {_text(one.message)}"
        if one.output:
            yield ""
            yield "  ```text"
            yield from (f"  {_line(line)}" for line in one.output.splitlines()[-_LINES:])
            yield "  ```"
        if one.hint:
            yield ""
            yield f"  → {_text(one.hint)}"
    if told[_FINDINGS:]:
        yield f"- and {len(told) - _FINDINGS} more"
    yield ""
    yield "</details>"
    yield ""


def _line(line: str) -> str:
    """A line of a block of code, which it cannot end."""
    return clean_text(line).replace("```", "'''")


def _text(text: str) -> str:
    """Text on one line, of which nothing is markup."""
    words = " ".join(clean_text(text).split())
    return re.sub(r"([\\`*_{}\[\]<>()#+!|~$@])", r"\\\1", words).replace("&", "&amp;")
