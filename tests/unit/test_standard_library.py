"""The table of the standard library, next to the interpreter that runs the tests."""

from __future__ import annotations

import contextlib
import importlib
import subprocess
import sys
import warnings

import pytest

from nox_cleanroom.inside.standard_library import TABLE, lacking, lacks, stated

#: Modules that do something when they are imported, or that a system may lack.
_NOT_IMPORTED = {"antigravity", "this", "__main__", "idlelib", "turtledemo", "tkinter", "turtle"}


def _modules() -> list[str]:
    return [name for name in TABLE if name.partition(".")[0] not in _NOT_IMPORTED]


def test_no_module_is_here_that_is_said_to_be_absent() -> None:
    said = [name for name in _modules() if lacks(name)]
    program = "import importlib.util as u, sys; print([n for n in sys.argv[1:] if u.find_spec(n)])"
    # Without installed packages: setuptools brings a `distutils`.
    command = [sys.executable, "-I", "-S", "-c", program, *(one for one in said if "." not in one)]
    assert subprocess.run(command, check=True, capture_output=True, text=True).stdout == "[]\n"


def test_no_name_is_here_that_is_said_to_be_absent() -> None:
    wrong = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for module in _modules():
            said = [name for name in TABLE[module] if name and lacks(module, name)]
            if said and not lacks(module):
                # A part of `distutils` needs a module of another system.
                with contextlib.suppress(ImportError):
                    found = importlib.import_module(module)
                    wrong += [f"{module}.{name}" for name in said if hasattr(found, name)]
    assert wrong == []


@pytest.mark.parametrize(
    ("module", "name", "words"),
    [
        ("datetime", "UTC", "3.11-"),
        ("itertools", "batched", "3.12-"),
        ("configparser", "SafeConfigParser", "-3.11"),
        ("tomllib", "", "3.11-"),
        ("distutils.core", "", "-3.11"),
        ("imp", "", "-3.11"),
        ("winreg", "", "win32"),
        ("fcntl", "", "unix"),
        ("collections", "Mapping", "-3.9"),
        ("typing", "ContextManager", ""),
        ("os", "path", ""),
        ("nowhere", "", ""),
    ],
)
def test_when_something_exists_is_known(module: str, name: str, words: str) -> None:
    assert stated(module, name) == words


@pytest.mark.parametrize(
    ("words", "minor", "system", "lacked"),
    [
        ("3.11-", 10, "linux", "3.11-"),
        ("3.11-", 11, "linux", ""),
        ("-3.11", 12, "darwin", "-3.11"),
        ("-3.11", 11, "darwin", ""),
        ("win32", 11, "linux", "win32"),
        ("win32", 11, "win32", ""),
        ("unix", 11, "win32", "unix"),
        ("unix", 11, "darwin", ""),
        ("darwin,linux", 11, "linux", ""),
        ("3.12- win32", 11, "linux", "3.12- win32"),
        ("3.12- win32", 12, "linux", "win32"),
        ("3.12- win32", 11, "win32", "3.12-"),
        ("3.10-3.12", 13, "linux", "3.10-3.12"),
        ("", 11, "linux", ""),
    ],
)
def test_what_an_interpreter_lacks_is_said(
    words: str, minor: int, system: str, lacked: str
) -> None:
    assert lacking(words, minor, system) == lacked
