"""What comes in from a table: kinds of values, and all that is wrong with them said at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from nox_cleanroom.errors import ConfigError

_T = TypeVar("_T")


class Door:
    """Collects what is wrong with a table, so that it can be said all at once."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.problems: list[str] = []

    def read(
        self,
        table: Mapping[str, Any],
        known: Mapping[str, tuple[str, Callable[[Door, str, Any], Any]]],
    ) -> dict[str, Any]:
        """What the keys of a table stand for; a key that is not known is a problem.

        Args:
            table: the table.
            known: for each key the name of its value, and what reads it.
        """
        values: dict[str, Any] = {}
        for key, value in table.items():
            if key in known:
                name, convert = known[key]
                values[name] = convert(self, key, value)
            else:
                self.problems.append(f"`{key}` is unknown{_nearest(key, list(known))}")
        return values

    def expect(self, key: str, value: Any, kind: type[_T] | tuple[type, ...], words: str) -> bool:
        """Whether a value is of a kind; a problem, in these words, when it is not."""
        # A TOML boolean is an int in Python, but never what a number was asked for.
        fits = isinstance(value, kind) and (kind is bool or not isinstance(value, bool))
        if not fits:
            self.problems.append(f"`{key}` must be {words}, not {value!r}")
        return fits

    def close(self) -> None:
        """Let nobody in while there are problems.

        Raises:
            ConfigError: with all of them.
        """
        if self.problems:
            raise ConfigError(
                f"{self.name}: {'; '.join(self.problems)}.",
                hint="docs/reference/configuration.md lists the keys and their types.",
            )


def _nearest(key: str, known: list[str]) -> str:
    import difflib  # noqa: PLC0415 - noxfiles load this module, and seldom with a mistake

    near = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
    return f"; did you mean `{near[0]}`?" if near else f" (known: {', '.join(known)})"


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
    """Whether a key is a name in another spelling, or with a slip."""
    one, other = (re.sub(r"[-_. ]", "", text).lower() for text in (key, name))
    if one == other:
        return True
    # `cleanroom` and `nix-cleanroom` are other names: of the first letters only the order may slip.
    if sorted(one[:3]) != sorted(other[:3]):
        return False
    import difflib  # noqa: PLC0415 - noxfiles load this module, and seldom with a mistake

    return difflib.SequenceMatcher(None, one, other).ratio() >= 0.85


def strings(door: Door, key: str, value: Any) -> tuple[str, ...]:
    """A list of strings."""
    if door.expect(key, value, list, "a list of strings"):
        if all(isinstance(item, str) for item in value):
            return tuple(value)
        door.problems.append(f"`{key}` must be a list of strings, not {value!r}")
    return ()


def lines(door: Door, key: str, value: Any) -> tuple[str, ...]:
    """A string that is not empty, or a list of strings."""
    return (value,) if isinstance(value, str) and value.strip() else strings(door, key, value)


def mapping(door: Door, key: str, value: Any) -> dict[str, Any]:
    """A table."""
    return dict(value) if door.expect(key, value, dict, "a table") else {}


def string_mapping(door: Door, key: str, value: Any) -> dict[str, str]:
    """A table of strings."""
    table = mapping(door, key, value)
    for name, item in table.items():
        door.expect(f"{key}.{name}", item, str, "a string")
    return table


def seconds(door: Door, key: str, value: Any) -> float | None:
    """A positive number of seconds."""
    if door.expect(key, value, (int, float), "a number of seconds") and not 0 < value < 1e9:
        door.problems.append(f"`{key}` must be a positive number of seconds, not {value!r}")
    return value if isinstance(value, (int, float)) else None


def one_of(words: tuple[str, ...]) -> Callable[[Door, str, Any], str]:
    """What converts a value that must be one of several words; the first is the default."""

    def convert(door: Door, key: str, value: Any) -> str:
        if value in words:
            return str(value)
        known = " or ".join(f'"{word}"' for word in words)
        door.problems.append(f"`{key}` must be {known}, not {value!r}")
        return words[0]

    return convert


def some_of(words: tuple[str, ...]) -> Callable[[Door, str, Any], tuple[str, ...]]:
    """What converts a value that is one of several words, or a list of them."""
    convert = one_of(words)

    def convert_all(door: Door, key: str, value: Any) -> tuple[str, ...]:
        values = value if isinstance(value, list) and value else [value]
        return tuple(dict.fromkeys(convert(door, key, item) for item in values))

    return convert_all


def integer(door: Door, key: str, value: Any) -> int:
    """A whole number."""
    return value if door.expect(key, value, int, "a whole number") else 0


def boolean(door: Door, key: str, value: Any) -> bool:
    """True or false."""
    return bool(value) if door.expect(key, value, bool, "true or false") else False
