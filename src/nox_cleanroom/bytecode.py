"""Bytecode of what is installed again and again, kept between environments.

A build backend, or pip, comes into each environment anew, and to compile it takes longer than what
it is there for. So what an interpreter has compiled of a distribution is kept, and put beside the
modules of the same distribution in the next environment; pip puts it there when it installs.

Python takes bytecode for that of a source with the time and the size that the bytecode names
(https://docs.python.org/3/reference/import.html#cached-bytecode-invalidation). For that to be proof
enough, what is kept is found by all that RECORD says of the modules, their digests included.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import posixpath
import secrets
import shutil
import stat
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from nox_cleanroom.distribution import record_digest
from nox_cleanroom.environment import Facts
from nox_cleanroom.places import deletion, ownership

#: How many distributions' bytecode is kept, a distribution counting once for each interpreter.
_KEPT = 300

#: The time of sources that have none of their own, in seconds since the epoch. Who copies a file
#: when installing it gives it the time of that moment; who links to a cache gives it the cache's.
_TIME = 1_000_000_000


@dataclass(frozen=True, kw_only=True)
class _Distribution:
    """The modules of a distribution that is installed."""

    #: The directory that their names are relative to.
    site: str
    #: Where their bytecode is kept.
    kept: str
    #: The digests of those modules that no other distribution installs, by name.
    sources: Mapping[str, str]

    @property
    def directories(self) -> set[str]:
        """The directories of its modules, relative to the site."""
        return {posixpath.dirname(name) for name in self.sources}

    def source_of(self, directory: str, name: str) -> str:
        """The name of the module that a bytecode file in a directory is of; or nothing."""
        source = posixpath.join(directory, f"{name.partition('.')[0]}.py")
        return source if source in self.sources else ""


@dataclass(frozen=True)
class BytecodeStore:
    """Bytecode under one directory, which is a store of ours (see `places.stores`)."""

    root: Path

    @contextlib.contextmanager
    def lent(self, facts: Facts) -> Iterator[None]:
        """A block in which modules that are installed have the bytecode that is known of them.

        What is compiled in the block is known from then on, unless it ends with an error.

        Args:
            facts: the interpreter of the environment, and where that installs.
        """
        before = self._installed(facts)
        for distribution in before:
            _settle(distribution)
            _lend(distribution)
        yield
        # What was replaced meanwhile is another distribution.
        after = {distribution.kept for distribution in self._installed(facts)}
        news = [_keep(distribution) for distribution in before if distribution.kept in after]
        if any(news):
            self._prune()

    def settle(self, facts: Facts) -> None:
        """Give sources that are nobody else's a time that comes again, as `lent` does, too.

        Args:
            facts: the interpreter of the environment, and where that installs.
        """
        for distribution in self._installed(facts):
            _settle(distribution)

    def _installed(self, facts: Facts) -> list[_Distribution]:
        sites = {os.path.realpath(facts.paths[scheme]) for scheme in ("purelib", "platlib")}
        found = [
            (site, *_modules(record))
            for site in sorted(sites)
            for record in sorted(Path(site).glob("*.dist-info/RECORD"))
        ]
        times = Counter((site, name) for site, _, modules in found for name in modules)
        return [
            _Distribution(
                site=site,
                kept=os.path.join(self.root, f"{key}-{facts.implementation}-{facts.version}"),
                # What two distributions install is what the second one has left there.
                sources={name: one for name, one in modules.items() if times[site, name] == 1},
            )
            for site, key, modules in found
        ]

    def _prune(self) -> None:
        store = ownership.recognise(self.root)
        if store is None:
            return
        with contextlib.suppress(OSError):
            kept = (one for one in self.root.iterdir() if one.is_dir())
            places = sorted(kept, key=lambda one: one.stat().st_mtime, reverse=True)
            for place in places[_KEPT:]:
                deletion.tidy(store, place)


def _modules(record: Path) -> tuple[str, dict[str, str]]:
    """A name for all that a RECORD says of modules, and their digests."""
    lines: list[str] = []
    with contextlib.suppress(OSError):
        text = record.read_text(encoding="utf-8", errors="replace")
        # What lies outside is a script; what has no digest was made when installing.
        lines = sorted(line for line in text.splitlines() if _is_module(*line.split(",")))
    key = hashlib.sha256("\n".join(lines).encode()).hexdigest()[:20]
    return key, {name: digest for name, digest, *_ in (line.split(",") for line in lines)}


def _is_module(name: str, digest: str = "", *_more: str) -> bool:
    return name.endswith(".py") and not name.startswith(("..", "/")) and bool(digest)


def _settle(distribution: _Distribution) -> None:
    with contextlib.suppress(OSError):
        for name in distribution.sources:
            path = os.path.join(distribution.site, name)
            found = os.lstat(path)
            if found.st_nlink > 1 or stat.S_ISLNK(found.st_mode):
                # Who links one file links them all.
                return
            os.utime(path, (_TIME, _TIME))


def _lend(distribution: _Distribution) -> None:
    """Put what is kept beside the modules."""
    with contextlib.suppress(OSError):
        os.utime(distribution.kept)
        for directory in distribution.directories:
            for name, _ in _bytecode(distribution.kept, directory):
                if distribution.source_of(directory, name):
                    _link(
                        _cached(distribution.kept, directory, name),
                        _cached(distribution.site, directory, name),
                    )


def _keep(distribution: _Distribution) -> bool:
    """Keep what has been compiled of the modules; whether that was anything."""
    is_new = False
    with contextlib.suppress(OSError):
        for directory in distribution.directories:
            compiled = _bytecode(distribution.site, directory)
            for name, _ in compiled - _bytecode(distribution.kept, directory):
                source = distribution.source_of(directory, name)
                if source and _is_unchanged(distribution, source):
                    kept = _cached(distribution.kept, directory, name)
                    _replace(_cached(distribution.site, directory, name), kept)
                    is_new = True
    return is_new


def _is_unchanged(distribution: _Distribution, source: str) -> bool:
    """Whether a module's file is what RECORD says, and not what somebody has put in its place."""
    with open(os.path.join(distribution.site, source), "rb") as file:
        return record_digest(file.read()) == distribution.sources[source]


def _replace(origin: str, place: str) -> None:
    aside = f"{place}.{secrets.token_hex(4)}"
    _link(origin, aside)
    try:
        os.replace(aside, place)
    except OSError:
        # Windows does not part with a file that is being read.
        deletion.discard(Path(aside))


def _cached(base: str, directory: str, name: str) -> str:
    """The path of a bytecode file of a module in a directory."""
    return os.path.join(base, directory, "__pycache__", name)


def _bytecode(base: str, directory: str) -> set[tuple[str, int]]:
    """The names of bytecode files of modules in a directory, and their inodes."""
    with contextlib.suppress(OSError), os.scandir(_cached(base, directory, "")) as entries:
        return {(entry.name, entry.inode()) for entry in entries if entry.name.endswith(".pyc")}
    return set()


def _link(origin: str, place: str) -> None:
    """The same file in another place; a copy where links lead nowhere.

    Python never writes into bytecode that is there: it puts another file in its place.
    """
    os.makedirs(os.path.dirname(place), exist_ok=True)
    try:
        os.link(origin, place)
    except FileExistsError:
        return
    except OSError:
        shutil.copy2(origin, place)
