"""What is asked of git while modules are loaded is not asked again."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import git

from nox_cleanroom.build.ahead import ask_ahead
from nox_cleanroom.checkout.checkout import Checkout


def test_what_is_in_the_commit_is_known_without_git(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    oid = git(checkout.root, "rev-parse", "HEAD").strip()
    text = (checkout.root / "pyproject.toml").read_text(encoding="utf-8")
    ask_ahead(checkout.root).join()
    monkeypatch.setenv("PATH", "")
    found = Checkout.find(checkout.root)
    commit = found.commit(oid)
    assert commit.time > 0
    assert found.read_file(commit, "pyproject.toml") == text
    assert found.read_file(commit, "setup.py") is None
    assert "pyproject.toml" in found.file_names(commit)


def test_all_sessions_of_a_command_test_the_same_commit(checkout: Checkout) -> None:
    first = git(checkout.root, "rev-parse", "HEAD").strip()
    ask_ahead(checkout.root).join()
    (checkout.root / "pyproject.toml").write_text("[project]\n", encoding="utf-8")
    git(checkout.root, "commit", "--all", "--quiet", "--message", "newer")
    assert checkout.resolve("HEAD").oid == first
    assert checkout.read_file(checkout.resolve("@"), "pyproject.toml") == "[project]\n"


@pytest.mark.parametrize("made", [True, False])
def test_where_there_is_no_commit_nothing_is_said(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], *, made: bool
) -> None:
    if made:
        git(tmp_path, "init", "--quiet")
    ask_ahead(tmp_path).join()
    assert capfd.readouterr() == ("", "")
