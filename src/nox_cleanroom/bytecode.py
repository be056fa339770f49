"""Bytecode of what is installed again and again, kept between environments.

A build backend comes into each environment anew, and to compile it takes as long as a small build
itself. So what an interpreter has compiled of a distribution is kept, and put beside the modules
of the same distribution in the next environment; pip puts it there when it installs.

Python takes bytecode for that of a source with the time and the size that the bytecode names
(https://docs.python.org/3/reference/import.html#cached-bytecode-invalidation). For that to be proof
enough, what is kept is found by all that RECORD says of the modules, their digests included.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nox_cleanroom.environment import Facts
from nox_cleanroom.workspace import remove_tree

#: How many distributions' bytecode is kept, a distribution counting once for each interpreter.
_KEPT = 80

#: The time of sources that have none of their own, in seconds since the epoch. Who copies a file
#: when installing it gives it the time of that moment; who links to a cache gives it the cache's.
_TIME = 1_000_000_000


@dataclass(frozen=True, kw_only=True)
class _Distribution:
    """The modules of a distribution that is installed."""

    #: The directory that their names are relative to.
    site: Path
    sources: frozenset[str]
    #: Names them and their content.
    key: str


@dataclass(frozen=True)
class BytecodeStore:
    """Bytecode under one directory."""

    root: Path

    def lend(self, facts: Facts) -> None:
        """Put what is kept beside the modules that are installed in an environment.

        Args:
            facts: the environment's interpreter, and where it installs.
        """
        for distribution in _installed(facts):
            _settle(distribution)
            kept = self._place(distribution, facts)
            with contextlib.suppress(OSError):
                os.utime(kept)
                for directory, _, names in os.walk(kept):
                    place = os.path.join(distribution.site, os.path.relpath(directory, kept))
                    os.makedirs(place, exist_ok=True)
                    for name in names:
                        _link(os.path.join(directory, name), os.path.join(place, name))

    def keep(self, facts: Facts) -> None:
        """Keep what has been compiled of the modules that are installed in an environment.

        Args:
            facts: the environment's interpreter, and where it installs.
        """
        for distribution in _installed(facts):
            kept = self._place(distribution, facts)
            is_new = not kept.exists()
            with contextlib.suppress(OSError):
                for name, inode in _compiled(distribution):
                    _keep(distribution.site / name, kept / name, inode)
            if is_new:
                self._prune()

    def _place(self, distribution: _Distribution, facts: Facts) -> Path:
        return self.root / f"{distribution.key}-{facts.implementation}-{facts.version}"

    def _prune(self) -> None:
        with contextlib.suppress(OSError):
            places = sorted(self.root.iterdir(), key=lambda one: one.stat().st_mtime, reverse=True)
            for place in places[_KEPT:]:
                remove_tree(place)


def _installed(facts: Facts) -> Iterator[_Distribution]:
    sites = {Path(facts.paths[scheme]) for scheme in ("purelib", "platlib")}
    for site in sorted({site.resolve() for site in sites}):
        for record in sorted(site.glob("*.dist-info/RECORD")):
            with contextlib.suppress(OSError):
                lines = record.read_text(encoding="utf-8", errors="replace").splitlines()
                # What lies outside is a script; what has no digest was made when installing.
                modules = sorted(line for line in lines if _is_module(*line.split(",")))
                yield _Distribution(
                    site=site,
                    sources=frozenset(line.partition(",")[0] for line in modules),
                    key=hashlib.sha256("\n".join(modules).encode()).hexdigest()[:20],
                )


def _is_module(name: str, digest: str = "", *_more: str) -> bool:
    return name.endswith(".py") and not name.startswith(("..", "/")) and bool(digest)


def _settle(distribution: _Distribution) -> None:
    """Give sources that are nobody else's a time that comes again."""
    for name in distribution.sources:
        path = distribution.site / name
        with contextlib.suppress(OSError):
            if os.lstat(path).st_nlink == 1:
                os.utime(path, (_TIME, _TIME))


def _compiled(distribution: _Distribution) -> Iterator[tuple[str, int]]:
    """The names of bytecode files of the distribution's own modules, and their inodes."""
    for directory in sorted({os.path.dirname(name) for name in distribution.sources}):
        cache = os.path.join(directory, "__pycache__")
        with contextlib.suppress(OSError), os.scandir(distribution.site / cache) as entries:
            for entry in entries:
                source = os.path.join(directory, f"{entry.name.partition('.')[0]}.py")
                if entry.name.endswith(".pyc") and source in distribution.sources:
                    yield os.path.join(cache, entry.name), entry.inode()


def _keep(compiled: Path, kept: Path, inode: int) -> None:
    with contextlib.suppress(OSError):
        if kept.stat().st_ino == inode:
            return
    kept.parent.mkdir(parents=True, exist_ok=True)
    aside = kept.with_name(f"{secrets.token_hex(4)}.aside")
    _link(compiled, aside)
    aside.replace(kept)


def _link(origin: str | Path, place: str | Path) -> None:
    """The same file in another place; a copy where links lead nowhere.

    Python never writes into bytecode that is there: it puts another file in its place.
    """
    try:
        os.link(origin, place)
    except FileExistsError:
        return
    except OSError:
        shutil.copy2(origin, place)
