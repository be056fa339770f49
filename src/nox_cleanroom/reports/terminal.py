"""The report for people: the grid of a matrix, the bad findings and the verdict."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from nox_cleanroom.changes import Attribution
from nox_cleanroom.errors import Code, how_to_get
from nox_cleanroom.findings import Outcome, worst
from nox_cleanroom.output import clean_text
from nox_cleanroom.results import Cell, Run

#: How many changed paths are listed; the rest is counted.
_LISTED = 20


@dataclass(frozen=True, kw_only=True)
class _Finding:
    """A finding about a cell; equal findings about several cells are printed once."""

    outcome: Outcome
    about: str
    message: str
    hint: str


def render(run: Run, *, durations: bool = False) -> str:
    """The report of a run.

    Args:
        run: the record of the run.
        durations: whether to list the durations of steps, too.
    """
    return "\n".join([*(_duration_lines(run) if durations else ()), *_lines(run)])


def verdict_line(run: Run) -> str:
    """The verdict in one line."""
    codes = ", ".join(sorted(code.name for code in run.codes))
    what = f"{run.session} of {run.subject.commit[:12]}"
    wheel = next((cell.wheel for cell in run.cells if cell.wheel), None)
    if wheel is not None:
        what = f"{wheel.name} {wheel.version} at {run.subject.commit[:12]}"
    counts = f", {len(run.cells)} cells" if run.session == "matrix" else ""
    return (
        f"{run.outcome.symbol} {run.outcome.name}: {what}{counts}, {run.duration:.1f} s"
        f"{f' [{codes}]' if codes else ''}"
    )


def wheel_lines(run: Run) -> Iterator[str]:
    """The tested wheels, with the Python that built each one, and their age."""
    ended_at = datetime.fromisoformat(run.started_at) + timedelta(seconds=run.duration)
    tested = sorted((cell.wheel for cell in run.cells if cell.wheel), key=lambda one: one.built_now)
    wheels = {wheel.sha256: wheel for wheel in tested}
    for wheel in wheels.values():
        age = ended_at - datetime.fromisoformat(wheel.built_at)
        ago = "now" if wheel.built_now else f"{_in_words(age)} ago; --rebuild builds it anew"
        yield f"{wheel.file} built with Python {wheel.built_with} {ago}"
    for remark in dict.fromkeys(one for wheel in tested for one in wheel.remarks):
        yield f"note: {remark}"


def _in_words(age: timedelta) -> str:
    """A duration as one number with a unit.

    >>> _in_words(timedelta(hours=3, minutes=5))
    '3 h'
    """
    minutes = max(0, int(age.total_seconds() // 60))
    return f"{minutes // 60} h" if minutes >= 60 else f"{minutes} min"


def _lines(run: Run) -> Iterator[str]:
    if run.session == "matrix":
        yield from render_grid(run)
    yield from _finding_lines(run.cells)
    yield from _note_lines(run.cells)
    yield from _missing_lines(run)
    yield from _change_lines(run)
    for note in run.notes:
        yield f"note: {note}"
    yield verdict_line(run)


def _finding_lines(cells: Sequence[Cell]) -> Iterator[str]:
    where: dict[_Finding, list[str]] = {}
    outputs: dict[_Finding, str] = {}
    for cell in cells:
        for finding, output in _findings(cell):
            where.setdefault(finding, []).append(cell.name)
            outputs.setdefault(finding, output)
    for finding, names in where.items():
        outcome = finding.outcome
        yield f"{outcome.symbol} {', '.join(names)}: {finding.about}: {outcome.name}"
        yield f"    {finding.message}"
        yield from (f"    | {line}" for line in outputs[finding].splitlines())
        if finding.hint:
            yield f"    -> {finding.hint}"


def _findings(cell: Cell) -> Iterator[tuple[_Finding, str]]:
    for problem in cell.problems:
        yield (
            _Finding(
                outcome=problem.outcome,
                about=problem.code.name,
                message=clean_text(problem.message),
                hint=clean_text(problem.hint),
            ),
            problem.output,
        )
    for probe in cell.findings:
        if not probe.waived and (probe.outcome.is_bad or probe.outcome is Outcome.WARNED):
            yield (
                _Finding(
                    outcome=probe.outcome,
                    about=clean_text(f"{probe.check}: {probe.subject}"),
                    message=clean_text(probe.message),
                    hint=clean_text(probe.hint),
                ),
                probe.output,
            )


def _note_lines(cells: Sequence[Cell]) -> Iterator[str]:
    for cell in cells:
        for probe in cell.findings:
            about = clean_text(f"{cell.name}: {probe.check}: {probe.subject}")
            if probe.waived:
                yield f"waived: {about}: {clean_text(probe.waived)}"
            elif probe.outcome is Outcome.PASSED and probe.message:
                yield f"note: {about}: {clean_text(probe.message)}"


def _missing_lines(run: Run) -> Iterator[str]:
    if run.missing:
        is_error = Code.INTERPRETER_MISSING in run.codes
        symbol = Outcome.FAILED.symbol if is_error else Outcome.SKIPPED.symbol
        yield f"{symbol} INTERPRETER_MISSING: Python {', '.join(run.missing)}"
        yield "    The project supports Pythons that are not on this machine."
        yield f"    -> {how_to_get(run.missing[0])}; or choose others with --pythons."


def _change_lines(run: Run) -> Iterator[str]:
    by_path: dict[str, list[Attribution]] = {}
    for change in run.dirtied:
        by_path.setdefault(change.change.path, []).append(change)
    if by_path:
        count = f"{len(by_path):,} {'path' if len(by_path) == 1 else 'paths'}"
        yield f"✗ DIRTY_REPO_POST: the checkout changed during the run ({count})"
        for changes in list(by_path.values())[:_LISTED]:
            again = f"; and {len(changes) - 1} times more" if changes[1:] else ""
            yield f"    {changes[0]}{again}"
        if len(by_path) > _LISTED:
            yield f"    and {len(by_path) - _LISTED:,} more"
        yield "    -> If you edited files meanwhile, or another session wrote them, run it again."
        yield "       What may change can be listed under `allow` in [tool.nox-cleanroom]."
    for change in run.changes:
        if change.is_note:
            yield f"note: an editor or a daemon wrote meanwhile: {change}"


def _duration_lines(run: Run) -> Iterator[str]:
    """The durations of the steps of all cells by name, the longest sum first."""
    taken: dict[str, list[float]] = {}
    for cell in run.cells:
        for step in cell.steps:
            taken.setdefault(step.name, []).append(step.duration)
    yield "where the time went, in seconds:"
    yield "     sum  longest  times  step"
    for name, times in sorted(taken.items(), key=lambda item: -sum(item[1])):
        yield f"{sum(times):8.2f} {max(times):8.2f} {len(times):6}  {clean_text(name)}"
    steps = sum(sum(times) for times in taken.values())
    yield f"{steps:8.2f} in steps, some side by side; {run.duration:.2f} from start to end"


def render_grid(run: Run) -> list[str]:
    """The grid, with a row per interpreter and a column per check."""
    columns = _columns(run.cells)
    missing = [f"smoke{run.suffix}-{python}" for python in run.missing]
    width = max((len(name) for name in (*(cell.name for cell in run.cells), *missing)), default=0)
    rows = [f"{'':{width + 2}} {' '.join(columns)}"]
    for cell in run.cells:
        marks = " ".join(_mark(cell, column).center(len(column)) for column in columns)
        rows.append(f"{cell.outcome.symbol} {cell.name:{width}} {marks}".rstrip())
    rows += [f"{Outcome.SKIPPED.symbol} {name:{width}} missing on this machine" for name in missing]
    return rows


def _columns(cells: Sequence[Cell]) -> list[str]:
    """The checks that ran in any cell, in their order."""
    return list(dict.fromkeys(probe.check for cell in cells for probe in cell.findings))


def _mark(cell: Cell, column: str) -> str:
    answers = [probe for probe in cell.findings if probe.check == column]
    if not answers:
        return " "
    counted = [probe.outcome for probe in answers if not probe.waived]
    asked: list[Outcome] = [one for one in counted if one is not Outcome.SKIPPED]
    return worst(asked or [Outcome.SKIPPED]).symbol
