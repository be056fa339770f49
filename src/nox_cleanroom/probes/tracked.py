"""The files that git tracks at the commit, and those that it leaves out."""

from __future__ import annotations

import contextlib
import posixpath
import re
from collections.abc import Iterable, Mapping
from dataclasses import field
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any

from nox_cleanroom.changes import display
from nox_cleanroom.checkout.checkout import Checkout
from nox_cleanroom.checkout.commit import Commit
from nox_cleanroom.checkout.ignore_rules import IgnoreRule
from nox_cleanroom.records import dataclass
from nox_cleanroom.wheels import Wheel


@dataclass(frozen=True, kw_only=True)
class Tracked:
    """The facts about the commit under test that checks need."""

    #: The names of all of its files.
    names: tuple[str, ...]
    #: The project's directory, relative to the top level.
    subdirectory: str
    #: Submodules that are empty.
    missing_submodules: tuple[str, ...]
    has_tags: bool
    #: Whether the repository is a shallow clone.
    is_shallow: bool
    #: The names of the files that may be executed.
    executables: tuple[str, ...] = ()
    #: Whether the project's `setup.cfg` states a Requires-Python in any place.
    states_requires_python: bool = False
    #: Extras that the project states to be empty, as for users of older versions.
    empty_extras: tuple[str, ...] = ()
    #: Whether the version comes from git, judged by what the build requires.
    has_version_from_git: bool = False
    #: Tags with a version that lead to the commit, and those at the commit itself.
    version_tags: tuple[str, ...] = ()
    tags_here: tuple[str, ...] = ()

    @cached_property
    def _directories(self) -> frozenset[str]:
        """All directories with tracked files."""
        return frozenset({".", *_above(self.names)})

    @cached_property
    def _by_file_name(self) -> Mapping[str, tuple[str, ...]]:
        """The tracked files of the project, by the last part of their names."""
        found: dict[str, list[str]] = {}
        prefix = "" if self.subdirectory == "." else f"{self.subdirectory}/"
        for name in self.names:
            if name.startswith(prefix):
                found.setdefault(name.rpartition("/")[2], []).append(name)
        return {name: tuple(paths) for name, paths in found.items()}

    def has(self, path: str) -> bool:
        """Whether there is a tracked file or a directory of tracked files at a path."""
        return path in self._directories or path in self._by_file_name.get(
            path.rpartition("/")[2], ()
        )

    def source_of(self, installed: str) -> str:
        """The tracked file from which a file of the wheel comes, judged by its path; or empty.

        ``src/demo/core.py`` is the source of ``demo/core.py``.
        """
        same = self._by_file_name.get(installed.rpartition("/")[2], ())
        found = [name for name in same if name == installed or name.endswith(f"/{installed}")]
        return min(found, key=len, default="")

    def is_at_top(self, source: str) -> bool:
        """Whether a tracked module lies where the project's top-level modules lie."""
        prefix = "" if self.subdirectory == "." else f"{self.subdirectory}/"
        inner = source.removeprefix(prefix).removesuffix("/__init__.py").removeprefix("src/")
        return bool(source) and "/" not in inner

    def source_of_module(self, module: str) -> str:
        """The tracked file of a module with this dotted name; or empty."""
        path = module.replace(".", "/")
        return self.source_of(f"{path}.py") or self.source_of(f"{path}/__init__.py")

    def package_roots(self, wheel: Wheel) -> Mapping[str, str]:
        """The directories of a wheel's top packages, by their places in the repository."""
        found = {}
        for name in wheel.import_names:
            installed = name.replace(".", "/")
            source = self.source_of(f"{installed}/__init__.py")
            if not source and "." in name:
                # A module of a namespace without an `__init__`: its directory counts.
                source = self.source_of(f"{installed}.py")
                installed = installed.rpartition("/")[0]
            root = source.rpartition("/")[0] if source else self._renamed_root(wheel, installed)
            if root:
                found[root] = installed
        return found

    def _renamed_root(self, wheel: Wheel, installed: str) -> str:
        """The directory of a package that has another name in the repository; or empty.

        setuptools' ``package-dir = {"demo" = "python"}`` is such a case.
        """
        prefix = f"{installed}/"
        inside = {one.removeprefix(prefix) for one in wheel.names if one.startswith(prefix)}
        modules = {one for one in inside if one.endswith(".py")}
        for init in self._by_file_name.get("__init__.py", ()) if modules else ():
            root = init.rpartition("/")[0]
            if root and all(f"{root}/{one}" in self._all_names for one in modules):
                return root
        return ""

    @cached_property
    def _all_names(self) -> frozenset[str]:
        return frozenset(self.names)

    def lacking(self, wheel: Wheel) -> tuple[str, ...]:
        """The files of a wheel's packages that the wheel does not have, by their tracked paths."""
        # What git tracks may be a link to a directory, or a submodule.
        known = {*wheel.names, *_above(wheel.names)}
        ends = frozenset(map(_end, wheel.names))
        return tuple(
            source
            for root, installed in self.package_roots(wheel).items()
            for source in self.names
            if source.startswith(f"{root}/")
            and f"{installed}{source[len(root) :]}" not in known
            # The build may put it elsewhere.
            and _end(source) not in ends
        )


