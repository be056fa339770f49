"""In every mode nothing of the checkout is touched, its objects included; a repository may be empty."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import BACKEND, PYTHON, Tool, commit_all, git, pyproject, write_files
from independent import deep_snapshot, difference

Make = Callable[..., Path]
SMOKE = f"smoke-{PYTHON}"
PYTHONS = ("--pythons", PYTHON)


@pytest.fixture
def workspace(repository: Make) -> Path:
    """Two packages and a project at the top, three commits, distributions, and changes."""
    files = {
        ".gitignore": "/dist/\n__pycache__/\n",
        "pyproject.toml": pyproject(tool="[tool.uv.workspace]\nmembers = ['packages/*']\n"),
        "in_tree_backend.py": BACKEND,
        "src/demo/__init__.py": "",
    }
    for name in ("core", "app"):
        requires = ["acme_core"] if name == "app" else []
        text = pyproject(name=f"acme_{name}", dependencies=requires)
        files |= {
            f"packages/{name}/pyproject.toml": text,
            f"packages/{name}/in_tree_backend.py": BACKEND,
            f"packages/{name}/src/acme_{name}/__init__.py": "",
        }
    root = repository(files)
    git(root, "tag", "start")
    for number in (1, 2):
        write_files(root, {"src/demo/part.py": f"VALUE = {number}\n"})
        commit_all(root)
    (root / "dist").mkdir()
    call = "import in_tree_backend as b; b.build_wheel('dist'); b.build_sdist('dist')"
    command = [sys.executable, "-B", "-c", call]
    subprocess.run(command, cwd=root, check=True)
    write_files(root, {"src/demo/part.py": "VALUE = 3\n", "new.txt": ""})
    git(root, "add", "src")
    return root


def objects_of(root: Path) -> list[str]:
    """Every file in git's directory, whatever it is."""
    found = (root / ".git").rglob("*")
    return sorted(path.relative_to(root).as_posix() for path in found if path.is_file())


MODES = {
    "the staged": [SMOKE, "--staged"],
    "the working tree": [SMOKE, "--working-tree"],
    "files of a release": ["matrix", "--dist", "dist", *PYTHONS],
    "a range": [SMOKE, "--rev", "start.."],
    "the first bad one": [SMOKE, "--rev", "start..", "--bisect"],
    "all packages": ["matrix", "--all-packages", *PYTHONS],
    "what has changed": ["matrix", "--changed-since", "start", *PYTHONS],
    "what would be written": ["init"],
    "what is missing": ["init", "--check"],
}


@pytest.mark.parametrize("words", MODES.values(), ids=MODES)
def test_nothing_of_the_checkout_is_touched(
    workspace: Path, cleanroom: Tool, words: list[str]
) -> None:
    before, objects = deep_snapshot(workspace), objects_of(workspace)
    ran = cleanroom(workspace, *words, report=words[0] != "init")
    assert ran.status == (1 if "--check" in words else 0), ran.text
    assert difference(before, deep_snapshot(workspace)) == []
    # Git may refresh its index, and nothing else.
    assert [name for name in objects_of(workspace) if name not in objects] == []
    git(workspace, "fsck", "--strict")


UNBORN = {
    "a range": ([SMOKE, "--rev", "HEAD~1.."], 2, "is no commit of this repository"),
    "files of a release": (["matrix", "--dist", "dist"], 3, "has no commit yet"),
    "all packages": (["matrix", "--all-packages"], 3, "has no commit yet"),
    "what would be written": (["init"], 0, "define_sessions"),
    "the staged": ([SMOKE, "--staged"], 0, "PASSED"),
}


@pytest.mark.parametrize(("words", "status", "said"), UNBORN.values(), ids=UNBORN)
def test_a_repository_without_a_commit(
    tmp_path: Path, cleanroom: Tool, words: list[str], status: int, said: str
) -> None:
    root = tmp_path / "checkout"
    files = {"pyproject.toml": pyproject(), "in_tree_backend.py": BACKEND}
    write_files(root, {**files, "src/demo/__init__.py": "", "dist/x": ""})
    git(root, "init", "--quiet")
    git(root, "add", ".")
    before = sorted(os.listdir(root))
    ran = cleanroom(root, *words, report=words[0] != "init")
    assert (ran.status, said in ran.text) == (status, True), ran.text
    assert "Traceback" not in ran.text
    assert sorted(os.listdir(root)) == before
