"""The workflow of the page about CI does what it promises: its commands run here, job by job."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from conftest import copy_checkout, demo_files, pyproject
from ruamel.yaml import YAML

PAGE = Path(__file__).parents[2] / "docs/how-to/ci.md"
(WORKFLOW,) = (
    block
    for block in re.findall(
        r"^```yaml\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    if "--emit github" in block
)


def evaluate(text: str, values: Mapping[str, Any]) -> str:
    """A text with the values of its expressions; an unknown one is an error."""
    return re.sub(r"\$\{\{ (\S+) \}\}", lambda found: str(values[found[1]]), text)


def run_job(
    name: str, where: Path, runner: Mapping[str, str], values: Mapping[str, Any]
) -> tuple[int, str]:
    """Run the steps of a job that have commands, except for installing; the status and output."""
    output = ""
    for step in YAML(typ="safe").load(WORKFLOW)["jobs"][name]["steps"]:
        command = step.get("run", "")
        if not command or command.startswith("python -m pip install"):
            continue
        given = {key: evaluate(text, values) for key, text in step.get("env", {}).items()}
        done = subprocess.run(
            ["bash", "-e", "-c", evaluate(command, values)],
            cwd=where,
            env={**os.environ, **runner, **given},
            capture_output=True,
            text=True,
            check=False,
        )
        output += done.stdout + done.stderr
        if done.returncode:
            return done.returncode, output
    return 0, output


def test_the_workflow_is_one_for_github(tmp_path: Path) -> None:
    path = tmp_path / "workflow.yml"
    path.write_text(f"on: push\n{WORKFLOW}", encoding="utf-8")
    schema = "vendor.github-workflows"
    subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, path], check=True
    )


@pytest.mark.skipif(not shutil.which("bash"), reason="the vendor's default shell is bash")
def test_the_jobs_of_the_workflow_have_one_verdict(
    repository: Callable[..., Path], several: list[str], tmp_path: Path
) -> None:
    first, second = several[:2]
    table = f'[tool.nox-cleanroom]\npythons = ["{first}", "{second}"]\nextras = [["a"], []]\n'
    table += "[project.optional-dependencies]\na = []\n"
    files = demo_files(
        **{
            "pyproject.toml": pyproject(tool=table),
            "src/demo/__init__.py": f"import sys\nassert '%d.%d' % sys.version_info[:2] != '{second}'\ndef main(): pass\n",
            ".gitignore": "/reports/\n",
        }
    )
    root = repository(files)
    (tmp_path / "verdict").mkdir()
    runner = {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "CI": "true",
        "GITHUB_ACTIONS": "true",
        "GITHUB_OUTPUT": str(tmp_path / "output"),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
    }
    status, said = run_job("plan", root, runner, {})
    assert status == 0, said
    matrix = json.loads((tmp_path / "output").read_text().removeprefix("matrix="))
    statuses = {}
    for index, job in enumerate(matrix["include"]):
        clone = copy_checkout(root, tmp_path / f"job-{index}")
        values = {f"matrix.{key}": value for key, value in job.items()}
        statuses[job["cell"]], said = run_job("smoke", clone, runner, values)
        shutil.copytree(clone / "reports", tmp_path / f"verdict/evidence/evidence-{index}")
    assert statuses == {
        f"smoke-{first} · [a]": 0,
        f"smoke-{first}": 0,
        f"smoke-{second} · [a]": 1,
        f"smoke-{second}": 1,
    }
    status, said = run_job("verdict", tmp_path / "verdict", runner, {})
    assert (status, "CELL_MISSING" in said) == (1, False)
    assert all(cell in (tmp_path / "summary.md").read_text().replace("\\", "") for cell in statuses)
    shutil.rmtree(tmp_path / "verdict/evidence/evidence-0")
    status, said = run_job("verdict", tmp_path / "verdict", runner, {})
    assert f"✗ smoke-{first} · [a]" in said
    assert (status, "CELL_MISSING" in said) == (1, True)
