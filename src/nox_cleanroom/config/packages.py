"""Several packages of one repository: where they are, and the names of their sessions."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from itertools import count, islice
from pathlib import PurePosixPath
from typing import Any

from nox_cleanroom.config.pyproject import tool_table
from nox_cleanroom.errors import ConfigError

#: Directories whose projects are there to be read or tested, and not to be installed.
_ASIDE = frozenset(
    {
        *("test", "tests", "testing", "test_data", "testdata", "fixtures", "benchmarks"),
        *("doc", "docs", "example", "examples", "sample", "samples", "template", "templates"),
        *("vendor", "_vendor", "third_party", "node_modules"),
    }
)


def choose_packages(
    projects: Collection[str], top: str, document: Mapping[str, Any]
) -> tuple[str, ...]:
    """The directories of the packages that belong together, sorted.

    ``packages`` of ``[tool.nox-cleanroom]`` names them, or the workspace of uv or hatch. Otherwise
    they are all projects below the top, except for those of tests, examples and the like.
    (https://docs.astral.sh/uv/concepts/projects/workspaces/,
    https://hatch.pypa.io/latest/config/environment/overview/)

    Args:
        projects: the directories of all projects of the commit; ``.`` for the top level.
        top: the directory with the configuration.
        document: its ``pyproject.toml``.

    Raises:
        ConfigError: a named directory is outside, or no project is where one is named.
    """
    inside = [one for one in sorted(projects) if top in {".", one} or one.startswith(f"{top}/")]
    table = tool_table(document)
    named = table.get("packages") if isinstance(table, Mapping) else None
    if isinstance(named, list):
        for pattern in named:
            _require_inside(str(pattern))
        return _matching(inside, top, named, must_match=True)
    members = _members(document)
    if members is not None:
        patterns, excluded = members
        left_out = {*_matching(inside, top, excluded)}
        found = _matching(inside, top, patterns)
        return tuple(one for one in inside if one == top or one in {*found} - left_out)
    return tuple(one for one in inside if not _ASIDE.intersection(PurePosixPath(one).parts))


def is_top(document: Mapping[str, Any]) -> bool:
    """Whether a ``pyproject.toml`` says which packages belong together."""
    table = tool_table(document)
    is_named = isinstance(table, Mapping) and "packages" in table
    return is_named or _members(document) is not None


def member_patterns(document: Mapping[str, Any]) -> list[str]:
    """The globs by which a ``pyproject.toml`` names the packages that belong together.

    Empty where it also excludes some, which globs cannot say.
    """
    table = tool_table(document)
    named = table.get("packages") if isinstance(table, Mapping) else None
    if isinstance(named, list):
        return _strings(named)
    members = _members(document)
    if members is None or members[1]:
        return []
    # The root of a workspace is a member, too, if it is a project.
    root = ["."] if is_project_document(document) else []
    return [*root, *_strings([*members[0]])]


def is_project_document(document: Mapping[str, Any]) -> bool:
    """Whether a ``pyproject.toml`` describes a package of its own."""
    tool = document.get("tool")
    uv = _table(tool, "uv") if isinstance(tool, Mapping) else {}
    return ("project" in document or "build-system" in document) and uv.get("package") is not False


def _require_inside(pattern: str) -> None:
    path = PurePosixPath(pattern)
    if path.is_absolute() or ".." in path.parts:
        raise ConfigError(
            f"`packages` has {pattern!r}, which is not below the directory of its pyproject.toml.",
            hint="Packages of other repositories are tested there.",
        )


def _members(document: Mapping[str, Any]) -> tuple[Sequence[str], Sequence[str]] | None:
    """The patterns of a workspace's members, and those of what is excluded; None without one."""
    tool = document.get("tool")
    tool = tool if isinstance(tool, Mapping) else {}
    uv = _table(_table(tool, "uv"), "workspace")
    if "members" in uv:
        return _strings(uv.get("members")), _strings(uv.get("exclude"))
    for environment in _table(_table(tool, "hatch"), "envs").values():
        workspace = _table(environment, "workspace")
        if "members" in workspace:
            return _strings(workspace["members"]), ()
    return None


def _table(value: Any, key: str) -> Mapping[str, Any]:
    found = value.get(key) if isinstance(value, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _strings(value: Any) -> list[str]:
    """Patterns, each a string or a table with a path."""
    found = value if isinstance(value, list) else []
    paths = (one.get("path") if isinstance(one, Mapping) else one for one in found)
    return [one for one in paths if isinstance(one, str)]


def _matching(
    directories: Iterable[str], top: str, patterns: Iterable[str], *, must_match: bool = False
) -> tuple[str, ...]:
    directories = [*directories]
    found: dict[str, None] = {}
    for pattern in patterns:
        wanted = PurePosixPath(top, pattern).parts
        matched = [one for one in directories if _matches(PurePosixPath(one).parts, wanted)]
        if must_match and not matched:
            raise ConfigError(
                f"`packages` has {pattern!r}, where the commit has no Python project.",
                hint="Name directories with a pyproject.toml or setup.py, such as `packages/*`.",
            )
        found.update(dict.fromkeys(matched))
    return tuple(sorted(found))


def _matches(parts: Sequence[str], pattern: Sequence[str]) -> bool:
    """Whether a path matches a glob, of which ``**`` stands for any number of directories."""
    if not pattern:
        return not parts
    if pattern[0] == "**":
        return _matches(parts, pattern[1:]) or (bool(parts) and _matches(parts[1:], pattern))
    return bool(parts) and fnmatchcase(parts[0], pattern[0]) and _matches(parts[1:], pattern[1:])


def suffix_of(project: str, projects: Sequence[str]) -> str:
    """The suffix that distinguishes a project's sessions: its directory, as far as needed.

    >>> suffix_of("packages/colours", ["packages/colours", "packages/shapes"])
    '_colours'
    """
    if len(projects) == 1 or not PurePosixPath(project).parts:
        return ""
    everybody = {*projects, project}
    namesakes = Counter(_spelled(one, last=True) for one in everybody)
    names = {one: _spelled(one, last=namesakes[_spelled(one, last=True)] == 1) for one in everybody}
    # Sessions spell `a-b` and `a_b`, or `a/b` and `a_b`, alike.
    alike = sorted(one for one in everybody if names[one] == names[project])
    if not alike[1:]:
        return f"_{names[project]}"
    numbered = (f"{names[project]}_{number}" for number in count(1))
    # A directory may be called `a_b_1`.
    free = (name for name in numbered if name not in names.values())
    return f"_{next(islice(free, alike.index(project), None))}"


def _spelled(project: str, *, last: bool) -> str:
    """A directory, or the last part of one, as a part of a session's name."""
    parts = PurePosixPath(project).parts
    return "_".join(re.sub(r"\W", "_", part) for part in (parts[-1:] if last else parts))
