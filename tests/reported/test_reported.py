"""The tool is right about what strangers reported in public."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from conftest import Tool, git
from reported import REPORTS, Report

HERE = Path(__file__).parent

pytestmark = pytest.mark.index


def cases() -> list[object]:
    return [
        pytest.param(
            one,
            id=one.name,
            marks=[pytest.mark.xfail(reason=one.missed, strict=True)] if one.missed else [],
        )
        for one in REPORTS
    ]


@pytest.fixture(scope="session")
def uv_cache() -> str:
    """The user's cache of uv, asked for before the tests are sealed: backends come from it."""
    done = subprocess.run(["uv", "cache", "dir"], check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.mark.parametrize("report", cases())
def test_what_was_reported(
    uv_cache: str, cleanroom: Tool, pythons: list[str], tmp_path: Path, report: Report
) -> None:
    wanted = set(re.findall(r"3\.\d+", " ".join(report.words)))
    if not wanted <= set(pythons):
        pytest.skip(f"needs Python {', '.join(sorted(wanted))}")
    root = tmp_path / "repository"
    subprocess.run(
        ["bash", str(HERE / "repositories" / f"{report.name}.sh"), str(root)],
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )
    before = git(root, "status", "--porcelain", "--ignored")
    env = {"UV_CACHE_DIR": uv_cache, **report.env}
    ran = cleanroom(root / report.directory, *report.words, env=env)
    assert ran.evidence["verdict"] in report.outcomes, ran.text
    for pattern in report.says:
        assert re.search(pattern, ran.text), f"nothing says {pattern!r}:\n{ran.text}"
    for pattern in report.silent:
        assert not re.search(pattern, _said(ran.text)), f"it says {pattern!r}:\n{ran.text}"
    assert git(root, "status", "--porcelain", "--ignored") == before


def _said(text: str) -> str:
    """What the tool says, without nox's own lines."""
    return "\n".join(line for line in text.splitlines() if not line.startswith("nox > "))
