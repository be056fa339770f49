"""The rules that make git ignore paths."""

from __future__ import annotations

import os

from nox_cleanroom.records import dataclass


@dataclass(frozen=True, kw_only=True)
class IgnoreRule:
    """A rule that makes git ignore a path."""

    #: As the ignore file spells it.
    pattern: str
    #: The file with the rule, and the line: ``.gitignore:3``.
    place: str


def read_rules(answer: bytes) -> dict[str, IgnoreRule]:
    """The rule for each path in an answer of ``git check-ignore -v -z``.

    (https://git-scm.com/docs/git-check-ignore)
    """
    fields = answer.split(b"\0")
    # Four fields a path: the file, the line, the pattern, the path.
    quads = zip(*(map(os.fsdecode, fields[start::4]) for start in range(4)), strict=False)
    return {
        path: IgnoreRule(pattern=pattern, place=f"{file}:{line}")
        for file, line, pattern, path in quads
    }
