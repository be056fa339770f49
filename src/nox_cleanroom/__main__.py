# PYTHON_ARGCOMPLETE_OK
"""``nox-cleanroom``: the same sessions on any repository, without a noxfile."""

from __future__ import annotations

import sys

if __name__ == "__main__" and not getattr(sys.flags, "safe_path", False):
    # `python -m` puts the current directory, which is the checkout under test, first on the path.
    # We would import a package `platformdirs/` from there, and write bytecode into it.
    del sys.path[0]

import signal

# An interrupt while modules are loaded ends the process without a traceback.
_handler = signal.getsignal(signal.SIGINT)
if _handler is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from nox_cleanroom import redaction
from nox_cleanroom._version import __version__
from nox_cleanroom.errors import (
    CleanroomError,
    Code,
    RepositoryError,
    UsageError,
    unforeseen,
    worst_exit_status,
)
from nox_cleanroom.output import clean_text, show
from nox_cleanroom.places.clearing import clear
from nox_cleanroom.reports import codes, terminal
from nox_cleanroom.reports.style import Style, style_for
from nox_cleanroom.runs.recheck import recheck
from nox_cleanroom.sessions.command_line import CommandLine, complete, refusal
from nox_cleanroom.sessions.without_noxfile import run_nox

if _handler is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.default_int_handler)

HELP = """\
usage: nox-cleanroom [SESSION ...] [OPTIONS]

Test what users will install, built from the commit you are about to push, on
every Python you support, without a file of your checkout being touched.

  (nothing)        smoke on the newest Python here, and clean_check
  smoke            install HEAD's wheel in a fresh environment for each
                   supported Python, and probe it; smoke-3.12: for this one
  matrix           the same on all of them at once: one grid, one verdict
  clean_check      build, install and import in place: is a checkout clean then?
  check FILE ...   run all checks again on the evidence of earlier runs
  explain CODE     what a code such as BUILD_FAILED means, and what to do

  --rev REV        the commit to test        --artifact wheel|sdist
  --pythons X,Y    only these Pythons        --resolution highest|lowest-direct
  --extras A,B     install these extras      --find-links DIR
  --strict         warnings fail             --require-clean
  --rebuild        build anew                --keep           the environments
  --timeout SEC    of each step              --durations      of all steps
  --report-dir DIR write the evidence there  --emit github    print jobs for CI
  -q, --quiet      the verdict only          -v               all output
  -V, --version    --list, -l                --clear-cache

Options of nox work, too: -j 2, --report FILE, --download-python auto,
--force-venv-backend virtualenv, --no-error-on-missing-interpreters, ...

exit status: 0 passed or warned; 1 the package is at fault, or a Python that is
needed is missing; 2 usage or configuration; 3 no test could run;
10 DIRTY_REPO_PRE; 30 DIRTY_REPO_POST; 130 interrupted
"""


def main() -> None:
    """Run the command line, and exit with a status that `HELP` explains."""
    if "_ARGCOMPLETE" in os.environ:
        complete()
    for name in ("stdout", "stderr"):
        # A process may have none, and nox asks each for its kind.
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115 - until the end
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """The exit status of a command line.

    Args:
        arguments: the words after the program's name.
    """
    redaction.learn_from(os.environ)
    if {"-h", "--help"} & set(arguments):
        show(HELP.rstrip())
        return 0
    before = arguments[: arguments.index("--")] if "--" in arguments else arguments
    if {"-V", "--version"} & set(before):
        show(f"nox-cleanroom {__version__}")
        return 0
    try:
        return _run(arguments, before)
    except CleanroomError as error:
        style = style_for(sys.stderr, os.environ)
        for line in clean_text(f"nox-cleanroom: {error}").splitlines():
            show(style.text(line), sys.stderr)
        return error.code.exit_status
    except OSError as error:
        # The cache is not writable, or a disk is full.
        code = unforeseen(error).code
        show(clean_text(f"nox-cleanroom: {code.name}: {error}"), sys.stderr)
        show("  -> Is HOME, or XDG_CACHE_HOME, a place to write to?", sys.stderr)
        return code.exit_status
    except KeyboardInterrupt:
        return Code.INTERRUPTED.exit_status


def _run(arguments: Sequence[str], before: Sequence[str]) -> int:
    if "--clear-cache" in before:
        return _clear_cache()
    flags = {*arguments} & {"-v", "--verbose", "-q", "--quiet", "--"}
    words = [word for word in arguments if word not in flags]
    if words[:1] == ["check"]:
        style = replace(
            style_for(sys.stdout, os.environ),
            verbose=bool(flags & {"-v", "--verbose"}),
            quiet=bool(flags & {"-q", "--quiet"}),
        )
        return _check_again(words[1:], style)
    if words[:1] == ["explain"]:
        return _explain(words[1:])
    try:
        here = Path.cwd()
    except FileNotFoundError:
        raise RepositoryError(
            "The current directory does not exist any more.", hint="Change to one that exists."
        ) from None
    return run_nox(CommandLine.parse(arguments, here))


def _explain(names: Sequence[str]) -> int:
    """Print what the documentation says of each code."""
    if not names:
        raise UsageError("`explain` needs a code.", hint=f"All of them: {codes.PAGE}")
    for name in names:
        show(codes.explanation(name))
    return 0


def _check_again(names: Sequence[str], style: Style) -> int:
    """Check each file of evidence again, and print its report."""
    for name in names:
        if name.startswith("-"):
            raise refusal("option of `check`", name, ("--verbose", "--quiet"))
    if not names:
        raise UsageError(
            "`check` needs the evidence of a run.",
            hint="Name files, such as reports/matrix.json; a run says where it writes them.",
        )
    found = set[Code]()
    for name in names:
        run = recheck(Path(name))
        if names[1:]:
            show(clean_text(f"{name}:"))
        show(terminal.render(run, style=style))
        found |= run.codes
    return worst_exit_status({code.exit_status for code in found})


def _clear_cache() -> int:
    cleared = clear()
    megabytes = cleared.freed / 1_000_000
    count = len(cleared.removed)
    directories = "1 directory" if count == 1 else f"{count} directories"
    show(f"removed {directories}, {megabytes:.1f} MB")
    for path in cleared.used:
        show(
            clean_text(f"left alone because it is in use or has a mount in it: {path}"), sys.stderr
        )
    for path in cleared.kept:
        show(clean_text(f"left alone because a run was told to keep it: {path}"), sys.stderr)
    return 0


if __name__ == "__main__":
    main()
