"""The steps during which a change may have happened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nox_cleanroom.changes import Attribution, Change


@dataclass(frozen=True, kw_only=True)
class Interval:
    """The time of a step, in seconds of the monotonic clock."""

    name: str
    start: float
    #: None while the step is running.
    end: float | None
    #: Whether the step runs only our own code, which only reads.
    only_reads: bool = False


def attribute(
    changes: Sequence[Change], steps: Sequence[Interval], since: float
) -> list[Attribution]:
    """The changes, each with the steps that were running at some time after `since`.

    Steps that only read are named only if there were no others.

    Args:
        changes: the changes in the newest snapshot.
        steps: every step of the run.
        since: when the previous snapshot was begun; steps that ended earlier are not named.
    """
    running = [step for step in steps if step.end is None or step.end >= since]
    suspects = [step for step in running if not step.only_reads] or running
    names = tuple(step.name for step in suspects)
    return [Attribution(change=change, steps=names) for change in changes]
