"""Distributions that exist already, such as the files of a release before they are uploaded."""

from __future__ import annotations

import hashlib
import os
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from packaging.utils import InvalidSdistFilename, canonicalize_name, parse_sdist_filename

from nox_cleanroom.build.archive import read_wheel
from nox_cleanroom.errors import BuildError, UsageError
from nox_cleanroom.records import dataclass
from nox_cleanroom.wheels import Wheel

#: The endings of source distributions (PEP 527).
_SDISTS = (".tar.gz", ".zip")


@dataclass(frozen=True, kw_only=True)
class Distributions:
    """The files of one release of one project."""

    #: The wheels, by their paths.
    wheels: dict[Path, Wheel]
    #: The source distribution; None when there is none.
    sdist: Path | None
    name: str
    version: str

    def best_for(self, tags: Sequence[str]) -> Path | None:
        """The wheel that installers choose for an interpreter; None when no wheel serves it.

        The first of the interpreter's tags counts most, and then the build number.
        (https://packaging.python.org/specifications/binary-distribution-format/)

        Args:
            tags: the tags of the interpreter, best first.
        """
        ranks = {tag: rank for rank, tag in enumerate(tags)}
        serving = [path for path, wheel in self.wheels.items() if wheel.serves(tags)]
        builds = {path: self.wheels[path].build for path in serving}
        best = sorted(serving, key=lambda path: builds[path], reverse=True)
        return min(
            best,
            key=lambda path: min(ranks[tag] for tag in self.wheels[path].tags if tag in ranks),
            default=None,
        )

    def digests(self) -> dict[str, str]:
        """The sha256 of each file, by name."""
        found = {path.name: wheel.sha256 for path, wheel in self.wheels.items()}
        if self.sdist is not None:
            found[self.sdist.name] = hashlib.sha256(self.sdist.read_bytes()).hexdigest()
        return found

    def __str__(self) -> str:
        """What they are, for people."""
        sdist = [] if self.sdist is None else ["a source distribution"]
        count = len(self.wheels)
        wheels = [f"{count} wheel{'' if count == 1 else 's'}"] if count else []
        return f"{' and '.join([*wheels, *sdist])} of {self.name} {self.version}"


def read_distributions(places: Iterable[str]) -> Distributions:
    """The distributions in directories, at any depth, and files.

    Raises:
        UsageError: there are none, or not those of one release: two projects, two versions, or two
            builds of the same file.
        BuildError: one is damaged.
    """
    wheels, sdists = dict[Path, Wheel](), dict[Path, tuple[str, str]]()
    for path in _without_copies(_files_in(places)):
        if path.suffix == ".whl":
            wheels[path] = read_wheel(path)
        else:
            sdists[path] = _read_sdist(path)
    stated = {path: (wheel.name, wheel.version) for path, wheel in wheels.items()} | sdists
    if not stated:
        raise UsageError(
            f"There is no wheel and no source distribution in {' '.join(places)}.",
            hint="`python -m build` makes both, in dist/.",
        )
    for part, what in ((0, "projects"), (1, "versions")):
        said = sorted({one[part] for one in stated.values()})
        if said[1:]:
            raise UsageError(
                f"There are files of several {what}: {', '.join(said)}.",
                hint="--dist takes the files of one release; remove or do not name the others.",
            )
    if len(sdists) > 1:
        raise _several(sorted(path.name for path in sdists))
    ((name, version),) = {*stated.values()}
    return Distributions(wheels=wheels, sdist=next(iter(sdists), None), name=name, version=version)


def is_distribution(name: str) -> bool:
    """Whether a file has the name of a wheel or a source distribution."""
    return name.endswith((".whl", *_SDISTS))


def _files_in(places: Iterable[str]) -> Iterator[Path]:
    for place in places:
        path = Path(place)
        if not path.exists():
            raise UsageError(
                f"There is no {place!r}.", hint="--dist takes distributions and their directories."
            )
        found = sorted(path.rglob("*")) if path.is_dir() else [path]
        yield from (one for one in found if is_distribution(one.name) and one.is_file())


def _without_copies(paths: Iterable[Path]) -> list[Path]:
    """The files, each once.

    Raises:
        UsageError: two files have the same name and different content.
    """
    found: dict[str, Path] = {}
    digests: dict[str, str] = {}
    for path in paths:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        # Names in other spellings are the same for an index.
        name = re.sub(r"^(.*?)-(?=\d)", lambda one: canonicalize_name(one[1]) + "-", path.name)
        first = found.setdefault(name, Path(os.path.abspath(path)))
        if digests.setdefault(name, digest) != digest:
            raise _several([str(first), str(path)])
    return [*found.values()]


def _several(paths: Sequence[str]) -> UsageError:
    return UsageError(
        f"There are two builds of the same distribution: {', '.join(paths)}.",
        hint="Only one of them can be uploaded; name that one.",
    )


def _read_sdist(path: Path) -> tuple[str, str]:
    """The name and the version of a source distribution, read to its end.

    Raises:
        BuildError: it is damaged, or has no name of a source distribution.
    """
    import tarfile  # noqa: PLC0415 - only who names an sdist needs it

    try:
        name, version = parse_sdist_filename(path.name)
        if path.suffix == ".zip":
            with zipfile.ZipFile(path) as zipped:
                damaged = zipped.testzip()
        else:
            with tarfile.open(path) as archive:
                damaged = None if archive.getmembers() else "everything"
    except InvalidSdistFilename as error:
        raise BuildError(f"{path.name!r} is no source distribution's name: {error}.") from None
    except (OSError, EOFError, zlib.error, tarfile.TarError, zipfile.BadZipFile) as error:
        words = " ".join(str(error).split())
        raise BuildError(f"{path.name} cannot be unpacked: {words}.") from None
    if damaged:
        raise BuildError(f"{path.name} cannot be unpacked: {damaged} is damaged or missing.")
    return str(name), str(version)
