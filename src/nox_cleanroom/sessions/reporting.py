"""What a session does around its run: it announces and concludes it, and reports errors."""

from __future__ import annotations

import contextlib
import functools
import logging
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from importlib.util import cache_from_source
from pathlib import Path

import nox
from nox.logger import logger

from nox_cleanroom import redaction
from nox_cleanroom.checkout.checkout import Checkout
from nox_cleanroom.checkout.watch import Watch
from nox_cleanroom.config.options import Options, help_text, parse_options
from nox_cleanroom.errors import CleanroomError, unforeseen
from nox_cleanroom.output import clean_text, counted, printable
from nox_cleanroom.places.deletion import discard_bytecode
from nox_cleanroom.places.entries import removal_of
from nox_cleanroom.processes.interruption import ending_with_parent, interruptible
from nox_cleanroom.records import dataclass
from nox_cleanroom.reports.progress import board, cut
from nox_cleanroom.results import Run
from nox_cleanroom.runs.opening import open_run, reports_of
from nox_cleanroom.runs.run import OpenRun
from nox_cleanroom.sessions import run_request
from nox_cleanroom.sessions.verdict import conclude, conclude_range, for_nox, tell_status
from nox_cleanroom.steps import Progress
from nox_cleanroom.verdicts import RangeVerdict


@dataclass(kw_only=True)
class Report:
    """The options of a session, and the run to report."""

    options: Options
    progress: Progress
    #: None when there is nothing to report.
    run: Run | RangeVerdict | None = None
    #: The runs of several packages, of which that is the sum.
    parts: Sequence[Run] = ()
    #: The format and the file of each report to write.
    files: Sequence[tuple[str, Path]] = ()


@contextlib.contextmanager
def reporting(session: nox.Session, options: Options | None = None) -> Iterator[Report]:
    """A block whose run is shown and recorded, and whose verdict goes to nox.

    Args:
        session: the session.
        options: the options of the run; None for those after ``--``.
    """
    redaction.learn_from(os.environ)
    try:
        if options is None:
            options = parse_options(session.posargs, relative_to=Path(session.invoked_from))
        redaction.learn(
            secret for link in options.find_links for secret in redaction.user_information(link)
        )
        if options.help:
            _print_help()
        orphaned = ending_with_parent() if session.parallel else contextlib.nullcontext()
        verbose = run_request.is_verbose(session, options)
        with interruptible(), orphaned, _clean_log(verbose=verbose), board(logger) as progress:
            report = Report(options=options, progress=progress)
            yield report
    except (CleanroomError, OSError) as raised:
        error = unforeseen(raised)
        discard_noxfile_bytecode(session)
        tell_status(session, {error.code})
        if logging.root.manager.disable >= logging.ERROR:
            # `--quiet` hides what nox says, but not why nothing was tested.
            sys.stderr.write(clean_text(f"nox-cleanroom: {error}\n"))
        session.error(for_nox(str(error)))
    if report.run is None:
        discard_noxfile_bytecode(session)
    elif isinstance(report.run, RangeVerdict):
        conclude_range(session, report.run, options)
    else:
        conclude(session, report.run, options, report.parts, report.files)


@functools.cache
def _print_help() -> None:
    """Print the options, once in a process."""
    print(help_text())  # noqa: T201 - the user asked for it


def discard_noxfile_bytecode(session: nox.Session, watch: Watch | None = None) -> None:
    """Delete the bytecode that nox has just written for the noxfile, if git would list it as new.

    Args:
        session: a session of that noxfile.
        watch: the watch that has already asked git; None when there is none.
    """
    noxfile = Path(os.path.abspath(run_request.config(session).noxfile))
    cached = Path(cache_from_source(noxfile))
    if not cached.exists():
        return
    with contextlib.suppress(CleanroomError):
        is_new = watch.is_loose(cached) if watch else Checkout.find(noxfile.parent).is_new(cached)
        if is_new:
            discard_bytecode(cached, of=noxfile)


@contextlib.contextmanager
def _clean_log(*, verbose: bool) -> Iterator[None]:
    """A block in which all log messages, such as output of uv, are made safe and redacted.

    nox's line about each environment is left out, unless everything is to be shown.
    """

    def clean(record: logging.LogRecord) -> bool:
        if not verbose and str(record.msg).startswith("Creating virtual environment"):
            return False
        record.msg, record.args = clean_text(record.getMessage()), ()
        if record.exc_info:
            record.exc_text = clean_text(logging.Formatter().formatException(record.exc_info))
        return True

    handlers = logging.getLogger().handlers
    for handler in handlers:
        handler.addFilter(clean)
    try:
        yield
    finally:
        for handler in handlers:
            handler.removeFilter(clean)


@contextlib.contextmanager
def opened(
    session: nox.Session,
    kind: str,
    project: str | Path,
    report: Report,
    packages: Sequence[str] = (),
    *,
    pythons: Sequence[str] = (),
) -> Iterator[OpenRun]:
    """An open run in a neutral directory, which announces its subject and lists what it keeps.

    Args:
        session: the session.
        kind: the kind of run.
        project: the project's directory.
        report: the report of the session.
        packages: the directories of all packages.
        pythons: the Pythons whose environments are made meanwhile.
    """
    request = run_request.request(session, kind, project, report.options, packages)
    with open_run(request, report.progress, pythons) as run:
        if kind != "run":
            _announce(session, run)
        discard_noxfile_bytecode(session, run.watch)
        report.files = reports_of(run.request, run.source)
        yield run
        if report.options.keep:
            for line in _what_is_kept(run.workspace.root, run.source.checkout.common_dir):
                session.log(clean_text(line))


def _announce(session: nox.Session, run: OpenRun) -> None:
    source, commit = run.source, run.source.commit
    where = "" if source.project == "." else f", project {source.project}"
    if run.request.options.all_packages:
        where = f", {counted(len(run.packages), 'package')}"
    doing = "installing from" if run.request.session == "install" else "testing"
    if run.request.options.emit:
        doing = "listing the jobs for"
    given = "" if run.given is None else f"{run.given}, beside "
    subject = f"{doing} {given}{commit.short} ({commit.subject}){where}"
    if run.commits:
        subject = f"{doing} {len(run.commits)} commits up to {commit.short}{where}"
    if sys.stderr.isatty():
        subject = cut(subject, shutil.get_terminal_size().columns - len("nox > "))
    verbose = run_request.is_verbose(session, run.request.options)
    settings = [f"settings: pyproject.toml of {commit.short}"] if verbose else []
    for line in (subject, *settings):
        session.log(clean_text(line))


def _what_is_kept(root: Path, common_dir: Path) -> Iterator[str]:
    yield f"kept: {root}"
    for found in sorted(root.glob("environments-*/*/pyvenv.cfg")):
        yield f"  an environment: . {found.parent}/bin/activate"
    for tree in sorted(path.parent for path in root.glob("worktree-*/.git")):
        yield f"  a worktree: cd {tree}"
        yield f"  when done: {printable(removal_of(common_dir, tree))}"
    yield f"  and at last: {printable(['rm', '-r', str(root)])}"
