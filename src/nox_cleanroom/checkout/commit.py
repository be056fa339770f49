"""A commit, and what git's object of it says."""

from __future__ import annotations

import contextlib

from nox_cleanroom.records import dataclass


@dataclass(frozen=True, kw_only=True)
class Commit:
    """The commit under test."""

    #: Its full object id.
    oid: str
    #: The first line of its message.
    subject: str
    #: When it was committed, in seconds since the epoch.
    time: int

    @property
    def short(self) -> str:
        """The first twelve digits of the object id."""
        return self.oid[:12]


def read_commit(oid: str, content: bytes) -> Commit:
    """A commit from the content of its object; if that is damaged, without what it lacks.

    Args:
        oid: its object id.
        content: what ``git cat-file commit`` prints: lines of fields, an empty one, the message.
            (https://git-scm.com/book/en/v2/Git-Internals-Git-Objects)
    """
    head, _, message = content.partition(b"\n\n")
    fields = dict(line.partition(b" ")[::2] for line in head.split(b"\n"))
    # Name, address, time, time zone.
    time = b"".join(fields.get(b"committer", b"").split()[-2:-1])
    first_paragraph = message.strip(b"\n").partition(b"\n\n")[0]
    encoding = fields.get(b"encoding", b"").decode("ascii", "replace")
    return Commit(
        oid=oid,
        subject=" ".join(_decode(first_paragraph, encoding).split("\n")),
        time=int(time) if time.isdigit() else 0,
    )


def _decode(text: bytes, encoding: str) -> str:
    # What is stated may be no encoding, or none of texts.
    with contextlib.suppress(LookupError, ValueError):
        return text.decode(encoding or "utf-8", "replace")
    return text.decode("utf-8", "replace")
