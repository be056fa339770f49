"""Where Pythons are on a machine, besides the directories on `PATH`.

A version manager puts a directory of shims on `PATH`. Such a program fails unless its version is
active, although the Python is installed (https://github.com/wntrblm/nox/issues/252). So we search
the directories that the shims stand for, in the order in which the manager would.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

#: Where version managers keep Pythons: the variable that names their directory, its usual place,
#: and the directories of programs in it. On Windows, programs lie at the top of an installation.
_MANAGERS = (
    ("PYENV_ROOT", "~/.pyenv", ("versions/*/bin",)),
    ("PYENV_ROOT", "~/.pyenv/pyenv-win", ("versions/*",)),
    ("MISE_DATA_DIR", "DATA/mise", ("installs/python/*/bin", "installs/python/*")),
    ("ASDF_DATA_DIR", "~/.asdf", ("installs/python/*/bin",)),
    ("RYE_HOME", "~/.rye", ("py/*/bin", "py/*/install/bin", "py/*")),
    ("HATCH_DATA_DIR", "DATA/hatch", ("pythons/*/*/bin", "pythons/*/*")),
    ("", "DATA/pdm", ("python/*/bin", "python/*")),
    ("UV_PYTHON_INSTALL_DIR", "DATA/uv/python", ("*/bin", "*")),
    ("UV_PYTHON_INSTALL_DIR", "DATA/uv/data/python", ("*",)),
)

#: What ``DATA`` stands for: on Linux, on macOS and on Windows. A variable may name it.
_DATA = (
    ("XDG_DATA_HOME", "~/.local/share"),
    ("", "~/Library/Application Support"),
    ("LOCALAPPDATA", "~/AppData/Local"),
    ("APPDATA", "~/AppData/Roaming"),
)

#: Where Pythons are that nobody put on `PATH`: those of Linux distributions and deadsnakes, of
#: Homebrew, of python.org's installer for macOS, and of the manylinux images.
_PLACES = (
    *("/usr/local/bin", "/usr/bin"),
    *("/opt/homebrew/opt/python@*/bin", "/usr/local/opt/python@*/bin"),
    "/home/linuxbrew/.linuxbrew/opt/python@*/bin",
    "/Library/Frameworks/Python.framework/Versions/*/bin",
    "/opt/python/*/bin",
)

#: Variables by which users choose the versions of a version manager.
_CHOICES = ("PYENV_VERSION", "ASDF_PYTHON_VERSION", "MISE_PYTHON_VERSION")


def search_path(python: str, *, project: Path, env: Mapping[str, str]) -> str:
    """The directories to search for a Python, as in `PATH`.

    The directories of active versions replace that of the manager's shims. The other versions and
    places come last, the newest first.

    Args:
        python: such as ``3.13``, ``3.13t`` or ``pypy3.10``.
        project: the project's directory, where a `.python-version` counts.
        env: the user's variables.
    """
    managed = [one for one in _managed(env) if _has(one, python)]
    chosen = chosen_versions(project, env)
    active = [one for version in chosen for one in managed if _is_of(one, version)]
    directories: list[Path] = []
    for entry in filter(None, env.get("PATH", os.defpath).split(os.pathsep)):
        is_shims = os.path.basename(entry.rstrip("/\\")) == "shims"
        root = Path(entry).parent
        directories += [one for one in active if root in one.parents] if is_shims else [Path(entry)]
    others = [one for pattern in _PLACES for one in _newest_first(_glob(pattern))]
    directories += [*managed, *(one for one in others if _has(one, python))]
    return os.pathsep.join(dict.fromkeys(map(str, directories)))


def chosen_versions(project: Path, env: Mapping[str, str]) -> list[str]:
    """The versions that the user chose in a version manager, the most important first.

    A variable decides, then the nearest `.python-version` or `.tool-versions` with a Python, then
    what pyenv keeps as `global`.
    """
    for name in _CHOICES:
        if env.get(name):
            return re.split(r"[:\s]+", env[name])
    for directory in (project, *project.parents):
        found = _read_words(directory / ".python-version", "")
        found = found or _read_words(directory / ".tool-versions", "python ")
        if found:
            return found
    (pyenv,) = _roots("PYENV_ROOT", "~/.pyenv", env)
    return _read_words(Path(pyenv, "version"), "")


def search_state(project: Path, env: Mapping[str, str]) -> tuple[object, ...]:
    """A value that changes when another Python may be found, as far as a quick look can tell."""
    path = env.get("PATH", os.defpath)
    # The time of a directory changes when something is made in it.
    before = (pattern.partition("*")[:2] for pattern in (*_patterns(env), *_PLACES))
    places = [os.path.dirname(start) if star else start for start, star in before]
    times = [_time_of(place) for place in (*path.split(os.pathsep), *places)]
    return (path, chosen_versions(project, env), times)


def _managed(env: Mapping[str, str]) -> list[Path]:
    """The directories of programs of all version managers; virtual environments are left out."""
    found = dict.fromkeys(
        directory for pattern in _patterns(env) for directory in _newest_first(_glob(pattern))
    )
    return [one for one in found if not any((p / "pyvenv.cfg").exists() for p in (one, one.parent))]


def _patterns(env: Mapping[str, str]) -> Iterator[str]:
    for name, usual, patterns in _MANAGERS:
        for root in _roots(name, usual, env):
            yield from (os.path.join(root, pattern) for pattern in patterns)


def _roots(name: str, usual: str, env: Mapping[str, str]) -> list[str]:
    """The directories in which a manager may keep its files."""
    if env.get(name):
        return [env[name]]
    if not usual.startswith("DATA"):
        return [_expanded(usual, env)]
    places = (env.get(variable) or _expanded(place, env) for variable, place in _DATA)
    return [usual.replace("DATA", place, 1) for place in places]


def _expanded(path: str, env: Mapping[str, str]) -> str:
    home = env.get("HOME") or env.get("USERPROFILE") or os.path.expanduser("~")
    return path.replace("~", home, 1)


def _glob(pattern: str) -> Iterator[Path]:
    import glob  # noqa: PLC0415 - only a run that looks for a Python needs it

    with contextlib.suppress(OSError):
        yield from map(Path, glob.glob(pattern))


def _newest_first(directories: Iterable[Path]) -> list[Path]:
    def age(directory: Path) -> tuple[list[int], bool, str]:
        version = _version_in(directory)
        is_final = re.fullmatch(r"[\d.]*", version) is not None
        return [int(part) for part in re.findall(r"\d+", version)[:3]], is_final, str(directory)

    return sorted(directories, key=age, reverse=True)


def _version_in(directory: Path) -> str:
    """The version in the path of a directory of programs, as 3.13.0 in ``versions/3.13.0/bin``."""
    for part in reversed(directory.parts):
        found = re.search(r"\d+(\.\d+[\w.]*)?", part)
        if found:
            return found.group().rstrip(".")
    return ""


def _is_of(directory: Path, version: str) -> bool:
    """Whether a version such as ``3.12`` or ``3.12.1`` means what is in a directory."""
    version = version.removeprefix("python-").removeprefix("cpython-")
    found = _version_in(directory)
    return version in directory.parts or found == version or found.startswith(f"{version}.")


def _has(directory: Path, python: str) -> bool:
    """Whether a directory may have a Python, by the names of its programs."""
    program = python if python[:1].isalpha() else f"python{python}"
    if any((directory / f"{program}{ending}").exists() for ending in ("", ".exe")):
        return True
    # On Windows only the directory's name tells the version.
    return (directory / "python.exe").exists() and _is_of(directory, python)


def _read_words(path: Path, begin: str) -> list[str]:
    """The words of the lines of a small file that begin in a certain way, without comments."""
    with contextlib.suppress(OSError):
        text = path.read_bytes()[:4096].decode("utf-8", "replace")
        lines = (line.partition("#")[0].strip() for line in text.splitlines())
        return [
            word for line in lines if line.startswith(begin) for word in line[len(begin) :].split()
        ]
    return []


def _time_of(path: str) -> int:
    with contextlib.suppress(OSError, ValueError):
        return os.stat(path).st_mtime_ns
    return 0
