"""The two wheels of the commit: one built from the tree, one from its source distribution."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nox_cleanroom.build.wheelhouse import StoredWheel
from nox_cleanroom.wheel import Wheel


@dataclass(frozen=True, kw_only=True)
class BuiltWheel:
    """A wheel, and the Python and requirements that built it."""

    wheel: Wheel
    #: The Python that built it, such as ``3.11``, and its version in full.
    python: str
    built_with: str
    #: The versions that were installed for the build, by name.
    requirements: Mapping[str, str]

    @classmethod
    def of(cls, stored: StoredWheel) -> BuiltWheel:
        """The part of a wheel in the wheelhouse that checks need."""
        return cls(
            wheel=stored.wheel,
            python=stored.provenance.python,
            built_with=stored.provenance.built_with,
            requirements=stored.provenance.requirements,
        )


@dataclass(frozen=True, kw_only=True)
class Builds:
    """Two wheels of a commit, which should be the same."""

    from_tree: BuiltWheel
    from_sdist: BuiltWheel