def _above(paths: Iterable[str]) -> set[str]:
    """All directories above some paths."""
    found: set[str] = set()
    for path in paths:
        directory = path.rpartition("/")[0]
        while directory and directory not in found:
            found.add(directory)
            directory = directory.rpartition("/")[0]
    return found


def _end(path: str) -> str:
    """The file's name and its directory's, by which it is known again in another place."""
    return "/".join(path.split("/")[-2:])


@dataclass(frozen=True, kw_only=True)
class LeftOut:
    """Files that may be missing from a wheel because of their place in git."""

    #: Modules that are in the checkout but not in the commit, relative to the top level.
    paths: tuple[str, ...]
    #: Other such files, in the directories of modules.
    files: tuple[str, ...] = ()
    #: The rules that ignore files, whether these are in the commit or not, by the path.
    rules: Mapping[str, IgnoreRule] = field(default_factory=dict)

    def file_of(self, module: str) -> str:
        """The file of a module, by the last part of its name; empty when there is none."""
        for path in map(PurePosixPath, self.paths):
            if module == (path.parent.name if path.name == "__init__.py" else path.stem):
                return str(path)
        return ""


def list_tracked(
    checkout: Checkout,
    commit: Commit,
    *,
    refs: Iterable[str],
    subdirectory: str,
    missing_submodules: tuple[str, ...],
    pyproject: Mapping[str, Any],
) -> Tracked:
    """Ask git which files it tracks at a commit.

    Args:
        checkout: the repository.
        commit: the commit.
        refs: the names of its refs.
        subdirectory: the project's directory, relative to the top level.
        missing_submodules: submodules that are empty.
        pyproject: the commit's ``pyproject.toml``.
    """
    names = checkout.file_names(commit)
    setup_py, setup_cfg = (
        checkout.read_file(commit, path) or "" if path in names else ""
        for path in (posixpath.normpath(f"{subdirectory}/setup.{end}") for end in ("py", "cfg"))
    )
    about_builds = f"{pyproject.get('build-system')}\n{setup_py}\n{setup_cfg}"
    is_from_git = _takes_version_from_git(about_builds) or _is_scm_of_pdm(pyproject)
    has_tags = any(name.startswith("refs/tags/") for name in refs)
    return Tracked(
        names=tuple(names),
        subdirectory=subdirectory,
        missing_submodules=missing_submodules,
        has_tags=has_tags,
        is_shallow=checkout.is_shallow,
        executables=tuple(checkout.executables(commit)),
        states_requires_python="python_requires" in setup_cfg,
        empty_extras=_empty_extras(pyproject, setup_py),
        has_version_from_git=is_from_git,
        version_tags=_version_tags(checkout, "--merged", commit) if is_from_git else (),
        tags_here=_version_tags(checkout, "--points-at", commit) if has_tags else (),
    )


