"""Where Pythons are looked for: layouts of version managers, after public reports.

wntrblm/nox#222, #252, #296 and #381 (pyenv's shims), pypa/virtualenv#1643 (an upgraded version behind
a shim), #1781 (a broken program on the way), #2776 and astral-sh/uv#8228 (free-threaded ones).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from nox_cleanroom.environments import python_search
from nox_cleanroom.environments.installed_pythons import InstalledPythons
from nox_cleanroom.environments.python_search import chosen_versions, search_path, search_state

PYENV = ("{home}/.pyenv/shims", "/bin")
VERSIONS = "{home}/.pyenv/versions"

#: An id, the programs on disk, `PATH`, other variables, files of the project, the Python that is
#: looked for, and the directories that are searched for it.
LAYOUTS: list[
    tuple[str, list[str], tuple[str, ...], dict[str, str], dict[str, str], str, list[str]]
] = [
    ("an active version", ["3.11.7", "3.12.1"], PYENV, {"PYENV_VERSION": "3.11.7"}, {}, "3.11",
     [f"{VERSIONS}/3.11.7/bin", "/bin"]),
    ("an inactive version comes last", ["3.11.7", "3.12.1"], PYENV, {"PYENV_VERSION": "3.11.7"}, {}, "3.12",
     ["/bin", f"{VERSIONS}/3.12.1/bin"]),
    ("several active ones", ["3.11.7", "3.12.1"], PYENV, {"PYENV_VERSION": "3.12.1:3.11.7"}, {}, "3.11",
     [f"{VERSIONS}/3.11.7/bin", "/bin"]),
    ("the project's own choice", ["3.12.1", "3.12.4"], PYENV, {}, {".python-version": "3.12.1\n"}, "3.12",
     [f"{VERSIONS}/3.12.1/bin", "/bin", f"{VERSIONS}/3.12.4/bin"]),
    ("a choice without the patch", ["3.12.1", "3.12.10"], PYENV, {}, {".python-version": "3.12"}, "3.12",
     [f"{VERSIONS}/3.12.10/bin", f"{VERSIONS}/3.12.1/bin", "/bin"]),
    ("a choice of asdf", ["3.12.1", "3.12.4"], PYENV, {}, {".tool-versions": "nodejs 20\npython 3.12.1 # old\n"}, "3.12",
     [f"{VERSIONS}/3.12.1/bin", "/bin", f"{VERSIONS}/3.12.4/bin"]),
    ("a choice of another tool", ["3.12.1"], PYENV, {}, {".python-version": "# none\nmyenv\n"}, "3.12",
     ["/bin", f"{VERSIONS}/3.12.1/bin"]),
    ("the newest first", ["3.12.9", "3.12.10", "3.12.0rc1"], ("/bin",), {}, {}, "3.12",
     ["/bin", f"{VERSIONS}/3.12.10/bin", f"{VERSIONS}/3.12.9/bin", f"{VERSIONS}/3.12.0rc1/bin"]),
    ("a free-threaded one", ["3.13.1", "3.13.1t"], ("/bin",), {}, {}, "3.13t",
     ["/bin", f"{VERSIONS}/3.13.1t/bin"]),
    ("PyPy", ["pypy3.10-7.3.12", "3.10.2"], ("/bin",), {}, {}, "pypy3.10",
     ["/bin", f"{VERSIONS}/pypy3.10-7.3.12/bin"]),
    ("an environment of pyenv-virtualenv is no installed Python", ["3.12.1", "myenv"], PYENV, {}, {".python-version": "myenv"}, "3.12",
     ["/bin", f"{VERSIONS}/3.12.1/bin"]),
    ("shims of nobody", ["3.12.1"], ("{home}/other/shims", "/bin"), {}, {}, "3.12",
     ["/bin", f"{VERSIONS}/3.12.1/bin"]),
    ("another root", [], ("{home}/tools/shims",), {"PYENV_ROOT": "{home}/tools", "PYENV_VERSION": "3.12.1"}, {}, "3.12",
     ["{home}/tools/versions/3.12.1/bin"]),
    ("an empty entry is not the current directory", [], ("", "/bin"), {}, {}, "3.12", ["/bin"]),
]  # fmt: skip


def install(home: Path, version: str) -> None:
    """Lay out an installed version as pyenv does."""
    bin_dir = home / ".pyenv/versions" / version / "bin"
    bin_dir.mkdir(parents=True)
    if version == "myenv":
        (bin_dir.parent / "pyvenv.cfg").touch()
        version = "3.12.1"
    name, *_ = version.split("-")
    names = [name, "python3.10"] if name.startswith("pypy") else ["python3"]
    if not name.startswith("pypy"):
        ending = "t" if name.endswith("t") else ""
        names.append(f"python{'.'.join(name.split('.')[:2])}{ending}")
    for program in names:
        (bin_dir / program).touch(mode=0o755)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home without the machine's own places."""
    monkeypatch.setattr(python_search, "_PLACES", ())
    return tmp_path / "home"


