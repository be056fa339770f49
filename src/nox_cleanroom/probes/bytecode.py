"""Does every module of the wheel compile on this interpreter?"""

from __future__ import annotations

from collections.abc import Iterator

from nox_cleanroom.environments.environment import Answer
from nox_cleanroom.environments.installation import Installation
from nox_cleanroom.output import clean_text
from nox_cleanroom.probes.import_graph import ImportGraph
from nox_cleanroom.probes.subject import ended_early
from nox_cleanroom.results import Outcome, ProbeResult

NAME = "bytecode"


def probe(installation: Installation) -> Iterator[ProbeResult]:
    """One result for all modules, or one for each that does not compile."""
    led_to = ImportGraph.of(installation).led_to
    bad = 0
    for member, answer in installation.read_modules:
        result = _judge(answer, member.name, importable=member.dotted in led_to)
        bad += result is not None and result.outcome is Outcome.FAILED
        if result is not None:
            yield result
    if not bad:
        yield ProbeResult(
            probe=NAME,
            subject="all modules",
            outcome=Outcome.PASSED if installation.read_modules else Outcome.SKIPPED,
            message="" if installation.read_modules else "The wheel has no Python source.",
        )


def _judge(answer: Answer, name: str, *, importable: bool) -> ProbeResult | None:
    if answer.said is None:
        return ended_early(NAME, answer, "compiling it")
    problem = answer.said.get("problem")
    if answer.error is not None:
        problem = f"{answer.error['type']}: {answer.error['message']}"
    if problem is None:
        return None
    if not importable:
        # A template, data that ends in .py, or what a condition on the version keeps away.
        return ProbeResult(
            probe=NAME,
            subject=name,
            outcome=Outcome.PASSED,
            message=f"It does not compile, and no import leads to it here: {clean_text(problem)}",
        )
    return ProbeResult(
        probe=NAME,
        subject=name,
        outcome=Outcome.FAILED,
        message=f"It does not compile on this interpreter: {clean_text(problem)}",
        hint="Raise requires-python, or write it for this version.",
    )
