"""Which variables of the process environment builds, installs, probes and git may see."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import re
import sys
from collections.abc import Iterable, Mapping
from fnmatch import translate
from functools import cache
from pathlib import Path

#: Git's own variables point at the repository of a hook that is running: with
#: GIT_INDEX_FILE from `git commit -a`, a worktree would consume the user's commit.
#: These few configure git instead, and CI's `safe.directory` lives in some of them.
#: (https://git-scm.com/docs/git#_environment_variables)
_GIT_KEPT = (
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_KEY_*",
    "GIT_CONFIG_VALUE_*",
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_SYSTEM",
    "GIT_CONFIG_NOSYSTEM",
    "GIT_SSH*",
    "GIT_SSL*",
    "GIT_ASKPASS",
    "GIT_EXEC_PATH",
    "GIT_ALLOW_PROTOCOL",
)

#: What falsifies a build, an install or a test: other code on the path, asserts
#: stripped, another environment's tools, settings of installers but for those that are kept,
#: and the files through which a CI step speaks to its runner.
_FALSIFYING = (
    "PYTHON*",
    "__PYVENV_LAUNCHER__",
    "VIRTUAL_ENV*",
    "CONDA_PREFIX",
    "PIP_*",
    "UV_*",
    "GITHUB_OUTPUT",
    "GITHUB_ENV",
    "GITHUB_PATH",
    "GITHUB_STEP_SUMMARY",
    "GITHUB_STATE",
    "NOX*",
)

#: What a probe needs to run at all; everything else is the developer's own.
_PROBES_SEE = (
    "PATH",
    "LANG",
    "LANGUAGE",
    "LC_*",
    "TZ",
    "TERM",
    "CI",
    "LD_LIBRARY_PATH",
    "DYLD_*",
    "DISPLAY",
    "SSL_CERT_*",
    "SYSTEMROOT",
    "SYSTEMDRIVE",
    "WINDIR",
    "COMSPEC",
    "PATHEXT",
    "PROCESSOR_*",
    "NUMBER_OF_PROCESSORS",
)

#: What changes the artefact that is built, so that it belongs to its identity and its record.
_BUILD_SHAPING = (
    "SETUPTOOLS_SCM_*",
    "PBR_*",
    "HATCH_*",
    "PDM_*",
    "POETRY_*",
    "SKBUILD_*",
    "CMAKE_*",
    "CC",
    "CXX",
    "CFLAGS",
    "CXXFLAGS",
    "CPPFLAGS",
    "LDFLAGS",
    "ARCHFLAGS",
    "MACOSX_DEPLOYMENT_TARGET",
    "SOURCE_DATE_EPOCH",
    "*_PRETEND_VERSION*",
    "*_BUILD_*",
    "CIBW_*",
    "CYTHON*",
)


@cache
def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    """Whether a name is covered; for each command of ours, that is asked of every variable."""
    return _one_of(patterns).fullmatch(name.upper()) is not None


@cache
def _one_of(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(map(translate, patterns)) or r"(?!)", re.DOTALL)


def for_git(env: Mapping[str, str]) -> dict[str, str]:
    """The variables for our own git calls: no `GIT_*` but those that configure it.

    `LC_ALL=C` because the few sentences of git that we quote should be searchable.
    """
    kept = {name: value for name, value in env.items() if _git_may_see(name)}
    return {**kept, "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0"}


def _git_may_see(name: str) -> bool:
    return not name.startswith("GIT_") or _matches(name, _GIT_KEPT)


#: The first moment that an archive of the zip format can hold, in seconds since the epoch.
_FIRST_TIME_OF_ZIP = 315_532_800


def for_build(
    env: Mapping[str, str], *, installers: Mapping[str, str], tmp: Path, commit_time: int
) -> dict[str, str]:
    """The variables for builds and installs: the user's, minus what falsifies them.

    `HOME` stays the user's: netrc, keyrings, rustup and the caches of the installers live there.

    Args:
        env: the user's variables.
        installers: what is kept of the user's settings of installers.
        tmp: a private directory for temporary files.
        commit_time: when the commit was made, in seconds since the epoch; two builds of it then
            give the same times to what they pack (https://reproducible-builds.org/specs/source-date-epoch/).
    """
    kept = {
        name: value
        for name, value in env.items()
        if _git_may_see(name) and not _matches(name, _FALSIFYING)
    }
    kept.setdefault("SOURCE_DATE_EPOCH", str(max(commit_time, _FIRST_TIME_OF_ZIP)))
    return _with_places({**kept, **installers}, tmp)


def for_hooks(build_env: Mapping[str, str], *, bin_dir: Path) -> dict[str, str]:
    """The variables for the hooks of a build backend, which find the programs that they require.

    Args:
        build_env: the variables for builds and installs.
        bin_dir: the build environment's directory of programs.
    """
    return _in_environment(dict(build_env), bin_dir)


def for_probes(
    env: Mapping[str, str], *, home: Path, tmp: Path, bin_dir: Path, passed: Iterable[str] = ()
) -> dict[str, str]:
    """The variables for the installed package's own code: an allow-list and a scratch home.

    Args:
        env: the user's variables.
        home: a scratch directory that stands in for the user's home.
        tmp: a private directory for temporary files.
        bin_dir: the environment's directory of programs, put first on `PATH`.
        passed: names, or globs of names, that the project asked for (`pass-env`).
    """
    wanted = (*_PROBES_SEE, *(name.upper() for name in passed))
    kept = {name: value for name, value in env.items() if _matches(name, wanted)}
    places = {
        "HOME": home,
        "USERPROFILE": home,
        "APPDATA": home / "AppData" / "Roaming",
        "LOCALAPPDATA": home / "AppData" / "Local",
        "XDG_CONFIG_HOME": home / ".config",
        "XDG_CACHE_HOME": home / ".cache",
        "XDG_DATA_HOME": home / ".local" / "share",
        "XDG_STATE_HOME": home / ".local" / "state",
        "XDG_RUNTIME_DIR": tmp,
    }
    kept.update({name: str(place) for name, place in places.items()})
    kept["PATH"] = _without_developers_tools(env)
    return _with_places(_in_environment(kept, bin_dir), tmp)


def _without_developers_tools(env: Mapping[str, str]) -> str:
    """`PATH` without the programs of nox's environment and of one that is activated.

    What a command finds there, a user of the package would not have.
    """
    environments = {env.get("VIRTUAL_ENV", ""), sys.prefix if sys.prefix != sys.base_prefix else ""}
    theirs = {
        os.path.realpath(os.path.join(root, name))
        for root in environments - {""}
        for name in ("bin", "Scripts")
    }
    directories = env.get("PATH", os.defpath).split(os.pathsep)
    return os.pathsep.join(one for one in directories if os.path.realpath(one) not in theirs)


def _in_environment(env: dict[str, str], bin_dir: Path) -> dict[str, str]:
    path = os.pathsep.join((str(bin_dir), env.get("PATH", os.defpath)))
    return {**env, "PATH": path, "VIRTUAL_ENV": str(bin_dir.parent)}


def _with_places(env: dict[str, str], tmp: Path) -> dict[str, str]:
    env.update({name: str(tmp) for name in ("TMPDIR", "TEMP", "TMP")})
    if sys.platform == "win32":
        # Children cannot start without it (https://docs.python.org/3/library/subprocess.html).
        env.setdefault("SYSTEMROOT", os.environ.get("SYSTEMROOT", ""))
    return env


#: What differs between two terminals, two steps of a CI job, or a shell and a hook, and says
#: nothing to a build. Everything else may matter, such as `BUILD_NUMBER`.
_VOLATILE = (
    # Where the shell is, and what is shown how. PATH counts by the tools on it: see `tools`.
    *("PATH", "PWD", "OLDPWD", "SHLVL", "_", "COLUMNS", "LINES", "NO_COLOR", "*FORCE_COLOR"),
    *("PS[0-9]", "PROMPT*", "HIST*", "LS_COLORS", "LSCOLORS", "LESS*", "PAGER", "MAIL", "BROWSER"),
    *("EDITOR", "VISUAL", "STARSHIP_*", "P9K_*", "_P9K_*", "ZDOTDIR", "USER_ZDOTDIR", "_OLD_*"),
    # Temporary directories, which are ours.
    *("TMPDIR", "TEMP", "TMP"),
    # Terminals, multiplexers and editors.
    *("TERM*", "COLORTERM", "COLORFGBG", "LC_TERMINAL*", "VTE_*", "GNOME_TERMINAL_*", "KONSOLE_*"),
    *("KITTY_*", "ALACRITTY_*", "WEZTERM_*", "GHOSTTY_*", "ITERM_*", "WT_*", "CONEMU*", "TMUX*"),
    *("STY", "WINDOW", "ZELLIJ*", "VSCODE_*", "INSIDE_EMACS", "EMACS", "VIM", "VIMRUNTIME"),
    *("MYVIMRC", "NVIM*", "PYCHARM_*", "PYDEVD_*", "BUNDLED_DEBUGPY_PATH", "CURSOR_TRACE_ID"),
    *("ELECTRON_RUN_AS_NODE", "CHROME_DESKTOP", "ORIGINAL_XDG_CURRENT_DESKTOP"),
    # Display and session.
    *("DISPLAY", "WAYLAND_*", "XAUTHORITY", "WINDOWID", "WINDOWPATH", "DBUS_*", "SESSION*"),
    *("DESKTOP_*", "GDMSESSION", "GNOME_*", "GIO_LAUNCHED_*", "SWAYSOCK", "I3SOCK", "NIRI_SOCKET"),
    *("HYPRLAND_*", "XCURSOR_*", "XDG_SESSION*", "XDG_RUNTIME_DIR", "XDG_SEAT*", "XDG_VTNR"),
    *("XDG_CURRENT_DESKTOP", "XDG_MENU_PREFIX", "XDG_ACTIVATION_TOKEN", "XDG_DATA_DIRS"),
    *("XDG_CONFIG_DIRS", "INVOCATION_ID", "JOURNAL_STREAM", "MANAGERPID*", "SYSTEMD_EXEC_PID"),
    *("MEMORY_PRESSURE_*", "XPC_*", "SECURITYSESSIONID", "__CF*", "LAUNCHINSTANCEID"),
    # Agents, and who has logged in from where.
    *("SSH_*", "GPG_*", "GNUPG*", "GIT_*"),
    # Who started us: hooks, launchers, an active environment.
    *("PRE_COMMIT*", "HUSKY*", "LEFTHOOK*", "NOX*", "UV", "UV_RUN_RECURSION_DEPTH", "PIPX_*"),
    *("VIRTUAL_ENV*", "CONDA_DEFAULT_ENV", "CONDA_PROMPT_MODIFIER", "CONDA_SHLVL", "CONDA_EXE"),
    *("CONDA_PYTHON_EXE", "CONDA_PREFIX*", "_CE_*", "PYENV_*", "DIRENV_*", "MISE_*", "__MISE_*"),
    *("ASDF_*", "__ETC_PROFILE*"),
    # Caches of installers, and uv's file of settings, whose content counts.
    *("UV_CACHE_DIR", "PIP_CACHE_DIR", "UV_CONFIG_FILE"),
    # What tells one step of a CI job from the next, and the files that it speaks through.
    *("GITHUB_ACTION", "GITHUB_ACTION_*", "GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_PATH"),
    *("GITHUB_STATE", "GITHUB_STEP_SUMMARY", "RUNNER_TRACKING_ID", "ACTIONS_*", "INPUT_*"),
    *("SYSTEM_TASK*", "TASK_*", "VSTS_*", "AGENT_TASK*", "STAGE_NAME", "JENKINS_*COOKIE"),
    *("CIRCLE_INTERNAL_*", "TRAVIS_CMD", "TRAVIS_TIMER_*", "TRAVIS_STAGE"),
)


def seen_by_the_build(build_env: Mapping[str, str]) -> dict[str, str]:
    """The variables that may make another wheel, for its identity; to be hashed, not kept."""
    return {
        name: value for name, value in sorted(build_env.items()) if not _matches(name, _VOLATILE)
    }


#: The programs that builds look for on ``PATH``.
_TOOLS = (
    *("cc", "c++", "gcc", "g++", "clang", "clang++", "cl", "gfortran", "flang", "nvcc", "ld"),
    *("ar", "ranlib", "strip", "nm", "as", "ccache", "sccache", "make", "gmake", "nmake", "cmake"),
    *("ninja", "meson", "bazel", "autoconf", "automake", "libtool", "m4", "patch", "patchelf"),
    *("pkg-config", "pkgconf", "swig", "bison", "flex", "protoc", "msgfmt", "llvm-config"),
    *("cargo", "rustc", "rustup", "maturin", "go", "zig", "node", "npm", "yarn", "pnpm", "bun"),
    *("cython", "git", "git-lfs", "hg", "java", "javac", "perl", "ruby", "bash", "sh"),
)

#: The variables that name a program of these kinds.
_NAMING_TOOLS = (
    "CC",
    "CXX",
    "FC",
    "F77",
    "F90",
    "CPP",
    "LD",
    "AR",
    "AS",
    "NM",
    "RANLIB",
    "CUDACXX",
)


def tools(build_env: Mapping[str, str]) -> dict[str, tuple[int, int]]:
    """The size and the time of each program that builds look for, as far as ``PATH`` has it.

    Not where it lies: a hook of git's finds a copy of ``git`` of its own. Nor what lies behind a
    launcher, such as the toolchains of ``rustup``.

    Args:
        build_env: the variables that builds see.
    """
    named = {word for name in _NAMING_TOOLS for word in build_env.get(name, "").split()}
    wanted = {*_TOOLS, *named}
    # Each directory is listed once: to look for each program in each takes ten times as long.
    found: dict[str, tuple[int, int]] = {}
    for directory in build_env.get("PATH", os.defpath).split(os.pathsep):
        with contextlib.suppress(OSError):
            for entry in os.listdir(directory):
                name = entry.lower().removesuffix(".exe") if sys.platform == "win32" else entry
                if name in wanted and name not in found:
                    _note_tool(found, name, os.path.join(directory, entry))
    for word in named - found.keys():
        # Named by its path, as in CC=/opt/bin/gcc.
        _note_tool(found, word, word)
    return dict(sorted(found.items()))


def _note_tool(found: dict[str, tuple[int, int]], name: str, place: str) -> None:
    with contextlib.suppress(OSError, ValueError):
        about = os.stat(place)
        if os.path.isfile(place) and os.access(place, os.X_OK):
            found[name] = (about.st_size, about.st_mtime_ns)


#: Of what shapes a build, these values are harmless, and what people want to know.
_HARMLESS = (
    "SOURCE_DATE_EPOCH",
    "*_PRETEND_VERSION*",
    "PBR_VERSION",
    "MACOSX_DEPLOYMENT_TARGET",
    "ARCHFLAGS",
    "CMAKE_BUILD_TYPE",
    "CMAKE_GENERATOR",
)


def shaping_the_build(env: Mapping[str, str], *, key: bytes) -> dict[str, str]:
    """The user's variables that a build backend may read and that change what it makes.

    Names, and of all but a few harmless ones not the value but a digest of it: enough to see that
    it differed between two runs, and nothing for who does not have the key.

    Args:
        env: the user's variables.
        key: what the digests are made with, so that no one can try values out.
    """
    return {
        name: value if _matches(name, _HARMLESS) else _keyed_digest(key, name, value)
        for name, value in sorted(env.items())
        if _matches(name, _BUILD_SHAPING) and not _matches(name, ("NOX*", "GITHUB_*"))
    }


def _keyed_digest(key: bytes, name: str, value: str) -> str:
    said = f"{name}\0{value}".encode("utf-8", "surrogateescape")
    return f"hmac-sha256:{hmac.new(key, said, hashlib.sha256).hexdigest()[:16]}"
