"""Snapshots of a checkout, and the changes between two of them.

Comparing ``git status`` before and after would miss a second edit of a dirty file, everything in
ignored directories, empty directories, files which the index says to skip, and git's own state. So
every path is examined with ``lstat``. Where the result differs the content decides: a touch, or a
rewrite with the same bytes, is no change.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor

from nox_cleanroom.changes import Change, Kind, display
from nox_cleanroom.checkout.checkout import Checkout
from nox_cleanroom.checkout.git_state import GitState, diff_git_state, read_git_state
from nox_cleanroom.checkout.index import Index
from nox_cleanroom.checkout.listing import TICK, Listing, Skip, Stat, list_again, list_files
from nox_cleanroom.checkout.objects import Objects, is_unchanged, read_objects
from nox_cleanroom.records import dataclass

#: Larger files, in bytes, are not read at the start: their times alone decide.
_READ_UP_TO = 4 * 1024 * 1024
#: With this many tracked files, calling git is quicker than calling ``lstat`` for each.
_MANY = 1000
#: If git would have to read one in this many files, calling ``lstat`` is quicker again.
_MANY_OF = 20
_SECOND = 1_000_000_000
#: The limit for all files together, in bytes.
_READ_IN_ALL = 256 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """A checkout at a moment."""

    #: The ``lstat`` results of all paths.
    listing: Listing
    #: Git's state; None when git's directory is gone.
    git: GitState | None
    #: The files in which git keeps objects, which are listed in the background.
    objects: Future[Objects]
    #: Whether git would have to read many files to tell which have changed.
    is_racy: bool = False


class Contents:
    """The known contents of files, so that only real changes count.

    A clean tracked file is not read, because the index has its blob's object id. All other files,
    and those that a filter or line ends make different from their blobs, are read when the run
    starts, up to a limit. For files beyond the limit, changed times count as a change.
    """

    def __init__(
        self,
        checkout: Checkout,
        snapshot: Snapshot,
        dirty: Mapping[bytes, bytes],
        converted: Mapping[bytes, int],
    ) -> None:
        self._root = os.fsencode(checkout.root)
        self._index = snapshot.git.index if snapshot.git else Index(b"")
        self._digests: dict[bytes, str] = {}
        paths = snapshot.listing.paths
        #: Paths that have not been read, and whose content is that of their blob.
        self._staged = set(self._index.trusted - dirty.keys())
        self._staged -= {
            path for path, size in converted.items() if path in paths and paths[path].size != size
        }
        budget = _READ_IN_ALL
        for path in sorted(paths.keys() - self._staged):
            found = paths[path]
            if found.size <= min(_READ_UP_TO, budget):
                budget -= found.size
                self._digests[path] = self._read(path, found)

    def moved(self, path: bytes, before: Stat, now: Stat) -> bool:
        """Whether the content of a path differs from the known one; learns the new one."""
        known = self._known(path)
        if before.size != now.size or not known:
            self.learn(path, now)
            # There is no content to compare with, so that the times decide.
            return before != now
        self._digests[path] = self._read(path, now)
        return self._digests[path] != known

    def learn(self, path: bytes, now: Stat) -> None:
        """Note the content of a path that is new, or has surely changed."""
        self._staged.discard(path)
        self._digests[path] = self._read(path, now) if now.size <= _READ_UP_TO else ""

    def _known(self, path: bytes) -> str:
        """The known digest of a path; empty when it was not read."""
        if path in self._staged:
            self._staged.remove(path)
            return (self._index.blob(path) or b"").decode()
        return self._digests.get(path, "")

    def _read(self, path: bytes, found: Stat) -> str:
        full_path = os.path.join(self._root, path)
        try:
            if stat.S_ISLNK(found.mode):
                return self._index.blob_id(os.readlink(full_path))
            # Read only regular files: opening a FIFO would block for ever.
            if stat.S_ISREG(found.mode):
                with open(full_path, "rb") as file:
                    return self._index.blob_id(file.read())
        except OSError:
            return ""
        return "special"


def take_snapshot(checkout: Checkout, skipped: Skip, previous: Snapshot | None = None) -> Snapshot:
    """The checkout now.

    Args:
        checkout: the checkout.
        skipped: tells which names are left out; see `listing.Skip`.
        previous: the previous snapshot; what surely did not change since is not examined again.
    """
    root = os.fsencode(checkout.root)
    # Git or objects are examined in the background while this thread examines files.
    aside = ThreadPoolExecutor(1)
    try:
        if previous is None:
            state = aside.submit(_git_state, checkout)
            listing = list_files(root, skipped)
            git = state.result()
            objects = aside.submit(_objects, checkout)
            is_racy = _is_racy(git, listing)
        else:
            git = _git_state(checkout, previous)
            objects = previous.objects
            if not is_unchanged(_root_of_objects(checkout), objects.result()):
                objects = aside.submit(_objects, checkout, previous)
            trusted = _trusted(git, previous)
            known = checkout.moved_since_index() if trusted else None
            unmoved = frozenset() if known is None else trusted - known
            listing = list_again(root, skipped, previous.listing, unmoved)
            is_racy = previous.is_racy if git is previous.git else _is_racy(git, listing)
    finally:
        aside.shutdown(wait=False)
    return Snapshot(listing=listing, git=git, objects=objects, is_racy=is_racy)


def _git_state(checkout: Checkout, previous: Snapshot | None = None) -> GitState | None:
    if not checkout.git_dir.exists():
        return None
    return read_git_state(checkout, previous.git if previous is not None else None)


def _objects(checkout: Checkout, previous: Snapshot | None = None) -> Objects:
    return read_objects(
        _root_of_objects(checkout),
        checkout.has_all_objects,
        previous.objects.result() if previous is not None else None,
    )


def _root_of_objects(checkout: Checkout) -> bytes:
    return os.path.join(os.fsencode(checkout.common_dir), b"objects")


def _trusted(git: GitState | None, previous: Snapshot) -> frozenset[bytes]:
    """Tracked files of which git can tell, with its threads, whether they have changed.

    Git compares with the times in the index, in whole seconds. So its answer counts only if the
    index was written more than a tick before the previous snapshot was begun: what changes later
    has a ``ctime`` that is not in the index.
    """
    if git is None or git is not previous.git or previous.is_racy:
        return frozenset()
    written = git.signature.get(b"index")
    if written is None or written.mtime_ns >= previous.listing.begun_at - TICK:
        return frozenset()
    return git.index.trusted if len(git.index.trusted) >= _MANY else frozenset()


def _is_racy(git: GitState | None, listing: Listing) -> bool:
    """Whether many files are as new as the index, as in a new clone: git would read all of them.

    (https://git-scm.com/docs/racy-git)
    """
    index = git.signature.get(b"index") if git is not None else None
    if index is None:
        return False
    second = index.mtime_ns // _SECOND
    young = sum(found.mtime_ns // _SECOND >= second for found in listing.paths.values())
    return young * _MANY_OF > len(listing.paths)


def diff(before: Snapshot, after: Snapshot, contents: Contents) -> Iterator[Change]:
    """The changes between two snapshots, ordered by path; `contents` learns the new state."""
    top, top_now = before.listing.own, after.listing.own
    if top is not None and top_now is not None and top.mode != top_now.mode:
        yield Change(path="./", kind="mode changed")
    yield from _diff_paths(before, after, contents)
    yield from diff_git_state(before.git, after.git)
    for path in after.objects.result().lost:
        name = f".git/objects/{display(path)}"
        yield Change(path=name, kind="deleted", detail="and it is needed")


def _diff_paths(earlier: Snapshot, later: Snapshot, contents: Contents) -> Iterator[Change]:
    before, after = earlier.listing.paths, later.listing.paths
    if before is after:
        return
    index = earlier.git.index if earlier.git else Index(b"")
    created = set(after.keys() - before.keys())
    deleted = set(before.keys() - after.keys())
    renamed = _pair_renames(before, after, created, deleted)
    for new, old in renamed.items():
        created.discard(new)
        deleted.discard(old)
        contents.learn(new, after[new])
    parents = {
        parent
        for path in (*created, *deleted, *renamed, *renamed.values())
        for parent in _parents(path)
    }
    # A path that surely did not change has the Stat object of the earlier listing.
    touched = {path for path, now in after.items() if before.get(path, now) is not now}
    for path in sorted({*created, *deleted, *renamed, *touched}):
        if path in renamed:
            old = renamed[path]
            yield Change(
                path=display(path),
                kind="renamed",
                old_path=display(old),
                is_tracked=index.tracks(path) or index.tracks(old),
            )
        elif path in touched:
            kind = _kind_of(path, before[path], after[path], contents)
            if kind is not None:
                yield Change(path=display(path), kind=kind, is_tracked=index.tracks(path))
        elif path not in parents:
            # A directory is reported only if nothing in it is.
            found = after.get(path) or before[path]
            name = display(path) + ("/" if stat.S_ISDIR(found.mode) else "")
            if path in created:
                contents.learn(path, found)
            kind = "created" if path in created else "deleted"
            yield Change(path=name, kind=kind, is_tracked=index.tracks(path))


def _parents(path: bytes) -> Iterator[bytes]:
    while b"/" in path:
        path = path.rpartition(b"/")[0]
        yield path


def _pair_renames(
    before: Mapping[bytes, Stat],
    after: Mapping[bytes, Stat],
    created: set[bytes],
    deleted: set[bytes],
) -> dict[bytes, bytes]:
    """New names of files, and their old ones: the inode, the size and the time are the same."""
    gone = {
        (before[path].inode, before[path].size, before[path].mtime_ns): path
        for path in deleted
        if stat.S_ISREG(before[path].mode)
    }
    pairs = (
        (path, gone.get((after[path].inode, after[path].size, after[path].mtime_ns)))
        for path in created
    )
    return {new: old for new, old in pairs if old is not None}


def _kind_of(path: bytes, before: Stat, after: Stat, contents: Contents) -> Kind | None:
    if stat.S_IFMT(before.mode) != stat.S_IFMT(after.mode):
        contents.learn(path, after)
        return "type changed"
    if not stat.S_ISDIR(after.mode) and contents.moved(path, before, after):
        return "modified"
    return "mode changed" if before.mode != after.mode else None
