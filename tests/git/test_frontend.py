"""Builds: hooks that are processes of their own, what they require, and what is said when they fail."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from conftest import write_files

from nox_cleanroom.build.build_system import BuildSystem
from nox_cleanroom.build.frontend import Frontend
from nox_cleanroom.environments.environment import INSIDE
from nox_cleanroom.errors import BuildError

#: A backend that notes what runs in which process, and what has run there before.
BACKEND = """
import json, os, sys

ran = []

def note(hook):
    ran.append(hook)
    with open("notes", "a") as file:
        file.write(json.dumps(ran) + "\\n")

def get_requires_for_build_wheel(config_settings=None):
    note("ask")
    exec(os.environ.get("ASKING", ""))
    return json.loads(os.environ.get("REQUIRES", "[]"))

def build_wheel(directory, config_settings=None, metadata_directory=None):
    note("build")
    open(os.path.join(directory, "demo-1.0-py3-none-any.whl"), "w").close()
    return "demo-1.0-py3-none-any.whl"
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project beside its backend, which is found as an installed one is."""
    write_files(tmp_path, {"installed/backend.py": BACKEND, "project/data.txt": ""})
    (tmp_path / "out").mkdir()
    return tmp_path / "project"


def call(
    project: Path, *words: str, known: str = "ask", before: str = "", **env: str
) -> tuple[subprocess.CompletedProcess[str], dict[str, object]]:
    """Call the hooks; `before` is run in their interpreter first."""
    answer = project.parent / "answer"
    answer.unlink(missing_ok=True)
    installed, program = str(project.parent / "installed"), str(INSIDE / "building.py")
    script = f"import sys, runpy; sys.path.append({installed!r})\n{before}\nrunpy.run_path({program!r}, run_name='__main__')"
    arguments = [str(answer), "wheel", str(project.parent / "out"), known, *(words or ["backend"])]
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", script, *arguments],
        cwd=project,
        env=env,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    return done, json.loads(answer.read_text()) if answer.exists() else {}


def notes(project: Path) -> list[list[str]]:
    return [json.loads(line) for line in (project / "notes").read_text().splitlines()]


BUILT = {"requires": [], "built": "demo-1.0-py3-none-any.whl"}


def test_a_question_that_changes_nothing_is_followed_by_the_build(project: Path) -> None:
    done, answer = call(project)
    assert (done.returncode, answer) == (0, BUILT), done.stderr
    assert notes(project) == [["ask"], ["ask", "build"]]


#: What a hook may do besides reading a module of the project as text, as flit_core does.
HARMLESS = {
    "read it": "open('module.py').read()",
    "generate a tuple": "open('module.py'); import collections; collections.namedtuple('P', 'x')",
    "generate a class": "open('module.py'); import dataclasses; dataclasses.make_dataclass('P', ['x'])",
    "load a module that does": "open('module.py'); import tokenize",
    "load a frozen module": "open('module.py'); import importlib.machinery, __hello__",
}


@pytest.mark.parametrize("asking", HARMLESS.values(), ids=HARMLESS)
def test_text_of_the_project_that_does_not_run_is_followed_by_the_build(
    project: Path, asking: str
) -> None:
    write_files(project, {"module.py": "A_MODULE = True\n"})
    done, answer = call(project, ASKING=asking)
    assert (done.returncode, answer) == (0, BUILT), done.stderr
    assert notes(project) == [["ask"], ["ask", "build"]]


#: What a hook may do to its process, or to what of the project it has run.
CHANGES = {
    "environment": "os.environ['CC'] = 'none'",
    "directory": "os.chdir('..')",
    "path": "sys.path.append('.')",
    "arguments": "sys.argv.append('install')",
    "code of the project": "import runpy; runpy.run_path('build_hook.py')",
    "text of the project": "exec(open('build_hook.py').read())",
    "text that is loaded as a module": """
from importlib import abc, util
class Loader(abc.InspectLoader):
    get_source = lambda self, name: open("build_hook.py").read()
