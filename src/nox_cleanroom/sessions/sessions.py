"""Nox sessions: from a session to a request, and from a run to nox's verdict."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from importlib.util import cache_from_source
from pathlib import Path
from typing import TYPE_CHECKING

import nox
from nox.logger import logger

from nox_cleanroom import redaction
from nox_cleanroom._version import __version__
from nox_cleanroom.checkout.checkout import Checkout
from nox_cleanroom.checkout.watch import Watch
from nox_cleanroom.config.options import Options, help_text, parse_options
from nox_cleanroom.config.pythons import supported_pythons
from nox_cleanroom.environments import venvs
from nox_cleanroom.errors import (
    CleanroomError,
    Code,
    InterpreterMissingError,
    UsageError,
    unforeseen,
)
from nox_cleanroom.output import clean_text, encodable, printable
from nox_cleanroom.places.deletion import discard_bytecode
from nox_cleanroom.places.entries import removal_of
from nox_cleanroom.places.layout import known_caches
from nox_cleanroom.places.projects import evidence_directory
from nox_cleanroom.processes.interruption import ending_with_parent, interruptible
from nox_cleanroom.reports import evidence
from nox_cleanroom.reports import github as ci
from nox_cleanroom.reports import terminal as text
from nox_cleanroom.reports.board import board
from nox_cleanroom.results import Outcome, Run
from nox_cleanroom.runs.cell import Environments, Place
from nox_cleanroom.runs.clean_check import check_cleanliness
from nox_cleanroom.runs.matrix import check_matrix, check_wheel
from nox_cleanroom.runs.run import Job, Request, open_job
from nox_cleanroom.sessions.preconditions import require_environment, require_interpreter
from nox_cleanroom.sessions.untested import can_test_another, is_error_to_miss, stated_by
from nox_cleanroom.steps import Progress

if TYPE_CHECKING:
    from nox._options import NoxConfig

#: Variables with which ``nox-cleanroom`` speaks to its sessions, also to those that ``nox -j``
#: runs in processes of their own: the project, and where each session leaves word of how it ended.
PROJECT = "NOX_CLEANROOM_PROJECT"
STATUS_DIR = "NOX_CLEANROOM_STATUS_DIR"

#: Who makes environments unless nox was told otherwise.
MAKERS = "uv|virtualenv"


def smoke(session: nox.Session, project: str | Path = ".") -> None:
    """Install HEAD's wheel in a fresh environment and probe it.

    Args:
        session: a session with an environment of its own; one for each interpreter.
        project: the project's directory, relative to the noxfile's.

    Example:
        >>> @nox.session(
        ...     python=nox_cleanroom.supported_pythons(),
        ...     venv_backend=nox_cleanroom.BACKEND,
        ...     download_python="never",
        ...     allow_parallel=True,
        ... )  # doctest: +SKIP
        ... def smoke(session):
        ...     nox_cleanroom.smoke(session)
    """

    def test(options: Options, progress: Progress) -> Run:
        python, environments = _python_of(session), _environments(session)
        require_environment(session)
        try:
            require_interpreter(session, python, download=_download(session))
            with _job(session, _request(session, "smoke", project, options), progress) as job:
                place = Place(python=python, variant=job.variants[0], suffix=job.request.suffix)
                cell = check_wheel(job, place, environments, install_only=job.request.install_only)
                must_test = cell.outcome is Outcome.SKIPPED and not can_test_another(
                    session, stated_by(cell), than=python
                )
                return job.finish([cell], must_test=must_test)
        except InterpreterMissingError as error:
            if is_error_to_miss(session, python, Path(project)):
                raise
            _discard_bytecode(session)
            session.skip(clean_text(error.message))

    _run(session, test)


def clean_check(session: nox.Session, project: str | Path = ".") -> None:
    """Build, install and import HEAD in place, and see what that leaves in a checkout.

    Args:
        session: a session; it needs no environment.
        project: the project's directory, relative to the noxfile's.
    """

    def check(options: Options, progress: Progress) -> Run:
        pythons = _wanted_pythons(project, options)
        with _job(session, _request(session, "clean_check", project, options), progress) as job:
            cell = check_cleanliness(job, pythons, _environments(session))
            return job.finish([cell], must_test=True)

    _run(session, check)


def matrix(session: nox.Session, project: str | Path = ".") -> None:
    """Test HEAD's wheel on every supported interpreter at once, and show one grid.

    Args:
        session: a session; it needs no environment, and should not be a default one.
        project: the project's directory, relative to the noxfile's.
    """

    def test(options: Options, progress: Progress) -> Run | None:
        pythons = _wanted_pythons(project, options)
        if options.emit is not None:
            _emit(session, pythons)
            return None
        config = _config(session)
        with _job(session, _request(session, "matrix", project, options), progress) as job:
            cells, missing = check_matrix(
                job, pythons, _environments(session), install_only=job.request.install_only
            )
            return job.finish(
                cells,
                missing=tuple(missing),
                missing_is_error=config.error_on_missing_interpreters
                or not cells
                or options.pythons is not None,
            )

    _run(session, test)


def _run(session: nox.Session, act: Callable[[Options, Progress], Run | None]) -> None:
    """Act, show and record the outcome, and hand nox the verdict."""
    redaction.learn_from(os.environ)
    try:
        options = parse_options(session.posargs, relative_to=Path(session.invoked_from))
        redaction.learn(
            secret for link in options.find_links for secret in redaction.user_information(link)
        )
        run = None if options.help else _act(session, act, options)
    except (CleanroomError, OSError) as raised:
        error = unforeseen(raised)
        _discard_bytecode(session)
        _tell_status(session, {error.code})
        session.error(clean_text(str(error)))
    if options.help:
        print(help_text())  # noqa: T201 - what was asked for
    if run is None:
        _discard_bytecode(session)
    else:
        _conclude(session, run, options)


def _act(
    session: nox.Session, act: Callable[[Options, Progress], Run | None], options: Options
) -> Run | None:
    with contextlib.ExitStack() as stack:
        stack.enter_context(interruptible())
        if session.parallel:
            stack.enter_context(ending_with_parent())
        stack.enter_context(_clean_log())
        return act(options, stack.enter_context(board(logger)))


def _discard_bytecode(session: nox.Session, watch: Watch | None = None) -> None:
    """Delete what nox has just compiled of the noxfile, where git would list it as new.

    Args:
        session: a session of that noxfile.
        watch: who has asked git already; None when nobody has.
    """
    noxfile = Path(os.path.abspath(_config(session).noxfile))
    compiled = Path(cache_from_source(noxfile))
    with contextlib.suppress(CleanroomError):
        if compiled.exists() and (
            watch.is_loose(compiled)
            if watch is not None
            else Checkout.find(noxfile.parent).is_new(compiled)
        ):
            discard_bytecode(compiled, of=noxfile)


@contextlib.contextmanager
def _clean_log() -> Iterator[None]:
    """A block in which nothing that anybody logs, as nox does uv's output, can act or is secret."""

    def clean(record: logging.LogRecord) -> bool:
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


