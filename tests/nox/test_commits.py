"""`--rev A..B`: each commit is tested once, and the first bad one is found."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import BACKEND, PYTHON, Ran, Tool, commit_all, demo_files, git, pyproject, state_of

Make = Callable[..., Path]
SMOKE = f"smoke-{PYTHON}"
INIT = "src/demo/__init__.py"


def history(root: Path, *changes: tuple[str, str]) -> Path:
    """Commits after the tag `start`, each of which adds a line to a file."""
    git(root, "tag", "start")
    for number, (name, line) in enumerate(changes, 1):
        with (root / name).open("a") as file:
            file.write(f"{line}\n")
        commit_all(root, f"change {number}")
    return root


def table_of(ran: Ran) -> list[tuple[str, str, str]]:
    """The symbol, the subject and the rest of each line of the table."""
    found = re.findall(r"^(\S) [0-9a-f]{12} (.*?)  +(.*)$", ran.out, re.MULTILINE)
    return [
        (symbol, subject, re.sub(r"[0-9a-f]{12}|[\d.]+ s", "N", how))
        for symbol, subject, how in found
    ]


@pytest.fixture
def counted(repository: Make, tmp_path: Path) -> tuple[Path, Callable[[], int]]:
    """A repository, and how often its backend has built."""
    builds = tmp_path / "builds"
    counting = BACKEND.replace(
        "def build_wheel(wheel_directory",
        f"def build_wheel(wheel_directory, *more):\n    open({str(builds)!r}, 'a').write('x')\n"
        "    return _build_wheel(wheel_directory)\n\n\ndef _build_wheel(wheel_directory",
    )
    assert counting != BACKEND
    root = repository(demo_files(**{"in_tree_backend.py": counting, "README": ""}))

    def count() -> int:
        found = builds.read_text() if builds.exists() else ""
        builds.write_text("")
        return len(found)

    return root, count


def test_each_commit_is_tested_and_the_same_once(
    counted: tuple[Path, Callable[[], int]], cleanroom: Tool
) -> None:
    root, builds = counted
    history(root, (INIT, "A = 1"), ("README", "a"), (INIT, "import absent_one"), ("README", "b"))
    git(root, "revert", "-n", "HEAD~1")
    commit_all(root, "revert it")
    before = state_of(root)
    ran = cleanroom(root, SMOKE, "--rev", "start..")
    assert ran.status == 1, ran.text
    assert table_of(ran) == [
        ("✓", "change 1", "N"),
        ("✓", "change 2", "as N"),
        ("✗", "change 3", "N  PROBE_FAILED"),
        ("✗", "change 4", "as N  PROBE_FAILED"),
        ("✓", "revert it", "as N"),
    ]
    assert "imports: demo: ModuleNotFoundError: No module named 'absent_one'" in ran.out
    assert "FAILED: 2 bad; 5 of 5 commits of start.. tested" in ran.out
    assert builds() == 5
    again = cleanroom(root, SMOKE, "--rev", "start..")
    assert [how for _, _, how in table_of(again)][:2] == ["tested before", "as N"]
    assert (again.status, builds()) == (1, 0)
    assert state_of(root) == before


def test_evidence_is_kept_for_each_and_for_all(
    repository: Make, cleanroom: Tool, tmp_path: Path
) -> None:
    root = history(repository(), (INIT, "A = 1"), (INIT, "B = 1"))
    cleanroom(root, SMOKE, "--rev", "start..")
    names = sorted(path.name for path in (tmp_path / "reports").iterdir())
    oids = git(root, "rev-list", "--reverse", "start..").split()
    assert names == sorted([f"{SMOKE}-commits.json", *(f"{SMOKE}-{oid[:12]}.json" for oid in oids)])
    said = json.loads((tmp_path / "reports" / f"{SMOKE}-commits.json").read_text())
    assert [one["commit"] for one in said["tested"]] == oids
    one = json.loads((tmp_path / "reports" / f"{SMOKE}-{oids[0][:12]}.json").read_text())
    assert one["subject"]["commit"] == oids[0]


#: What is no reason to use a verdict again, though no file of the package has changed.
CHANGES: dict[str, Any] = {
    "settings": ("pyproject.toml", '[tool.nox-cleanroom]\nimports = "all"'),
    "what the checks see": ("src/demo/data.json", "{}"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_the_checks_see_is_tested_again(
    repository: Make, cleanroom: Tool, change: tuple[str, str]
) -> None:
    root = history(repository(), ("README", "a"), change)
    assert [how for _, _, how in table_of(cleanroom(root, SMOKE, "--rev", "start.."))] == ["N", "N"]


def test_a_version_from_git_is_built_anew(repository: Make, cleanroom: Tool) -> None:
    text = pyproject(tool="# setuptools-scm\n").replace(
        "requires = []", "requires = [] # setuptools-scm"
    )
    root = repository(demo_files(**{"setup.py": "# use_scm_version", "pyproject.toml": text}))
    git(root, "tag", "start")
    commit_all(root, "nothing")
    commit_all(root, "nothing again")
    ran = cleanroom(root, SMOKE, "--rev", "start..")
    assert ran.status == 0, ran.text
    # The second is built, and its wheel is the same.
    assert [how for _, _, how in table_of(ran)] == ["N", "as N"]


def test_the_first_bad_one_is_found(repository: Make, cleanroom: Tool) -> None:
    good, bad = [(INIT, f"A{number} = 1") for number in range(3)], (INIT, "import absent_one")
    root = history(repository(), *good, bad, *good, *good)
    before = state_of(root)
    ran = cleanroom(root, SMOKE, "--rev", "start..", "--bisect")
    assert ran.status == 1, ran.text
    assert re.search(
        r"FAILED: [0-9a-f]{12} \(change 4\) is the first bad commit; [45] of 10", ran.out
    )
    ran = cleanroom(root, SMOKE, "--rev", "start..HEAD~7", "--bisect")
    assert ran.status == 0, ran.text
    assert "is good, so there is no first bad one" in ran.out
    assert state_of(root) == before


def test_commits_that_cannot_be_tested_are_errors_and_suspects(
    repository: Make, cleanroom: Tool
) -> None:
    root = history(repository(), ("pyproject.toml", "this is no TOML"))
    git(root, "revert", "-n", "HEAD")
    with (root / INIT).open("a") as file:
        file.write("import absent_one\n")
    commit_all(root, "break it")
    ran = cleanroom(root, SMOKE, "--rev", "start..")
    assert ran.status == 1, ran.text
    assert [how for _, _, how in table_of(ran)] == ["N  CONFIG_INVALID", "N  PROBE_FAILED"]
    ran = cleanroom(root, SMOKE, "--rev", "start..", "--bisect")
    assert ran.status == 1
    assert "is the first bad commit, but some cannot be tested" in ran.out


def test_it_stops_at_the_first_bad_one(repository: Make, cleanroom: Tool) -> None:
    root = history(repository(), (INIT, "import absent_one"), (INIT, "A = 1"))
    ran = cleanroom(root, SMOKE, "--rev", "start..", "-x")
    assert ran.status == 1
    assert "1 bad; 1 of 2 commits of start.. tested" in ran.out


def test_a_change_of_the_checkout_is_found(
    repository: Make, cleanroom: Tool, tmp_path: Path
) -> None:
    place = tmp_path / "checkout" / "junk.txt"
    dirty = BACKEND.replace(
        "def build_wheel(", f"open({str(place)!r}, 'w').close()\n\n\ndef build_wheel("
    )
    root = history(repository(demo_files(**{"in_tree_backend.py": dirty})), (INIT, "A = 1"))
    ran = cleanroom(root, SMOKE, "--rev", "start..")
    assert ran.status == 30, ran.text
    assert "junk.txt (created)" in ran.out


WRONG = {
    "empty": (SMOKE, "main..", 2, "There is no commit in 'main..'."),
    "unknown": (SMOKE, "nix..", 2, "'nix..' is no commit of this repository."),
    "matrix": ("matrix", "start..", 2, "which only `smoke` tests"),
    "clean_check": ("clean_check", "start..", 2, "which only `smoke` tests"),
}


@pytest.mark.parametrize(("session", "rev", "status", "words"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_is_a_sentence(
    repository: Make, cleanroom: Tool, session: str, rev: str, status: int, words: str
) -> None:
    root = history(repository(), (INIT, "A = 1"))
    ran = cleanroom(root, session, "--rev", rev)
    assert (ran.status, words in ran.text) == (status, True), ran.text
    assert "Traceback" not in ran.text


def test_without_a_session_only_smoke_runs(repository: Make, cleanroom: Tool) -> None:
    ran = cleanroom(history(repository(), (INIT, "A = 1")), "--rev", "start..")
    assert ran.status == 0, ran.text
    assert "clean_check" not in ran.err.partition("shows more")[0]
    assert "PASSED: 1 of 1 commit of start.. tested" in ran.out


def test_what_is_not_the_same_request_is_tested_again(repository: Make, cleanroom: Tool) -> None:
    root = repository(
        demo_files(
            **{
                "pyproject.toml": pyproject(
                    tool="""
                    [tool.nox-cleanroom]
                    pass-env = ["FOO"]
                    smoke = [{ run = ["python", "-c", "import os; assert not os.environ.get('FOO')"] }]
                    """
                )
            }
        )
    )
    history(root, (INIT, "A = 1"))
    rev = ("--rev", "start..")
    assert cleanroom(root, SMOKE, *rev, "--install-only").status == 0
    assert [how for _, _, how in table_of(cleanroom(root, SMOKE, *rev))] == ["N"]
    assert cleanroom(root, SMOKE, *rev, env={"FOO": "bad"}).status == 1
    ran = cleanroom(root, SMOKE, *rev)
    assert (ran.status, [how for _, _, how in table_of(ran)]) == (0, ["tested before"])


def test_the_last_commit_may_be_broken(repository: Make, cleanroom: Tool) -> None:
    root = history(
        repository(), (INIT, "A = 1"), (INIT, "import absent_one"), ("pyproject.toml", "x")
    )
    ran = cleanroom(root, SMOKE, "--rev", "start..")
    # A bad package decides, and not a commit that cannot be tested.
    assert ran.status == 1, ran.text
    assert [how for _, _, how in table_of(ran)] == ["N", "N  PROBE_FAILED", "N  CONFIG_INVALID"]
    ran = cleanroom(root, SMOKE, "--rev", "start..", "--bisect")
    assert (ran.status, "is the first bad commit" in ran.out) == (1, True)
