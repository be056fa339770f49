"""Finding Pythons: pyenv's shims, Pythons that may fail, old ones, and those that are missing."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import PYTHON, Tool, commit_all, demo_files, pyproject, write_files

Make = Callable[..., Path]


def project(*pythons: str, **changes: str) -> dict[str, str]:
    table = f"[tool.nox-cleanroom]\npythons = {json.dumps(pythons)}\n"
    text = pyproject(tool=table, **{"requires-python": ">=3.2"})
    return demo_files(**{"pyproject.toml": text, **changes})


@pytest.fixture
def pyenv(tmp_path: Path, several: list[str]) -> dict[str, str]:
    """The variables of a user of pyenv: all of `several` are installed, the first is active."""
    root = tmp_path / "pyenv"
    (root / "shims").mkdir(parents=True)
    for python in several:
        words = [f"python{python}", "-c", "import sys; print(sys.base_prefix)"]
        prefix = subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip()
        (root / "versions" / f"{python}.0").parent.mkdir(exist_ok=True)
        (root / "versions" / f"{python}.0").symlink_to(prefix)
        shim = root / "shims" / f"python{python}"
        shim.write_text(
            f"#!/bin/sh\necho 'pyenv: python{python}: command not found' >&2\nexit 127\n"
        )
        shim.chmod(0o755)
    (root / "version").write_text(f"{several[0]}.0\n")
    path = os.pathsep.join((str(root / "shims"), "/usr/bin", "/bin"))
    home = tmp_path / "home"
    home.mkdir()
    return {"PYENV_ROOT": str(root), "HOME": str(home), "PATH": path}


def test_with_shims_first_every_installed_version_is_tested(
    repository: Make, cleanroom: Tool, several: list[str], pyenv: dict[str, str]
) -> None:
    root = repository(project(*several))
    found: dict[str, set[str]] = {}
    for session in (f"smoke-{several[-1]}", "matrix"):
        ran = cleanroom(root, session, env=pyenv)
        assert ran.status == 0, ran.text
        assert "not found" not in ran.text
        for cell in ran.evidence["cells"]:
            found.setdefault(cell["python"], set()).add(cell["interpreter"]["version"])
    assert sorted(found, key=several.index) == several
    assert all(len(versions) == 1 for versions in found.values())


def test_one_that_may_fail_is_shown_and_does_not_count(
    repository: Make, cleanroom: Tool, several: list[str]
) -> None:
    newest = several[-1]
    code = f"import sys\nassert '%d.%d' % sys.version_info[:2] != {newest!r}\ndef main(): pass\n"
    files = project(*several[:-1], f"{newest}?", **{"src/demo/__init__.py": code})
    root = repository(files)
    ran = cleanroom(root, "matrix")
    assert ran.status == 0, ran.text
    assert "✓ PASSED" in ran.out
    assert f"✗ smoke-{newest}" in ran.out
    assert cleanroom(root, "smoke").status == 0
    for named in (["matrix", "--", "--pythons", newest], [f"smoke-{newest}"]):
        assert cleanroom(root, *named).status == 1, named


def test_one_that_may_fail_may_be_missing(repository: Make, cleanroom: Tool) -> None:
    root = repository(project(PYTHON, "3.99?"))
    ci = {"CI": "true"}
    for session in ("matrix", "smoke"):
        ran = cleanroom(root, session, env=ci)
        assert ran.status == 0, ran.text
        assert "Python 3.99" in ran.text
    assert cleanroom(root, "smoke-3.99", env=ci).status == 1
    assert cleanroom(root, "matrix", "--", "--pythons", "3.99", env=ci).status == 1


def test_what_is_missing_is_said_with_the_ways_to_get_it(repository: Make, cleanroom: Tool) -> None:
    ran = cleanroom(repository(project(PYTHON, "3.99")), "smoke-3.99")
    assert ran.status == 1
    for words in ("uv python install 3.99", "pyenv install 3.99", "--download-python auto"):
        assert words in ran.text
    assert ".." not in ran.text.replace("...", "")


@pytest.mark.parametrize("old", ["3.7", "3.8", "3.9", "pypy3.9"])
def test_interpreters_that_are_too_old_for_us_are_tested(
    repository: Make, cleanroom: Tool, old: str
) -> None:
    root = repository(project(old))
    ran = cleanroom(root, f"smoke-{old}")
    if "is not on this machine" in ran.text:
        pytest.skip(f"Python {old} is not on this machine")
    assert ran.status == 0, ran.text
    (cell,) = ran.evidence["cells"]
    assert cell["interpreter"]["version"].startswith(old.removeprefix("pypy"))
    assert [step["name"] for step in cell["steps"] if step["name"].startswith("import")]


def test_virtualenv_skips_what_it_makes_no_environments_for(
    repository: Make, cleanroom: Tool
) -> None:
    root = repository(project("3.8", PYTHON))
    if "is not on this machine" in cleanroom(root, "smoke-3.8").text:
        pytest.skip("Python 3.8 is not on this machine")
    without_uv = ("--force-venv-backend", "virtualenv")
    ran = cleanroom(root, "smoke", *without_uv)
    assert ran.status == 0, ran.text
    assert "virtualenv makes no environments for Python 3.8" in ran.text
    named = cleanroom(root, "smoke-3.8", *without_uv)
    assert (named.status, "NOTHING_TESTED" in named.text) == (1, True)


def test_the_pythons_are_those_of_the_commit(
    repository: Make, cleanroom: Tool, several: list[str]
) -> None:
    root = repository(project(*several))
    write_files(root, project(several[-1]))
    commit_all(root)
    write_files(root, {"pyproject.toml": "[broken"})
    tested = {}
    for rev in ("HEAD~1", "HEAD"):
        ran = cleanroom(root, "matrix", "--rev", rev)
        assert ran.status == 0, ran.text
        tested[rev] = [cell["python"] for cell in ran.evidence["cells"]]
    assert tested == {"HEAD~1": several, "HEAD": several[-1:]}


@pytest.mark.parametrize("line", ['dynamic = ["requires-python"]', "# requires-python: setup.cfg"])
def test_the_commit_may_state_its_pythons_in_any_of_its_files(
    repository: Make, cleanroom: Tool, line: str
) -> None:
    text = f'[build-system]\nrequires = ["setuptools"]\n[project]\nname = "demo"\n{line}\n'
    root = repository(
        {"pyproject.toml": text, "setup.cfg": "[options]\npython_requires = >=3.13\n"}
    )
    write_files(root, {"setup.cfg": ""})
    assert "Its Requires-Python is '>=3.13'" in cleanroom(root, "smoke-3.99").text


def test_a_noxfile_of_several_projects_has_the_pythons_of_each(
    repository: Make, cleanroom: Tool
) -> None:
    of_each = {"one": project("3.99"), "two": project(PYTHON)}
    files = {f"{one}/{name}": text for one, its in of_each.items() for name, text in its.items()}
    calls = "".join(f"nox_cleanroom.define_sessions({name!r})\n" for name in of_each)
    root = repository({**files, "noxfile.py": f"import nox_cleanroom\n{calls}"})
    ran = cleanroom(root / "one", "-f", str(root / "noxfile.py"), f"smoke_two-{PYTHON}")
    assert ran.status == 0, ran.text
    assert "smoke_two" in ran.text


def test_only_missing_ones_that_may_fail_are_no_success(repository: Make, cleanroom: Tool) -> None:
    root = repository(project("3.99?"))
    assert "EMPTY_MATRIX" in cleanroom(root, "matrix").text
    assert "NOTHING_TESTED" in cleanroom(root, "smoke").text