#: Build requirements, and words of `setup.py`, that take the version from git.
_VCS_VERSIONS = (
    *("setuptools-scm", "hatch-vcs", "setuptools-git-versioning", "versioningit", "dunamai"),
    *("poetry-dynamic-versioning", "uv-dynamic-versioning", "versioneer", "use-scm-version"),
)
#: A tag with a version in it: ``v1.2``, ``demo-2.0rc1``, ``3``; not ``nightly-20250101``.
_VERSION_TAG = r"(?:^|[^\d.])v?\d+(\.\d+)+|^v?\d{1,4}$"


def _takes_version_from_git(about_builds: str) -> bool:
    spelled = re.sub("[_.]", "-", about_builds.lower())
    return any(one in spelled for one in _VCS_VERSIONS) or bool(re.search(r"pbr\b", spelled))


def _is_scm_of_pdm(pyproject: Mapping[str, Any]) -> bool:
    """Whether pdm-backend takes the version from git, which needs no requirement of its own."""
    with contextlib.suppress(AttributeError):
        version = pyproject.get("tool", {}).get("pdm", {}).get("version", {})
        return bool(version.get("source") == "scm")
    return False


def _empty_extras(pyproject: Mapping[str, Any], setup_py: str) -> tuple[str, ...]:
    """The extras that ``pyproject.toml`` or ``setup.py`` states without a requirement."""
    stated = re.findall(r"""["']([\w.-]+)["']\s*:\s*\[\s*\]""", setup_py)
    with contextlib.suppress(AttributeError):
        # The tables may be of any type; the build backend complains about a wrong one.
        tables = (
            pyproject.get("project", {}).get("optional-dependencies", {}),
            pyproject.get("tool", {}).get("poetry", {}).get("extras", {}),
        )
        stated += [name for table in tables for name, values in table.items() if values == []]
    return tuple(stated)


def _version_tags(checkout: Checkout, which: str, commit: Commit) -> tuple[str, ...]:
    """The tags with a version that lead to a commit, or are at it."""
    lines = checkout.must("tag", "--list", which, commit.oid).splitlines()
    return tuple(tag for tag in map(display, lines) if re.search(_VERSION_TAG, tag))


def find_left_out(checkout: Checkout, tracked: Tracked) -> LeftOut:
    """Ask git which files beside modules are uncommitted or ignored, and by which rules.

    Args:
        checkout: the checkout.
        tracked: the files of the commit.
    """
    found = sorted(checkout.uncommitted().items())
    new = [display(path) for path, kind in found if kind == b"??" or kind.startswith(b"A")]
    ignored = checkout.ignored_files()
    modules = [path for path in (*new, *ignored) if path.endswith(_MODULES)]
    places = {posixpath.dirname(name) for name in tracked.names if name.endswith(".py")}
    files = [path for path in (*new, *ignored) if _is_beside(path, places)]
    left = {*modules, *files}
    covered = [*(path for path in ignored if path in left), *checkout.tracked_but_ignored()]
    rules = checkout.ignore_rules(covered)
    return LeftOut(paths=tuple(modules), files=tuple(files), rules=rules)


def _is_beside(path: str, places: set[str]) -> bool:
    """Whether a file that is no module lies beside or below modules."""
    above = [str(parent) for parent in PurePosixPath(path).parents][:-1]
    is_beside = posixpath.dirname(path) in places or not places.isdisjoint(above)
    return is_beside and not path.endswith(_MODULES) and "__pycache__" not in above


#: Endings of modules.
_MODULES = (".py", ".so", ".pyd")
