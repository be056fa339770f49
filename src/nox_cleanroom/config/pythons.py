"""Which Pythons a project supports, read from its metadata without running anything."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from nox_cleanroom.config.pyproject import parse_toml, tool_table
from nox_cleanroom.config.settings import Settings

#: The CPythons that this release knows, oldest first; older ones are tested when `pythons` names
#: them. They are constants, so that a release always gives the same answer.
CPYTHONS = ("3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14", "3.15")

#: The versions which CPython supported when this release was made, for projects which do not
#: state Requires-Python (https://devguide.python.org/versions/).
SUPPORTED = ("3.11", "3.12", "3.13", "3.14", "3.15")

#: The patch releases of a minor version that are tried on a specifier.
_PATCHES = range(40)


#: The variable that names a directory with the metadata of the commit under test, as files. Without
#: it, the files of the checkout count, because nox needs the sessions before a commit is chosen.
METADATA = "NOX_CLEANROOM_METADATA"

#: Returns the text of one of a project's files by its name; empty when there is none.
Read = Callable[[str], str]


def supported_pythons(project: str | Path = ".") -> list[str]:
    """The Pythons that sessions are made for, oldest first.

    ``pythons`` of ``[tool.nox-cleanroom]`` decides; otherwise Requires-Python, as
    ``pyproject.toml``, ``setup.cfg`` or a literal in ``setup.py`` states it; otherwise the
    CPythons that were supported when this release was made. Classifiers never exclude.

    It never raises, never starts a process and never returns an empty list, because nox calls
    it when it loads a noxfile. The session reports what could not be read.

    Args:
        project: the project's directory.

    Returns:
        Versions such as ``["3.11", "3.12"]``.
    """
    return supported_by(_metadata(Path(project)))


def supported_by(read: Read) -> list[str]:
    """The Pythons that a project's files support; see `supported_pythons`.

    Args:
        read: returns the text of one of its files by its name; empty when there is none.
    """
    with contextlib.suppress(Exception):
        configured = _configured(read)
        if configured:
            return configured
    try:
        requires = stated_by(read)
    except Exception:  # noqa: BLE001 - the session reports it
        requires = None
    return admitted(requires)


def why_supported(project: Path) -> str:
    """Why `supported_pythons` returns what it does, as a clause for people."""
    with contextlib.suppress(Exception):
        if _configured(_metadata(project)):
            return "`pythons` of [tool.nox-cleanroom] says so"
    with contextlib.suppress(Exception):
        stated = requires_python(project)
        if stated is not None:
            return f"Its Requires-Python is {str(stated)!r}"
    return "It states no Requires-Python, so these are the Pythons that CPython itself supports"


def pythons_that_may_fail(project: Path) -> tuple[str, ...]:
    """The Pythons that the configuration lets fail; like `supported_pythons`, it never raises."""
    with contextlib.suppress(Exception):
        return _settings(_metadata(project)).may_fail
    return ()


def _configured(read: Read) -> list[str]:
    pythons = _settings(read).pythons or ()
    return list(dict.fromkeys(python.rstrip("?") for python in pythons))


def _settings(read: Read) -> Settings:
    return Settings.from_table({"pythons": tool_table(_pyproject(read))["pythons"]})


def admitted(requires: SpecifierSet | None) -> list[str]:
    """The known CPythons of which a Requires-Python admits at least one patch release.

    >>> admitted(SpecifierSet(">=3.10,<3.12"))
    ['3.10', '3.11']
    """
    if requires is None:
        return list(SUPPORTED)
    known = [python for python in CPYTHONS if admits(requires, python)]
    return known or list(SUPPORTED)


def admits(requires: SpecifierSet, python: str) -> bool:
    """Whether a Requires-Python admits some patch release of a version such as ``3.11``."""
    return any(requires.contains(f"{python}.{patch}") for patch in _PATCHES)


def requires_python(project: Path) -> SpecifierSet | None:
    """The Requires-Python that the project's files state literally; None when there is none.

    Raises:
        ConfigError: ``pyproject.toml`` is not TOML.
        InvalidSpecifier: the statement is no version specifier (PEP 440).
    """
    return stated_by(_metadata(project))


def stated_by(read: Read) -> SpecifierSet | None:
    """The Requires-Python that a project's files state; see `requires_python`.

    Args:
        read: returns the text of one of its files by its name; empty when there is none.
    """
    for look in (_from_pyproject, _from_setup_cfg, _from_setup_py):
        stated = look(read)
        if stated is not None:
            return stated
    return None


def files_in(directory: Path) -> Read:
    """A function that returns the text of a file in a directory; empty when there is none."""

    def read(name: str) -> str:
        with contextlib.suppress(OSError):
            return (directory / name).read_text(encoding="utf-8", errors="replace")
        return ""

    return read


def _metadata(project: Path) -> Read:
    """The files of the commit under test, or those in the project's directory."""
    return files_in(Path(os.environ.get(METADATA) or project))


