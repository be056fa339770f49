"""What a run, or somebody else meanwhile, has changed in the checkout, for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from nox_cleanroom.changes import Attribution
from nox_cleanroom.output import counted

#: How many changed paths are listed; the rest is counted.
_LISTED = 10


def change_lines(changes: Iterable[Attribution], *, all_of_them: bool) -> Iterator[str]:
    """The changed paths, each with the steps that were running, and the next step.

    Args:
        changes: the changes during a run.
        all_of_them: whether to list all of them.
    """
    by_path: dict[str, list[Attribution]] = {}
    for change in changes:
        if not change.is_note:
            by_path.setdefault(change.change.path, []).append(change)
    listed = None if all_of_them else _LISTED
    if by_path:
        count = counted(len(by_path), "path")
        yield f"✗ DIRTY_REPO_POST: the checkout changed during the run ({count})"
        for same in list(by_path.values())[:listed]:
            again = f"; and {len(same) - 1} times more" if same[1:] else ""
            yield f"    {same[0]}{again}"
        if listed is not None and len(by_path) > listed:
            yield f"    and {len(by_path) - listed:,} more; -v lists all"
        yield "    -> If you edited files meanwhile, or another session wrote them, run it again."
        yield "       What may change can be listed under `allow` in [tool.nox-cleanroom]."
    for change in changes:
        if change.is_note:
            yield f"note: an editor or a daemon wrote meanwhile: {change}"
