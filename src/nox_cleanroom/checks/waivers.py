"""Findings that the project accepts."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from nox_cleanroom.findings import Finding, Outcome, Waiver
from nox_cleanroom.results import Cell


def waive(findings: Iterable[Finding], waivers: Sequence[Waiver]) -> tuple[Finding, ...]:
    """The findings, each with the project's reason if the project accepts it."""
    return tuple(_waive(one, waivers) for one in findings)


def _waive(finding: Finding, waivers: Sequence[Waiver]) -> Finding:
    if not _can_be_waived(finding):
        return finding
    for waiver in waivers:
        if waiver.covers(finding.check, finding.subject):
            return replace(finding, waived=waiver.reason)
    return finding


def unused_waivers(
    waivers: Sequence[Waiver], cells: Sequence[Cell], known: Collection[str]
) -> list[str]:
    """The patterns of waivers that covered nothing although the check that they name has run.

    A waiver for a check of another session, or in a run that ended early, may be right. A waiver
    that names no known check is always misspelt.

    Args:
        waivers: the waivers of the project.
        cells: the cells of the run.
        known: the names of all checks of all sessions.
    """
    findings = [finding for cell in cells for finding in cell.findings]
    came_to_the_end = not any(problem.outcome.is_bad for cell in cells for problem in cell.problems)
    run = {finding.check for finding in findings} if came_to_the_end else set()
    waivable = [finding for finding in findings if _can_be_waived(finding)]
    unused = []
    for waiver in waivers:
        named = {check for check in known if _may_name(waiver.pattern, check)}
        is_used = any(waiver.covers(one.check, one.subject) for one in waivable)
        if not is_used and (not named or named & run):
            unused.append(waiver.pattern)
    return unused


def _can_be_waived(finding: Finding) -> bool:
    return finding.outcome not in {Outcome.PASSED, Outcome.SKIPPED}


def _may_name(pattern: str, check: str) -> bool:
    """Whether a glob may cover a finding of a check."""
    literal, *wild = re.split(r"[*?\[]", pattern, maxsplit=1)
    begun = bool(wild) and f"{check}:".startswith(literal)
    return begun or literal == check or literal.startswith(f"{check}:")
