"""What a smoke does in a cell, and in which order; each part of it is made up."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from samples import VALUES
from values import facts, installed, wheel

from nox_cleanroom.build.wheelhouse import Provenance, StoredWheel
from nox_cleanroom.config.axes import Variant
from nox_cleanroom.config.commands import Command
from nox_cleanroom.config.settings import Settings
from nox_cleanroom.errors import BuildError, Code, InstallError, PythonExcludedError
from nox_cleanroom.findings import Outcome
from nox_cleanroom.once import Once
from nox_cleanroom.runs import cell as cell_module
from nox_cleanroom.runs import installing
from nox_cleanroom.runs import smoke as smoke_module
from nox_cleanroom.runs.cell import RunningCell
from nox_cleanroom.runs.smoke import smoke

#: The probes of a smoke by the names of their values; one with a default is brought when needed.
PROBES = {
    "loaded": "load",
    "sources": "read_sources",
    "installed": "look_at_installed",
    "traces": "look_for_traces",
    "description": "render_description",
    "commands": "run_commands",
    "tests": "run_tests",
    "left_out": "find_left_out",
    "with_extras": "look_with_extras",
}
BROUGHT = {**VALUES, "installed": installed()}


class Smoke:
    """A cell of which each step is noted, and may fail."""

    def __init__(
        self,
        *,
        variant: Variant | None = None,
        metadata: str = "",
        install_only: bool = False,
        settings: Settings | None = None,
    ) -> None:
        self.did: list[str] = []
        self.errors: dict[str, Exception] = {}
        self.extras: list[tuple[str, ...]] = []
        whole = wheel(metadata=f"Provides-Extra: x\n{metadata}")
        provenance = Provenance(
            python="3.11",
            built_with="3.11.7",
            built_at="2026-01-01T12:00:00+00:00",
            requirements={},
            variables={},
            built_in="/build",
        )
        self.stored = StoredWheel(wheel=whole, path=Path("/x.whl"), provenance=provenance)
        environment = SimpleNamespace(backend="uv", uv="uv", python=Path("/env/bin/python"))
        run = SimpleNamespace(
            request=SimpleNamespace(suffix="", env={}, install_only=install_only),
            may_fail=(),
            packages=(),
            source=SimpleNamespace(
                settings=settings or Settings(),
                require_python=lambda version: self.do("require Python"),
                worktree=self.worktree,
                checkout=SimpleNamespace(root=Path("/checkout")),
                pyproject={},
            ),
            environments=SimpleNamespace(
                fresh=lambda *names: self.do("environment", environment),
                facts=lambda made, steps: facts(),
            ),
            bytecode=SimpleNamespace(lent=lambda facts: contextlib.nullcontext()),
            once=Once(),
            install_options=(),
            workspace=None,
            readings=None,
            tracked=VALUES["tracked"],
            steps=lambda name: self,
        )
        self.cell = RunningCell.start(run, "3.11", variant or Variant())  # type: ignore[arg-type]

    recorded = ()
    begun = threading.Event()

    @contextlib.contextmanager
    def action(self, name: str) -> Iterator[None]:
        yield

    @contextlib.contextmanager
    def worktree(self, workspace: object) -> Iterator[Any]:
        self.do("worktree")
        yield SimpleNamespace(project=Path("/worktree"))
        self.did.append("no worktree")

    def take(self, artifact: str, cell: RunningCell) -> StoredWheel:
        self.do(f"take {artifact}")
        return self.stored

    def do(self, what: str, value: Any = None) -> Any:
        self.did.append(what)
        if what in self.errors:
            raise self.errors[what]
        return value

    def install(self, *_: object, extras: tuple[str, ...], **more: object) -> None:
        self.extras.append(extras)
        self.do("install")


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Puts the notes of a smoke in the place of its parts, and runs it."""

    def run(one: Smoke) -> RunningCell:
        monkeypatch.setattr(installing, "install_wheel", one.install)
        monkeypatch.setattr(installing, "prove_identity", lambda *_: one.do("prove"))
        monkeypatch.setattr(smoke_module, "compare_with_sdist", lambda *_: one.do("compare"))
        for name, probe in PROBES.items():
            monkeypatch.setattr(
                smoke_module, probe, lambda *_, name=name: one.do(name, BROUGHT[name])
            )
        smoke(one.cell, one, meanwhile=lambda: one.do("meanwhile"))  # type: ignore[arg-type]
        return one.cell

    return run


START = ["environment", "require Python", "meanwhile", "take wheel", "install", "prove"]
PROBED = ["loaded", "sources", "installed", "traces", "description", "commands", "tests"]


