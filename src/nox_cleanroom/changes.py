"""Paths that differ between two snapshots, and the steps that ran between them."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Literal

from nox_cleanroom.output import clean_text
from nox_cleanroom.records import dataclass

Kind = Literal["created", "modified", "deleted", "renamed", "mode changed", "type changed"]


@dataclass(frozen=True, kw_only=True)
class Change:
    """One path that differs between two snapshots."""

    #: The path, relative to the top level, with ``/``; git's own files begin with ``.git/``.
    path: str
    #: What happened to it.
    kind: Kind
    #: The former name of a renamed path.
    old_path: str = ""
    #: Whether git tracks it under either name.
    is_tracked: bool = False
    #: Further details, such as the old and the new commit.
    detail: str = ""

    @property
    def paths(self) -> tuple[str, ...]:
        """All paths of the change; a rename has two."""
        return (self.path, self.old_path) if self.old_path else (self.path,)

    def __str__(self) -> str:
        """The change as one phrase."""
        detail = f"from {self.old_path}" if self.old_path else self.detail
        return f"{self.path} ({self.kind}{': ' if detail else ''}{detail})"


#: Files that editors, linters and file managers write on their own during a run, in any directory.
_BYSTANDERS = (
    *("*/.idea/*", "*/.vscode/*", "*/.mypy_cache/*", "*/.ruff_cache/*", "*/.DS_Store"),
    *("*.swp", "*.swo", "*.swx", "*~", "*/.#*", "*/4913"),
)


@dataclass(frozen=True, kw_only=True)
class Attribution:
    """A change, and the steps that were running when it happened."""

    change: Change
    #: The names of the steps: several when cells ran side by side, none between two steps.
    steps: tuple[str, ...]

    @property
    def is_note(self) -> bool:
        """Whether it is a usual change by an editor or a daemon, which does not fail the run.

        A change of a tracked file is never a note, whatever its name.
        """
        return not self.change.is_tracked and all(map(_is_bystander, self.change.paths))

    def __str__(self) -> str:
        """The change and the running steps; being simultaneous does not prove a cause."""
        if not self.steps:
            return f"{self.change}, between two steps"
        steps = " or ".join(f"`{clean_text(step)}`" for step in self.steps)
        return f"{self.change}, while {steps} was running"


def _is_bystander(path: str) -> bool:
    return any(fnmatchcase(f"/{path}", pattern) for pattern in _BYSTANDERS)


def display(path: bytes) -> str:
    """A path as text that is safe to print; undecodable bytes are escaped."""
    text = path.decode("utf-8", "backslashreplace")
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)
