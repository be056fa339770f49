"""Does every top-level module of the wheel import, and from the environment?"""

from __future__ import annotations

from collections.abc import Iterator

from nox_cleanroom.environment import Answer
from nox_cleanroom.installation import Installation
from nox_cleanroom.probes.subject import (
    advice_on_import,
    ended_early,
    exception_lines,
    exception_text,
)
from nox_cleanroom.results import Outcome, ProbeResult

NAME = "imports"

#: Names that a wheel should not put next to everybody else's packages.
_COMMON = frozenset({"test", "tests", "doc", "docs", "example", "examples", "benchmarks"})


def probe(installation: Installation) -> Iterator[ProbeResult]:
    """One result a module, each imported in an interpreter of its own."""
    names = installation.wheel.import_names
    if not names:
        yield ProbeResult(
            probe=NAME,
            subject=installation.wheel.name,
            outcome=Outcome.SKIPPED,
            message="The wheel has no module to import.",
        )
    own = [name for name in names if name.partition(".")[0] not in _COMMON]
    for name in names:
        if own and name not in own:
            yield ProbeResult(
                probe=NAME,
                subject=name,
                outcome=Outcome.WARNED,
                message=f"The wheel installs a top-level `{name.partition('.')[0]}`, a name that"
                " every other package could take; it was not imported.",
                hint="Leave it out of the wheel; where packages are found is set for the backend.",
            )
        else:
            (answer,) = installation.ask(f"import {name}", "import", [name])
            yield _judge(installation, answer)


def _judge(installation: Installation, answer: Answer) -> ProbeResult:
    early = ended_early(NAME, answer, "importing it")
    if early is not None:
        return early
    name = answer.subject
    if answer.error is not None:
        return _failed_import(installation, name, answer.error)
    places = (answer.said or {}).get("places", [])
    outside = [place for place in places if not installation.is_inside(place)]
    if outside:
        return ProbeResult(
            probe=NAME,
            subject=name,
            outcome=Outcome.FAILED,
            message=f"It came from {outside[0]!r}, outside of the environment.",
            hint="A .pth file or an import hook of a requirement may redirect it.",
        )
    return ProbeResult(probe=NAME, subject=name, outcome=Outcome.PASSED)


def _failed_import(installation: Installation, name: str, error: dict[str, str]) -> ProbeResult:
    message = exception_text(installation, error)
    if "exit" in error:
        message = f"Importing it calls sys.exit({error['exit']})."
    return ProbeResult(
        probe=NAME,
        subject=name,
        outcome=Outcome.FAILED,
        message=message,
        hint=advice_on_import(installation, error),
        output=exception_lines(installation, error),
    )
