"""Requirements: parsed once, and whether they apply in an environment (PEP 508)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache

from packaging.markers import UndefinedComparison, UndefinedEnvironmentName
from packaging.requirements import Requirement


@cache
def parse_requirement(line: str) -> Requirement:
    """A requirement, which nobody may change; all cells of a run parse the same ones.

    Raises:
        InvalidRequirement: it is none.
    """
    return Requirement(line)


def applies(
    requirement: Requirement, markers: Mapping[str, str], extras: Iterable[str] = ()
) -> bool:
    """Whether a requirement applies without an extra, or with one of the given extras.

    Args:
        requirement: a requirement with or without a marker.
        markers: an interpreter's values of the names in markers; if empty, those of our own.
        extras: the installed extras.

    Returns:
        False also for a marker that cannot be evaluated: see `is_decidable`.
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
