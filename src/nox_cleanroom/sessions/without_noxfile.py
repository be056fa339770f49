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
from typing import NoReturn

from nox_cleanroom.build.project import find_project, require_project
from nox_cleanroom.checkout.checkout import Checkout
from nox_cleanroom.config.options import Options, parse_options
from nox_cleanroom.config.pythons import supported_pythons, why_supported
from nox_cleanroom.environments.installed_pythons import InstalledPythons
from nox_cleanroom.errors import Code, UsageError, worst_exit_status
from nox_cleanroom.output import clean_text
from nox_cleanroom.places.projects import reserve_project
from nox_cleanroom.sessions.command_line import CommandLine, refuse
from nox_cleanroom.sessions.run_request import FORCED, PROJECT
from nox_cleanroom.sessions.selection import hand_over_arguments
from nox_cleanroom.sessions.verdict import STATUS_DIR

_NOXFILE = Path(__file__).parents[1] / "noxfile" / "noxfile.py"
#: Our commands that are no sessions of nox.
_COMMANDS = ("check", "explain")
#: Options of nox that only our own sessions get.
_REPLACED = ("-fb", "--force-venv-backend", "--no-venv")


def run_nox(line: CommandLine) -> int:
    """Run the sessions of a command line; returns the exit status that `HELP` explains.

    Raises:
        CleanroomError: no session can run.
    """
    options = parse_options(line.ours, relative_to=Path.cwd())
    project = _find_project(Path.cwd())
    sessions, refused = _sessions(line, options, project)
    if sessions:
        # Say it once, and not in each session.
        Checkout.find(project).resolve(options.rev)
    with reserve_project(project) as reserved:
        scratch = reserved.scratch()
        report = line.value_of("--report") or str(scratch / "report.json")
        statuses = scratch / "statuses"
        statuses.mkdir()
        # Of an option that is given twice, nox takes the last.
        argv = ["--noxfile", str(_NOXFILE), "--envdir", str(scratch), "--report", report]
        argv += line.without(*_REPLACED)
        argv += ["--sessions", *sessions] if sessions else []
        variables = {PROJECT: str(project), STATUS_DIR: str(statuses), FORCED: line.backend}
        if options.quiet:
            # What nox says, apart from our report.
            logging.disable(logging.ERROR)
        status = _call_nox([*argv, "--", *line.ours], variables)
        return worst_exit_status({_own_status(status, statuses, Path(report)), refused} - {0})


def _sessions(line: CommandLine, options: Options, project: Path) -> tuple[list[str], int]:
    """The sessions to run, and the exit status of those that do not exist; 0 when all do.

    Raises:
        UsageError: none of those that are named exists.
    """
    supported = supported_pythons(project)
    if not line.chooses_sessions:
        pythons = InstalledPythons.of(project, os.environ)
        chosen = options.pythons or [one for one in supported if pythons.find(one)][-1:]
        sessions = [f"smoke-{python}" for python in chosen or supported[-1:]] + ["clean_check"]
        if not options.quiet:
            _say(f"{' and '.join(sessions)} (`nox-cleanroom --help` shows more)")
    else:
        sessions = [
            session
            for name in line.sessions
            for session in (
                [f"smoke-{python}" for python in options.pythons]
                if name == "smoke" and options.pythons
                else [name]
            )
        ]
    known = ["smoke", "matrix", "clean_check", *(f"smoke-{python}" for python in supported)]
    found, refused = list[str](), 0
    for session in sessions:
        try:
            found += [session] if session in known else _refuse_session(session, known, project)
        except UsageError as error:
            if len(sessions) == 1 or not set(known).intersection(sessions):
                raise
            # The others run.
            _say(str(error))
            refused = error.code.exit_status
    return found, refused


def _say(words: str) -> None:
    sys.stderr.write(clean_text(f"nox-cleanroom: {words}\n"))


def _refuse_session(session: str, known: Sequence[str], project: Path) -> NoReturn:
    """Refuse a session that does not exist, and say why there is none for its Python.

    Raises:
        UsageError: always.
    """
    name, _, python = session.partition("-")
    if name == "smoke" and re.fullmatch(r"(pypy)?3\.\d+t?", python):
        raise UsageError(
            f"There is no session {session}: this project supports"
            f" {', '.join(supported_pythons(project))}.",
            hint=f"{why_supported(project)}.",
        )
    refuse("session", session, [*known, *_COMMANDS])


def _find_project(start: Path) -> Path:
    """The nearest Python project, from a directory up to the top level of the checkout."""
    checkout = Checkout.find(start)
    project = find_project(start.resolve(), checkout.root.resolve())
    if project is None:
        require_project(checkout, checkout.resolve("HEAD"), ".")
        # The project at the top level may exist in the commit only.
        project = checkout.root
    return project


def _call_nox(arguments: list[str], variables: dict[str, str]) -> int:
    """Run nox in this process, where it receives Ctrl-C as usual, and return its exit status."""
    # Users set these variables for the sessions of their own noxfiles.
    for name in ("NOXSESSION", "NOXPYTHON", "NOXEXTRAPYTHON", "NOXFORCEPYTHON", "NOX_SCRIPT_MODE"):
        os.environ.pop(name, None)
    os.environ.update(variables)
    # `nox -j` runs `python -m nox` in the checkout; see the top of this module.
    os.environ["PYTHONSAFEPATH"] = "1"
    sys.argv = ["nox", *arguments]
    hand_over_arguments()
    # Importing nox takes time, and `--help` and errors do not need it.
    from nox.__main__ import main as nox_main  # noqa: PLC0415

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
