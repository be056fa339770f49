"""Do the installed requirements fit together?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import InvalidVersion, Version

from nox_cleanroom.environments.environment import Facts
from nox_cleanroom.findings import Finding
from nox_cleanroom.probes.installed import Distribution, Installed
from nox_cleanroom.requirements import applies, parse_requirement
from nox_cleanroom.wheels import Wheel


def check(*, wheel: Wheel, facts: Facts, installed: Installed) -> Iterator[Finding]:
    """One finding for the environment, as from ``pip check``."""
    found = {canonicalize_name(one.name): one for one in installed.distributions if one.name}
    problems = [
        f"{name} {distribution.version} requires {requirement}, and {problem}."
        for name, distribution in sorted(found.items())
        for requirement in _requirements(
            distribution, installed.extras if name == wheel.name else (), facts.markers
        )
        for problem in _problems(requirement, found)
    ]
    yield Finding.of(
        "requirements",
        "The installed requirements do not fit together." if problems else "",
        "Loosen the bounds that exclude each other.",
        output="\n".join(problems),
    )


def _requirements(
    distribution: Distribution, extras: tuple[str, ...], markers: Mapping[str, str]
) -> Iterator[Requirement]:
    """The requirements of a distribution there; `metadata` reports those that cannot be parsed."""
    for text in distribution.requires:
        try:
            requirement = parse_requirement(text)
        except InvalidRequirement:
            continue
        if applies(requirement, markers, extras):
            yield requirement


def _problems(
    requirement: Requirement, installed: Mapping[NormalizedName, Distribution]
) -> Iterator[str]:
    found = installed.get(canonicalize_name(requirement.name))
    if found is None:
        yield "it is not installed"
    elif not _admits(requirement, found.version):
        yield f"{found.version} is installed"


def _admits(requirement: Requirement, version: str) -> bool:
    """Whether a version fits; one that is invalid by PEP 440 fits where every version does."""
    try:
        return requirement.specifier.contains(Version(version), prereleases=True)
    except InvalidVersion:
        return not requirement.specifier
