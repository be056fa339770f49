"""Which Pythons build the distributions of a run: the same ones for all cells.

The newest Python on this machine builds a wheel that serves every Python, as it does for releases.
This holds for every cell, or the verdict would depend on which cell asks first. The oldest Python
builds the counterpart from the source distribution. One comparison then shows what the sdist lacks
and what depends on the Python that builds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Literal

from nox_cleanroom.config.axes import Artifact
from nox_cleanroom.environments.interpreter import InstalledPython
from nox_cleanroom.errors import CleanroomError
from nox_cleanroom.wheels import parse_filename

#: The Pythons that a wheel serves: all, its builder's and newer ones (abi3), or its builder's only.
Audience = Literal["all", "newer", "own"]


class Builders:
    """The Pythons that build, for all cells of a run, and what they refused to build.

    Args:
        supported: the Pythons that the project supports, oldest first.
        find: finds a Python on this machine; see `InstalledPythons.find`.
    """

    def __init__(
        self, supported: Sequence[str], find: Callable[[str], InstalledPython | None]
    ) -> None:
        self._supported = supported
        self.find = find
        #: Why a build failed, by the key of the wheel that it should have made.
        self.refusals: dict[str, CleanroomError] = {}

    def choose(
        self, audience: Audience, artifact: Artifact, own: InstalledPython
    ) -> Iterator[InstalledPython]:
        """The Pythons that may build a wheel for such an audience, the best first.

        Args:
            audience: the Pythons that the wheel will serve.
            artifact: whether it is built from the tree or from a source distribution.
            own: the Python of the cell that asks, which is always included.
        """
        seen = set()
        for one in self._in_order(audience, artifact, own):
            if one.python not in seen:
                seen.add(one.python)
                yield own if one.python == own.python else one

    def _in_order(
        self, audience: Audience, artifact: Artifact, own: InstalledPython
    ) -> Iterator[InstalledPython]:
        newest = islice(self._here(reversed(self._supported)), 1)
        if audience == "newer":
            return chain(islice(self._here(self._supported), 1), [own])
        if artifact == "sdist":
            return chain([] if audience == "own" else self._here(self._supported), [own])
        # The audience may be a guess, and only a Python that builds the wheel can confirm it.
        return chain([own], newest) if audience == "own" else chain(newest, [own])

    def _here(self, pythons: Iterable[str]) -> Iterator[InstalledPython]:
        """The Pythons on this machine that may build releases."""
        found = (self.find(python) for python in pythons)
        return (one for one in found if one is not None and one.can_build)


def audience_of(filename: str) -> Audience:
    """The Pythons that a wheel serves, by the tags in the name of its file.

    Raises:
        BuildError: it is not the name of a wheel.
    """
    tags = [str(tag).split("-", 2) for tag in parse_filename(filename)[3]]
    if any(interpreter in {"py3", "py2"} and abi == "none" for interpreter, abi, _ in tags):
        return "all"
    return "newer" if any(abi == "abi3" for _, abi, _ in tags) else "own"
