"""``nox-cleanroom``: the same sessions on any repository, without a noxfile."""

from __future__ import annotations

import sys

if __name__ == "__main__" and not getattr(sys.flags, "safe_path", False):
    # `python -m` puts the current directory, which is the checkout under test, first on the path.
    # We would import a package `platformdirs/` from there, and write bytecode into it.
    del sys.path[0]

import contextlib
import json
import os
import re
from collections.abc import Sequence
from pathlib import Path

from nox_cleanroom import redaction
from nox_cleanroom._version import __version__
from nox_cleanroom.build.project import find_project, require_project
from nox_cleanroom.checkout.checkout import Checkout
from nox_cleanroom.config.pythons import supported_pythons
from nox_cleanroom.errors import CleanroomError, Code, UsageError, unforeseen, worst_exit_status
from nox_cleanroom.output import clean_text
from nox_cleanroom.places.clearing import clear
from nox_cleanroom.places.projects import reserve_project
from nox_cleanroom.reports import terminal
from nox_cleanroom.runs.recheck import recheck
from nox_cleanroom.sessions.nox_arguments import CommandLine
from nox_cleanroom.sessions.run_request import PROJECT
from nox_cleanroom.sessions.selection import hand_over_arguments
from nox_cleanroom.sessions.verdict import STATUS_DIR

HELP = """\
usage: nox-cleanroom SESSION [SESSION ...] [NOX OPTIONS] [-- OPTIONS]

Test what users will install, built from the commit you are about to push, on every Python
you support, without a file of your checkout being touched. Run it anywhere in a git
repository, on the nearest Python project; it needs no configuration and no noxfile.

sessions:
  smoke           install HEAD's wheel in a fresh environment for each supported Python,
                  one after another, and probe it
  smoke-3.12      the same on one Python
  matrix          the same on all of them at once, with one grid and one verdict
  clean_check     build, install and import in place: does that leave a checkout clean?

  check FILE ...  run all checks again on the evidence of earlier runs, and nothing else

options:
  --help          show this
  --version       show the version
  --clear-cache   remove all that earlier runs keep: wheels, bytecode, answers, evidence
  --list          list the sessions of this project
  nox's own       -v, -j 2, --report FILE, --force-venv-backend virtualenv, --no-error-on-
                  missing-interpreters, ...: `nox --help` explains them

options after --, for all sessions (`nox-cleanroom smoke -- --help` explains them):
  --rev REV  --require-clean  --strict  --rebuild  --keep  --extras A,B  --find-links DIR
  --pythons X.Y,...  --emit github  --report-dir DIR  --timeout SECONDS

exit status: 0 passed or warned; 1 the package is at fault, or a required interpreter is
missing; 2 usage or configuration; 3 no test could run (no repository, no network);
10 DIRTY_REPO_PRE; 30 DIRTY_REPO_POST; 130 interrupted.
"""


def main() -> None:
    """Run the command line, and exit with a status that `HELP` explains."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:  # noqa: PLR0911 - one for each kind of command line
    """The exit status of a command line.

    Args:
        arguments: the words after the program's name.
    """
    redaction.learn_from(os.environ)
    before = arguments[: arguments.index("--")] if "--" in arguments else arguments
    if not arguments or {"-h", "--help"} & set(before):
        print(HELP, end="")
        return 0 if arguments else 2
    if "--version" in before:
        print(f"nox-cleanroom {__version__}")
        return 0
    if "--clear-cache" in before:
        return _clear_cache()
    try:
        if arguments[0] == "check":
            return _check_again([Path(word) for word in arguments[1:]])
        return _run_nox(CommandLine.from_arguments(arguments, Path.cwd()))
    except CleanroomError as error:
        print(clean_text(f"nox-cleanroom: {error}"), file=sys.stderr)
        return error.code.exit_status
    except OSError as error:
        # The current directory no longer exists, or the cache is not writable.
        code = unforeseen(error).code
        print(clean_text(f"nox-cleanroom: {code.name}: {error}"), file=sys.stderr)
        print("  -> Is HOME, or XDG_CACHE_HOME, a place to write to?", file=sys.stderr)
        return code.exit_status
    except KeyboardInterrupt:
        return Code.INTERRUPTED.exit_status


def _check_again(paths: Sequence[Path]) -> int:
    """Check each file of evidence again, and print its report."""
    if not paths:
        raise UsageError(
            "`check` needs the evidence of a run.",
            hint="Name files, such as reports/matrix.json; a run says where it writes them.",
        )
    codes = set()
    for path in paths:
        run = recheck(path)
        print(clean_text(terminal.render(run)))
        codes |= run.codes
    return worst_exit_status({code.exit_status for code in codes})


def _clear_cache() -> int:
    cleared = clear()
    megabytes = cleared.freed / 1_000_000
    print(f"removed {len(cleared.removed)} directories, {megabytes:.1f} MB")
    for path in cleared.used:
        print(f"left alone because it is in use or has a mount in it: {path}", file=sys.stderr)
    for path in cleared.kept:
        print(f"left alone because a run was told to keep it: {path}", file=sys.stderr)
    return 0


def _run_nox(line: CommandLine) -> int:
    project = _find_project(Path.cwd())
    _require_known_pythons(line.sessions, project)
    noxfile = Path(__file__).parent / "noxfile" / "noxfile.py"
    with reserve_project(project) as reserved:
        scratch = reserved.scratch()
        report = line.value_of("--report") or str(scratch / "report.json")
        statuses = scratch / "statuses"
        statuses.mkdir()
        # Of an option that is given twice, nox takes the last.
        argv = ["--noxfile", str(noxfile), "--envdir", str(scratch), "--report", report]
        argv += line.nox_options
        if line.sessions:
            argv += ["--sessions", *line.sessions]
        variables = {PROJECT: str(project), STATUS_DIR: str(statuses)}
        status = _call_nox([*argv, *line.ours], variables)
        return _own_status(status, statuses, Path(report))


def _require_known_pythons(sessions: Sequence[str], project: Path) -> None:
    """Make sure that there is a smoke session for each Python that is named.

    Raises:
        UsageError: the project does not support one.
    """
    supported = supported_pythons(project)
    for session in sessions:
        name, _, python = session.partition("-")
        if name == "smoke" and re.fullmatch(r"3\.\d+", python) and python not in supported:
            raise UsageError(
                f"There is no session {session}: this project supports {', '.join(supported)}.",
                hint="Requires-Python, or `pythons` of [tool.nox-cleanroom], says so.",
            )


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


if __name__ == "__main__":
    main()
