"""Finding Python projects: directories that a build frontend can build."""

from __future__ import annotations

import re
from pathlib import Path

from packaging.utils import canonicalize_name

from nox_cleanroom.checkout.checkout import Checkout, Commit
from nox_cleanroom.config.pyproject import parse_toml
from nox_cleanroom.errors import ConfigError, ProjectError

#: The files that make a directory a Python project.
PROJECT_FILES = ("pyproject.toml", "setup.py", "setup.cfg")


def require_project(checkout: Checkout, commit: Commit, subdirectory: str) -> None:
    """Make sure that the commit has a project to build.

    Raises:
        ProjectError: it has none; the hint names the directories that hold a project.
    """
    names = checkout.file_names(commit)
    prefix = "" if subdirectory == "." else f"{subdirectory}/"
    if any(
        f"{prefix}{name}" in names and _is_project(checkout, commit, prefix, name)
        for name in PROJECT_FILES
    ):
        return
    where = "at the top level" if subdirectory == "." else f"in {subdirectory!r}"
    others = sorted(
        {
            name.rpartition("/")[0]
            for name in names
            if name.rpartition("/")[2] in {"pyproject.toml", "setup.py"} and "/" in name
        }
    )
    raise ProjectError(
        f"Commit {commit.short} has no Python project {where}: no pyproject.toml with [project] or"
        " [build-system], no setup.py.",
        hint=f"There are projects in: {', '.join(others[:8])}. Run it there."
        if others
        else "Is the pyproject.toml committed? Only what is in the commit is tested.",
    )


def _is_project(checkout: Checkout, commit: Commit, prefix: str, name: str) -> bool:
    if name != "pyproject.toml":
        return name == "setup.py" or "[metadata]" in (
            checkout.read_file(commit, f"{prefix}{name}") or ""
        )
    text = checkout.read_file(commit, f"{prefix}{name}") or ""
    return is_project_table(parse_toml(text, "pyproject.toml"))


def is_project_table(document: dict[str, object]) -> bool:
    """Whether a pyproject.toml describes a project, rather than only configuring tools."""
    return "project" in document or "build-system" in document


def directory_of_project(checkout: Checkout, commit: Commit, wanted: str) -> str:
    """The directory of the commit's project with a name; empty when there is none.

    Args:
        checkout: the repository.
        commit: the commit.
        wanted: the name of the distribution, in any spelling.
    """
    names = checkout.file_names(commit)
    files = [name for name in names if name.rpartition("/")[2] in PROJECT_FILES]
    for name in sorted(files, key=lambda one: (one.count("/"), one))[:200]:
        stated = _NAME.search(checkout.read_file(commit, name) or "")
        if stated and canonicalize_name(stated[1]) == canonicalize_name(wanted):
            return name.rpartition("/")[0] or "."
    return ""


#: The name of a project, as its three kinds of files state it.
_NAME = re.compile(r"""^\s*(?:setup\()?\s*name\s*=\s*["']?([\w.-]+)["']?\s*,?""", re.MULTILINE)


def find_project(start: Path, root: Path) -> Path | None:
    """The nearest directory from `start` up to `root` that holds a Python project."""
    for directory in (start, *start.parents):
        if _holds_project(directory):
            return directory
        if directory == root:
            break
    return None


def _holds_project(directory: Path) -> bool:
    if (directory / "setup.py").is_file():
        return True
    path = directory / "pyproject.toml"
    try:
        return is_project_table(parse_toml(path.read_text(encoding="utf-8"), str(path)))
    except (OSError, UnicodeDecodeError):
        return False
    except ConfigError:
        # The file is broken; the run reports that.
        return True
