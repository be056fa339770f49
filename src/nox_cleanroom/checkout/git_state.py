"""Git's state of a checkout: HEAD, the index, refs, configuration, hooks; and how it changed."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import stat
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from nox_cleanroom.changes import Change, Kind, display
from nox_cleanroom.checkout.checkout import Checkout
from nox_cleanroom.checkout.index import Index
from nox_cleanroom.checkout.listing import Stat, list_files
from nox_cleanroom.checkout.submodule_state import MODULES, is_ref, list_submodules, read_refs
from nox_cleanroom.errors import RepositoryError
from nox_cleanroom.places.entries import foreign_entries
from nox_cleanroom.records import dataclass


class StateFile(NamedTuple):
    """The properties of a file of git that are compared."""

    #: Its permission bits.
    mode: int
    #: A digest of its content; empty if it has none.
    digest: str


@dataclass(frozen=True, kw_only=True)
class GitState:
    """Git's state of a checkout."""

    #: The files that contain the state, and their ``lstat`` results; if equal, so is the state.
    signature: Mapping[bytes, Stat]
    #: The content of HEAD: a branch's name, or a commit.
    head: bytes
    #: The staged files, with flags.
    index: Index
    #: Branches, tags, the stash.
    refs: dict[str, str]
    #: Configuration, hooks, ignore rules and locks, by name.
    files: Mapping[bytes, StateFile]
    #: The refs of submodules.
    submodule_refs: Mapping[str, str]
    #: The message of git if it does not open the repository any more; otherwise empty.
    refusal: str = ""
    #: Whether an equal signature means an equal state: no file was written just before.
    is_settled: bool


#: The files that are watched in a working tree's own git directory.
_OWN = (b"HEAD", b"index", b"config.worktree", b"commondir", b"gitdir")
_OPERATIONS = (
    *(b"MERGE_HEAD", b"CHERRY_PICK_HEAD", b"REVERT_HEAD", b"BISECT_LOG"),
    *(b"rebase-merge", b"rebase-apply", b"sequencer"),
)
#: Where refs are; git itself moves them from one to the other.
_REFS = (b"packed-refs", b"refs", b"reftable")
#: The files that are watched in the shared git directory.
_SHARED = (
    *(*_REFS, b"config", b"hooks", b"info", b"shallow"),
    *(b"objects/info/alternates", b"objects/info/http-alternates"),
    # The ref of the stash is its newest entry; the older ones are only here.
    b"logs/refs/stash",
)

#: Files, and directories of files, whose content is compared.
_CONTENT = frozenset(
    name.partition(b"/")[0] for name in {*_OWN, *_SHARED} - {*_REFS, b"HEAD", b"index"}
)

#: Locks that are neither directly in git's directory nor among refs.
_LOCKS = (
    *(b"objects/maintenance.lock", b"objects/info/alternates.lock"),
    *(b"objects/info/commit-graph.lock", b"objects/pack/multi-pack-index.lock"),
    b"objects/info/commit-graphs/commit-graph-chain.lock",
)
#: Directories whose permissions are compared.
_OF_GIT = (b"", b"objects/", b"refs/")
#: Directories in which a name that ends in `.lock` is no lock.
_HOOKS = re.compile(rb"(?:modules/.+/)?hooks/")


def read_git_state(checkout: Checkout, previous: GitState | None = None) -> GitState:
    """Git's state of a checkout now; git is called only if one of its files may have changed.

    Raises:
        RepositoryError: git fails at the first call.
    """
    begun_at = time.time_ns()
    signature = dict(_git_signature(checkout))
    if previous is not None and previous.is_settled and previous.signature == signature:
        return previous
    try:
        index, refs, refusal = checkout.index(), checkout.refs(), ""
    except RepositoryError as error:
        if previous is None:
            raise
        index, refs, refusal = previous.index, previous.refs, error.output or error.message
    return GitState(
        signature=signature,
        head=_read(checkout.git_dir / "HEAD"),
        index=index,
        refs=refs,
        files={
            name: _kept(checkout, name, found)
            for name, found in signature.items()
            if _is_watched(name, found)
        },
        submodule_refs=dict(read_refs(checkout.common_dir, filter(_is_submodule_ref, signature))),
        refusal=refusal,
        is_settled=not any(found.is_young(begun_at) for found in signature.values()),
    )


def _is_submodule_ref(name: bytes) -> bool:
    return name.startswith(MODULES + b"/") and is_ref(name) and not is_passing(name)


def is_passing(name: bytes) -> bool:
    """Whether a file in git's directory is a lock, which git itself creates and removes."""
    return name.endswith(b".lock") and _HOOKS.match(name) is None