def _conclude(session: nox.Session, run: Run, options: Options) -> None:
    """Print the report before anything can fail, keep the evidence, and hand nox the verdict."""
    report = text.render(run, durations=options.durations)
    # As a whole: a line of ours may end in what is not.
    print(encodable(clean_text(report), sys.stdout.encoding), flush=True)  # noqa: T201 - the report
    for line in text.wheel_lines(run):
        session.log(clean_text(line))
    codes, verdict = run.codes, text.verdict_line(run)
    try:
        written = _write_evidence(session, run, options)
        session.log(clean_text(f"evidence: {written[0]}"))
    except CleanroomError as error:
        codes, verdict = {*codes, error.code}, f"{verdict}\n{error}"
    _tell_status(session, codes)
    if codes:
        session.error(clean_text(verdict))
    if run.has_tested_nothing:
        session.skip(clean_text(verdict))


def _write_evidence(session: nox.Session, run: Run, options: Options) -> list[Path]:
    """Write the evidence where it was asked for, or for nobody but the user to read."""
    if options.report_dir is not None:
        return evidence.write_evidence(run, options.report_dir, __version__, mode=0o666)
    directory = _report_dir(session)
    written = evidence.write_evidence(run, directory, __version__)
    if directory.is_relative_to(_envdir(session)):
        _ignore(_envdir(session))
    return written


def _ignore(envdir: Path) -> None:
    """Have git ignore nox's directory, as nox does when it makes an environment there."""
    with contextlib.suppress(OSError), (envdir / ".gitignore").open("x", encoding="utf-8") as file:
        file.write("*\n")


@contextlib.contextmanager
def _job(session: nox.Session, request: Request, progress: Progress) -> Iterator[Job]:
    """A job that says what it is about, works in a neutral directory, and says what it keeps."""
    with open_job(request, progress) as job:
        _announce(session, job)
        _discard_bytecode(session, job.watch)
        with _working_in(job.workspace.neutral):
            yield job
        if job.options.keep:
            _say_what_is_kept(session, job)


@contextlib.contextmanager
def _working_in(directory: Path) -> Iterator[None]:
    """A block in another directory: nox starts `python -m virtualenv` in the current one.

    Were that the checkout, a module there could be imported in place of one of virtualenv's.
    """
    previous = Path.cwd()
    os.chdir(directory)
    try:
        yield
    finally:
        os.chdir(previous)


