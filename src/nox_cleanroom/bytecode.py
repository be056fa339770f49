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
    site: str
    sources: frozenset[str]
    #: Where their bytecode is kept.
    kept: str

    @property
    def directories(self) -> set[str]:
        """The directories of its modules, relative to the site."""
        return {os.path.dirname(name) for name in self.sources}


@dataclass(frozen=True)
class BytecodeStore:
    """Bytecode under one directory."""

    root: Path

    @contextlib.contextmanager
    def lent(self, facts: Facts) -> Iterator[None]:
        """A block in which modules that are installed have the bytecode that is known of them.

        What is compiled in the block is known from then on, unless it ends with an error.

        Args:
            facts: the interpreter of the environment, and where that installs.
        """
        distributions = list(self._installed(facts))
        for distribution in distributions:
            _settle(distribution)
            _lend(distribution)
        yield
        news = [_keep(distribution) for distribution in distributions]
        if any(news):
            self._prune()

    def _installed(self, facts: Facts) -> Iterator[_Distribution]:
        sites = {os.path.realpath(facts.paths[scheme]) for scheme in ("purelib", "platlib")}
        for site in sorted(sites):
            for record in sorted(Path(site).glob("*.dist-info/RECORD")):
                with contextlib.suppress(OSError):
                    lines = record.read_text(encoding="utf-8", errors="replace").splitlines()
                    # What lies outside is a script; what has no digest was made when installing.
                    modules = sorted(line for line in lines if _is_module(*line.split(",")))
                    key = hashlib.sha256("\n".join(modules).encode()).hexdigest()[:20]
                    name = f"{key}-{facts.implementation}-{facts.version}"
                    yield _Distribution(
                        site=site,
                        sources=frozenset(line.partition(",")[0] for line in modules),
                        kept=os.path.join(self.root, name),
                    )

    def _prune(self) -> None:
        with contextlib.suppress(OSError):
            places = sorted(self.root.iterdir(), key=lambda one: one.stat().st_mtime, reverse=True)
            for place in places[_KEPT:]:
                remove_tree(place)


def _is_module(name: str, digest: str = "", *_more: str) -> bool:
    return name.endswith(".py") and not name.startswith(("..", "/")) and bool(digest)


def _settle(distribution: _Distribution) -> None:
    """Give sources that are nobody else's a time that comes again."""
    with contextlib.suppress(OSError):
        for name in distribution.sources:
            path = os.path.join(distribution.site, name)
            if os.lstat(path).st_nlink > 1:
                # Who links one file links them all.
                return
            os.utime(path, (_TIME, _TIME))


def _lend(distribution: _Distribution) -> None:
    """Put what is kept beside the modules."""
    with contextlib.suppress(OSError):
        os.utime(distribution.kept)
        for directory in distribution.directories:
            for name, _ in _bytecode(distribution.kept, directory):
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
                if os.path.join(directory, f"{name.partition('.')[0]}.py") in distribution.sources:
                    kept = _cached(distribution.kept, directory, name)
                    aside = f"{kept}.{secrets.token_hex(4)}"
                    _link(_cached(distribution.site, directory, name), aside)
                    os.replace(aside, kept)
                    is_new = True
    return is_new


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
