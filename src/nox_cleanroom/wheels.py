"""A wheel as a value: the content of its archive, and the interpreters that it serves."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from email import message_from_bytes
from functools import cached_property

from packaging.metadata import RawMetadata, parse_email
from packaging.requirements import InvalidRequirement, Requirement
from packaging.tags import parse_tag
from packaging.utils import BuildTag, InvalidWheelFilename, parse_wheel_filename

from nox_cleanroom.entry_points import EntryPoint, read_entry_points
from nox_cleanroom.errors import BuildError
from nox_cleanroom.members import Member
from nox_cleanroom.records import dataclass
from nox_cleanroom.requirements import parse_requirement


@dataclass(frozen=True, kw_only=True)
class RecordRow:
    """A line of a wheel's RECORD."""

    name: str
    #: ``sha256=...`` in URL-safe base64 without padding; empty for RECORD itself.
    digest: str


@dataclass(frozen=True, kw_only=True)
class WheelFile:
    """A file in a wheel's archive."""

    #: Its name in the archive.
    name: str
    #: Its size, in bytes.
    size: int
    #: Its sha256, as RECORD spells it.
    digest: str
    #: Its Unix permissions; 0 where the archive states none.
    mode: int = 0


@dataclass(frozen=True, kw_only=True)
class Wheel:
    """A wheel as a value: everything about it that can be checked without the file.

    `build.archive.read_wheel` reads one from a file.
    """

    filename: str
    #: The digest of the file, in hexadecimal.
    sha256: str
    files: tuple[WheelFile, ...]
    #: The text of the files in ``.dist-info`` that describe it, by name; undecodable bytes are
    #: surrogates.
    texts: Mapping[str, str]

    @cached_property
    def name(self) -> str:
        """The distribution's name in the file's name, normalised."""
        return str(self._parsed[0])

    @cached_property
    def version(self) -> str:
        """The version in the file's name, normalised."""
        return str(self._parsed[1])

    @cached_property
    def build(self) -> tuple[int, str]:
        """The build number in the file's name, which compares as installers compare it."""
        number = self._parsed[2]
        return number or (-1, "")

    @cached_property
    def tags(self) -> frozenset[str]:
        """The tags in the file's name, one for each combination."""
        return frozenset(str(tag) for tag in self._parsed[3])

    @cached_property
    def _parsed(self) -> tuple[object, object, BuildTag, Iterable[object]]:
        return parse_filename(self.filename)

    def serves(self, tags: Iterable[str]) -> bool:
        """Whether an interpreter with these tags installs it."""
        return not self.tags.isdisjoint(tags)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of all files in the archive."""
        return tuple(file.name for file in self.files)

    @cached_property
    def sizes(self) -> dict[str, int]:
        """The sizes of all files in the archive, in bytes."""
        return {file.name: file.size for file in self.files}

    @cached_property
    def digests(self) -> dict[str, str]:
        """The sha256 of each file in the archive, as RECORD spells it."""
        return {file.name: file.digest for file in self.files}

    @cached_property
    def installed_digests(self) -> dict[str, str]:
        """The digests of its files, by name, without those of ``.dist-info``."""
        prefix = f"{self.dist_info}/"
        return {name: one for name, one in self.digests.items() if not name.startswith(prefix)}

    @cached_property
    def dist_info(self) -> str:
        """The name of its ``.dist-info`` directory.

        Raises:
            BuildError: there is not exactly one such directory.
        """
        tops = {name.partition("/")[0] for name in self.names}
        found = sorted(top for top in tops if top.endswith(".dist-info"))
        if len(found) != 1:
            raise BuildError(f"{self.filename} has {len(found)} .dist-info directories, not one.")
        return found[0]

    def describing(self, name: str) -> str:
        """The text of a file in ``.dist-info``.

        Raises:
            BuildError: there is no such file.
        """
        text = self.texts.get(f"{self.dist_info}/{name}")
        if text is None:
            raise BuildError(f"{self.filename} has no {self.dist_info}/{name}.")
        return text

    def _bytes(self, name: str) -> bytes:
        return self.describing(name).encode("utf-8", "surrogateescape")

    @cached_property
    def metadata(self) -> RawMetadata:
        """The fields of METADATA that the standard knows."""
        return parse_email(self._bytes("METADATA"))[0]

    @cached_property
    def licence_files(self) -> tuple[str, ...]:
        """The paths that License-File names."""
        headers = message_from_bytes(self._bytes("METADATA"))
        return tuple(str(path).strip() for path in headers.get_all("License-File", []))

    @cached_property
    def stated_tags(self) -> frozenset[str]:
        """The tags that the file WHEEL states; none when it states none."""
        headers = message_from_bytes(self._bytes("WHEEL"))
        return frozenset(tag for line in headers.get_all("Tag", []) for tag in _tags(str(line)))

    @cached_property
    def requirements(self) -> tuple[Requirement, ...]:
        """Its valid Requires-Dist fields."""
        found = []
        for line in self.metadata.get("requires_dist", []):
            try:
                found.append(parse_requirement(line))
            except InvalidRequirement:
                continue
        return tuple(found)

    @property
    def record(self) -> tuple[RecordRow, ...]:
        """The readable lines of RECORD."""
        return self._record[0]

    @property
    def record_problem(self) -> str:
        """Why RECORD cannot be read as a whole; empty when it can be."""
        return self._record[1]

    @cached_property
    def _record(self) -> tuple[tuple[RecordRow, ...], str]:
        text = self._bytes("RECORD").decode("utf-8", "replace")
        rows: list[RecordRow] = []
        try:
            for row in csv.reader(io.StringIO(text)):
                rows += [RecordRow(name=row[0], digest=row[1])] if len(row) >= 2 else []
        except csv.Error as error:
            return tuple(rows), str(error)
        return tuple(rows), ""

    @cached_property
    def members(self) -> tuple[Member, ...]:
        """Its files, with their places of installation."""
        return tuple(Member.from_name(row.name) for row in self.record)

    @property
    def entry_points(self) -> tuple[EntryPoint, ...]:
        """The lines of ``entry_points.txt``; none when it cannot be read."""
        return self._entry_points[0]

    @property
    def entry_points_problem(self) -> str:
        """Why ``entry_points.txt`` cannot be read; empty when it can be."""
        return self._entry_points[1]

    @cached_property
    def _entry_points(self) -> tuple[tuple[EntryPoint, ...], str]:
        if f"{self.dist_info}/entry_points.txt" not in self.texts:
            return (), ""
        return read_entry_points(self._bytes("entry_points.txt").decode("utf-8", "replace"))

    @cached_property
    def import_names(self) -> tuple[str, ...]:
        """The modules to import first: top-level ones, and the first real level in namespaces.

        RECORD shows them; ``top_level.txt`` and the distribution's name are not reliable.
        """
        modules = {member.module for member in self.members if member.module}
        packages = {module[:-1] for module in modules if module[-1] == "__init__"}
        plain = {module for module in modules if module[-1] not in {"__init__", "__main__"}}
        found = set()
        for module in packages | plain:
            above = (module[:depth] for depth in range(1, len(module)))
            if not any(parent in packages for parent in above):
                found.add(".".join(module))
        return tuple(sorted(found))

    @cached_property
    def modules(self) -> frozenset[str]:
        """The dotted names of all its modules."""
        return frozenset(member.dotted for member in self.members if member.module)

    @cached_property
    def scripts(self) -> tuple[str, ...]:
        """The names of the files that are installed as programs, without entry points."""
        return tuple(one.path.name for one in self.members if one.scheme == "scripts")

    @cached_property
    def top_level_names(self) -> frozenset[str]:
        """The first parts of the names of all its modules."""
        return frozenset(member.module[0] for member in self.members if member.module)


def parse_filename(filename: str) -> tuple[object, object, BuildTag, Iterable[object]]:
    """The name, version, build number and tags in the name of a wheel's file.

    Raises:
        BuildError: it is not the name of a wheel.
    """
    try:
        return parse_wheel_filename(filename)
    except InvalidWheelFilename as error:
        raise BuildError(
            f"{filename!r} is no wheel's name: {error}.",
            hint="The version must follow PEP 440, and the name PEP 427.",
        ) from None


def _tags(line: str) -> Iterator[str]:
    """The tags in a line of WHEEL; an invalid line as it stands."""
    try:
        yield from map(str, parse_tag(line.strip()))
    except ValueError:
        yield line.strip()
