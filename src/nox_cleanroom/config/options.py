"""Our options, after ``--`` of nox: all sessions take the same and ignore those of others."""

from __future__ import annotations

import argparse
import contextlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn, get_args

from nox_cleanroom.config.axes import Artifact, Extras, Resolution
from nox_cleanroom.errors import UsageError, nearest
from nox_cleanroom.records import dataclass

#: What can be tested instead of a commit; neither can be the name of a revision.
STAGED = "(staged)"
WORKING_TREE = "(working tree)"

#: The formats in which the report of a run can be written.
FORMATS = ("html", "in-toto", "json", "junit", "markdown")

#: The CI systems for which `--emit` prints jobs.
EMITTERS = ("github", "gitlab", "json")


@dataclass(frozen=True, kw_only=True)
class Options:
    """The options given after ``--``; every path is absolute."""

    #: The commit under test, as git spells revisions, or one of the two below.
    rev: str = "HEAD"
    #: Search a range for the first commit that fails, instead of testing all.
    bisect: bool = False
    #: Refuse to start when the checkout has uncommitted changes.
    require_clean: bool = False
    #: Warnings fail the run.
    strict: bool = False
    #: Build even when the wheelhouse has this commit's wheel.
    rebuild: bool = False
    #: Keep the worktree and the environments, and print their paths.
    keep: bool = False
    #: Extras to install; None when not given.
    extras: Extras | None = None
    #: What is built and tested; None to use the settings.
    artifact: Artifact | None = None
    #: Which versions of the requirements are installed; None to use the settings.
    resolution: Resolution | None = None
    #: Directories or pages with distributions, besides the index.
    find_links: tuple[str, ...] = ()
    #: Distributions to test instead of building any, and their directories.
    dist: tuple[str, ...] = ()
    #: Test all packages of the repository.
    all_packages: bool = False
    #: Of these, test only what has changed since this revision, and what depends on it.
    changed_since: str | None = None
    #: Of these, test only some; all when there are none.
    package: tuple[str, ...] = ()
    #: The Pythons of a matrix; None for all supported ones.
    pythons: tuple[str, ...] | None = None
    #: Print the matrix for this CI system instead of running it.
    emit: str | None = None
    #: Where distributions are built, before these are tested; None for none.
    dist_dir: Path | None = None
    #: The name of this machine in the results, one of `platforms`; empty for none.
    platform: str = ""
    #: Where evidence is written; None for the default directory.
    report_dir: Path | None = None
    #: Reports to write: the format and the file of each.
    write: tuple[tuple[str, Path], ...] = ()
    #: The time limit of each step; None for the default.
    timeout_seconds: float | None = None
    #: Show how long each step took.
    durations: bool = False
    #: Print the verdict only.
    quiet: bool = False
    #: Show everything; with ``nox-cleanroom``, this option is nox's own.
    verbose: bool = False
    #: Show these options and run nothing.
    help: bool = False


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        unknown = message.removeprefix("unrecognized arguments: ")
        near = nearest(unknown, OPTIONS) if unknown != message else ""
        guess = f"; did you mean {near}?" if near else "."
        raise UsageError(
            f"{message[0].upper()}{message[1:]}{guess}",
            hint="`nox-cleanroom --help` lists all options.",
        )


def _seconds(text: str) -> float:
    with contextlib.suppress(ValueError):
        if 0 < float(text) < 1e9:
            return float(text)
    raise argparse.ArgumentTypeError(f"{text!r} is no positive number of seconds")


def _names(text: str) -> tuple[str, ...]:
    names = tuple(part for part in text.replace(",", " ").split() if part)
    if not names:
        raise argparse.ArgumentTypeError("needs at least one name")
    return names


#: What names a Python, as a regular expression.
PYTHON = r"3\.\d+t?|pypy3\.\d+"


def _pythons(text: str) -> tuple[str, ...]:
    names = _names(text)
    for name in names:
        if not re.fullmatch(PYTHON, name):
            raise argparse.ArgumentTypeError(
                f"{name!r} is no Python such as 3.12, 3.13t or pypy3.11"
            )
    return names


def _report(text: str) -> tuple[str, str]:
    name, equals, path = text.partition("=")
    if name not in FORMATS or not (equals and path):
        raise argparse.ArgumentTypeError(
            f"{text!r} is no format and file, such as junit=PATH; formats: {', '.join(FORMATS)}"
        )
    return name, path


#: What names a machine, as a regular expression: a word that no shell changes.
PLATFORM = r"[A-Za-z0-9][A-Za-z0-9_.:/+@-]*"


def _platform(text: str) -> str:
    if text and not re.fullmatch(PLATFORM, text):
        raise argparse.ArgumentTypeError(f"{text!r} is no name such as windows-latest")
    return text


def _extras(text: str) -> Extras:
    """Extras, ``all`` of them, or with an empty text none, whatever is configured."""
    return "all" if text == "all" else _names(text) if text else ()


