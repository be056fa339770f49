"""Will the index show the README? It rejects uploads whose description does not render."""

from __future__ import annotations

from collections.abc import Iterator

from nox_cleanroom.findings import Finding, Outcome
from nox_cleanroom.probes.description import Description


def check(*, description: Description) -> Iterator[Finding]:
    """One finding for the description."""
    if description.is_untyped_markdown:
        yield Finding(
            "description",
            Outcome.WARNED,
            "It looks like Markdown and has no Description-Content-Type, so the index shows it as"
            " plain text.",
            "State the type: `text/markdown`.",
        )
        return
    if description.is_rendered and not description.has_renderer:
        why = "This is checked when nox-cleanroom[readme] is installed."
        yield Finding("description", Outcome.SKIPPED, why)
        return
    yield Finding.of(
        "description",
        description.complaints and "The index would refuse it: it does not render.",
        "Fix the README at these lines, or use another type.",
        output=description.complaints,
    )
