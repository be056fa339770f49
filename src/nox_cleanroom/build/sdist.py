"""A source distribution, unpacked as installers do it."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nox_cleanroom.errors import BuildError

if TYPE_CHECKING:
    import tarfile


def unpack_sdist(sdist: Path, place: Path) -> Path:
    """The project in a source distribution, which is unpacked into an empty directory.

    Raises:
        BuildError: it cannot be unpacked, or does not hold exactly one directory.
    """
    import tarfile  # noqa: PLC0415 - only a build needs it

    try:
        if sdist.suffix == ".zip":
            shutil.unpack_archive(sdist, place)
        else:
            with tarfile.open(sdist) as archive:
                # Like pip, reject what leads outside, where this Python can detect it.
                if hasattr(tarfile, "data_filter"):
                    harmless = all(map(_is_harmless, archive.getmembers()))
                    archive.extraction_filter = _without_owner if harmless else tarfile.data_filter
                archive.extractall(place)  # noqa: S202 - see above; its maker has just run here
    except (OSError, ValueError, tarfile.TarError, shutil.ReadError) as error:
        raise BuildError(f"{sdist.name} cannot be unpacked: {error}.") from None
    found = list(place.iterdir())
    if len(found) != 1 or not found[0].is_dir():
        names = ", ".join(sorted(path.name for path in found)[:5]) or "nothing"
        raise BuildError(f"{sdist.name} holds {names}, not one directory.")
    return found[0]


def _is_harmless(member: tarfile.TarInfo) -> bool:
    """Whether a member of an archive without links stays inside an empty directory by its name."""
    return (member.isfile() or member.isdir()) and not re.search(
        r"^/|\\|:|(^|/)\.\.(/|$)", member.name
    )


def _without_owner(member: tarfile.TarInfo, _place: str) -> tarfile.TarInfo:
    """What `tarfile.data_filter` makes of a harmless member.

    It asks the file system where each member leads, which takes half of the time.
    """
    unset: dict[str, Any] = dict.fromkeys(("mode", "uid", "gid", "uname", "gname"))
    if member.isfile():
        # Others may not write, and only what the owner may execute is a program.
        allowed = 0o755 if member.mode & 0o100 else 0o644
        unset["mode"] = member.mode & allowed | 0o600
    return member.replace(**unset, deep=False)
