"""Questions to git, and the refusals that a user meets."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import commit_all, demo_files, git, make_repository, write_files

from nox_cleanroom.build.project import directory_of_project, find_project, require_project
from nox_cleanroom.checkout.checkout import Checkout
from nox_cleanroom.checkout.git import locate
from nox_cleanroom.checkout.ignore_rules import IgnoreRule
from nox_cleanroom.errors import Code, ProjectError, RepositoryError


def refusal(where: Path) -> RepositoryError:
    with pytest.raises(RepositoryError) as raised:
        Checkout.find(where).resolve("HEAD")
    assert raised.value.hint or raised.value.output
    return raised.value


def test_it_is_found_from_a_subdirectory(checkout: Checkout) -> None:
    assert Checkout.find(checkout.root / "src" / "demo") == checkout


def test_no_repository(tmp_path: Path) -> None:
    assert refusal(tmp_path).code is Code.NOT_A_REPOSITORY


def test_a_bare_repository(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "--bare")
    error = refusal(tmp_path)
    assert error.code is Code.NOT_A_REPOSITORY
    assert "bare repository" in error.message


def test_no_commit(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    assert refusal(tmp_path).code is Code.NO_COMMITS


def test_a_commit_that_git_cannot_read(checkout: Checkout) -> None:
    branch = git(checkout.root, "symbolic-ref", "HEAD").strip()
    (checkout.git_dir / branch).write_text("d" * 40 + "\n")
    error = refusal(checkout.root)
    assert error.code is Code.GIT_FAILED
    assert "d" * 12 in error.message


def test_no_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert refusal(tmp_path).code is Code.GIT_MISSING


def test_a_git_that_is_too_old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = tmp_path / "git"
    old.write_text("#!/bin/sh\necho git version 2.33.8\n")
    old.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    error = refusal(tmp_path)
    assert error.code is Code.GIT_TOO_OLD
    assert "2.33.8" in error.message


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can chown")
def test_a_repository_of_somebody_else(checkout: Checkout) -> None:
    for path in [checkout.root, checkout.git_dir]:
        os.chown(path, 12345, 12345)
    # The fixture has asked git about it already.
    locate.cache_clear()
    error = refusal(checkout.root)
    assert "does not trust" in error.message
    assert "safe.directory" in error.output


def test_an_unknown_revision(checkout: Checkout) -> None:
    with pytest.raises(RepositoryError) as raised:
        checkout.resolve("nonsense")
    assert raised.value.code is Code.REVISION_UNKNOWN


@pytest.mark.parametrize("name", ["--upload-pack=x", "HEAD"])
def test_a_branch_or_tag_with_an_awkward_name_changes_nothing(
    checkout: Checkout, name: str
) -> None:
    commit = checkout.resolve("HEAD")
    git(checkout.root, "update-ref", f"refs/heads/{name}", commit.oid)
    commit_all(checkout.root, "newer")
    git(checkout.root, "update-ref", f"refs/tags/{name}", commit.oid)
    assert checkout.resolve("HEAD").subject == "newer"


def test_a_commit_is_described_by_its_tag(checkout: Checkout) -> None:
    git(checkout.root, "tag", "v1")
    commit = checkout.resolve("v1")
    assert checkout.describe(commit).startswith("v1-0-g")
    assert commit.oid.startswith(commit.short)


def test_a_hooks_variables_do_not_reach_git(
    checkout: Checkout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "nowhere"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    assert Checkout.find(checkout.root) == checkout


def test_uncommitted_paths_are_counted_whatever_the_configuration_hides(
    checkout: Checkout,
) -> None:
    git(checkout.root, "config", "status.showUntrackedFiles", "no")
    write_files(checkout.root, {"new/one.py": "", "new/two.py": "", "src/demo/part.py": "x = 1\n"})
    assert sorted(checkout.uncommitted()) == [b"new/one.py", b"new/two.py", b"src/demo/part.py"]


def test_only_tracked_rules_cover_new_files(checkout: Checkout) -> None:
    (checkout.git_dir / "info" / "exclude").write_text("*.log\n")
    write_files(checkout.root, {"a.log": "", "made/b.txt": "", "src/demo/__pycache__/x.pyc": ""})
    assert checkout.unignored() == ["a.log", "made/"]
    assert checkout.ignored_files() == ["src/demo/__pycache__/x.pyc"]


def test_rules_are_told_by_path(checkout: Checkout) -> None:
    write_files(checkout.root, {".gitignore": "build/\n", "src/demo/build/x.py": ""})
    rule = IgnoreRule(pattern="build/", place=".gitignore:1")
    assert checkout.ignore_rules(["src/demo/build/x.py"]) == {"src/demo/build/x.py": rule}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("pyproject.toml", '[project]\nversion = "1"\nname = "Other_One"\n'),
        ("pyproject.toml", '[tool.poetry]\nname = "other.one"\n'),
        ("setup.cfg", "[metadata]\nname = other-one\n"),
        ("setup.py", "from setuptools import setup\nsetup(name='other-one', version='1')\n"),
        ("setup.py", "from setuptools import setup\nsetup(\n    name='other-one',\n)\n"),
    ],
)
def test_a_project_of_the_same_commit_is_found_by_its_name(
    tmp_path: Path, path: str, text: str
) -> None:
    files = {f"packages/one/{path}": text, "packages/two/pyproject.toml": '[project]\nname = "x"\n'}
    checkout = Checkout.find(make_repository(tmp_path / "mono", files))
    commit = checkout.resolve("HEAD")
    assert directory_of_project(checkout, commit, "other-one") == "packages/one"
    assert directory_of_project(checkout, commit, "other") == ""


def test_files_that_may_be_executed_are_told(tmp_path: Path) -> None:
    root = make_repository(tmp_path / "checkout", {"run": "#!/bin/sh\n", "a.py": ""})
    git(root, "update-index", "--chmod=+x", "run")
    git(root, "commit", "-qm", "x")
    checkout = Checkout.find(root)
    assert checkout.executables(checkout.resolve("HEAD")) == ["run"]


NAMED = {
    "plain.txt": "text\nof two lines",
    "empty": "",
    "with space": "x",
    "with\nnewline": "y",
    "ünïcode.txt": "z\n\n",
    "directory/inside": "w",
}


def test_files_that_are_read_ahead_are_what_git_says_of_each(
    repository: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = repository(NAMED)
    (root / "link").symlink_to("plain.txt")
    commit_all(root)
    checkout = Checkout.find(root)
    oid = checkout.oid_of("HEAD")
    asked = [*NAMED, "link", "absent", "directory"]
    expected = [checkout.ask("cat-file", "blob", f"{oid}:{path}") for path in asked]
    checkout.read_ahead(oid, asked)
    found = [checkout.read_at(oid, path) for path in asked]
    assert found == [one.stdout.decode() if one.returncode == 0 else None for one in expected]
    # Git is not asked again, also not by a checkout that is found later.
    monkeypatch.setattr(Checkout, "ask", None)
    assert Checkout.find(root).read_at(oid, "plain.txt") == NAMED["plain.txt"]
    assert Checkout.find(root).read_at(oid, "absent") is None


def test_the_nearest_project_upwards(tmp_path: Path) -> None:
    root = make_repository(
        tmp_path / "mono",
        {
            "README": "",
            "packages/a/setup.py": "",
            "packages/a/src/x.py": "",
            "tools/pyproject.toml": "[tool.ruff]\n",
        },
    )
    assert find_project(root / "packages/a/src", root) == root / "packages/a"
    assert find_project(root / "tools", root) is None


def test_no_project_names_the_directories_that_hold_one(tmp_path: Path) -> None:
    root = make_repository(tmp_path / "mono", {"README": "", "packages/a/setup.py": "x"})
    checkout = Checkout.find(root)
    with pytest.raises(ProjectError) as raised:
        require_project(checkout, checkout.resolve("HEAD"), ".")
    assert "packages/a" in raised.value.hint


def test_a_pyproject_that_only_configures_tools_is_no_project(
    repository: Callable[..., Path],
) -> None:
    root = repository({"pyproject.toml": "[tool.ruff]\nline-length = 100\n"})
    checkout = Checkout.find(root)
    with pytest.raises(ProjectError, match="no Python project"):
        require_project(checkout, checkout.resolve("HEAD"), ".")


def test_an_uncommitted_project_is_none(repository: Callable[..., Path]) -> None:
    root = repository({"README": "x"})
    write_files(root, demo_files())
    checkout = Checkout.find(root)
    with pytest.raises(ProjectError) as raised:
        require_project(checkout, checkout.resolve("HEAD"), ".")
    assert "committed" in raised.value.hint
