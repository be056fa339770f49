"""``pyproject.toml`` as a document: its TOML, our table in it, and tables with misspelt names."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from nox_cleanroom.errors import ConfigError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


def parse_toml(text: str, source: str) -> dict[str, Any]:
    """The document, or a `ConfigError` that names the source and the line."""
    try:
        return _load(text)
    except (ValueError, RecursionError) as error:
        # Numbers with too many digits and too deeply nested arrays raise no TOMLDecodeError.
        raise ConfigError(
            f"{source} is not valid TOML: {error}.", hint="Fix the file at that line."
        ) from None


@lru_cache(maxsize=16)
def _load(text: str) -> dict[str, Any]:
    """The document; several parts of a run read the same, and none changes it."""
    document: dict[str, Any] = tomllib.loads(text)
    return document


def tool_table(document: Mapping[str, Any]) -> Any:
    """The value of ``[tool.nox-cleanroom]``; an empty table when there is none."""
    tool = document.get("tool", {})
    return tool.get("nox-cleanroom", {}) if isinstance(tool, Mapping) else {}


def misspelt_tables(document: Mapping[str, Any], name: str) -> list[str]:
    """The tables of a ``pyproject.toml`` that are probably meant to be ``[tool.NAME]``.

    >>> misspelt_tables({"tool": {"nox_cleanroom": {}}}, "nox-cleanroom")
    ['tool.nox_cleanroom']
    """
    found = [key for key in document if _resembles(key.removeprefix("tool."), name)]
    project = document.get("project")
    if isinstance(project, Mapping) and isinstance(project.get("tool"), Mapping):
        found += [f"project.tool.{key}" for key in project["tool"] if _resembles(key, name)]
    for top, table in document.items():
        if not isinstance(table, Mapping) or top.lower() not in {"tool", "tools"}:
            continue
        right = name if top == "tool" else ""
        found += [f"{top}.{key}" for key in table if key != right and _resembles(key, name)]
        found += [
            f"{top}.{key}.{inner}"
            for key, nested in table.items()
            if isinstance(nested, Mapping) and name.startswith(f"{key}-")
            for inner, value in nested.items()
            if isinstance(value, Mapping) and _resembles(f"{key}.{inner}", name)
        ]
    return found


def _resembles(key: str, name: str) -> bool:
    """Whether a key is probably a misspelt name."""
    one, other = (re.sub(r"[-_. ]", "", text).lower() for text in (key, name))
    if one == other:
        return True
    # `cleanroom` and `nix-cleanroom` are other tools: the first three letters agree.
    if sorted(one[:3]) != sorted(other[:3]):
        return False
    import difflib  # noqa: PLC0415 - each noxfile loads this module, few have a mistake

    return difflib.SequenceMatcher(None, one, other).ratio() >= 0.85
