"""The index of a checkout, as git lists it."""

from __future__ import annotations

import hashlib
import re
from functools import cached_property
from typing import NamedTuple

from nox_cleanroom.records import dataclass

#: An entry without a flag that is no submodule and no side of a conflict.
_TRUSTED = re.compile(rb"(?:\A|(?<=\0))H 1[02]0\d{3} [0-9a-f]+ 0\t([^\0]+)")


class IndexEntry(NamedTuple):
    """One entry of the index: what is staged for a path, and its flag."""

    #: The tag of ``ls-files -v``: lower case is assume-unchanged, ``S`` is skip-worktree.
    flag: bytes
    #: The file mode in octal digits; ``160000`` is a submodule.
    mode: bytes
    #: The blob's object id.
    oid: bytes


@dataclass(frozen=True)
class Index:
    """The index, as ``ls-files --stage -v -z`` lists it; parsed when it is used."""

    listing: bytes

    @cached_property
    def entries(self) -> dict[bytes, tuple[IndexEntry, ...]]:
        """For each path its entry, or one entry for each side of a conflict."""
        entries: dict[bytes, tuple[IndexEntry, ...]] = {}
        for record in self.listing.split(b"\0")[:-1]:
            head, _, path = record.partition(b"\t")
            flag, mode, oid, _stage = head.split()
            entry = IndexEntry(flag, mode, oid)
            entries[path] = (*entries[path], entry) if path in entries else (entry,)
        return entries

    @cached_property
    def trusted(self) -> frozenset[bytes]:
        """The paths of files which ``git status`` examines."""
        return frozenset(_TRUSTED.findall(self.listing))

    def tracks(self, path: bytes) -> bool:
        """Whether a path, or a submodule that contains it, is in the index."""
        while path and path not in self.entries:
            path = path.rpartition(b"/")[0]
        return bool(path)

    @cached_property
    def _algorithm(self) -> str:
        """The hash algorithm of all object ids in the repository."""
        # The first entry is enough.
        words = self.listing[:100].split(maxsplit=3)
        return "sha256" if len(words) > 2 and len(words[2]) == 64 else "sha1"

    def blob_id(self, content: bytes) -> str:
        """The object id of a content, without any filter."""
        digest = hashlib.new(self._algorithm, b"blob %d\0" % len(content), usedforsecurity=False)
        digest.update(content)
        return digest.hexdigest()

    def blob(self, path: bytes) -> bytes | None:
        """The object id that is staged for a path; None unless the path has exactly one entry."""
        entries = self.entries.get(path, ())
        return entries[0].oid if len(entries) == 1 else None
