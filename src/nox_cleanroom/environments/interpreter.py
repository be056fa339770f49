"""A Python on this machine, identified without running it."""

from __future__ import annotations

import contextlib
import os
import platform
import re
import sys
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from packaging.version import Version

from nox_cleanroom.records import dataclass

#: The oldest Python that builds: today's build backends do not run on older ones.
_OLDEST = (3, 9)


@dataclass(frozen=True, kw_only=True)
class InstalledPython:
    """A Python on this machine."""

    #: The version that was asked for, such as ``3.13``.
    python: str
    #: Its interpreter.
    executable: Path
    #: Its version in full, such as ``3.13.0``.
    version: str

    @property
    def release(self) -> tuple[int, ...]:
        """Its version as numbers, such as ``(3, 13, 0)``."""
        return Version(self.version).release

    @property
    def can_build(self) -> bool:
        """Whether it may build releases: it is neither a pre-release nor too old for backends."""
        return not Version(self.version).is_prerelease and self.release >= _OLDEST

    @cached_property
    def identity(self) -> tuple[object, ...]:
        """A value that changes when the interpreter is replaced; equal for all links to it."""
        return identity_of(Path(os.path.realpath(self.executable)))


def identity_of(executable: Path) -> tuple[object, ...]:
    """A value that changes when the interpreter behind a launcher is replaced.

    An upgrade to another patch release may leave the launcher unchanged. It then changes the time
    of the interpreter's shared library or of the standard library. In an environment, the version
    in ``pyvenv.cfg`` counts, too.

    Args:
        executable: an interpreter, or a link to one.
    """
    original = os.path.realpath(executable)
    return (
        original,
        *(_times(path) for path in (original, *_companions(original))),
        _stated_version(executable),
    )


def _companions(original: str) -> Iterator[str]:
    """The paths of its shared library, headers and standard library, in the usual layouts."""
    directory, program = os.path.split(original)
    if sys.platform == "win32":
        yield from sorted(map(str, Path(directory).glob("python3*.dll")))
        yield os.path.join(directory, "Lib", "os.py")
        return
    prefix = os.path.dirname(directory)
    # A framework of macOS has the library under this name.
    yield f"{prefix}/Python"
    found = re.search(r"(python|pypy)(\d+\.\d+t?)", program)
    if found is None:
        return
    name, version = found.groups()
    yield f"{prefix}/include/{name}{version}/patchlevel.h"
    for inner in ("lib", "lib64", f"lib/{platform.machine()}-linux-gnu", "bin"):
        for ending in (".so.1.0", ".so", ".dylib", "-c.so", "-c.dylib"):
            yield f"{prefix}/{inner}/lib{name}{version}{ending}"
        for module in ("os.py", "sysconfig.py", "sysconfig/__init__.py"):
            yield f"{prefix}/{inner}/{name}{version}/{module}"


def _times(path: str) -> tuple[int, ...]:
    with contextlib.suppress(OSError):
        about = os.stat(path)
        return about.st_size, about.st_mtime_ns, about.st_ctime_ns
    return ()


def _stated_version(executable: Path) -> str:
    with contextlib.suppress(OSError):
        text = (executable.parent.parent / "pyvenv.cfg").read_text(encoding="utf-8")
        lines = (line for line in text.splitlines() if line.lower().startswith("version"))
        return "\n".join(lines)
    return ""
