"""The `.git` of a worktree and of its submodules: a directory, as in a clone.

Some builds test whether `.git` is a directory, or read `.git/HEAD`. Git accepts a directory as that
of a worktree when it holds `HEAD` and the path of what all worktrees share (`commondir`, see
gitrepository-layout(5)). The entry that `git worktree add` made stays as it is: its lock prevents
pruning, and its HEAD keeps the commit.
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

#: Files of a repository, besides its refs and objects, that git applies to working files.
_SETTINGS = ("packed-refs", "shallow", "info/attributes", "info/exclude")


def make_directory(checkout: Checkout, tree: Path, oid: str, workspace: Workspace) -> None:
    """Make the `.git` of a new, empty worktree a directory; where that fails it stays a file.

    Git checks the owner of such a directory, but not the owner of the repository that it names. Git
    has already checked that one in the checkout, or there would be no `Checkout`.

    Args:
        checkout: the repository.
        tree: the worktree.
        oid: its commit.
        workspace: the workspace that holds the worktree.
    """
    link = tree / ".git"
    with contextlib.suppress(OSError):
        said = link.read_bytes()
        entry = tree / os.fsdecode(said.removeprefix(b"gitdir:").strip())
        # With reftables the file HEAD is only a placeholder.
        if (entry / "HEAD").read_bytes().strip() != oid.encode("ascii"):
            return
        made = workspace.directory("git")
        # Git does not need these directories here, but dulwich looks for them first.
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

    The repository is like that of the checkout's submodule and borrows its objects. Whatever a
    build does in the submodule never reaches the checkout.

    Args:
        submodule: the submodule.
        tree: the worktree.

    Returns:
        Whether it has one; False where the worktree's `.git` is a file, and with reftables.
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
        # Loose refs first: packing writes the packed refs before it removes the loose ones.
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
    """Copy a file, if it exists."""
    with contextlib.suppress(FileNotFoundError):
        content = (source / name).read_bytes()
        (target / name).parent.mkdir(exist_ok=True)
        (target / name).write_bytes(content)


def _shared_by(repository: Path) -> Path:
    """The directory with the refs and objects of a repository, also for a linked worktree."""
    with contextlib.suppress(FileNotFoundError):
        said = (repository / "commondir").read_bytes()
        return repository / os.fsdecode(said.removesuffix(b"\n"))
    return repository


def _line(path: Path) -> bytes:
    """A path as a line of a git file that holds one path per line.

    Raises:
        ValueError: the path contains a newline.
    """
    line = os.fsencode(path)
    if b"\n" in line:
        raise ValueError(path)
    return line + b"\n"


def _moved(config: bytes, work_tree: str) -> bytes:
    """A repository's configuration with another working tree."""
    # Git does not change a value that is stated twice.
    rest = re.sub(rb"(?im)^[ \t]*(worktree|bare)[ \t]*=.*\n?", b"", config)
    # git-config(1), "Values".
    value = work_tree.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return rest + os.fsencode(f'\n[core]\n\tbare = false\n\tworktree = "{value}"\n')
