"""What is joined of evidence, and what is found only then."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from samples import FINE, VALUES, cell, run
from values import wheel

from nox_cleanroom.errors import Code, UsageError
from nox_cleanroom.findings import Outcome
from nox_cleanroom.reports.evidence import write_evidence
from nox_cleanroom.results import Run
from nox_cleanroom.runs.joining import join

PLANNED = {"smoke-3.11": "3.11", "smoke-3.12": "3.12"}


def job(python: str, *files: str, version: str = "1.0", **more: Any) -> tuple[Run, str]:
    """The run of a job whose wheel has some files, and the version of the tool."""
    values = {"wheel": wheel(dict.fromkeys(files or ("demo/__init__.py",), ""))}
    tested = replace(cell(python), values=values)
    return run(tested, planned=PLANNED, **more), version


def joined(place: Path, *jobs: tuple[Run, str]) -> Run:
    for number, (one, version) in enumerate(jobs):
        write_evidence(one, place / str(number), version)
    return join([str(place)])


def test_planned_cells_come_first_and_a_lost_one_is_red(tmp_path: Path) -> None:
    found = joined(tmp_path, job("3.12"), job("3.13"))
    assert [one.name for one in found.cells] == ["smoke-3.11", "smoke-3.12", "smoke-3.13"]
    assert found.cells[0].codes == {Code.CELL_MISSING}
    assert Code.CELL_MISSING in found.codes
    assert "no job has tested 1 cell" in found.notes


def test_a_lost_cell_that_may_fail_does_not_count(tmp_path: Path) -> None:
    found = joined(tmp_path, job("3.12", may_fail=("3.11",)))
    assert found.codes == set()


def test_the_latest_run_of_a_cell_counts(tmp_path: Path) -> None:
    early = job("3.11", "demo/old.py", started_at="2026-01-01T10:00:00+00:00")
    late = job("3.11", "demo/new.py", started_at="2026-01-01T11:00:00+00:00")
    found = joined(tmp_path, late, early, job("3.12", "demo/new.py"))
    assert [one.name for one in found.cells] == ["smoke-3.11", "smoke-3.12"]


def test_wheels_with_different_content_are_a_finding(tmp_path: Path) -> None:
    found = joined(tmp_path, job("3.11", "demo/a.py"), job("3.12", "demo/b.py"))
    (finding,) = found.cells[-1].findings
    assert (finding.subject, finding.outcome) == ("demo-1.0-py3-none-any.whl", Outcome.FAILED)
    assert finding.message == "It has another content in smoke-3.11 than in smoke-3.12."
    assert Code.IDENTITY_FAILED in found.codes
    same = joined(tmp_path / "same", job("3.11"), job("3.12"))
    assert "join" not in [one.name for one in same.cells]


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (job("3.12", version="2.0"), "of several versions of nox-cleanroom: 1.0, 2.0"),
        (
            (replace(job("3.12")[0], subject=replace(run().subject, commit="b" * 40)), "1.0"),
            "of several commits: aaaaaaaaaaaa, bbbbbbbbbbbb",
        ),
    ],
)
def test_what_is_not_one_matrix_is_refused(
    tmp_path: Path, other: tuple[Run, str], words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        joined(tmp_path, job("3.11"), other)


def test_checks_run_again(tmp_path: Path) -> None:
    values = {**VALUES}
    bad = replace(cell("3.11", *FINE), values=values)
    found = joined(tmp_path, (run(bad, planned={"smoke-3.11": "3.11"}), "1.0"))
    assert found.cells[0].findings != bad.findings


def test_what_is_no_evidence_is_left_out_of_a_directory_and_refused_by_name(tmp_path: Path) -> None:
    for name, text in (("a.json", "{}"), ("b.json", '{"format": 1'), ("c.json", "[" * 100_000)):
        (tmp_path / name).write_text(text)
        with pytest.raises(UsageError, match="is not evidence of a run"):
            join([str(tmp_path / name)])
    found = joined(tmp_path, job("3.11"), job("3.12"))
    assert len([note for note in found.notes if note.startswith("left out: ")]) == 3


def test_an_archive_is_read_and_not_unpacked(tmp_path: Path) -> None:
    write_evidence(job("3.11")[0], tmp_path / "one", "1.0")
    text = (tmp_path / "one" / "smoke-3.11.json").read_text()
    with zipfile.ZipFile(tmp_path / "evidence.zip", "w") as archive:
        archive.writestr("../../smoke-3.11.json", text)
        archive.writestr("/etc/smoke-3.12.json", text.replace("3.11", "3.12"))
    before = sorted(tmp_path.rglob("*"))
    found = join([str(tmp_path / "evidence.zip")])
    assert [one.name for one in found.cells] == ["smoke-3.11", "smoke-3.12"]
    assert sorted(tmp_path.rglob("*")) == before
    assert json.loads(text)["planned"] == PLANNED
