"""A detached worktree outside the checkout, always removed, reclaimed when a run was killed."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import socket
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import platformdirs
from filelock import FileLock

from nox_cleanroom import git, process
from nox_cleanroom.errors import Code, WorktreeError
from nox_cleanroom.git import Checkout, Commit
from nox_cleanroom.interruption import shielded
from nox_cleanroom.workspace import (
    PREFIX,
    Workspace,
    abandoned_workspaces,
    is_abandoned,
    remove_tree,
    remove_workspace,
)

#: How a lock reason of ours begins; the workspace follows.
REASON = "in use by nox-cleanroom: "
#: What stands in it before the host's name.
_ON_HOST = " on host "

#: `git worktree add` reads every entry, and one that another add is just making is torn; and
#: another's removal may take the directory of all entries away.
_LOST_A_RACE = re.compile(r"commondir|could not create directory")
_ATTEMPTS = 5


@dataclass(frozen=True, kw_only=True)
class Worktree:
    """The project at the commit under test, in a place of its own."""

    #: The top level of the worktree.
    root: Path
    #: The project's directory in it.
    project: Path
    #: Submodules that could not be filled from what the checkout has; they are empty.
    missing_submodules: tuple[str, ...] = ()


@contextlib.contextmanager
def create_worktree(
    checkout: Checkout, commit: Commit, workspace: Workspace, *, subdirectory: str = "."
) -> Iterator[Worktree]:
    """A worktree at `commit` that is gone when the block ends, however it ends.

    Args:
        checkout: the repository.
        commit: what to check out.
        workspace: where to put it.
        subdirectory: the project's directory, relative to the top level.

    Raises:
        WorktreeError: git could not make or fill it.
    """
    directory = workspace.directory(f"worktree-{workspace.root.name.removeprefix(PREFIX)}")
    reason = f"{REASON}{workspace.root}{_ON_HOST}{socket.gethostname()}"
    try:
        _add(checkout, directory, commit, reason)
        _fill(directory, commit)
        missing = tuple(_fill_submodules(checkout, commit, directory))
        yield Worktree(root=directory, project=directory / subdirectory, missing_submodules=missing)
    finally:
        with shielded():
            if workspace.keep:
                _unlock(checkout, directory)
            else:
                remove_tree(directory)
                _remove_entries(checkout, workspace.root, directory)


def _add(checkout: Checkout, directory: Path, commit: Commit, reason: str) -> None:
    with process.holding(_lock(checkout)):
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                _add_entry(checkout, directory, commit, reason)
            except WorktreeError as error:
                # Somebody else's add, which our lock knows nothing of, was half done.
                if attempt == _ATTEMPTS or not _LOST_A_RACE.search(error.output):
                    raise
                time.sleep(0.05 * attempt)
            else:
                return


def _add_entry(checkout: Checkout, directory: Path, commit: Commit, reason: str) -> None:
    """Add a locked, detached, empty worktree."""
    answer = checkout.ask(
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


def _fill(directory: Path, commit: Commit) -> None:
    """Write every file of the commit into a worktree, also when the checkout is sparse.

    ``read-tree`` and not ``checkout``: it runs no hook, and what it exits with is its own.
    """
    answer = git.ask(
        directory, *("-c", "core.sparseCheckout=false", "read-tree", "--reset", "-u", commit.oid)
    )
    if answer.returncode != 0:
        words = answer.stderr.decode("utf-8", "replace").strip()
        full = "No space left" in words or "unable to write" in words
        raise WorktreeError(
            "Git could not write the files of the commit into the worktree.",
            output=words,
            hint="Is the disk full?"
            if full
            else "A filter (git-lfs?) that this commit needs may be missing or offline.",
            code=Code.NO_SPACE if full else None,
        )


def _lock(checkout: Checkout) -> FileLock:
    """One lock a repository, outside of it: it is no business of the user's."""
    name = hashlib.sha256(os.fsencode(checkout.common_dir)).hexdigest()[:16]
    locks = platformdirs.user_cache_path("nox-cleanroom") / "locks"
    try:
        locks.mkdir(parents=True, exist_ok=True)
    except OSError:
        locks = Path(tempfile.gettempdir())
    return FileLock(locks / f"{PREFIX}{name}.lock")


def _entries(checkout: Checkout) -> list[Path]:
    with contextlib.suppress(OSError):
        return list((checkout.common_dir / "worktrees").iterdir())
    return []


