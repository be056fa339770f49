"""A source distribution, unpacked as installers do it."""

from __future__ import annotations

import shutil
import tarfile
from pathlib import Path

from nox_cleanroom.errors import BuildError


def unpack_sdist(sdist: Path, place: Path) -> Path:
    """The project in a source distribution, which is unpacked into an empty directory.

    Raises:
        BuildError: it cannot be unpacked, or does not hold exactly one directory.
    """
    try:
        if sdist.suffix == ".zip":
            shutil.unpack_archive(sdist, place)
        else:
            with tarfile.open(sdist) as archive:
                # Like pip, reject links that lead outside, where this Python can detect them.
                if hasattr(tarfile, "data_filter"):
                    archive.extraction_filter = tarfile.data_filter
                archive.extractall(place)  # noqa: S202 - see above; its maker has just run here
    except (OSError, ValueError, tarfile.TarError, shutil.ReadError) as error:
        raise BuildError(f"{sdist.name} cannot be unpacked: {error}.") from None
    found = list(place.iterdir())
    if len(found) != 1 or not found[0].is_dir():
        names = ", ".join(sorted(path.name for path in found)[:5]) or "nothing"
        raise BuildError(f"{sdist.name} holds {names}, not one directory.")
    return found[0]
