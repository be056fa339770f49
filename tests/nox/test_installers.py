"""The user's own settings of pip and uv, and what a run makes of them; with each of the two."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import PYTHON, Tool, demo_files, make_wheel, pyproject, write_files

Make = Callable[..., Path]
SMOKE = f"smoke-{PYTHON}"

#: Has a requirement, and says so when it is not there.
NEEDS = demo_files(
    **{
        "pyproject.toml": pyproject(dependencies=["needed"]),
        "src/demo/__init__.py": "import needed\n",
    }
)


@pytest.fixture(params=["uv", pytest.param("pip", marks=pytest.mark.slow)])
def installer(request: pytest.FixtureRequest) -> str:
    """Which of the two installs."""
    name = str(request.param)
    if name == "pip":
        request.getfixturevalue("without_uv")
    return name


@pytest.fixture
def links(tmp_path: Path) -> Path:
    """A directory with two versions of what the project needs, and with what that needs."""
    for version in ("1.0", "2.0"):
        make_wheel(
            tmp_path / "links",
            {"needed.py": "import deeper\n"},
            name="needed",
            version=version,
            metadata="Requires-Dist: deeper\n",
        )
    make_wheel(tmp_path / "links", {"deeper.py": ""}, name="deeper")
    return tmp_path / "links"


def configured(root: Path, *, pip: str = "", uv: str = "", **env: str) -> dict[str, str]:
    """The variables of a user with these files; no other configuration is read."""
    write_files(root, {"pip.conf": pip, "uv.toml": uv})
    files = {"PIP_CONFIG_FILE": str(root / "pip.conf"), "UV_CONFIG_FILE": str(root / "uv.toml")}
    return {**files, "PIP_FIND_LINKS": "", "XDG_CONFIG_DIRS": str(root), **env}


#: Settings with which an installer does something else than it does for others, and the note.
FALSIFYING: dict[str, tuple[dict[str, str], str]] = {
    "a target": ({"pip": "[install]\ntarget = ELSEWHERE\n"}, "target (ROOT/pip.conf)"),
    "user installs": ({"pip": "[global]\nuser = true\n"}, "user (ROOT/pip.conf)"),
    "no dependencies": (
        {"pip": "[install]\nno-deps = true\n", "uv": "[pip]\nno-deps = true\n"},
        "no-deps (ROOT/pip.conf), no-deps (ROOT/uv.toml)",
    ),
    "constraints": (
        {"PIP_CONSTRAINT": "ROOT/bounds.txt", "UV_CONSTRAINT": "ROOT/bounds.txt"},
        "constraint (PIP_CONSTRAINT), constraint (UV_CONSTRAINT)",
    ),
    "overrides": (
        {"uv": 'override-dependencies = ["needed==3.0"]\n'},
        "override-dependencies (ROOT/uv.toml)",
    ),
    "excluded": ({"UV_EXCLUDE": "ROOT/bounds.txt"}, "exclude (UV_EXCLUDE)"),
}


@pytest.mark.parametrize(("settings", "note"), FALSIFYING.values(), ids=FALSIFYING)
def test_what_changes_a_result_is_dropped(
    repository: Make,
    cleanroom: Tool,
    tmp_path: Path,
    links: Path,
    installer: str,
    settings: dict[str, str],
    note: str,
) -> None:
    (tmp_path / "bounds.txt").write_text("needed==3.0\n")
    said = {
        name: value.replace("ROOT", str(tmp_path)).replace("ELSEWHERE", str(tmp_path / "else"))
        for name, value in settings.items()
    }
    env = configured(tmp_path, **said)
    ran = cleanroom(repository(NEEDS), SMOKE, "--", "--find-links", str(links), env=env)
    assert ran.status == 0, ran.text
    assert f"dropped for installs: {note.replace('ROOT', str(tmp_path))}" in ran.text
    assert not (tmp_path / "else").exists()


def test_an_index_that_only_pip_was_told_of(
    repository: Make, cleanroom: Tool, tmp_path: Path, installer: str
) -> None:
    place = tmp_path / "index" / "needed"
    wheel = make_wheel(place, {"needed.py": ""}, name="needed", version="7.0")
    (place / "index.html").write_text(f'<a href="{wheel.name}">{wheel.name}</a>\n')
    env = configured(tmp_path, pip=f"[global]\nindex-url = {(tmp_path / 'index').as_uri()}\n")
    ran = cleanroom(repository(NEEDS), SMOKE, env=env)
    assert ran.status == 0, ran.text


def test_links_that_only_pip_was_told_of(
    repository: Make, cleanroom: Tool, tmp_path: Path, links: Path, installer: str
) -> None:
    env = configured(tmp_path, PIP_NO_INDEX="1", PIP_FIND_LINKS=f"{tmp_path}/nowhere {links}")
    ran = cleanroom(repository(NEEDS), SMOKE, env=env)
    assert ran.status == 0, ran.text


def test_a_policy_holds_and_is_noted_and_the_project_is_built_all_the_same(
    repository: Make, cleanroom: Tool, tmp_path: Path, links: Path, installer: str
) -> None:
    env = configured(tmp_path, pip="[install]\nonly-binary = :all:\n", PIP_NO_INDEX="1")
    ran = cleanroom(repository(NEEDS), "clean-check", "--", "--find-links", str(links), env=env)
    assert ran.status == 0, ran.text
    assert f"your supply-chain policy is kept: only-binary ({tmp_path}/pip.conf)" in ran.text


@pytest.mark.usefixtures("installer")
def test_hashes_that_are_required_are_asked_for(
    repository: Make, cleanroom: Tool, tmp_path: Path, links: Path
) -> None:
    env = configured(tmp_path, PIP_REQUIRE_HASHES="1")
    ran = cleanroom(repository(NEEDS), SMOKE, "--", "--find-links", str(links), env=env)
    assert ran.status == 1, ran.text
    assert "INSTALL_FAILED" in ran.text
    alone = cleanroom(repository(demo_files(), name="alone"), SMOKE, env=env)
    assert alone.status == 0, alone.text


def test_another_policy_makes_another_wheel(
    repository: Make, cleanroom: Tool, tmp_path: Path
) -> None:
    def built_now(**env: str) -> Any:
        ran = cleanroom(root, SMOKE, env=configured(tmp_path, **env))
        assert ran.status == 0, ran.text
        return ran.evidence["cells"][0]["wheel"]["built_now"]

    root = repository()
    policy = {"uv": "no-build = true\n"}
    assert [built_now(), built_now(), built_now(**policy), built_now(**policy)] == [True, False] * 2


def test_the_projects_own_constraints(
    repository: Make, cleanroom: Tool, tmp_path: Path, links: Path, installer: str
) -> None:
    table = """
        [tool.nox-cleanroom]
        constraints = ["needed<2"]
        test-command = "python -c \\"from importlib.metadata import version as v; assert v('needed') == '1.0'; import demo\\""
        test-requires = ["needed"]
        """
    text = pyproject(tool=table, dependencies=["needed"])
    root = repository({**NEEDS, "pyproject.toml": text})
    env = configured(tmp_path, PIP_NO_INDEX="1")
    ran = cleanroom(root, SMOKE, "--", "--find-links", str(links), env=env)
    assert ran.status == 0, ran.text
    assert "`constraints` limit the installed versions: needed<2" in ran.text
