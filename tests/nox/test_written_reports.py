"""`--write`: the report of a run in other formats, and what GitHub Actions shows without being asked."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import PYTHON, Tool, demo_files, git, pyproject, state_of
from junitparser import JUnitXml

Make = Callable[..., Path]
SMOKE = f"smoke-{PYTHON}"
BROKEN = {"src/demo/__init__.py": "import os\n\nimport absent_one\n\n\ndef main(): pass\n"}


def test_every_format_is_written(repository: Make, cleanroom: Tool, tmp_path: Path) -> None:
    root, out = repository(demo_files(**BROKEN)), tmp_path / "out"
    before = state_of(root)
    names = {
        "junit": "x.xml",
        "html": "x.html",
        "in-toto": "x.json",
        "markdown": "x.md",
        "json": "e.json",
    }
    words = [word for name, file in names.items() for word in ("--write", f"{name}={out / file}")]
    ran = cleanroom(root, SMOKE, *words)
    assert ran.status == 1, ran.text
    assert sorted(path.name for path in out.iterdir()) == sorted(names.values())
    read = JUnitXml.fromfile(str(out / "x.xml"))
    assert read.failures > 0
    assert "absent_one" in (out / "x.html").read_text()
    statement = json.loads((out / "x.json").read_text())
    assert (
        statement["subject"][0]["digest"]["sha256"] == ran.evidence["cells"][0]["wheel"]["sha256"]
    )
    assert statement["predicate"]["result"] == "FAILED"
    assert (out / "x.md").read_text().startswith("### ❌ FAILED")
    assert cleanroom(root, "check", str(out / "e.json"), report=False).status == 1
    assert state_of(root) == before


def test_the_configuration_names_files_relative_to_the_project(
    repository: Make, cleanroom: Tool, tmp_path: Path
) -> None:
    table = (
        '[tool.nox-cleanroom]\nwrite = { junit = "reports/junit.xml", html = "reports/x.html" }\n'
    )
    ignore = "/reports/\n__pycache__/\n"
    root = repository(demo_files(**{"pyproject.toml": pyproject(tool=table), ".gitignore": ignore}))
    ran = cleanroom(root, SMOKE, "--write", f"html={tmp_path / 'other.html'}")
    assert ran.status == 0, ran.text
    assert [path.name for path in (root / "reports").iterdir()] == ["junit.xml"]
    assert (tmp_path / "other.html").exists()
    assert git(root, "status", "--porcelain") == ""


WRONG = {
    "not ignored": (["junit=junit.xml"], 2, "would be new, unignored files"),
    "no format": (["xml=x.xml"], 2, "'xml=x.xml' is no format and file"),
    "no file": (["junit"], 2, "'junit' is no format and file"),
    "a range": (["junit=/tmp/x.xml", "--rev", "HEAD~1.."], 2, "is a range of commits"),
}


@pytest.mark.parametrize(("words", "status", "said"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_is_a_sentence(
    repository: Make, cleanroom: Tool, words: list[str], status: int, said: str
) -> None:
    root = repository()
    git(root, "commit", "-q", "--allow-empty", "-m", "more")
    before = state_of(root)
    ran = cleanroom(root, SMOKE, "--write", *words)
    assert (ran.status, said in ran.text) == (status, True), ran.text
    assert state_of(root) == before


def test_github_marks_lines_and_has_a_summary(
    repository: Make, cleanroom: Tool, tmp_path: Path
) -> None:
    summary = tmp_path / "summary.md"
    env = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)}
    root = repository(demo_files(**BROKEN))
    ran = cleanroom(root, SMOKE, env=env)
    marks = [line for line in ran.out.splitlines() if line.startswith("::")]
    assert any(
        line.startswith("::error file=src/demo/__init__.py,line=3,title=PROBE_FAILED::")
        for line in marks
    ), ran.out
    assert summary.read_text().startswith("### ❌ FAILED")
    assert not any(line.startswith("::") for line in cleanroom(root, SMOKE).out.splitlines())
