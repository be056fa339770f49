"""Git's entries of our worktrees (``.git/worktrees/*``): which are ours, and who is using them.

An entry of ours holds our own record and a lock, as every directory of ours does, so that a run in
another container, with another view of processes, names and directories, is seen to be alive. Git
makes the entry and we write the record a moment later: until then the lock reason, which git
writes first, names the workspace.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from filelock import BaseFileLock

from nox_cleanroom.places import deletion, ownership
from nox_cleanroom.places.layout import is_private, repository_lock, sections
from nox_cleanroom.places.ownership import Owned
from nox_cleanroom.places.workspace import SECTION, Workspace

#: How a lock reason of ours begins; the workspace follows, and what identifies its parent.
_REASON = "in use by nox-cleanroom: "


def lock_reason(workspace: Workspace) -> str:
    """What ``git worktree list`` shows of a worktree in a workspace, and what proves it ours."""
    return f"{_REASON}{workspace.root} ({_identity(workspace.root.parent)})"


def claim_entry(common_dir: Path, workspace: Workspace, directory: Path) -> BaseFileLock | None:
    """Write our record into the entry of a worktree that we have just added, and hold its lock.

    Args:
        common_dir: what all working trees of the repository share.
        workspace: the run's own directory.
        directory: the worktree, in the workspace.

    Returns:
        The lock, to be released before `remove_entry`; None where there are no locks.
    """
    for entry in _entries(common_dir):
        if _directory_of(entry) == directory:
            owned = _adopted(entry, workspace.root, keep=workspace.keep)
            return None if owned is None else ownership.hold(owned)
    return None


def remove_entry(
    common_dir: Path, workspace: Workspace, directory: Path, turn: BaseFileLock
) -> None:
    """Remove what git keeps of a worktree of this run: never a blanket prune.

    Args:
        common_dir: what all working trees of the repository share.
        workspace: the run's own directory.
        directory: the worktree, in the workspace.
        turn: the repository's lock; see `layout.repository_lock`.

    Raises:
        CleanroomError: the entry cannot be removed.
    """
    for entry in _entries(common_dir):
        if _is_of(entry, workspace, directory):
            owned = ownership.recognise(entry) or _adopted(entry, workspace.root)
            if owned is not None:
                deletion.delete(owned)
    _remove_if_empty(common_dir, turn)


def release_entry(common_dir: Path, workspace: Workspace, directory: Path) -> None:
    """Hand a worktree over to the user, who asked to keep it, unlocked: see `removal_of`."""
    for entry in _entries(common_dir):
        if _is_of(entry, workspace, directory):
            # The record stays: it says that the worktree is no one else's doing.
            for name in ("locked", ownership.LOCK):
                deletion.discard(entry / name)


def removal_of(common_dir: Path, directory: Path) -> list[str]:
    """The command with which a user removes a worktree that was kept, and what git keeps of it.

    Git refuses to remove a worktree whose `.git` is a directory, and `git worktree prune` would
    also forget those of the user's that are on a disk which is not mounted.
    """
    if (directory / ".git").is_dir():
        entries = [entry for entry in _entries(common_dir) if _directory_of(entry) == directory]
        return ["rm", "-rf", str(directory), *map(str, entries)]
    return ["git", "-C", str(directory), "worktree", "remove", "--force", str(directory)]


def _is_of(entry: Path, workspace: Workspace, directory: Path) -> bool:
    """Whether an entry is that of a worktree of this run; a torn one has only its lock reason."""
    found = _directory_of(entry)
    return found == directory or (found is None and _named_workspace(entry) == workspace.root)


def reclaim_entries(common_dir: Path) -> list[Owned]:
    """Remove the entries that killed runs have left; one that cannot be removed is left.

    Returns:
        The workspaces that they belonged to: such a run may have had another temporary directory.
    """
    workspaces = []
    for entry in _entries(common_dir):
        owned = _proof(entry)
        if owned is None or _is_kept(owned):
            continue
        if deletion.delete_unused(owned):
            workspace = _workspace_of(owned)
            section = workspace.parent
            ours = is_private(section) and ownership.is_recorded(section.parent)
            found = ownership.recognise(workspace) if ours else None
            workspaces += [] if found is None else [found]
    _remove_if_empty(common_dir, repository_lock(common_dir))
    return workspaces


def _is_kept(owned: Owned) -> bool:
    """Whether the worktree was to be kept, and is there; handed over if its run was killed."""
    directory = _directory_of(owned.path)
    if not owned.about.get("keep") or directory is None or not directory.exists():
        return False
    lock = ownership.hold(owned)
    if lock is not None:
        deletion.discard(owned.path / "locked")
        lock.release()
    return True


def foreign_entries(common_dir: Path) -> list[Path]:
    """The entries of worktrees that are not ours.

    One that git is just making is locked as ``initializing``, and has no ``gitdir`` before that
    (`builtin/worktree.c`); one that is being removed may have lost its ``gitdir`` first.
    """
    return [
        entry
        for entry in _entries(common_dir)
        if (entry / "gitdir").exists() and not _is_ours(entry) and _reason(entry) != "initializing"
    ]


def _is_ours(entry: Path) -> bool:
    return ownership.recognise(entry) is not None or _reason(entry).startswith(_REASON)


def _proof(entry: Path) -> Owned | None:
    """The proof that an entry is ours: its record, or that only the record's writing is missing."""
    directory = _directory_of(entry)
    owned = ownership.recognise(entry)
    workspace = _named_workspace(entry) if owned is None else _workspace_of(owned)
    # What has been moved elsewhere (`git worktree move`) is its mover's.
    if workspace is None or (directory is not None and directory.parent != workspace):
        return None
    if owned is not None:
        return owned
    if not os.path.lexists(workspace):
        # The run was killed, and another one has deleted its workspace.
        return _adopted(entry, workspace)
    found = ownership.recognise(workspace)
    lock = None if found is None else ownership.hold(found)
    if lock is None:
        return None
    try:
        return _adopted(entry, workspace)
    finally:
        lock.release()


