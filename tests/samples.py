"""A run with a value of each kind, for what writes and reads evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from values import (
    MARKERS,
    SITE,
    SUBJECT,
    Says,
    answer,
    built,
    distribution,
    edge,
    entry_point,
    facts,
    imported,
    installed,
    loaded,
    module,
    raised,
    sources,
    tracked,
    wheel,
    wheel_record,
    with_extras,
)

from nox_cleanroom.changes import Attribution, Change
from nox_cleanroom.checks.registry import run_checks
from nox_cleanroom.checks.waivers import waive
from nox_cleanroom.config.commands import Command, JsonContract
from nox_cleanroom.errors import Code, PythonExcludedError
from nox_cleanroom.findings import Finding, Outcome, Problem, Waiver
from nox_cleanroom.probes.builds import Builds, VersionSources
from nox_cleanroom.probes.cleanliness import Committed, Hidden, Look, Scratch
from nox_cleanroom.probes.commands import CommandRun, Commands, JsonAnswer, NamedPath
from nox_cleanroom.probes.description import Description
from nox_cleanroom.probes.own_tests import RanTest, RanTests
from nox_cleanroom.probes.traces import Traces
from nox_cleanroom.probes.tracked import LeftOut
from nox_cleanroom.results import Cell, InterpreterRecord, Run, Step

WHEEL = wheel(entry_points="[console_scripts]\ndemo = demo:main\n")
PROBLEM = Problem(
    code=Code.NETWORK, outcome=Outcome.ERROR, message="No network.", requires_python=">=3.9"
)

#: One value of each kind, by the name that checks have for it.
VALUES: Mapping[str, object] = {
    "wheel": WHEEL,
    "facts": facts(markers=dict(MARKERS)),
    "tracked": tracked("src/demo/__init__.py", missing_submodules=("lib",)),
    "installed": installed(distribution("demo", "1.0", "other>=1"), extras=("x",)),
    "loaded": loaded(
        imported("demo"),
        entry_point("demo:main"),
        raised(
            "import", "demo.part", "ModuleNotFoundError: No module named 'yaml'", missing="yaml"
        ),
        answer("import", "demo.crash", None, completed=False, ending="killed by SIGSEGV"),
    ),
    "sources": sources(module("demo/__init__.py", edges=[edge("demo", "main")])),
    "left_out": LeftOut(paths=("src/demo/new.py",)),
    "with_extras": with_extras(),
    "description": Description(is_rendered=True, has_renderer=True, complaints="x"),
    "traces": Traces(found={"demo/config.py": "/build"}),
    "commands": Commands(
        runs=(
            CommandRun(
                command=Command(
                    argv=("demo", "--json"),
                    timeout_seconds=5,
                    env={"A": "b"},
                    cwd="worktree",
                    contract=JsonContract(equals={"a": [1, {"b": None}]}, sha256={"d": "f"}),
                ),
                program="demo",
                exit_status=0,
                answer=JsonAnswer(
                    value={"a": [1, {"b": 1.5}], "d": "ab", "f": "out"},
                    paths={"f": NamedPath(path="/out", exists=True, is_file=True, sha256="ab")},
                ),
            ),
        )
    ),
    "tests": RanTests(
        runs=(
            RanTest(
                command="pytest",
                succeeded=True,
                timed_out=False,
                ending="exit status 0",
                output="1 passed in 0.1s",
                places=(SITE,),
            ),
        )
    ),
    "builds": Builds(from_tree=built(WHEEL, setuptools="80"), from_sdist=built(wheel())),
    "rebuilt": built(WHEEL, "3.12"),
    "version_sources": VersionSources(changed=("demo/_version.py",), variables=("PBR_VERSION",)),
    "scratch": Scratch(
        looks=(Look(step="build", modified=("a",), new=("b",)),),
        is_complete=True,
        has_editable_install=False,
    ),
    "committed": Committed(
        names=("a.py",), generated=(), ignored=("b.py",), ignore_rules="build/\n"
    ),
    "hidden": Hidden(rules={"src/demo/build/x.py": "build/"}),
}

WAIVERS = (
    Waiver(pattern="imports:demo.part", reason="goes in 2.0"),
    Waiver(pattern="contents", reason="known"),
)


def checked_cell(python: str, values: Mapping[str, object] = VALUES) -> Cell:
    """A cell with what the checks find in its values."""
    return Cell(
        name=f"smoke-{python}",
        python=python,
        steps=(
            Step(name="build wheel", started=0, duration=0.5),
            Step(
                name="import demo",
                command=("python", "-I", "x"),
                cwd="/tmp/x",
                exit_status=1,
                started=0.5,
                duration=2,
                output="words",
                timed_out=True,
                ending="still running",
            ),
        ),
        findings=waive(run_checks(values), WAIVERS),
        wheel=wheel_record(variables={"CC": "gcc"}, remarks=("It was built by 3.10.",)),
        interpreter=InterpreterRecord(
            version="3.11.7",
            implementation="CPython",
            executable="/env/bin/python",
            platform="Linux",
            environment="uv",
        ),
        values=dict(values),
    )


def full_run() -> Run:
    """A matrix of two cells with all kinds of records."""
    change = Change(path="a", kind="renamed", old_path="b", is_tracked=True, detail="x")
    failed = replace(checked_cell("3.12"), problems=(PROBLEM,))
    return Run(
        session="matrix",
        subject=SUBJECT,
        cells=(checked_cell("3.11"), failed),
        suffix="_all",
        changes=(Attribution(change=change, steps=("build wheel",)),),
        missing=("3.14",),
        missing_is_error=True,
        must_test=True,
        strict=True,
        waivers=WAIVERS,
        notes=("A note.",),
        started_at="2026-01-01T12:00:00+00:00",
        duration=4.25,
    )


IMPORTS, POINTS, TESTS = Says("imports"), Says("entry points"), Says("tests")


def cell(python: str, *findings: Finding, **more: Any) -> Cell:
    """A cell of a matrix, or of a smoke."""
    values = {"wheel": wheel_record(), **more}
    return Cell(name=f"smoke-{python}", python=python, findings=findings, **values)


def run(*cells: Cell, session: str = "smoke", **more: Any) -> Run:
    values = {"started_at": "2026-01-01T12:00:00+00:00", "duration": 4.25, **more}
    return Run(session=session, subject=SUBJECT, cells=cells, **values)


FINE = (IMPORTS.passed("demo"), POINTS.passed("console_scripts:demo"))
BROKEN = IMPORTS.failed(
    "demo.part",
    "ModuleNotFoundError: No module named 'yaml'",
    hint="`yaml` is not installed. Is it declared in the project's dependencies?",
    output='File "demo/part.py", line 1\n  import yaml',
)
EXCLUDED = Problem.from_error(PythonExcludedError(">=3.10", "3.9.18"))
NO_BUILD = Problem(
    code=Code.BUILD_FAILED,
    outcome=Outcome.FAILED,
    message="The wheel cannot be built.",
    hint="Build it by hand.",
    output="error: no setup.py",
)


def created(path: str, *steps: str, **more: Any) -> Attribution:
    return Attribution(change=Change(path=path, kind="created", **more), steps=steps)
