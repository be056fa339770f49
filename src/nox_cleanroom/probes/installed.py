"""The content of the environment with the installed wheel, read without running anything."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from dataclasses import field
from importlib import metadata

from packaging.utils import canonicalize_name

from nox_cleanroom.probes.installation import Installation
from nox_cleanroom.records import dataclass


@dataclass(frozen=True, kw_only=True)
class Distribution:
    """A distribution in the environment."""

    #: As its METADATA spells it; empty when METADATA cannot be read.
    name: str
    version: str
    requires: tuple[str, ...] = ()
    #: The extras that it offers.
    extras: tuple[str, ...] = ()
    #: Why its METADATA cannot be read; empty when it can be.
    problem: str = ""


@dataclass(frozen=True, kw_only=True)
class Installed:
    """The content of the environment."""

    #: The environment's directory, with all links followed.
    location: str
    #: The extras that the wheel was installed with.
    extras: tuple[str, ...]
    distributions: tuple[Distribution, ...]
    #: The names of the programs.
    programs: tuple[str, ...]
    #: The programs of other distributions than the wheel's, each with its distribution.
    programs_of_others: Mapping[str, str] = field(default_factory=dict)

    def has_inside(self, path: str) -> bool:
        """Whether a path, with all links followed, lies in the environment."""
        return path == self.location or path.startswith(self.location + os.sep)


def look_at_installed(installation: Installation) -> Installed:
    """Read the content of an environment, as ``pip check`` does, but without a process."""
    paths = installation.facts.paths
    places = [*dict.fromkeys(paths[scheme] for scheme in ("purelib", "platlib"))]
    distributions: list[Distribution] = []
    programs: dict[str, str] = {}
    for one in metadata.distributions(path=places):
        about = _read(one)
        distributions.append(about)
        if about.name and canonicalize_name(about.name) != installation.wheel.name:
            # Metadata that cannot be read is reported by its own check.
            with contextlib.suppress(ValueError, KeyError, TypeError):
                points = one.entry_points.select(group="console_scripts")
                programs.update((point.name, about.name) for point in points)
    return Installed(
        location=os.path.realpath(installation.environment.location),
        extras=installation.extras,
        distributions=tuple(distributions),
        programs=tuple(sorted(os.listdir(installation.environment.bin_dir))),
        programs_of_others=programs,
    )


def _read(found: metadata.Distribution) -> Distribution:
    try:
        # Each access reads the file again.
        about = found.metadata
        return Distribution(
            name=str(about["Name"] or ""),
            version=str(about["Version"] or ""),
            requires=tuple(about.get_all("Requires-Dist") or found.requires or ()),
            extras=tuple(map(str, about.get_all("Provides-Extra") or ())),
        )
    except ValueError as error:
        # The file is not UTF-8.
        return Distribution(name="", version="", problem=str(error))
