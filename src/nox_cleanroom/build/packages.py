"""The packages of a repository's commit, those that have changed, and those that need these."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath

from packaging.utils import NormalizedName, canonicalize_name

from nox_cleanroom.build.project import PROJECT_FILES, is_project, name_in
from nox_cleanroom.checkout.checkout import Checkout
from nox_cleanroom.checkout.commit import Commit
from nox_cleanroom.config.packages import choose_packages, is_top
from nox_cleanroom.config.pyproject import parse_toml, tool_table
from nox_cleanroom.errors import ConfigError, ProjectError

#: Files above a package that no build reads.
_PROSE = (".md", ".rst")
#: Hidden files that decide what other files contain.
_HIDDEN = (".gitattributes", ".gitmodules")


def find_top(start: Path, root: Path) -> Path:
    """The nearest directory from `start` up to `root` that says which packages belong together."""
    for directory in (start, *start.parents):
        try:
            text = (directory / "pyproject.toml").read_text(encoding="utf-8", errors="replace")
            if is_top(parse_toml(text, "pyproject.toml")):
                return directory
        except (OSError, ConfigError):
            # The run reports a broken file.
            pass
        if directory == root:
            break
    return root


def top_of(checkout: Checkout, commit: Commit, project: str) -> str:
    """The nearest directory above a project that says which packages belong together, or ``.``."""
    path = PurePosixPath(project)
    for top in (path, *path.parents):
        file = (top / "pyproject.toml").as_posix()
        with contextlib.suppress(ConfigError):
            if is_top(parse_toml(checkout.read_file(commit, file) or "", file)):
                return top.as_posix()
    return "."


def find_packages(checkout: Checkout, commit: Commit, top: str) -> tuple[str, ...]:
    """The directories of the packages of a commit; see `choose_packages`.

    Raises:
        ConfigError: the configuration names what is no package.
        ProjectError: there is none.
    """
    files = {*filter(_is_of_project, checkout.file_names(commit))}
    directories = {name.rpartition("/")[0] or "." for name in files}
    projects = [one for one in directories if is_project(checkout, commit, one, files)]
    path = "pyproject.toml" if top == "." else f"{top}/pyproject.toml"
    document = parse_toml(checkout.read_file(commit, path) or "", path)
    found = choose_packages(projects, top, document)
    if not found:
        raise ProjectError(
            f"Commit {commit.short} has no Python package below {top!r}.",
            hint="Name their directories under `packages` in [tool.nox-cleanroom].",
        )
    return found


def configured_packages(checkout: Checkout, commit: Commit, project: str) -> tuple[str, ...]:
    """The packages among which ``packages`` of ``[tool.nox-cleanroom]`` names a project, if any."""
    path = PurePosixPath(project)
    for top in (path, *path.parents):
        file = (top / "pyproject.toml").as_posix()
        document = parse_toml(checkout.read_file(commit, file) or "", file)
        table = tool_table(document)
        if isinstance(table, Mapping) and "packages" in table:
            found = find_packages(checkout, commit, top.as_posix())
            return found if project in found else ()
    return ()


def changed_packages(
    checkout: Checkout, commit: Commit, packages: Sequence[str], since: str
) -> tuple[str, ...]:
    """The packages of a commit that have changed since a revision, and those that mention them.

    A file above packages counts for all of them, unless it is prose; one beside them does not.

    Args:
        checkout: the repository.
        commit: the commit.
        packages: the directories of all packages.
        since: the revision; the changes since the last common commit count.

    Raises:
        RepositoryError: there is no such revision.
    """
    oid = checkout.oid_of(since)
    common = checkout.ask("merge-base", oid, commit.oid).stdout.decode("ascii").strip()
    options = ("--name-only", "-z", "--no-renames", "--no-ext-diff")
    base = common or oid
    names = checkout.must("diff", *options, base, commit.oid, "--").split(b"\0")
    paths = [os.fsdecode(name) for name in names if name]
    changed = {one for path in paths for one in _packages_of(path, packages)}
    changed |= _that_mention(
        checkout, commit, packages, _lost_names(checkout, base, commit, packages)
    )
    mentioned = _mentions(checkout, commit, packages)
    while more := {one for one in packages if mentioned[one] & changed} - changed:
        changed |= more
    return tuple(one for one in packages if one in changed)


def _lost_names(
    checkout: Checkout, base: str, commit: Commit, packages: Sequence[str]
) -> set[NormalizedName]:
    """The names of packages that the old commit had, and the new one has no more."""
    before = checkout.commit(base)
    found = {
        name.rpartition("/")[0] or "."
        for name in checkout.file_names(before)
        if _is_of_project(name)
    }
    old = names_of(checkout, before, found).values()
    new = names_of(checkout, commit, packages).values()
    return {canonicalize_name(one) for one in old if one} - {canonicalize_name(one) for one in new}


def _is_of_project(name: str) -> bool:
    return name.rpartition("/")[2] in PROJECT_FILES


def _that_mention(
    checkout: Checkout, commit: Commit, packages: Sequence[str], names: Iterable[str]
) -> set[str]:
    """The packages whose metadata names one of some distributions."""
    patterns = [*map(_pattern, names)]
    return {
        one
        for one in packages
        if patterns
        and any(
            pattern.search(text)
            for text in _metadata(checkout, commit, one).values()
            for pattern in patterns
        )
    }


def needed_by(
    checkout: Checkout, commit: Commit, packages: Sequence[str], chosen: Iterable[str]
) -> tuple[str, ...]:
    """The chosen packages, and all packages that they mention, directly or not."""
    found, mentioned = {*chosen}, _mentions(checkout, commit, packages)
    while more := {other for one in found for other in mentioned[one]} - found:
        found |= more
    return tuple(one for one in packages if one in found)


def names_of(checkout: Checkout, commit: Commit, packages: Iterable[str]) -> dict[str, str]:
    """The names of packages, as their files state them; empty where they do not."""
    return {one: name_in(_metadata(checkout, commit, one)) for one in packages}


def _packages_of(path: str, packages: Collection[str]) -> Iterable[str]:
    """The packages that a file belongs to: the innermost one, or all below its directory."""
    inside = [one for one in packages if one == "." or path.startswith(f"{one}/")]
    above, _, name = path.rpartition("/")
    if inside and not (inside == ["."] and not above):
        return [max(inside, key=len)]
    if name.endswith(_PROSE) or (name.startswith(".") and name not in _HIDDEN):
        return inside
    return [one for one in packages if one == "." or not above or one.startswith(f"{above}/")]


def _mentions(
    checkout: Checkout, commit: Commit, packages: Sequence[str]
) -> Mapping[str, frozenset[str]]:
    """The other packages whose names are in the metadata of each one.

    That may be more than it requires, and is never less: what is required is named there.
    """
    texts = {one: _metadata(checkout, commit, one) for one in packages}
    names = names_of(checkout, commit, packages)
    patterns = {one: _pattern(name) for one, name in names.items() if name}
    return {
        one: frozenset(
            other
            for other, pattern in patterns.items()
            if other != one and any(pattern.search(text) for text in texts[one].values())
        )
        for one in packages
    }


def _metadata(checkout: Checkout, commit: Commit, package: str) -> dict[str, str]:
    """The texts of the files of a package that may name what it requires."""
    prefix = "" if package == "." else f"{package}/"
    named = re.compile(
        re.escape(prefix)
        + r"(pyproject\.toml|setup\.(py|cfg)|[^/]*requirements[^/]*\.txt|requirements/[^/]+\.txt)"
    )
    found = [name for name in checkout.file_names(commit) if named.fullmatch(name)]
    return {name.removeprefix(prefix): checkout.read_file(commit, name) or "" for name in found}


def _pattern(name: str) -> re.Pattern[str]:
    parts = map(re.escape, canonicalize_name(name).split("-"))
    return re.compile(rf"(?<![\w.-]){'[-_.]+'.join(parts)}(?![\w-]|\.\w)", re.IGNORECASE)
