"""Finding Python projects: directories that a build frontend can build."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name

from nox_cleanroom.checkout.checkout import Checkout
from nox_cleanroom.checkout.commit import Commit
from nox_cleanroom.config.pyproject import parse_toml
from nox_cleanroom.errors import ConfigError, ProjectError

#: The files that make a directory a Python project.
PROJECT_FILES = ("pyproject.toml", "setup.py", "setup.cfg")

#: Files of projects of other kinds, and what such a project is.
_INSTEAD = {
    r"(.*/)?manage\.py": "A Django project is run where it lies, and nobody installs it.",
    r".*\.ipynb": "Notebooks are no package that can be installed.",
    r"(.*/)?(requirements[^/]*\.txt|requirements/[^/]+\.txt|Pipfile|environment\.ya?ml)": (
        "{} lists what to install, and is no package itself."
    ),
}

#: The next steps of who has another kind of project.
_TO_MAKE_ONE = "A pyproject.toml with [project] and [build-system] makes a package."
_IF_INSTALLED = "Nobody installs such a project. If users are to install it, leave that out."

#: What a pyproject.toml says that describes no package: the table of a tool, and a key's value.
#: (https://docs.astral.sh/uv/reference/settings/#package,
#: https://python-poetry.org/docs/basic-usage/#operating-modes,
#: https://pdm-project.org/latest/usage/project/#library-or-application,
#: https://rye.astral.sh/guide/pyproject/#toolryevirtual)
_NO_PACKAGE = (
    ("uv", "package", False),
    ("poetry", "package-mode", False),
    ("pdm", "distribution", False),
    ("rye", "virtual", True),
)


def require_project(checkout: Checkout, commit: Commit, subdirectory: str) -> None:
    """Make sure that the commit has a project to build.

    Raises:
        ProjectError: it has none; the hint names the directories that hold a project.
    """
    names = checkout.file_names(commit)
    prefix = "" if subdirectory == "." else f"{subdirectory}/"
    if is_project(checkout, commit, subdirectory, names):
        return
    where = "at the top level" if subdirectory == "." else f"in {subdirectory!r}"
    text = checkout.read_file(commit, f"{prefix}pyproject.toml") or ""
    refusal = _why_no_package(parse_toml(text, "pyproject.toml"))
    looked_for = (
        "no pyproject.toml with [project] or [build-system], no setup.py, and no setup.cfg with"
        " [metadata]"
    )
    raise ProjectError(
        f"Commit {commit.short} has no Python project {where}: {refusal or looked_for}.",
        hint=_where_else(names) or (_IF_INSTALLED if refusal else _what_to_do(names, prefix)),
    )


def is_project(checkout: Checkout, commit: Commit, directory: str, names: Collection[str]) -> bool:
    """Whether the commit has a project in a directory.

    Args:
        checkout: the repository.
        commit: the commit.
        directory: relative to the top level.
        names: the files of the commit.

    Raises:
        ConfigError: its pyproject.toml is not TOML.
    """
    prefix = "" if directory == "." else f"{directory}/"
    return any(
        f"{prefix}{name}" in names and _is_project(checkout, commit, prefix, name)
        for name in PROJECT_FILES
    )


def _where_else(names: Collection[str]) -> str:
    """Where the commit has projects, as a next step; empty when it has none."""
    found = (name.rpartition("/") for name in names)
    others = sorted({above for above, _, name in found if above and name in PROJECT_FILES[:2]})
    if not others:
        return ""
    more = f" and {len(others) - 8} more" if others[8:] else ""
    return f"There are projects in: {', '.join(others[:8])}{more}. Run it there."


def _what_to_do(names: Collection[str], prefix: str) -> str:
    """The next step, by what the commit has instead of a project."""
    here = [name.removeprefix(prefix) for name in names if name.startswith(prefix)]
    for pattern, words in _INSTEAD.items():
        found = [name for name in here if re.fullmatch(pattern, name)]
        if found:
            return f"{words.format(found[0])} {_TO_MAKE_ONE}"
    return "Is the pyproject.toml committed? Only what is in the commit is tested."


def _is_project(checkout: Checkout, commit: Commit, prefix: str, name: str) -> bool:
    if name != "pyproject.toml":
        return name == "setup.py" or "[metadata]" in (
            checkout.read_file(commit, f"{prefix}{name}") or ""
        )
    text = checkout.read_file(commit, f"{prefix}{name}") or ""
    return is_project_table(parse_toml(text, "pyproject.toml"))


def is_project_table(document: Mapping[str, Any]) -> bool:
    """Whether a pyproject.toml describes a package, rather than only configuring tools."""
    is_described = "project" in document or "build-system" in document
    return is_described and not _why_no_package(document)


def _why_no_package(document: Mapping[str, Any]) -> str:
    """What a pyproject.toml says against being a package; empty when it says nothing."""
    for table, key, value in _NO_PACKAGE:
        tool = document.get("tool")
        settings = tool.get(table) if isinstance(tool, Mapping) else None
        if isinstance(settings, Mapping) and settings.get(key) is value:
            return f"its pyproject.toml says `{key} = {str(value).lower()}` in [tool.{table}]"
    return ""


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


def name_in(texts: Mapping[str, str]) -> str:
    """The name of a project, as its files state it literally; empty when they do not.

    Args:
        texts: the text of each of its files, by name.
    """
    with contextlib.suppress(ConfigError, AttributeError):
        document = parse_toml(texts.get("pyproject.toml", ""), "pyproject.toml")
        poetry = document.get("tool", {}).get("poetry", {})
        stated = document.get("project", {}).get("name") or poetry.get("name")
        if isinstance(stated, str):
            return stated
    found = (_NAME.search(texts.get(name, "")) for name in PROJECT_FILES[1:])
    return next((one[1] for one in found if one), "")


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
