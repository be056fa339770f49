"""Attributes of files: which tracked files may hold other bytes than their blobs.

(https://git-scm.com/docs/gitattributes)
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from nox_cleanroom.checkout.checkout import Checkout
from nox_cleanroom.checkout.index import Index

#: Attributes of files whose bytes are those of their blobs: of binary ones, and of those that have
#: none when `core.autocrlf` is off.
_BINARY = "-text !ident !filter !working-tree-encoding"
_PLAIN = "!text !eol !crlf !ident !filter !working-tree-encoding"
#: Attributes of files that no program and no encoding changes; one of the two holds.
_UNFILTERED = ("!filter !working-tree-encoding", "-filter !working-tree-encoding")
#: What says that `core.autocrlf` is off.
_FALSE = ("", "false", "no", "off", "0")


def converted_files(checkout: Checkout, paths: Iterable[bytes]) -> dict[bytes, int]:
    """Tracked files that may hold other bytes than their blobs, though git finds them clean.

    Args:
        checkout: whose files.
        paths: every path of the checkout.

    Returns:
        With each one the size at which it holds the same: line ends and ``$Id$`` make a file
        longer or shorter. There is none (-1) for what a filter writes.
    """
    automatic = checkout.setting("core.autocrlf").lower() not in _FALSE
    stated = any(path.endswith(b".gitattributes") for path in paths)
    if not automatic and not stated and not any(map(Path.exists, attribute_files(checkout))):
        return {}
    plain = (_BINARY,) if automatic else (_BINARY, _PLAIN)
    found = Index(checkout.list_staged(*_excluding(*plain))).entries
    if not found:
        return {}
    filtered = Index(checkout.list_staged(*_excluding(*_UNFILTERED))).entries
    blobs = {path: entries[0].oid for path, entries in found.items() if path not in filtered}
    return dict.fromkeys(filtered, -1) | dict(zip(blobs, _sizes(checkout, blobs), strict=True))


def attribute_files(checkout: Checkout) -> Iterator[Path]:
    """Where attributes of files are stated outside of commits; those that are there, or not."""
    yield checkout.common_dir / "info" / "attributes"
    config_home = os.environ.get("XDG_CONFIG_HOME") or "~/.config"
    named = checkout.setting("core.attributesfile")
    yield Path(os.path.expanduser(named or os.path.join(config_home, "git", "attributes")))
    # The system's lies where git was built to look for it.
    program = shutil.which("git") or ""
    for prefix in ("/", os.path.dirname(os.path.dirname(program))):
        yield Path(prefix, "etc", "gitattributes")


def _sizes(checkout: Checkout, blobs: Mapping[bytes, bytes]) -> list[int]:
    """The sizes of blobs by path; -1 for what is not there."""
    answer = checkout.ask(
        "cat-file",
        "--batch-check=%(objectsize)",
        "--buffer",
        given=b"\n".join([*blobs.values(), b""]),
        # What a partial clone lacks is not fetched for this.
        env={"GIT_NO_LAZY_FETCH": "1"},
    )
    sizes = answer.stdout.splitlines()
    if len(sizes) != len(blobs):
        return [-1] * len(blobs)
    return [int(size) if size.isdigit() else -1 for size in sizes]


def _excluding(*attributes: str) -> tuple[str, ...]:
    """Pathspecs that leave out files with all of the attributes of one of several lists."""
    return tuple(f":(exclude,top,attr:{words})" for words in attributes)
