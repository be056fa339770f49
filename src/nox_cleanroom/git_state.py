"""What git keeps about a checkout, beside the files themselves, and how that changed."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from nox_cleanroom.change import Change, Kind, display
from nox_cleanroom.git import Checkout
from nox_cleanroom.index import Index
from nox_cleanroom.listing import Stat, list_files
from nox_cleanroom.places.entries import foreign_entries


@dataclass(frozen=True, kw_only=True)
class GitState:
    """What git keeps about a checkout, beside the files themselves."""

    #: Relative names of the files that hold it, and what ``lstat`` says: same here, same state.
    signature: Mapping[bytes, Stat]
    #: The content of HEAD: a branch's name, or a commit.
    head: bytes
    #: What is staged, with flags.
    index: Index
    #: Branches, tags, the stash.
    refs: Mapping[str, str]
    #: Digests of the configuration, hooks and rules, by name.
    files: Mapping[str, str]


#: Files of a working tree's own git directory, and of the shared one, that hold what we watch.
_OWN = (b"HEAD", b"index", b"index.lock", b"config.worktree")
_OPERATIONS = (
    b"MERGE_HEAD",
    b"CHERRY_PICK_HEAD",
    b"REVERT_HEAD",
    b"BISECT_LOG",
    b"rebase-merge",
    b"rebase-apply",
    b"sequencer",
)
_SHARED = (
    b"config",
    b"packed-refs",
    b"refs",
    b"reftable",
    b"hooks",
    b"info",
    # The stash is one ref; its older entries are only here.
    b"logs/refs/stash",
)

#: Of these, the content itself is compared.
_CONTENT = ("config", "config.worktree", "hooks/", "info/", "logs/refs/stash")


def read_git_state(checkout: Checkout, previous: GitState | None = None) -> GitState:
    """Git's state of a checkout now; asked of git only where a file says it may have changed."""
    signature = dict(_git_signature(checkout))
    if previous is not None and previous.signature == signature:
        return previous
    return GitState(
        signature=signature,
        head=_read(checkout.git_dir / "HEAD"),
        index=checkout.index(),
        refs=checkout.refs(),
        files={
            os.fsdecode(name): digest(_read(_place(checkout, name)))
            for name, found in signature.items()
            if stat.S_ISREG(found.mode) and _is_watched(os.fsdecode(name))
        }
        | {f"worktrees/{entry.name}/": "" for entry in foreign_entries(checkout.common_dir)},
    )


def _is_watched(name: str) -> bool:
    # Operations in progress are watched by name; their inner files follow from it.
    if name == "info/refs":
        # Written for dumb transports by garbage collection; it repeats the refs.
        return False
    return name.startswith(_CONTENT) or name in {"index.lock"} | {
        os.fsdecode(operation) for operation in _OPERATIONS
    }


def _git_signature(checkout: Checkout) -> Iterator[tuple[bytes, Stat]]:
    own = checkout.git_dir
    shared = checkout.common_dir
    for entry in foreign_entries(checkout.common_dir):
        # Its index moves as its user works; that it is there is all we watch.
        yield os.fsencode(f"worktrees/{entry.name}"), Stat(0, 0, 0, 0, 0)
    places = dict.fromkeys((*_OWN, *_OPERATIONS), own) | dict.fromkeys(_SHARED, shared)
    for name, base in places.items():
        root = os.path.join(os.fsencode(base), name)
        try:
            found = os.lstat(root)
        except OSError:
            continue
        yield name, Stat.from_lstat(found)
        if stat.S_ISDIR(found.st_mode) and name not in _OPERATIONS:
            inside = list_files(root, _skip_remotes).paths
            yield from ((name + b"/" + path, value) for path, value in inside.items())


def _skip_remotes(directory: bytes) -> Callable[[bytes], bool] | None:
    """Remote-tracking refs are nobody's work."""
    return None if directory else b"remotes".__eq__


def _place(checkout: Checkout, name: bytes) -> Path:
    is_shared = name in _SHARED or name.partition(b"/")[0] in _SHARED
    return (checkout.common_dir if is_shared else checkout.git_dir) / os.fsdecode(name)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def digest(content: bytes) -> str:
    """The sha256 of some content, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def diff_git_state(before: GitState | None, after: GitState | None) -> Iterator[Change]:
    """What git keeps differently, as changes of paths below ``.git/``."""
    if before is after or before is None:
        return
    if after is None:
        yield Change(path=".git", kind="deleted", detail="git's own directory is gone")
        return
    if before.head != after.head:
        yield Change(
            path=".git/HEAD",
            kind="modified",
            detail=f"{_ref_text(before.head)} -> {_ref_text(after.head)}",
        )
    if before.index != after.index:
        yield from _diff_maps(
            {os.fsdecode(path): entries for path, entries in before.index.entries.items()},
            {os.fsdecode(path): entries for path, entries in after.index.entries.items()},
            ".git/index: ",
        )
    yield from _diff_maps(before.refs, after.refs, ".git/")
    yield from _diff_maps(before.files, after.files, ".git/")


def _diff_maps(
    before: Mapping[str, object], after: Mapping[str, object], prefix: str
) -> Iterator[Change]:
    for name in sorted({*before, *after}):
        if before.get(name) != after.get(name):
            kind: Kind = (
                "created" if name not in before else "deleted" if name not in after else "modified"
            )
            yield Change(path=prefix + display(os.fsencode(name)), kind=kind)


def _ref_text(head: bytes) -> str:
    return head.decode("utf-8", "replace").strip().removeprefix("ref: ")
