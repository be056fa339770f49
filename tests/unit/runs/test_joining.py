"""The evidence of many jobs, joined: each file is judged by its own content."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from samples import checked_cell, run
from values import facts, imported, installed, loaded, raised, tracked, wheel

from nox_cleanroom.findings import Outcome
from nox_cleanroom.reports.evidence import write_evidence
from nox_cleanroom.runs.joining import join

HEALTHY: Mapping[str, object] = {
    "wheel": wheel(),
    "facts": facts(),
    "tracked": tracked("src/demo/__init__.py"),
    "installed": installed(),
    "loaded": loaded(imported("demo")),
}
BROKEN = {**HEALTHY, "loaded": loaded(raised("import", "demo", "ValueError: x"))}


def write(place: Path, python: str, values: Mapping[str, object]) -> Path:
    """The file of evidence of one job."""
    (path,) = write_evidence(run(checked_cell(python, values)), place / python, "1.0")
    return path


def test_each_cell_has_its_own_findings(tmp_path: Path) -> None:
    for python, values in (("3.10", HEALTHY), ("3.11", BROKEN), ("3.12", HEALTHY)):
        write(tmp_path, python, values)
    joined = join([str(tmp_path)])
    assert [cell.outcome for cell in joined.cells] == [
        Outcome.PASSED,
        Outcome.FAILED,
        Outcome.PASSED,
    ]


def test_a_value_under_the_name_of_another_is_read_nevertheless(tmp_path: Path) -> None:
    healthy = json.loads(write(tmp_path, "3.10", HEALTHY).read_text())
    path = write(tmp_path, "3.11", BROKEN)
    broken = json.loads(path.read_text())
    named = broken["cells"][0]["values"]
    borrowed = healthy["cells"][0]["values"]["loaded"]
    broken["values"][borrowed] = broken["values"].pop(named["loaded"])
    named["loaded"] = borrowed
    path.write_text(json.dumps(broken))
    first, second = join([str(tmp_path)]).cells
    assert (first.outcome, second.outcome) == (Outcome.PASSED, Outcome.FAILED)
