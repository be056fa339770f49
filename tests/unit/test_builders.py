"""Which Pythons build, and what is remembered of them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from nox_cleanroom.build.builders import Audience, Builders, audience_of
from nox_cleanroom.config.axes import Artifact
from nox_cleanroom.environments.installed_pythons import InstalledPythons
from nox_cleanroom.environments.interpreter import InstalledPython
from nox_cleanroom.errors import (
    BuildError,
    BuildRequirementsError,
    CleanroomError,
    Code,
    InterpreterMissingError,
    PythonExcludedError,
)
from nox_cleanroom.runs.wheels import _leaves_it_to_another


@dataclass
class Machine:
    """A machine with some Pythons, and how often each was looked for."""

    place: Path
    versions: dict[str, str] = field(
        default_factory=lambda: {"3.11": "3.11.4", "3.12": "3.12.1", "3.15": "3.15.0rc2"}
    )
    asked: list[str] = field(default_factory=list)

    def discover(self, python: str) -> InstalledPython | None:
        self.asked.append(python)
        if python not in self.versions:
            return None
        executable = self.place / f"python{python}"
        executable.write_text(self.versions[python])
        return InstalledPython(python=python, executable=executable, version=self.versions[python])

    def builders(self, env: Mapping[str, str] | None = None) -> Builders:
        supported = ["3.11", "3.12", "3.13", "3.15"]
        pythons = InstalledPythons(
            self.place,
            env or {"PATH": ""},
            self.place / "memory",
            lambda python, path: self.discover(python),
        )
        return Builders(supported, pythons.find)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def here(machine: Machine, env: Mapping[str, str] | None = None) -> list[str]:
    found = machine.builders(env).choose("all", "sdist", STRANGE)
    return [one.python for one in found if one != STRANGE]


OWN = InstalledPython(python="3.12", executable=Path("python3.12"), version="3.12.1")
OLDEST = InstalledPython(python="3.11", executable=Path("python3.11"), version="3.11.4")
STRANGE = InstalledPython(python="pypy3.10", executable=Path("pypy3.10"), version="3.10.14")


@pytest.mark.parametrize(
    ("audience", "artifact", "own", "chosen"),
    [
        ("all", "wheel", OWN, ["3.12"]),
        ("all", "sdist", OWN, ["3.11", "3.12"]),
        ("all", "sdist", OLDEST, ["3.11", "3.12"]),
        ("newer", "wheel", OLDEST, ["3.11"]),
        ("newer", "wheel", OWN, ["3.11", "3.12"]),
        ("own", "wheel", OWN, ["3.12"]),
        # Whom it serves is a guess as long as there is none, and the newest may be able to build.
        ("own", "wheel", OLDEST, ["3.11", "3.12"]),
        ("own", "sdist", STRANGE, ["pypy3.10"]),
        ("all", "wheel", STRANGE, ["3.12", "pypy3.10"]),
    ],
)
def test_who_builds(
    machine: Machine,
    audience: Audience,
    artifact: Artifact,
    own: InstalledPython,
    chosen: list[str],
) -> None:
    found = machine.builders().choose(audience, artifact, own)
    assert [one.python for one in found] == chosen
    # To start a launcher takes longer than to find nothing.
    assert len(machine.asked) == len(set(machine.asked))


def test_no_more_are_looked_for_than_are_needed(machine: Machine) -> None:
    next(machine.builders().choose("all", "wheel", STRANGE))
    assert machine.asked == ["3.15", "3.13", "3.12"]
    next(machine.builders().choose("all", "sdist", STRANGE))
    assert machine.asked == ["3.15", "3.13", "3.12", "3.11"]
    next(machine.builders().choose("own", "sdist", STRANGE))
    assert machine.asked == ["3.15", "3.13", "3.12", "3.11"]


def test_where_none_is_here_the_cells_own_builds(machine: Machine) -> None:
    machine.versions.clear()
    assert list(machine.builders().choose("all", "wheel", STRANGE)) == [STRANGE]


def test_prereleases_do_not_build_releases(machine: Machine) -> None:
    found = machine.builders().choose("all", "sdist", STRANGE)
    assert [one.python for one in found] == ["3.11", "3.12", "pypy3.10"]


def test_what_is_here_is_remembered(machine: Machine) -> None:
    first, second = here(machine), here(machine)
    assert first == second == ["3.11", "3.12"]
    assert sorted(machine.asked) == ["3.11", "3.12", "3.13", "3.15"]


@pytest.mark.parametrize(
    "change",
    ["another path", "a new program", "another version of the manager", "a new uv one", "a day"],
)
def test_it_is_looked_for_again_when_something_may_have_changed(
    machine: Machine, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools = machine.place / "tools"
    tools.mkdir()
    root = machine.place / "pyenv"
    root.mkdir()
    (root / "version").write_text("3.11")
    env = {
        "PATH": str(tools),
        "PYENV_ROOT": str(root),
        "UV_PYTHON_INSTALL_DIR": str(machine.place / "uv"),
    }
    assert here(machine, env) == ["3.11", "3.12"]
    machine.versions["3.13"] = "3.13.0"
    if change == "another path":
        env["PATH"] = os.pathsep.join((str(tools), str(machine.place)))
    elif change == "a new program":
        (tools / "python3.13").write_text("")
        os.utime(tools, (5, 5))
    elif change == "another version of the manager":
        (root / "version").write_text("3.13")
        os.utime(root / "version", (5, 5))
    elif change == "a new uv one":
        (machine.place / "uv").mkdir()
    else:
        (memory,) = (machine.place / "memory").iterdir()
        os.utime(memory, (5, 5))
    assert here(machine, env) == ["3.11", "3.12", "3.13"]


def test_whoever_has_no_home_has_pythons_all_the_same(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As in a container that runs under a number without a name.
    def unknown(number: int) -> None:
        raise KeyError(number)

    monkeypatch.delenv("HOME")
    monkeypatch.setattr("pwd.getpwuid", unknown)
    assert here(machine) == ["3.11", "3.12"]


#: A failure, the artifact, and whether another Python is tried.
LEFT = [
    (BuildRequirementsError("x"), "wheel", True),
    (BuildRequirementsError("x"), "sdist", True),
    (BuildRequirementsError("x", code=Code.NETWORK), "wheel", False),
    (BuildRequirementsError("x", code=Code.TIMEOUT), "sdist", False),
    (PythonExcludedError(">=3.12", "3.11.1"), "sdist", True),
    (InterpreterMissingError("x"), "wheel", True),
    (CleanroomError("x", code=Code.TOOL_MISSING), "wheel", True),
    (BuildError("x"), "wheel", True),
    (BuildError("x"), "sdist", False),
    (BuildError("x", code=Code.WORKTREE_DIFFERS), "wheel", False),
    (BuildError("x", code=Code.NO_SPACE), "wheel", False),
]


@pytest.mark.parametrize(("error", "artifact", "is_left"), LEFT)
def test_which_failures_are_left_to_another_python(
    error: CleanroomError, artifact: Artifact, is_left: bool
) -> None:
    assert _leaves_it_to_another(error, artifact) is is_left


def test_an_upgrade_in_place_is_noticed(machine: Machine) -> None:
    assert here(machine) == ["3.11", "3.12"]
    machine.versions["3.11"] = "3.11.10"
    (machine.place / "python3.11").write_text("another one")
    found = [machine.builders().find(python) for python in ("3.11", "3.12")]
    assert [one and one.version for one in found] == ["3.11.10", "3.12.1"]


@pytest.mark.parametrize("content", ["", "{", "[1]", "null", '{"3.11": {}}', "[" * 9999])
def test_a_memory_that_cannot_be_read_is_none(machine: Machine, content: str) -> None:
    before = here(machine)
    (memory,) = (machine.place / "memory").iterdir()
    memory.write_text(content)
    assert here(machine) == before


@pytest.mark.parametrize(
    ("tag", "audience"),
    [
        ("py3-none-any", "all"),
        ("py2.py3-none-any", "all"),
        ("py3-none-manylinux_2_17_x86_64", "all"),
        ("cp39-abi3-manylinux_2_17_x86_64", "newer"),
        ("cp311-cp311-linux_x86_64", "own"),
        ("cp311-none-any", "own"),
        ("py311-none-any", "own"),
    ],
)
def test_whom_a_wheel_serves(tag: str, audience: Audience) -> None:
    assert audience_of(f"demo-1.0-{tag}.whl") == audience
