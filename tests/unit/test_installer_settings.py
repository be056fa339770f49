"""What is kept of the user's settings of installers; each kind as somebody reported it."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from conftest import write_files

from nox_cleanroom.environments.installer_settings import InstallerSettings, settings_kept
from nox_cleanroom.environments.pip_and_uv_configuration import read_user_settings

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


def kept(
    root: Path, files: Mapping[str, str], env: Mapping[str, str], platform: str = "linux"
) -> InstallerSettings:
    """What is kept where nothing but this is configured."""
    write_files(root, files)
    alone = {"HOME": str(root / "home"), **env}
    user = read_user_settings(alone, platform=platform, etc=root / "etc")
    return settings_kept(user, alone)


def of_uv(settings: InstallerSettings) -> dict[str, Any]:
    return tomllib.loads(settings.uv_toml)


NOTHING = {"PIP_CONFIG_FILE": os.devnull}
USER_PIP, USER_UV = "home/.config/pip/pip.conf", "home/.config/uv/uv.toml"


def test_nothing_is_said_where_nothing_is_configured(tmp_path: Path) -> None:
    assert kept(tmp_path, {}, {}) == InstallerSettings(variables=NOTHING, uv_toml="")


#: What users have configured and then reported as a failure of a tool that makes environments:
#: the files, the variables, and what is dropped.
DROPPED: dict[str, tuple[dict[str, str], dict[str, str], list[str]]] = {
    # https://github.com/pypa/pip/issues/8977, https://github.com/tox-dev/tox/issues/838
    "user installs": ({USER_PIP: "[global]\nuser = true\n"}, {}, ["user (USER_PIP)"]),
    # https://github.com/pypa/build/issues/245
    "user installs by a variable": ({}, {"PIP_USER": "yes"}, ["user (PIP_USER)"]),
    # https://github.com/pypa/pip/issues/11275
    "no dependencies": ({USER_PIP: "[install]\nno-deps = true\n"}, {}, ["no-deps (USER_PIP)"]),
    # https://github.com/pypa/virtualenv/issues/896
    "sources only": (
        {USER_PIP: "[install]\nno_binary = :all:\nno-dependencies = true\n"},
        {},
        ["no-binary (USER_PIP)", "no-dependencies (USER_PIP)"],
    ),
    "another place": (
        {"etc/pip.conf": "[global]\ntarget = /x\n[install]\nprefix = /y\n"},
        {"PIP_ROOT": "/z"},
        ["target (ETC_PIP)", "prefix (ETC_PIP)", "root (PIP_ROOT)"],
    ),
    # https://github.com/pypa/pip/issues/13300
    "constraints": (
        {},
        {"PIP_CONSTRAINT": "c.txt", "UV_CONSTRAINT": "c.txt", "UV_BUILD_CONSTRAINT": "b.txt"},
        [
            "constraint (PIP_CONSTRAINT)",
            "constraint (UV_CONSTRAINT)",
            "build-constraint (UV_BUILD_CONSTRAINT)",
        ],
    ),
    # https://github.com/astral-sh/uv/issues/16215
    "overrides": (
        {USER_UV: "override-dependencies = ['a==1']\n[pip]\nno-deps = true\n"},
        {"UV_OVERRIDE": "o.txt"},
        ["override-dependencies (USER_UV)", "no-deps (USER_UV)", "override (UV_OVERRIDE)"],
    ),
    "another resolver": (
        {USER_PIP: "[global]\nuse-deprecated = legacy-resolver\nuse-feature = truststore\n"},
        {},
        ["use-deprecated (USER_PIP)"],
    ),
    "what nobody knows yet": ({}, {"PIP_BEST_GUESS": "1"}, ["best-guess (PIP_BEST_GUESS)"]),
}


@pytest.mark.parametrize(("files", "env", "expected"), DROPPED.values(), ids=DROPPED)
def test_what_changes_a_result_is_dropped_and_noted(
    tmp_path: Path, files: dict[str, str], env: dict[str, str], expected: list[str]
) -> None:
    found = kept(tmp_path, files, env)
    where = {"USER_PIP": USER_PIP, "USER_UV": USER_UV, "ETC_PIP": "etc/pip.conf"}
    words = ", ".join(expected)
    for name, path in where.items():
        words = words.replace(name, str(tmp_path / path))
    assert found.notes == (f"dropped for installs: {words}",)
    assert of_uv(found) in ({}, {"pip": {}})
    assert set(found.variables) <= {"PIP_CONFIG_FILE", "PIP_USE_FEATURE"}


#: Settings without an effect on a fresh environment, or that say what holds anyway.
SILENT: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "no user installs": ({}, {"PIP_USER": "0", "PIP_NO_DEPS": "false"}),
    # https://github.com/pypa/virtualenv/issues/557
    "an environment is required": ({}, {"PIP_REQUIRE_VIRTUALENV": "1"}),
    "looks": ({USER_PIP: "[global]\nprogress_bar = off\nno-color = 1\n"}, {"UV_NO_PROGRESS": "1"}),
    "no value": ({USER_PIP: "[install]\ntarget =\n"}, {"PIP_TARGET": ""}),
    "another command": ({USER_PIP: "[download]\nno-deps = true\n"}, {}),
    "distribution": ({}, {"PIP_BREAK_SYSTEM_PACKAGES": "1"}),
    "publishing": ({}, {"UV_PUBLISH_TOKEN": "secret", "UV_PROJECT_ENVIRONMENT": "x"}),
    # https://github.com/astral-sh/uv/pull/19934
    "no policy": ({USER_UV: "exclude-newer = false\n"}, {"UV_REQUIRE_HASHES": "0"}),
    "no file": ({USER_PIP: "[install]\ntarget = x\n"}, {"PIP_CONFIG_FILE": os.devnull}),
    "no file of uv": ({USER_UV: "[pip]\nno-deps = true\n"}, {"UV_NO_CONFIG": "1"}),
}


@pytest.mark.parametrize(("files", "env"), SILENT.values(), ids=SILENT)
def test_what_changes_nothing_is_not_noted(
    tmp_path: Path, files: dict[str, str], env: dict[str, str]
) -> None:
    assert kept(tmp_path, files, env).notes == ()


#: Settings of pip, and what pip and uv are handed over.
HANDED: dict[str, tuple[dict[str, str], dict[str, str], dict[str, str], dict[str, Any]]] = {
    # https://github.com/astral-sh/uv/issues/1404
    "an index in a file": (
        {"etc/pip.conf": "[global]\nindex_url = https://a.example/simple\n"},
        {},
        {"PIP_INDEX_URL": "https://a.example/simple"},
        {"index-url": "https://a.example/simple"},
    ),
    # https://github.com/astral-sh/uv/issues/1535
    "an index in a variable": (
        {},
        {"PIP_INDEX_URL": "https://a.example", "PIP_TRUSTED_HOST": "a.example b.example:80"},
        {"PIP_INDEX_URL": "https://a.example", "PIP_TRUSTED_HOST": "a.example b.example:80"},
        {"index-url": "https://a.example", "allow-insecure-host": ["a.example", "b.example:80"]},
    ),
    "several indexes": (
        {USER_PIP: "[global]\nextra-index-url =\n    https://a.example\n    https://b.example\n"},
        {},
        {"PIP_EXTRA_INDEX_URL": "\nhttps://a.example\nhttps://b.example"},
        {
            "extra-index-url": ["https://a.example", "https://b.example"],
            "index-strategy": "unsafe-best-match",
        },
    ),
    "uv was told of an index": (
        {USER_UV: '[[index]]\nname = "mine"\nurl = "https://c.example"\ndefault = true\n'},
        {"PIP_INDEX_URL": "https://a.example", "PIP_CERT": "a.pem"},
        {"PIP_INDEX_URL": "https://a.example", "PIP_CERT": "a.pem"},
        {"index": [{"name": "mine", "url": "https://c.example", "default": True}]},
    ),
    # https://github.com/pypa/pip/issues/10596
    "no index": (
        {USER_PIP: "[global]\nno-index = true\n"},
        {},
        {"PIP_NO_INDEX": "true"},
        {"no-index": True},
    ),
    "a directory that is not there": (
        {},
        {"PIP_FIND_LINKS": "/nowhere https://a.example/links"},
        {"PIP_FIND_LINKS": "/nowhere https://a.example/links"},
        {"find-links": ["https://a.example/links"]},
    ),
    "certificates and a proxy": (
        {},
        {
            "PIP_CERT": "a.pem",
            "PIP_CLIENT_CERT": "b.pem",
            "PIP_PROXY": "p.example",
            "PIP_USE_FEATURE": "truststore fast-deps",
        },
        {
            "PIP_CERT": "a.pem",
            "PIP_CLIENT_CERT": "b.pem",
            "PIP_PROXY": "p.example",
            "PIP_USE_FEATURE": "truststore",
            "SSL_CERT_FILE": "a.pem",
            "SSL_CLIENT_CERT": "b.pem",
            "ALL_PROXY": "p.example",
        },
        {},
    ),
    "certificates that the environment has": (
        {},
        {"PIP_CERT": "a.pem", "SSL_CERT_DIR": "/certificates"},
        {"PIP_CERT": "a.pem"},
        {},
    ),
    "keyrings": (
        {},
        {"PIP_KEYRING_PROVIDER": "subprocess"},
        {"PIP_KEYRING_PROVIDER": "subprocess"},
        {"keyring-provider": "subprocess"},
    ),
    "variables of uv": (
        {},
        {"UV_INDEX_MINE_PASSWORD": "secret", "UV_LINK_MODE": "copy", "UV_CONCURRENT_INSTALLS": "1"},
        {"UV_INDEX_MINE_PASSWORD": "secret", "UV_LINK_MODE": "copy", "UV_CONCURRENT_INSTALLS": "1"},
        {},
    ),
}


@pytest.mark.parametrize(("files", "env", "variables", "table"), HANDED.values(), ids=HANDED)
def test_what_is_kept_is_handed_over(
    tmp_path: Path,
    files: dict[str, str],
    env: dict[str, str],
    variables: dict[str, str],
    table: dict[str, Any],
) -> None:
    found = kept(tmp_path, files, env)
    assert (dict(found.variables), of_uv(found)) == ({**variables, **NOTHING}, table)
    assert not any("secret" in note for note in found.notes)


#: A policy, and what uv and pip are told of it.
POLICIES: dict[str, tuple[dict[str, str], dict[str, str], dict[str, Any], dict[str, str]]] = {
    "a date for uv": (
        {USER_UV: 'exclude-newer = "2026-01-01"\n'},
        {},
        {"exclude-newer": "2026-01-01"},
        {"PIP_UPLOADED_PRIOR_TO": "2026-01-01"},
    ),
    # https://github.com/astral-sh/uv/issues/19239
    "days that pip has no word for": (
        {USER_UV: 'exclude-newer = "7 days"\nexclude-newer-package = { boto3 = false }\n'},
        {},
        {"exclude-newer": "7 days", "exclude-newer-package": {"boto3": False}},
        {},
    ),
    "days for pip": (
        {USER_PIP: "[install]\nuploaded-prior-to = P7D\n"},
        {},
        {"exclude-newer": "P7D"},
        {"PIP_UPLOADED_PRIOR_TO": "P7D"},
    ),
    "wheels only": ({}, {"PIP_ONLY_BINARY": ":all:"}, {"no-build": True}, {"PIP_ONLY_BINARY": ":all:"}),
    "wheels of some": ({}, {"PIP_ONLY_BINARY": "a,b"}, {"no-build-package": ["a", "b"]}, {"PIP_ONLY_BINARY": "a,b"}),
    # https://github.com/astral-sh/uv/pull/11968
    "no builds by a variable": (
        {},
        {"UV_NO_BUILD": "1"},
        {"no-build": True},
        {"UV_NO_BUILD": "1", "PIP_ONLY_BINARY": ":all:"},
    ),
    "no builds of some": (
        {USER_UV: '[pip]\nonly-binary = ["a"]\n'},
        {"UV_NO_BUILD_PACKAGE": "b c"},
        {"no-build-package": ["b", "c"], "pip": {"only-binary": ["a"]}},
        {"UV_NO_BUILD_PACKAGE": "b c", "PIP_ONLY_BINARY": "b,c,a"},
    ),
    "hashes": ({}, {"PIP_REQUIRE_HASHES": "1"}, {"pip": {"require-hashes": True}}, {"PIP_REQUIRE_HASHES": "1"}),
    "hashes for uv": ({}, {"UV_REQUIRE_HASHES": "1"}, {}, {"UV_REQUIRE_HASHES": "1", "PIP_REQUIRE_HASHES": "1"}),
}  # fmt: skip


@pytest.mark.parametrize(("files", "env", "table", "variables"), POLICIES.values(), ids=POLICIES)
def test_a_policy_holds_for_both_and_is_noted(
    tmp_path: Path,
    files: dict[str, str],
    env: dict[str, str],
    table: dict[str, Any],
    variables: dict[str, str],
) -> None:
    found = kept(tmp_path, files, env)
    assert (of_uv(found), dict(found.variables)) == (table, {**variables, **NOTHING})
    (note,) = found.notes
    assert note.startswith("your supply-chain policy is kept: ")


#: Files of pip that say different things, and which of them counts.
PRECEDENCE: dict[str, tuple[list[str], dict[str, str], str, str]] = {
    "the user over the system": (["etc/pip.conf", USER_PIP], {}, "linux", USER_PIP),
    "a directory of the system over its file": (["etc/xdg/pip/pip.conf", "etc/pip.conf"], {}, "linux", "etc/pip.conf"),
    "the new place over the old": (["home/.pip/pip.conf", USER_PIP], {}, "linux", USER_PIP),
    "the old place": (["home/.pip/pip.conf"], {}, "linux", "home/.pip/pip.conf"),
    "a file that is named": ([USER_PIP, "etc/pip.conf", "named"], {"PIP_CONFIG_FILE": "named"}, "linux", "named"),
    "a file that is named and not there": ([USER_PIP], {"PIP_CONFIG_FILE": "named"}, "linux", USER_PIP),
    "another home of configuration": ([USER_PIP, "xdg/pip/pip.conf"], {"XDG_CONFIG_HOME": "xdg"}, "linux", "xdg/pip/pip.conf"),
    "directories of the system": (["one/pip/pip.conf"], {"XDG_CONFIG_DIRS": "one"}, "linux", "one/pip/pip.conf"),
    "macOS": ([USER_PIP, "home/Library/Application Support/pip/pip.conf"], {}, "darwin", "home/Library/Application Support/pip/pip.conf"),
    "macOS without its place": ([USER_PIP], {}, "darwin", USER_PIP),
    "Windows": (["data/pip/pip.ini", "roaming/pip/pip.ini"], {"APPDATA": "roaming", "PROGRAMDATA": "data"}, "win32", "roaming/pip/pip.ini"),
    "the system of Windows": (["data/pip/pip.ini"], {"APPDATA": "roaming", "PROGRAMDATA": "data"}, "win32", "data/pip/pip.ini"),
}  # fmt: skip


@pytest.mark.parametrize(("files", "env", "platform", "wins"), PRECEDENCE.values(), ids=PRECEDENCE)
def test_files_of_pip_are_read_where_pip_looks(
    tmp_path: Path, files: list[str], env: dict[str, str], platform: str, wins: str
) -> None:
    contents = {path: f"[global]\nindex-url = https://{path}\n" for path in files}
    places = {name: str(tmp_path / value) for name, value in env.items()}
    found = kept(tmp_path, contents, places, platform)
    assert found.variables["PIP_INDEX_URL"] == f"https://{wins}"


def test_a_commands_section_wins_and_a_variable_over_it(tmp_path: Path) -> None:
    files = {
        "etc/pip.conf": "[install]\ntimeout = 2\nretries = 2\n",
        USER_PIP: "[global]\ntimeout = 1\nretries = 1\n",
    }
    found = kept(tmp_path, files, {"PIP_RETRIES": "3"})
    assert (found.variables["PIP_TIMEOUT"], found.variables["PIP_RETRIES"]) == ("2", "3")


def test_files_of_uv_are_merged_as_uv_merges_them(tmp_path: Path) -> None:
    files = {
        "etc/xdg/uv/uv.toml": 'offline = true\nfind-links = ["links"]\n[pip]\nkeyring-provider = "disabled"\n',
        "etc/uv/uv.toml": 'cache-dir = "/never/read"\n',
        USER_UV: 'offline = false\nfind-links = ["/wheels"]\n[pip]\nindex-url = "https://a.example"\n',
    }
    assert of_uv(kept(tmp_path, files, {})) == {
        "offline": False,
        "find-links": ["/wheels", str(tmp_path / "etc/xdg/uv/links")],
        "pip": {"keyring-provider": "disabled", "index-url": "https://a.example"},
    }


@pytest.mark.parametrize(
    ("env", "platform", "path"),
    [
        ({"UV_CONFIG_FILE": "mine.toml"}, "linux", "mine.toml"),
        ({"XDG_CONFIG_HOME": "xdg"}, "linux", "xdg/uv/uv.toml"),
        ({"APPDATA": "roaming", "SYSTEMDRIVE": "drive"}, "win32", "roaming/uv/uv.toml"),
        ({"APPDATA": "none", "SYSTEMDRIVE": "drive"}, "win32", "drive/ProgramData/uv/uv.toml"),
    ],
)
def test_files_of_uv_are_read_where_uv_looks(
    tmp_path: Path, env: dict[str, str], platform: str, path: str
) -> None:
    places = {name: str(tmp_path / value) for name, value in env.items()}
    assert of_uv(kept(tmp_path, {path: "offline = true\n"}, places, platform)) == {"offline": True}


@pytest.mark.parametrize(
    ("path", "content"),
    [
        (USER_PIP, "target = x\n"),
        (USER_PIP, "[global]\nuser = 1\nuser = 1\n"),
        (USER_UV, "index-url = secret\n"),
    ],
)
def test_a_file_that_cannot_be_parsed_is_named_and_left_out(
    tmp_path: Path, path: str, content: str
) -> None:
    found = kept(tmp_path, {path: content}, {"PIP_INDEX_URL": "https://a.example"})
    assert found.notes == (f"left out for installs because it cannot be parsed: {tmp_path / path}",)
    assert found.variables["PIP_INDEX_URL"] == "https://a.example"


def test_strings_of_all_kinds_survive(tmp_path: Path) -> None:
    url = 'https://me:p"\\\u00e4\U0001f600\x7f@a.example'
    found = kept(tmp_path, {}, {"PIP_INDEX_URL": url})
    assert of_uv(found) == {"index-url": url}


def test_uv_gets_a_file_and_pip_none(tmp_path: Path) -> None:
    found = kept(tmp_path, {}, {"PIP_NO_INDEX": "1"})
    with found.handed_over(tmp_path) as env:
        place = Path(env.pop("UV_CONFIG_FILE"))
        assert place.read_text(encoding="utf-8") == '"no-index" = true\n'
        assert place.stat().st_mode & 0o077 == 0
    assert not place.exists()
    assert env == {"PIP_NO_INDEX": "1", **NOTHING}
