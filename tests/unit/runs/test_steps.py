"""Steps are watched, shown and recorded, also when they fail."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from nox_cleanroom.processes.process import Completed
from nox_cleanroom.results import Step
from nox_cleanroom.steps import Steps


class Notes:
    """Watch and progress in one, which note what they hear."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    @contextlib.contextmanager
    def during(self, label: str, *, only_reads: bool = False) -> Iterator[None]:
        self.heard.append(f"{label}{' (only reads)' if only_reads else ''}")
        yield
        self.heard.append(f"end of {label}")

    def step_started(self, cell: str, step: str) -> None:
        self.heard.append(f"{cell} starts {step}")

    def step_finished(self, cell: str, step: Step) -> None:
        self.heard.append(f"{cell}: {step.name} is {step.ending}")

    def step_printed(self, text: str) -> None:
        self.heard.append(text)


@pytest.fixture
def notes() -> Notes:
    return Notes()


@pytest.fixture
def steps(notes: Notes) -> Steps:
    return Steps(
        cell="smoke-3.11",
        watch=cast("Any", notes),
        progress=notes,
        workspace=cast("Any", SimpleNamespace(neutral=Path("neutral"), directory=Path)),
        env={"A": "b"},
        at_once=contextlib.nullcontext(),
        timeout_seconds=9,
        epoch=time.monotonic(),
    )


def test_a_command_is_recorded(monkeypatch: pytest.MonkeyPatch, steps: Steps, notes: Notes) -> None:
    ran: list[dict[str, Any]] = []

    def run(command: list[str], *, begun: Callable[[], None], **more: Any) -> Completed:
        ran.append(more)
        begun()
        return Completed(
            command=tuple(command), exit_status=2, output="words", duration=0.5, timed_out=False
        )

    monkeypatch.setattr("nox_cleanroom.steps.process.run", run)
    step = steps.run("build", ["x", "y"], only_reads=True)
    steps.run("test", ["z"], cwd=Path("here"), env={}, timeout_seconds=3, stdout=Path("out"))
    assert (step.command, step.exit_status, step.cwd) == (("x", "y"), 2, "neutral")
    assert (step.output, step.duration, step.ending) == ("words", 0.5, "exit status 2")
    assert [one.name for one in steps.recorded] == ["build", "test"]
    assert steps.begun.is_set()
    assert ran == [
        {
            "cwd": Path("neutral"),
            "env": {"A": "b"},
            "timeout_seconds": 9,
            "stdout": None,
            "echo": None,
        },
        {"cwd": Path("here"), "env": {}, "timeout_seconds": 3, "stdout": Path("out"), "echo": None},
    ]
    assert notes.heard[:5] == [
        "smoke-3.11 starts wait for a processor",
        "smoke-3.11 starts build",
        "smoke-3.11: build (only reads)",
        "end of smoke-3.11: build",
        "smoke-3.11: build is exit status 2",
    ]


def test_our_own_work_is_recorded_also_when_it_fails(steps: Steps, notes: Notes) -> None:
    with steps.action("make"):
        steps.wait_for("the wheel")
    with pytest.raises(ValueError, match="x"), steps.action("break"):
        raise ValueError("x")
    assert [(one.name, one.ending, one.command) for one in steps.recorded] == [
        ("make", "done", ()),
        ("break", "failed", ()),
    ]
    assert "smoke-3.11 starts wait for the wheel" in notes.heard
    assert steps.directory("x") == Path("x")


def test_what_is_to_be_shown_is_shown_as_it_comes(
    monkeypatch: pytest.MonkeyPatch, steps: Steps, notes: Notes
) -> None:
    def run(command: list[str], *, echo: Any, **more: Any) -> Completed:
        if echo is not None:
            echo(f"output of {command[0]}")
        return Completed(command=tuple(command), exit_status=0, output="", duration=0.5)

    monkeypatch.setattr("nox_cleanroom.steps.process.run", run)
    for shown in ("nothing", "tests", "all"):
        of_this = replace(steps, shown=shown)
        of_this.run("build", ["make", "it all"])
        of_this.run("test", ["pytest"], is_test=True)
    printed = [line for line in notes.heard if "output of" in line or "$" in line]
    assert printed == [
        "output of pytest",
        "smoke-3.11: $ make 'it all'",
        "output of make",
        "smoke-3.11: $ pytest",
        "output of pytest",
    ]
