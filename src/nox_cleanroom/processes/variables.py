"""Which variables of the process environment builds, installs, probes and git may see."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

#: In a hook, git's variables name the repository of the hook: with GIT_INDEX_FILE from
#: `git commit -a`, adding a worktree would overwrite what the user is committing. These few
#: configure git instead; CI sets `safe.directory` with some of them.
#: (https://git-scm.com/docs/git#_environment_variables)
_GIT_KEPT = (
    *("GIT_CONFIG_COUNT", "GIT_CONFIG_KEY_*", "GIT_CONFIG_VALUE_*", "GIT_CONFIG_GLOBAL"),
    *("GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM", "GIT_SSH*", "GIT_SSL*", "GIT_ASKPASS"),
    *("GIT_EXEC_PATH", "GIT_ALLOW_PROTOCOL"),
)

#: Variables that falsify a build, an installation or a test: they add code to the path, strip
#: asserts, name another environment, configure installers (some of these are kept elsewhere), or
#: name the files through which a CI step speaks to its runner.
_FALSIFYING = (
    *("PYTHON*", "__PYVENV_LAUNCHER__", "VIRTUAL_ENV*", "CONDA_PREFIX", "PIP_*", "UV_*"),
    *("GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_PATH", "GITHUB_STEP_SUMMARY", "GITHUB_STATE"),
    "NOX*",
)

#: Variables without which probes may not run; all others are the developer's own.
_PROBES_SEE = (
    *("PATH", "LANG", "LANGUAGE", "LC_*", "TZ", "TERM", "CI", "LD_LIBRARY_PATH", "DYLD_*"),
    *("DISPLAY", "SSL_CERT_*", "SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT"),
    *("PROCESSOR_*", "NUMBER_OF_PROCESSORS"),
)


@cache
def matches(name: str, patterns: tuple[str, ...]) -> bool:
    """Whether a pattern covers a name; cached, as each command tests every variable."""
    names, beginnings, others = _by_kind(patterns)
    name = name.upper()
    return (
        name in names
        or name.startswith(beginnings)
        or any(fnmatchcase(name, pattern) for pattern in others)
    )


@cache
def _by_kind(
    patterns: tuple[str, ...],
) -> tuple[frozenset[str], tuple[str, ...], tuple[str, ...]]:
    """Those that are names, the beginnings of those that end with a ``*``, and the others.

    One regular expression for all of them would take several milliseconds to compile.
    """
    names, beginnings, others = set(), [], []
    for pattern in patterns:
        beginning = pattern.removesuffix("*")
        if any(sign in beginning for sign in "*?["):
            others.append(pattern)
        elif beginning == pattern:
            names.add(pattern)
        else:
            beginnings.append(beginning)
    return frozenset(names), tuple(beginnings), tuple(others)


def for_git(env: Mapping[str, str]) -> dict[str, str]:
    """The variables for our own git calls: of `GIT_*` only those that configure git.

    `LC_ALL=C` keeps the messages of git that we quote in English, so that people can search them.
    """
    kept = {name: value for name, value in env.items() if _git_may_see(name)}
    return {**kept, "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0"}


def _git_may_see(name: str) -> bool:
    return not name.startswith("GIT_") or matches(name, _GIT_KEPT)


#: The earliest time that a zip archive can hold, in seconds since the epoch.
_FIRST_TIME_OF_ZIP = 315_532_800


def for_build(
    env: Mapping[str, str], *, installers: Mapping[str, str], tmp: Path, commit_time: int
) -> dict[str, str]:
    """The variables for builds and installations: the user's, without those that falsify them.

    `HOME` stays the user's, because netrc, keyrings, rustup and installers' caches are there.

    Args:
        env: the user's variables.
        installers: the variables that configure installers.
        tmp: a private directory for temporary files.
        commit_time: the time of the commit, in seconds since the epoch, so that all builds of it
            pack the same times (https://reproducible-builds.org/specs/source-date-epoch/).
    """
    kept = {
        name: value
        for name, value in env.items()
        if _git_may_see(name) and not matches(name, _FALSIFYING)
    }
    kept.setdefault("SOURCE_DATE_EPOCH", str(max(commit_time, _FIRST_TIME_OF_ZIP)))
    return _with_temporary_directory({**kept, **installers}, tmp)


def for_hooks(env: Mapping[str, str], *, bin_dir: Path) -> dict[str, str]:
    """The variables for the hooks of a build backend: its environment's programs come first.

    Args:
        env: the variables for builds and installations.
        bin_dir: the build environment's directory of programs.
    """
    path = os.pathsep.join((str(bin_dir), env.get("PATH", os.defpath)))
    return {**env, "PATH": path, "VIRTUAL_ENV": str(bin_dir.parent)}


def for_probes(
    env: Mapping[str, str], *, home: Path, tmp: Path, bin_dir: Path, passed: Iterable[str] = ()
) -> dict[str, str]:
    """The variables for the installed package's own code: an allow-list and a scratch home.

    Args:
        env: the user's variables.
        home: a scratch directory that stands in for the user's home.
        tmp: a private directory for temporary files.
        bin_dir: the environment's directory of programs, put first on `PATH`.
        passed: names, or globs of names, which the project adds (`pass-env`).
    """
    kept = seen_by_probes(env, passed)
    directories = {
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
    kept |= {name: str(directory) for name, directory in directories.items()}
    kept["PATH"] = _path_without_developer_tools(env)
    return _with_temporary_directory(for_hooks(kept, bin_dir=bin_dir), tmp)


def seen_by_probes(env: Mapping[str, str], passed: Iterable[str] = ()) -> dict[str, str]:
    """The user's variables that the installed package's own code sees; see `for_probes`."""
    wanted = (*_PROBES_SEE, *(name.upper() for name in passed))
    return {name: value for name, value in env.items() if matches(name, wanted)}


def _path_without_developer_tools(env: Mapping[str, str]) -> str:
    """`PATH` without nox's environment and the active one: users do not have their programs."""
    environments = {env.get("VIRTUAL_ENV", ""), sys.prefix if sys.prefix != sys.base_prefix else ""}
    hidden = {
        os.path.realpath(os.path.join(root, name))
        for root in environments - {""}
        for name in ("bin", "Scripts")
    }
    directories = env.get("PATH", os.defpath).split(os.pathsep)
    return os.pathsep.join(one for one in directories if os.path.realpath(one) not in hidden)


def _with_temporary_directory(env: dict[str, str], tmp: Path) -> dict[str, str]:
    env.update({name: str(tmp) for name in ("TMPDIR", "TEMP", "TMP")})
    if sys.platform == "win32":
        # Children cannot start without it (https://docs.python.org/3/library/subprocess.html).
        env.setdefault("SYSTEMROOT", os.environ.get("SYSTEMROOT", ""))
    return env
