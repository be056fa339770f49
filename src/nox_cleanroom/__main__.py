# PYTHON_ARGCOMPLETE_OK
"""``nox-cleanroom``: the same sessions on any repository, without a noxfile."""

from __future__ import annotations

import sys

if __name__ == "__main__" and not getattr(sys.flags, "safe_path", False):
    # `python -m` puts the current directory, which is the checkout under test, first on the path.
    # We would import a package `platformdirs/` from there, and write bytecode into it.
    del sys.path[0]

import atexit
import contextlib
import os
import signal
import threading
from collections.abc import Sequence
from types import ModuleType
from typing import NoReturn

from nox_cleanroom import redaction
from nox_cleanroom._version import __version__
from nox_cleanroom.errors import CleanroomError, Code, unforeseen
from nox_cleanroom.loading import load
from nox_cleanroom.output import clean_text, show
from nox_cleanroom.reports.style import style_for

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
  join DIR ...     one verdict from the evidence of many jobs
  explain CODE     what a code such as BUILD_FAILED means, and what to do
  hook install     test what you push, before it is pushed; hook uninstall
  init             write a noxfile, .gitignore, a workflow and the hook

  --rev REV        the commit to test        --staged  --working-tree  instead
  --rev A..B       each of these commits     --bisect  the first bad of them
  --dist PATH ...  these wheels and sdist, or those in a directory
  --all-packages   of the repository         --changed-since REV  --package DIR
  --pythons X,Y    only these Pythons        --resolution highest|lowest-direct
  --artifact wheel|sdist                     --find-links DIR
  --extras A,B     install these extras
  --strict         warnings fail             --require-clean
  --rebuild        build anew                --keep           the environments
  --timeout SEC    of each step              --durations      of all steps
  --report-dir DIR write the evidence there
  --emit github|gitlab|json                  --dist-dir DIR   --platform NAME
  --write FORMAT=FILE  a report: html, in-toto, json, junit or markdown
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
        _load("sessions.command_line").complete()
    for name in ("stdout", "stderr"):
        # A process may have none, and nox asks each for its kind.
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115 - until the end
    _end(run(sys.argv[1:]))


def _end(status: int) -> NoReturn:
    """End this process in the order of the interpreter, and leave the memory to the system.

    The interpreter would take some hundred modules apart, object by object, for ten milliseconds.
    `multiprocessing` ends its processes in this way, too.
    """
    if sys.implementation.name != "cpython":
        sys.exit(status)
    threading._shutdown()  # type: ignore[attr-defined]  # noqa: SLF001 - waits for threads
    atexit._run_exitfuncs()  # noqa: SLF001
    with contextlib.suppress(OSError, ValueError):
        # Nobody reads what is left.
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(status)


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
        # Loading all other modules takes time, and help needs none of them.
        status: int = _load("sessions.subcommands").perform(arguments, before)
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
    return status


def _load(name: str) -> ModuleType:
    """A module; an interrupt while it is loaded ends the process without a traceback."""
    handler = signal.getsignal(signal.SIGINT)
    if handler is not signal.default_int_handler:
        return load(name)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        return load(name)
    finally:
        signal.signal(signal.SIGINT, handler)


if __name__ == "__main__":
    main()
