"""Directories that all projects share, such as the one for bytecode."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from nox_cleanroom.errors import CleanroomError
from nox_cleanroom.places import ownership
from nox_cleanroom.places.layout import STORES, cache_directory, sections
from nox_cleanroom.places.ownership import Owned


def open_store(name: str) -> Owned | None:
    """The store of a name, made if it is missing; None if it cannot be made."""
    with contextlib.suppress(OSError, CleanroomError):
        return ownership.ensure(cache_directory(STORES) / name)
    return None


def stores() -> Iterator[Owned]:
    """All stores of this user."""
    for section in sections(STORES):
        yield from ownership.owned_in(section)
