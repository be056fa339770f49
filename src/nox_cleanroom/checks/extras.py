"""Failures that a missing extra explains, found with an environment that has all extras.

Black's ``blackd`` and nox's ``tox-to-nox`` need an extra of their own distribution, and no metadata
says so. When something loads only with the extras, users should know that, but the package is not
broken. It is broken when the only thing that users can import, or every program, needs the extra.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from packaging.utils import canonicalize_name

from nox_cleanroom.findings import Finding, Outcome
from nox_cleanroom.probes.extras import WithExtras, missing_extras
from nox_cleanroom.probes.installed import Installed
from nox_cleanroom.requirements import applies
from nox_cleanroom.wheels import Wheel


def settle_by_extras(
    findings: Iterable[Finding],
    *,
    again: Callable[[WithExtras], Iterable[Finding]],
    wheel: Wheel,
    installed: Installed,
    with_extras: WithExtras | None,
    needed_by_all: Callable[[Collection[str]], bool] = lambda _: False,
) -> Iterator[Finding]:
    """The findings, with the extra's name where an extra makes the difference.

    Such a finding is WARNED, unless users can do nothing without the extra.

    Args:
        findings: the findings without the extras.
        again: the findings with the extras.
        wheel: the wheel in both environments.
        installed: the content of the environment without the extras.
        with_extras: the values from the environment with all extras; None when that has not been
            probed. The findings then say whether the probe would settle them.
        needed_by_all: whether users can do nothing when these subjects need an extra.
    """
    extras = missing_extras(wheel, installed.extras)
    if with_extras is None:
        for one in findings:
            is_doubtful = extras and one.outcome is Outcome.FAILED and not one.settled_by
            yield replace(one, settled_by="with_extras") if is_doubtful else one
        return
    findings = [*findings]
    still_bad = {one.subject for one in again(with_extras) if one.outcome is not Outcome.PASSED}
    settled = [
        one for one in findings if one.outcome is Outcome.FAILED and one.subject not in still_bad
    ]
    is_useless = needed_by_all({one.subject for one in settled})
    for one in findings:
        yield _needs_extra(one, extras, wheel, is_useless=is_useless) if one in settled else one


def _needs_extra(
    result: Finding, extras: tuple[str, ...], wheel: Wheel, *, is_useless: bool
) -> Finding:
    named = _likely(result, extras, wheel)
    which = f"the extra `{named[0]}`" if len(named) == 1 else f"one of the extras {_list(named)}"
    return replace(
        result,
        outcome=Outcome.FAILED if is_useless else Outcome.WARNED,
        message=f"It needs {which}; without, {result.message}",
        hint="A plain install is of no use: declare in `dependencies` what it needs."
        if is_useless
        else "Users who want it have to install the extra; `--extras` tests it with extras.",
    )


def _list(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _likely(result: Finding, extras: tuple[str, ...], wheel: Wheel) -> tuple[str, ...]:
    """The extras that the failure points to; all extras when it points to none."""
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
