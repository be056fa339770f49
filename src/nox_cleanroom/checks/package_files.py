"""The files of a wheel beside those of the commit, and the code that needs them."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any

from nox_cleanroom.checks.import_graph import ImportGraph, Scope
from nox_cleanroom.members import Member
from nox_cleanroom.probes.sources import Sources
from nox_cleanroom.probes.tracked import Tracked
from nox_cleanroom.records import dataclass
from nox_cleanroom.wheels import Wheel

#: The beginning of a path in the environment's directory.
_PREFIX = "<prefix>/"


@dataclass(frozen=True)
class Use:
    """Code that needs a file."""

    path: str
    line: int
    scope: Scope
    sure: bool


@dataclass(frozen=True)
class Package:
    """The files of a wheel, beside those of the commit that they come from."""

    wheel: Wheel
    tracked: Tracked
    sources: Sources

    @cached_property
    def graph(self) -> ImportGraph:
        """Which code leads to which."""
        return ImportGraph.of(self.wheel, self.sources)

    @cached_property
    def read(self) -> Mapping[str, Mapping[str, Any]]:
        """What was read in each module."""
        return {one.subject: one.said for one in self.sources.answers if one.said}

    @cached_property
    def roots(self) -> Mapping[str, str]:
        """The directories of the wheel's top packages, by their places in the repository."""
        return self.tracked.package_roots(self.wheel)

    @cached_property
    def lacking(self) -> tuple[str, ...]:
        """The tracked files of the wheel's packages that the wheel does not have, by source."""
        return self.tracked.lacking(self.wheel)

    def source_of(self, path: str) -> str:
        """The tracked file from which a file of the wheel comes; or empty."""
        for root, installed in self.roots.items():
            source = f"{root}{path[len(installed) :]}"
            if path.startswith(f"{installed}/") and self.tracked.has(source):
                return source
        return self.tracked.source_of(path)

    def installed(self, source: str) -> str:
        """Where the wheel would have a tracked file of its packages; or empty."""
        for root, installed in self.roots.items():
            if source.startswith(f"{root}/"):
                return f"{installed}{source[len(root) :]}"
        return ""

    def module_of(self, source: str) -> str:
        """The dotted name that a tracked module would have when installed; or empty."""
        return Member.from_name(self.installed(source)).dotted


def use_of(path: str, said: Mapping[str, Any], found: Mapping[str, Any]) -> Use:
    """The code of a module that was read, which needs a file."""
    scope = Scope(str(said.get("module")), found["scope"])
    return Use(path=path, line=found["line"], scope=scope, sure=found["sure"])


def sources_of(package: Package, path: str, read: Mapping[str, Any]) -> Iterator[str]:
    """The tracked files that code reads by their place and the wheel lacks."""
    wanted = read["rel"]
    if wanted.startswith(_PREFIX):
        last = wanted.rpartition("/")[2]
        same = [name for name in package.tracked.names if name.rpartition("/")[2] == last]
        yield from same if len(same) == 1 else ()
        return
    module = package.source_of(path)
    if not module:
        return
    source = posixpath.normpath(posixpath.join(posixpath.dirname(module), wanted))
    if "*" not in source:
        if package.tracked.has(source):
            yield source
        return
    here = posixpath.normpath(posixpath.join(posixpath.dirname(path), wanted))
    shipped = [name for name in package.wheel.names if _fits(name, here)]
    found = [name for name in package.tracked.names if _fits(name, source)]
    kept = {name.rpartition("/")[2] for name in shipped}
    yield from (name for name in found if name.rpartition("/")[2] not in kept)


def _fits(name: str, pattern: str) -> bool:
    """Whether a path fits a pattern; a ``*`` stands for a part of one name."""
    return name.count("/") == pattern.count("/") and fnmatchcase(name, pattern)


def named_uses(package: Package, source: str) -> Iterator[Use]:
    """The code that names a file by the last part of its path."""
    name = source.rpartition("/")[2]
    for path, said in package.read.items():
        for found in said.get("names", ()):
            if found["text"].rpartition("/")[2] == name:
                # Where a module only names it at its top, importing has shown nothing.
                use = use_of(path, said, found)
                yield use if found["scope"] else replace(use, sure=False)


def counts(graph: ImportGraph, use: Use) -> bool:
    """Whether code may miss a file: it is not dead, and importing it has not shown otherwise."""
    was_run = use.sure and use.scope in graph.run_by_import
    is_needed = not was_run and use.scope not in graph.tried
    return use.scope.is_for_users and is_needed and not graph.is_dead(use.scope)


def place_of(package: Package, path: str, wanted: str) -> str:
    """The path in the repository of a file that code names by its place; or empty."""
    module = package.source_of(path)
    if not module or "*" in wanted or wanted.startswith(_PREFIX):
        return ""
    return posixpath.normpath(posixpath.join(posixpath.dirname(module), wanted))
