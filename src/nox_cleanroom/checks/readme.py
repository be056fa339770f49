"""Will the index show the README? It rejects uploads whose description does not render."""

from __future__ import annotations

from collections.abc import Iterator

from nox_cleanroom.findings import Finding, Outcome
from nox_cleanroom.probes.description import Description


def check(*, description: Description) -> Iterator[Finding]:
    """One finding for the description."""
    if not description.is_rendered:
        yield _finding(Outcome.PASSED)
    elif not description.has_renderer:
        yield _finding(Outcome.SKIPPED, "This is checked when nox-cleanroom[readme] is installed.")
    elif not description.complaints:
        yield _finding(Outcome.PASSED)
    else:
        yield _finding(
            Outcome.FAILED,
            "The index would refuse it: it does not render.",
            "Fix the README at these lines, or use another type.",
            description.complaints,
        )


def _finding(outcome: Outcome, message: str = "", hint: str = "", output: str = "") -> Finding:
    return Finding(
        subject="description",
        outcome=outcome,
        message=message,
        hint=hint,
        output=output,
    )
