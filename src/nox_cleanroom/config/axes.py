"""The ways to test a distribution on an interpreter: the axes of a matrix besides Python."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

#: What the wheel under test is built from: the tree, or the source distribution made from it.
Artifact = Literal["wheel", "sdist"]

#: Which versions of its requirements are installed with it.
Resolution = Literal["highest", "lowest-direct"]

#: Extras to install with it; ``all`` for every one that it offers.
Extras = tuple[str, ...] | Literal["all"]


@dataclass(frozen=True, kw_only=True)
class Variant:
    """One way to test a distribution on an interpreter."""

    artifact: Artifact = "wheel"
    resolution: Resolution = "highest"
    extras: Extras = ()


def variants(
    artifacts: Sequence[Artifact], resolutions: Sequence[Resolution], extras: Sequence[Extras]
) -> tuple[Variant, ...]:
    """The first value of each axis together, then each further value by itself.

    Not every combination: each further value costs one cell an interpreter, and a failure has
    one cause.

    >>> [name_of(one) for one in variants(["wheel", "sdist"], ["highest"], [(), "all"])]
    ['', 'sdist', '[all]']
    """
    first = Variant(artifact=artifacts[0], resolution=resolutions[0], extras=extras[0])
    return (
        first,
        *(replace(first, artifact=artifact) for artifact in artifacts[1:]),
        *(replace(first, resolution=resolution) for resolution in resolutions[1:]),
        *(replace(first, extras=further) for further in extras[1:]),
    )


def name_of(variant: Variant) -> str:
    """What is special about it, for people; empty for the usual."""
    return " ".join(_words(variant))


def _words(variant: Variant) -> Iterator[str]:
    if variant.artifact == "sdist":
        yield "sdist"
    if variant.resolution == "lowest-direct":
        yield "lowest"
    if variant.extras:
        yield f"[{variant.extras if variant.extras == 'all' else ','.join(variant.extras)}]"
