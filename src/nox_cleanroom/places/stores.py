"""Directories for what is kept for all projects, such as bytecode."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from nox_cleanroom.errors import CleanroomError
from nox_cleanroom.places import ownership
from nox_cleanroom.places.layout import cache_directory, sections
from nox_cleanroom.places.ownership import Owned

#: Where the stores lie.
SECTION = "stores"


def open_store(name: str) -> Owned | None:
    """The store of a name, made if there is none; None where there is no place for it."""
    with contextlib.suppress(OSError, CleanroomError):
        return ownership.ensure(cache_directory(SECTION) / name)
    return None


def stores() -> Iterator[Owned]:
    """Every store of this user."""
    for section in sections(SECTION):
        yield from ownership.owned_in(section)
