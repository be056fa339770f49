"""What failed for want of an extra: asked again where all of the project's extras are installed.

Black's ``blackd`` and nox's ``tox-to-nox`` are programs of one of their own extras, and no
metadata says so. When something fails to load, and loads with the extras, users should
know, and the package is not broken.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from packaging.utils import canonicalize_name

from nox_cleanroom.environments.installation import Installation
from nox_cleanroom.errors import CleanroomError, InterruptedRunError
from nox_cleanroom.probes import entry_points, import_statements, imports
from nox_cleanroom.probes.subject import Probe
from nox_cleanroom.results import Outcome, ProbeResult
from nox_cleanroom.wheel import Wheel, applies

#: The probes whose failures a missing extra may explain.
_LOADING: Mapping[str, Probe] = {
    imports.NAME: imports.probe,
    entry_points.NAME: entry_points.probe,
    import_statements.NAME: import_statements.probe,
}

#: Installs the wheel with these extras in a further environment.
InstallWith = Callable[[tuple[str, ...]], Installation]


def look_again(
    results: Sequence[ProbeResult], installation: Installation, install_with: InstallWith
) -> list[ProbeResult]:
    """The results, with WARNED and the extra's name where an extra makes the difference.

    Extras that exclude one another cannot be installed together; then nothing is learnt, and
    the results stay what they are.

    Args:
        results: what the probes said.
        installation: where they were asked.
        install_with: makes the second environment; only called when it may help.
    """
    extras = _missing_extras(installation)
    doubtful = {one.probe for one in results if _is_doubtful(one)}
    if not extras or not doubtful:
        return list(results)
    try:
        second = install_with((*installation.extras, *extras))
    except InterruptedRunError:
        raise
    except CleanroomError:
        return list(results)
    still_bad = {
        (one.probe, one.subject)
        for name in doubtful
        for one in _LOADING[name](second)
        if one.outcome is not Outcome.PASSED
    }
    return [
        _needs_extra(one, extras, installation.wheel)
        if _is_doubtful(one) and (one.probe, one.subject) not in still_bad
        else one
        for one in results
    ]


def _missing_extras(installation: Installation) -> tuple[str, ...]:
    offered = installation.wheel.metadata.get("provides_extra", [])
    have = {canonicalize_name(extra) for extra in installation.extras}
    return tuple(extra for extra in offered if canonicalize_name(extra) not in have)


def _is_doubtful(result: ProbeResult) -> bool:
    return result.probe in _LOADING and result.outcome is Outcome.FAILED


def _needs_extra(result: ProbeResult, extras: tuple[str, ...], wheel: Wheel) -> ProbeResult:
    named = _likely(result, extras, wheel)
    which = f"the extra `{named[0]}`" if len(named) == 1 else f"one of the extras {_list(named)}"
    return replace(
        result,
        outcome=Outcome.WARNED,
        message=f"It needs {which}; without, {result.message}",
        hint="Users who want it have to install the extra; `-- --extras` tests it with extras.",
    )


def _list(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _likely(result: ProbeResult, extras: tuple[str, ...], wheel: Wheel) -> tuple[str, ...]:
    """The extras that the failure itself speaks of; all when it speaks of none."""
    said = {
        canonicalize_name(word)
        for word in re.findall(r"[A-Za-z0-9][\w.-]*", f"{result.message} {result.output}")
    }
    likely = [
        extra
        for extra in extras
        for requirement in wheel.requirements
        if canonicalize_name(requirement.name) in said
        and requirement.marker is not None
        and applies(requirement, {}, [extra])
        and not applies(requirement, {})
    ]
    return tuple(dict.fromkeys(likely)) or extras
