"""A detached worktree outside the checkout: always removed, or reclaimed after a killed run."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Iterator
from pathlib import Path

from nox_cleanroom.build.git_directory import make_directory, make_private
from nox_cleanroom.checkout import git
from nox_cleanroom.checkout.checkout import Checkout
from nox_cleanroom.checkout.commit import Commit
from nox_cleanroom.checkout.submodules import Submodule, find_submodules
from nox_cleanroom.errors import Code, WorktreeError
from nox_cleanroom.places.deletion import delete
from nox_cleanroom.places.entries import (
    claim_entry,
    lock_reason,
    reclaim_entries,
    release_entry,
    remove_entry,
)
from nox_cleanroom.places.files import is_full
from nox_cleanroom.places.workspace import Workspace, reclaim_workspaces
from nox_cleanroom.processes import supervision
from nox_cleanroom.processes.interruption import shielded
from nox_cleanroom.processes.process import Completed
from nox_cleanroom.records import dataclass

#: `git worktree add` reads every entry. It fails when another process has written an entry only
#: in part, or when a removal has just deleted the directory of all entries.
_LOST_A_RACE = re.compile(r"commondir|could not create directory")
_ATTEMPTS = 5


@dataclass(frozen=True, kw_only=True)
class Worktree:
    """The project at the commit under test, in a place of its own."""

    #: The top level of the worktree.
    root: Path
    #: The project's directory in it.
    project: Path
    #: Submodules that the checkout's own repositories could not fill; they are empty.
    missing_submodules: tuple[str, ...] = ()


@contextlib.contextmanager
def create_worktree(
    checkout: Checkout,
    commit: Commit,
    workspace: Workspace,
    *,
    subdirectory: str = ".",
    timeout: float | None = None,
) -> Iterator[Worktree]:
    """A worktree at `commit` that is removed when the block ends, however it ends.

    Args:
        checkout: the repository.
        commit: what to check out.
        workspace: where to put it.
        subdirectory: the project's directory, relative to the top level.
        timeout: seconds that git, with the filters of the repository, may take to fill it.

    Raises:
        WorktreeError: git failed to make or fill the worktree, or took too long.
        InterruptedRunError: the whole run is being ended.
    """
    # Git names the entry after the directory, so the directory's name must be unique.
    directory = workspace.directory(f"worktree-{workspace.root.name}")
    shared, lock = checkout.common_dir, None
    try:
        with supervision.holding(checkout.turn):
            _add(checkout, directory, commit, lock_reason(workspace))
        lock = claim_entry(shared, workspace, directory)
        make_directory(checkout, directory, commit.oid, workspace)
        missing = fill(checkout, commit, directory, workspace, timeout)
        yield Worktree(root=directory, project=directory / subdirectory, missing_submodules=missing)
    finally:
        with shielded():
            if lock is not None:
                lock.release()
            if workspace.keep:
                release_entry(shared, workspace, directory)
            else:
                delete(workspace.owned, directory)
                remove_entry(shared, workspace, directory, checkout.turn)


def _add(checkout: Checkout, directory: Path, commit: Commit, reason: str) -> None:
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            _add_entry(checkout, directory, commit, reason)
        except WorktreeError as error:
            # Another program, which does not take our lock, was adding a worktree.
            if attempt == _ATTEMPTS or not _LOST_A_RACE.search(error.output):
                raise
            time.sleep(0.05 * attempt)
        else:
            return


def _add_entry(checkout: Checkout, directory: Path, commit: Commit, reason: str) -> None:
    """Add a locked, detached, empty worktree."""
    answer = checkout.ask(
        # Newer versions of git would otherwise record it in the checkout's configuration, and
        # the entry alone would not say where its worktree is.
        *("-c", "worktree.useRelativePaths=false"),
        *("worktree", "add", "--no-checkout", "--detach", "--lock", "--reason", reason),
        str(directory),
        commit.oid,
    )
    if answer.returncode != 0:
        words = answer.stderr.decode("utf-8", "replace").strip()
        raise WorktreeError("Git could not add a worktree.", output=words, hint=_advice(words))


def _advice(words: str) -> str:
    torn = re.search(r"failed to read (.+)/commondir", words)
    if torn:
        return (
            f"{torn.group(1)} was left half made by a git that was killed: remove it, or run"
            " `git worktree prune`."
        )
    if re.search(r"Read-only file system|Permission denied", words):
        return (
            "A worktree needs an entry in the repository's git directory, which cannot be written"
            " to: `git clone` the repository to a place of your own."
        )
    return "Does `git worktree add` work by hand?"


def fill(
    checkout: Checkout,
    commit: Commit,
    directory: Path,
    workspace: Workspace,
    timeout: float | None,
) -> tuple[str, ...]:
    """Write every file of a commit, and of its submodules, into a worktree or a clone.

    Args:
        checkout: the repository, which also has the submodules.
        commit: the commit to write.
        directory: the worktree or clone.
        workspace: the workspace that holds it.
        timeout: seconds that git may take for each of them.

    Returns:
        The submodules that could not be filled.

    Raises:
        WorktreeError: git failed to write the files, or took too long.
        InterruptedRunError: the whole run is being ended.
    """
    done = git.fill(directory, commit.oid, timeout_seconds=timeout)
    if done.timed_out:
        raise _timeout(done)
    if not done.succeeded:
        # On a full disk git's own message may be lost, too.
        full = is_full(directory) or bool(re.search(r"No space left|unable to write", done.output))
        raise WorktreeError(
            "Git could not write the files of the commit into the worktree.",
            output=done.output.strip(),
            hint="Is the disk full?"
            if full
            else "A filter (git-lfs?) that this commit needs may be missing or offline.",
            code=Code.NO_SPACE if full else None,
        )
    return tuple(_fill_submodules(checkout, commit, directory, workspace, timeout))


def _timeout(done: Completed) -> WorktreeError:
    return WorktreeError(
        f"Git could not write the files of the commit into the worktree: {done.ending}.",
        output=done.output.strip(),
        hint="A filter that this commit needs, such as git-lfs, may be waiting for something;"
        " `git config --get-regexp '^filter'` lists them. `--timeout SECONDS` gives it more"
        " time.",
        code=Code.TIMEOUT,
    )


def reclaim(checkout: Checkout) -> int:
    """Remove the workspaces of killed runs, and their worktree entries in this repository.

    Returns:
        How many workspaces were removed.
    """
    with shielded():
        # Entries first: only the workspace of a run shows which entries are its own.
        return reclaim_workspaces(reclaim_entries(checkout.common_dir))


def _fill_submodules(
    checkout: Checkout,
    commit: Commit,
    directory: Path,
    workspace: Workspace,
    timeout: float | None,
) -> Iterator[str]:
    """Fill nested submodules from the checkout's own repositories; yields those it cannot fill.

    ``git submodule update`` would write into the checkout's own configuration.
    """
    empty: list[str] = []
    for submodule in find_submodules(checkout, commit):
        if any(submodule.path.startswith(f"{path}/") for path in empty):
            continue
        if not _fill_submodule(submodule, directory, workspace, timeout):
            empty.append(submodule.path)
            yield submodule.path


def _fill_submodule(
    submodule: Submodule, directory: Path, workspace: Workspace, timeout: float | None
) -> bool:
    if submodule.repository is None:
        return False
    place = directory / submodule.path
    if make_private(submodule, directory):
        done = git.fill(place, submodule.oid, timeout_seconds=timeout)
    else:
        # A submodule without a repository of its own is filled from the checkout's.
        index = workspace.directory("index") / "index"
        source = submodule.repository
        done = git.fill(
            place, submodule.oid, timeout_seconds=timeout, repository=source, index=index
        )
    if done.timed_out:
        raise _timeout(done)
    return done.succeeded


def missing_submodules(checkout: Checkout, commit: Commit) -> tuple[str, ...]:
    """The submodules of a commit, at any depth, for which the checkout has no repository."""
    found = find_submodules(checkout, commit)
    return tuple(submodule.path for submodule in found if submodule.repository is None)
