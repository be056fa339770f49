"""What makes another wheel: variables, and the programs that builds use."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from nox_cleanroom.processes import build_variables, variables

TMP = Path("/tmp/private")

#: What all of these environments have: they are the same user's on the same machine.
COMMON = {"HOME": "/home/me", "USER": "me", "LANG": "C.UTF-8", "SHELL": "/bin/zsh", "CFLAGS": "-O2"}

#: What each adds, as it was printed there, shortened.
RECORDED: dict[str, dict[str, str]] = {
    "plain": {},
    "gnome-terminal": {
        "COLORTERM": "truecolor",
        "TERM": "xterm-256color",
        "VTE_VERSION": "7006",
        "GNOME_TERMINAL_SCREEN": "/org/gnome/Terminal/screen/1",
        "GNOME_TERMINAL_SERVICE": ":1.9",
        "DISPLAY": ":0",
        "WAYLAND_DISPLAY": "wayland-0",
        "XAUTHORITY": "/run/user/1000/.mutter",
        "DBUS_SESSION_BUS_ADDRESS": "unix:path=/run/user/1000/bus",
        "DESKTOP_SESSION": "gnome",
        "SSH_AUTH_SOCK": "/run/user/1000/keyring/ssh",
        "XDG_SESSION_TYPE": "wayland",
        "XDG_RUNTIME_DIR": "/run/user/1000",
        "XDG_CURRENT_DESKTOP": "GNOME",
        "SHLVL": "1",
        "PWD": "/home/me/src",
        "OLDPWD": "/home/me",
        "_": "/usr/bin/env",
        "WINDOWID": "7",
        "INVOCATION_ID": "6f2",
        "JOURNAL_STREAM": "8:1",
        "MANAGERPID": "12",
        "SESSION_MANAGER": "l",
        "XDG_DATA_DIRS": "/usr/share",
        "GIO_LAUNCHED_DESKTOP_FILE_PID": "4",
        "LESSOPEN": "| x",
    },
    "kitty over ssh": {
        "TERM": "xterm-kitty",
        "KITTY_WINDOW_ID": "3",
        "KITTY_PID": "77",
        "COLUMNS": "120",
        "SSH_CONNECTION": "10.0.0.1 5 10.0.0.2 22",
        "SSH_TTY": "/dev/pts/4",
        "LINES": "40",
        "SSH_CLIENT": "10.0.0.1 5 22",
        "SHLVL": "2",
        "PWD": "/home/me/src/a",
        "MAIL": "/var/mail/me",
    },
    "macOS": {
        "TERM_PROGRAM": "iTerm.app",
        "TERM_SESSION_ID": "w0t0p0:1",
        "ITERM_SESSION_ID": "w0t0p0:1",
        "LC_TERMINAL": "iTerm2",
        "LC_TERMINAL_VERSION": "3.5",
        "COLORFGBG": "7;0",
        "TMPDIR": "/v/T/",
        "__CF_USER_TEXT_ENCODING": "0x1F5:0x0:0x0",
        "__CFBundleIdentifier": "com.googlecode.iterm2",
        "XPC_FLAGS": "0x0",
        "XPC_SERVICE_NAME": "0",
        "SECURITYSESSIONID": "186a9",
    },
    "an editor": {
        "TERM_PROGRAM": "vscode",
        "VSCODE_GIT_IPC_HANDLE": "/run/user/1000/vscode-git-1.sock",
        "VSCODE_INJECTION": "1",
        "GIT_ASKPASS": "/opt/code/askpass.sh",
        "ZDOTDIR": "/tmp/me-code",
        "USER_ZDOTDIR": "/home/me",
        "CHROME_DESKTOP": "code.desktop",
        "PYTHONSTARTUP": "/x.py",
        "BUNDLED_DEBUGPY_PATH": "/ext/debugpy",
        "ORIGINAL_XDG_CURRENT_DESKTOP": "GNOME",
        "ELECTRON_RUN_AS_NODE": "1",
        "BROWSER": "/opt/code/browser.sh",
        "EDITOR": "code --wait",
    },
    "tmux": {
        "TMUX": "/tmp/tmux-1000/default,1,0",
        "TMUX_PANE": "%1",
        "TERM": "tmux-256color",
        "TERM_PROGRAM": "tmux",
        "TERM_PROGRAM_VERSION": "3.4",
        "SHLVL": "3",
    },
    "a hook of git": {
        "GIT_DIR": ".git",
        "GIT_INDEX_FILE": ".git/index",
        "GIT_EXEC_PATH": "/usr/lib/git-core",
        "GIT_PREFIX": "",
        "GIT_REFLOG_ACTION": "push",
        "GIT_EDITOR": ":",
        "PRE_COMMIT": "1",
        "PRE_COMMIT_FROM_REF": "a",
        "PRE_COMMIT_TO_REF": "b",
        "GIT_AUTHOR_DATE": "@1 +0000",
    },
    "uvx": {"UV": "/usr/bin/uv", "UV_RUN_RECURSION_DEPTH": "1", "VIRTUAL_ENV": "/cache/uv/env"},
    "an active environment": {
        "VIRTUAL_ENV": "/src/.venv",
        "VIRTUAL_ENV_PROMPT": "(demo) ",
        "PS1": "(demo) $ ",
        "_OLD_VIRTUAL_PATH": "/bin",
        "PYENV_VERSION": "3.11.7",
        "PYENV_SHELL": "zsh",
    },
    "conda": {
        "CONDA_PREFIX": "/opt/conda",
        "CONDA_DEFAULT_ENV": "base",
        "CONDA_SHLVL": "1",
        "CONDA_EXE": "/opt/conda/bin/conda",
        "CONDA_PROMPT_MODIFIER": "(base) ",
        "_CE_M": "",
    },
    "direnv": {"DIRENV_DIR": "-/src", "DIRENV_DIFF": "eJw", "DIRENV_WATCHES": "eJx"},
}

#: Two steps of one job, by what carries a build out.
STEPS: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "GitHub": (
        {
            "CI": "true",
            "GITHUB_RUN_ID": "7",
            "GITHUB_JOB": "test",
            "GITHUB_ACTION": "__run",
            "GITHUB_ENV": "/runner/set_env_1",
            "GITHUB_OUTPUT": "/runner/out_1",
            "GITHUB_STEP_SUMMARY": "/runner/summary_1",
            "RUNNER_TRACKING_ID": "github_1",
        },
        {
            "CI": "true",
            "GITHUB_RUN_ID": "7",
            "GITHUB_JOB": "test",
            "GITHUB_ACTION": "__run_2",
            "GITHUB_ENV": "/runner/set_env_2",
            "GITHUB_OUTPUT": "/runner/out_2",
            "GITHUB_STEP_SUMMARY": "/runner/summary_2",
            "RUNNER_TRACKING_ID": "github_2",
        },
    ),
    "Azure": (
        {"BUILD_BUILDID": "9", "SYSTEM_TASKINSTANCEID": "a1", "SYSTEM_TASKDISPLAYNAME": "build"},
        {"BUILD_BUILDID": "9", "SYSTEM_TASKINSTANCEID": "b2", "SYSTEM_TASKDISPLAYNAME": "test"},
    ),
    "Jenkins": (
        {"BUILD_NUMBER": "9", "STAGE_NAME": "build", "JENKINS_NODE_COOKIE": "x"},
        {"BUILD_NUMBER": "9", "STAGE_NAME": "test", "JENKINS_NODE_COOKIE": "y"},
    ),
}

#: What may well be read by a build.
TELLING = {
    "BUILD_NUMBER": "42",
    "CI_COMMIT_TAG": "v1.0",
    "GITHUB_REF_NAME": "v1.0",
    "CC": "clang",
    "GITHUB_RUN_NUMBER": "8",
    "GITHUB_SHA": "abc",
    "CI": "true",
    "CI_PIPELINE_IID": "3",
    "RELEASE": "1",
    "DEMO_FAST": "1",
    "RUSTFLAGS": "-O",
    "CFLAGS": "-O3",
    "LANG": "de_DE.UTF-8",
    "BUILD_BUILDID": "9",
    "RUNNER_OS": "Linux",
    "SETUPTOOLS_SCM_PRETEND_VERSION": "1",
    "HATCH_BUILD_HOOKS_ENABLE": "1",
    "MY_TOKEN": "s3cret",
    "HOME": "/root",
    "XDG_CONFIG_HOME": "/x",
}


def seen(env: Mapping[str, str]) -> dict[str, str]:
    return build_variables.seen_by_the_build(
        variables.for_build({**COMMON, **env}, installers={}, tmp=TMP, commit_time=10**9)
    )


@pytest.mark.parametrize("where", RECORDED)
def test_a_build_is_the_same_wherever_it_is_started(where: str) -> None:
    assert seen(RECORDED[where]) == seen({})


@pytest.mark.parametrize("runner", STEPS)
def test_a_build_is_the_same_in_two_steps_of_a_job(runner: str) -> None:
    first, second = STEPS[runner]
    assert seen(first) == seen(second)
    assert seen(first) != seen({})


@pytest.mark.parametrize("name", TELLING)
def test_every_other_variable_makes_another_wheel(name: str) -> None:
    assert seen({name: TELLING[name]}) != seen({})


def program(path: Path, text: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    os.utime(path, (10**9, 10**9))
    return path


def test_a_tool_is_what_it_is_and_not_where_it_lies(tmp_path: Path) -> None:
    compiler = program(tmp_path / "one" / "cc")
    program(tmp_path / "hook" / "git")
    git = program(tmp_path / "usual" / "git")
    path = os.pathsep.join(str(compiler.parent.with_name(name)) for name in ("one", "usual"))
    before = build_variables.tools({"PATH": path})
    assert before.keys() == {"cc", "git"}
    # As in a hook, for which git puts a directory of its own in front.
    assert (
        build_variables.tools({"PATH": os.pathsep.join((str(tmp_path / "hook"), path))}) == before
    )
    # Nor is every program one that builds look for.
    program(tmp_path / "one" / "htop")
    assert build_variables.tools({"PATH": path}) == before
    git.chmod(0o644)
    assert build_variables.tools({"PATH": path}).keys() == {"cc"}


@pytest.mark.parametrize("name", ["cc", "g++", "cmake", "ninja", "cargo", "go", "node", "swig"])
def test_another_tool_makes_another_wheel(tmp_path: Path, name: str) -> None:
    path = str(tmp_path / "one")
    program(tmp_path / "one" / name)
    before = build_variables.tools({"PATH": path})
    program(tmp_path / "one" / name, "an upgrade")
    after = build_variables.tools({"PATH": path})
    program(tmp_path / "two" / name, "another one")
    in_front = build_variables.tools({"PATH": os.pathsep.join((str(tmp_path / "two"), path))})
    assert len({str(one) for one in (before, after, in_front)}) == 3


def test_a_compiler_that_a_variable_names_counts(tmp_path: Path) -> None:
    compiler = program(tmp_path / "odd" / "mycc")
    env = {"CC": f"ccache {compiler} -m64", "PATH": str(tmp_path)}
    before = build_variables.tools(env)
    program(compiler, "an upgrade")
    assert build_variables.tools(env) != before


def test_what_shapes_a_build_is_known() -> None:
    env = {"SETUPTOOLS_SCM_PRETEND_VERSION": "1", "HATCH_INDEX_AUTH": "s3cret", "EDITOR": "vi"}
    first, again, other, more = (
        build_variables.shaping_the_build({**env, **changed}, key=key)
        for key, changed in [
            (b"key", {}),
            (b"key", {}),
            (b"another key", {}),
            (b"key", {"HATCH_INDEX_AUTH": "s3cre"}),
        ]
    )
    assert first["SETUPTOOLS_SCM_PRETEND_VERSION"] == "1"
    assert first.keys() == {"SETUPTOOLS_SCM_PRETEND_VERSION", "HATCH_INDEX_AUTH"}
    assert first["HATCH_INDEX_AUTH"].startswith("hmac-sha256:")
    assert first == again
    assert len({one["HATCH_INDEX_AUTH"] for one in (first, other, more)}) == 3
