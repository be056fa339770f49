"""A project at a commit: its settings, and which Pythons it admits."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from nox_cleanroom.build.source_tree import Source, naming_submodules
from nox_cleanroom.build.worktree import Worktree
from nox_cleanroom.checkout.commit import Commit
from nox_cleanroom.errors import BuildError, ConfigError, PythonExcludedError

COMMIT = Commit(oid="a" * 40, subject="A commit.", time=0)


def source(monkeypatch: pytest.MonkeyPatch, text: str, project: str = ".") -> Source:
    """A project whose pyproject.toml is this."""
    monkeypatch.setattr("nox_cleanroom.build.source_tree.require_project", lambda *_: None)
    path = "pyproject.toml" if project == "." else f"{project}/pyproject.toml"
    checkout = SimpleNamespace(read_file=lambda commit, name: text if name == path else None)
    return Source.read(cast("Any", checkout), COMMIT, project, timeout_seconds=9)


@pytest.mark.parametrize("project", [".", "lib/demo"])
def test_the_settings_are_those_of_the_commit(
    monkeypatch: pytest.MonkeyPatch, project: str
) -> None:
    read = source(monkeypatch, "[tool.nox-cleanroom]\nimports = 'all'\n", project)
    assert read.settings.imports == "all"
    assert read.pyproject == {"tool": {"nox-cleanroom": {"imports": "all"}}}


def test_settings_that_cannot_be_used_are_named_with_the_commit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(ConfigError, match=r": In lib/pyproject.toml of a{7,12}: "):
        source(monkeypatch, "[tool.nox-cleanroom]\nimports = 3\n", "lib")


@pytest.mark.parametrize(
    ("stated", "version", "is_admitted"),
    [
        (">=3.10", "3.10.0", True),
        (">=3.10", "3.9.18", False),
        (">=3.10", "3.15.0a1", True),
        ("whenever", "3.9.18", True),
        ("", "3.9.18", True),
    ],
)
def test_which_pythons_are_admitted(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, stated: str, version: str, is_admitted: bool
) -> None:
    text = f"[project]\nname = 'demo'\nrequires-python = '{stated}'\n"
    (tmp_path / "pyproject.toml").write_text(text)
    tree = Worktree(root=tmp_path, project=tmp_path, missing_submodules=())
    for read, place in ((source(monkeypatch, text), None), (source(monkeypatch, ""), tree)):
        if is_admitted:
            read.require_python(version, place)
        else:
            with pytest.raises(PythonExcludedError) as raised:
                read.require_python(version, place)
            assert raised.value.requires_python == stated


@pytest.mark.parametrize(
    ("missing", "hint"),
    [
        ((), "Look."),
        (
            ("lib", "data"),
            (
                "These submodules are empty: lib, data; `git submodule update --init --recursive` fills"
                " them in the checkout, from where they are taken. Look."
            ),
        ),
    ],
)
def test_a_build_that_fails_names_empty_submodules(missing: tuple[str, ...], hint: str) -> None:
    tree = Worktree(root=Path(), project=Path(), missing_submodules=missing)
    with pytest.raises(BuildError) as raised, naming_submodules(tree):
        raise BuildError("x", hint="Look.")
    assert raised.value.hint == hint
