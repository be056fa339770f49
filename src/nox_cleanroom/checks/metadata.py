"""Do name, version and requirements follow the standards, and match the file's name?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from packaging.metadata import ExceptionGroup, Metadata
from packaging.requirements import InvalidRequirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from nox_cleanroom.environments.environment import Facts
from nox_cleanroom.findings import Finding, Outcome
from nox_cleanroom.output import clean_text
from nox_cleanroom.probes.builds import VersionSources, is_of_changed_tree
from nox_cleanroom.probes.installed import Installed
from nox_cleanroom.probes.loading import Loaded, imported_first
from nox_cleanroom.probes.sources import Sources
from nox_cleanroom.probes.tracked import Tracked
from nox_cleanroom.requirements import is_decidable, parse_requirement
from nox_cleanroom.wheels import Wheel


def check(
    *,
    wheel: Wheel,
    tracked: Tracked,
    facts: Facts | None = None,
    installed: Installed | None = None,
    loaded: Loaded | None = None,
    sources: Sources | None = None,
    version_sources: VersionSources | None = None,
) -> Iterator[Finding]:
    """One finding for each field.

    Those about an installation are left out for a wheel that is only read.
    """
    yield _name(wheel)
    yield _version(wheel)
    yield from [] if installed is None else [_installed_version(wheel, installed)]
    yield _requires_python(wheel, tracked)
    yield _requirements(wheel, {} if facts is None else facts.markers)
    yield from _fields(wheel)
    yield from _version_from_git(wheel, tracked, version_sources or VersionSources())
    yield from _own_version(wheel, loaded, sources) if loaded is not None else ()


def _name(wheel: Wheel) -> Finding:
    stated = wheel.metadata.get("name", "")
    if canonicalize_name(stated) != wheel.name:
        return Finding.of("name", f"METADATA says {stated!r}, the file's name {wheel.name!r}.")
    return Finding("name", Outcome.PASSED)


def _version(wheel: Wheel) -> Finding:
    stated = wheel.metadata.get("version", "")
    try:
        same = Version(stated) == Version(wheel.version)
    except InvalidVersion:
        return Finding.of(
            "version", f"{stated!r} is not a version by PEP 440.", "Write it as 1.2.3."
        )
    if not same:
        return Finding.of(
            "version", f"METADATA says {stated!r}, the file's name {wheel.version!r}."
        )
    return Finding("version", Outcome.PASSED)


def _installed_version(wheel: Wheel, installed: Installed) -> Finding:
    """The finding about the version that `importlib.metadata` sees in the environment."""
    subject = "importlib.metadata"
    found = [
        one.version
        for one in installed.distributions
        if one.name and canonicalize_name(one.name) == wheel.name
    ]
    unreadable = next((one.problem for one in installed.distributions if one.problem), "")
    if not found and unreadable:
        return Finding.of(subject, f"METADATA cannot be read: {unreadable}.", "Write it in UTF-8.")
    if not found:
        return Finding.of(subject, "The installed metadata cannot be found.")
    try:
        is_same = {Version(one) for one in found} == {Version(wheel.version)}
    except InvalidVersion:
        is_same = False
    if not is_same:
        return Finding.of(subject, f"It says {', '.join(found)}, the wheel {wheel.version}.")
    return Finding(subject, Outcome.PASSED)


def _requires_python(wheel: Wheel, tracked: Tracked) -> Finding:
    stated = wheel.metadata.get("requires_python", "")
    if not stated and tracked.states_requires_python:
        return Finding(
            "requires-python",
            Outcome.WARNED,
            "The project states a Requires-Python, and METADATA has none: the statement is in a"
            " place that the build backend does not read.",
            "For setuptools it is `python_requires` in [options] of setup.cfg, or `requires-python`"
            " in [project].",
        )
    try:
        SpecifierSet(stated)
    except InvalidSpecifier:
        return Finding.of(
            "requires-python",
            f"{stated!r} is not a version specifier, so installers cannot obey it.",
            "Write it as `>=3.10`.",
        )
    return Finding("requires-python", Outcome.PASSED)


def _requirements(wheel: Wheel, markers: Mapping[str, str]) -> Finding:
    bad = []
    for line in wheel.metadata.get("requires_dist", []):
        try:
            requirement = parse_requirement(line)
        except InvalidRequirement as error:
            bad.append(f"{line!r} ({str(error).splitlines()[0]})")
        else:
            if not is_decidable(requirement, markers):
                bad.append(f"{line!r} (the marker compares what cannot be compared)")
    if bad:
        return Finding.of("requires-dist", f"This does not follow PEP 508: {'; '.join(bad)}.")
    return Finding("requires-dist", Outcome.PASSED)


def _fields(wheel: Wheel) -> Iterator[Finding]:
    """Findings about fields that an index refuses, besides those with a finding of their own."""
    try:
        Metadata.from_raw(wheel.metadata)
    except ExceptionGroup as problems:
        for one in problems.exceptions:
            field = getattr(one, "field", "")
            if field not in _JUDGED_ELSEWHERE:
                yield Finding(
                    clean_text(field or "METADATA"),
                    Outcome.WARNED,
                    f"An index may refuse the wheel: {clean_text(str(one))}.",
                    "A newer version of the build backend may write it correctly.",
                )


#: Fields whose problems have findings of their own, or that may be newer than our library.
_JUDGED_ELSEWHERE = {"name", "version", "requires-python", "requires-dist", "metadata-version"}


def _version_from_git(
    wheel: Wheel, tracked: Tracked, version_sources: VersionSources
) -> Iterator[Finding]:
    if version_sources.variables:
        return
    if not tracked.has_version_from_git:
        yield from _version_at_tag(wheel, tracked)
        return
    message, hint = "", ""
    if is_of_changed_tree(wheel.version):
        files = ", ".join(version_sources.changed[:5]) or "a tracked file"
        message = (
            f"The version {wheel.version} says that the tree has changes: the build has changed"
            f" {clean_text(files)}."
        )
        hint = "Do not track what the build writes, or let the build write somewhere else."
    elif not tracked.version_tags:
        message = (
            f"The version comes from git and {_why_no_tag(tracked)}, so {wheel.version} is not what"
            " a release would get."
        )
        hint = (
            "Fetch everything: `git fetch --unshallow --tags`; `fetch-depth: 0` in CI."
            if tracked.is_shallow
            else "`git fetch --tags` fetches tags that only the remote has; before the first"
            " release, `git tag v0.1.0` makes one."
        )
    elif tags := _other_versions(wheel, tracked.tags_here):
        message = (
            f"The commit has the tag {clean_text(', '.join(tags))}, and the version is"
            f" {wheel.version}."
        )
        hint = "Does a tag without a version, or the configuration of the backend, hide the tag?"
    if message:
        yield Finding("version from git", Outcome.WARNED, message, hint)


def _version_at_tag(wheel: Wheel, tracked: Tracked) -> Iterator[Finding]:
    """The finding about a version that is stated, and differs from the tag of the commit."""
    tags = _other_versions(wheel, tracked.tags_here)
    if tracked.subdirectory != ".":
        # A plain tag may be that of another project of the repository.
        tags = tuple(tag for tag in tags if wheel.name in canonicalize_name(tag))
    if tags:
        yield Finding(
            "tag",
            Outcome.WARNED,
            f"The commit has the tag {clean_text(', '.join(tags))}, and the version is"
            f" {wheel.version}.",
            "Was the version not raised, or is the tag at the wrong commit?",
        )


def _why_no_tag(tracked: Tracked) -> str:
    if tracked.is_shallow:
        return "this repository is shallow"
    if tracked.has_tags:
        return "no tag with a version leads to this commit"
    return "this repository has no tags"


def _other_versions(wheel: Wheel, tags: tuple[str, ...]) -> tuple[str, ...]:
    """The tags at a commit, if they are the project's and none has the version of the wheel."""
    ours = []
    for tag in tags:
        found = _TAG.fullmatch(tag)
        named = canonicalize_name(found["name"].rpartition("/")[2]) if found else "?"
        if found is None or named not in {"", "release", "rel", "version", wheel.name}:
            continue
        try:
            if Version(found["version"]) == Version(wheel.version):
                return ()
        except InvalidVersion:
            return ()
        ours.append(tag)
    return tuple(ours)


