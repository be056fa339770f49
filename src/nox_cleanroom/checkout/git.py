"""The git on ``PATH``: how it is called, the errors for its failures, and where a checkout is.

Our calls never take optional locks, run hooks or a file-system monitor, or enter submodules: see
`_FLAGS`.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from nox_cleanroom.errors import Code, ProjectError, RepositoryError
from nox_cleanroom.processes import process, variables
from nox_cleanroom.processes.process import Completed

#: The oldest git that has all that we use: `worktree add --lock --reason` is new in 2.34.
MINIMUM_GIT = (2, 34)


def configured(*settings: str) -> tuple[str, ...]:
    """The options with which one call of git uses settings."""
    return tuple(word for setting in settings for word in ("-c", setting))


_FLAGS = (
    "--no-optional-locks",
    *configured("core.fsmonitor=false", f"core.hooksPath={os.devnull}"),
    *configured("submodule.recurse=false", "core.quotePath=false"),
)


def borrowing(objects: Path) -> dict[str, str]:
    """The variable with which git also finds the objects in a directory."""
    text = str(objects).replace("\\", "\\\\").replace('"', '\\"')
    # Git unquotes such a path, which may contain the separator of paths.
    return {"GIT_ALTERNATE_OBJECT_DIRECTORIES": f'"{text}"'}


def ask(
    cwd: Path,
    *arguments: str | bytes,
    given: bytes | None = None,
    env: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[bytes]:
    """Git's answer in a directory, whatever its exit status."""
    # Without hooks, git ends by itself and needs no time limit; for filters see `fill`.
    return subprocess.run(
        [_program(os.environ.get("PATH")), *_FLAGS, *arguments],
        cwd=cwd,
        env={**variables.for_git(os.environ), **(env or {})},
        input=given,
        stdin=None if given is not None else subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )


def must(cwd: Path, *arguments: str | bytes) -> bytes:
    """Git's answer in a directory.

    Raises:
        RepositoryError: git failed.
    """
    answer = ask(cwd, *arguments)
    if answer.returncode != 0:
        raise failure(answer)
    return answer.stdout


def fill(
    work_tree: Path,
    oid: str,
    *,
    timeout_seconds: float | None,
    repository: Path | None = None,
    index: Path | None = None,
) -> Completed:
    """Write every file of a commit into a working tree, even when the checkout is sparse.

    This runs filters of the user, such as git-lfs, which may never end. It calls ``read-tree``,
    because ``checkout`` runs hooks, and their exit status becomes its own.

    Args:
        work_tree: the directory to write to.
        oid: the commit.
        timeout_seconds: the time after which git and its filters are ended.
        repository: the git directory that contains the commit; None for that of the working tree.
        index: a file to use for the index; None for the repository's own.
    """
    where = [f"--git-dir={repository}", f"--work-tree={work_tree}"] if repository else []
    # Fetching what a partial clone lacks must not start garbage collection.
    background = configured("gc.auto=0", "maintenance.auto=0")
    every_file = configured("core.bare=false", "core.sparseCheckout=false")
    return _run(
        *(*where, *background, *every_file, "read-tree", "--reset", "-u", oid),
        cwd=work_tree,
        timeout_seconds=timeout_seconds,
        env={"GIT_INDEX_FILE": str(index)} if index else {},
    )


def clone(source: Path, target: Path, *, timeout_seconds: float | None) -> Completed:
    """Clone a repository, without its files, into an empty directory that shares its objects.

    Args:
        source: the repository.
        target: the directory.
        timeout_seconds: the time after which git is ended.
    """
    words = ("clone", "--quiet", "--shared", "--no-checkout", "--", str(source), str(target))
    return _run(*words, cwd=target, timeout_seconds=timeout_seconds)


def _run(
    *arguments: str, cwd: Path, timeout_seconds: float | None, env: Mapping[str, str] | None = None
) -> Completed:
    return process.run(
        [_program(os.environ.get("PATH")), *_FLAGS, *arguments],
        cwd=cwd,
        env={**variables.for_git(os.environ), **(env or {})},
        timeout_seconds=timeout_seconds,
    )


@cache
def _program(path: str | None) -> str:
    """The git on a `PATH`; looking for it each time takes a tenth of a short question."""
    found = shutil.which("git", path=path)
    return os.path.abspath(found) if found else "git"


def failure(answer: subprocess.CompletedProcess[bytes]) -> RepositoryError:
    """The error for a failed command of git."""
    words = answer.stderr.decode("utf-8", "replace").strip()
    asked = " ".join(map(os.fsdecode, answer.args[len(_FLAGS) + 1 :]))
    return RepositoryError(f"`git {asked}` failed.", output=words, code=Code.GIT_FAILED)


