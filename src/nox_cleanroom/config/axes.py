"""The ways to test a distribution on an interpreter: the axes of a matrix besides Python."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Literal

from nox_cleanroom.records import dataclass

#: What the wheel under test is built from: the source tree, or the source distribution.
Artifact = Literal["wheel", "sdist"]

#: Which versions of its requirements are installed with the distribution.
Resolution = Literal["highest", "lowest-direct"]

#: Extras to install with the distribution; ``all`` for every extra that it offers.
Extras = tuple[str, ...] | Literal["all"]


@dataclass(frozen=True, kw_only=True)
class Variant:
    """One way to test a distribution on an interpreter."""

    artifact: Artifact = "wheel"
    resolution: Resolution = "highest"
    extras: Extras = ()
    #: The machine that it is tested on, as CI names it; empty outside of CI.
    platform: str = ""


def variants(
    artifacts: Sequence[Artifact],
    resolutions: Sequence[Resolution],
    extras: Sequence[Extras],
    platform: str = "",
) -> tuple[Variant, ...]:
    """One variant with the first value of each axis, then one for each further value.

    These are not all combinations: each further value costs one cell per interpreter, and a
    failure has one cause.

    >>> [name_of(one) for one in variants(["wheel", "sdist"], ["highest"], [(), "all"])]
    ['', 'sdist', '[all]']
    """
    first = Variant(
        artifact=artifacts[0], resolution=resolutions[0], extras=extras[0], platform=platform
    )
    return (
        first,
        *(replace(first, artifact=artifact) for artifact in artifacts[1:]),
        *(replace(first, resolution=resolution) for resolution in resolutions[1:]),
        *(replace(first, extras=further) for further in extras[1:]),
    )


def name_of(variant: Variant) -> str:
    """How a variant differs from the default, for people; empty when it does not."""
    return " ".join(_words(variant))


def cell_name(suffix: str, python: str, variant: Variant) -> str:
    """The name of a cell.

    >>> cell_name("_colours", "3.12", Variant(artifact="sdist"))
    'smoke_colours-3.12 · sdist'
    """
    special = name_of(variant)
    return f"smoke{suffix}-{python}{f' · {special}' if special else ''}"


def _words(variant: Variant) -> Iterator[str]:
    if variant.artifact == "sdist":
        yield "sdist"
    if variant.resolution == "lowest-direct":
        yield "lowest"
    if variant.extras:
        yield f"[{variant.extras if variant.extras == 'all' else ','.join(variant.extras)}]"
    if variant.platform:
        yield variant.platform
