"""The end of a session: it prints the report, keeps the evidence, and gives nox the verdict."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import nox

from nox_cleanroom._version import __version__
from nox_cleanroom.config.options import Options
from nox_cleanroom.errors import CleanroomError, Code
from nox_cleanroom.loading import load
from nox_cleanroom.output import clean_text, display_path, show
from nox_cleanroom.processes.age import age_of_this_process
from nox_cleanroom.reports import evidence, terminal
from nox_cleanroom.results import Run
from nox_cleanroom.sessions import run_request
from nox_cleanroom.sessions.run_request import STATUS_DIR, envdir, report_dir
from nox_cleanroom.verdicts import RangeVerdict


def conclude(
    session: nox.Session,
    run: Run,
    options: Options,
    parts: Sequence[Run] = (),
    files: Sequence[tuple[str, Path]] = (),
) -> None:
    """Print the report before anything can fail, keep the evidence, and give nox the verdict.

    Args:
        session: the session.
        run: the record of the run.
        options: its options.
        parts: the runs of several packages, of which that is the sum.
        files: the format and the file of each report to write.
    """
    ended = age_of_this_process()
    for line in terminal.wheel_lines(run):
        session.log(clean_text(line))
    style = run_request.style(session, run.session, options)
    show(terminal.render(run, style=style))
    codes, reason = run.codes, ""
    try:
        written = [path for one in parts or [run] for path in write_evidence(session, one, options)]
        for name, path in files:
            evidence.write_report(load("reports.formats").FORMATS[name](run), path)
        if not options.quiet:
            short = display_path(written[0], Path(session.invoked_from))
            show(style.text(clean_text(f"evidence: {short}")))
    except CleanroomError as error:
        codes, reason = {*codes, error.code}, str(error)
    tell_github(run)
    if options.durations and not options.quiet:
        # What came after the run counts as part of it.
        age = age_of_this_process()
        show(terminal.durations(replace(run, duration=run.duration + age - ended), age))
    tell_status(session, codes)
    if codes:
        # The report has said the rest.
        session.error(for_nox(reason or terminal.reason_line(run)))
    if run.has_tested_nothing:
        session.skip(for_nox(terminal.verdict_line(run)))


def tell_github(run: Run) -> None:
    """Mark lines of the repository and add to the summary of the job, in GitHub Actions."""
    if os.environ.get("GITHUB_ACTIONS") != "true":
        return
    for command in load("reports.github").marks(run):
        sys.stdout.write(f"{command}\n")
    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    if summary:
        with contextlib.suppress(OSError), Path(summary).open("a", encoding="utf-8") as file:
            file.write(f"{load('reports.markdown').markdown(run)}\n")


def conclude_range(session: nox.Session, found: RangeVerdict, options: Options) -> None:
    """Print the verdicts on the commits of a range, and give nox the verdict on all of them."""
    style = run_request.style(session, "smoke", options)
    show(load("reports.commits").render(found, style=style))
    directory, mode = _place(session, options)
    written = evidence.write_range(found, directory, __version__, mode=mode)
    if not options.quiet:
        short = display_path(written, Path(session.invoked_from))
        show(style.text(clean_text(f"evidence: {short}")))
    tell_status(session, found.deciding_codes)
    if found.codes:
        session.error(for_nox(f"{found.outcome.name}: {load('reports.commits').result(found)}"))


def for_nox(words: str) -> str:
    """The reason of a session's end as nox wants it: nox writes the final full stop."""
    return clean_text(words).removesuffix(".")


def write_evidence(session: nox.Session, run: Run, options: Options) -> list[Path]:
    """Write the evidence of a run; returns the files, of which the first is for people."""
    directory, mode = _place(session, options)
    return evidence.write_evidence(run, directory, __version__, mode=mode)


def _place(session: nox.Session, options: Options) -> tuple[Path, int]:
    """The requested directory for evidence, or a private default, and the mode of the files."""
    if options.report_dir is not None:
        return options.report_dir, 0o666
    directory = report_dir(session)
    if directory.is_relative_to(envdir(session)):
        with contextlib.suppress(OSError):
            envdir(session).mkdir(parents=True, exist_ok=True)
        _ignore(envdir(session))
    return directory, 0o600


def _ignore(envdir: Path) -> None:
    """Make git ignore nox's directory, as nox does when it makes an environment there."""
    with contextlib.suppress(OSError), (envdir / ".gitignore").open("x", encoding="utf-8") as file:
        file.write("*\n")


def tell_status(session: nox.Session, codes: set[Code]) -> None:
    """Write the codes of the session for ``nox-cleanroom``, which computes its exit status."""
    directory = os.environ.get(STATUS_DIR)
    if directory:
        names = sorted(code.name for code in codes)
        with contextlib.suppress(OSError):
            evidence.write_json(names, Path(directory) / f"{session.name}.json")
