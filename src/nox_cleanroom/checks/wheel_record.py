"""Does RECORD list every file of the wheel, with the right digest?"""

from __future__ import annotations

from collections.abc import Iterator

from nox_cleanroom.findings import Finding
from nox_cleanroom.output import clean_text
from nox_cleanroom.wheels import Wheel


def check(*, wheel: Wheel) -> Iterator[Finding]:
    """One finding for the wheel, with all problems."""
    problems = list(_problems(wheel))
    more = f" and {len(problems) - 5} more" if problems[5:] else ""
    yield Finding.of(
        wheel.filename,
        "; ".join(problems[:5]) + more,
        "The build backend writes RECORD; a tool that repacks the wheel must update it.",
    )


def _problems(wheel: Wheel) -> Iterator[str]:
    if wheel.record_problem:
        yield f"it cannot be read ({clean_text(wheel.record_problem)})"
    unlisted = {f"{wheel.dist_info}/{name}" for name in ("RECORD", "RECORD.jws", "RECORD.p7s")}
    listed = {row.name: row.digest for row in wheel.record}
    found = wheel.digests
    for name in sorted(found.keys() - unlisted):
        digest = listed.get(name)
        if digest is None:
            yield f"{name} is in the wheel but not in RECORD"
        elif digest.startswith("sha256=") and digest != found[name]:
            yield f"{name} has another digest than RECORD says"
        elif not digest:
            yield f"{name} has no digest in RECORD"
    for name in sorted(listed.keys() - found.keys()):
        yield f"{name} is in RECORD but not in the wheel"
