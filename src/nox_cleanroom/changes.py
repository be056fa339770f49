"""Paths that differ between two moments, and the steps that were running meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal

from nox_cleanroom.output import clean_text

Kind = Literal["created", "modified", "deleted", "renamed", "mode changed", "type changed"]


@dataclass(frozen=True, kw_only=True)
class Change:
    """One path that differs between two snapshots."""

    #: The path, relative to the top level, ``/`` between its parts; git's own begin with ``.git/``.
    path: str
    #: What happened to it.
    kind: Kind
    #: The name that it had before, when it was renamed.
    old_path: str = ""
    #: Whether git tracks it, by either name.
    is_tracked: bool = False
    #: What more is known: the old and new commit.
    detail: str = ""

    @property
    def paths(self) -> tuple[str, ...]:
        """All the names that it concerns: a rename takes one away and makes another."""
        return (self.path, self.old_path) if self.old_path else (self.path,)

    def __str__(self) -> str:
        """The change as one phrase."""
        detail = f"from {self.old_path}" if self.old_path else self.detail
        return f"{self.path} ({self.kind}{': ' if detail else ''}{detail})"


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


def display(path: bytes) -> str:
    """A path as text that cannot act in a terminal; odd bytes are spelled out."""
    text = path.decode("utf-8", "backslashreplace")
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)
