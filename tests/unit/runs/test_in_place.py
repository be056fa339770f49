"""What a clean check does in a scratch worktree, and what it found up to the step that failed."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from samples import VALUES
from values import facts, wheel

from nox_cleanroom.build.worktree import Worktree
from nox_cleanroom.config.axes import Variant
from nox_cleanroom.config.commands import Command
from nox_cleanroom.config.settings import Settings
from nox_cleanroom.environments.environment import Environment
from nox_cleanroom.errors import BuildError, Code, InterpreterMissingError
from nox_cleanroom.findings import Outcome
from nox_cleanroom.probes.cleanliness import Look
from nox_cleanroom.probes.commands import CommandRun
from nox_cleanroom.results import Cell, Step
from nox_cleanroom.runs import in_place as module
from nox_cleanroom.runs.cell import RunningCell
from nox_cleanroom.runs.clean_check import clean_check


@dataclass
class FakeFrontend:
    """Builds nothing."""

    work: Work
    trials: object = None

    def build(self, what: str, project: Path) -> SimpleNamespace:
        self.work.do(f"build {what}")
        return SimpleNamespace(path=Path("/x.whl"))

    def has_hook(self, project: Path, name: str) -> bool:
        return self.work.has_hook


class Work:
    """The steps of a clean check, of which some fail or leave files."""

    recorded = ()

    def __init__(self, *, here: Sequence[str] = ("3.11", "3.12"), has_hook: bool = True) -> None:
        self.did: list[str] = []
        self.errors: dict[str, Exception] = {}
        self.failing: set[str] = set()
        self.leaves: dict[str, str] = {}
        self.has_hook = has_hook
        self._here = here
        self.taken: list[Look] = []

    def do(self, what: str) -> None:
        self.did.append(what)
        if what in self.errors:
            raise self.errors[what]

    @contextlib.contextmanager
    def action(self, name: str) -> Iterator[None]:
        yield

    def run(self, name: str, command: Sequence[object], **more: object) -> Step:
        self.did.append(name)
        status = int(name in self.failing)
        return Step(name=name, started=0, duration=0, exit_status=status, ending="exit status 1")

    def fresh(self, python: str) -> Environment:
        if python not in self._here:
            raise InterpreterMissingError(python)
        place = Path("/env", python)
        return Environment(location=place, bin_dir=place, python=place, backend="uv", uv="uv")

    def take(self, step: str) -> None:
        """Look at the worktree, as `ScratchLooks` does."""
        new = (self.leaves[step],) if step in self.leaves else ()
        self.taken.append(Look(step=step, modified=(), new=new))


@pytest.fixture
def check(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs a clean check of which each part is made up."""

    def run(work: Work, pythons: Sequence[str] = ("3.10", "3.11", "3.12", "3.13")) -> Cell:
        tree = Worktree(root=Path("/tree"), project=Path("/tree"), missing_submodules=())
        command = Command(argv=("make", "docs"))

        def run_command(one: Command, *_: object, **more: object) -> CommandRun:
            work.do("make docs")
            return CommandRun(command=one, program="make", exit_status=0)

        monkeypatch.setattr(module, "Checkout", SimpleNamespace(find=lambda root: None))
        monkeypatch.setattr(module, "ScratchLooks", lambda checkout: work)
        monkeypatch.setattr(module, "look_at_commit", lambda *_: VALUES["committed"])
        monkeypatch.setattr(module, "find_hidden", lambda *_: VALUES["hidden"])
        monkeypatch.setattr(module, "read_wheel", lambda path: wheel())
        monkeypatch.setattr(module, "run_command", run_command)
        monkeypatch.setattr(RunningCell, "frontend", lambda *_, **__: FakeFrontend(work))
        open_run: Any = SimpleNamespace(
            request=SimpleNamespace(suffix="", env={}),
            may_fail=(),
            packages=(),
            source=SimpleNamespace(
                settings=Settings(clean_check=(command,)),
                worktree=lambda workspace: contextlib.nullcontext(tree),
                require_python=lambda version, tree: None,
                checkout=None,
                commit=None,
                project=".",
            ),
            environments=SimpleNamespace(
                fresh=work.fresh, bare=work.fresh, facts=lambda made, steps: facts()
            ),
            bytecode=SimpleNamespace(lent=lambda facts: contextlib.nullcontext()),
            workspace=SimpleNamespace(directory=Path, tmp=Path("tmp")),
            install_options=(),
            variants=(Variant(extras=("x",)),),
            tracked=None,
            steps=lambda name: work,
        )
        return clean_check(open_run, pythons)

    return run


ALL = [
    "build sdist",
    "build wheel",
    "install .",
    "import demo in place",
    "install --editable .",
    "import demo in place",
    "make docs",
]


def outcomes(cell: Cell, check_: str) -> list[tuple[str, Outcome]]:
    return [(one.subject, one.outcome) for one in cell.findings if one.check == check_]


def test_everything_is_done_on_the_newest_python_that_is_here(check: Any) -> None:
    work = Work()
    cell = check(work)
    assert (cell.name, cell.python, cell.problems) == ("clean_check", "3.12", ())
    assert work.did == ALL
    assert [look.step for look in work.taken] == [
        "build sdist",
        "build wheel",
        "pip install .",
        "import the installed package in place",
        "pip install -e .",
        "import the editable install in place",
        "make docs",
    ]
    assert outcomes(cell, "tracked files") == [("checkout", Outcome.PASSED)]
    assert outcomes(cell, "new files") == [("checkout", Outcome.PASSED)]
    assert outcomes(cell, "commands") == [("make docs", Outcome.PASSED)]
    assert outcomes(cell, "hidden source") == [("src/demo/build/x.py", Outcome.FAILED)]


def test_what_a_step_left_is_said_also_when_a_later_one_fails(check: Any) -> None:
    work = Work()
    work.leaves["build sdist"] = "dist/x"
    work.errors["build wheel"] = BuildError("x")
    cell = check(work)
    assert work.did == ALL[:2]
    assert [look.step for look in work.taken] == ["build sdist", "build wheel"]
    assert outcomes(cell, "new files") == [("dist/x", Outcome.FAILED)]
    assert outcomes(cell, "tracked files") == []
    assert outcomes(cell, "hidden source") == []
    assert [problem.code for problem in cell.problems] == [Code.BUILD_FAILED]


@pytest.mark.parametrize(("has_hook", "is_complete"), [(True, False), (False, True)])
def test_an_editable_install_may_fail_only_where_the_backend_has_none(
    check: Any, has_hook: bool, is_complete: bool
) -> None:
    work = Work(has_hook=has_hook)
    work.failing.add("install --editable .")
    cell = check(work)
    assert ("make docs" in work.did) is is_complete
    assert bool(cell.problems) is not is_complete
    subjects = [subject for subject, _ in outcomes(cell, "new files")]
    assert ("pip install -e ." in subjects) is is_complete


def test_an_install_that_fails_ends_it(check: Any) -> None:
    work = Work()
    work.failing.add("install .")
    assert [problem.code for problem in check(work).problems] == [Code.INSTALL_FAILED]
    assert work.did == ALL[:3]


def test_without_a_python_nothing_is_done(check: Any) -> None:
    work = Work(here=())
    with pytest.raises(InterpreterMissingError, match="not on this machine"):
        check(work, ("3.11",))
    assert work.did == []
