"""`nox-cleanroom join`: one verdict from the evidence of many jobs."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Tool, copy_checkout, demo_files, make_wheel, pyproject

Make = Callable[..., Path]
BROKEN = {"src/demo/__init__.py": "import absent_one\n"}


def project(pythons: list[str], *, axes: str = "", **changes: str) -> dict[str, str]:
    table = f"[tool.nox-cleanroom]\npythons = {json.dumps(pythons)}\n{axes}"
    return demo_files(**{"pyproject.toml": pyproject(tool=table), **changes})


@pytest.fixture
def jobs(cleanroom: Tool, tmp_path: Path) -> Callable[..., Path]:
    """Runs each job on a clone of its own, and keeps the evidence of each in a directory."""

    def run(root: Path, *options: str) -> Path:
        place = tmp_path / "artifacts"
        for job in options:
            clone = copy_checkout(root, tmp_path / f"clone {job}")
            cleanroom(clone, *shlex.split(f"smoke-{job}"))
            shutil.copytree(tmp_path / "reports", place / f"evidence {job}")
        return place

    return run


def test_many_jobs_have_the_verdict_of_one_matrix(
    repository: Make, cleanroom: Tool, jobs: Callable[..., Path], several: list[str], tmp_path: Path
) -> None:
    root = repository(project(several, axes='artifact = ["wheel", "sdist"]\n', **BROKEN))
    listed = json.loads(cleanroom(root, "matrix", "--emit", "json").out)
    assert len(listed) == 2 * len(several)
    commands = [job["command"].removeprefix("nox-cleanroom smoke-") for job in listed]
    joined = cleanroom(tmp_path, "join", str(jobs(root, *commands)), report=False)
    whole = cleanroom(root, "matrix")
    assert (joined.status, whole.status) == (1, 1)
    grids = [
        [line for line in ran.out.splitlines() if "smoke-" in line and "at" not in line]
        for ran in (joined, whole)
    ]
    assert grids[0] == grids[1]
    assert "absent_one" in joined.out


def test_a_cell_that_may_fail_in_a_matrix_may_fail_in_its_job(
    repository: Make, cleanroom: Tool, jobs: Callable[..., Path], several: list[str], tmp_path: Path
) -> None:
    first, second = several[:2]
    code = f"import sys\nassert '%d.%d' % sys.version_info[:2] != {second!r}\ndef main(): pass\n"
    root = repository(project([first, f"{second}?"], **{"src/demo/__init__.py": code}))
    (tmp_path / "plan.json").write_text(cleanroom(root, "matrix", "--emit", "github").out)
    place = jobs(root, first, second)
    alone = str(place / f"evidence {second}")
    for status, words in (
        (0, [str(place)]),
        (0, [alone, str(place), "--plan", "plan.json"]),
        (1, [alone, "--plan=plan.json"]),
    ):
        ran = cleanroom(tmp_path, "join", *words, report=False)
        assert ran.status == status, ran.text
        assert re.search(rf"smoke-{second} .*\(may fail\)", ran.out)
        assert ("CELL_MISSING" in ran.out) == (status == 1)
    assert cleanroom(root, "matrix", "--artifact", "wheel").status == 0
    # What is joined can be joined again.
    cleanroom(tmp_path, "join", str(place), "--write", "json=whole.json", report=False)
    ran = cleanroom(tmp_path, "join", "whole.json", report=False)
    assert (ran.status, "(may fail)" in ran.out) == (0, True)


def test_a_cell_that_is_lost_is_red_and_one_that_may_fail_is_not(
    repository: Make, cleanroom: Tool, jobs: Callable[..., Path], several: list[str], tmp_path: Path
) -> None:
    first, second = several[:2]
    root = repository(project([first, second, "3.98?"]))
    place = jobs(root, first)
    ran = cleanroom(tmp_path, "join", str(place), report=False)
    assert ran.status == 1
    assert f"✗ smoke-{second}  CELL_MISSING" in ran.out
    assert "(may fail)" in ran.out
    place = jobs(root, second)
    ran = cleanroom(tmp_path, "join", str(place), report=False)
    assert ran.status == 0, ran.text


def test_archives_and_other_files_are_read_and_reports_written(
    repository: Make, cleanroom: Tool, jobs: Callable[..., Path], pythons: list[str], tmp_path: Path
) -> None:
    place = jobs(repository(project(pythons[:1])), pythons[0])
    shutil.make_archive(str(tmp_path / "evidence"), "zip", place)
    shutil.rmtree(place)
    (tmp_path / "foreign.json").write_text("{}")
    report = f"junit={tmp_path / 'out.xml'}"
    ran = cleanroom(tmp_path, "join", "evidence.zip", "--write", report, report=False)
    assert ran.status == 0, ran.text
    assert (tmp_path / "out.xml").read_text().startswith("<?xml")


WRONG = {
    "nothing": ([], 2, "`join` needs the evidence"),
    "no such place": (["absent"], 2, "There is no 'absent'"),
    "no evidence": (["."], 2, "There is no evidence in ."),
    "cut off": (["cut.json"], 2, "'cut.json' is not evidence of a run"),
    "no archive": (["bad.zip"], 2, "bad.zip' cannot be read"),
    "no such option": (["--writ", "x"], 2, "There is no option of `join` '--writ'"),
    "no plan": ([".", "--plan", "cut.json"], 2, "'cut.json' is not a plan"),
    "no value of a plan": ([".", "--plan"], 2, "'' is not a plan"),
    "no format": ([".", "--write", "xml=x"], 2, "is no format and file"),
}


@pytest.mark.parametrize(("words", "status", "said"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_is_a_sentence(
    cleanroom: Tool, tmp_path: Path, words: list[str], status: int, said: str
) -> None:
    (tmp_path / "cut.json").write_text('{"format": 1, "cells": [')
    (tmp_path / "bad.zip").write_text("PK")
    where = tmp_path / "here"
    where.mkdir()
    if words != ["."]:
        where = tmp_path
    ran = cleanroom(where, "join", *words, report=False)
    assert (ran.status, said in ran.text) == (status, True), ran.text
    assert "Traceback" not in ran.text


def test_files_that_differ_between_jobs_are_refused(
    repository: Make, cleanroom: Tool, several: list[str], tmp_path: Path
) -> None:
    root = repository(project(several[:2]))
    for python in several[:2]:
        (tmp_path / python).mkdir()
        code = {"demo/__init__.py": f"def main(): {python}\n"}
        make_wheel(tmp_path / python, code)
        cleanroom(root, f"smoke-{python}", "--dist", f"../{python}")
        shutil.copytree(tmp_path / "reports", tmp_path / f"kept/{python}")
    ran = cleanroom(tmp_path, "join", "kept", report=False)
    assert (ran.status, "The jobs were given different files" in ran.text) == (2, True), ran.text


def test_a_machine_of_which_nothing_is_heard_is_red(
    repository: Make, cleanroom: Tool, pythons: list[str], tmp_path: Path
) -> None:
    root = repository(project(pythons[:1], axes='platforms = ["one", "other"]\n'))
    assert cleanroom(root, f"smoke-{pythons[0]}", "--platform", "one").status == 0
    (tmp_path / "reports").rename(tmp_path / "kept")
    ran = cleanroom(tmp_path, "join", "kept", report=False)
    assert (ran.status, f"✗ smoke-{pythons[0]} · other  CELL_MISSING" in ran.out) == (1, True)
    assert f"✓ smoke-{pythons[0]} · one" in ran.out
    assert f"smoke-{pythons[0]} ·" not in cleanroom(root, "matrix").out


def test_commits_are_not_mixed(
    repository: Make, cleanroom: Tool, jobs: Callable[..., Path], several: list[str], tmp_path: Path
) -> None:
    first, second = several[:2]
    one = repository(project([first, second]))
    other = repository(project([first, second], README=""), "other")
    jobs(one, first)
    place = jobs(other, second)
    ran = cleanroom(tmp_path, "join", str(place), report=False)
    assert (ran.status, "is of several commits" in ran.text) == (2, True)
