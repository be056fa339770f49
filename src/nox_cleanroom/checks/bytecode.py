"""Does every module of the wheel compile on this interpreter?"""

from __future__ import annotations

from collections.abc import Iterator

from nox_cleanroom.checks.advice import ended_early
from nox_cleanroom.checks.broken_imports import not_compiling_in_imports
from nox_cleanroom.checks.import_graph import ImportGraph
from nox_cleanroom.environments.interpreter_questions import Answer
from nox_cleanroom.findings import Finding, Outcome
from nox_cleanroom.members import Member
from nox_cleanroom.output import clean_text
from nox_cleanroom.probes.loading import Loaded
from nox_cleanroom.probes.sources import Sources
from nox_cleanroom.wheels import Wheel


def check(*, wheel: Wheel, sources: Sources, loaded: Loaded | None = None) -> Iterator[Finding]:
    """One finding for all modules, or one for each module that does not compile."""
    led_to = ImportGraph.of(wheel, sources).led_to
    # What an import has failed with is reported there.
    reported = not_compiling_in_imports(loaded) if loaded is not None else frozenset[str]()
    findings = [
        finding
        for answer in sources.answers
        if answer.subject.rpartition("/")[2] not in reported
        if (finding := _judge(answer, importable=Member.from_name(answer.subject).dotted in led_to))
    ]
    yield from findings
    if not any(finding.outcome is Outcome.FAILED for finding in findings):
        yield Finding(
            "all modules",
            Outcome.PASSED if sources.answers else Outcome.SKIPPED,
            "" if sources.answers else "The wheel has no Python source.",
        )


def _judge(answer: Answer, *, importable: bool) -> Finding | None:
    if answer.said is None:
        return ended_early(answer, "compiling it")
    problem = answer.said.get("problem")
    if answer.error is not None:
        problem = f"{answer.error['type']}: {answer.error['message']}"
    if problem is None:
        return None
    if not importable:
        # It may be a template, data with the ending .py, or a module for other versions of Python.
        return Finding(
            answer.subject,
            Outcome.PASSED,
            f"It does not compile, and no import leads to it here: {clean_text(problem)}",
        )
    return Finding(
        answer.subject,
        Outcome.FAILED,
        f"It does not compile on this interpreter: {clean_text(problem)}",
        "Raise requires-python, or write it for this version.",
    )
