"""Do name, version and requirements follow the standards, and match the file's name?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from nox_cleanroom.environments.environment import Facts
from nox_cleanroom.findings import Finding, Outcome
from nox_cleanroom.markers import is_decidable
from nox_cleanroom.probes.installed import Installed
from nox_cleanroom.probes.tracked import Tracked
from nox_cleanroom.wheel import Wheel

#: Build requirements that take the version from git.
_VCS_VERSIONS = re.compile(
    r"setuptools[-_.]scm|hatch[-_.]vcs|setuptools[-_.]git[-_.]versioning|versioningit|dunamai"
    r"|poetry[-_.]dynamic[-_.]versioning|uv[-_.]dynamic[-_.]versioning|pbr\b|versioneer",
    re.IGNORECASE,
)


def check(
    *, wheel: Wheel, facts: Facts, installed: Installed, tracked: Tracked
) -> Iterator[Finding]:
    """One finding for each field."""
    yield _name(wheel)
    yield _version(wheel)
    yield _installed_version(wheel, installed)
    yield _requires_python(wheel)
    yield _requirements(wheel, facts)
    yield from _version_from_git(wheel, tracked)


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


def _requires_python(wheel: Wheel) -> Finding:
    stated = wheel.metadata.get("requires_python", "")
    try:
        SpecifierSet(stated)
    except InvalidSpecifier:
        return Finding.of(
            "requires-python",
            f"{stated!r} is not a version specifier, so installers cannot obey it.",
            "Write it as `>=3.10`.",
        )
    return Finding("requires-python", Outcome.PASSED)


def _requirements(wheel: Wheel, facts: Facts) -> Finding:
    bad = []
    for line in wheel.metadata.get("requires_dist", []):
        try:
            requirement = Requirement(line)
        except InvalidRequirement as error:
            bad.append(f"{line!r} ({str(error).splitlines()[0]})")
        else:
            if not is_decidable(requirement, facts.markers):
                bad.append(f"{line!r} (the marker compares what cannot be compared)")
    if bad:
        return Finding.of("requires-dist", f"This does not follow PEP 508: {'; '.join(bad)}.")
    return Finding("requires-dist", Outcome.PASSED)


def _version_from_git(wheel: Wheel, tracked: Tracked) -> Iterator[Finding]:
    if not _VCS_VERSIONS.search(" ".join(tracked.build_requires)):
        return
    if tracked.has_tags and not tracked.is_shallow:
        return
    state = "is shallow" if tracked.is_shallow else "has no tags"
    yield Finding(
        "version from git",
        Outcome.WARNED,
        f"The version comes from git and this repository {state}, so"
        f" {wheel.version} is not what a release would get.",
        "Fetch everything: `git fetch --unshallow --tags`; `fetch-depth: 0` in CI.",
    )
