"""The files of a wheel, with the places of installation and the names for imports."""

from __future__ import annotations

import base64
import hashlib
from pathlib import PurePosixPath

from nox_cleanroom.records import dataclass

#: Endings of files that Python imports; the name of an extension module ends at its first dot.
_EXTENSIONS = (".so", ".pyd")

#: The schemes of installation to which files in ``*.data/`` go.
#: (https://packaging.python.org/specifications/binary-distribution-format/)
SCHEMES = ("purelib", "platlib", "scripts", "data", "headers")

#: Top-level names that a wheel should not install, because other packages may use them, too.
COMMON_NAMES = frozenset(
    {"test", "tests", "doc", "docs", "src", "example", "examples", "benchmarks", "scripts", "tools"}
)


@dataclass(frozen=True, kw_only=True)
class Member:
    """A file of a wheel, and its place of installation."""

    #: Its name in the archive.
    name: str
    #: The part of the installation scheme to which it goes.
    scheme: str
    #: Its path within that part.
    path: PurePosixPath

    @classmethod
    def from_name(cls, name: str) -> Member:
        """The member with a name of the archive; ``*.data/scheme/`` names the scheme."""
        parts = PurePosixPath(name).parts
        if len(parts) > 2 and parts[0].endswith(".data") and parts[1] in SCHEMES:
            return cls(name=name, scheme=parts[1], path=PurePosixPath(*parts[2:]))
        return cls(name=name, scheme="purelib", path=PurePosixPath(name))

    @property
    def is_library(self) -> bool:
        """Whether it is installed on the import path."""
        return self.scheme in {"purelib", "platlib"}

    @property
    def module(self) -> tuple[str, ...] | None:
        """The parts of the dotted name for imports; None when it cannot be imported."""
        stem = self.path.name
        if stem.endswith(".py"):
            stem = stem[: -len(".py")]
        elif stem.endswith(_EXTENSIONS):
            stem = stem.partition(".")[0]
        else:
            return None
        parts = (*self.path.parts[:-1], stem)
        importable = self.is_library and all(part.isidentifier() for part in parts)
        # mypyc puts shared code into a separate module that nobody imports by name.
        return parts if importable and not stem.endswith("__mypyc") else None

    @property
    def dotted(self) -> str:
        """The dotted name for imports; empty when it cannot be imported."""
        parts = self.module or ()
        return ".".join(parts[:-1] if parts[-1:] == ("__init__",) else parts)


def record_digest(content: bytes) -> str:
    """A digest as RECORD spells it (https://packaging.python.org/specifications/recording-installed-packages/)."""
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest())
    return f"sha256={digest.rstrip(b'=').decode()}"
