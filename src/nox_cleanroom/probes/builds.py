"""The two wheels of the commit: one built from the tree, one from its source distribution."""

from __future__ import annotations

import re
from collections.abc import Mapping

from nox_cleanroom.build.wheelhouse import StoredWheel
from nox_cleanroom.records import dataclass
from nox_cleanroom.wheels import Wheel


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

    def is_made_like(self, other: BuiltWheel) -> bool:
        """Whether what was installed for both builds had the same versions; more may be installed.

        Older Pythons need backports.
        """
        mine, theirs = self.requirements, other.requirements
        shared = mine.keys() & theirs.keys()
        return mine == theirs or (
            bool(shared) and all(mine[name] == theirs[name] for name in shared)
        )


@dataclass(frozen=True, kw_only=True)
class VersionSources:
    """What the version of a wheel may come from, besides the commit."""

    #: Tracked files that the build changed, so that the version names a changed tree.
    changed: tuple[str, ...] = ()
    #: Variables that state the version.
    variables: tuple[str, ...] = ()

    @classmethod
    def of(cls, stored: StoredWheel) -> VersionSources:
        """What the version of a wheel in the wheelhouse may come from."""
        names = sorted(stored.provenance.variables)
        return cls(
            changed=tuple(stored.provenance.changed),
            variables=tuple(name for name in names if _STATES_VERSION.search(name)),
        )


#: Endings of what compilers make.
_COMPILED = (".so", ".pyd", ".dylib", ".dll")

#: Variables of build backends that state a version.
_STATES_VERSION = re.compile(r"PRETEND|_BYPASS|^PBR_VERSION$|_SCM_VERSION$|VERSIONEER_OVERRIDE")

#: The local part of a version that is taken from a changed tree, as setuptools-scm spells it.
_OF_CHANGED_TREE = re.compile(r"\+.*(\bd20\d{6}\b|dirty)")


def is_of_changed_tree(version: str) -> bool:
    """Whether a version says that it was taken from a tree with uncommitted changes."""
    return _OF_CHANGED_TREE.search(version) is not None


@dataclass(frozen=True, kw_only=True)
class Builds:
    """Two wheels of a commit, which should be the same."""

    from_tree: BuiltWheel
    from_sdist: BuiltWheel

    @property
    def install_the_same(self) -> bool:
        """Whether both install the same files with the same content, besides their metadata.

        Compilers write paths and times into what they make, so of that only the names count.
        """
        tree, sdist = (
            {name: "" if name.endswith(_COMPILED) else digest for name, digest in one.items()}
            for one in (
                self.from_tree.wheel.installed_digests,
                self.from_sdist.wheel.installed_digests,
            )
        )
        return tree == sdist
