"""Which step a change belongs to, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nox_cleanroom.changes import Attribution, Change


@dataclass(frozen=True, kw_only=True)
class Interval:
    """When a step was running, in seconds of the monotonic clock."""

    name: str
    start: float
    #: None while it is still running.
    end: float | None
    #: Whether it runs no code but ours, which only reads.
    only_reads: bool = False


def attribute(
    changes: Sequence[Change], steps: Sequence[Interval], since: float
) -> list[Attribution]:
    """The changes with the steps that were running at some time after `since`.

    Steps that only read are named when there were no others.

    Args:
        changes: what the newest look found.
        steps: every step of the run.
        since: when the look before began; earlier ends are no suspects.
    """
    running = [step for step in steps if step.end is None or step.end >= since]
    suspects = [step for step in running if not step.only_reads] or running
    names = tuple(step.name for step in suspects)
    return [Attribution(change=change, steps=names) for change in changes]
