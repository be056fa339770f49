"""Which variables and programs may change what a build makes."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import sys
from collections.abc import Mapping

from nox_cleanroom.processes.variables import matches

#: Variables which differ between two terminals, two steps of a CI job, or a shell and a hook, and
#: which no build depends on. Any other may matter, such as `BUILD_NUMBER`.
_VOLATILE = (
    # The shell's state and how it displays things. Of PATH the tools on it count: see `tools`.
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
    # Agents and logins.
    *("SSH_*", "GPG_*", "GNUPG*", "GIT_*"),
    # What started us: hooks, launchers, an active environment.
    *("PRE_COMMIT*", "HUSKY*", "LEFTHOOK*", "NOX*", "UV", "UV_RUN_RECURSION_DEPTH", "PIPX_*"),
    *("VIRTUAL_ENV*", "CONDA_DEFAULT_ENV", "CONDA_PROMPT_MODIFIER", "CONDA_SHLVL", "CONDA_EXE"),
    *("CONDA_PYTHON_EXE", "CONDA_PREFIX*", "_CE_*", "PYENV_*", "DIRENV_*", "MISE_*", "__MISE_*"),
    *("ASDF_*", "__ETC_PROFILE*"),
    # Caches of installers, and uv's file of settings, whose content counts.
    *("UV_CACHE_DIR", "PIP_CACHE_DIR", "UV_CONFIG_FILE"),
    # Identifiers of one step of a CI job, and the files through which it speaks to its runner.
    *("GITHUB_ACTION", "GITHUB_ACTION_*", "GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_PATH"),
    *("GITHUB_STATE", "GITHUB_STEP_SUMMARY", "RUNNER_TRACKING_ID", "ACTIONS_*", "INPUT_*"),
    *("SYSTEM_TASK*", "TASK_*", "VSTS_*", "AGENT_TASK*", "STAGE_NAME", "JENKINS_*COOKIE"),
    *("CIRCLE_INTERNAL_*", "TRAVIS_CMD", "TRAVIS_TIMER_*", "TRAVIS_STAGE"),
)


def seen_by_the_build(build_env: Mapping[str, str]) -> dict[str, str]:
    """The variables that may change the wheel; its identity contains only their hash."""
    return {
        name: value for name, value in sorted(build_env.items()) if not matches(name, _VOLATILE)
    }


#: The programs for which builds search ``PATH``.
_TOOLS = (
    *("cc", "c++", "gcc", "g++", "clang", "clang++", "cl", "gfortran", "flang", "nvcc", "ld"),
    *("ar", "ranlib", "strip", "nm", "as", "ccache", "sccache", "make", "gmake", "nmake", "cmake"),
    *("ninja", "meson", "bazel", "autoconf", "automake", "libtool", "m4", "patch", "patchelf"),
    *("pkg-config", "pkgconf", "swig", "bison", "flex", "protoc", "msgfmt", "llvm-config"),
    *("cargo", "rustc", "rustup", "maturin", "go", "zig", "node", "npm", "yarn", "pnpm", "bun"),
    *("cython", "git", "git-lfs", "hg", "java", "javac", "perl", "ruby", "bash", "sh"),
)

#: The variables that name such a program.
_NAMING_TOOLS = (
    *("CC", "CXX", "FC", "F77", "F90", "CPP", "LD", "AR", "AS", "NM", "RANLIB", "CUDACXX"),
)


def tools(build_env: Mapping[str, str]) -> dict[str, tuple[int, int]]:
    """The size and modification time of each program on ``PATH`` that builds search for.

    Its path does not count, because git puts a copy of itself first on the ``PATH`` of hooks. Nor
    do the programs behind a launcher, such as the toolchains of ``rustup``.

    Args:
        build_env: the variables that builds see.
    """
    named = {word for name in _NAMING_TOOLS for word in build_env.get(name, "").split()}
    wanted = {*_TOOLS, *named}
    # Listing each directory once takes a tenth of the time of searching it for each program.
    found: dict[str, tuple[int, int]] = {}
    for directory in build_env.get("PATH", os.defpath).split(os.pathsep):
        with contextlib.suppress(OSError):
            for entry in os.listdir(directory):
                name = entry.lower().removesuffix(".exe") if sys.platform == "win32" else entry
                if name in wanted and name not in found:
                    _note_tool(found, name, os.path.join(directory, entry))
    for word in named - found.keys():
        # A variable may name a path: CC=/opt/bin/gcc.
        _note_tool(found, word, word)
    return dict(sorted(found.items()))


def _note_tool(found: dict[str, tuple[int, int]], name: str, path: str) -> None:
    with contextlib.suppress(OSError, ValueError):
        about = os.stat(path)
        if os.path.isfile(path) and os.access(path, os.X_OK):
            found[name] = (about.st_size, about.st_mtime_ns)


#: Variables which build backends read and which change the distribution.
_BUILD_SHAPING = (
    *("SETUPTOOLS_SCM_*", "PBR_*", "HATCH_*", "PDM_*", "POETRY_*", "SKBUILD_*", "CMAKE_*"),
    *("CC", "CXX", "CFLAGS", "CXXFLAGS", "CPPFLAGS", "LDFLAGS", "ARCHFLAGS"),
    *("MACOSX_DEPLOYMENT_TARGET", "SOURCE_DATE_EPOCH", "*_PRETEND_VERSION*", "*_BUILD_*"),
    *("CIBW_*", "CYTHON*"),
)


#: Those of them whose values are no secrets, and are worth showing.
_HARMLESS = (
    *("SOURCE_DATE_EPOCH", "*_PRETEND_VERSION*", "PBR_VERSION", "MACOSX_DEPLOYMENT_TARGET"),
    *("ARCHFLAGS", "CMAKE_BUILD_TYPE", "CMAKE_GENERATOR"),
)


def shaping_the_build(env: Mapping[str, str], *, key: bytes) -> dict[str, str]:
    """The user's variables which build backends read and which change the distribution.

    Most values are replaced by a keyed digest: it shows that a value differed between two runs and
    tells nothing to people who do not have the key.

    Args:
        env: the user's variables.
        key: the key of the digests, without which nobody can guess values.
    """
    return {
        name: value if matches(name, _HARMLESS) else _keyed_digest(key, name, value)
        for name, value in sorted(env.items())
        if matches(name, _BUILD_SHAPING) and not matches(name, ("NOX*", "GITHUB_*"))
    }


def _keyed_digest(key: bytes, name: str, value: str) -> str:
    message = f"{name}\0{value}".encode("utf-8", "surrogateescape")
    return f"hmac-sha256:{hmac.new(key, message, hashlib.sha256).hexdigest()[:16]}"
