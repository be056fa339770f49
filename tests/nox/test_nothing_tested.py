"""A run that has tested nothing is no success, however it came about."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest
from conftest import PYTHON, Tool, demo_files, pyproject

Make = Callable[..., Path]

ONE_LINE = "import nox_cleanroom\nnox_cleanroom.define_sessions()\n"
MISSING = "3.99"


def project(pythons: list[str], requires: str = ">=3.2", **files: str) -> dict[str, str]:
    tool = f"[tool.nox-cleanroom]\npythons = {json.dumps(pythons)}\n"
    text = pyproject(tool=tool, **{"requires-python": requires})
    return demo_files(**{"pyproject.toml": text, "noxfile.py": ONE_LINE, **files})


def run_nox(root: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    return _run("nox", root, words, env)


def run_command(root: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    return _run("nox_cleanroom", root, [word for word in words if word != "-s"], env)


def _run(
    module: str, root: Path, words: Sequence[str], env: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", module, *words],
        cwd=root,
        env={**os.environ, **env},
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )


#: The Pythons, Requires-Python, the words, and the exit status.
CASES: dict[str, tuple[list[str], str, list[str], int]] = {
    "one is missing": ([PYTHON, MISSING], ">=3.2", ["-s", "smoke"], 0),
    "all are missing": ([MISSING, "3.98"], ">=3.2", ["-s", "smoke"], 1),
    "the missing one is named": ([PYTHON, MISSING], ">=3.2", ["-s", f"smoke-{MISSING}"], 1),
    "it is named beside another": (
        [PYTHON, MISSING],
        ">=3.2",
        ["-s", f"smoke-{PYTHON}", f"smoke-{MISSING}"],
        1,
    ),
    "it is named by -p": ([PYTHON, MISSING], ">=3.2", ["-s", "smoke", "-p", MISSING], 1),
    "it is named by --pythons": (
        [PYTHON, MISSING],
        ">=3.2",
        ["-s", "smoke", "--pythons", PYTHON, MISSING],
        1,
    ),
    "an error was asked for": (
        [PYTHON, MISSING],
        ">=3.2",
        ["--error-on-missing-interpreters", "-s", "smoke"],
        1,
    ),
    "no error was asked for, and it is named": (
        [PYTHON, MISSING],
        ">=3.2",
        ["--no-error-on-missing-interpreters", "-s", f"smoke-{MISSING}"],
        1,
    ),
    "one is excluded": ([PYTHON, "3.98"], f"<{PYTHON}", ["-s", "smoke"], 1),
    "the excluded one is named": ([PYTHON], f"<{PYTHON}", ["-s", f"smoke-{PYTHON}"], 1),
}


#: Under -j each session is a process of its own, which nox tells `-s smoke-3.11`.
ALSO_PARALLEL = ["one is missing", "all are missing", "the missing one is named", "one is excluded"]
WAYS = [
    *((name, run_nox, []) for name in CASES),
    *((name, run_nox, ["-j", "2"]) for name in ALSO_PARALLEL),
    *((name, run_command, ["-j", "2"]) for name in ALSO_PARALLEL[:2]),
]


@pytest.mark.parametrize(
    ("name", "run", "parallel"),
    WAYS,
    ids=[f"{name}-{run.__name__}{''.join(parallel)}" for name, run, parallel in WAYS],
)
def test_whether_nothing_tested_is_a_success(
    repository: Make,
    name: str,
    run: Callable[..., subprocess.CompletedProcess[str]],
    parallel: list[str],
) -> None:
    pythons, requires, words, status = CASES[name]
    root = repository(project(pythons, requires))
    done = run(root, *parallel, *words)
    assert done.returncode == status, done.stdout + done.stderr
    if status:
        told = ("NOTHING_TESTED", "INTERPRETER_MISSING")
        assert any(code in done.stdout + done.stderr for code in told)


def test_an_excluded_python_is_skipped_beside_one_that_is_tested(
    repository: Make, several: list[str]
) -> None:
    oldest, newest = several[0], several[-1]
    root = repository(project([oldest, newest], f"<{newest}"))
    for parallel in ([], ["-j", "2"]):
        done = run_nox(root, *parallel, "-s", "smoke")
        assert done.returncode == 0, done.stdout + done.stderr
        assert "skipped" in done.stdout + done.stderr


def test_a_noxfile_names_its_own_default_sessions(repository: Make) -> None:
    noxfile = "import nox\nnox.options.sessions = ['smoke']\n" + ONE_LINE
    root = repository({**project([MISSING]), "noxfile.py": noxfile})
    for parallel in ([], ["-j", "2"]):
        assert run_nox(root, *parallel).returncode == 1


def test_a_noxfile_names_pythons_itself(repository: Make) -> None:
    noxfile = f"import nox\nnox.options.pythons = [{MISSING!r}]\n" + ONE_LINE
    root = repository({**project([PYTHON, MISSING]), "noxfile.py": noxfile})
    for parallel in ([], ["-j", "2"]):
        assert run_nox(root, *parallel).returncode == 1


@pytest.mark.parametrize("where", ["setup.py", "setup.cfg"])
def test_all_are_excluded_by_what_is_stated_elsewhere(
    repository: Make, several: list[str], where: str
) -> None:
    texts = {
        "setup.py": "from setuptools import setup\nsetup(name='demo', version='1', python_requires='<3.5')\n",
        "setup.cfg": "[metadata]\nname = demo\nversion = 1\n[options]\npython_requires = <3.5\n",
    }
    table = f"[tool.nox-cleanroom]\npythons = {json.dumps(several[:2])}\n"
    files = {"setup.py": "", where: texts[where], "pyproject.toml": table, "noxfile.py": ONE_LINE}
    root = repository(files)
    for parallel in ([], ["-j", "2"]):
        done = run_nox(root, *parallel, "-s", "smoke")
        assert done.returncode == 1, done.stdout + done.stderr
    done = run_nox(root, "-s", "clean_check")
    assert done.returncode == 1
    assert "NOTHING_TESTED" in done.stdout + done.stderr


def test_in_ci_a_missing_one_is_an_error_unless_nox_is_told_otherwise(repository: Make) -> None:
    root = repository(project([PYTHON, MISSING]))
    for parallel in ([], ["-j", "2"]):
        assert run_nox(root, *parallel, "-s", "smoke", CI="true").returncode == 1
        lenient = ("--no-error-on-missing-interpreters", "-s", "smoke")
        assert run_nox(root, *parallel, *lenient, CI="true").returncode == 0


def test_a_matrix_whose_missing_python_was_named_fails(repository: Make, cleanroom: Tool) -> None:
    root = repository(project([PYTHON, MISSING]))
    assert cleanroom(root, "matrix").status == 0
    ran = cleanroom(root, "matrix", "--", "--pythons", f"{PYTHON},{MISSING}")
    assert ran.status == 1
    assert ran.evidence["codes"] == ["INTERPRETER_MISSING"]


@pytest.mark.parametrize("session", [f"smoke-{PYTHON}", "matrix"])
def test_install_only_says_that_it_tests_nothing(
    repository: Make, cleanroom: Tool, session: str
) -> None:
    ran = cleanroom(repository(project([PYTHON])), session, "--install-only")
    assert ran.status == 0, ran.text
    assert "installed only; nothing was tested (--install-only)" in ran.text


def test_a_test_command_that_collects_nothing_fails(repository: Make, cleanroom: Tool) -> None:
    command = "python -m unittest discover {project}/tests"
    tool = f"[tool.nox-cleanroom]\ntest-command = {json.dumps(command)}\n"
    files = {"pyproject.toml": pyproject(tool=tool), "tests/test_nothing.py": "import demo\n"}
    ran = cleanroom(repository(demo_files(**files)), f"smoke-{PYTHON}")
    assert ran.status == 1, ran.text
    # Up to Python 3.11 unittest itself is content.
    assert "no test ran" in ran.text or "exit status 5" in ran.text
