"""What identifies a Python without running it.

Of other tools it was reported that they took the new one for the old one: pypa/virtualenv#2130,
astral-sh/uv#21066.
"""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path

import pytest

from nox_cleanroom.environments.interpreter import InstalledPython, identity_of

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the layout of other systems")


def install(prefix: Path) -> Path:
    """A Python as distributions lay it out: a small launcher, a library, modules."""
    files = [
        "bin/python3.11",
        "lib/libpython3.11.so.1.0",
        "lib/python3.11/os.py",
        "lib/python3.11/site-packages/other.py",
    ]
    for name in files:
        (prefix / name).parent.mkdir(parents=True, exist_ok=True)
        (prefix / name).write_text("old")
    return prefix / "bin" / "python3.11"


UPGRADES = [
    "bin/python3.11",
    "lib/libpython3.11.so.1.0",
    "lib/libpython3.11.dylib",
    "lib64/libpython3.11.so.1.0",
    f"lib/{platform.machine()}-linux-gnu/libpython3.11.so.1.0",
    "lib/python3.11/os.py",
    "lib64/python3.11/os.py",
    "include/python3.11/patchlevel.h",
    "Python",
]


@pytest.mark.parametrize("name", UPGRADES)
def test_an_upgrade_beneath_the_same_launcher_is_seen(tmp_path: Path, name: str) -> None:
    launcher = install(tmp_path / "prefix")
    before = identity_of(launcher)
    assert identity_of(launcher) == before
    path = tmp_path / "prefix" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("new")
    # Not even the time has to be another, as where all files of a release have the same one.
    os.utime(path, (10**9, 10**9))
    assert identity_of(launcher) != before


def test_what_is_installed_into_it_is_no_upgrade(tmp_path: Path) -> None:
    launcher = install(tmp_path / "prefix")
    before = identity_of(launcher)
    (tmp_path / "prefix" / "lib/python3.11/site-packages/more.py").write_text("")
    (tmp_path / "prefix" / "lib/python3.11/__pycache__").mkdir()
    assert identity_of(launcher) == before


def test_an_environment_states_the_version_that_it_was_made_with(tmp_path: Path) -> None:
    python = tmp_path / "env" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to(install(tmp_path / "prefix"))
    configuration = tmp_path / "env" / "pyvenv.cfg"
    configuration.write_text("home = /x\nversion_info = 3.11.1\n")
    before = identity_of(python)
    configuration.write_text("home = /x\nprompt = demo\nversion_info = 3.11.1\n")
    assert identity_of(python) == before
    configuration.write_text("home = /x\nversion_info = 3.11.2\n")
    assert identity_of(python) != before


def test_all_links_to_a_python_are_that_python(tmp_path: Path) -> None:
    original = install(tmp_path / "prefix")
    link = tmp_path / "python3"
    link.symlink_to(original)
    one, other = (
        InstalledPython(python="3.11", executable=path, version="3.11.1")
        for path in (original, link)
    )
    assert one.identity == other.identity


@pytest.mark.parametrize(
    ("version", "can_build"),
    [
        ("3.13.0", True),
        ("3.10.1", True),
        ("3.15.0rc1", False),
        ("3.15.0a4", False),
        ("3.9.2", True),
        ("3.8.18", False),
    ],
)
def test_releases_are_not_built_with_a_prerelease(version: str, can_build: bool) -> None:
    python = InstalledPython(python="3", executable=Path("python"), version=version)
    assert python.can_build is can_build
