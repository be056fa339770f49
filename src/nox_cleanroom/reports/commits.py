"""The report of a range of commits: a line for each, and which is the first bad one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from nox_cleanroom.findings import Outcome
from nox_cleanroom.output import clean_text, counted
from nox_cleanroom.reports.changed_paths import change_lines
from nox_cleanroom.reports.style import Style
from nox_cleanroom.verdicts import CommitVerdict, RangeVerdict

#: How many characters of a commit's message, and of what was found, are shown.
_SUBJECT, _REASON = 40, 160


def render(found: RangeVerdict, *, style: Style) -> str:
    """The report of a range.

    Args:
        found: the record of what was tested.
        style: how it is shown.
    """
    verdict = style.text(clean_text(verdict_line(found)))
    if style.quiet:
        return verdict
    lines = [line for one in found.tested for line in _commit_lines(one)]
    lines += change_lines(found.changes, all_of_them=style.verbose)
    lines += [f"note: {note}" for note in found.notes]
    return "\n".join([*(style.text(clean_text(line)) for line in lines), verdict])


def _commit_lines(one: CommitVerdict) -> Iterator[str]:
    how = f"as {one.like[:12]}" if one.like else f"{one.duration:.1f} s"
    how = "tested before" if one.like == one.commit else how
    codes = f"  {', '.join(code.name for code in one.codes)}" if one.is_bad else ""
    subject = _cut(one.subject, _SUBJECT)
    yield f"{one.outcome.symbol} {one.commit[:12]} {subject:{_SUBJECT}}  {how}{codes}"
    if one.reason and one.outcome is not Outcome.PASSED:
        yield f"    {_cut(one.reason, _REASON)}"


def _cut(text: str, width: int) -> str:
    words = " ".join(text.split())
    return words if len(words) <= width else f"{words[: width - 3]}..."


def verdict_line(found: RangeVerdict) -> str:
    """The verdict in one line."""
    names = ", ".join(sorted(code.name for code in found.codes))
    return (
        f"{found.outcome.symbol} {found.outcome.name}: {result(found)}, {found.duration:.1f} s"
        f"{f' [{names}]' if names else ''}"
    )


def result(found: RangeVerdict) -> str:
    """What was found, in one clause."""
    tested = f"{len(found.tested):,} of {counted(found.total, 'commit')} of {found.rev} tested"
    if found.suspects is None:
        bad = len(found.bad)
        return f"{f'{bad:,} bad; ' if bad else ''}{tested}"
    if not found.suspects:
        return f"the last commit of {found.rev} is good, so there is no first bad one; {tested}"
    subjects: Mapping[str, str] = {one.commit: one.subject for one in found.tested}
    if found.suspects[1:]:
        some = ", ".join(oid[:12] for oid in found.suspects)
        return f"one of {some} is the first bad commit, but some cannot be tested; {tested}"
    (oid,) = found.suspects
    return f"{oid[:12]} ({_cut(subjects[oid], _SUBJECT)}) is the first bad commit; {tested}"
