"""Which step a change belongs to, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from nox_cleanroom.change import Change
from nox_cleanroom.output import clean_text

#: What editors, linters and file managers leave on their own while we run.
_BYSTANDERS = (
    ".idea/*",
    ".vscode/*",
    "*/.idea/*",
    "*/.vscode/*",
    ".mypy_cache/*",
    "*/.mypy_cache/*",
    ".ruff_cache/*",
    "*/.ruff_cache/*",
    ".DS_Store",
    "*/.DS_Store",
    "*.swp",
    "*.swo",
    "*.swx",
    "*~",
    ".#*",
    "*/.#*",
    "*/4913",
    "4913",
)


@dataclass(frozen=True, kw_only=True)
class Interval:
    """When a step was running, in seconds of the monotonic clock."""

    name: str
    start: float
    #: None while it is still running.
    end: float | None
    #: Whether it runs no code but ours, which only reads.
    only_reads: bool = False


@dataclass(frozen=True, kw_only=True)
class Attribution:
    """A change, and the steps that were running when it came about."""

    change: Change
    #: Names of the steps; more than one when cells ran side by side, none between steps.
    steps: tuple[str, ...]

    @property
    def is_note(self) -> bool:
        """Whether editors and daemons do this by themselves, so that it fails nothing.

        What git tracks is the project's own, whatever its name.
        """
        return not self.change.is_tracked and all(map(_is_bystander, self.change.paths))

    def __str__(self) -> str:
        """What changed and what was running: a coincidence in time, never an accusation."""
        if not self.steps:
            return f"{self.change}, between two steps"
        steps = " or ".join(f"`{clean_text(step)}`" for step in self.steps)
        return f"{self.change}, while {steps} was running"


def _is_bystander(path: str) -> bool:
    return any(fnmatchcase(path, pattern) for pattern in _BYSTANDERS)


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