@pytest.mark.parametrize(
    ("layout", "path", "variables", "files", "python", "searched"),
    [one[1:] for one in LAYOUTS],
    ids=[one[0] for one in LAYOUTS],
)
def test_the_directories_that_are_searched(
    home: Path,
    layout: list[str],
    path: tuple[str, ...],
    variables: Mapping[str, str],
    files: Mapping[str, str],
    python: str,
    searched: list[str],
) -> None:
    for version in layout:
        install(home, version)
    tools = home / "tools/versions/3.12.1/bin"
    tools.mkdir(parents=True)
    (tools / "python3.12").touch()
    project = home / "work/project"
    project.mkdir(parents=True)
    for name, content in files.items():
        (project.parent / name).write_text(content)
    env = {name: value.format(home=home) for name, value in variables.items()}
    env |= {"HOME": str(home), "PATH": os.pathsep.join(path).format(home=home)}
    found = search_path(python, project=project, env=env).split(os.pathsep)
    assert found == [one.format(home=home) for one in searched]


def test_places_besides_path_are_searched_last(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    brew = home / "brew/opt/python@3.13/bin"
    for directory, name in (
        (brew, "python3.13"),
        (brew.parents[1] / "python@3.12/bin", "python3.12"),
    ):
        directory.mkdir(parents=True)
        (directory / name).touch()
    monkeypatch.setattr(python_search, "_PLACES", (f"{home}/brew/opt/python@*/bin",))
    env = {"HOME": str(home), "PATH": "/bin"}
    assert search_path("3.13", project=home, env=env) == os.pathsep.join(("/bin", str(brew)))


#: A manager, where it keeps a Python below the home, the name of its program, and variables.
MANAGERS: list[tuple[str, str, str, dict[str, str]]] = [
    ("mise", ".local/share/mise/installs/python/3.13.0/bin", "python3.13", {}),
    ("mise in XDG_DATA_HOME", "data/mise/installs/python/3.13.0/bin", "python3.13", {"XDG_DATA_HOME": "{home}/data"}),
    ("mise in its own place", "tools/installs/python/3.13.0/bin", "python3.13", {"MISE_DATA_DIR": "{home}/tools"}),
    ("mise on Windows", "AppData/Local/mise/installs/python/3.13.0", "python.exe", {}),
    ("asdf", ".asdf/installs/python/3.13.0/bin", "python3.13", {}),
    ("rye", ".rye/py/cpython@3.13.0/bin", "python3.13", {}),
    ("an old rye", ".rye/py/cpython@3.13.0/install/bin", "python3.13", {}),
    ("rye on Windows", ".rye/py/cpython@3.13.0", "python.exe", {}),
    ("hatch", ".local/share/hatch/pythons/3.13/python/bin", "python3.13", {}),
    ("hatch on macOS", "Library/Application Support/hatch/pythons/3.13/python/bin", "python3.13", {}),
    ("hatch on Windows", "AppData/Local/hatch/pythons/3.13/python", "python.exe", {}),
    ("pdm", ".local/share/pdm/python/cpython@3.13.0/bin", "python3.13", {}),
    ("uv", ".local/share/uv/python/cpython-3.13.0-linux-x86_64-gnu/bin", "python3.13", {}),
    ("uv in its own place", "pythons/cpython-3.13.0-linux-x86_64-gnu/bin", "python3.13", {"UV_PYTHON_INSTALL_DIR": "{home}/pythons"}),
    ("uv on Windows", "roaming/uv/data/python/cpython-3.13.0-windows-x86_64-none", "python.exe", {"APPDATA": "{home}/roaming"}),
    ("pyenv on Windows", ".pyenv/pyenv-win/versions/3.13.0", "python.exe", {}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("place", "program", "variables"),
    [one[1:] for one in MANAGERS],
    ids=[one[0] for one in MANAGERS],
)
def test_where_managers_keep_pythons(
    home: Path, place: str, program: str, variables: Mapping[str, str]
) -> None:
    env = {name: value.format(home=home) for name, value in variables.items()}
    env |= {"USERPROFILE" if program.endswith(".exe") else "HOME": str(home), "PATH": ""}
    before = search_state(home, env)
    (home / place).mkdir(parents=True)
    (home / place / program).touch()
    assert search_path("3.13", project=home, env=env) == str(home / place)
    assert search_path("3.12", project=home, env=env) == ""
    assert search_state(home, env) != before


@pytest.mark.parametrize("place", ["{}/bin", "{}/opt/python@*/bin", "{}/python/*/bin"])
def test_what_is_installed_beside_others_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    pattern = place.format(tmp_path.as_posix())
    monkeypatch.setattr(python_search, "_PLACES", (pattern,))
    beside = Path(pattern.partition("*")[0] + "3.12") if "*" in pattern else Path(pattern, "3.12")
    beside.parent.mkdir(parents=True)
    os.utime(beside.parent, ns=(0, 0))
    before = search_state(tmp_path, {"PATH": ""})
    beside.mkdir()
    assert search_state(tmp_path, {"PATH": ""}) != before


@pytest.mark.parametrize("manager", [".asdf", ".local/share/mise"])
def test_the_active_version_of_a_manager_replaces_its_shims(home: Path, manager: str) -> None:
    directories = [home / manager / f"installs/python/3.13.{patch}/bin" for patch in (1, 2)]
    for directory in directories:
        directory.mkdir(parents=True)
        (directory / "python3.13").touch()
    (home / ".tool-versions").write_text("python 3.13.1\n")
    env = {"HOME": str(home), "PATH": os.pathsep.join((str(home / manager / "shims"), "/bin"))}
    found = search_path("3.13", project=home, env=env).split(os.pathsep)
    assert found == [str(directories[0]), "/bin", str(directories[1])]


def test_the_nearest_choice_counts(tmp_path: Path) -> None:
    project = tmp_path / "a/b"
    project.mkdir(parents=True)
    (tmp_path / ".python-version").write_text("3.10.1\n")
    (tmp_path / "a/.python-version").write_text("3.11.1\n3.12.1\n")
    env = {"HOME": str(tmp_path)}
    assert chosen_versions(project, env) == ["3.11.1", "3.12.1"]
    assert chosen_versions(tmp_path, env) == ["3.10.1"]
    assert chosen_versions(project, {**env, "PYENV_VERSION": "3.9.1"}) == ["3.9.1"]


@pytest.mark.skipif(sys.platform == "win32", reason="the programs are scripts for a Unix shell")
def test_a_real_search_passes_shims_and_broken_programs(home: Path, tmp_path: Path) -> None:
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    shims, broken = home / ".pyenv/shims", home / "broken"
    for directory in (shims, broken):
        directory.mkdir(parents=True)
        program = directory / f"python{here}"
        program.write_text(f"#!/bin/sh\ntouch {tmp_path}/was-run\nexit 127\n")
        program.chmod(0o755)
    env = {"HOME": str(home), "PATH": f"{shims}"}
    found = InstalledPythons(home, env, tmp_path / "memory").find(here)
    assert found is not None
    assert found.version.startswith(f"{here}.")
    assert not (tmp_path / "was-run").exists()
    env["PATH"] = str(broken)
    assert InstalledPythons(home, env, tmp_path / "memory").find(here) is not None
    assert InstalledPythons(home, env, tmp_path / "memory").find("3.99") is None
