"""The project's own commands, as ``smoke`` and ``clean-check`` list them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, fields
from typing import Any, Literal, get_args

from nox_cleanroom.config import tables
from nox_cleanroom.config.tables import Kind, TableReader
from nox_cleanroom.records import dataclass

#: The directory that a command runs in: an empty one, or the project's in the worktree.
WorkingDirectory = Literal["neutral", "worktree"]

#: Stands for the project's directory in the worktree inside a command.
PROJECT_PLACEHOLDER = "{project}"


@dataclass(frozen=True, kw_only=True)
class JsonContract:
    """What a command has to print on standard output, as a JSON object."""

    #: Keys that must be there; dots reach into nested objects.
    require: tuple[str, ...] = ()
    #: Keys and the values that they must have.
    equals: Mapping[str, Any] = field(default_factory=dict)
    #: Keys whose values are paths that must exist, relative to the command's directory.
    paths: tuple[str, ...] = ()
    #: Keys of digests, each with the key of a path: the digest must be that file's sha256.
    sha256: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Command:
    """One of the project's own commands."""

    #: The program and its arguments.
    argv: tuple[str, ...]
    #: Its time limit; None for that of all steps.
    timeout_seconds: float | None = None
    #: Additional variables for it.
    env: Mapping[str, str] = field(default_factory=dict)
    #: The directory that it runs in.
    cwd: WorkingDirectory = "neutral"
    #: The exit status that means success.
    expect_exit: int = 0
    #: What its output must contain; None when any output will do.
    contract: JsonContract | None = None

    @property
    def needs_worktree(self) -> bool:
        """Whether it needs the project's files."""
        return self.cwd == "worktree" or any(PROJECT_PLACEHOLDER in part for part in self.argv)


def read_commands(reader: TableReader, key: str, value: Any) -> tuple[Command, ...]:
    """A list of commands, each a command line or a table."""
    if not reader.expect(key, value, list, "a list of commands"):
        return ()
    commands = (_command(reader, f"{key}[{number}]", item) for number, item in enumerate(value))
    return tuple(command for command in commands if command is not None)


def _command(reader: TableReader, key: str, value: Any) -> Command | None:
    if isinstance(value, str):
        argv = _argv(reader, key, value)
        return Command(argv=argv) if argv else None
    if not reader.expect(key, value, dict, "a string, or a table with `run`"):
        return None
    values = reader.read(value, _KEYS)
    if not values.get("argv"):
        if "run" not in value:
            reader.problems.append(f"`{key}` needs `run`, the command line")
        return None
    wants_json = values.pop("json", False)
    checked = [one.name for one in fields(JsonContract) if one.name in values]
    contract = {name: values.pop(name) for name in checked}
    if contract and not wants_json:
        reader.problems.append(f"`{key}` has {', '.join(contract)}, which need `json = true`")
    return Command(**values, contract=JsonContract(**contract) if wants_json else None)


def _variables(reader: TableReader, key: str, value: Any) -> dict[str, str]:
    variables = tables.string_mapping(reader, key, value)
    for name, content in variables.items():
        if "=" in name or "\0" in f"{name}{content}" or not name:
            reader.problems.append(f"`{key}` has {name!r}, which can be no variable")
    return variables


def _argv(reader: TableReader, key: str, value: Any) -> tuple[str, ...]:
    if isinstance(value, list):
        words = tables.strings(reader, key, value)
        if value == [] or any("\0" in word for word in words):
            reader.problems.append(f"`{key}` must be words without NUL, at least one")
        return words
    if not reader.expect(key, value, str, "a command line"):
        return ()
    import shlex  # noqa: PLC0415 - each noxfile loads this module

    try:
        argv = tuple(shlex.split(value))
    except ValueError as error:
        reader.problems.append(f"`{key}` cannot be split into words: {error}")
        return ()
    if not argv or "\0" in value:
        reader.problems.append(f"`{key}` is an empty command")
    return argv


_LINE: Mapping[str, Any] = {"type": "string", "pattern": r"\S"}
_WORDS: Mapping[str, Any] = {"type": "array", "items": {"type": "string"}, "minItems": 1}

#: The keys of a command that is a table.
_KEYS: tables.Keys = {
    "run": ("argv", Kind(_argv, {"anyOf": [_LINE, _WORDS]})),
    "timeout": ("timeout_seconds", tables.SECONDS),
    "env": ("env", Kind(_variables, tables.STRING_MAPPING.schema)),
    "cwd": ("cwd", tables.one_of(get_args(WorkingDirectory))),
    "expect-exit": ("expect_exit", tables.INTEGER),
    "json": ("json", tables.BOOLEAN),
    "require": ("require", tables.STRINGS),
    "equals": ("equals", tables.MAPPING),
    "paths": ("paths", tables.STRINGS),
    "sha256": ("sha256", tables.STRING_MAPPING),
}

#: A list of commands.
COMMANDS = Kind(
    read_commands,
    {"type": "array", "items": {"anyOf": [_LINE, tables.schema_of(_KEYS, "run")]}},
)
