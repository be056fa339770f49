"""`nox-cleanroom init`: what it shows, what it writes, and that nothing else changes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import PYTHON, Tool, commit_all, demo_files, git, pyproject, write_files

Make = Callable[..., Path]


def init(tool: Tool, root: Path, *words: str) -> tuple[int, str]:
    ran = tool(root, "init", *words, report=False)
    return ran.status, ran.text


@pytest.fixture
def root(repository: Make) -> Path:
    table = f"[tool.nox-cleanroom]\npythons = ['{PYTHON}']\n"
    root = repository(
        demo_files(**{".gitignore": "*.log", "pyproject.toml": pyproject(tool=table)})
    )
    git(root, "remote", "add", "origin", "https://github.com/somebody/demo")
    return root


def status(root: Path) -> list[str]:
    return git(root, "status", "--porcelain", "--untracked-files=all").splitlines()


def test_it_shows_what_it_would_write_and_writes_nothing(root: Path, cleanroom: Tool) -> None:
    code, text = init(cleanroom, root)
    assert code == 0
    assert "+nox_cleanroom.define_sessions()" in text
    assert "+/.nox/" in text
    assert "+++ .github/workflows/cleanroom.yml" in text
    assert "a hook of git, .git/hooks/pre-push" in text
    assert "nothing is written; `--yes` writes it" in text
    assert status(root) == []
    assert not (root / ".git/hooks/pre-push").exists()


def test_what_it_writes_works_and_twice_changes_nothing(root: Path, cleanroom: Tool) -> None:
    code, text = init(cleanroom, root, "--check")
    assert (code, text.count("missing in ")) == (1, 4)
    assert init(cleanroom, root, "--yes")[0] == 0
    assert status(root) == [
        " M .gitignore",
        "?? .github/workflows/cleanroom.yml",
        "?? noxfile.py",
    ]
    assert os.access(root / ".git/hooks/pre-push", os.X_OK)
    for words in (("--yes",), ("--check",), ()):
        assert init(cleanroom, root, *words) == (0, "nothing is missing\n")
    commit_all(root)
    command = [sys.executable, "-m", "nox", "-s", f"smoke-{PYTHON}"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert status(root) == []


def test_only_the_named_parts_are_written(root: Path, cleanroom: Tool) -> None:
    assert init(cleanroom, root, "gitignore", "--yes")[0] == 0
    assert status(root) == [" M .gitignore"]
    assert (root / ".gitignore").read_text() == "*.log\n/.nox/\n/dist/\n__pycache__/\n"


def test_a_developers_own_rules_are_not_those_of_the_project(root: Path, cleanroom: Tool) -> None:
    write_files(
        root, {".git/info/exclude": ".nox\n", ".gitignore": "dist/\n!/dist/\n__pycache__/\n"}
    )
    assert "+/.nox/" in init(cleanroom, root, "gitignore")[1]
    assert "+/dist/" in init(cleanroom, root, "gitignore")[1]


def test_without_github_there_is_no_workflow(repository: Make, cleanroom: Tool) -> None:
    assert "workflow" not in init(cleanroom, repository(), "--check")[1]


def test_a_workflow_that_runs_it_is_enough(root: Path, cleanroom: Tool) -> None:
    write_files(root, {".github/workflows/ci.yaml": "jobs: uvx nox-cleanroom\n"})
    assert "workflow" not in init(cleanroom, root, "--check")[1]


def test_the_packages_of_a_workspace_have_sessions(repository: Make, cleanroom: Tool) -> None:
    files = {"pyproject.toml": "[tool.uv.workspace]\nmembers = ['packages/*']\n"}
    inside = {f"packages/demo/{name}": text for name, text in demo_files().items()}
    root = repository({**files, **inside})
    assert init(cleanroom, root / "packages/demo", "noxfile", "--yes")[0] == 0
    assert 'define_sessions(packages=["packages/*"])' in (root / "noxfile.py").read_text()


WRONG: dict[str, tuple[dict[str, str], list[str], str]] = {
    "a broken noxfile": ({"noxfile.py": "def broken(:\n"}, ["--yes"], "noxfile.py is no valid Python"),
    "a session of that name": (
        {"noxfile.py": "import nox\n@nox.session\ndef smoke(session): pass\n"},
        ["--yes"],
        "something named smoke",
    ),
    "no such part": ({}, ["noxfil"], "There is no part 'noxfil'. Did you mean 'noxfile'?"),
    "no such option": ({}, ["--yess"], "Did you mean '--yes'?"),
}  # fmt: skip


@pytest.mark.parametrize(("files", "words", "said"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_is_a_sentence_and_leaves_nothing(
    root: Path, cleanroom: Tool, files: dict[str, str], words: list[str], said: str
) -> None:
    write_files(root, files)
    commit_all(root)
    code, text = init(cleanroom, root, *words)
    assert (code, said in text) == (2, True), text
    assert status(root) == []
    assert not (root / ".git/hooks/pre-push").exists()


def test_a_link_is_left_alone(root: Path, cleanroom: Tool, tmp_path: Path) -> None:
    precious = tmp_path / "shared.py"
    precious.write_text("import nox\n")
    (root / "noxfile.py").symlink_to(precious)
    code, text = init(cleanroom, root, "noxfile", "--yes")
    assert (code, "noxfile.py is a symbolic link" in text) == (2, True)
    assert precious.read_text() == "import nox\n"


def test_outside_of_a_repository_it_is_a_sentence(tmp_path: Path, cleanroom: Tool) -> None:
    code, text = init(cleanroom, tmp_path)
    assert (code, "NOT_A_REPOSITORY" in text) == (3, True)
    assert [*tmp_path.iterdir()] == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals")
@pytest.mark.parametrize(("answer", "written"), [("y\n", True), ("\n", False), ("no\n", False)])
def test_at_a_terminal_it_asks(root: Path, answer: str, written: bool) -> None:
    from terminal import screen_of  # noqa: PLC0415 - Windows lacks what it needs

    command = [sys.executable, "-m", "nox_cleanroom", "init", "gitignore"]
    code, rows = screen_of(command, root, os.environ, 80, 40, typed=answer.encode())
    text = "\n".join("".join(char.data for char in row).rstrip() for row in rows)
    assert code == 0
    assert "Write this file? [y/N]" in text
    assert (status(root) != []) is written
