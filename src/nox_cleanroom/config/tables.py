"""Reading a table of TOML: the types of its values, and all of its problems in one error.

Each kind of value has a function that reads it, and a JSON schema for editors and other validators.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from nox_cleanroom.errors import ConfigError, nearest
from nox_cleanroom.records import dataclass


@dataclass(frozen=True)
class Kind:
    """What a value may be."""

    #: Reads a value of a key, and notes what is wrong with it.
    read: Callable[[TableReader, str, Any], Any]
    #: Its JSON schema, which may admit more than `read` does.
    schema: Mapping[str, Any]


class TableReader:
    """Reads the values of a table and collects its problems."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def read(
        self,
        table: Mapping[str, Any],
        known: Keys,
    ) -> dict[str, Any]:
        """The values of a table, converted; an unknown key is a problem.

        Args:
            table: the table.
            known: for each key the name of its value, and its kind.
        """
        values: dict[str, Any] = {}
        for key, value in table.items():
            if key in known:
                name, kind = known[key]
                values[name] = kind.read(self, key, value)
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


#: The keys of a table, each with the name of its value, and its kind.
Keys = Mapping[str, tuple[str, Kind]]


def schema_of(keys: Keys, *required: str) -> dict[str, Any]:
    """The JSON schema of a table with some keys and no others.

    Args:
        keys: its keys.
        required: those that must be there.
    """
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {key: dict(kind.schema) for key, (_, kind) in keys.items()},
        **({"required": [*required]} if required else {}),
    }


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


def one_of(words: tuple[str, ...]) -> Kind:
    """One of several words; the first word is the default."""

    def convert(reader: TableReader, key: str, value: Any) -> str:
        if value in words:
            return str(value)
        known = " or ".join(f'"{word}"' for word in words)
        reader.problems.append(f"`{key}` must be {known}, not {value!r}")
        return words[0]

    return Kind(convert, {"enum": [*words]})


def some_of(words: tuple[str, ...]) -> Kind:
    """One of several words, or a list of them."""
    one = one_of(words)

    def convert_all(reader: TableReader, key: str, value: Any) -> tuple[str, ...]:
        values = value if isinstance(value, list) and value else [value]
        return tuple(dict.fromkeys(one.read(reader, key, item) for item in values))

    several = {"type": "array", "items": one.schema, "minItems": 1}
    return Kind(convert_all, {"anyOf": [one.schema, several]})


def integer(reader: TableReader, key: str, value: Any) -> int:
    """A whole number."""
    return value if reader.expect(key, value, int, "a whole number") else 0


def boolean(reader: TableReader, key: str, value: Any) -> bool:
    """True or false."""
    return bool(value) if reader.expect(key, value, bool, "true or false") else False


STRING = {"type": "string"}
STRINGS = Kind(strings, {"type": "array", "items": STRING})
LINE = Kind(lines, {**STRING, "pattern": r"\S"})
LINES = Kind(lines, {"anyOf": [LINE.schema, STRINGS.schema]})
MAPPING = Kind(mapping, {"type": "object"})
STRING_MAPPING = Kind(string_mapping, {"type": "object", "additionalProperties": STRING})
SECONDS = Kind(seconds, {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1e9})
INTEGER = Kind(integer, {"type": "integer"})
BOOLEAN = Kind(boolean, {"type": "boolean"})
