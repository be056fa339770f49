"""Paths of the build machine in the files of a wheel, which no user has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from nox_cleanroom.build.archive import search_contents
from nox_cleanroom.records import dataclass


@dataclass(frozen=True, kw_only=True)
class Traces:
    """The text files of a wheel that hold a path of this machine, each with the path."""

    found: Mapping[str, str]
    #: The files that are pointers of git-lfs.
    lfs_pointers: tuple[str, ...] = ()


def look_for_traces(path: Path, directories: Sequence[str]) -> Traces:
    """Look for directories of the build, and of the checkout, in a wheel."""
    traces, pointers = search_contents(path, directories)
    return Traces(found=traces, lfs_pointers=tuple(pointers))
