"""The result of a run as an in-toto statement, which can be signed: what was tested, and how.

(https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md,
https://github.com/in-toto/attestation/blob/main/spec/predicates/test-result.md)
"""

from __future__ import annotations

import json
from typing import Any

from nox_cleanroom.findings import Outcome
from nox_cleanroom.output import clean_text
from nox_cleanroom.results import Cell, Run

_STATEMENT = "https://in-toto.io/Statement/v1"
_PREDICATE = "https://in-toto.io/attestation/test-result/v0.1"

#: What the specification calls a result.
_RESULTS = {Outcome.PASSED: "PASSED", Outcome.SKIPPED: "PASSED", Outcome.WARNED: "WARNED"}


def in_toto(run: Run) -> str:
    """The statement about a run, as JSON: its subjects are the tested files."""
    files = {cell.wheel.file: cell.wheel.sha256 for cell in run.cells if cell.wheel}
    files |= run.files
    passed, warned, failed = _names(run)
    statement: dict[str, Any] = {
        "_type": _STATEMENT,
        "subject": [
            {"name": clean_text(name), "digest": {"sha256": digest}}
            for name, digest in sorted(files.items())
        ],
        "predicateType": _PREDICATE,
        "predicate": {
            "result": _RESULTS.get(run.outcome, "FAILED"),
            "configuration": [
                {
                    "name": "commit",
                    "digest": {"gitCommit": run.subject.commit},
                    "annotations": {"project": clean_text(run.subject.project)},
                },
                {
                    "name": clean_text(run.subject.settings_source),
                    "digest": {"sha256": run.subject.settings_sha256},
                },
            ],
            "passedTests": passed,
            "warnedTests": warned,
            "failedTests": failed,
        },
    }
    return json.dumps(statement, indent=2) + "\n"


def _names(run: Run) -> tuple[list[str], list[str], list[str]]:
    """The names of the tests that passed, warned and failed; skipped ones are left out."""
    passed, warned, failed = list[str](), list[str](), list[str]()
    for cell in run.cells:
        for name, outcome in _tests(cell):
            if outcome is Outcome.SKIPPED:
                continue
            may_fail = outcome.is_bad and run.lets_fail(cell)
            place = passed if outcome is Outcome.PASSED else warned
            (failed if outcome.is_bad and not may_fail else place).append(name)
    failed += ["checkout: is as it was before"] if run.dirtied else []
    if run.missing_is_error:
        failed += [f"smoke-{one}: interpreter" for one in run.missing if one not in run.may_fail]
    return passed, warned, failed


def _tests(cell: Cell) -> list[tuple[str, Outcome]]:
    problems = [(f"{cell.name}: {problem.code.name}", problem.outcome) for problem in cell.problems]
    findings = [
        (
            clean_text(f"{cell.name}: {one.check}: {one.subject}"),
            Outcome.WARNED if one.waived else one.outcome,
        )
        for one in cell.findings
    ]
    return [*problems, *findings]
