"""What stands behind `.git` in a worktree, and in its submodules: for who looks, as in a clone.

Builds ask whether `.git` is a directory, or read `.git/HEAD`. Git takes a directory for that of a
worktree when it holds `HEAD` and the path of what all worktrees share (gitrepository-layout(5),
`commondir`). The entry that `git worktree add` made stays as it is: its lock keeps it from being
pruned, and its HEAD keeps the commit.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from pathlib import Path

from nox_cleanroom.checkout.checkout import Checkout
from nox_cleanroom.checkout.submodules import Submodule
from nox_cleanroom.places import deletion
from nox_cleanroom.places.workspace import Workspace

#: What a repository says of itself besides its refs and objects, and git applies to files.
_SETTINGS = ("packed-refs", "shallow", "info/attributes", "info/exclude")


def make_directory(checkout: Checkout, tree: Path, oid: str, workspace: Workspace) -> None:
    """Make the `.git` of a new, empty worktree a directory; where that fails it stays a file.

    Git asks who owns such a directory, and not who owns what it names: that is left to git's answer
    in the checkout, without which there is no `Checkout`.

    Args:
        checkout: the repository.
        tree: the worktree.
        oid: its commit.
        workspace: where it lies.
    """
    link = tree / ".git"
    with contextlib.suppress(OSError):
        said = link.read_bytes()
        entry = tree / os.fsdecode(said.removeprefix(b"gitdir:").strip())
        # Where refs are kept in tables, HEAD is, too, and the file in its place says nothing.
        if (entry / "HEAD").read_bytes().strip() != oid.encode("ascii"):
            return
        made = workspace.directory("git")
        # Git looks for objects and refs in what is shared, and dulwich for these directories first.
        for name in ("objects", "refs"):
            (made / name).mkdir()
        for name in ("HEAD", "config.worktree"):
            _copy(entry, made, name)
        with contextlib.suppress(FileNotFoundError):
            (entry / "logs").rename(made / "logs")
        (made / "commondir").write_bytes(os.fsencode(checkout.common_dir) + b"\n")
        deletion.discard(link)
        try:
            made.rename(link)
        except OSError:
            link.write_bytes(said)


def make_private(submodule: Submodule, tree: Path) -> bool:
    """Give a submodule in a worktree a repository of its own, as it has in a clone.

    It is like the checkout's and borrows the objects of that, so that whatever a build does in the
    submodule never reaches the checkout.

    Args:
        submodule: the submodule.
        tree: the worktree.

    Returns:
        Whether there is one; not where the worktree's `.git` is a file, or refs are kept in tables.
    """
    top, work_tree = tree / ".git", tree / submodule.path
    if submodule.repository is None or not top.is_dir():
        return False
    made = top / submodule.place
    with contextlib.suppress(OSError, ValueError):
        shared = _shared_by(submodule.repository)
        config = (shared / "config").read_bytes()
        if re.search(rb"(?im)^\s*refstorage\s*=", config):
            return False
        (made / "objects" / "info").mkdir(parents=True)
        (made / "objects" / "info" / "alternates").write_bytes(_line(shared / "objects"))
        # First the loose ones: who packs refs removes them last.
        shutil.copytree(shared / "refs", made / "refs")
        for name in _SETTINGS:
            _copy(shared, made, name)
        (made / "config").write_bytes(_moved(config, os.path.relpath(work_tree, made)))
        (made / "HEAD").write_text(f"{submodule.oid}\n", encoding="ascii")
        work_tree.mkdir(parents=True, exist_ok=True)
        (work_tree / ".git").write_bytes(
            b"gitdir: " + _line(Path(os.path.relpath(made, work_tree)))
        )
        return True
    return False


def _copy(source: Path, target: Path, name: str) -> None:
    """Copy a file that may not be there."""
    with contextlib.suppress(FileNotFoundError):
        content = (source / name).read_bytes()
        (target / name).parent.mkdir(exist_ok=True)
        (target / name).write_bytes(content)


def _shared_by(repository: Path) -> Path:
    """The directory with the refs and objects of a repository, which may be that of a worktree."""
    with contextlib.suppress(FileNotFoundError):
        said = (repository / "commondir").read_bytes()
        return repository / os.fsdecode(said.removesuffix(b"\n"))
    return repository


def _line(path: Path) -> bytes:
    """A path in a file of git's that holds one a line.

    Raises:
        ValueError: the path has a newline in it.
    """
    line = os.fsencode(path)
    if b"\n" in line:
        raise ValueError(path)
    return line + b"\n"


def _moved(config: bytes, work_tree: str) -> bytes:
    """A repository's configuration with another working tree; once, or git would not change it."""
    rest = re.sub(rb"(?im)^[ \t]*(worktree|bare)[ \t]*=.*\n?", b"", config)
    # git-config(1), "Values".
    value = work_tree.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return rest + os.fsencode(f'\n[core]\n\tbare = false\n\tworktree = "{value}"\n')