def _is_watched(name: bytes, found: Stat) -> bool:
    top = name.partition(b"/")[0]
    if is_passing(name) or top == b"worktrees" or name in _OF_GIT:
        return True
    if b"/info/refs" in b"/" + name:
        # Garbage collection writes it for dumb transports; it repeats the refs.
        return False
    # Operations in progress are watched by their names alone.
    if found.is_directory or name in _OPERATIONS:
        return name in _OPERATIONS
    return top in _CONTENT or (top == MODULES and not is_ref(name))


def _git_signature(checkout: Checkout) -> Iterator[tuple[bytes, Stat]]:
    own = checkout.git_dir
    shared = checkout.common_dir
    for entry in foreign_entries(checkout.common_dir):
        # Its index changes while its user works. Only its existence is watched.
        yield os.fsencode(f"worktrees/{entry.name}/"), Stat(0, 0, 0, 0, 0)
    for name in _OF_GIT:
        with contextlib.suppress(OSError):
            found = os.lstat(os.path.join(os.fsencode(shared), name))
            # Its times change with its entries, which are not watched here.
            yield name, Stat(found.st_mode, 0, 0, 0, 0)
    bases = dict.fromkeys((*_OWN, *_OPERATIONS), own)
    bases |= dict.fromkeys((*_SHARED, *_LOCKS), shared)
    bases |= dict(_locks(checkout))
    for name, base in bases.items():
        root = os.path.join(os.fsencode(base), name)
        try:
            found = os.lstat(root)
        except OSError:
            continue
        yield name, Stat.from_lstat(found)
        if stat.S_ISDIR(found.st_mode) and name not in _OPERATIONS:
            inside = list_files(root, _skip_remotes).paths
            yield from ((name + b"/" + path, value) for path, value in inside.items())
    yield from list_submodules(shared)


def _locks(checkout: Checkout) -> Iterator[tuple[bytes, Path]]:
    """The locks directly in git's directories, each with the directory that contains it."""
    for base in {checkout.common_dir, checkout.git_dir}:
        with contextlib.suppress(OSError):
            names = os.listdir(os.fsencode(base))
            yield from ((name, base) for name in names if name.endswith(b".lock"))


def _skip_remotes(directory: bytes) -> Callable[[bytes], bool] | None:
    """Leave out remote-tracking refs, which contain nobody's work."""
    return None if directory else b"remotes".__eq__


def _kept(checkout: Checkout, name: bytes, found: Stat) -> StateFile:
    is_shared = name in _SHARED or name.partition(b"/")[0] in {*_SHARED, MODULES}
    path = (checkout.common_dir if is_shared else checkout.git_dir) / os.fsdecode(name)
    mode = stat.S_IMODE(found.mode)
    if stat.S_ISLNK(found.mode):
        with contextlib.suppress(OSError):
            return StateFile(mode, digest(os.fsencode(os.readlink(path))))
    # Read only regular files: opening a FIFO would block for ever.
    return StateFile(mode, digest(_read(path)) if stat.S_ISREG(found.mode) else "")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def locks(checkout: Checkout) -> frozenset[str]:
    """The existing locks, as paths of changes."""
    names = (name for name, _ in _git_signature(checkout) if is_passing(name))
    return frozenset(f".git/{display(name)}" for name in names)


def digest(content: bytes) -> str:
    """The sha256 of a content, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def diff_git_state(before: GitState | None, after: GitState | None) -> Iterator[Change]:
    """The differences between two states, as changes of paths in ``.git/``."""
    if before is after or before is None:
        return
    if after is None:
        yield Change(path=".git", kind="deleted", detail="git's own directory is gone")
        return
    if before.head != after.head:
        detail = f"{_ref_text(before.head)} -> {_ref_text(after.head)}"
        yield Change(path=".git/HEAD", kind="modified", detail=detail)
    if before.index != after.index:
        yield from _diff_maps(before.index.entries, after.index.entries, ".git/index: ")
    yield from _diff_maps(before.refs, after.refs, ".git/")
    yield from _diff_maps(before.submodule_refs, after.submodule_refs, ".git/")
    yield from _diff_maps(before.files, after.files, ".git/")
    if after.refusal and not before.refusal:
        yield Change(path=".git", kind="modified", detail=f"git cannot read it: {after.refusal}")


def _diff_maps(
    before: Mapping[Any, object], after: Mapping[Any, object], prefix: str
) -> Iterator[Change]:
    """The differences between two mappings, both by names as text or both by names as bytes."""
    for name in sorted({*before, *after}):
        if before.get(name) != after.get(name):
            kind = _kind_of(before.get(name), after.get(name))
            yield Change(path=prefix + display(os.fsencode(name)), kind=kind)


def _kind_of(before: object, after: object) -> Kind:
    if before is None or after is None:
        return "created" if before is None else "deleted"
    if isinstance(before, StateFile) and isinstance(after, StateFile):
        return "mode changed" if before.digest == after.digest else "modified"
    return "modified"


def _ref_text(head: bytes) -> str:
    return head.decode("utf-8", "replace").strip().removeprefix("ref: ")
