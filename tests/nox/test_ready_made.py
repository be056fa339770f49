"""What the page about CI shows is run here: the action, the workflow, and the pipeline of GitLab."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import copy_checkout, demo_files, pyproject
from workflows import Service, inputs_of, load, run_workflow

TOP = Path(__file__).parents[2]
PAGE = (TOP / "docs/how-to/ci.md").read_text(encoding="utf-8")
#: The workflows of the page, by what the job of each uses.
SHOWN = {
    re.search(r"uses: (nox-cleanroom/\S+)@", block)[1]: load(block)["jobs"]["cleanroom"]  # type: ignore[index]
    for block in re.findall(r"^```yaml\n(jobs:.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
}
ACTION = "nox-cleanroom/nox-cleanroom"
WORKFLOW = f"{ACTION}/.github/workflows/cleanroom.yml"

Make = Callable[..., Path]
needs_bash = pytest.mark.skipif(not shutil.which("bash"), reason="the services' shell is bash")


def of_file(used: str) -> Any:
    """The file of this repository that a workflow uses."""
    path = used.removeprefix(ACTION).lstrip("/") or "action.yml"
    return load((TOP / path).read_text(encoding="utf-8"))


def failing_on(python: str) -> str:
    return f"import sys\nassert '%d.%d' % sys.version_info[:2] != '{python}'\ndef main(): pass\n"


def project(pythons: list[str], *, more: str = "", **changes: str) -> dict[str, str]:
    table = f"[tool.nox-cleanroom]\npythons = {json.dumps(pythons)}\n{more}"
    return demo_files(
        **{
            "pyproject.toml": pyproject(tool=table),
            ".gitignore": "/dist/\n/reports/\n__pycache__/\n",
            **changes,
        }
    )


def validate(schema: str, path: Path) -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(path)]
    subprocess.run(command, check=True)


def test_they_are_what_the_services_expect(tmp_path: Path) -> None:
    validate("vendor.github-actions", TOP / "action.yml")
    validate("vendor.github-workflows", TOP / ".github/workflows/cleanroom.yml")
    validate("vendor.gitlab-ci", TOP / "templates/gitlab.yml")
    for block in re.findall(r"^```yaml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL):
        path = tmp_path / "shown.yml"
        kind = "github-workflows" if block.startswith("jobs:") else "gitlab-ci"
        path.write_text(f"on: push\n{block}" if kind == "github-workflows" else block)
        validate(f"vendor.{kind}", path)
    assert set(SHOWN) == {ACTION, WORKFLOW}


@needs_bash
@pytest.mark.parametrize("broken", ["", "import absent_one\n"], ids=["green", "red"])
def test_the_action(repository: Make, pythons: list[str], tmp_path: Path, broken: str) -> None:
    root = repository(
        project(pythons[:1], **{"src/demo/__init__.py": f"{broken}def main(): pass\n"})
    )
    action, (checkout, used) = of_file(ACTION), SHOWN[ACTION]["steps"]
    service = Service(repository=root, place=tmp_path / "service")
    service.inputs = inputs_of(action["inputs"], used["with"])
    job = service.run_job(
        {"steps": [checkout, *action["runs"]["steps"]]}, **{"github.action_path": str(TOP)}
    )
    assert job.status == bool(broken), job.output
    written = {path.name for path in (service.artifacts / "cleanroom-evidence").iterdir()}
    assert {"matrix.json", "clean_check.json"} <= written
    assert ("absent_one" in job.summary) == bool(broken)


@needs_bash
def test_the_workflow_builds_once_and_has_one_verdict(
    repository: Make, several: list[str], tmp_path: Path
) -> None:
    first, second = several[:2]
    more = "extras = [['a'], []]\nplatforms = ['one', 'other']\n"
    more += "[project.optional-dependencies]\na = []\n"
    root = repository(
        project([first, f"{second}?"], more=more, **{"src/demo/__init__.py": failing_on(second)})
    )
    service = Service(repository=root, place=tmp_path / "service")
    workflow, given = of_file(WORKFLOW), SHOWN[WORKFLOW]["with"]
    ran = run_workflow(service, workflow, given)
    cells = {name: job for name, job in ran.items() if name not in {"plan", "verdict"}}
    expected = {
        f"smoke-{python} · {way}"
        for python in (first, second)
        for way in ("[a] one", "[a] other", "one", "other")
    }
    assert set(cells) == expected
    for name, job in cells.items():
        assert job.status == (second in name), job.output
        assert "as given" in job.output
    # A cell that may fail in the matrix may fail here.
    verdict = ran["verdict"]
    assert verdict.status == 0, verdict.output
    assert all(name in verdict.summary for name in cells)
    reports = {path.name for path in (service.artifacts / "cleanroom-verdict").iterdir()}
    assert reports == {"cleanroom.html", "junit.xml", "statement.json", "evidence.json"}
    built = sorted(path.name for path in (service.artifacts / "cleanroom-dist").iterdir())
    assert built == ["demo-1.0-py3-none-any.whl", "demo-1.0.tar.gz"]

    shutil.rmtree(service.artifacts / "cleanroom-verdict")
    shutil.rmtree(service.artifacts / "cleanroom-cell-0")
    again = service.run_job(workflow["jobs"]["verdict"], defaults=workflow["defaults"]["run"])
    assert (again.status, "CELL_MISSING" in again.output) == (1, True)


@needs_bash
def test_the_workflow_of_several_packages(
    repository: Make, pythons: list[str], tmp_path: Path
) -> None:
    files = dict[str, str]()
    # The second directory has quotes in its command.
    for name, directory in (("demo", "demo"), ("other", "an other")):
        some = project(pythons[:1], **{"pyproject.toml": pyproject(name=name)})
        files |= {f"packages/{directory}/{path}": text for path, text in some.items()}
    root = repository(files)
    service = Service(repository=root, place=tmp_path / "service")
    options = f"--all-packages --pythons {pythons[0]}"
    ran = run_workflow(service, of_file(WORKFLOW), {"plan": options, "dist": False})
    names = {f"smoke_{name}-{pythons[0]}" for name in ("demo", "an_other")}
    assert names < set(ran)
    assert {name: job.status for name, job in ran.items()} == dict.fromkeys(ran, 0), ran[
        "verdict"
    ].output


@needs_bash
def test_a_plan_that_cannot_be_built_is_red(
    repository: Make, pythons: list[str], tmp_path: Path
) -> None:
    broken = "def build_sdist(*_):\n    raise SystemExit('no')\n"
    root = repository(project(pythons[:1], **{"in_tree_backend.py": broken}))
    service = Service(repository=root, place=tmp_path / "service")
    ran = run_workflow(service, of_file(WORKFLOW), {})
    assert {name: job.status for name, job in ran.items()} == {"plan": 1, "verdict": 1}
    assert "BUILD_FAILED" in ran["plan"].output + ran["plan"].summary


def run_script(job: Any, where: Path, **variables: str) -> tuple[int, str]:
    """Run the script of a job of GitLab, except for installing; the status and output."""
    commands = [one for one in job["script"] if not one.startswith("python -m pip install")]
    env = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "CI": "true",
        **variables,
    }
    done = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", "\n".join(commands)],
        cwd=where,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def keep(job: Any, source: Path, target: Path) -> None:
    """Copy the artifacts of a job."""
    for name in job["artifacts"]["paths"]:
        if (source / name).is_dir():
            shutil.copytree(source / name, target / name, dirs_exist_ok=True)
        elif (source / name).exists():
            shutil.copy(source / name, target / name)


@needs_bash
def test_the_pipeline_of_gitlab(repository: Make, several: list[str], tmp_path: Path) -> None:
    first, second = several[:2]
    root = repository(project(several[:2], **{"src/demo/__init__.py": failing_on(second)}))
    template = of_file("templates/gitlab.yml")
    parent = copy_checkout(root, tmp_path / "plan")
    status, said = run_script(template["plan"], parent)
    assert status == 0, said
    kept = tmp_path / "kept"
    kept.mkdir()
    keep(template["plan"], parent, kept)
    triggered = template["cells"]["trigger"]["include"][0]["artifact"]
    validate("vendor.gitlab-ci", kept / triggered)
    pipeline = json.loads((kept / triggered).read_text(encoding="utf-8"))
    joined = tmp_path / "verdict"
    joined.mkdir()
    statuses = {}
    for name in (f"smoke-{first}", f"smoke-{second}"):
        needed = pipeline[name]["needs"][0]
        assert needed["job"] == "plan"
        assert needed["pipeline"].lstrip("$") in template["cells"]["variables"]
        clone = copy_checkout(root, tmp_path / f"clone {name}")
        keep(template["plan"], kept, clone)
        statuses[name], said = run_script(pipeline[name], clone)
        assert "as given" in said
        keep(pipeline[name], clone, joined)
    assert statuses == {f"smoke-{first}": 0, f"smoke-{second}": 1}
    status, said = run_script(pipeline["verdict"], joined)
    assert (status, "CELL_MISSING" in said) == (1, False), said
    assert (joined / "junit.xml").exists()