def _workspace_of(owned: Owned) -> Path:
    return Path(str(owned.about.get("workspace")))


def _adopted(entry: Path, workspace: Path, *, keep: bool = False) -> Owned | None:
    with contextlib.suppress(OSError):
        return ownership.adopt(entry, workspace=str(workspace), keep=keep)
    return None


def _named_workspace(entry: Path) -> Path | None:
    """The workspace that the lock reason names, if it lies where this user's workspaces lie.

    The reason also says which directory that is: another container has one of the same name.
    """
    words = _reason(entry)
    if not words.startswith(_REASON):
        return None
    name, _, identity = words.removeprefix(_REASON).rpartition(" (")
    for section in sections(SECTION):
        if Path(name).parent == section and identity == f"{_identity(section)})":
            return Path(name)
    return None


def _identity(directory: Path) -> str:
    found = os.stat(directory)
    return f"{found.st_dev}:{found.st_ino}"


def _entries(common_dir: Path) -> list[Path]:
    with contextlib.suppress(OSError):
        return list((common_dir / "worktrees").iterdir())
    return []


def _reason(entry: Path) -> str:
    with contextlib.suppress(OSError):
        return (entry / "locked").read_text(encoding="utf-8", errors="surrogateescape").strip()
    return ""


def _directory_of(entry: Path) -> Path | None:
    with contextlib.suppress(OSError):
        return Path((entry / "gitdir").read_text(encoding="utf-8").rstrip("\n")).parent
    return None


def _remove_if_empty(common_dir: Path, turn: BaseFileLock) -> None:
    """Remove the directory with its last entry, as git does, and not while an add begins."""
    with contextlib.suppress(OSError, NotImplementedError), turn:
        deletion.discard_empty(common_dir / "worktrees")