#: The options, each with what `-- --help` says of it.
_HELP = {
    "--rev": "the commit to test (default: HEAD); smoke: also a range of commits, such as main..",
    "--bisect": "smoke: find the first bad commit of a range, --rev GOOD..BAD",
    "--staged": "test what is staged instead of a commit",
    "--working-tree": "test what lies in the checkout, except for ignored files",
    "--require-clean": "refuse to start when tracked files are changed or unignored files are new",
    "--strict": "let warnings fail the run",
    "--rebuild": "build even if this commit's wheel is at hand",
    "--keep": "keep the worktree and environments, and say where",
    "--extras": "install the distribution with these extras, or with `all`",
    "--artifact": "test the wheel built from the tree, or from the source distribution",
    "--resolution": "install the newest requirements, or the oldest that the metadata admits (uv)",
    "--find-links": "also take requirements from this directory or page; may be repeated",
    "--dist": "test these distributions, or those in these directories, and build no wheel",
    "--all-packages": "matrix, smoke: test all packages of the repository, with each other",
    "--changed-since": "the packages that have changed since, and those that need them",
    "--package": "one of these packages only; may be repeated",
    "--pythons": "matrix: only these interpreters",
    "--emit": "matrix: print the jobs for CI and run nothing",
    "--dist-dir": "matrix: build the sdist, and its wheel, there, and test these files",
    "--platform": "the name of this machine in the results, as `platforms` names it",
    "--report-dir": "write the evidence there",
    "--write": "write a report: html, in-toto, json, junit or markdown; may be repeated",
    "--timeout": "the time limit of each step",
    "--durations": "show where the time went, step by step",
    "--quiet": "print the verdict only (-q)",
    "--verbose": "show commands and all output (-v); nox's own -v does the same",
    "--help": "show this and stop",
}

#: The options with a value; all others are flags.
VALUES: Mapping[str, Mapping[str, Any]] = {
    "--rev": {"metavar": "REV"},
    "--extras": {"type": _extras, "metavar": "A,B"},
    "--artifact": {"choices": get_args(Artifact)},
    "--resolution": {"choices": get_args(Resolution)},
    "--find-links": {"action": "append", "default": [], "metavar": "DIR"},
    "--dist": {"action": "extend", "nargs": "+", "default": [], "metavar": "PATH"},
    "--changed-since": {"metavar": "REV"},
    "--package": {"action": "append", "default": [], "metavar": "DIR"},
    "--pythons": {"type": _pythons, "metavar": "X.Y,..."},
    "--emit": {"choices": EMITTERS},
    "--dist-dir": {"metavar": "DIR"},
    "--platform": {"type": _platform, "default": "", "metavar": "NAME"},
    "--report-dir": {"metavar": "DIR"},
    "--write": {"action": "append", "default": [], "type": _report, "metavar": "FORMAT=FILE"},
    "--timeout": {"dest": "timeout_seconds", "type": _seconds, "metavar": "SECONDS"},
}


#: Other names of options.
_SHORT = {"--quiet": "-q", "--verbose": "-v"}

#: How many words follow an option: none, one, or several.
NONE, ONE, MANY = 0, 1, 2

#: The names of all options, each with the number of words that follow it.
OPTIONS: Mapping[str, int] = {
    name: MANY if "nargs" in VALUES.get(option, {}) else ONE if option in VALUES else NONE
    for option in _HELP
    if option not in {"--help", "--verbose"}
    for name in (option, _SHORT.get(option, option))
}


def _parser() -> _Parser:
    parser = _Parser(
        prog="nox -s smoke --",
        description="Options of nox-cleanroom, for smoke, clean_check and matrix alike;"
        " each session ignores what is another's.",
        add_help=False,
        allow_abbrev=False,
    )
    for name, about in _HELP.items():
        names = filter(None, (_SHORT.get(name), name))
        parser.add_argument(*names, help=about, **VALUES.get(name, {"action": "store_true"}))
    return parser


def parse_options(arguments: Sequence[str], *, relative_to: Path) -> Options:
    """The options in `arguments`.

    Args:
        arguments: what nox calls posargs.
        relative_to: the directory that relative paths start from: where nox was invoked.

    Raises:
        UsageError: an option is unknown, or its value cannot be used.
    """
    given: dict[str, Any] = vars(_parser().parse_args(list(arguments)))
    given["rev"] = _subject(given)
    given["package"] = tuple(given["package"])
    given["all_packages"] |= given["changed_since"] is not None or bool(given["package"])
    given["find_links"] = tuple(
        link if "://" in link else str(relative_to / link) for link in given["find_links"]
    )
    given["write"] = tuple((name, relative_to / path) for name, path in given["write"])
    given["dist"] = tuple(str(relative_to / place) for place in given["dist"])
    for name in ("report_dir", "dist_dir"):
        if given[name] is not None:
            given[name] = relative_to / given[name]
    return Options(**given)


def _subject(given: dict[str, Any]) -> str:
    """What is tested, of which only one can be named."""
    named = [STAGED] if given.pop("staged") else []
    named += [WORKING_TREE] if given.pop("working_tree") else []
    named += [] if given["rev"] is None else [given["rev"]]
    if named[1:]:
        raise UsageError(
            "Only one of --rev, --staged and --working-tree can be tested.",
            hint="Leave out the others.",
        )
    if given["dist"] and named and named[0] in {STAGED, WORKING_TREE}:
        raise UsageError(
            "--dist names files, and --staged or --working-tree what is no release yet.",
            hint="Leave out one of the two.",
        )
    if given["dist"] and given["dist_dir"]:
        raise UsageError(
            "--dist names files to test, and --dist-dir where they are built.",
            hint="Leave out one of the two.",
        )
    if given["bisect"] and ".." not in (given["rev"] or ""):
        raise UsageError(
            "--bisect needs a range of commits.",
            hint="`--rev GOOD..BAD --bisect` finds the first bad commit after GOOD.",
        )
    return str(named[0]) if named else "HEAD"


def help_text() -> str:
    """What ``-- --help`` prints."""
    return _parser().format_help()
