"""The cells of a matrix as jobs for CI: one job for each, with the command that runs it."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from nox_cleanroom.config.axes import Variant, cell_name
from nox_cleanroom.records import dataclass

#: What runs the cells and joins them.
PROGRAM = "nox-cleanroom"


@dataclass(frozen=True, kw_only=True)
class Job:
    """One cell as a job."""

    #: Its name, such as ``smoke-3.12 · sdist``.
    cell: str
    #: The session that runs it, such as ``smoke-3.12``, with these options.
    session: str
    #: Whether only the project's noxfile has that session.
    is_from_noxfile: bool
    options: tuple[str, ...]
    python: str
    #: The machine that runs it, as the CI system names it; empty for its usual one.
    platform: str
    #: Whether it may fail without failing the whole.
    may_fail: bool

    @property
    def command(self) -> str:
        """The command that runs exactly this cell, for a shell; more options may follow."""
        start = (
            ["nox", "-s", self.session, "--"] if self.is_from_noxfile else [PROGRAM, self.session]
        )
        return shlex.join([*start, *self.options])


def jobs_of(
    pythons: Iterable[str],
    wanted: Sequence[Variant],
    *,
    usual: Variant,
    suffix: str,
    may_fail: Sequence[str],
    package: str = "",
    dist: Sequence[str] = (),
    rev: str = "",
) -> list[Job]:
    """The jobs of a matrix.

    Args:
        pythons: the interpreters, such as ``["3.11"]``.
        wanted: the ways to test on each.
        usual: the way that a session takes without options.
        suffix: the suffix of the cells' names.
        may_fail: the interpreters that may fail.
        package: the package, when the repository has several that are tested with each other.
        dist: the distributions that all jobs test, instead of building any.
        rev: the commit that they test; empty for what is checked out.
    """
    is_from_noxfile = bool(suffix) and not package
    common = (
        *(("--rev", rev) if rev else ()),
        *(("--package", package) if package else ()),
        *(("--dist", *dist) if dist else ()),
    )
    return [
        Job(
            cell=cell_name(suffix, python, variant),
            session=f"smoke{suffix if is_from_noxfile else ''}-{python}",
            is_from_noxfile=is_from_noxfile,
            options=(*_options(variant, usual), *common),
            python=python,
            platform=variant.platform,
            may_fail=python in may_fail,
        )
        for python in pythons
        for variant in wanted
    ]


def _options(variant: Variant, usual: Variant) -> Iterator[str]:
    if variant.artifact != usual.artifact:
        yield from ("--artifact", variant.artifact)
    if variant.resolution != usual.resolution:
        yield from ("--resolution", variant.resolution)
    if variant.extras != usual.extras:
        names = variant.extras if isinstance(variant.extras, str) else ",".join(variant.extras)
        # One word even for none: a variable that holds the command is split only at spaces.
        yield f"--extras={names}"
    if variant.platform:
        yield from ("--platform", variant.platform)


def _about(job: Job) -> dict[str, Any]:
    return {
        "session": job.session,
        "python": job.python,
        "platform": job.platform,
        "cell": job.cell,
        "options": shlex.join(job.options),
        "command": job.command,
        "may-fail": job.may_fail,
    }


def github(jobs: Sequence[Job]) -> str:
    """The value of ``strategy.matrix`` for GitHub Actions, on one line."""
    usual = {"platform": "ubuntu-latest"}
    entries = [{**_about(job), **({} if job.platform else usual)} for job in jobs]
    return json.dumps({"include": entries})


def gitlab(jobs: Sequence[Job]) -> str:
    """A child pipeline for GitLab: a job for each cell, and one that joins them.

    Each cell gets the plan and the distributions of the job ``plan`` in the parent pipeline, whose
    number is in a variable. It is JSON, which is YAML, too.
    (https://docs.gitlab.com/ci/pipelines/downstream_pipelines/,
    https://docs.gitlab.com/ci/yaml/#needspipelinejob)
    """
    if not jobs:
        # GitLab makes no pipeline without a job in a usual stage.
        return json.dumps({"nothing to test": {"script": ["echo no package has changed"]}})
    plan = {"pipeline": "$PARENT_PIPELINE_ID", "job": "plan", "artifacts": True}
    cells = {
        job.cell: {
            "needs": [plan],
            "script": [f"{job.command} --report-dir reports/{number}"],
            # The verdict takes the plan from them: it cannot name so many jobs.
            "artifacts": {"when": "always", "paths": ["reports", "plan.json"]},
            "allow_failure": job.may_fail,
            **({"tags": [job.platform]} if job.platform else {}),
        }
        for number, job in enumerate(jobs)
    }
    verdict = {
        "stage": ".post",
        "when": "always",
        "script": [f"{PROGRAM} join reports --plan plan.json --write junit=junit.xml"],
        "artifacts": {"when": "always", "reports": {"junit": "junit.xml"}},
    }
    everywhere = {
        "image": "python:3.13",
        "before_script": [f"python -m pip install '{PROGRAM}[uv]'"],
    }
    # The Pythons are uv's, and a version may come from tags.
    variables = {"NOX_DOWNLOAD_PYTHON": "auto", "GIT_DEPTH": "0"}
    pipeline = {"default": everywhere, "variables": variables, **cells, "verdict": verdict}
    return json.dumps(pipeline, indent=2, ensure_ascii=False)


def plain(jobs: Sequence[Job]) -> str:
    """The jobs as a JSON list, for any other service."""
    return json.dumps([_about(job) for job in jobs], indent=2)


#: What `--emit` prints for each CI system.
EMITTERS: Mapping[str, Callable[[Sequence[Job]], str]] = {
    "github": github,
    "gitlab": gitlab,
    "json": plain,
}


def append_output(matrix: str, path: Path) -> None:
    """Give the matrix to the following jobs, as the step's output ``matrix``.

    (https://docs.github.com/actions/reference/workflow-commands-for-github-actions)
    """
    with path.open("a", encoding="utf-8") as file:
        file.write(f"matrix={matrix}\n")
