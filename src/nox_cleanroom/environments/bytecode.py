"""Bytecode of distributions that are installed often, kept between environments.

Each environment gets a new copy of the build backend, of pip, or of what is tested, and compiling
that takes longer than its work. One run notes which modules of a distribution are used. The next
run compiles these modules separately. From then on their bytecode is put beside the modules.

The code of a project cannot affect the kept bytecode. An interpreter without site packages compiles
sources whose digests RECORD states, outside of every environment (see `inside/compiling.py`). Only
the names of modules come from environments. Each environment gets a copy. We compare it with its
digest, and Python accepts it as the bytecode of that source alone (PEP 552). This saves a third of
the processor time of a small build, so it pays for itself even in a cold run.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import posixpath
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import field
from pathlib import Path

from nox_cleanroom.environments.environment import INSIDE, Facts
from nox_cleanroom.members import record_digest
from nox_cleanroom.places import deletion, ownership
from nox_cleanroom.places.files import write_whole
from nox_cleanroom.records import dataclass

#: How many distributions are kept; a distribution counts once for each interpreter.
_KEPT = 300

#: The oldest Python that accepts bytecode by the digest of its source.
_OLDEST = (3, 7)

#: Compiles the modules in a directory with the interpreter of the facts.
Compile = Callable[[Facts, Path], None]


@dataclass(frozen=True, kw_only=True)
class _Distribution:
    """The modules of an installed distribution."""

    #: The directory that their names are relative to.
    site: str
    #: The key of all sources together.
    key: str
    #: The digests of those modules that no other distribution installs, by name.
    sources: Mapping[str, str]
    #: Where Python keeps bytecode, if not beside the modules (`sys.pycache_prefix`).
    prefix: str = ""

    def cached(self, directory: str) -> str:
        """Where Python looks for bytecode of modules in a directory."""
        place = os.path.join(self.site, directory)
        if self.prefix:
            return os.path.join(self.prefix, os.path.splitdrive(place)[1].lstrip("/\\"))
        return os.path.join(place, "__pycache__")

    def used(self) -> list[str]:
        """The modules that Python has compiled."""
        found = []
        for directory in {posixpath.dirname(name) for name in self.sources}:
            with contextlib.suppress(OSError):
                stems = {name.partition(".")[0] for name in os.listdir(self.cached(directory))}
                names = (posixpath.join(directory, f"{stem}.py") for stem in stems)
                found += [name for name in names if name in self.sources]
        return sorted(found)

    def read(self, name: str) -> bytes | None:
        """The source of a module; None unless it is what RECORD says."""
        with contextlib.suppress(OSError), open(os.path.join(self.site, name), "rb") as file:
            source = file.read()
            if record_digest(source) == self.sources[name]:
                return source
        return None


@dataclass(frozen=True, kw_only=True)
class BytecodeStore:
    """Bytecode under one directory, which is a store of ours (see `places.stores`)."""

    root: Path
    #: Compiles modules.
    compile: Compile
    #: Makes a new, empty directory.
    scratch: Callable[[], Path]
    #: Entries that used further modules in this run; the next run compiles them as a whole.
    _growing: set[Path] = field(default_factory=set, compare=False, repr=False)

    @contextlib.contextmanager
    def lent(self, facts: Facts) -> Iterator[None]:
        """A block in which installed modules have their kept bytecode.

        Other modules that the block compiles are noted for the next run.

        Args:
            facts: the interpreter of the environment, and where it installs.
        """
        with self._lent(facts, _installed(facts)):
            yield

    @contextlib.contextmanager
    def lent_inside(self, facts: Facts) -> Iterator[Path]:
        """A block in which a directory holds the bytecode of our own programs (`inside/`).

        Args:
            facts: the interpreter that runs the programs.
        """
        prefix = self.scratch()
        with self._lent(facts, [_inside(prefix)]):
            yield prefix

    @contextlib.contextmanager
    def _lent(self, facts: Facts, distributions: Iterable[_Distribution]) -> Iterator[None]:
        is_able = bool(facts.cache_tag) and _version(facts) >= _OLDEST
        lent = []
        for distribution in distributions if is_able else ():
            place = self.root / f"{distribution.key}-{facts.cache_tag}-{facts.version}"
            noted = place.with_name(f"{place.name}.names")
            names = _read_names(noted)
            if names and not place.exists() and place not in self._growing:
                self._learn(distribution, place, facts, names)
            # If the first module has its bytecode, the others have theirs, too.
            if names and not os.path.exists(_compiled(distribution, names[0], facts)):
                _lend(distribution, place, facts)
            lent.append((distribution, place, noted, names))
        yield
        more = [one for one in lent if self._note(*one)]
        if more:
            self._prune()

    def _note(
        self, distribution: _Distribution, place: Path, noted: Path, names: Collection[str]
    ) -> bool:
        """Note which modules were used; returns whether there are more than before."""
        more = set(distribution.used()).difference(names)
        if more:
            self._growing.add(place)
            with contextlib.suppress(OSError):
                write_whole(noted, json.dumps(sorted(more.union(names))).encode())
                # The next run compiles all of them.
                deletion.discard(place)
        return bool(more)

    def _learn(
        self, distribution: _Distribution, place: Path, facts: Facts, names: Iterable[str]
    ) -> None:
        """Compile modules from the sources that RECORD's digests name, and keep their bytecode."""
        aside = self.scratch()
        with contextlib.suppress(OSError):
            wanted = [name for name in names if name in distribution.sources]
            for name in wanted:
                source = distribution.read(name)
                if source is not None:
                    copy = aside / name
                    copy.parent.mkdir(parents=True, exist_ok=True)
                    copy.write_bytes(source)
            self.compile(facts, aside)
            compiled = [(name, aside / f"{name}c") for name in wanted]
            contents = {name: path.read_bytes() for name, path in compiled if path.exists()}
            if contents:
                _write_bundle(place, contents)

    def _prune(self) -> None:
        store = ownership.recognise(self.root)
        if store is None:
            return
        with contextlib.suppress(OSError):
            files = [
                path
                for path in self.root.iterdir()
                if path.name not in {ownership.RECORD, ownership.LOCK}
            ]
            files.sort(key=lambda one: one.stat().st_mtime, reverse=True)
            for path in files[2 * _KEPT :]:
                deletion.tidy(store, path)