def owner_of(entry: Path) -> Path | None:
    """The workspace that an administrative entry belongs to; None when it is not ours.

    By our lock reason, or by where the worktree lies, should a package have taken the lock off.
    """
    with contextlib.suppress(OSError):
        reason = (entry / "locked").read_text(encoding="utf-8", errors="surrogateescape").strip()
        if reason.startswith(REASON):
            return Path(reason.removeprefix(REASON).partition(_ON_HOST)[0])
    directory = _directory_of(entry)
    if directory is not None and directory.parent.name.startswith(PREFIX):
        return directory.parent
    return None


def _is_of_another_host(entry: Path) -> bool:
    """Whether a run elsewhere made it, on a shared disk or in a container: not ours to judge."""
    with contextlib.suppress(OSError):
        reason = (entry / "locked").read_text(encoding="utf-8", errors="surrogateescape").strip()
        _, _, host = reason.partition(_ON_HOST)
        return reason.startswith(REASON) and host not in {"", socket.gethostname()}
    return False


def foreign_entries(checkout: Checkout) -> list[Path]:
    """The administrative entries of worktrees that are not ours.

    One that git is just making is locked as ``initializing``, and has no ``gitdir`` before that
    (`builtin/worktree.c`); one that we are removing has lost its ``gitdir`` first.
    """
    return [
        entry
        for entry in _entries(checkout)
        if (entry / "gitdir").exists() and owner_of(entry) is None and not _is_initializing(entry)
    ]


def _is_initializing(entry: Path) -> bool:
    with contextlib.suppress(OSError):
        return (entry / "locked").read_text(encoding="utf-8").strip() == "initializing"
    return False


def _remove_entry(entry: Path) -> None:
    (entry / "gitdir").unlink(missing_ok=True)
    remove_tree(entry)


def _remove_entries(checkout: Checkout, workspace: Path, directory: Path) -> None:
    """Remove what git keeps of a worktree of ours: never a blanket prune."""
    for entry in _entries(checkout):
        if owner_of(entry) == workspace and _directory_of(entry) in {directory, None}:
            _remove_entry(entry)
    _remove_if_empty(checkout)


def _remove_if_empty(checkout: Checkout) -> None:
    """Remove the directory with its last entry, as git does, and not while an add begins."""
    with contextlib.suppress(OSError), _lock(checkout):
        (checkout.common_dir / "worktrees").rmdir()


def _directory_of(entry: Path) -> Path | None:
    with contextlib.suppress(OSError):
        return Path((entry / "gitdir").read_text(encoding="utf-8").rstrip("\n")).parent
    return None


def _unlock(checkout: Checkout, directory: Path) -> None:
    for entry in _entries(checkout):
        if _directory_of(entry) == directory:
            (entry / "locked").unlink(missing_ok=True)


def reclaim(checkout: Checkout) -> list[Path]:
    """Remove what killed runs left: their workspaces, and their entries in this repository.

    Returns:
        The workspaces that were removed.
    """
    entries = [(entry, owner) for entry in _entries(checkout) if (owner := owner_of(entry))]
    # A run of ours may have had another temporary directory than this one has.
    elsewhere = [owner for _, owner in entries if is_abandoned(owner)]
    reclaimed = list(dict.fromkeys([*abandoned_workspaces(), *elsewhere]))
    with shielded():
        for root in reclaimed:
            remove_workspace(root)
        for entry, owner in entries:
            if not owner.exists() and not _is_of_another_host(entry):
                _remove_entry(entry)
        _remove_if_empty(checkout)
    return reclaimed


def _fill_submodules(checkout: Checkout, commit: Commit, directory: Path) -> Iterator[str]:
    """Fill submodules from the checkout's own module repositories; yields those it cannot.

    Not with ``git submodule update``, which writes into the checkout's own configuration.
    """
    for path, oid in checkout.submodules(commit).items():
        repository = _module_repository(checkout, path)
        if repository is None:
            yield path
            continue
        index = directory.parent / f"{directory.name}.index"
        answer = checkout.ask(
            f"--git-dir={repository}",
            f"--work-tree={directory / path}",
            *("-c", "core.bare=false", "read-tree", "-u", "--reset", oid),
            env={"GIT_INDEX_FILE": str(index)},
        )
        index.unlink(missing_ok=True)
        if answer.returncode != 0:
            yield path


def missing_submodules(checkout: Checkout, commit: Commit) -> tuple[str, ...]:
    """The submodules of a commit that the checkout has nothing of."""
    paths = checkout.submodules(commit)
    return tuple(path for path in paths if _module_repository(checkout, path) is None)


def _module_repository(checkout: Checkout, path: str) -> Path | None:
    link = checkout.root / path / ".git"
    if link.is_dir():
        return link
    with contextlib.suppress(OSError):
        target = link.read_text(encoding="utf-8").removeprefix("gitdir:").strip()
        return (link.parent / target).resolve()
    stored = checkout.common_dir / "modules" / path
    return stored if stored.is_dir() else None
