"""`nox-cleanroom check`: the checks run again on evidence, with the same report."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from samples import WAIVERS, checked_cell
from values import (
    SUBJECT,
    facts,
    imported,
    installed,
    loaded,
    module,
    raised,
    sources,
    tracked,
    wheel,
)

from nox_cleanroom.__main__ import run
from nox_cleanroom.errors import Code
from nox_cleanroom.findings import Outcome, Problem
from nox_cleanroom.reports.evidence import write_evidence
from nox_cleanroom.reports.terminal import render
from nox_cleanroom.results import Run
from nox_cleanroom.runs.recheck import recheck

HEALTHY: Mapping[str, object] = {
    "wheel": wheel(),
    "facts": facts(),
    "tracked": tracked("src/demo/__init__.py"),
    "installed": installed(),
    "loaded": loaded(imported("demo")),
    "sources": sources(module("demo/__init__.py")),
}
NO_YAML = raised("import", "demo", "ModuleNotFoundError: No module named 'yaml'", missing="yaml")
NO_PART = raised("import", "demo.part", "ValueError: x")


def smoke(**values: object) -> Run:
    """A smoke that found what the checks find."""
    return Run(
        session="smoke",
        subject=SUBJECT,
        cells=(checked_cell("3.11", {**HEALTHY, **values}),),
        waivers=WAIVERS,
        duration=4.25,
    )


RUNS: dict[str, tuple[Run, Outcome, int]] = {
    "green": (smoke(), Outcome.PASSED, 0),
    "failed": (smoke(loaded=loaded(NO_YAML)), Outcome.FAILED, 1),
    "waived": (smoke(loaded=loaded(imported("demo"), NO_PART)), Outcome.PASSED, 0),
    "failed and waived": (smoke(loaded=loaded(NO_YAML, NO_PART)), Outcome.FAILED, 1),
    "warned": (
        smoke(loaded=loaded(imported("demo", wrote=["~/a"]))),
        Outcome.WARNED,
        0,
    ),
    "warned and strict": (
        replace(smoke(loaded=loaded(imported("demo", wrote=["~/a"]))), strict=True),
        Outcome.FAILED,
        1,
    ),
    "a probe that could not run": (
        smoke(loaded=Problem(code=Code.NETWORK, outcome=Outcome.ERROR, message="No network.")),
        Outcome.ERROR,
        3,
    ),
}


@pytest.mark.parametrize(("original", "outcome", "status"), RUNS.values(), ids=RUNS)
def test_the_same_is_found_and_said(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    original: Run,
    outcome: Outcome,
    status: int,
) -> None:
    (path,) = write_evidence(original, tmp_path, "1.0")
    assert original.outcome is outcome
    assert recheck(path) == original
    assert run(["check", str(path)]) == status
    assert capsys.readouterr().out == f"{render(original)}\n"


def test_findings_come_from_the_values_and_not_from_the_file(tmp_path: Path) -> None:
    original = smoke(loaded=loaded(NO_YAML))
    (path,) = write_evidence(original, tmp_path, "1.0")
    document = json.loads(path.read_text())
    document["cells"][0]["probes"] = []
    document["verdict"] = "PASSED"
    path.write_text(json.dumps(document))
    assert recheck(path) == original


def test_of_several_files_the_worst_counts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths: list[str] = []
    for name in ("green", "failed"):
        paths += map(str, write_evidence(RUNS[name][0], tmp_path / name, "1.0"))
    assert run(["check", *paths]) == 1
    words = capsys.readouterr().out
    reports = (render(RUNS[name][0]) for name in ("green", "failed"))
    pairs = zip(paths, reports, strict=True)
    assert words == "".join(f"{path}:\n{report}\n" for path, report in pairs)


def test_without_a_file_it_says_what_it_needs(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check"]) == 2
    assert capsys.readouterr().err == (
        "nox-cleanroom: OPTION_INVALID: `check` needs the evidence of a run.\n"
        "  -> Name files, such as reports/matrix.json; a run says where it writes them.\n"
    )


def test_a_file_that_is_not_there_or_no_evidence_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["check", str(tmp_path / "absent.json")]) == 2
    assert "absent.json' cannot be read: No such file" in capsys.readouterr().err
    (tmp_path / "x.json").write_text("{}")
    assert run(["check", str(tmp_path / "x.json")]) == 2
    err = capsys.readouterr().err
    assert "x.json' is not evidence of a run: its format is None, not 1." in err
    assert "Traceback" not in err
