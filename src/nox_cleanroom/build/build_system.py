"""The table ``[build-system]`` of a project's ``pyproject.toml`` (PEP 517, 518)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from nox_cleanroom.config.pyproject import parse_toml
from nox_cleanroom.errors import BuildError
from nox_cleanroom.records import dataclass


@dataclass(frozen=True, kw_only=True)
class BuildSystem:
    """The backend of a project and its requirements; setuptools where none is stated."""

    requires: tuple[str, ...] = ("setuptools>=40.8.0",)
    #: A module, or ``module:attribute``.
    backend: str = "setuptools.build_meta:__legacy__"
    #: Directories of the project that hold the backend; relative.
    backend_path: tuple[str, ...] = ()

    @classmethod
    def of_project(cls, project: Path) -> BuildSystem:
        """The build system of the project in a directory.

        Raises:
            BuildError: the table is invalid; the message names the key.
            ConfigError: the file is not valid TOML.
        """
        path = project / "pyproject.toml"
        if not path.exists():
            return cls()
        text = path.read_text(encoding="utf-8", errors="replace")
        return cls.of_document(parse_toml(text, path.name))

    @classmethod
    def of_document(cls, pyproject: Mapping[str, Any]) -> BuildSystem:
        """The build system that a parsed ``pyproject.toml`` states; see `of_project`."""
        table = pyproject.get("build-system")
        if table is None:
            return cls()
        if not isinstance(table, Mapping):
            raise _wrong("build-system", "a table")
        backend = table.get("build-backend", cls.backend)
        if not isinstance(backend, str):
            raise _wrong("build-system.build-backend", "a string")
        backend_path = _strings(table, "backend-path", default=[])
        if any(os.path.isabs(path) or os.path.normpath(path)[:2] == ".." for path in backend_path):
            raise _wrong("build-system.backend-path", "a list of directories in the project")
        return cls(requires=_strings(table, "requires"), backend=backend, backend_path=backend_path)

    def requiring(self, more: tuple[str, ...]) -> BuildSystem:
        """The same build system with more requirements, which the backend has asked for."""
        return replace(self, requires=(*self.requires, *more))


def _strings(table: Mapping[str, Any], key: str, default: object = None) -> tuple[str, ...]:
    value = table.get(key, default)
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise _wrong(f"build-system.{key}", "a list of strings")
    return tuple(value)


def _wrong(key: str, kind: str) -> BuildError:
    return BuildError(
        f"`{key}` in pyproject.toml must be {kind}.",
        hint="https://packaging.python.org/specifications/pyproject-toml/ says what belongs there.",
    )
