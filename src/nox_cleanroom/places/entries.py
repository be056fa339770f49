"""Git's entries of our worktrees (``.git/worktrees/*``): which are ours, and which are in use.

An entry of ours contains our record and a lock, like every directory of ours. So other runs see
that a run in a container is alive, although its processes, names and directories are different
there. Git creates the entry, and we write the record a moment later. Until then the lock reason,
which git writes first, names the workspace.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from filelock import BaseFileLock

from nox_cleanroom.places import deletion, ownership
from nox_cleanroom.places.layout import RUNS, is_private, repository_lock, sections
from nox_cleanroom.places.ownership import Owned
from nox_cleanroom.places.workspace import Workspace

#: The beginning of our lock reasons; the workspace follows, and the identity of its parent.
_REASON = "in use by nox-cleanroom: "


def lock_reason(workspace: Workspace) -> str:
    """The lock reason of a worktree in a workspace, which proves that the worktree is ours."""
    return f"{_REASON}{workspace.root} ({_identity(workspace.root.parent)})"


def claim_entry(common_dir: Path, workspace: Workspace, directory: Path) -> BaseFileLock | None:
    """Write our record into the entry of a worktree that was just added, and acquire its lock.

    Args:
        common_dir: the git directory that all working trees share.
        workspace: the run's own directory.
        directory: the worktree, in the workspace.

    Returns:
        The lock, to be released before `remove_entry`; None on file systems without locks.
    """
    for entry in _entries(common_dir):
        if _directory_of(entry) == directory:
            owned = _adopted(entry, workspace.root, keep=workspace.keep)
            return None if owned is None else ownership.hold(owned)
    return None


def remove_entry(
    common_dir: Path, workspace: Workspace, directory: Path, turn: BaseFileLock
) -> None:
    """Delete the entry of a worktree of this run, and no other, as `git worktree prune` would.

    Args:
        common_dir: the git directory that all working trees share.
        workspace: the run's own directory.
        directory: the worktree, in the workspace.
        turn: the repository's lock; see `layout.repository_lock`.

    Raises:
        CleanroomError: the entry cannot be deleted.
    """
    for entry in _entries(common_dir):
        if _is_of(entry, workspace, directory):
            owned = ownership.recognise(entry) or _adopted(entry, workspace.root)
            if owned is not None:
                deletion.delete(owned)
    _remove_if_empty(common_dir, turn)


def release_entry(common_dir: Path, workspace: Workspace, directory: Path) -> None:
    """Unlock a worktree that the user asked to keep; `removal_of` says how to remove it."""
    for entry in _entries(common_dir):
        if _is_of(entry, workspace, directory):
            # The record stays, as proof that the worktree was ours.
            for name in ("locked", ownership.LOCK):
                deletion.discard(entry / name)


def removal_of(common_dir: Path, directory: Path) -> list[str]:
    """The command with which a user removes a kept worktree and its entry.

    Git does not remove a worktree whose `.git` is a directory, and `git worktree prune` would also
    remove the entries of the user's worktrees on a disk that is not mounted.
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
        if owned is not None and not _is_kept(owned) and deletion.delete_unused(owned):
            workspace = _workspace_of(owned)
            section = workspace.parent
            ours = is_private(section) and ownership.is_recorded(section.parent)
            found = ownership.recognise(workspace) if ours else None
            workspaces += [] if found is None else [found]
    _remove_if_empty(common_dir, repository_lock(common_dir))
    return workspaces


def _is_kept(owned: Owned) -> bool:
    """Whether the worktree is to be kept and exists; it is unlocked if its run was killed."""
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

    An entry that git is creating has no ``gitdir`` at first, and then is locked as
    ``initializing`` (`builtin/worktree.c`). Git may remove the ``gitdir`` of an entry first. So may
    we, in another thread, while this looks for the proof that it is ours: hence the second look.
    """
    return [
        entry
        for entry in _entries(common_dir)
        if (entry / "gitdir").exists()
        and not _is_ours(entry)
        and _reason(entry) != "initializing"
        and (entry / "gitdir").exists()
    ]


def _is_ours(entry: Path) -> bool:
    return ownership.recognise(entry) is not None or _reason(entry).startswith(_REASON)


def _proof(entry: Path) -> Owned | None:
    """The proof that an entry is ours: its record, or its lock reason if a run was killed early."""
    directory = _directory_of(entry)
    owned = ownership.recognise(entry)
    workspace = _named_workspace(entry) if owned is None else _workspace_of(owned)
    # A worktree that somebody has moved (`git worktree move`) is theirs.
    if workspace is None or (directory is not None and directory.parent != workspace):
        return None
    if owned is not None:
        return owned
    if not os.path.lexists(workspace):
        # The run was killed, and another run has deleted its workspace.
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
    """The workspace that the lock reason names, if it is one of this user's.

    The reason also identifies its parent, because another container may have one of the same name.
    """
    words = _reason(entry)
    if not words.startswith(_REASON):
        return None
    name, _, identity = words.removeprefix(_REASON).rpartition(" (")
    for section in sections(RUNS):
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
    """Remove the directory of entries if it is empty, as git does, unless git is adding one."""
    with contextlib.suppress(OSError, NotImplementedError), turn:
        deletion.discard_empty(common_dir / "worktrees")
