"""What the object of a commit says."""

from __future__ import annotations

import pytest

from nox_cleanroom.checkout.commit import Commit, read_commit

OID = "a" * 40
HEAD = b"tree 0\nauthor A <a@example.org> 5 +0000\ncommitter B C <b@x> 1700000000 -0100\n"


@pytest.mark.parametrize(
    ("content", "subject", "time"),
    {
        "a message": (HEAD + b"\nA title\n\nMore.\n", "A title", 1_700_000_000),
        "a title of two lines": (HEAD + b"\nA long\ntitle\n\nMore.", "A long title", 1_700_000_000),
        "another encoding": (HEAD + b"encoding ISO-8859-1\n\ncaf\xe9", "café", 1_700_000_000),
        "an unknown encoding": (HEAD + b"encoding x\n\ncaf\xc3\xa9", "café", 1_700_000_000),
        "no encoding of texts": (HEAD + b"encoding rot13\n\nTitle", "Title", 1_700_000_000),
        "an encoding that fails": (HEAD + b"encoding undefined\n\nTitle", "Title", 1_700_000_000),
        "a signature": (
            HEAD + b"gpgsig -----BEGIN\n \n abc\n -----END\n\nSigned",
            "Signed",
            1_700_000_000,
        ),
        "no message": (HEAD + b"\n", "", 1_700_000_000),
        "no object": (b"", "", 0),
        "a broken time": (b"committer B <b@x> soon\n\nTitle", "Title", 0),
    }.values(),
)
def test_a_commit_is_read(content: bytes, subject: str, time: int) -> None:
    assert read_commit(OID, content) == Commit(oid=OID, subject=subject, time=time)
