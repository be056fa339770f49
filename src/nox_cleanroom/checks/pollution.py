"""Do building, installing and importing in place leave a checkout unchanged?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from operator import attrgetter

from nox_cleanroom.errors import Code
from nox_cleanroom.findings import Finding, Outcome
from nox_cleanroom.output import clean_text
from nox_cleanroom.probes.cleanliness import NAMED, Look, Scratch


def check_modified(*, scratch: Scratch) -> Iterator[Finding]:
    """One finding for each tracked file that a step changed."""
    yield from _findings(scratch, attrgetter("modified"), "was changed by", lambda _: _RESTORE)


def check_new(*, scratch: Scratch) -> Iterator[Finding]:
    """One finding for each new file of a step that no rule ignores."""
    yield from _findings(scratch, attrgetter("new"), "was left by", _ignore_hint)
    if not scratch.has_editable_install:
        yield Finding(
            "pip install -e .",
            Outcome.PASSED,
            "This was not checked: the backend has no `build_editable`, which PEP 660"
            " makes optional.",
        )


def _findings(
    scratch: Scratch,
    paths_of: Callable[[Look], tuple[str, ...]],
    what: str,
    hint: Callable[[str], str],
) -> Iterator[Finding]:
    dirtied = [look for look in scratch.looks if paths_of(look)]
    if not dirtied and scratch.is_complete:
        yield Finding("checkout", Outcome.PASSED)
    for look in dirtied:
        paths = paths_of(look)
        for path in paths[:NAMED]:
            yield Finding(
                clean_text(path),
                Outcome.FAILED,
                f"It {what} `{look.step}`.",
                hint(path),
                code=Code.CHECKOUT_POLLUTED,
            )
        if paths[NAMED:]:
            yield Finding(
                f"and {len(paths) - NAMED:,} more",
                Outcome.FAILED,
                f"They {what.replace('was', 'were')} `{look.step}`.",
                code=Code.CHECKOUT_POLLUTED,
            )


_RESTORE = "Let the step write somewhere else, or stop tracking what is generated."


def _ignore_hint(path: str) -> str:
    if "__pycache__" in path:
        return "Add `__pycache__/` to .gitignore: Python writes it wherever it imports from."
    return f"Add `/{clean_text(path)}` to .gitignore, or let the step write somewhere else."
