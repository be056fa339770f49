"""Where our directories lie: in one that only this user can enter, so that no one plants names."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import stat
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import platformdirs
from filelock import BaseFileLock, FileLock

from nox_cleanroom.errors import CleanroomError, Code
from nox_cleanroom.places.files import write_whole
from nox_cleanroom.places.ownership import adopt, is_recorded

_NAME = "nox-cleanroom"

#: The sections of single files: the key of digests, and the locks of repositories.
KEYS = "keys"
LOCKS = "locks"

#: How many names are tried in a directory: somebody else may have taken the first.
_NAMES = 9

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


def cache_directory(section: str) -> Path:
    """The best directory for what is kept between runs, such as ``projects``.

    Raises:
        CleanroomError: there is no place that can be written to.
    """
    return next(cache_directories(section))


def cache_directories(section: str) -> Iterator[Path]:
    """The directories for what is kept between runs, best first, as far as they are asked for.

    Raises:
        CleanroomError: there is none that can be written to, or none that was any good.
    """
    for base in bases():
        with contextlib.suppress(OSError):
            yield _section(base, section)
    raise CleanroomError(
        "Neither the user's cache directory nor the temporary directory is a place of the user's"
        " own that can be written to, and whose file system has locks.",
        hint="Is HOME, or XDG_CACHE_HOME, a place to write to?",
        code=Code.NOT_WRITABLE,
    )


def neutral_directories(section: str, outside: Path) -> Iterator[Path]:
    """The directories for what a run makes that are no part of a project, best first.

    Args:
        section: such as ``runs``.
        outside: the checkout, which the directories must lie outside of.

    Raises:
        CleanroomError: there is none, or none that was any good.
    """
    for base in bases():
        with contextlib.suppress(OSError):
            if is_neutral(base, outside):
                yield _section(base, section)
    raise CleanroomError(
        "There is no place for a worktree outside the checkout: the temporary directory and the"
        " cache directory lie inside a project, cannot be written to, or have no locks (flock).",
        hint="Set TMPDIR to a writable directory that no project contains.",
        code=Code.WORKTREE_FAILED,
    )


def is_neutral(base: Path, outside: Path) -> bool:
    """Whether a directory, without symbolic links, is no part of a checkout or of a project."""
    inside = base.is_relative_to(outside.resolve())
    return not inside and not any(
        (parent / name).exists() for parent in (base, *base.parents) for name in _CONFIGURATION
    )


def sections(name: str) -> Iterator[Path]:
    """Every directory in which we have, or had, something of a kind; without making any."""
    for base in bases(make=False):
        section = base / name
        if is_private(section):
            yield section


def bases(*, make: bool = True) -> Iterator[Path]:
    """The directories of ours that only this user can enter, best first.

    In the user's cache, which outlives a restart of the system and is on the same disk as the
    installers' caches; else in a temporary directory. Each holds our record: somebody else's
    directory of that name is left, and another name is taken.

    Args:
        make: whether one that is not there is made.
    """
    for directory, name in _candidates():
        for number in range(1, _NAMES + 1):
            path = directory / (name if number == 1 else f"{name}-{number}")
            if make:
                _make_base(path)
            if _is_base(path):
                yield path.resolve()
                break


def _make_base(path: Path) -> None:
    """Make a directory of ours, or take an empty one of this user's, and close it to others."""
    with contextlib.suppress(OSError):
        if not os.path.lexists(path):
            path.mkdir(mode=0o700, parents=True)
        if _is_mine(path) and not os.listdir(path):
            path.chmod(0o700)
            adopt(path)
        elif is_recorded(path) and _is_mine(path):
            path.chmod(0o700)


def _is_base(path: Path) -> bool:
    return is_private(path) and is_recorded(path)


def digest_key() -> bytes:
    """A secret of this user's, with which digests of variables are made; the same in every run.

    Raises:
        CleanroomError: there is no place for it.
    """
    path = cache_directory(KEYS) / "digest"
    if not path.exists():
        write_whole(path, secrets.token_bytes(32))
    return path.read_bytes()


def repository_lock(common_dir: Path) -> BaseFileLock:
    """One lock a repository, outside of it: it is no business of the user's."""
    name = hashlib.sha256(os.fsencode(common_dir)).hexdigest()[:16]
    return FileLock(cache_directory(LOCKS) / f"{name}.lock")


def _candidates() -> Iterator[tuple[Path, str]]:
    """Where our directories may lie, and what they are called there."""
    cache = platformdirs.user_cache_path(_NAME)
    yield cache.parent, cache.name
    shared = []
    # gettempdir raises when no candidate can be written to.
    with contextlib.suppress(OSError):
        shared.append(Path(tempfile.gettempdir()))
    if sys.platform != "win32":
        shared += [Path("/tmp"), Path("/var/tmp")]  # noqa: S108 - in a directory of our own
    name = _NAME if sys.platform == "win32" else f"{_NAME}-{os.geteuid()}"
    for directory in dict.fromkeys(shared):
        yield directory, name


def _section(base: Path, name: str) -> Path:
    """A directory of ours by its name.

    Raises:
        OSError: it cannot be made, or something else has that name.
    """
    path = base / name
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode=0o700)
    if not is_private(path) or not os.access(path, os.W_OK):
        raise NotADirectoryError(str(path))
    return path


def is_private(path: Path) -> bool:
    """Whether a directory is this user's and closed to others.

    A link counts when the user has made it: caches are moved to another disk that way.
    """
    try:
        mode = os.stat(path).st_mode
    except OSError:
        return False
    return _is_mine(path) and (sys.platform == "win32" or not mode & 0o077)


def _is_mine(path: Path) -> bool:
    try:
        link, found = os.lstat(path), os.stat(path)
    except OSError:
        return False
    if not stat.S_ISDIR(found.st_mode):
        return False
    return sys.platform == "win32" or {link.st_uid, found.st_uid} == {os.geteuid()}


def caches() -> list[Path]:
    """Where installers and we ourselves cache; in CI that is often in the checkout, ignored."""
    shared = Path(os.environ.get("XDG_CACHE_HOME") or platformdirs.user_cache_path())
    own = [shared / name for name in ("uv", "pip", "virtualenv", "nox")]
    named = [os.environ.get(name) for name in ("UV_CACHE_DIR", "PIP_CACHE_DIR")]
    return [*own, *bases(make=False), *(Path(name) for name in named if name)]
