"""The files that git tracks, finds new and ignores in a checkout."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

from nox_cleanroom.checkout.checkout import Checkout
from nox_cleanroom.checkout.commit import Commit
from nox_cleanroom.probes.tracked import Tracked
from nox_cleanroom.records import dataclass
from nox_cleanroom.wheels import Wheel

#: How many paths of one kind are named; the rest is counted.
NAMED = 20

#: Files that compilers, interpreters and tools leave in the source, and that no wheel should hold.
_LEFTOVERS = re.compile(
    r"(^|/)(__pycache__|\.[^/]+|node_modules|[^/]+\.egg-info)/"
    r"|\.(py[cod]|so|pyd|o|a|obj|dll|dylib|orig|rej|log|swp)$|(^|/)\.[^/]+$|~$"
)


@dataclass(frozen=True, kw_only=True)
class Look:
    """The effect of a step on the scratch worktree."""

    step: str
    #: Tracked paths that it changed, and new ones that no rule ignores.
    modified: tuple[str, ...]
    new: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Scratch:
    """The effects of all steps on the scratch worktree; each path is named once."""

    looks: tuple[Look, ...]
    #: Whether every step has run.
    is_complete: bool
    #: Whether the project could be installed editably.
    has_editable_install: bool


@dataclass(frozen=True, kw_only=True)
class Committed:
    """The files of a commit, and those that may not belong there."""

    #: The names of all of its files.
    names: tuple[str, ...]
    #: ``SOURCES.txt`` files that list themselves, as those written by setuptools do.
    generated: tuple[str, ...]
    #: Tracked files that an ignore rule covers.
    ignored: tuple[str, ...]
    #: The top-level ``.gitignore``.
    ignore_rules: str


@dataclass(frozen=True, kw_only=True)
class Hidden:
    """Files in the package's source that an ignore rule hides and the wheel lacks."""

    #: The ignore rule for each file.
    rules: Mapping[str, str]


class ScratchLooks:
    """Looks at a scratch worktree after each step."""

    def __init__(self, scratch: Checkout) -> None:
        self._scratch = scratch
        self._seen: set[str] = set()
        self.taken: list[Look] = []

    def take(self, step: str) -> None:
        """Note the changes since the last look, under the name of the step before this one."""
        uncommitted = self._scratch.uncommitted().items()
        modified = [
            path.decode("utf-8", "replace") for path, letters in uncommitted if letters != b"??"
        ]
        modified, new = self._fresh(modified), self._fresh(self._scratch.unignored())
        self.taken.append(Look(step=step, modified=tuple(modified), new=tuple(new)))

    def _fresh(self, paths: Sequence[str]) -> list[str]:
        fresh = [path for path in sorted(paths) if path not in self._seen]
        self._seen.update(fresh)
        return fresh


def look_at_commit(checkout: Checkout, scratch: Checkout, commit: Commit) -> Committed:
    """Ask git for the files of a commit.

    Args:
        checkout: the repository.
        scratch: a worktree at the commit.
        commit: the commit.
    """
    names = checkout.file_names(commit)
    sources = [name for name in names if name.endswith(".egg-info/SOURCES.txt")]
    return Committed(
        names=tuple(names),
        generated=tuple(name for name in sources if _lists_itself(checkout, commit, name)),
        ignored=tuple(scratch.tracked_but_ignored()),
        ignore_rules=checkout.read_file(commit, ".gitignore") or "",
    )


def _lists_itself(checkout: Checkout, commit: Commit, sources: str) -> bool:
    text = checkout.read_file(commit, sources) or ""
    return f"{PurePosixPath(sources).parent.name}/SOURCES.txt" in text


def find_hidden(checkout: Checkout, wheel: Wheel, tracked: Tracked) -> Hidden:
    """Ask git which rules hide files in the package's source.

    Args:
        checkout: the user's checkout.
        wheel: the commit's wheel.
        tracked: the files of the commit.
    """
    shipped = {str(member.path) for member in wheel.members if member.is_library}
    hidden = [
        path
        for path in checkout.ignored_files()
        for source, installed in tracked.package_roots(wheel).items()
        if path.startswith(f"{source}/")
        and not _LEFTOVERS.search(path)
        and f"{installed}/{path.removeprefix(f'{source}/')}" not in shipped
    ]
    rules = checkout.ignore_rules(hidden)
    return Hidden(rules={path: rules[path].pattern for path in sorted(rules)[:NAMED]})