Loader().exec_module(util.module_from_spec(util.spec_from_loader("hook", Loader())))
""",
    "module of the project": "sys.path.append('.'); import build_hook; sys.path.remove('.')",
}


@pytest.mark.parametrize("asking", CHANGES.values(), ids=CHANGES)
def test_no_hook_runs_where_another_has_changed_something(project: Path, asking: str) -> None:
    write_files(project, {"build_hook.py": "STATE = []\n"})
    done, answer = call(project, ASKING=asking)
    assert (done.returncode, answer) == (0, {"requires": []}), done.stderr
    done, answer = call(project, known="known")
    assert (done.returncode, answer) == (0, BUILT), done.stderr
    assert notes(project) == [["ask"], ["build"]]


#: Where code of the project has been run, or may have been.
OWN_CODE: dict[str, tuple[dict[str, str], list[str], str]] = {
    "a setup.py": ({"setup.py": ""}, [], ""),
    "a backend in the project": ({"backend.py": BACKEND}, ["backend", "."], ""),
    "an interpreter without audit hooks": ({}, [], "import sys; del sys.addaudithook"),
}


@pytest.mark.parametrize(("files", "words", "before"), OWN_CODE.values(), ids=OWN_CODE)
def test_where_code_of_the_project_runs_each_hook_has_a_process(
    project: Path, files: dict[str, str], words: list[str], before: str
) -> None:
    write_files(project, files)
    done, answer = call(project, *words, before=before)
    assert (done.returncode, answer) == (0, {"requires": []}), done.stderr
    done, answer = call(project, *words, before=before, known="known")
    assert (done.returncode, answer) == (0, BUILT), done.stderr
    assert notes(project) == [["ask"], ["build"]]


def test_nothing_is_built_before_what_is_required_is_there(project: Path) -> None:
    done, answer = call(project, REQUIRES='["needed>=1"]')
    assert (done.returncode, answer) == (0, {"requires": ["needed>=1"]}), done.stderr
    assert notes(project) == [["ask"]]


#: Ends of a hook that asks, and what is said of them.
ENDINGS = {
    "an exception": ("raise ValueError('odd')", 1, "ValueError: odd"),
    "an exit": ("raise SystemExit('I leave')", 1, "I leave"),
    "a signal": ("import os; os.kill(os.getpid(), 9)", -9, ""),
    "gone": ("import os; os._exit(3)", 3, ""),
}


@pytest.mark.parametrize(("code", "status", "words"), ENDINGS.values(), ids=ENDINGS)
def test_a_hook_that_fails_ends_the_call_as_it_ended(
    project: Path, code: str, status: int, words: str
) -> None:
    done, answer = call(project, ASKING=code)
    assert (done.returncode, answer) == (status, {})
    assert words in done.stderr
    assert notes(project) == [["ask"]]


def test_a_backend_from_elsewhere_is_refused(project: Path) -> None:
    done, answer = call(project, "json", ".")
    assert (done.returncode, answer) == (1, {})
    assert "'json' is not in the backend-path ." in done.stderr


def test_a_backend_in_the_project_may_be_a_link_to_elsewhere(project: Path) -> None:
    (project / "backends").mkdir()
    (project / "backends" / "own.py").symlink_to(project.parent / "installed" / "backend.py")
    done, answer = call(project, "own", "backends", known="known")
    assert answer == BUILT, done.stderr


def test_a_backend_may_be_an_attribute(project: Path) -> None:
    with (project.parent / "installed" / "backend.py").open("a") as file:
        file.write("\nclass inner: me = sys.modules[__name__]\n")
    done, answer = call(project, "backend:inner.me")
    assert answer["built"] == "demo-1.0-py3-none-any.whl", done.stderr


LEGACY = BuildSystem()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, LEGACY),
        ("[project]\nname = 'demo'\n", LEGACY),
        ("[build-system]\nrequires = ['a']\n", BuildSystem(requires=("a",))),
        (
            "[build-system]\nrequires = []\nbuild-backend = 'one:two'\nbackend-path = ['.']\n",
            BuildSystem(requires=(), backend="one:two", backend_path=(".",)),
        ),
        ("[build-system]\nbuild-backend = 'one'\n", "`build-system.requires`"),
        ("[build-system]\nrequires = 'one'\n", "`build-system.requires`"),
        ("[build-system]\nrequires = []\nbuild-backend = 1\n", "`build-system.build-backend`"),
        ("[build-system]\nrequires = []\nbackend-path = ['../x']\n", "`build-system.backend-path`"),
        ("[build-system]\nrequires = []\nbackend-path = ['/x']\n", "`build-system.backend-path`"),
        ("build-system = 1\n", "`build-system`"),
    ],
)
def test_a_build_system(tmp_path: Path, text: str | None, expected: BuildSystem | str) -> None:
    if text is not None:
        (tmp_path / "pyproject.toml").write_text(text)
    if isinstance(expected, BuildSystem):
        assert BuildSystem.of_project(tmp_path) == expected
    else:
        with pytest.raises(BuildError, match=expected):
            BuildSystem.of_project(tmp_path)


def test_an_environment_that_was_begun_is_used_for_its_own_build_system_only(
    tmp_path: Path,
) -> None:
    write_files(tmp_path, {"pyproject.toml": "[build-system]\nrequires = ['flit_core']\n"})
    made: list[BuildSystem] = []

    def prepare(system: BuildSystem) -> BuildSystem:
        made.append(system)
        return system

    # A frontend whose environments, and distributions, are the systems that they are made for.
    frontend: Any = SimpleNamespace(prepare=prepare, _make=lambda _what, _project, ready: ready)
    needed, other = BuildSystem(requires=("flit_core",)), BuildSystem()
    for system, expected in ((needed, [needed]), (other, [other, needed])):
        made.clear()
        pyproject = {"build-system": {"requires": [*system.requires]}}
        with Frontend.preparing(frontend, pyproject) as begun:
            built: object = Frontend.build(frontend, "wheel", tmp_path, begun)
        assert built == needed
        assert made == expected


def test_no_environment_is_begun_for_an_invalid_build_system(tmp_path: Path) -> None:
    frontend: Any = SimpleNamespace(prepare=lambda system: system)
    with Frontend.preparing(frontend, {"build-system": []}) as begun:
        assert begun is None
