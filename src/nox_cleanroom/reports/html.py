"""The report of a run as one HTML file, without scripts and without other files.

Everything that comes from a package, a tool or a path is escaped.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from nox_cleanroom.findings import Finding, Outcome, Problem, worst
from nox_cleanroom.output import clean_text, counted, printable
from nox_cleanroom.reports.changed_paths import change_lines
from nox_cleanroom.reports.grid import is_green, marks_of_checks
from nox_cleanroom.reports.terminal import verdict_line
from nox_cleanroom.results import Cell, Run, Step

_STYLE = """
:root { color-scheme: light dark; --text: #1b1f24; --dim: #59636e; --back: #ffffff; --line: #d1d9e0;
  --soft: #f6f8fa; --PASSED: #1a7f37; --WARNED: #9a6700; --FAILED: #cf222e; --ERROR: #cf222e;
  --SKIPPED: #59636e; --bar: #54aeff; }
@media (prefers-color-scheme: dark) { :root { --text: #e6edf3; --dim: #9198a1; --back: #0d1117;
  --line: #3d444d; --soft: #151b23; --PASSED: #3fb950; --WARNED: #d29922; --FAILED: #f85149;
  --ERROR: #f85149; --SKIPPED: #9198a1; --bar: #1f6feb; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 72rem; padding: 1rem; background: var(--back);
  color: var(--text); font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
a { color: inherit; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; overflow-wrap: normal; }
tbody th { white-space: nowrap; }
th, td { border: 1px solid var(--line); padding: .25rem .6rem; text-align: left;
  vertical-align: top; }
thead th { background: var(--soft); }
td.mark { text-align: center; }
pre { background: var(--soft); border: 1px solid var(--line); padding: .6rem; overflow-x: auto;
  white-space: pre-wrap; font-size: .85rem; }
details { border: 1px solid var(--line); border-radius: .3rem; margin: .5rem 0;
  padding: .3rem .7rem; }
summary { cursor: pointer; } :focus-visible { outline: 2px solid var(--bar); }
.PASSED { color: var(--PASSED); } .WARNED { color: var(--WARNED); }
.FAILED { color: var(--FAILED); } .ERROR { color: var(--ERROR); }
.SKIPPED { color: var(--SKIPPED); } .dim { color: var(--dim); }
.time { display: grid; gap: .2rem .6rem;
  grid-template-columns: minmax(6rem, 16rem) minmax(8rem, 1fr); }
.lane { position: relative; height: 1.3rem; background: var(--soft); }
.step { position: absolute; top: .15rem; height: 1rem; min-width: 1px; background: var(--bar);
  border-right: 1px solid var(--back); }
.step.bad { background: var(--FAILED); }
@media print { body { max-width: none; } details { break-inside: avoid; }
  .wide { overflow: visible; } }
"""


def html(run: Run) -> str:
    """The page of a run."""
    title = _text(verdict_line(run)[2:])
    body = [
        f'<h1><span class="{run.outcome.name}">{run.outcome.symbol}</span> {title}</h1>',
        f'<p class="dim">{_about(run)}</p>',
        *_grid(run),
        *_reasons(run),
        *_time(run),
        *_evidence(run),
    ]
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en">',
            '<head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{title}</title>",
            f"<style>{_STYLE}</style></head>",
            "<body><main>",
            *body,
            "</main></body></html>",
            "",
        ]
    )


def _about(run: Run) -> str:
    subject = run.subject
    where = "" if subject.project == "." else f", project {subject.project}"
    return _text(
        f"{run.session} of commit {subject.commit} ({subject.describe}){where},"
        f" begun {run.started_at}, with the settings of {subject.settings_source}"
    )


def _grid(run: Run) -> Iterator[str]:
    marks = marks_of_checks(run.cells)
    checks = [check for check, column in marks.items() if not is_green(column)]
    folded = len(marks) - len(checks)
    yield "<h2>Cells</h2>"
    yield '<div class="wide" tabindex="0" role="region" aria-label="Cells"><table>'
    others = [counted(folded, "other check")] if folded else []
    heads = "".join(f'<th scope="col">{_text(one)}</th>' for one in (*checks, *others))
    yield f'<thead><tr><th scope="col">cell</th><th scope="col">verdict</th>{heads}</tr></thead>'
    yield "<tbody>"
    for cell in run.cells:
        note = ' <span class="dim">(may fail)</span>' if run.lets_fail(cell) else ""
        codes = ", ".join(problem.code.name for problem in cell.problems)
        shown = "".join(_mark(cell, check) for check in checks)
        green = Outcome.PASSED.symbol if cell.findings else ""
        shown += f'<td class="mark PASSED">{green}</td>' if others else ""
        yield (
            f'<tr><th scope="row">{_text(cell.name)}{note}</th>'
            f"<td>{_outcome(cell.outcome)} {_text(codes)}</td>{shown}</tr>"
        )
    for python in run.missing:
        cells = "<td></td>" * (len(checks) + len(others))
        name = _text(f"smoke{run.suffix}-{python}")
        yield f'<tr><th scope="row">{name}</th><td class="SKIPPED">- missing</td>{cells}</tr>'
    yield "</tbody></table></div>"


def _mark(cell: Cell, check: str) -> str:
    found = [one.outcome for one in cell.findings if one.check == check and not one.waived]
    if not found:
        return "<td></td>"
    asked: list[Outcome] = [one for one in found if one is not Outcome.SKIPPED]
    outcome = worst(asked or [Outcome.SKIPPED])
    label = f"{outcome.name}: {check}"
    return f'<td class="mark {outcome.name}" title="{_text(label)}">{outcome.symbol}</td>'


def _outcome(outcome: Outcome) -> str:
    return f'<span class="{outcome.name}">{outcome.symbol} {outcome.name}</span>'


def _reasons(run: Run) -> Iterator[str]:
    yield "<h2>Findings</h2>"
    for cell in run.cells:
        told: list[Finding | Problem] = [*cell.problems]
        told += [one for one in cell.findings if one.waived or one.outcome is not Outcome.PASSED]
        told = [one for one in told if one.outcome is not Outcome.SKIPPED or one.message]
        if told:
            is_open = " open" if cell.outcome.is_bad else ""
            head = f"{_outcome(cell.outcome)} {_text(cell.name)}"
            yield f"<details{is_open}><summary>{head}</summary>"
            for one in sorted(told, key=lambda one: -one.outcome.value):
                yield from _reason(one)
            yield "</details>"
    changes = [*change_lines(run.changes, all_of_them=True)]
    if changes:
        lines = _text("\n".join(changes))
        yield f"<details open><summary>The checkout</summary><pre>{lines}</pre></details>"
    if run.notes:
        notes = "".join(f"<li>{_text(note)}</li>" for note in run.notes)
        yield f"<ul>{notes}</ul>"


def _reason(one: Finding | Problem) -> Iterator[str]:
    about = f"{one.check}: {one.subject}" if isinstance(one, Finding) else one.code.name
    waived = getattr(one, "waived", "")
    mark = f'<span class="dim">waived: {_text(waived)}</span>' if waived else _outcome(one.outcome)
    yield f"<p>{mark} <strong>{_text(about)}</strong><br>{_text(one.message)}</p>"
    if one.output:
        yield f"<pre>{_text(one.output)}</pre>"
    if one.hint:
        yield f"<p>&rarr; {_text(one.hint)}</p>"


def _time(run: Run) -> Iterator[str]:
    """A lane for each cell, with a bar for each step; where there is none, the cell waited."""
    steps = [step for cell in run.cells for step in cell.steps]
    total = max((step.started + step.duration for step in steps), default=0.0)
    if not total:
        return
    yield "<h2>Time</h2>"
    yield f'<p class="dim">{total:.2f} s from left to right. A gap is time spent waiting.</p>'
    yield '<div class="time">'
    for cell in run.cells:
        bars = "".join(_bar(step, total) for step in cell.steps)
        yield f'<div>{_text(cell.name)}</div><div class="lane">{bars}</div>'
    yield "</div>"


def _bar(step: Step, total: float) -> str:
    left, width = (100 * part / total for part in (step.started, step.duration))
    bad = " bad" if step.command and not step.succeeded else ""
    title = _text(f"{step.name}, {step.duration:.2f} s")
    place = f"left:{left:.3f}%;width:{width:.3f}%"
    return f'<span class="step{bad}" style="{place}" title="{title}"></span>'


def _evidence(run: Run) -> Iterator[str]:
    yield "<h2>Evidence</h2>"
    rows: Sequence[tuple[str, str, str, str]] = [
        (
            cell.name,
            cell.wheel.file if cell.wheel else "",
            cell.wheel.sha256 if cell.wheel else "",
            cell.interpreter.version if cell.interpreter else "",
        )
        for cell in run.cells
    ]
    yield '<div class="wide" tabindex="0" role="region" aria-label="Evidence"><table><thead><tr>'
    yield "".join(f'<th scope="col">{one}</th>' for one in ("cell", "wheel", "sha256", "Python"))
    yield "</tr></thead><tbody>"
    for row in rows:
        yield f"<tr>{''.join(f'<td>{_text(one)}</td>' for one in row)}</tr>"
    yield "</tbody></table></div>"
    for cell in run.cells:
        commands = [_command(step) for step in cell.steps if step.command]
        if commands:
            yield f"<details><summary>Commands of {_text(cell.name)}</summary>"
            yield f"<pre>{_text(chr(10).join(commands))}</pre></details>"


def _command(step: Step) -> str:
    status = "" if step.exit_status == 0 else f"   # {step.ending}"
    return f"$ {printable(step.command)}{status}"


def _text(text: str) -> str:
    """Text without secrets and control characters, of which nothing is markup."""
    return escape(clean_text(text))
