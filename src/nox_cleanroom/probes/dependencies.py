"""Do the installed requirements fit together?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import metadata

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import InvalidVersion, Version

from nox_cleanroom.environments.installation import Installation
from nox_cleanroom.results import Outcome, ProbeResult
from nox_cleanroom.wheel import applies

NAME = "dependencies"


def probe(installation: Installation) -> Iterator[ProbeResult]:
    """One result for the environment; what ``pip check`` asks, without a process of its own."""
    facts = installation.facts
    places = dict.fromkeys(facts.paths[scheme] for scheme in ("purelib", "platlib"))
    found = metadata.distributions(path=[*places])
    installed = {canonicalize_name(name): one for one in found if (name := _name(one))}
    problems = [
        f"{name} {distribution.version} requires {requirement}, and {problem}."
        for name, distribution in sorted(installed.items())
        for requirement in _requirements(distribution, _extras(installation, name), facts.markers)
        for problem in _problems(requirement, installed)
    ]
    yield ProbeResult(
        probe=NAME,
        subject="requirements",
        outcome=Outcome.FAILED if problems else Outcome.PASSED,
        message="The installed requirements do not fit together." if problems else "",
        hint="Loosen the bounds that exclude each other." if problems else "",
        output="\n".join(problems),
    )


def _name(distribution: metadata.Distribution) -> str:
    """A distribution's name; empty where METADATA cannot be read, which its own probe tells."""
    try:
        return str(distribution.metadata["Name"] or "")
    except ValueError:
        # It is no UTF-8.
        return ""


def _extras(installation: Installation, name: str) -> tuple[str, ...]:
    return installation.extras if name == installation.wheel.name else ()


def _requirements(
    distribution: metadata.Distribution, extras: tuple[str, ...], markers: Mapping[str, str]
) -> Iterator[Requirement]:
    """What a distribution requires there; what cannot be parsed is the metadata probe's to tell."""
    for text in distribution.requires or []:
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            continue
        if applies(requirement, markers, extras):
            yield requirement


def _problems(
    requirement: Requirement, installed: Mapping[NormalizedName, metadata.Distribution]
) -> Iterator[str]:
    found = installed.get(canonicalize_name(requirement.name))
    if found is None:
        yield "it is not installed"
    elif not _admits(requirement, found.version):
        yield f"{found.version} is installed"


def _admits(requirement: Requirement, version: str | None) -> bool:
    """Whether a version will do; one that is none by PEP 440 does where any would."""
    try:
        return requirement.specifier.contains(Version(version or ""), prereleases=True)
    except InvalidVersion:
        return not requirement.specifier
