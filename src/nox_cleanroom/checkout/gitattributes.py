"""Attributes of files: which tracked files may differ from their blobs.

(https://git-scm.com/docs/gitattributes)
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from nox_cleanroom.checkout.checkout import Checkout
from nox_cleanroom.checkout.index import Index

#: Attributes of files which are equal to their blobs: binary files, and, when `core.autocrlf` is
#: off, files without attributes.
_BINARY = "-text !ident !filter !working-tree-encoding"
_PLAIN = "!text !eol !crlf !ident !filter !working-tree-encoding"
#: Attributes of files that no filter and no encoding changes: one of the two.
_UNFILTERED = ("!filter !working-tree-encoding", "-filter !working-tree-encoding")
#: Values with which `core.autocrlf` is off.
_FALSE = ("", "false", "no", "off", "0")


def converted_files(checkout: Checkout, paths: Iterable[bytes]) -> dict[bytes, int]:
    """Tracked files that may differ from their blobs although git finds them clean.

    Args:
        checkout: the checkout.
        paths: every path of the checkout.

    Returns:
        For each file the size of its blob, because line ends and ``$Id$`` change the size of what
        they change. It is -1 for files that a filter writes.
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
    """The files outside of commits that may state attributes, whether they exist or not."""
    yield checkout.common_dir / "info" / "attributes"
    config_home = os.environ.get("XDG_CONFIG_HOME") or "~/.config"
    named = checkout.setting("core.attributesfile")
    yield Path(os.path.expanduser(named or os.path.join(config_home, "git", "attributes")))
    # Where the system's file is was decided when git was built.
    program = shutil.which("git") or ""
    for prefix in ("/", os.path.dirname(os.path.dirname(program))):
        yield Path(prefix, "etc", "gitattributes")


def _sizes(checkout: Checkout, blobs: Mapping[bytes, bytes]) -> list[int]:
    """The sizes of blobs; -1 for a missing one."""
    asked = ("cat-file", "--batch-check=%(objectsize)", "--buffer")
    given = b"".join(blob + b"\n" for blob in blobs.values())
    # Do not fetch what a partial clone lacks.
    answer = checkout.ask(*asked, given=given, env={"GIT_NO_LAZY_FETCH": "1"})
    sizes = answer.stdout.splitlines()
    if len(sizes) != len(blobs):
        return [-1] * len(blobs)
    return [int(size) if size.isdigit() else -1 for size in sizes]


def _excluding(*attributes: str) -> tuple[str, ...]:
    """Pathspecs that leave out files with all attributes of one of several lists."""
    return tuple(f":(exclude,top,attr:{words})" for words in attributes)
