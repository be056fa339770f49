"""What a checkout looks like at a moment, and what differs between two moments.

``git status`` before and after is not enough: it misses a second edit of a file that was
dirty before, everything inside ignored directories, empty directories, files that the
index says to skip, and git's own state. So every path is looked at with ``lstat``, and
where that differs the content decides: a touch, or a rewrite with the same bytes, is no
change.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from nox_cleanroom.changes import Change, Kind, display
from nox_cleanroom.checkout.checkout import Checkout
from nox_cleanroom.checkout.git_state import GitState, diff_git_state, read_git_state
from nox_cleanroom.checkout.index import Index
from nox_cleanroom.checkout.listing import TICK, Listing, Skip, Stat, list_again, list_files
from nox_cleanroom.checkout.objects import Objects, read_objects

#: Files above this size are not read beforehand, in bytes: their times alone decide.
_READ_UP_TO = 4 * 1024 * 1024
#: So many tracked files, and asking git about them is quicker than looking at each.
_MANY = 1000
#: One in so many files that git would have to read, and looking at each is quicker again.
_MANY_OF = 20
_SECOND = 1_000_000_000
#: Nor is more than this read in all, in bytes.
_READ_IN_ALL = 256 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """A checkout at a moment."""

    #: What ``lstat`` says of every path.
    listing: Listing
    #: What git keeps about it; None when git's directory is gone.
    git: GitState | None
    #: The files in which git keeps what was committed; of a first snapshot they are listed while
    #: its taker goes on.
    objects: Future[Objects]
    #: Whether git would have to read many files to tell which have moved.
    is_racy: bool = False


class Contents:
    """What is known of the files' contents, so that only real changes count.

    A clean tracked file needs no reading: the index names its blob. Those which a filter or other
    line ends may have made different from their blobs, and all others, are read when the
    run starts, within limits; beyond those a change of the times counts as a change.
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
        #: Paths whose content is that of their blob until they are looked at for the first time.
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
        """Whether the content of a path is another than when it was last looked at."""
        known = self._known(path)
        if before.size != now.size or not known:
            self.learn(path, now)
            # Of what could not be read before, only the times tell.
            return before != now
        self._digests[path] = self._read(path, now)
        return self._digests[path] != known

    def learn(self, path: bytes, now: Stat) -> None:
        """Look at a path that is new, or surely another than before."""
        self._staged.discard(path)
        self._digests[path] = self._read(path, now) if now.size <= _READ_UP_TO else ""

    def _known(self, path: bytes) -> str:
        """The digest of a path when it was last looked at; empty when it was not read."""
        if path in self._staged:
            self._staged.remove(path)
            return (self._index.blob(path) or b"").decode()
        return self._digests.get(path, "")

    def _read(self, path: bytes, found: Stat) -> str:
        place = os.path.join(self._root, path)
        try:
            if stat.S_ISLNK(found.mode):
                return self._index.blob_id(os.readlink(place))
            # Only regular files: opening a FIFO would block for ever.
            if stat.S_ISREG(found.mode):
                with open(place, "rb") as file:
                    return self._index.blob_id(file.read())
        except OSError:
            return ""
        return "special"


def take_snapshot(checkout: Checkout, skipped: Skip, previous: Snapshot | None = None) -> Snapshot:
    """The checkout now.

    Args:
        checkout: what to look at.
        skipped: says of a relative path that it is none of our business.
        previous: the last snapshot; what surely did not move since is not looked at again.
    """
    root = os.fsencode(checkout.root)
    # What git is asked aside goes on while this thread looks at files itself.
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
            trusted = _trusted(git, previous)
            moved = aside.submit(checkout.moved_since_index) if trusted else None
            objects = _done(_objects(checkout, previous))
            known = moved.result() if moved is not None else None
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


def _done(objects: Objects) -> Future[Objects]:
    future: Future[Objects] = Future()
    future.set_result(objects)
    return future


def _objects(checkout: Checkout, previous: Snapshot | None = None) -> Objects:
    return read_objects(
        os.path.join(os.fsencode(checkout.common_dir), b"objects"),
        checkout.has_all_objects,
        previous.objects.result() if previous is not None else None,
    )


def _trusted(git: GitState | None, previous: Snapshot) -> frozenset[bytes]:
    """Tracked files of which git can tell whether they are as they were; it looks in threads.

    What git compares with is in the index, in whole seconds. So it counts only when all of the
    index had been written more than a tick before the previous look was begun: what moves
    after that has another ``ctime`` than any that the index holds.
    """
    if git is None or git is not previous.git or previous.is_racy:
        return frozenset()
    written = git.signature.get(b"index")
    if written is None or written.mtime_ns >= previous.listing.begun_at - TICK:
        return frozenset()
    return git.index.trusted if len(git.index.trusted) >= _MANY else frozenset()


def _is_racy(git: GitState | None, listing: Listing) -> bool:
    """Whether many files are as young as the index, as in a new clone: git reads all of those.

    (https://git-scm.com/docs/racy-git)
    """
    index = git.signature.get(b"index") if git is not None else None
    if index is None:
        return False
    second = index.mtime_ns // _SECOND
    young = sum(found.mtime_ns // _SECOND >= second for found in listing.paths.values())
    return young * _MANY_OF > len(listing.paths)


def diff(before: Snapshot, after: Snapshot, contents: Contents) -> list[Change]:
    """What changed between two snapshots, in order of path; the contents learn the new state."""
    return [
        *_diff_top(before.listing.own, after.listing.own),
        *_diff_paths(before, after, contents),
        *diff_git_state(before.git, after.git),
        *(
            Change(path=f".git/objects/{display(path)}", kind="deleted", detail="and it is needed")
            for path in after.objects.result().lost
        ),
    ]


def _diff_top(before: Stat | None, after: Stat | None) -> Iterator[Change]:
    if before is not None and after is not None and before.mode != after.mode:
        yield Change(path="./", kind="mode changed")


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
    # What surely did not move is the very object of the listing before.
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
            # A directory is named only when nothing in it is.
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
    """New names of files that are the very same file, by inode, with the same content."""
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
