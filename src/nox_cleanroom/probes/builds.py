"""The wheels of the commit: built from the tree, and from its source distribution."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nox_cleanroom.build.wheelhouse import StoredWheel
from nox_cleanroom.wheel import Wheel


@dataclass(frozen=True, kw_only=True)
class BuiltWheel:
    """A wheel, and what built it."""

    wheel: Wheel
    #: The Python that built it, such as ``3.11``, and its version in full.
    python: str
    built_with: str
    #: What was installed for the build: versions by name.
    requirements: Mapping[str, str]

    @classmethod
    def of(cls, stored: StoredWheel) -> BuiltWheel:
        """What of a wheel in the wheelhouse checks need."""
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
