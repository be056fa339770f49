"""Whether a requirement applies somewhere (PEP 508)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from packaging.markers import UndefinedComparison, UndefinedEnvironmentName
from packaging.requirements import Requirement


def applies(
    requirement: Requirement, markers: Mapping[str, str], extras: Iterable[str] = ()
) -> bool:
    """Whether a requirement holds there, with or without one of the extras.

    Args:
        requirement: one with a marker, or without.
        markers: what an interpreter makes of the names in markers; those of ours when it is empty.
        extras: what is installed.

    Returns:
        False also for a marker that compares what cannot be: see `is_decidable`.
    """
    marker = requirement.marker
    try:
        return marker is None or any(
            marker.evaluate({**markers, "extra": extra}) for extra in ("", *extras)
        )
    except (UndefinedComparison, UndefinedEnvironmentName, ValueError):
        return False


def is_decidable(requirement: Requirement, markers: Mapping[str, str]) -> bool:
    """Whether its marker can be evaluated at all; ``os_name ~= "posix"`` cannot."""
    try:
        if requirement.marker is not None:
            requirement.marker.evaluate({**markers, "extra": ""})
    except (UndefinedComparison, UndefinedEnvironmentName, ValueError):
        return False
    return True
