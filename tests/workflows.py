"""Runs the jobs of workflows and actions for GitHub on this machine: their commands, and artifacts."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from conftest import git
from ruamel.yaml import YAML

#: Actions that this machine stands in for.
SET_UP = ("actions/setup-python", "astral-sh/setup-uv")


def load(text: str) -> Any:
    return YAML(typ="safe").load(text)


@dataclass(kw_only=True)
class Service:
    """What a service keeps between the jobs of one run of a workflow."""

    #: The repository that jobs check out, and where they work.
    repository: Path
    place: Path
    inputs: Mapping[str, Any] = field(default_factory=dict)
    #: The outputs of jobs, and other values of expressions.
    values: dict[str, Any] = field(default_factory=dict)
    count: int = 0

    @property
    def artifacts(self) -> Path:
        return self.place / "artifacts"

    def run_job(self, job: Mapping[str, Any], *, defaults: Any = None, **more: Any) -> Job:
        """Run a job with some values of the matrix in a workspace of its own."""
        self.count += 1
        workspace = self.place / f"job-{self.count}"
        workspace.mkdir(parents=True)
        temporary = self.place / f"temp-{self.count}"
        temporary.mkdir()
        values = {
            **{f"inputs.{name}": value for name, value in self.inputs.items()},
            **self.values,
            **more,
            "github.workspace": str(workspace),
            "runner.temp": str(temporary),
        }
        running = Job(self, workspace, temporary, values, defaults or {})
        running.run(job["steps"])
        for name, text in job.get("outputs", {}).items():
            if not running.status:
                self.values[f"needs.plan.outputs.{name}"] = running.evaluate(text)
        return running


@dataclass
class Job:
    """A job as it runs."""

    service: Service
    workspace: Path
    temporary: Path
    values: dict[str, Any]
    defaults: Mapping[str, Any]
    status: int = 0
    output: str = ""
    summary: str = ""

    def run(self, steps: Sequence[Mapping[str, Any]]) -> None:
        for step in steps:
            wanted = str(step.get("if", "success()"))
            if self.status and "always()" not in wanted:
                continue
            condition = wanted.replace("always() && ", "")
            if condition in {"success()", "always()"} or self.values[condition]:
                self._run_step(step)

    def evaluate(self, text: str) -> str:
        """A text with the values of its expressions; an unknown one is an error."""
        return re.sub(r"\$\{\{ (.+?) \}\}", lambda found: str(self._value(found[1])), str(text))

    def _value(self, expression: str) -> Any:
        choice = re.fullmatch(r"(\S+) && format\('(.+)\{0\}(.*)', (\S+)\) \|\| ''", expression)
        if choice:
            name, before, after, value = choice.groups()
            return f"{before}{self.values[value]}{after}" if self.values[name] else ""
        return self.values[expression]

    def _run_step(self, step: Mapping[str, Any]) -> None:
        action = step.get("uses", "").partition("@")[0]
        given = {name: self.evaluate(value) for name, value in step.get("with", {}).items()}
        if action == "actions/checkout":
            target = self.workspace / given.get("path", ".")
            git(self.service.place, "clone", "--quiet", str(self.service.repository), str(target))
        elif action == "actions/upload-artifact":
            source = self.workspace / given["path"]
            target = self.service.artifacts / given["name"]
            assert not target.exists(), "a service refuses a second one of this name"
            if source.is_dir():
                shutil.copytree(source, target)
            elif source.exists():
                target.mkdir(parents=True)
                shutil.copy(source, target)
        elif action == "actions/download-artifact":
            self._download(given)
        elif step.get("run", "").startswith("python -m pip install"):
            pass  # What is installed here is tested.
        elif "run" in step:
            self._run_command(step)
        else:
            assert action in SET_UP, action

    def _download(self, given: Mapping[str, str]) -> None:
        """One artifact goes into the directory itself, and each of several into one of its own."""
        path = self.workspace / given["path"]
        if "name" in given:
            if not (self.service.artifacts / given["name"]).exists():
                self.status = 1
                return
            shutil.copytree(self.service.artifacts / given["name"], path, dirs_exist_ok=True)
        for found in (
            self.service.artifacts.glob(given.get("pattern", "")) if "pattern" in given else ()
        ):
            shutil.copytree(found, path / found.name)

    def _run_command(self, step: Mapping[str, Any]) -> None:
        outputs, summary = (self.temporary / one for one in ("outputs", "summary"))
        where = step.get("working-directory") or self.defaults.get("working-directory", ".")
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", self.evaluate(step["run"])],
            cwd=self.workspace / self.evaluate(where),
            env={
                **os.environ,
                "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
                "CI": "true",
                "GITHUB_ACTIONS": "true",
                "GITHUB_WORKSPACE": str(self.workspace),
                "GITHUB_OUTPUT": str(outputs),
                "GITHUB_STEP_SUMMARY": str(summary),
                **{name: self.evaluate(value) for name, value in step.get("env", {}).items()},
            },
            capture_output=True,
            text=True,
            check=False,
        )
        self.status, self.output = done.returncode, self.output + done.stdout + done.stderr
        if outputs.exists():
            for line in outputs.read_text().splitlines():
                name, _, value = line.partition("=")
                self.values[f"steps.{step['id']}.outputs.{name}"] = value
        if summary.exists():
            self.summary = summary.read_text().replace("\\", "")


def inputs_of(declared: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs of a workflow or an action; one that it does not have is an error."""
    assert set(given) <= set(declared), set(given) - set(declared)
    return {name: given.get(name, about["default"]) for name, about in declared.items()}


def run_workflow(
    service: Service, workflow: Mapping[str, Any], given: Mapping[str, Any]
) -> dict[str, Job]:
    """Run a workflow with the jobs plan, cell and verdict; the cells by their names."""
    service.inputs = inputs_of(workflow["on"]["workflow_call"]["inputs"], given)
    defaults, jobs = workflow["defaults"]["run"], workflow["jobs"]
    ran = {"plan": service.run_job(jobs["plan"], defaults=defaults)}
    matrix = json.loads(service.values.get("needs.plan.outputs.matrix") or '{"include": []}')
    for index, entry in enumerate(matrix["include"]):
        values = {f"matrix.{name}": value for name, value in entry.items()}
        values["strategy.job-index"] = index
        ran[entry["cell"]] = service.run_job(jobs["cell"], defaults=defaults, **values)
    ran["verdict"] = service.run_job(jobs["verdict"], defaults=defaults)
    return ran
