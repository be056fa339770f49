"""Faults are put into sound projects of every backend: the tool has to find each, and no other.

`nox -s faults` runs all; `-- --every 6` runs each once, with another project for each.
"""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Ran, Tool, write_files
from faults import FAULTS, SOUND, Fault
from projects import PROJECTS, Project

Make = Callable[..., Path]

pytestmark = pytest.mark.index


def cases(faults: tuple[Fault, ...]) -> list[object]:
    """Each fault in each project, beginning with another project for each fault."""
    return [
        pytest.param(
            project,
            fault,
            id=f"{project.backend.name}-{fault.name}",
            # Every sixth is each fault once, every 24th each fourth fault.
            marks=pytest.mark.turn(turn + len(PROJECTS) * (number % 4)),
        )
        for number, fault in enumerate(faults)
        for turn, project in enumerate(_fitting(fault, number))
    ]


def _fitting(fault: Fault, number: int) -> list[Project]:
    fitting = [one for one in PROJECTS if one.backend.name in fault.backends]
    first = number % len(fitting)
    return fitting[first:] + fitting[:first]


@pytest.fixture(scope="session")
def uv_cache() -> str:
    """The user's cache of uv, asked for before the tests are sealed: backends come from it."""
    done = subprocess.run(["uv", "cache", "dir"], check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def examine(
    uv_cache: str, repository: Make, cleanroom: Tool, pythons: list[str]
) -> Callable[[Project, Fault], Ran]:
    """Runs the tool on a project with a fault."""

    def run(project: Project, fault: Fault) -> Ran:
        skip_without_means(fault, pythons)
        root = repository(fault.inject(project).content)
        write_files(root, fault.left_in_checkout(project))
        return cleanroom(root, fault.session, env={"UV_CACHE_DIR": uv_cache})

    return run


def skip_without_means(fault: Fault, pythons: list[str]) -> None:
    """Skip what this machine cannot make or ask about."""
    python = fault.session.partition("-")[2] or "3.11"
    absent = [f"Python {python}"] if python not in pythons else []
    absent += [name for name in fault.programs if shutil.which(name) is None]
    absent += [name for name in fault.modules if importlib.util.find_spec(name) is None]
    if absent:
        pytest.skip(f"needs {', '.join(absent)}")


def findings(ran: Ran, outcome: str) -> list[str]:
    """What was said with an outcome, each finding as one text."""
    fields = ("code", "probe", "subject", "message", "hint", "output")
    return [
        "\n".join(str(one.get(name, "")) for name in fields)
        for cell in ran.evidence.get("cells", [])
        for one in (*cell["problems"], *cell["probes"])
        if one["outcome"] == outcome and not one.get("waived")
    ]


def judge(ran: Ran, fault: Fault) -> str:
    """What is wrong with the tool's answer; empty when it is right."""
    verdict = ran.evidence.get("verdict", f"exit status {ran.status}")
    if verdict != fault.expected:
        return f"{verdict}, not {fault.expected}"
    said = findings(ran, fault.expected)
    if fault.says and not any(all(_has(text, one) for one in fault.says) for text in said):
        return f"{verdict}, and no finding says {' and '.join(fault.says)}"
    return ""


def _has(text: str, pattern: str) -> bool:
    return re.search(pattern, text, re.IGNORECASE) is not None


@pytest.mark.parametrize(("project", "fault"), cases(FAULTS))
def test_a_fault_is_found(
    examine: Callable[[Project, Fault], Ran],
    project: Project,
    fault: Fault,
    record_property: Callable[[str, object], None],
) -> None:
    ran = examine(project, fault)
    answer = judge(ran, fault)
    record_property("fault", answer)
    assert not answer, f"{answer}\n{ran.text}"


@pytest.mark.parametrize(("project", "fault"), cases(SOUND))
def test_what_is_sound_raises_no_alarm(
    examine: Callable[[Project, Fault], Ran],
    project: Project,
    fault: Fault,
    record_property: Callable[[str, object], None],
) -> None:
    ran = examine(project, fault)
    answer = judge(ran, fault)
    record_property("sound", answer)
    assert not answer, f"{answer}\n{ran.text}"