def in_order(did: list[str]) -> list[str]:
    """What was done; what is done side by side in the order in which it is begun."""
    side_by_side = PROBED[:5]
    places = [place for place, what in enumerate(did) if what in side_by_side]
    for place, what in zip(
        places, sorted((did[place] for place in places), key=PROBED.index), strict=True
    ):
        did[place] = what
    return did


def test_own_tests_come_last_and_what_settles_findings_after_that(parts: Any) -> None:
    one = Smoke()
    cell = parts(one)
    again = ["left_out", "environment", "install", "prove", "with_extras"]
    assert in_order(one.did) == [*START, *PROBED, *again]
    assert one.extras == [(), ("x",)]
    assert cell.problems == []
    assert {"imports", "record", "dependencies", "tests"} <= {one.check for one in cell.findings}


def test_what_needs_files_of_the_project_gets_a_worktree(parts: Any) -> None:
    one = Smoke(settings=Settings(smoke=(Command(argv=("x",), cwd="worktree"),)))
    parts(one)
    assert in_order(one.did)[:8] == [*START, "worktree", "loaded"]
    assert one.did[-1] == "no worktree"


def test_installing_may_be_all(parts: Any) -> None:
    one = Smoke(install_only=True)
    assert parts(one).findings == ()
    assert one.did == START


def test_a_cell_that_tests_the_sdist_is_compared_with_the_tree(parts: Any) -> None:
    one = Smoke(variant=Variant(artifact="sdist", extras="all"))
    parts(one)
    assert one.did[3] == "take sdist"
    assert one.did[-1] == "compare"
    assert one.extras[0] == ("x",)


@pytest.mark.parametrize(
    ("step", "error", "outcome", "code"),
    [
        ("require Python", PythonExcludedError(">=3.12", "3.11.7"), Outcome.SKIPPED, Code.PYTHON_EXCLUDED),
        ("take wheel", BuildError("x"), Outcome.FAILED, Code.BUILD_FAILED),
        ("install", InstallError("x"), Outcome.FAILED, Code.INSTALL_FAILED),
        ("prove", InstallError("x", code=Code.IDENTITY_FAILED), Outcome.FAILED, Code.IDENTITY_FAILED),
    ],
)  # fmt: skip
def test_a_step_that_fails_is_the_last(
    parts: Any, step: str, error: Exception, outcome: Outcome, code: Code
) -> None:
    one = Smoke()
    one.errors[step] = error
    cell = parts(one)
    assert one.did == START[: START.index(step) + 1]
    assert [(problem.outcome, problem.code) for problem in cell.problems] == [(outcome, code)]


@pytest.mark.parametrize(("stated", "is_admitted"), [(">=3.12", False), ("whenever", True)])
def test_what_the_wheel_requires_of_python_counts(
    parts: Any, stated: str, is_admitted: bool
) -> None:
    one = Smoke(metadata=f"Requires-Python: {stated}\n")
    cell = parts(one)
    assert ("install" in one.did) is is_admitted
    assert cell.is_skipped is not is_admitted


def test_a_probe_that_fails_keeps_no_other_from_being_run(parts: Any) -> None:
    one = Smoke()
    one.errors["sources"] = ValueError("x")
    cell = parts(one)
    assert in_order(one.did)[: len(START + PROBED)] == [*START, *PROBED]
    found = {one.check: one.outcome for one in cell.findings if one.code is Code.INTERNAL}
    checks = ("import statements", "distributions", "bytecode", "package data")
    assert found == dict.fromkeys(checks, Outcome.ERROR)


def test_other_probes_run_while_the_process_of_the_first_one_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cell_module, "_HEAD_START_SECONDS", 30)
    one, did, is_done = Smoke(), list[str](), threading.Event()

    def first() -> str:
        # It takes a while to start a process.
        time.sleep(0.1)
        did.append("first begins")
        one.begun.set()
        is_done.wait(30)
        did.append("first ends")
        return "a"

    def other() -> str:
        did.append("other")
        is_done.set()
        return "b"

    one.cell.bring(first=first, other=other)
    assert did == ["first begins", "other", "first ends"]
    assert one.cell.values == {"first": "a", "other": "b"}


def test_other_probes_need_no_process_of_the_first_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cell_module, "_HEAD_START_SECONDS", threading.TIMEOUT_MAX)
    one = Smoke()
    one.cell.bring(first=lambda: "a", other=lambda: "b")
    assert one.cell.values == {"first": "a", "other": "b"}
