"""Will the index show the README? It refuses an upload whose description does not render.

The index renders with the library `readme_renderer`, and so do we; it comes with the extra
``readme``. (https://packaging.python.org/guides/making-a-pypi-friendly-readme/)
"""

from __future__ import annotations

import importlib.util
import io
from collections.abc import Iterator

from nox_cleanroom.environments.installation import Installation
from nox_cleanroom.output import last_lines
from nox_cleanroom.results import Outcome, ProbeResult

NAME = "readme"


def probe(installation: Installation) -> Iterator[ProbeResult]:
    """One result for the description."""
    metadata = installation.wheel.metadata
    text = metadata.get("description", "")
    # Without a type the index takes it for reStructuredText, and shows it plain at worst.
    kind = metadata.get("description_content_type", "").partition(";")[0].strip().lower()
    if not text or kind != "text/x-rst":
        yield _result(Outcome.PASSED)
    elif importlib.util.find_spec("readme_renderer") is None:
        yield _result(
            Outcome.SKIPPED,
            "Whether the index renders it is asked when nox-cleanroom[readme] is installed.",
        )
    else:
        complaints = _complaints(text)
        yield _result(
            Outcome.FAILED if complaints else Outcome.PASSED,
            "The index would refuse it: it does not render." if complaints else "",
            "Mend the README at these lines, or use another type." if complaints else "",
            complaints,
        )


def _result(outcome: Outcome, message: str = "", hint: str = "", output: str = "") -> ProbeResult:
    return ProbeResult(
        probe=NAME,
        subject="description",
        outcome=outcome,
        message=message,
        hint=hint,
        output=output,
    )


def _complaints(text: str) -> str:
    from readme_renderer import rst  # noqa: PLC0415 - an extra

    words = io.StringIO()
    if rst.render(text, stream=words) is None:
        return last_lines(words.getvalue()) or "it renders to nothing"
    return ""
