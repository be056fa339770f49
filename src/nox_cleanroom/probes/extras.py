"""What an environment with all extras of the project brings."""

from __future__ import annotations

from dataclasses import dataclass

from packaging.utils import canonicalize_name

from nox_cleanroom.probes.installation import Installation
from nox_cleanroom.probes.installed import Installed, look_at_installed
from nox_cleanroom.probes.loading import Loaded, load
from nox_cleanroom.probes.sources import Sources, read_sources
from nox_cleanroom.wheel import Wheel


@dataclass(frozen=True, kw_only=True)
class WithExtras:
    """What was brought from an environment in which the wheel has all of its extras."""

    installed: Installed
    loaded: Loaded
    sources: Sources


def look_with_extras(installation: Installation) -> WithExtras:
    """Load and read the package in an environment with its extras."""
    return WithExtras(
        loaded=load(installation),
        sources=read_sources(installation),
        installed=look_at_installed(installation),
    )


def missing_extras(wheel: Wheel, have: tuple[str, ...]) -> tuple[str, ...]:
    """The extras that a wheel offers besides those that are installed."""
    installed = {canonicalize_name(extra) for extra in have}
    offered = wheel.metadata.get("provides_extra", [])
    return tuple(extra for extra in offered if canonicalize_name(extra) not in installed)
