"""What is staged, and what lies in the checkout, is tested without a write to the repository."""

from __future__ import annotations

import hashlib
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import BACKEND, PYTHON, Tool, demo_files, git

Make = Callable[..., Path]
SMOKE = f"smoke-{PYTHON}"
BROKEN = "import absent\ndef main(): pass\n"
SOUND = "def main(): pass\n"
INIT = "src/demo/__init__.py"


def state(root: Path) -> dict[str, str]:
    """Every file of the repository and of the checkout, with its content."""
    files = (path for path in root.rglob("*") if path.is_file())
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_each_says_what_it_tests_and_leaves_everything_as_it_was(
    repository: Make, cleanroom: Tool
) -> None:
    root = repository()
    (root / INIT).write_text(BROKEN)
    git(root, "add", INIT)
    (root / INIT).write_text(SOUND)
    before = state(root)
    for words, status, rev in (
        (["--staged"], 1, "(staged)"),
        (["--working-tree"], 0, "(working tree)"),
        ([], 0, "HEAD"),
    ):
        ran = cleanroom(root, SMOKE, *words)
        assert ran.status == status, ran.text
        assert ran.evidence["subject"]["rev"] == rev
        assert state(root) == before
    assert "what is staged" in cleanroom(root, SMOKE, "--staged").err


def test_matrix_and_clean_check_know_them_too(repository: Make, cleanroom: Tool) -> None:
    root = repository()
    (root / "new.py").write_text("1 / 0\n")
    before = state(root)
    for session in (["matrix", "--pythons", PYTHON], ["clean_check"]):
        ran = cleanroom(root, *session, "--working-tree")
        assert ran.status == 0, ran.text
        assert ran.evidence["subject"]["rev"] == "(working tree)"
        assert state(root) == before


def hook(root: Path) -> None:
    """Test what is staged before each commit."""
    path = root / ".git/hooks/pre-commit"
    path.parent.mkdir(exist_ok=True)
    words = [sys.executable, "-m", "nox_cleanroom", SMOKE, "--staged", "-q"]
    path.write_text(f"#!/bin/sh\nexec {shlex.join(words)}\n")
    path.chmod(0o755)


def stage(root: Path) -> None:
    git(root, "add", INIT)


COMMITS: dict[str, tuple[Callable[[Path], object], list[str]]] = {
    "what was added": (stage, []),
    "all that is tracked": (lambda root: root, ["-a"]),
    "one file": (lambda root: root, [INIT]),
    "amended": (stage, ["--amend"]),
    "chosen hunks": (lambda root: root, ["-p"]),
}


@pytest.mark.skipif(sys.platform == "win32", reason="the hook is for a Unix shell")
@pytest.mark.parametrize(("prepare", "words"), COMMITS.values(), ids=COMMITS)
def test_a_hook_tests_what_will_be_committed(
    repository: Make, prepare: Callable[[Path], object], words: list[str]
) -> None:
    root = repository()
    hook(root)
    head = git(root, "rev-parse", "HEAD")
    for text, is_made in ((BROKEN, False), (SOUND + "\n", True)):
        (root / INIT).write_text(text)
        prepare(root)
        done = subprocess.run(
            ["git", "commit", "-m", "x", *words],
            cwd=root,
            input="y\ny\ny\n",
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        assert (done.returncode == 0) == is_made, done.stdout + done.stderr
        assert (git(root, "rev-parse", "HEAD") != head) == is_made
    assert "fatal" not in git(root, "fsck", "--full")


def test_conflicts_and_two_subjects_are_a_sentence(repository: Make, cleanroom: Tool) -> None:
    root = repository()
    git(root, "switch", "-q", "-c", "side")
    for branch, text in (("side", "7\n"), ("main", "8\n")):
        git(root, "switch", "-q", branch)
        (root / "src/demo/part.py").write_text(f"VALUE = {text}")
        git(root, "commit", "-q", "-a", "-m", branch)
    subprocess.run(["git", "merge", "side"], cwd=root, capture_output=True, check=False)
    ran = cleanroom(root, SMOKE, "--staged", report=False)
    assert ran.status == 3
    assert "GIT_FAILED: The index has conflicts" in ran.err
    ran = cleanroom(root, SMOKE, "--staged", "--rev", "HEAD", report=False)
    assert ran.status == 2
    assert "Only one of --rev, --staged and --working-tree" in ran.err


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_git_works_meanwhile_and_after_a_kill(repository: Make, tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    wait = f"open({str(begun)!r}, 'w').close(); __import__('time').sleep(600)"
    slow = BACKEND.replace("def build_wheel(", f"{wait}\n\n\ndef build_wheel(")
    assert slow != BACKEND
    root = repository()
    (root / "in_tree_backend.py").write_text(slow)
    before = state(root / ".git")
    command = [sys.executable, "-m", "nox_cleanroom", SMOKE, "--working-tree"]
    with subprocess.Popen(
        command, cwd=root, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as running:
        deadline = time.monotonic() + 60
        while not begun.exists():
            assert time.monotonic() < deadline
            time.sleep(0.01)
        assert state(root / ".git") == before
        os.kill(running.pid, signal.SIGKILL)
        running.wait()
    assert state(root / ".git") == before
    for words in (["fsck", "--full"], ["gc", "-q", "--prune=now"], ["worktree", "prune"]):
        git(root, *words)
    assert not (root / ".git/worktrees").exists()


def test_own_sessions_take_them(repository: Make) -> None:
    text = (
        "import nox, nox_cleanroom\n\n\n@nox.session\ndef own(session):\n"
        "    nox_cleanroom.install(session, rev=nox_cleanroom.WORKING_TREE)\n"
        '    session.run("python", "-c", "import demo.part; print(demo.part.VALUE)")\n'
    )
    root = repository(demo_files(**{"noxfile.py": text, ".gitignore": "/.nox/\n__pycache__/\n"}))
    (root / "src/demo/part.py").write_text("VALUE = 'not committed'\n")
    done = subprocess.run(
        [sys.executable, "-m", "nox", "-s", "own"],
        cwd=root,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "not committed" in done.stdout