def _version(facts: Facts) -> tuple[int, ...]:
    return tuple(int(part) for part in facts.version.split(".")[:2])


def _installed(facts: Facts) -> Iterator[_Distribution]:
    sites = {os.path.realpath(facts.paths[scheme]) for scheme in ("purelib", "platlib")}
    found = [
        (site, *_modules(record))
        for site in sorted(sites)
        for record in sorted(Path(site).glob("*.dist-info/RECORD"))
    ]
    times = Counter((site, name) for site, _, modules in found for name in modules)
    for site, key, modules in found:
        # When two distributions install the same file, the second one has overwritten it.
        own = {name: one for name, one in modules.items() if times[site, name] == 1}
        yield _Distribution(site=site, key=key, sources=own)


def _inside(prefix: Path) -> _Distribution:
    sources = {path.name: record_digest(path.read_bytes()) for path in INSIDE.glob("*.py")}
    key = hashlib.sha256(repr(sorted(sources.items())).encode()).hexdigest()[:20]
    return _Distribution(site=str(INSIDE), key=key, sources=sources, prefix=str(prefix))


def _modules(record: Path) -> tuple[str, dict[str, str]]:
    """The key of all modules in a RECORD, and their digests by name."""
    lines: list[str] = []
    with contextlib.suppress(OSError):
        text = record.read_text(encoding="utf-8", errors="replace")
        # Files outside are scripts; the installer made those without a digest.
        lines = sorted(line for line in text.splitlines() if _is_module(*line.split(",")))
    key = hashlib.sha256("\n".join(lines).encode()).hexdigest()[:20]
    return key, {name: digest for name, digest, *_ in (line.split(",") for line in lines)}


def _is_module(name: str, digest: str = "", *_more: str) -> bool:
    is_inside = not os.path.isabs(name) and ".." not in name.split("/")
    return name.endswith(".py") and is_inside and bool(digest)


def _read_names(noted: Path) -> list[str]:
    with contextlib.suppress(OSError, ValueError, TypeError, RecursionError):
        return [str(name) for name in json.loads(noted.read_text(encoding="utf-8"))]
    return []


def _write_bundle(place: Path, contents: Mapping[str, bytes]) -> None:
    """Write all bytecode to one file, after a digest and the names and sizes."""
    index = json.dumps([[name, len(content)] for name, content in contents.items()]).encode()
    said = b"\n".join((index, b"".join(contents.values())))
    write_whole(place, b"\n".join((hashlib.sha256(said).hexdigest().encode(), said)))


def _read_bundle(place: Path) -> Iterator[tuple[str, bytes]]:
    digest, _, said = place.read_bytes().partition(b"\n")
    if hashlib.sha256(said).hexdigest().encode() != digest:
        return
    index, _, rest = said.partition(b"\n")
    start = 0
    for name, size in json.loads(index):
        yield name, rest[start : start + size]
        start += size


def _lend(distribution: _Distribution, place: Path, facts: Facts) -> None:
    """Put the kept bytecode where Python looks for it."""
    made = set()
    with contextlib.suppress(OSError, ValueError, TypeError, RecursionError):
        os.utime(place)
        for name, content in _read_bundle(place):
            path = _compiled(distribution, name, facts)
            directory = os.path.dirname(path)
            if directory not in made:
                os.makedirs(directory, exist_ok=True)
                made.add(directory)
            with contextlib.suppress(FileExistsError), open(path, "xb") as file:
                file.write(content)


def _compiled(distribution: _Distribution, name: str, facts: Facts) -> str:
    """Where Python looks for the bytecode of a module."""
    stem = posixpath.basename(name).removesuffix(".py")
    directory = distribution.cached(posixpath.dirname(name))
    return os.path.join(directory, f"{stem}.{facts.cache_tag}.pyc")
