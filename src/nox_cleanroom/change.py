"""One path that differs between two moments, and how paths are shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

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


def display(path: bytes) -> str:
    """A path as text that cannot act in a terminal; odd bytes are spelled out."""
    text = path.decode("utf-8", "backslashreplace")
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)