def _pyproject(read: Read) -> Mapping[str, Any]:
    return parse_toml(read("pyproject.toml"), "pyproject.toml")


def _from_pyproject(read: Read) -> SpecifierSet | None:
    return stated_in(_pyproject(read))


def stated_in(document: Mapping[str, Any]) -> SpecifierSet | None:
    """The Requires-Python in a ``pyproject.toml``; None when there is none.

    Raises:
        InvalidSpecifier: the statement is no version specifier (PEP 440).
    """
    stated = _at(document, "project", "requires-python")
    if stated is None:
        stated = _at(document, "tool", "flit", "metadata", "requires-python")
    if isinstance(stated, str):
        return SpecifierSet(stated)
    poetry = _at(document, "tool", "poetry", "dependencies", "python")
    return poetry_specifier(poetry) if isinstance(poetry, str) else None


def _at(document: Any, *keys: str) -> Any:
    for key in keys:
        if not isinstance(document, Mapping):
            return None
        document = document.get(key)
    return document


def poetry_specifier(text: str) -> SpecifierSet:
    """Poetry's own notation as a version specifier.

    >>> str(poetry_specifier("^3.9"))
    '<4,>=3.9'

    Only the caret, the tilde and wildcards differ from PEP 440. Only the first of several
    alternatives (``||``) counts. (https://python-poetry.org/docs/dependency-specification/)
    """
    # Spaces separate specifiers as commas do, except between an operator and its version.
    first = re.sub(r"([<>=!~^])\s+", r"\1", text.partition("||")[0])
    parts = first.replace(" ", ",").split(",")
    try:
        return SpecifierSet(",".join(_poetry_part(part.strip()) for part in parts if part.strip()))
    except ValueError:
        raise InvalidSpecifier(text) from None


def _poetry_part(part: str) -> str:
    if part == "*":
        return ">=3"
    numbers = part.lstrip("^~=").split(".")
    if part.startswith("^"):
        return f">={'.'.join(numbers)},<{int(numbers[0]) + 1}"
    if part.startswith("~") and not part.startswith("~="):
        ceiling = f"{numbers[0]}.{int(numbers[1]) + 1}" if len(numbers) > 1 else int(numbers[0]) + 1
        return f">={'.'.join(numbers)},<{ceiling}"
    return part if part[0] in "<>=!~" else f"=={part}"


def _from_setup_cfg(read: Read) -> SpecifierSet | None:
    import configparser  # noqa: PLC0415 - few projects need it, and listing sessions should be quick

    parser = configparser.RawConfigParser()
    try:
        parser.read_string(read("setup.cfg"))
    except configparser.Error:
        return None
    for key in ("python_requires", "python-requires"):
        stated = parser.get("options", key, fallback=None)
        if stated:
            return SpecifierSet(stated)
    return None


def _from_setup_py(read: Read) -> SpecifierSet | None:
    import ast  # noqa: PLC0415 - few projects need it, and listing sessions should be quick

    try:
        tree = ast.parse(read("setup.py"))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        # Old parsers raise MemoryError for too many levels.
        return None
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "python_requires":
            with contextlib.suppress(ValueError, TypeError, RecursionError, MemoryError):
                stated = ast.literal_eval(node.value)
                if isinstance(stated, str):
                    return SpecifierSet(stated)
    return None
