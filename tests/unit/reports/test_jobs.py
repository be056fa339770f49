"""Jobs for CI: a job for each cell, and the command that runs exactly this cell."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from nox_cleanroom.config.axes import Variant, cell_name, variants
from nox_cleanroom.config.options import EMITTERS as NAMES
from nox_cleanroom.config.options import Options, parse_options
from nox_cleanroom.config.settings import Settings
from nox_cleanroom.reports.jobs import EMITTERS, Job, gitlab, jobs_of

#: Configured axes.
AXES: dict[str, dict[str, Any]] = {
    "none": {},
    "a source distribution": {"artifact": ["wheel", "sdist"]},
    "the source distribution first": {"artifact": ["sdist", "wheel"]},
    "everything": {
        "artifact": ["wheel", "sdist"],
        "resolution": ["highest", "lowest-direct"],
        "extras": [[], ["cli"], ["cli", "yaml"]],
    },
    "all extras": {"extras": "all"},
    "extras as usual": {"extras": [["cli"], []]},
    "machines": {"platforms": ["ubuntu-latest", "windows-latest"], "artifact": ["wheel", "sdist"]},
}


def _jobs(settings: Settings, suffix: str = "") -> list[Job]:
    return jobs_of(
        ["3.12", "3.15"],
        settings.variants_everywhere(Options()),
        usual=settings.variants(Options())[0],
        suffix=suffix,
        may_fail=["3.15"],
    )


@pytest.mark.parametrize("suffix", ["", "_one"])
@pytest.mark.parametrize("axes", AXES.values(), ids=AXES)
def test_the_command_of_a_job_runs_its_cell(axes: dict[str, Any], suffix: str) -> None:
    settings = Settings.from_table(axes)
    jobs = _jobs(settings, suffix)
    cells = 2 * len(settings.variants(Options())) * len(settings.platforms or [""])
    assert len({job.cell for job in jobs}) == len(jobs) == cells
    for job in jobs:
        # As a shell splits a variable; quotes would stay in the words.
        words = job.command.split()
        assert words == shlex.split(job.command)
        if suffix:
            assert words[:2] == ["nox", "-s"]
            assert words.pop(3) == "--"
            del words[1]
        assert words[1] == f"smoke{suffix}-{job.python}"
        run = settings.variants(parse_options(words[2:], relative_to=Path()))[0]
        assert cell_name(suffix, job.python, run) == job.cell


def test_an_option_that_differs_from_the_configured_way_is_in_the_command() -> None:
    wanted = variants(["sdist"], ["highest"], [()])
    [job] = jobs_of(["3.12"], wanted, usual=Variant(), suffix="", may_fail=[])
    assert job.command == "nox-cleanroom smoke-3.12 --artifact sdist"


def test_a_job_of_a_package_and_of_given_files() -> None:
    more = {"package": "packages/one", "dist": ["../dist"], "suffix": "_one"}
    [job] = jobs_of(["3.12"], [Variant()], usual=Variant(), may_fail=[], **more)  # type: ignore[arg-type]
    words = "smoke-3.12 --package packages/one --dist ../dist"
    assert (job.cell, job.command) == ("smoke_one-3.12", f"nox-cleanroom {words}")


def test_a_machine_is_named_in_each_service() -> None:
    settings = Settings.from_table({"platforms": ["macos-latest"]})
    [entry, _] = json.loads(EMITTERS["github"](_jobs(settings)))["include"]
    assert (entry["platform"], entry["cell"]) == ("macos-latest", "smoke-3.12 · macos-latest")
    assert json.loads(gitlab(_jobs(settings)))[entry["cell"]]["tags"] == ["macos-latest"]
    [entry, _] = json.loads(EMITTERS["github"](_jobs(Settings())))["include"]
    assert entry["platform"] == "ubuntu-latest"


def test_there_is_an_emitter_for_each_name() -> None:
    assert set(EMITTERS) == set(NAMES)


@pytest.mark.parametrize("name", ["github", "json"])
def test_what_a_job_says(name: str) -> None:
    text = EMITTERS[name](_jobs(Settings.from_table({"artifact": ["wheel", "sdist"]})))
    jobs = json.loads(text)
    assert (jobs["include"] if name == "github" else jobs)[-1] == {
        "session": "smoke-3.15",
        "python": "3.15",
        "platform": "ubuntu-latest" if name == "github" else "",
        "cell": "smoke-3.15 · sdist",
        "options": "--artifact sdist",
        "command": "nox-cleanroom smoke-3.15 --artifact sdist",
        "may-fail": True,
    }
    # A step's output is one line, in letters that every system can read.
    assert name == "json" or (text.isascii() and "\n" not in text)


def test_without_a_job_there_is_still_a_pipeline(tmp_path: Path) -> None:
    (tmp_path / "pipeline.yml").write_text(gitlab([]), encoding="utf-8")
    validate(tmp_path / "pipeline.yml")


def validate(pipeline: Path) -> None:
    subprocess.run(
        [
            sys.executable,
            "-m",
            "check_jsonschema",
            "--builtin-schema",
            "vendor.gitlab-ci",
            pipeline,
        ],
        check=True,
    )


@pytest.mark.parametrize("axes", AXES.values(), ids=AXES)
def test_the_pipeline_is_one_for_gitlab(axes: dict[str, Any], tmp_path: Path) -> None:
    pipeline = tmp_path / "pipeline.yml"
    pipeline.write_text(gitlab(_jobs(Settings.from_table(axes))), encoding="utf-8")
    validate(pipeline)
    written = json.loads(pipeline.read_text(encoding="utf-8"))
    assert all(job["allow_failure"] for name, job in written.items() if "3.15" in name)
    assert written["verdict"]["stage"] == ".post"
