"""Builds: hooks that are processes of their own, what they require, and what is said when they fail."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import write_files

from nox_cleanroom.build_system import BuildSystem
from nox_cleanroom.environment import INSIDE
from nox_cleanroom.errors import BuildError

#: A backend that notes what runs in which process, and whether another hook has run there.
BACKEND = """
import os, json

ran = []

def note(hook):
    ran.append(hook)
    with open("notes", "a") as file:
        file.write(json.dumps([os.getpid(), hook, ran]) + "\\n")

def get_requires_for_build_wheel(config_settings=None):
    note("ask")
    return json.loads(os.environ.get("REQUIRES", "[]"))

def build_wheel(directory, config_settings=None, metadata_directory=None):
    note("build")
    open(os.path.join(directory, "demo-1.0-py3-none-any.whl"), "w").close()
    return "demo-1.0-py3-none-any.whl"
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    write_files(tmp_path / "project", {"backend.py": BACKEND})
    (tmp_path / "out").mkdir()
    return tmp_path / "project"


def call(
    project: Path,
    *words: str,
    before: str = "",
    env: dict[str, str] | None = None,
    known: str = "ask",
) -> tuple[subprocess.CompletedProcess[str], dict[str, object]]:
    """Call the hooks; `before` is run in their interpreter first."""
    answer = project.parent / "answer"
    answer.unlink(missing_ok=True)
    script = f"{before}\nimport runpy\nrunpy.run_path({str(INSIDE / 'building.py')!r}, run_name='__main__')"
    arguments = [
        str(answer),
        "wheel",
        str(project.parent / "out"),
        known,
        *(words or ["backend", "."]),
    ]
    done = subprocess.run(
        [sys.executable, "-I", "-c", script, *arguments],
        cwd=project,
        env=env or {},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    return done, json.loads(answer.read_text()) if answer.exists() else {}


def notes(project: Path) -> list[tuple[int, str, list[str]]]:
    return [tuple(json.loads(line)) for line in (project / "notes").read_text().splitlines()]


#: Ways for a system to be one where a process cannot be forked.
NO_FORK = {
    "no fork": "import os; del os.fork",
    "macOS": "import sys; sys.platform = 'darwin'",
    "threads": "import threading; threading.Thread(target=threading.Event().wait, daemon=True).start()",
}


def test_no_hook_runs_where_another_has_run(project: Path) -> None:
    done, answer = call(project)
    assert done.returncode == 0, done.stderr
    assert answer == {"requires": [], "built": "demo-1.0-py3-none-any.whl"}
    (asker, _, asked), (builder, _, built) = notes(project)
    assert (asked, built) == (["ask"], ["build"])
    assert asker != builder


@pytest.mark.parametrize("before", NO_FORK.values(), ids=NO_FORK)
def test_where_no_process_can_be_forked_the_build_is_another_call(
    project: Path, before: str
) -> None:
    done, answer = call(project, before=before)
    assert (done.returncode, answer) == (0, {"requires": []}), done.stderr
    done, answer = call(project, before=before, known="known")
    assert answer["built"] == "demo-1.0-py3-none-any.whl", done.stderr
    assert [ran for _, _, ran in notes(project)] == [["ask"], ["build"]]


def test_nothing_is_built_before_what_is_required_is_there(project: Path) -> None:
    done, answer = call(project, env={"REQUIRES": '["needed>=1"]'})
    assert (done.returncode, answer) == (0, {"requires": ["needed>=1"]}), done.stderr
    assert [hook for _, hook, _ in notes(project)] == ["ask"]


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
    (project / "backend.py").write_text(BACKEND.replace('note("ask")', code))
    done, answer = call(project)
    assert (done.returncode, answer) == (status, {})
    assert words in done.stderr
    assert not (project / "notes").exists()


def test_a_backend_from_elsewhere_is_refused(project: Path) -> None:
    done, answer = call(project, "json", ".")
    assert (done.returncode, answer) == (1, {})
    assert "'json' is not in the backend-path ." in done.stderr


def test_a_backend_may_be_an_attribute(project: Path) -> None:
    with (project / "backend.py").open("a") as file:
        file.write("\nimport sys\nclass inner: me = sys.modules[__name__]\n")
    done, answer = call(project, "backend:inner.me", ".")
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
