"""Reading a table of TOML: the types of its values, and all of its problems in one error."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from nox_cleanroom.errors import ConfigError, nearest


class TableReader:
    """Reads the values of a table and collects its problems."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def read(
        self,
        table: Mapping[str, Any],
        known: Mapping[str, tuple[str, Callable[[TableReader, str, Any], Any]]],
    ) -> dict[str, Any]:
        """The values of a table, converted; an unknown key is a problem.

        Args:
            table: the table.
            known: for each key the name of its value, and the function that reads it.
        """
        values: dict[str, Any] = {}
        for key, value in table.items():
            if key in known:
                name, convert = known[key]
                values[name] = convert(self, key, value)
            else:
                near = nearest(key, known)
                more = f"did you mean `{near}`?" if near else f"known: {', '.join(known)}"
                self.problems.append(f"`{key}` is unknown ({more})")
        return values

    def expect(self, key: str, value: Any, types: type | tuple[type, ...], words: str) -> bool:
        """Whether a value has a type; notes a problem, in these words, when it does not."""
        # A bool is an int in Python, but `true` is no number in TOML.
        fits = isinstance(value, types) and (types is bool or not isinstance(value, bool))
        if not fits:
            self.problems.append(f"`{key}` must be {words}, not {value!r}")
        return fits

    def raise_problems(self) -> None:
        """Raise an error if there are problems.

        Raises:
            ConfigError: the table has problems; the error names all of them.
        """
        if self.problems:
            raise ConfigError(
                f"[tool.nox-cleanroom]: {'; '.join(self.problems)}.",
                hint="https://nox-cleanroom.readthedocs.io/en/latest/reference/configuration.html"
                " lists the keys and their types.",
            )


def strings(reader: TableReader, key: str, value: Any) -> tuple[str, ...]:
    """A list of strings."""
    if reader.expect(key, value, list, "a list of strings"):
        if all(isinstance(item, str) for item in value):
            return tuple(value)
        reader.problems.append(f"`{key}` must be a list of strings, not {value!r}")
    return ()


def lines(reader: TableReader, key: str, value: Any) -> tuple[str, ...]:
    """A non-empty string, or a list of strings."""
    return (value,) if isinstance(value, str) and value.strip() else strings(reader, key, value)


def mapping(reader: TableReader, key: str, value: Any) -> dict[str, Any]:
    """A table."""
    return dict(value) if reader.expect(key, value, dict, "a table") else {}


def string_mapping(reader: TableReader, key: str, value: Any) -> dict[str, str]:
    """A table of strings."""
    table = mapping(reader, key, value)
    for name, item in table.items():
        reader.expect(f"{key}.{name}", item, str, "a string")
    return table


def seconds(reader: TableReader, key: str, value: Any) -> float | None:
    """A positive number of seconds."""
    if reader.expect(key, value, (int, float), "a number of seconds") and not 0 < value < 1e9:
        reader.problems.append(f"`{key}` must be a positive number of seconds, not {value!r}")
    return value if isinstance(value, (int, float)) else None


def one_of(words: tuple[str, ...]) -> Callable[[TableReader, str, Any], str]:
    """A function that reads one of several words; the first word is the default."""

    def convert(reader: TableReader, key: str, value: Any) -> str:
        if value in words:
            return str(value)
        known = " or ".join(f'"{word}"' for word in words)
        reader.problems.append(f"`{key}` must be {known}, not {value!r}")
        return words[0]

    return convert


def some_of(words: tuple[str, ...]) -> Callable[[TableReader, str, Any], tuple[str, ...]]:
    """A function that reads one of several words, or a list of them."""
    convert = one_of(words)

    def convert_all(reader: TableReader, key: str, value: Any) -> tuple[str, ...]:
        values = value if isinstance(value, list) and value else [value]
        return tuple(dict.fromkeys(convert(reader, key, item) for item in values))

    return convert_all


def integer(reader: TableReader, key: str, value: Any) -> int:
    """A whole number."""
    return value if reader.expect(key, value, int, "a whole number") else 0


def boolean(reader: TableReader, key: str, value: Any) -> bool:
    """True or false."""
    return bool(value) if reader.expect(key, value, bool, "true or false") else False
