"""Loading and reading the package in an environment with all extras of the project."""

from __future__ import annotations

from packaging.utils import canonicalize_name

from nox_cleanroom.probes.installation import Installation
from nox_cleanroom.probes.installed import Installed, look_at_installed
from nox_cleanroom.probes.loading import Loaded, load
from nox_cleanroom.probes.readings import Readings
from nox_cleanroom.probes.sources import Sources, read_sources
from nox_cleanroom.probes.tracked import Tracked
from nox_cleanroom.records import dataclass
from nox_cleanroom.wheels import Wheel


@dataclass(frozen=True, kw_only=True)
class WithExtras:
    """The values from an environment in which the wheel is installed with all extras."""

    installed: Installed
    loaded: Loaded
    sources: Sources


def look_with_extras(
    installation: Installation, tracked: Tracked, readings: Readings
) -> WithExtras:
    """Load and read the package in an environment with its extras."""
    return WithExtras(
        sources=read_sources(installation, tracked, readings),
        loaded=load(installation),
        installed=look_at_installed(installation),
    )


def missing_extras(wheel: Wheel, have: tuple[str, ...]) -> tuple[str, ...]:
    """The extras of a wheel that are not installed."""
    installed = {canonicalize_name(extra) for extra in have}
    offered = wheel.metadata.get("provides_extra", [])
    return tuple(extra for extra in offered if canonicalize_name(extra) not in installed)
