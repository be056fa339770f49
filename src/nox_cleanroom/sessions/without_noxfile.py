"""Running nox with the packaged noxfile, on the project in the current directory or above it."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from nox.logger import logger

from nox_cleanroom.build.distributions import read_distributions
from nox_cleanroom.build.packages import find_packages, find_top
from nox_cleanroom.build.project import PROJECT_FILES, find_project, require_project
from nox_cleanroom.build.source_tree import Source, newest_with_project
from nox_cleanroom.build.stand_in import make_stand_in
from nox_cleanroom.checkout import pending
from nox_cleanroom.checkout.checkout import Checkout
from nox_cleanroom.checkout.commit import Commit
from nox_cleanroom.checkout.ranges import commits_in
from nox_cleanroom.config.options import Options, parse_options
from nox_cleanroom.config.pythons import METADATA
from nox_cleanroom.config.settings import Settings
from nox_cleanroom.errors import Code, RepositoryError, worst_exit_status
from nox_cleanroom.output import clean_text, show
from nox_cleanroom.places import deletion
from nox_cleanroom.places.projects import reserve_project
from nox_cleanroom.sessions import backend
from nox_cleanroom.sessions.choice import choose
from nox_cleanroom.sessions.command_line import CommandLine
from nox_cleanroom.sessions.run_request import FORCED, PROJECT, STATUS_DIR
from nox_cleanroom.sessions.selection import hand_over_arguments

#: The directory of the commit's metadata, while nox runs.
_METADATA = "metadata"
_NOXFILE = Path(__file__).parents[1] / "noxfile" / "noxfile.py"
#: Options of nox that only our own sessions get.
_REPLACED = ("-fb", "--force-venv-backend", "--no-venv")


def run_nox(line: CommandLine) -> int:
    """Run the sessions of a command line; returns the exit status that `HELP` explains.

    Raises:
        CleanroomError: no session can run.
    """
    options = parse_options(line.ours, relative_to=Path.cwd())
    project = _find_project(Path.cwd(), options)
    with reserve_project(project or Path.cwd()) as reserved, contextlib.ExitStack() as stack:
        scratch = reserved.scratch()
        if project is None:
            _say("there is no repository here, so nothing is watched; only the files are tested")
            place = scratch / "release"
            place.mkdir()
            project = make_stand_in(read_distributions(options.dist), place)
        if not (line.only_lists or line.noxfile):
            # Nothing of the project's stays there: it may hold a secret.
            stack.callback(deletion.tidy, reserved.home, scratch / _METADATA)
            os.environ[METADATA] = str(_write_metadata(scratch, project, options))
            stack.callback(os.environ.pop, METADATA)
        chosen = choose(line, options, project)
        if chosen.announcement and not options.quiet:
            _say(chosen.announcement)
        report = line.value_of("--report") or str(scratch / "report.json")
        statuses = scratch / "statuses"
        statuses.mkdir()
        # Of an option that is given twice, nox takes the last.
        argv = ["--noxfile", str(_NOXFILE), "--envdir", str(scratch), "--report", report]
        argv += line.without(*_REPLACED)
        argv += ["--sessions", *chosen.sessions] if chosen.sessions else []
        variables = {PROJECT: str(project), STATUS_DIR: str(statuses), FORCED: line.backend}
        if options.quiet:
            # What nox says, apart from our report.
            logging.disable(logging.ERROR)
        if not line.noxfile:
            logger.addFilter(_is_about_us)
        status = _call_nox([*argv, "--", *line.ours], variables)
        for error in chosen.refused:
            # Last, where it is read.
            _say(str(error))
        refused = {error.code.exit_status for error in chosen.refused}
        return worst_exit_status({_own_status(status, statuses, Path(report)), *refused} - {0})


def _write_metadata(scratch: Path, project: Path, options: Options) -> Path:
    """The commit's files that state the supported Pythons, in a directory.

    Raises:
        CleanroomError: there is no such commit, or its configuration is invalid. It is said once,
            and not by each session.
    """
    checkout, directory = Checkout.find(project), scratch / _METADATA
    directory.mkdir()
    place = directory / "pending"
    place.mkdir()
    checkout, oid = pending.resolve(checkout, options.rev, place, os.environ)
    prefix = project.resolve().relative_to(checkout.root.resolve()).as_posix()
    commits = commits_in(checkout, options.rev)
    if commits or options.all_packages:
        pythons = (
            _pythons_of_range(checkout, commits, prefix)
            if commits
            else _pythons_of_packages(checkout, checkout.commit(oid), prefix)
        )
        stated = f"[tool.nox-cleanroom]\npythons = {json.dumps(pythons)}\n"
        (directory / "pyproject.toml").write_text(stated, encoding="utf-8")
        return directory
    paths = {name: name if prefix == "." else f"{prefix}/{name}" for name in PROJECT_FILES}
    checkout.read_ahead(oid, [*paths.values()])
    for name, path in paths.items():
        text = checkout.read_at(oid, path)
        if text is not None:
            (directory / name).write_text(text, encoding="utf-8", errors="surrogateescape")
            if name == "pyproject.toml":
                Settings.from_pyproject(text, f"pyproject.toml of {oid[:12]}")
    return directory


def _pythons_of_packages(checkout: Checkout, commit: Commit, top: str) -> list[str]:
    """The Pythons that some package of a commit supports, oldest first."""
    sources = (
        Source.read(checkout, commit, package, timeout_seconds=0)
        for package in find_packages(checkout, commit, top)
    )
    return _in_order({python for source in sources for python in source.supported})


def _pythons_of_range(checkout: Checkout, commits: Sequence[str], project: str) -> list[str]:
    """The Pythons that the first or the last commit of a range supports, oldest first."""
    ends = (newest_with_project(checkout, some, project) for some in (commits, commits[::-1]))
    sources = (
        Source.read(checkout, checkout.commit(oid), project, timeout_seconds=0) for oid in ends
    )
    return _in_order({python for source in sources for python in source.supported})


def _in_order(pythons: set[str]) -> list[str]:
    return sorted(pythons, key=lambda one: [int(part) for part in re.findall(r"\d+", one)])


def _is_about_us(record: logging.LogRecord) -> bool:
    """Whether a message of nox is not about the path of an environment, as we let it make none."""
    return not str(record.msg).startswith(("The virtualenv name was hashed", "The virtualenv path"))


def _say(words: str) -> None:
    show(clean_text(f"nox-cleanroom: {words}"), sys.stderr)


def _find_project(start: Path, options: Options) -> Path | None:
    """The nearest Python project, from a directory up to the top level of the checkout.

    None where there is no repository and the options name distributions.
    """
    try:
        checkout = Checkout.find(start)
        if options.all_packages:
            return find_top(start.resolve(), checkout.root.resolve())
    except RepositoryError as error:
        if options.dist and error.code is Code.NOT_A_REPOSITORY:
            return None
        raise
    project = find_project(start.resolve(), checkout.root.resolve())
    if project is None:
        if options.rev == "HEAD":
            require_project(checkout, checkout.resolve("HEAD"), ".")
        # The project at the top level may exist in the commit only.
        project = checkout.root
    return project


def _call_nox(arguments: list[str], variables: dict[str, str]) -> int:
    """Run nox in this process, where it receives Ctrl-C as usual, and return its exit status."""
    # Users set these variables for the sessions of their own noxfiles.
    for name in ("NOXSESSION", "NOXPYTHON", "NOXEXTRAPYTHON", "NOXFORCEPYTHON", "NOX_SCRIPT_MODE"):
        os.environ.pop(name, None)
    if os.environ.get("NO_COLOR"):
        # nox refuses both at once.
        os.environ.pop("FORCE_COLOR", None)
    elif os.environ.get("TERM") == "dumb" and not os.environ.get("FORCE_COLOR"):
        os.environ["NO_COLOR"] = "1"
    os.environ.update(variables)
    # `nox -j` runs `python -m nox` in the checkout; see the top of this module.
    os.environ["PYTHONSAFEPATH"] = "1"
    sys.argv = ["nox", *arguments]
    hand_over_arguments()
    # Importing nox takes time, and `--help` and errors do not need it.
    from nox.__main__ import main as nox_main  # noqa: PLC0415

    backend.ask_ahead().join()
    try:
        nox_main()
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    return 0


def _own_status(nox_status: int, statuses: Path, report: Path) -> int:
    """Our exit status, computed from the codes that the sessions of this run have written."""
    if nox_status == Code.INTERRUPTED.exit_status:
        return nox_status
    if nox_status in {2, 3}:
        # Nox rejected the command line.
        return Code.OPTION_INVALID.exit_status
    codes = {code for path in statuses.glob("*.json") for code in _codes_in(path)}
    codes |= _codes_in_report(report)
    if nox_status != 0 and not codes:
        # A session ended without a code. That is a bug of ours, and nox has shown the traceback.
        return Code.INTERNAL.exit_status
    return worst_exit_status({code.exit_status for code in codes} - {0})


def _codes_in(status: Path) -> set[Code]:
    try:
        return {Code[name] for name in json.loads(status.read_text(encoding="utf-8"))}
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        # The session could not write its codes, so its result is unknown.
        return {Code.INTERNAL}


def _codes_in_report(report: Path) -> set[Code]:
    """The code of sessions that nox failed before they ran because an interpreter is missing."""
    with contextlib.suppress(OSError, ValueError, TypeError, KeyError, RecursionError):
        for entry in json.loads(report.read_text(encoding="utf-8"))["sessions"]:
            reason = entry.get("reason") or ""
            if entry.get("result") == "failed" and reason.startswith("Python interpreter"):
                return {Code.INTERPRETER_MISSING}
    return set()
