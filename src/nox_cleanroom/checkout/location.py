"""Where a checkout is, and where git keeps what belongs to it."""

from __future__ import annotations

import os
from pathlib import Path

from nox_cleanroom.checkout import git
from nox_cleanroom.errors import RepositoryError

_KIND_OPTIONS = ("--is-bare-repository", "--is-inside-work-tree")
_PATH_OPTIONS = ("--show-toplevel", "--git-dir", "--git-common-dir")


def locate(start: Path) -> list[Path]:
    """The directories of the checkout that contains `start`, in the order of `Checkout`'s fields.

    Raises:
        RepositoryError: there is no checkout, or git does not open its repository.
    """
    git.require_git(start)
    options = (*_KIND_OPTIONS, *_PATH_OPTIONS)
    answer = git.ask(start, "rev-parse", "--path-format=absolute", *options)
    lines = answer.stdout.split(b"\n")
    if answer.returncode != 0 or lines[1] != b"true":
        _require_working_tree(start)
    paths = lines[len(_KIND_OPTIONS) : -1]
    if len(paths) != len(_PATH_OPTIONS):
        # A path contains a newline: ask for each path separately.
        paths = [_line(start, "rev-parse", "--path-format=absolute", one) for one in _PATH_OPTIONS]
    return [Path(os.fsdecode(path.removesuffix(b"\r"))) for path in paths]


def _require_working_tree(start: Path) -> None:
    """Raise an error if there is no checkout.

    Raises:
        RepositoryError: there is no checkout; the message says what there is instead.
    """
    answers = git.ask(start, "rev-parse", *_KIND_OPTIONS)
    if answers.returncode != 0:
        raise git.refusal(start, answers.stderr)
    bare, inside = answers.stdout.split()[:2]
    if inside != b"true":
        what = "a bare repository" if bare == b"true" else "git's own directory"
        raise RepositoryError(
            f"{str(start)!r} is {what}, which has no working tree.",
            hint="Run it in a checkout: `git clone` or `git worktree add` makes one.",
        )


def _line(cwd: Path, *arguments: str) -> bytes:
    answer = git.ask(cwd, *arguments)
    if answer.returncode != 0:
        raise git.failure(answer)
    # Remove only the newline that git added, as a path may end in white space.
    return answer.stdout.removesuffix(b"\n").removesuffix(b"\r")
