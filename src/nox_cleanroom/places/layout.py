"""Where our directories are: in one that only this user can enter, so that nobody plants names."""

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
from nox_cleanroom.places import deletion, ownership
from nox_cleanroom.places.files import write_whole
from nox_cleanroom.places.ownership import Owned

_NAME = "nox-cleanroom"

#: The sections of our directories: of files (the key of digests, the locks of repositories), and of
#: directories (of projects, for all projects, of runs, for the environments of runs).
KEYS = "keys"
LOCKS = "locks"
PROJECTS = "projects"
STORES = "stores"
RUNS = "runs"
ENVIRONMENTS = "environments"

#: How often a directory is made and locked before another place is tried: meanwhile another run may
#: delete it.
ATTEMPTS = 5

#: How many names are tried in a directory, because somebody else may have taken the first.
_NAMES = 9

#: Files for which tools search the parents of their directory: below one of them, somebody else's
#: project would configure a workspace.
_CONFIGURATION = (
    *(".git", "pyproject.toml", "setup.cfg", "setup.py", "pytest.ini", "tox.ini", "uv.toml"),
    *(".python-version", "conftest.py"),
)


def cache_directory(section: str) -> Path:
    """The best directory for what is kept between runs, such as ``projects``.

    Raises:
        CleanroomError: no directory can be written to.
    """
    return next(cache_directories(section))


def cache_directories(section: str) -> Iterator[Path]:
    """The directories for what is kept between runs, best first, made when they are asked for.

    Raises:
        CleanroomError: no further directory can be written to.
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
    """The directories for what a run makes, outside of any project, best first.

    Args:
        section: such as ``runs``.
        outside: the checkout, which must not contain the directories.

    Raises:
        CleanroomError: there is no further directory.
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
    """Whether a directory, without symbolic links, is in neither a checkout nor a project."""
    inside = base.is_relative_to(outside.resolve())
    return not inside and not any(
        (parent / name).exists() for parent in (base, *base.parents) for name in _CONFIGURATION
    )


def sections(name: str) -> Iterator[Path]:
    """All existing directories of a section, such as ``runs``."""
    for base in bases(make=False):
        section = base / name
        if is_private(section):
            yield section


def owned_in(name: str) -> Iterator[Owned]:
    """The directories of ours in a section, with proof, whether in use or not.

    Empty ones without a record are removed. They remain when a run is killed before it writes the
    record.
    """
    for section in sections(name):
        for inner in sorted(ownership.names_in(section)):
            owned = ownership.recognise(section / inner)
            if owned is not None:
                yield owned
            else:
                deletion.discard_empty(section / inner)


def open_store(name: str) -> Owned | None:
    """A directory that all projects share, such as the one for bytecode; None if there is none."""
    with contextlib.suppress(OSError, CleanroomError):
        return ownership.ensure(cache_directory(STORES) / name)
    return None


def bases(*, make: bool = True) -> Iterator[Path]:
    """The directories of ours that only this user can enter, best first.

    The best is in the user's cache, which outlives a restart of the system and is on the same disk
    as the installers' caches; the others are in temporary directories. Each contains our record. If
    somebody else has a directory of that name, another name is used.

    Args:
        make: whether to make missing ones.
    """
    for directory, name in _candidates():
        for number in range(1, _NAMES + 1):
            path = directory / (name if number == 1 else f"{name}-{number}")
            if make:
                _make_base(path)
            if is_private(path) and ownership.is_recorded(path):
                yield path.resolve()
                break


def _make_base(path: Path) -> None:
    """Make a directory of ours, or adopt an empty one of this user, and close it to others."""
    with contextlib.suppress(OSError):
        if not os.path.lexists(path):
            path.mkdir(mode=0o700, parents=True)
        if _is_mine(path) and not os.listdir(path):
            path.chmod(0o700)
            ownership.adopt(path)
        elif ownership.is_recorded(path) and _is_mine(path):
            path.chmod(0o700)


def known_caches() -> list[Path]:
    """The caches of installers and our own; in CI they are often in the checkout, and ignored."""
    shared = Path(os.environ.get("XDG_CACHE_HOME") or platformdirs.user_cache_path())
    installers = [shared / name for name in ("uv", "pip", "virtualenv", "nox")]
    named = [os.environ.get(name) for name in ("UV_CACHE_DIR", "PIP_CACHE_DIR")]
    return [*installers, *bases(make=False), *(Path(name) for name in named if name)]


def digest_key() -> bytes:
    """This user's secret key for digests of variables, the same in every run.

    Raises:
        CleanroomError: no directory can be written to.
    """
    path = cache_directory(KEYS) / "digest"
    if not path.exists():
        # Of the threads and processes of a first run, one decides.
        with FileLock(cache_directory(LOCKS) / "digest.lock"):
            if not path.exists():
                write_whole(path, secrets.token_bytes(32))
    return path.read_bytes()


def repository_lock(common_dir: Path) -> BaseFileLock:
    """The lock of a repository, which is not in it, because the user's files are not ours."""
    name = hashlib.sha256(os.fsencode(common_dir)).hexdigest()[:16]
    return FileLock(cache_directory(LOCKS) / f"{name}.lock")


def _candidates() -> Iterator[tuple[Path, str]]:
    """Directories that may contain ours, and its name there."""
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
    """The directory of a section, made if it is missing.

    Raises:
        OSError: it cannot be made, or something else has its name.
    """
    path = base / name
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode=0o700)
    if not is_private(path) or not os.access(path, os.W_OK):
        raise NotADirectoryError(str(path))
    return path


def is_private(path: Path) -> bool:
    """Whether a directory belongs to this user and is closed to others.

    A symbolic link of this user counts, because people move caches to another disk that way.
    """
    with contextlib.suppress(OSError):
        mode = os.stat(path).st_mode
        return _is_mine(path) and (sys.platform == "win32" or not mode & 0o077)
    return False


def _is_mine(path: Path) -> bool:
    with contextlib.suppress(OSError):
        link, found = os.lstat(path), os.stat(path)
        return stat.S_ISDIR(found.st_mode) and all(map(ownership.is_mine, (link, found)))
    return False
