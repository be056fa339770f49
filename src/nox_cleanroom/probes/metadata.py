"""Are name, version and requirements what the standards and the file's name say?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from importlib import metadata

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from nox_cleanroom.environments.installation import Installation
from nox_cleanroom.results import Outcome, ProbeResult
from nox_cleanroom.wheel import is_decidable

NAME = "metadata"

#: Build requirements that take the version from git.
_VCS_VERSIONS = re.compile(
    r"setuptools[-_.]scm|hatch[-_.]vcs|setuptools[-_.]git[-_.]versioning|versioningit|dunamai"
    r"|poetry[-_.]dynamic[-_.]versioning|uv[-_.]dynamic[-_.]versioning|pbr\b|versioneer",
    re.IGNORECASE,
)


def probe(installation: Installation) -> Iterator[ProbeResult]:
    """One result for each field that is asked about."""
    yield _name(installation)
    yield _version(installation)
    yield _installed_version(installation)
    yield _requires_python(installation)
    yield _requirements(installation)
    yield from _version_from_git(installation)


def _result(subject: str, problem: str = "", hint: str = "") -> ProbeResult:
    return ProbeResult(
        probe=NAME,
        subject=subject,
        outcome=Outcome.FAILED if problem else Outcome.PASSED,
        message=problem,
        hint=hint,
    )


def _name(installation: Installation) -> ProbeResult:
    wheel = installation.wheel
    stated = wheel.metadata.get("name", "")
    if canonicalize_name(stated) != wheel.name:
        return _result("name", f"METADATA says {stated!r}, the file's name {wheel.name!r}.")
    return _result("name")


def _version(installation: Installation) -> ProbeResult:
    wheel = installation.wheel
    stated = wheel.metadata.get("version", "")
    try:
        same = Version(stated) == Version(wheel.version)
    except InvalidVersion:
        return _result("version", f"{stated!r} is no version by PEP 440.", "Write it as 1.2.3.")
    if not same:
        return _result("version", f"METADATA says {stated!r}, the file's name {wheel.version!r}.")
    return _result("version")


def _installed_version(installation: Installation) -> ProbeResult:
    """What `importlib.metadata` finds where the interpreter looks for it."""
    subject, wheel = "importlib.metadata", installation.wheel
    places = dict.fromkeys(installation.facts.paths[name] for name in ("purelib", "platlib"))
    try:
        found = [one.version for one in metadata.distributions(name=wheel.name, path=[*places])]
    except UnicodeDecodeError as error:
        return _result(subject, f"METADATA cannot be read: {error}.", "Write it in UTF-8.")
    if not found:
        return _result(subject, "The installed metadata cannot be found.")
    try:
        is_same = {Version(one or "") for one in found} == {Version(wheel.version)}
    except InvalidVersion:
        is_same = False
    if not is_same:
        return _result(subject, f"It says {', '.join(map(str, found))}, the wheel {wheel.version}.")
    return _result(subject)


def _requires_python(installation: Installation) -> ProbeResult:
    stated = installation.wheel.metadata.get("requires_python", "")
    try:
        SpecifierSet(stated)
    except InvalidSpecifier:
        return _result(
            "requires-python",
            f"{stated!r} is no version specifier, so installers cannot obey it.",
            "Write it as `>=3.10`.",
        )
    return _result("requires-python")


def _requirements(installation: Installation) -> ProbeResult:
    bad = []
    for line in installation.wheel.metadata.get("requires_dist", []):
        try:
            requirement = Requirement(line)
        except InvalidRequirement as error:
            bad.append(f"{line!r} ({str(error).splitlines()[0]})")
        else:
            if not is_decidable(requirement, installation.facts.markers):
                bad.append(f"{line!r} (the marker compares what cannot be compared)")
    if bad:
        return _result("requires-dist", f"Not by PEP 508: {'; '.join(bad)}.")
    return _result("requires-dist")


def _version_from_git(installation: Installation) -> Iterator[ProbeResult]:
    build_system = installation.pyproject.get("build-system")
    requires = build_system.get("requires", []) if isinstance(build_system, Mapping) else []
    if not _VCS_VERSIONS.search(" ".join(map(str, requires))):
        return
    has_tags = any(name.startswith("refs/tags/") for name in installation.checkout.refs())
    if has_tags and not installation.checkout.is_shallow:
        return
    state = "is shallow" if installation.checkout.is_shallow else "has no tags"
    yield ProbeResult(
        probe=NAME,
        subject="version from git",
        outcome=Outcome.WARNED,
        message=f"The version comes from git and this repository {state}, so"
        f" {installation.wheel.version} is not what a release would get.",
        hint="Fetch everything: `git fetch --unshallow --tags`; `fetch-depth: 0` in CI.",
    )
