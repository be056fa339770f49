"""A run's private directory outside the checkout, removed at its end or reclaimed later."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import stat
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import platformdirs

from nox_cleanroom import process
from nox_cleanroom.errors import CleanroomError, Code, InterruptedRunError
from nox_cleanroom.git import Checkout
from nox_cleanroom.interruption import shielded

#: What every workspace's name begins with.
PREFIX = "nox-cleanroom-"

#: Files that tools look for in the parents of where they run; a workspace under one of
#: them would be configured by somebody else's project.
_CONFIGURATION = (
    ".git",
    "pyproject.toml",
    "setup.cfg",
    "setup.py",
    "pytest.ini",
    "tox.ini",
    "uv.toml",
    ".python-version",
    "conftest.py",
)

_OWNER = "owner.json"
#: The mark of a workspace that was asked to stay.
_KEPT = "kept"

#: A workspace without an owner is being made, or its maker was killed; after this time, in
#: seconds, it is the latter.
_MADE_WITHIN = 60


@dataclass(frozen=True)
class Owner:
    """The process that a workspace belongs to; its start time, since pids come round again."""

    pid: int
    started: str
    host: str

    @classmethod
    def current(cls) -> Owner:
        """This process."""
        return cls(pid=os.getpid(), started=_start_time(os.getpid()), host=socket.gethostname())

    @property
    def is_gone(self) -> bool:
        """Whether it certainly has ended; another host's processes are not ours to judge."""
        if self.host != socket.gethostname():
            return False
        if not _exists(self.pid):
            return True
        return _start_time(self.pid) != self.started


def _exists(pid: int) -> bool:
    if sys.platform == "win32":
        # os.kill(pid, 0) would end the process there; without psutil we leave it in peace.
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def _start_time(pid: int) -> str:
    """When a process began, in the kernel's clock ticks; ``gone`` for a zombie."""
    try:
        # The name in parentheses may hold anything (proc_pid_stat(5)), so count from its end.
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return ""
    return "gone" if fields[0] in {b"Z", b"X"} else fields[19].decode()


@dataclass(frozen=True)
class Workspace:
    """A private directory for what a run makes: worktrees, distributions, homes."""

    #: Its absolute path, without symbolic links.
    root: Path
    #: Whether it stays when the run ends.
    keep: bool = False
    #: Numbers for directories whose names may repeat.
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def directory(self, name: str) -> Path:
        """A new, empty directory in the workspace whose name begins with `name`."""
        path = self.root / f"{name}-{next(self._numbers)}"
        path.mkdir()
        return path

    @property
    def tmp(self) -> Path:
        """Where everything that we start puts its temporary files."""
        return self._own("tmp")

    @property
    def neutral(self) -> Path:
        """Where tools are started, which look around for configuration: nothing is there."""
        return self._own("neutral")

    def _own(self, name: str) -> Path:
        path = self.root / name
        path.mkdir(exist_ok=True)
        return path


@contextlib.contextmanager
def create_workspace(checkout: Checkout, *, keep: bool = False) -> Iterator[Workspace]:
    """A workspace that is gone when the block ends, however it ends.

    Args:
        checkout: what the workspace must lie outside of.
        keep: leave it there after all.

    Raises:
        CleanroomError: there is no place for it.
    """
    root = _make_root(checkout)
    workspace = Workspace(root, keep)
    try:
        (root / _OWNER).write_text(json.dumps(vars(Owner.current())), encoding="utf-8")
        if keep:
            (root / _KEPT).touch()
        yield workspace
    finally:
        with shielded():
            if not keep:
                remove_workspace(root)


def _make_root(checkout: Checkout) -> Path:
    for base in _bases():
        with contextlib.suppress(OSError):
            base.mkdir(parents=True, exist_ok=True)
            if is_neutral(base.resolve(), checkout):
                return Path(tempfile.mkdtemp(prefix=PREFIX, dir=base.resolve()))
    raise CleanroomError(
        "There is no place for a worktree outside the checkout: the temporary directory and the"
        " cache directory lie inside a project, or cannot be written to.",
        hint="Set TMPDIR to a writable directory that no project contains.",
        code=Code.WORKTREE_FAILED,
    )


def _bases() -> list[Path]:
    bases = []
    # gettempdir raises when no candidate can be written to.
    with contextlib.suppress(OSError):
        bases.append(Path(tempfile.gettempdir()))
    if sys.platform != "win32":
        bases += [Path("/tmp"), Path("/var/tmp")]  # noqa: S108 - in a directory of our own
    return [*bases, platformdirs.user_cache_path("nox-cleanroom") / "workspaces"]


def is_neutral(base: Path, checkout: Checkout) -> bool:
    """Whether a directory, without symbolic links, is no part of the checkout or a project."""
    inside = base.is_relative_to(checkout.root.resolve())
    return not inside and not any(
        (parent / name).exists() for parent in (base, *base.parents) for name in _CONFIGURATION
    )


def abandoned_workspaces() -> list[Path]:
    """Workspaces on this machine whose run was killed."""
    found = []
    for base in _bases():
        with contextlib.suppress(OSError):
            found += [path for path in base.glob(f"{PREFIX}*") if is_abandoned(path)]
    return list(dict.fromkeys(found))


def is_abandoned(root: Path) -> bool:
    """Whether a directory is a workspace of ours whose run has ended without removing it."""
    try:
        if not root.name.startswith(PREFIX) or not root.is_dir() or (root / _KEPT).exists():
            return False
        if not (root / _OWNER).exists():
            return time.time() - root.stat().st_mtime > _MADE_WITHIN
        return Owner(**json.loads((root / _OWNER).read_text(encoding="utf-8"))).is_gone
    except (OSError, ValueError, TypeError):
        return False


def remove_workspace(root: Path) -> None:
    """Remove a workspace, its owner last: whoever is killed meanwhile leaves it to be reclaimed.

    Raises:
        CleanroomError: something of it is still there.
    """
    with contextlib.suppress(FileNotFoundError):
        for path in root.iterdir():
            if path.name != _OWNER:
                remove_tree(path)
    remove_tree(root)


def remove_tree(root: Path) -> None:
    """Remove a directory, also what a package made read-only or is still writing into.

    Raises:
        CleanroomError: something of it is still there after a second, with its path.
    """
    deadline = time.monotonic() + 1.0
    while True:
        _remove(root)
        if not os.path.lexists(root):
            return
        _make_mutable(root)
        if time.monotonic() > deadline:
            raise CleanroomError(
                f"{str(root)!r} could not be removed.",
                hint="Remove it by hand once nothing uses it.",
                code=Code.WORKTREE_FAILED,
            )
        time.sleep(0.05)


def _make_mutable(root: Path) -> None:
    """Take off the attributes that keep even root from removing a file, where there are such."""
    chattr = shutil.which("chattr")
    if chattr:
        with contextlib.suppress(InterruptedRunError):
            process.run([chattr, "-R", "-f", "-ia", root], cwd="/", env={"PATH": os.defpath})


def _remove(root: Path) -> None:
    def unlock_and_retry(_function: Callable[..., Any], name: str, _error: Any) -> None:
        # A directory without its write bit refuses to give up what is in it.
        path = Path(name)
        with contextlib.suppress(OSError):
            for locked in (path.parent, path):
                if not locked.is_symlink():
                    locked.chmod(locked.stat().st_mode | stat.S_IRWXU)
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink()

    if sys.version_info >= (3, 12):
        shutil.rmtree(root, onexc=unlock_and_retry)
    else:
        shutil.rmtree(root, onerror=unlock_and_retry)
