"""Paths of the build machine in the files of a wheel, which no user has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from nox_cleanroom.build.archive import find_traces


@dataclass(frozen=True, kw_only=True)
class Traces:
    """The text files of a wheel that hold a path of this machine, each with the path."""

    found: Mapping[str, str]


def look_for_traces(path: Path, directories: Sequence[str]) -> Traces:
    """Look for directories of the build, and of the checkout, in a wheel."""
    return Traces(found=find_traces(path, directories))