def _tell_status(session: nox.Session, codes: set[Code]) -> None:
    """Leave word of how the session ended for ``nox-cleanroom``, which computes its status."""
    directory = os.environ.get(STATUS_DIR)
    if directory:
        names = sorted(code.name for code in codes)
        with contextlib.suppress(OSError):
            evidence.write_json(names, Path(directory) / f"{session.name}.json")


def _config(session: nox.Session) -> NoxConfig:
    """What nox was told, of which it shows sessions only a part; pinned by a test."""
    return session._runner.global_config  # noqa: SLF001


def _envdir(session: nox.Session) -> Path:
    # Relative to the noxfile's directory, which is where nox runs sessions.
    return Path(os.path.abspath(_config(session).envdir))


def _report_dir(session: nox.Session) -> Path:
    """Where evidence goes when nobody says where; with a noxfile, where nox keeps things."""
    project = os.environ.get(PROJECT)
    if project:
        return evidence_directory(Path(project))
    return _envdir(session) / ".cache" / "nox-cleanroom" / "evidence"


def _request(session: nox.Session, name: str, project: str | Path, options: Options) -> Request:
    config = _config(session)
    noxfile = Path(config.noxfile)
    exempt = [_envdir(session), noxfile.parent / "__pycache__" / f"{noxfile.stem}."]
    exempt += known_caches()
    if config.report:
        exempt.append(Path(os.path.abspath(config.report)))
    return Request(
        session=name,
        suffix=_suffix(session, name),
        project=Path(project).resolve(),
        options=options,
        exempt=tuple(exempt),
        env=dict(os.environ),
        install_only=name != "clean_check" and config.install_only,
    )


def _suffix(session: nox.Session, kind: str) -> str:
    """What a session's name has besides, as ``_colours`` in ``smoke_colours``."""
    name = session._runner.name  # noqa: SLF001 - `session.name` has the Python in it
    return name.removeprefix(kind) if name.startswith(f"{kind}_") else ""


def _python_of(session: nox.Session) -> str:
    """The session's Python, or that of the environment when the session has just one."""
    if isinstance(session.python, str):
        return session.python
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def _environments(session: nox.Session) -> Environments:
    """What makes environments, as nox was told to make them."""
    backend = _config(session).force_venv_backend or MAKERS
    return venvs.NoxEnvironments(backend=backend, download=_download(session))


def _download(session: nox.Session) -> venvs.Download:
    return _config(session).download_python or "never"


def _wanted_pythons(project: str | Path, options: Options) -> Sequence[str]:
    supported = supported_pythons(project)
    if options.pythons is None:
        return supported
    wanted = [python for python in supported if python in options.pythons]
    if len(wanted) < len(set(options.pythons)):
        raise UsageError(
            f"The project supports {', '.join(supported)}, and --pythons asks for"
            f" {', '.join(options.pythons)}.",
            hint="Name supported ones, or set `pythons` in [tool.nox-cleanroom].",
            code=Code.EMPTY_MATRIX,
        )
    return wanted


def _emit(session: nox.Session, pythons: Sequence[str]) -> None:
    jobs = ci.github_matrix(pythons, session=f"smoke{_suffix(session, 'matrix')}")
    print(jobs, flush=True)  # noqa: T201 - the only thing on standard output
    output = os.environ.get("GITHUB_OUTPUT")
    if output:
        try:
            ci.append_output(jobs, Path(output))
        except OSError as error:
            raise UsageError(f"GITHUB_OUTPUT cannot be written to: {error}.") from None
        session.log(f"appended to {output}")


def _announce(session: nox.Session, job: Job) -> None:
    where = "" if job.subject.project == "." else f", project {job.subject.project}"
    session.log(clean_text(f"testing {job.commit.short} ({job.commit.subject}){where}"))
    session.log(clean_text(f"settings: {job.subject.settings_source}"))
    for note in job.notes:
        session.log(clean_text(note))


def _say_what_is_kept(session: nox.Session, job: Job) -> None:
    for line in _what_is_kept(job.workspace.root, job.checkout.common_dir):
        session.log(clean_text(line))


def _what_is_kept(root: Path, common_dir: Path) -> Iterator[str]:
    yield f"kept: {root}"
    for found in sorted(root.glob("environments-*/*/pyvenv.cfg")):
        yield f"  an environment: . {found.parent}/bin/activate"
    for tree in sorted(path.parent for path in root.glob("worktree-*/.git")):
        yield f"  a worktree: cd {tree}"
        yield f"  when done: {printable(removal_of(common_dir, tree))}"
    yield f"  and at last: {printable(['rm', '-r', str(root)])}"
