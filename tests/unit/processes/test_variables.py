from __future__ import annotations

import os
import sys
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nox_cleanroom.processes import variables

TMP, HOME, BIN = Path("/tmp/private"), Path("/tmp/home"), Path("/env/bin")


def test_git_sees_its_configuration_and_not_the_repository_of_a_hook() -> None:
    env = {
        "GIT_INDEX_FILE": "/repo/.git/index.lock",
        "GIT_DIR": ".git",
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "safe.directory",
        "GIT_CONFIG_VALUE_0": "*",
        "GIT_SSH_COMMAND": "ssh -x",
        "PATH": "/bin",
    }
    kept = variables.for_git(env)
    assert "GIT_INDEX_FILE" not in kept
    assert "GIT_DIR" not in kept
    assert kept["GIT_CONFIG_KEY_0"] == "safe.directory"
    assert kept["GIT_SSH_COMMAND"] == "ssh -x"
    assert kept["LC_ALL"] == "C"


@given(
    st.text("AB_*?[]-!1", max_size=6),
    st.lists(st.text("AB_*?[]-!1", max_size=5), max_size=4).map(tuple),
)
def test_names_match_as_file_names_do(name: str, patterns: tuple[str, ...]) -> None:
    expected = any(fnmatchcase(name, pattern) for pattern in patterns)
    assert variables.matches(name.lower(), patterns) == expected


def test_hooks_find_the_programs_of_their_environment() -> None:
    env = variables.for_hooks({"PATH": "/bin", "CFLAGS": "-O3"}, bin_dir=BIN)
    assert env == {
        "PATH": os.pathsep.join((str(BIN), "/bin")),
        "CFLAGS": "-O3",
        "VIRTUAL_ENV": str(BIN.parent),
    }


def test_builds_see_the_users_variables_minus_what_falsifies_them() -> None:
    env = {
        "HOME": "/home/me",
        "PIP_INDEX_URL": "https://index.example",
        "UV_OVERRIDE": "overrides.txt",
        "CFLAGS": "-O3",
        "PYTHONPATH": "/somewhere",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PIP_TARGET": "/elsewhere",
        "VIRTUAL_ENV": "/env",
        "GIT_DIR": ".git",
        "GITHUB_OUTPUT": "/runner/output",
        "NOX_CLEANROOM_PROJECT": "/p",
        "PATH": "/bin",
    }
    kept = {"PIP_INDEX_URL": "https://kept.example"}
    assert variables.for_build(env, installers=kept, tmp=TMP, commit_time=1_700_000_000) == {
        "SOURCE_DATE_EPOCH": "1700000000",
        "HOME": "/home/me",
        "PIP_INDEX_URL": "https://kept.example",
        "CFLAGS": "-O3",
        "PATH": "/bin",
        "TMPDIR": str(TMP),
        "TEMP": str(TMP),
        "TMP": str(TMP),
    }


def test_probes_see_an_allow_list_and_a_scratch_home() -> None:
    env = {
        "HOME": "/home/me",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "DATABASE_URL": "x",
        "LANG": "C.UTF-8",
        "PATH": "/bin",
        "GITHUB_TOKEN": "secret",
        "PYTHONPATH": "/somewhere",
    }
    seen = variables.for_probes(env, home=HOME, tmp=TMP, bin_dir=BIN, passed=["database_*"])
    assert seen["DATABASE_URL"] == "x"
    assert seen["LANG"] == "C.UTF-8"
    assert seen["HOME"] == str(HOME)
    assert seen["XDG_CONFIG_HOME"].startswith(str(HOME))
    assert seen["PATH"] == os.pathsep.join((str(BIN), "/bin"))
    assert not {"AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "PYTHONPATH"} & seen.keys()


def test_probes_do_not_find_the_developers_tools(tmp_path: Path) -> None:
    path = os.pathsep.join([f"{sys.prefix}/bin", f"{tmp_path}/venv/bin", "/usr/bin"])
    env = {"PATH": path, "VIRTUAL_ENV": f"{tmp_path}/venv"}
    seen = variables.for_probes(env, home=HOME, tmp=TMP, bin_dir=BIN)
    own = [] if sys.prefix != sys.base_prefix else [f"{sys.prefix}/bin"]
    assert seen["PATH"].split(os.pathsep) == [str(BIN), *own, "/usr/bin"]


@pytest.mark.parametrize(
    ("env", "commit_time", "epoch"),
    [
        ({}, 1_700_000_000, "1700000000"),
        ({"SOURCE_DATE_EPOCH": "5"}, 1_700_000_000, "5"),
        # No archive of the zip format can hold a time before 1980.
        ({}, 0, "315532800"),
    ],
)
def test_builds_see_the_time_of_the_commit(
    env: dict[str, str], commit_time: int, epoch: str
) -> None:
    seen = variables.for_build(env, installers={}, tmp=TMP, commit_time=commit_time)
    assert seen["SOURCE_DATE_EPOCH"] == epoch
