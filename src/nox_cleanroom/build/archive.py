"""The file of a wheel, read once into a value that everything else uses."""

from __future__ import annotations

import contextlib
import hashlib
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from nox_cleanroom.errors import BuildError
from nox_cleanroom.members import record_digest
from nox_cleanroom.wheels import Wheel, WheelFile, parse_filename

#: The size limits of a describing file and of the whole unpacked wheel, in bytes.
_DESCRIPTION_BYTES = 64 * 2**20
_UNPACKED_BYTES = 16 * 2**30

#: The files of ``.dist-info`` that describe a wheel.
_DESCRIBING = ("METADATA", "WHEEL", "RECORD", "entry_points.txt")

#: How a pointer of git-lfs begins.
_POINTER = b"version https://git-lfs.github.com/spec/"

#: Raised for a damaged archive, and for an unsupported compression or encryption.
_DAMAGES = (zipfile.BadZipFile, zlib.error, KeyError, EOFError, OSError, RuntimeError, ValueError)


def read_wheel(path: Path) -> Wheel:
    """The wheel in a file.

    Raises:
        BuildError: the file is not a wheel: it is damaged, would unpack to an absurd size, has
            no valid name of a wheel, or lacks METADATA, WHEEL or RECORD.
    """
    parse_filename(path.name)
    with _open(path) as archive:
        files = tuple(_read_files(archive))
        texts = {
            file.name: _read_text(archive, file, path)
            for file in files
            if file.name.endswith(tuple(f".dist-info/{name}" for name in _DESCRIBING))
            and file.name.count("/") == 1
        }
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    wheel = Wheel(filename=path.name, sha256=sha256, files=files, texts=texts)
    _require_description(wheel)
    return wheel


def _read_files(archive: zipfile.ZipFile) -> Iterator[WheelFile]:
    for entry in archive.infolist():
        if not entry.is_dir():
            yield WheelFile(
                name=entry.filename,
                size=entry.file_size,
                digest=record_digest(archive.read(entry)),
                mode=entry.external_attr >> 16,
            )


def _read_text(archive: zipfile.ZipFile, file: WheelFile, path: Path) -> str:
    if file.size > _DESCRIPTION_BYTES:
        raise BuildError(f"{path.name} cannot be read: {file.name} is too large.")
    return archive.read(file.name).decode("utf-8", "surrogateescape")


def _require_description(wheel: Wheel) -> None:
    """Make sure that a wheel has the files that describe it."""
    for name in ("METADATA", "WHEEL", "RECORD"):
        wheel.describing(name)


def search_contents(path: Path, directories: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """What the files of a wheel hold that no user needs.

    Args:
        path: the wheel.
        directories: directories of this machine.

    Returns:
        The text files that hold one of the directories, each with it, and the files that are
        pointers of git-lfs instead of the files that they stand for
        (https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md).

    Raises:
        BuildError: the wheel cannot be read.
    """
    # Any text may name a directory at the top, such as `/app`.
    deep = (one for one in directories if len(Path(one).parts) > 2)
    wanted = [(one, _at_its_end(one)) for one in deep]
    traces: dict[str, str] = {}
    pointers: list[str] = []
    with _open(path) as archive:
        for name in archive.namelist():
            content = archive.read(name)
            if content.startswith(_POINTER):
                pointers.append(name)
            # Compilers write many paths into debug information, and nothing follows them.
            if b"\0" in content or name.partition("/")[0].endswith(".dist-info"):
                continue
            traces.update((name, one) for one, pattern in wanted if pattern.search(content))
    return traces, pointers


def _at_its_end(directory: str) -> re.Pattern[bytes]:
    """Finds a directory in a text, and not the beginning of a longer name."""
    return re.compile(re.escape(directory.encode()) + rb"(?![\w.-])")


@contextlib.contextmanager
def _open(path: Path) -> Iterator[zipfile.ZipFile]:
    """The archive, for a block that reads it.

    Raises:
        BuildError: the file is not a wheel, or a file in it is missing or damaged.
    """
    try:
        opened = zipfile.ZipFile(path)
    except _DAMAGES as error:
        raise BuildError(f"{path.name} is not a wheel: {error}.") from None
    try:
        with opened as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
            if unpacked > _UNPACKED_BYTES:
                raise BuildError(f"{path.name} would unpack to {unpacked / 2**30:,.0f} GiB.")
            yield archive
    except _DAMAGES as error:
        raise BuildError(f"{path.name} cannot be read: {error}.") from None
