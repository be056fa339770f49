"""The report for people: the grid of a matrix, the bad findings and the verdict."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field
from datetime import datetime, timedelta
from itertools import product

from nox_cleanroom.errors import Code, how_to_get
from nox_cleanroom.findings import Finding, Outcome, Problem
from nox_cleanroom.output import clean_text, counted
from nox_cleanroom.records import dataclass
from nox_cleanroom.reports.changed_paths import change_lines
from nox_cleanroom.reports.grid import render_grid
from nox_cleanroom.reports.style import Style
from nox_cleanroom.results import Cell, Run, Step

#: How many lines of output a finding has, unless all lines are asked for.
_OUTPUT_LINES = 8
#: How many lines a report has with the lines of nox, without and with a grid.
_LINES, _LINES_WITH_GRID, _LINES_OF_NOX = 25, 40, 7
#: How many findings are shown in any case.
_AT_LEAST = 3
#: How many subjects of equal findings are listed.
_SUBJECTS = 5
#: How many names of cells are listed.
_NAMES = 3

#: A directory of ours in a message: what follows is the same in all cells.
_PLACE = re.compile(r"[^\s'\"`]*[/\\](environments|runs)[/\\][^\s'\"`]*[/\\]")


@dataclass(kw_only=True)
class _Block:
    """What is said of one finding, or of equal ones in several cells or about several subjects."""

    outcome: Outcome
    #: The check, or the code of a problem.
    about: str
    subjects: list[str]
    message: str
    hint: str
    output: list[str]
    cells: list[str] = field(default_factory=list)

    def lines(self, everywhere: int, *, less: int = 0) -> list[str]:
        """The lines of the block.

        Args:
            everywhere: how many cells there are.
            less: 1 to leave out the output; 2 to leave out the hint, too, and to use one line.
        """
        head = f"{self.outcome.symbol} {_names(self.cells, everywhere)}: {self.about}"
        if self.subjects:
            more = len(self.subjects) - _SUBJECTS
            head += f": {', '.join(self.subjects[:_SUBJECTS])}"
            head += f" and {more} more" if more > 0 else ""
        head += f": {self.outcome.name}"
        if less == 2 and self.message:
            return [f"{head}: {self.message}"]
        return [
            head,
            *([f"    {self.message}"] if self.message else []),
            *(f"    | {line}" for line in self.output if not less),
            *([f"    -> {self.hint}"] if self.hint else []),
        ]


def render(run: Run, *, style: Style | None = None) -> str:
    """The report of a run.

    Args:
        run: the record of the run.
        style: how it is shown; without colours by default.
    """
    style = style or Style()
    verdict = style.text(clean_text(verdict_line(run)))
    if style.quiet:
        return verdict
    grid = render_grid(run, style.grid_width) if run.session == "matrix" else []
    changes = change_lines(run.changes, all_of_them=style.verbose)
    ending = [*_missing_lines(run), *changes, *(f"note: {note}" for note in run.notes)]
    room = (_LINES_WITH_GRID if grid else _LINES) - _LINES_OF_NOX
    room -= len(grid) + style.height(ending) + 1
    told = [*_finding_lines(run, style, room), *ending]
    return "\n".join(
        [
            *(style.grid(clean_text(line)) for line in grid),
            *(style.text(clean_text(line)) for line in told),
            verdict,
        ]
    )


def verdict_line(run: Run) -> str:
    """The verdict in one line."""
    names = ", ".join(sorted(code.name for code in run.codes))
    wheel = _tested_wheel(run)
    where = f"{'at' if wheel else 'of'} {run.subject.commit[:12]}"
    counts = f", {counted(len(run.cells), 'cell')}" if run.session == "matrix" else ""
    return (
        f"{run.outcome.symbol} {run.outcome.name}: {wheel or run.session} {where}{counts},"
        f" {run.duration:.1f} s{f' [{names}]' if names else ''}"
    )


def reason_line(run: Run) -> str:
    """The verdict for nox, which shows it after the report and keeps it in reports of its own."""
    names = " ".join(sorted(code.name for code in run.codes))
    about = _tested_wheel(run) or run.session
    return f"{run.outcome.name}: {about}: `nox-cleanroom explain {names}` says more"


def _tested_wheel(run: Run) -> str:
    found = {cell.wheel.name: cell.wheel for cell in run.cells if cell.wheel}
    if len(found) > 1:
        return counted(len(found), "package")
    return next((f"{one.name} {one.version}" for one in found.values()), "")


def wheel_lines(run: Run) -> Iterator[str]:
    """The tested wheels, with the Python that built each one, and their age."""
    ended_at = datetime.fromisoformat(run.started_at) + timedelta(seconds=run.duration)
    tested = sorted((cell.wheel for cell in run.cells if cell.wheel), key=lambda one: one.built_now)
    wheels = {(wheel.sha256, wheel.built_with): wheel for wheel in tested}
    for wheel in wheels.values():
        age = ended_at - datetime.fromisoformat(wheel.built_at)
        ago = "now" if wheel.built_now else f"{_in_words(age)} ago; --rebuild builds it anew"
        how = f"built with Python {wheel.built_with} {ago}" if wheel.built_with else "as given"
        yield f"{wheel.file} {how}"
    for remark in dict.fromkeys(one for wheel in tested for one in wheel.remarks):
        yield f"note: {remark}"


def _in_words(age: timedelta) -> str:
    """A duration as one number with a unit.

    >>> _in_words(timedelta(hours=3, minutes=5))
    '3 h'
    """
    minutes = int(age.total_seconds() // 60)
    if minutes < 1:
        return "less than a minute"
    return f"{minutes // 60} h" if minutes >= 60 else f"{minutes} min"


def _names(names: Sequence[str], everywhere: int) -> str:
    """The names of cells, as far as they can be read at a glance."""
    if len(names) == everywhere > 2:
        return f"all {everywhere} cells"
    if len(names) <= _NAMES:
        return ", ".join(names)
    return f"{', '.join(names[: _NAMES - 1])} and {len(names) - _NAMES + 1} more cells"


def _finding_lines(run: Run, style: Style, room: int) -> list[str]:
    """The findings and notes, the worst first, as many lines as there is room for.

    If there are more, the blocks lose their output and then become one line, the last ones first.
    What is left is counted.
    """
    blocks, cells = _blocks(run.cells, style), len(run.cells)
    notes = list(_note_lines(run.cells))
    shown = [block.lines(cells) for block in blocks]
    if style.verbose:
        return [*(line for lines in shown for line in lines), *notes]
    heights = [style.height(block) for block in shown]
    total = sum(heights) + style.height(notes)
    for less, number in product((1, 2), reversed(range(len(blocks)))):
        # The first one is the worst, and keeps its next step.
        if total > room and not (less == 2 and number == 0):
            shown[number] = blocks[number].lines(cells, less=less)
            total -= heights[number]
            heights[number] = style.height(shown[number])
            total += heights[number]
    is_less = any(block.lines(cells) != one for block, one in zip(blocks, shown, strict=True))
    all_of_them, all_notes = len(shown), len(notes)
    while total + is_less > room and (notes or shown[_AT_LEAST:]):
        total -= style.height([notes.pop()] if notes else shown.pop())
        is_less = True
    left = [
        *([counted(all_of_them - len(shown), "more finding")] if all_of_them > len(shown) else []),
        *([counted(all_notes - len(notes), "note")] if all_notes > len(notes) else []),
    ]
    is_told = bool(left) or (is_less and total < room)
    more = [f"note: {' and '.join(left) or 'more lines'}; -v shows all"] if is_told else []
    return [*(line for block in shown for line in block), *notes, *more]


def _blocks(cells: Sequence[Cell], style: Style) -> list[_Block]:
    """The bad findings, the worst first; equal ones are one."""
    of_cells: dict[tuple[object, ...], _Block] = {}
    for cell in cells:
        for block in _blocks_of(cell, style):
            # Cells have places of their own, which messages may quote.
            texts = (block.about, *block.subjects, block.message, block.hint)
            key = (block.outcome, *(_PLACE.sub("", text) for text in texts))
            of_cells.setdefault(key, block).cells.append(cell.name)
    blocks: dict[tuple[object, ...], _Block] = {}
    for block in of_cells.values():
        said = (block.outcome, block.about, block.message, block.hint)
        first = blocks.setdefault((said, tuple(block.output), tuple(block.cells)), block)
        if first is not block:
            first.subjects += block.subjects
    return sorted(
        blocks.values(), key=lambda one: (not one.outcome.is_bad, one.outcome is Outcome.SKIPPED)
    )


def _blocks_of(cell: Cell, style: Style) -> Iterator[_Block]:
    for problem in cell.problems:
        yield _block(problem, problem.code.name, [], style)
    for finding in cell.findings:
        if not finding.waived and (finding.outcome.is_bad or finding.outcome is Outcome.WARNED):
            subject, _, more = clean_text(finding.subject).partition("\n")
            block = _block(finding, finding.check, [f"{subject} ..." if more else subject], style)
            if finding.check == "tests" and style.has_shown_tests:
                block.output = []
            yield block


def _block(about: Finding | Problem, name: str, subjects: list[str], style: Style) -> _Block:
    details = about.details if style.verbose else ""
    lines = (details or about.output).splitlines()
    return _Block(
        outcome=about.outcome,
        about=clean_text(name),
        subjects=subjects,
        message=clean_text(about.message),
        hint=clean_text(about.hint),
        output=lines if style.verbose else lines[-_OUTPUT_LINES:],
    )


def _note_lines(cells: Sequence[Cell]) -> Iterator[str]:
    said: dict[str, list[str]] = {}
    for cell in cells:
        for finding in cell.findings:
            about = clean_text(f"{finding.check}: {finding.subject}")
            if finding.waived:
                words = f"waived: {{}}: {about}: {clean_text(finding.waived)}"
            elif finding.outcome is Outcome.PASSED and finding.message:
                words = f"note: {{}}: {about}: {clean_text(finding.message)}"
            else:
                continue
            said.setdefault(words, []).append(cell.name)
    for words, names in said.items():
        kind, _, rest = words.partition("{}")
        yield f"{kind}{_names(names, len(cells))}{rest}"


def _missing_lines(run: Run) -> Iterator[str]:
    if run.missing:
        is_error = Code.INTERPRETER_MISSING in run.codes
        symbol = Outcome.FAILED.symbol if is_error else Outcome.SKIPPED.symbol
        yield f"{symbol} INTERPRETER_MISSING: Python {', '.join(run.missing)}"
        yield "    The project supports Pythons that are not on this machine."
        yield f"    -> {how_to_get(*run.missing)}; or choose others with --pythons."


def durations(run: Run, age: float) -> str:
    """Where the time of a run went: the steps of all cells by name, and a sum that adds up.

    Args:
        run: the record of the run.
        age: how long the process has been running, in seconds; the run was its last work.
    """
    taken: dict[str, list[float]] = {}
    for cell in run.cells:
        for step in cell.steps:
            taken.setdefault(step.name, []).append(step.duration)
    lines = ["where the time went, in seconds:", "     sum  longest  times  step"]
    for name, times in sorted(taken.items(), key=lambda item: -sum(item[1])):
        lines.append(f"{sum(times):8.2f} {max(times):8.2f} {len(times):6}  {clean_text(name)}")
    busy = _busy(step for cell in run.cells for step in cell.steps)
    lines += [
        f"{sum(map(sum, taken.values())):8.2f} in steps, some side by side",
        "in all:",
        f"{age - run.duration:8.2f} before the run: Python, nox and nox-cleanroom start",
        f"{busy:8.2f} while steps ran",
        f"{run.duration - busy:8.2f} while none ran: questions to git, checks, this report",
        f"{age:8.2f} from start to end",
    ]
    return "\n".join(lines)


def _busy(steps: Iterable[Step]) -> float:
    """How long at least one of the steps ran, in seconds."""
    busy = end = 0.0
    for step in sorted(steps, key=lambda one: one.started):
        step_end = step.started + step.duration
        busy += max(0.0, step_end - max(end, step.started))
        end = max(end, step_end)
    return busy
