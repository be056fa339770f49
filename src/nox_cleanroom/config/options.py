"""The options after ``--``: all sessions take the same ones and ignore those of other sessions."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, get_args

from nox_cleanroom.config.axes import Artifact, Extras, Resolution
from nox_cleanroom.errors import UsageError

#: The CI systems for which `--emit` prints jobs.
EMITTERS = ("github",)


@dataclass(frozen=True, kw_only=True)
class Options:
    """The options given after ``--``; every path is absolute."""

    #: The commit under test, as git spells revisions.
    rev: str = "HEAD"
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
    #: The Pythons of a matrix; None for all supported ones.
    pythons: tuple[str, ...] | None = None
    #: Print the matrix for this CI system instead of running it.
    emit: str | None = None
    #: Where evidence is written; None for the default directory.
    report_dir: Path | None = None
    #: The time limit of each step; None for the default.
    timeout_seconds: float | None = None
    #: Show how long each step took.
    durations: bool = False
    #: Show these options and run nothing.
    help: bool = False


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(
            f"After --: {message}.", hint="`-- --help` lists the options of nox-cleanroom."
        )


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds < 1e9:
        raise argparse.ArgumentTypeError("must be a positive number of seconds")
    return seconds


def _names(text: str) -> tuple[str, ...]:
    names = tuple(part for part in text.replace(",", " ").split() if part)
    if not names:
        raise argparse.ArgumentTypeError("needs at least one name")
    return names


def _extras(text: str) -> Extras:
    return "all" if text == "all" else _names(text)


def _parser() -> _Parser:
    parser = _Parser(
        prog="nox -s smoke --",
        description="Options of nox-cleanroom, for smoke, clean_check and matrix alike;"
        " each session ignores what is another's.",
        add_help=False,
        allow_abbrev=False,
    )
    _add_run_options(parser)
    _add_installation_options(parser)
    _add_output_options(parser)
    parser.add_argument("--help", action="store_true", help="show this and stop")
    return parser


def _add_run_options(parser: _Parser) -> None:
    add = parser.add_argument
    add("--rev", metavar="REV", default="HEAD", help="the commit to test (default: HEAD)")
    add(
        "--require-clean",
        action="store_true",
        help="refuse to start when tracked files are changed or unignored files are new",
    )
    add("--strict", action="store_true", help="let warnings fail the run")
    add("--rebuild", action="store_true", help="build even if this commit's wheel is at hand")
    add("--keep", action="store_true", help="keep the worktree and environments, and say where")


def _add_installation_options(parser: _Parser) -> None:
    add = parser.add_argument
    add(
        "--extras",
        type=_extras,
        metavar="A,B",
        help="install the distribution with these extras, or with `all`",
    )
    add(
        "--artifact",
        choices=get_args(Artifact),
        help="test the wheel built from the tree, or from the source distribution",
    )
    add(
        "--resolution",
        choices=get_args(Resolution),
        help="install the newest requirements, or the oldest that the metadata admits (uv)",
    )
    add(
        "--find-links",
        action="append",
        default=[],
        metavar="DIR",
        help="also take requirements from this directory or page; may be repeated",
    )


def _add_output_options(parser: _Parser) -> None:
    add = parser.add_argument
    add("--pythons", type=_names, metavar="X.Y,...", help="matrix: only these interpreters")
    add("--emit", choices=EMITTERS, help="matrix: print the jobs for CI and run nothing")
    add("--report-dir", metavar="DIR", help="write the evidence there")
    add(
        "--timeout",
        dest="timeout_seconds",
        type=_seconds,
        metavar="SECONDS",
        help="the time limit of each step",
    )
    add("--durations", action="store_true", help="show where the time went, step by step")


def parse_options(arguments: Sequence[str], *, relative_to: Path) -> Options:
    """The options in `arguments`.

    Args:
        arguments: what nox calls posargs.
        relative_to: the directory that relative paths start from: where nox was invoked.

    Raises:
        UsageError: an option is unknown, or its value cannot be used.
    """
    given: dict[str, Any] = vars(_parser().parse_args(list(arguments)))
    given["find_links"] = tuple(
        link if "://" in link else str(relative_to / link) for link in given["find_links"]
    )
    if given["report_dir"] is not None:
        given["report_dir"] = relative_to / given["report_dir"]
    return Options(**given)


def help_text() -> str:
    """What ``-- --help`` prints."""
    return _parser().format_help()
