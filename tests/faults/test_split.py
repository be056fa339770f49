"""A matrix in one process, and each cell in a job of its own: joined, they say the same."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import Ran, Tool, copy_checkout, write_files
from faults import FAULTS, SOUND, Fault
from projects import PROJECTS
from test_faults import skip_without_means, uv_cache  # noqa: F401 - a fixture

pytestmark = pytest.mark.index

#: Directories of a run, and digests of wheels.
VOLATILE = r"/\S*/|[0-9a-f]{64}"

PYTHONS = ["3.10", "3.11"]
TABLE = f'[tool.nox-cleanroom]\npythons = {json.dumps(PYTHONS)}\nartifact = ["wheel", "sdist"]\n'

#: Of setuptools, because its wheels differ by the time of their build.
(PROJECT,) = (one for one in PROJECTS if one.backend.name == "setuptools")
SAMPLE = [
    fault
    for faults in (FAULTS, SOUND)
    for fault in faults[::7]
    if "setuptools" in fault.backends
    and fault.session.startswith("smoke")
    and "[tool.nox-cleanroom]" not in fault.inject(PROJECT).content["pyproject.toml"]
]
CASES = [
    pytest.param(one, id=one.name, marks=pytest.mark.turn(turn)) for turn, one in enumerate(SAMPLE)
]


def said(ran: Ran) -> set[tuple[str, ...]]:
    """Every finding and problem of every cell, without what differs by place and time."""
    fields = ("code", "subject", "message", "hint")
    return {
        (cell["name"], *(re.sub(VOLATILE, "", str(one.get(name, ""))) for name in fields))
        for cell in ran.evidence["cells"]
        for one in (*cell["problems"], *cell["probes"])
    }


def grid(ran: Ran) -> list[str]:
    """The line of each cell; what follows is cut to the height of a screen."""
    return re.findall(r"^\S smoke-[\d.]+(?: · \w+)?  +\S.*$", ran.out, re.MULTILINE)


@pytest.mark.parametrize("fault", CASES)
def test_jobs_say_what_one_process_says(
    fault: Fault,
    uv_cache: str,  # noqa: F811
    repository: Callable[..., Path],
    cleanroom: Tool,
    pythons: list[str],
    tmp_path: Path,
) -> None:
    skip_without_means(replace(fault, session="smoke-3.10"), pythons)
    skip_without_means(fault, pythons)
    project = fault.inject(PROJECT)
    project = replace(project, tables=f"{project.tables}\n{TABLE}")
    root = repository(project.content)
    write_files(root, fault.left_in_checkout(project))
    env = {"UV_CACHE_DIR": uv_cache}
    emitted = cleanroom(root, "matrix", "--emit", "json", report=False)
    (tmp_path / "plan.json").write_text(emitted.out)
    for number, job in enumerate(json.loads(emitted.out)):
        clone = copy_checkout(root, tmp_path / f"clone-{number}")
        own = {**env, "XDG_CACHE_HOME": str(tmp_path / f"cache-{number}")}
        cleanroom(clone, *shlex.split(job["command"])[1:], env=own)
        shutil.copytree(tmp_path / "reports", tmp_path / f"kept/{number}")
    joined = cleanroom(
        tmp_path,
        "join",
        "kept",
        "--plan",
        "plan.json",
        "--write",
        "json=joined/matrix.json",
        report=False,
    )
    joined = replace(
        joined, evidence=json.loads((tmp_path / "joined/matrix.json").read_text(encoding="utf-8"))
    )
    whole = cleanroom(root, "matrix", env={**env, "XDG_CACHE_HOME": str(tmp_path / "cache")})
    assert joined.status == whole.status, joined.text + whole.text
    assert grid(joined) == grid(whole), joined.text + whole.text
    assert len(grid(joined)) == 2 * len(PYTHONS)
    assert said(joined) == said(whole)
