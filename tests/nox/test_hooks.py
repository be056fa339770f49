"""`nox-cleanroom hook`: which commits does a push test, and whose hooks are left alone?"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import PYTHON, commit_all, demo_files, git, make_repository, pyproject, write_files

TOOL = f"[tool.nox-cleanroom]\npythons = ['{PYTHON}']\n"
BROKEN = {"src/demo/__init__.py": "import nothing_of_this_name\n"}

Pushed = subprocess.CompletedProcess[str]
Make = Callable[..., Path]


def install(root: Path, *names: str) -> Path:
    done = run(sys.executable, "-m", "nox_cleanroom", "hook", "install", *names, where=root)
    assert done.returncode == 0, done.stdout
    return root / ".git" / "hooks" / "pre-push"


def run(*command: str, where: Path, stdin: int = subprocess.DEVNULL) -> Pushed:
    # The tool is the one under test, whatever else is on PATH.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return subprocess.run(
        command,
        cwd=where,
        env={**os.environ, "PATH": path},
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        timeout=300,
        check=False,
    )


def push(where: Path, *refs: str) -> Pushed:
    return run("git", "push", "origin", *refs, where=where)


def verdicts(pushed: Pushed) -> list[tuple[str, str]]:
    """The verdict on each commit that was tested, and the beginning of its name."""
    return re.findall(r"^[✓✗] (PASSED|FAILED): .* at ([0-9a-f]{12})", pushed.stdout, re.MULTILINE)


def name_of(root: Path, rev: str) -> str:
    return git(root, "rev-parse", f"{rev}^{{commit}}")[:12]


def on_remote(root: Path) -> set[str]:
    return set(git(root, "ls-remote", "origin").split()[1::2]) - {"HEAD"}


def make(root: Path, *options: str) -> Path:
    """A checkout that stands on a healthy `main`, with a branch `broken` and a bare remote."""
    git(root.parent, "init", "--quiet", "--bare", *options, "remote.git")
    git(root.parent, "init", "--quiet", "--initial-branch=main", *options, str(root))
    make_repository(root, demo_files(**{"pyproject.toml": pyproject(tool=TOOL)}))
    git(root, "remote", "add", "origin", "../remote.git")
    git(root, "push", "--quiet", "origin", "main")
    git(root, "switch", "--quiet", "--create", "broken")
    write_files(root, BROKEN)
    commit_all(root, "fix it")
    git(root, "switch", "--quiet", "main")
    return root


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    return make(tmp_path / "checkout")


def test_a_broken_branch_is_refused_while_standing_on_a_good_one(checkout: Path) -> None:
    install(checkout)
    refused = push(checkout, "broken")
    assert refused.returncode != 0, refused.stdout
    assert verdicts(refused) == [("FAILED", name_of(checkout, "broken"))]
    write_files(checkout, {"src/demo/more.py": "MORE = 1\n"})
    commit_all(checkout)
    good = push(checkout, "main", "main:second")
    assert good.returncode == 0, good.stdout
    # The same commit, once.
    assert verdicts(good) == [("PASSED", name_of(checkout, "main"))]
    assert on_remote(checkout) == {"refs/heads/main", "refs/heads/second"}


def test_of_two_refs_both_are_tested_and_one_refuses_both(checkout: Path) -> None:
    install(checkout)
    git(checkout, "branch", "good")
    refused = push(checkout, "broken", "good")
    assert refused.returncode != 0, refused.stdout
    assert sorted(verdicts(refused)) == [
        ("FAILED", name_of(checkout, "broken")),
        ("PASSED", name_of(checkout, "good")),
    ]
    assert on_remote(checkout) == {"refs/heads/main"}


@pytest.mark.parametrize("format_", ["sha1", "sha256"])
def test_what_is_deleted_is_not_tested(tmp_path: Path, format_: str) -> None:
    root = make(tmp_path / "checkout", f"--object-format={format_}")
    git(root, "push", "--quiet", "origin", "main:old", "main:older")
    install(root)
    deleted = push(root, ":old")
    assert (deleted.returncode, verdicts(deleted)) == (0, []), deleted.stdout
    both = push(root, ":older", "main:new")
    assert both.returncode == 0, both.stdout
    assert verdicts(both) == [("PASSED", name_of(root, "main"))]
    assert on_remote(root) == {"refs/heads/main", "refs/heads/new"}


def test_tags_are_peeled(checkout: Path) -> None:
    install(checkout)
    git(checkout, "tag", "--annotate", "-m", "it", "v1", "main")
    git(checkout, "tag", "--annotate", "-m", "a tag of a tag", "v1-signed", "v1")
    git(checkout, "tag", "light", "main")
    git(checkout, "tag", "tree", "main^{tree}")
    git(checkout, "tag", "--annotate", "-m", "a blob", "blob", "main:pyproject.toml")
    git(checkout, "tag", "--annotate", "-m", "bad", "v2", "broken")
    good = push(checkout, "v1", "v1-signed", "light", "tree", "blob")
    assert good.returncode == 0, good.stdout
    assert verdicts(good) == [("PASSED", name_of(checkout, "main"))]
    refused = push(checkout, "v2")
    assert refused.returncode != 0, refused.stdout
    assert verdicts(refused) == [("FAILED", name_of(checkout, "broken"))]


def test_nothing_to_push_and_notes_test_nothing(checkout: Path) -> None:
    install(checkout)
    git(checkout, "notes", "add", "-m", "a note", "main")
    for refs in (("main",), ("refs/notes/commits",)):
        pushed = push(checkout, *refs)
        assert (pushed.returncode, verdicts(pushed)) == (0, []), pushed.stdout


def test_a_local_ref_with_blanks(checkout: Path) -> None:
    install(checkout)
    refused = push(checkout, ":/fix it:refs/heads/x")
    assert refused.returncode != 0, refused.stdout
    assert verdicts(refused) == [("FAILED", name_of(checkout, "broken"))]


def test_from_a_subdirectory_of_a_linked_worktree(checkout: Path, tmp_path: Path) -> None:
    install(checkout)
    git(checkout, "worktree", "add", "--quiet", str(tmp_path / "linked"), "-b", "linked")
    refused = push(tmp_path / "linked" / "src" / "demo", "broken")
    assert refused.returncode != 0, refused.stdout
    assert verdicts(refused) == [("FAILED", name_of(checkout, "broken"))]
    good = push(tmp_path / "linked" / "src" / "demo", "linked")
    assert good.returncode == 0, good.stdout
    assert verdicts(good) == [("PASSED", name_of(checkout, "main"))]


def test_by_hand_it_tests_head(checkout: Path) -> None:
    hook = install(checkout)
    ran = run(str(hook), where=checkout)
    assert (ran.returncode, verdicts(ran)) == (0, [("PASSED", name_of(checkout, "main"))])
    git(checkout, "switch", "--quiet", "broken")
    controller, terminal = os.openpty()
    try:
        ran = run(str(hook), where=checkout, stdin=terminal)
    finally:
        os.close(controller)
        os.close(terminal)
    assert ran.returncode == 1, ran.stdout
    assert verdicts(ran) == [("FAILED", name_of(checkout, "broken"))]


#: A hook that somebody else has written: it notes what it reads.
OTHER = "#!/bin/sh\ncat >> seen.txt\nexit {status}\n"


def other(root: Path, *, status: int = 0) -> Path:
    hook = root / ".git" / "hooks" / "pre-push"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(OTHER.format(status=status))
    hook.chmod(0o755)
    return hook


def test_the_hook_of_somebody_else_runs_first_and_comes_back(checkout: Path) -> None:
    hook = other(checkout)
    for _ in range(2):
        install(checkout)
    refused = push(checkout, "broken")
    assert refused.returncode != 0
    assert verdicts(refused) == [("FAILED", name_of(checkout, "broken"))]
    assert "refs/heads/broken" in (checkout / "seen.txt").read_text()
    removed = run(sys.executable, "-m", "nox_cleanroom", "hook", "uninstall", where=checkout)
    assert removed.returncode == 0
    assert hook.read_text() == OTHER.format(status=0)
    assert [one.name for one in hook.parent.glob("pre-push*") if "sample" not in one.name] == [
        "pre-push"
    ]


def test_what_the_hook_of_somebody_else_refuses_is_not_tested(checkout: Path) -> None:
    other(checkout, status=3)
    install(checkout)
    refused = push(checkout, "main:new")
    assert refused.returncode != 0
    assert verdicts(refused) == []


def test_only_our_own_hooks_are_removed(checkout: Path) -> None:
    hook = other(checkout)
    command = (sys.executable, "-m", "nox_cleanroom", "hook", "uninstall")
    done = run(*command, "pre-push", where=checkout)
    assert "left alone, as nox-cleanroom did not write it" in done.stdout
    assert hook.read_text() == OTHER.format(status=0)


def test_hooks_lie_where_git_looks_for_them(checkout: Path) -> None:
    git(checkout, "config", "core.hooksPath", "my hooks")
    install(checkout, "pre-commit")
    assert (checkout / "my hooks" / "pre-commit").exists()
    write_files(checkout, BROKEN)
    refused = run("git", "commit", "-a", "-m", "x", where=checkout)
    assert refused.returncode != 0, refused.stdout
    assert "FAILED: demo 1.0" in refused.stdout


def test_the_project_in_which_it_was_installed_is_tested(tmp_path: Path) -> None:
    root = tmp_path / "checkout"
    files = {f"a b/{name}": text for name, text in demo_files().items()}
    make_repository(root, files)
    done = run(
        sys.executable, "-m", "nox_cleanroom", "hook", "install", "pre-commit", where=root / "a b"
    )
    assert done.returncode == 0, done.stdout
    write_files(root / "a b", BROKEN)
    refused = run("git", "commit", "-a", "-m", "x", where=root)
    assert refused.returncode != 0, refused.stdout
    assert "FAILED: demo 1.0" in refused.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "`hook` needs `install` or `uninstall`"),
        (["install", "pre-pish"], "There is no hook 'pre-pish'. Did you mean 'pre-push'?"),
    ],
)
def test_wrong_words_are_a_sentence(checkout: Path, words: list[str], said: str) -> None:
    done = run(sys.executable, "-m", "nox_cleanroom", "hook", *words, where=checkout)
    assert done.returncode == 2
    assert said in done.stdout


def test_hooks_of_all_repositories_are_left_alone(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "config"))
    git(checkout, "config", "--global", "core.hooksPath", str(shared))
    done = run(sys.executable, "-m", "nox_cleanroom", "hook", "install", where=checkout)
    assert done.returncode == 2
    assert "ours would run in all of them" in done.stdout
    assert [*shared.iterdir()] == []
    done = run(sys.executable, "-m", "nox_cleanroom", "init", "hook", "--yes", where=checkout)
    assert (done.returncode, [*shared.iterdir()]) == (0, [])


def test_a_directory_that_is_gone_is_a_sentence(tmp_path: Path) -> None:
    root = make(tmp_path / "checkout")
    write_files(root, {"sub/pyproject.toml": "[project]\nname = 'x'\nversion = '1'\n"})
    commit_all(root)
    where = root / "sub"
    done = run(sys.executable, "-m", "nox_cleanroom", "hook", "install", where=where)
    assert done.returncode == 0, done.stdout
    git(root, "rm", "-rq", "sub")
    commit_all(root)
    pushed = push(root, "main")
    assert pushed.returncode != 0
    assert "there is no sub here, which this hook tests" in pushed.stdout