#: A tag of a release: ``v1.2``, ``demo-1.2``, ``release/1.2``.
_TAG = re.compile(r"(?P<name>.*?)[-_/@=]*v?(?P<version>\d+(\.\d+)*.*)")


def _own_version(wheel: Wheel, loaded: Loaded, sources: Sources | None) -> Iterator[Finding]:
    """The finding about ``__version__``, if the package has one of its own and it differs."""
    names = imported_first(wheel)
    for name in names:
        if names[1:] and canonicalize_name(name) != wheel.name:
            continue
        answer = loaded.of("import", name)
        place, stated = name, (answer.said or {}).get("version") if answer is not None else None
        if not stated and sources is not None:
            place, stated = next(_stated_versions(name, sources), ("", ""))
        if stated and not _is_version(stated, wheel.version):
            yield Finding(
                f"{place}.__version__",
                Outcome.WARNED,
                f"It is {clean_text(repr(stated))}, and the version in the metadata is"
                f" {wheel.version}.",
                "State the version once: take it from `importlib.metadata.version`, or let the"
                " backend read it from the package.",
            )


def _stated_versions(package: str, sources: Sources) -> Iterator[tuple[str, str]]:
    """The versions that modules of a package state for that purpose, with the modules' names."""
    for answer in sources.answers:
        said = answer.said or {}
        module = str(said.get("module", ""))
        if module in {f"{package}.{name}" for name in _OF_VERSIONS} and said.get("version"):
            yield module, str(said["version"])


#: The usual names of modules with the version of their package.
_OF_VERSIONS = ("__about__", "__version__", "_version", "version")


def _is_version(stated: str, version: str) -> bool:
    try:
        return Version(stated) == Version(version)
    except InvalidVersion:
        return False