def require_git(cwd: Path) -> None:
    """Check that git is installed and new enough.

    Raises:
        RepositoryError: git is missing or too old.
    """
    if shutil.which("git") is None:
        raise RepositoryError(
            "There is no `git` on PATH, and everything is tested from a commit.",
            hint="Install git, or put it on PATH.",
            code=Code.GIT_MISSING,
        )
    version = git_version(cwd)
    if version < MINIMUM_GIT:
        raise RepositoryError(
            f"This git is {'.'.join(map(str, version))}; {'.'.join(map(str, MINIMUM_GIT))} is the"
            " oldest that can lock a worktree while making it.",
            hint="Install a newer git.",
            code=Code.GIT_TOO_OLD,
        )


def git_version(cwd: Path) -> tuple[int, ...]:
    """The version of the git on PATH, such as ``(2, 39, 5)``."""
    words = ask(cwd, "version").stdout.decode("utf-8", "replace")
    numbers = re.search(r"\d+(\.\d+)+", words)
    return tuple(int(part) for part in numbers.group().split(".")) if numbers else ()


def refusal(start: Path, stderr: bytes) -> RepositoryError:
    """The error for a repository that git does not open."""
    words = stderr.decode("utf-8", "replace").strip()
    if "dubious ownership" in words:
        return RepositoryError(
            f"Git does not trust the repository of {str(start)!r}: it belongs to somebody else.",
            output=words,
            hint="If you trust it, run the `git config --global --add safe.directory` line above.",
        )
    if "not a git repository" in words:
        return RepositoryError(
            f"{str(start)!r} is not in a git repository, and everything is tested from a commit.",
            hint="`git init`, `git add` and `git commit` make one.",
        )
    return RepositoryError(f"Git cannot open the repository of {str(start)!r}.", output=words)


def unresolved(root: Path, rev: str) -> RepositoryError:
    """The error for a revision that names no commit which git can read."""
    if rev != "HEAD":
        return RepositoryError(
            f"{rev!r} is no commit of this repository.",
            hint="`git log --oneline` and `git tag` list what `--rev` can name.",
            code=Code.REVISION_UNKNOWN,
        )
    named = ask(root, "rev-parse", "-q", "--verify", "HEAD")
    if named.returncode == 0:
        return RepositoryError(
            f"HEAD is {named.stdout.decode().strip()[:12]}, and git cannot read that commit.",
            hint="`git fsck` lists what is missing; fetch it, or clone the repository again.",
            code=Code.GIT_FAILED,
        )
    return RepositoryError(
        "This repository has no commit yet, and only commits are tested.",
        hint="Commit the project first: `git add` and `git commit`.",
        code=Code.NO_COMMITS,
    )


#: Questions about a directory, and the paths of the checkout that contains it.
_KIND_OPTIONS = ("--is-bare-repository", "--is-inside-work-tree")
_PATH_OPTIONS = ("--show-toplevel", "--git-dir", "--git-common-dir")


@cache
def locate(start: Path) -> tuple[Path, ...]:
    """The directories of the checkout that contains `start`, in the order of `Checkout`'s fields.

    Git is asked once in a process, because each question takes milliseconds.

    Args:
        start: an absolute path.

    Raises:
        RepositoryError: there is no checkout, or git does not open its repository.
        ProjectError: `start` is no directory.
    """
    if not start.is_dir():
        raise ProjectError(f"There is no directory {str(start)!r}.", hint="Name that of a project.")
    require_git(start)
    options = (*_KIND_OPTIONS, *_PATH_OPTIONS)
    answer = ask(start, "rev-parse", "--path-format=absolute", *options)
    lines = answer.stdout.split(b"\n")
    if answer.returncode != 0 or lines[1] != b"true":
        _require_working_tree(start)
    paths = lines[len(_KIND_OPTIONS) : -1]
    if len(paths) != len(_PATH_OPTIONS):
        # A path contains a newline: ask for each path separately.
        asked = [("rev-parse", "--path-format=absolute", option) for option in _PATH_OPTIONS]
        # Remove only the newline that git added, as a path may end in white space.
        paths = [must(start, *words).removesuffix(b"\n") for words in asked]
    return tuple(Path(os.fsdecode(path.removesuffix(b"\r"))) for path in paths)


def _require_working_tree(start: Path) -> None:
    """Raise an error if there is no checkout.

    Raises:
        RepositoryError: there is no checkout; the message says what there is instead.
    """
    answers = ask(start, "rev-parse", *_KIND_OPTIONS)
    if answers.returncode != 0:
        raise refusal(start, answers.stderr)
    bare, inside = answers.stdout.split()[:2]
    if inside != b"true":
        what = "a bare repository" if bare == b"true" else "git's own directory"
        raise RepositoryError(
            f"{str(start)!r} is {what}, which has no working tree.",
            hint="Run it in a checkout: `git clone` or `git worktree add` makes one.",
        )
