"""``[tool.nox-cleanroom]`` in ``pyproject.toml``, validated at the door."""

from __future__ import annotations

import contextlib
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from nox_cleanroom.config.axes import Artifact, Extras, Resolution
from nox_cleanroom.config.tables import (
    Door,
    boolean,
    integer,
    lines,
    mapping,
    misspelt_tables,
    one_of,
    seconds,
    some_of,
    string_mapping,
    strings,
)
from nox_cleanroom.errors import ConfigError
from nox_cleanroom.results import Waiver

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

#: Where a command runs: an empty directory, or the project's files at the commit.
Place = Literal["neutral", "worktree"]

#: Which modules are imported: those that users import first, or every one.
Imports = Literal["top-level", "all"]

#: Stands for the project's directory in the worktree inside a command.
PROJECT_PLACEHOLDER = "{project}"


@dataclass(frozen=True, kw_only=True)
class JsonContract:
    """What a command's JSON object on standard output has to hold."""

    #: Keys that must be there; dots reach into nested objects.
    require: tuple[str, ...] = ()
    #: Keys and the values that they must have.
    equals: Mapping[str, Any] = field(default_factory=dict)
    #: Keys whose values are paths that must exist; relative ones from the command's directory.
    paths: tuple[str, ...] = ()
    #: Digest keys and the path keys whose files they must be the sha256 of.
    sha256: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Command:
    """One of the project's own commands."""

    #: The program and its arguments.
    argv: tuple[str, ...]
    #: Its time limit in seconds; None for the general one.
    timeout: float | None = None
    #: Variables that it gets besides the allowed ones.
    env: Mapping[str, str] = field(default_factory=dict)
    #: Where it runs.
    cwd: Place = "neutral"
    #: The exit status that means success.
    expect_exit: int = 0
    #: What its output must hold; None when any output will do.
    contract: JsonContract | None = None

    @property
    def needs_worktree(self) -> bool:
        """Whether it can only run where the project's files are."""
        return self.cwd == "worktree" or any(PROJECT_PLACEHOLDER in part for part in self.argv)


@dataclass(frozen=True, kw_only=True)
class OwnTests:
    """The project's own tests, run as installed; the keys mean what they do in cibuildwheel.

    (https://cibuildwheel.pypa.io/en/stable/options/#testing)
    """

    #: Command lines for the shell, with ``{project}``, ``{package}`` and ``{wheel}``.
    commands: tuple[str, ...] = ()
    #: Requirements of the tests.
    requires: tuple[str, ...] = ()
    #: Dependency groups of ``pyproject.toml`` with requirements of the tests.
    groups: tuple[str, ...] = ()
    #: Extras of the distribution that the tests need.
    extras: tuple[str, ...] = ()
    #: Files and directories of the project that the tests are run among.
    sources: tuple[str, ...] = ()

    @property
    def need_worktree(self) -> bool:
        """Whether they can only run where the project's files are."""
        places = (PROJECT_PLACEHOLDER, "{package}")
        return bool(self.sources) or any(
            place in command for command in self.commands for place in places
        )


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The table, with defaults where it is silent."""

    #: Interpreters to test on, in place of what the metadata says; None to ask the metadata.
    pythons: tuple[str, ...] | None = None
    #: What is built and tested; the first in every cell, each further one in one of its own.
    #: None for the wheel, which one cell of a matrix then compares with that from the sdist.
    artifacts: tuple[Artifact, ...] | None = None
    #: Which versions of the requirements; likewise.
    resolutions: tuple[Resolution, ...] = ("highest",)
    #: Extras to install with the distribution; likewise.
    extras: tuple[Extras, ...] = ((),)
    #: Bounds of what is installed with the distribution.
    constraints: tuple[str, ...] = ()
    #: The project's own tests.
    tests: OwnTests = OwnTests()
    #: Which modules are imported.
    imports: Imports = "top-level"
    #: The project's own smoke commands.
    smoke: tuple[Command, ...] = ()
    #: The project's own commands that must leave a checkout clean.
    clean_check: tuple[Command, ...] = ()
    #: Globs of paths in the checkout that may change during a run.
    allow: tuple[str, ...] = ()
    #: Variables, or globs of them, that probes and commands may see.
    pass_env: tuple[str, ...] = ()
    #: Findings that are accepted.
    ignore: tuple[Waiver, ...] = ()

    @property
    def need_worktree(self) -> bool:
        """Whether something of the project's own can only run where its files are."""
        return self.tests.need_worktree or any(one.needs_worktree for one in self.smoke)

    @classmethod
    def from_table(cls, table: Mapping[str, Any]) -> Settings:
        """The settings in a ``[tool.nox-cleanroom]`` table.

        Raises:
            ConfigError: with every problem of the table, not only the first.
        """
        door = Door("[tool.nox-cleanroom]")
        settings = door.read(table, KEYS)
        alone = [f"`{key}`" for key in table if key in KEYS and key.startswith("test-")]
        if alone and "test-command" not in table:
            need = "needs" if len(alone) == 1 else "need"
            door.problems.append(f"{', '.join(alone)} {need} `test-command`")
        tests = {name.removeprefix("test_"): settings.pop(name) for name in _TESTS & set(settings)}
        door.close()
        return cls(**settings, tests=OwnTests(**tests))

    @classmethod
    def from_pyproject(cls, text: str, source: str) -> Settings:
        """The settings in the text of a ``pyproject.toml``; the defaults when it has no table.

        Args:
            text: the file's content.
            source: where it comes from, for messages.

        Raises:
            ConfigError: not TOML (with the line), a table that cannot be used, or one whose name
                is misspelt.
        """
        document = parse_toml(text, source)
        misspelt = [f"[{name}]" for name in misspelt_tables(document, "nox-cleanroom")]
        if misspelt:
            raise ConfigError(
                f"In {source}: nothing reads {', '.join(misspelt)}.",
                hint="The name is [tool.nox-cleanroom].",
            )
        table = tool_table(document)
        if not isinstance(table, Mapping):
            raise ConfigError(f"[tool.nox-cleanroom] must be a table, in {source}.")
        try:
            return cls.from_table(table)
        except ConfigError as error:
            raise ConfigError(f"In {source}: {error.message}", hint=error.hint) from None


def parse_toml(text: str, source: str) -> dict[str, Any]:
    """The document, or a `ConfigError` that names the source and the line."""
    try:
        document: dict[str, Any] = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        # Not only TOMLDecodeError: a number may have too many digits, an array too many levels.
        raise ConfigError(
            f"{source} is not valid TOML: {error}.", hint="Mend the file at that line."
        ) from None
    return document


def tool_table(document: Mapping[str, Any]) -> Any:
    """What a document says under ``[tool.nox-cleanroom]``; empty when it says nothing."""
    tool = document.get("tool", {})
    return tool.get("nox-cleanroom", {}) if isinstance(tool, Mapping) else {}


#: Keys of the table that `OwnTests` keeps.
_TESTS = frozenset({"test_commands", "test_requires", "test_groups", "test_extras", "test_sources"})


def _extras(door: Door, key: str, value: Any) -> tuple[Extras, ...]:
    """One combination (a list of names), several (a list of lists), or none and then all."""
    if value == "all":
        return ((), "all")
    if isinstance(value, list) and value and all(isinstance(item, list) for item in value):
        return tuple(strings(door, key, item) for item in value)
    return (strings(door, key, value),)


def _constraints(door: Door, key: str, value: Any) -> tuple[str, ...]:
    from packaging.requirements import (  # noqa: PLC0415 - noxfiles load this module
        InvalidRequirement,
        Requirement,
    )

    constraints = strings(door, key, value)
    for constraint in constraints:
        with contextlib.suppress(InvalidRequirement):
            if not Requirement(constraint).extras:
                continue
        door.problems.append(
            f'`{key}` must hold requirements without extras, like "numpy<2", not {constraint!r}'
        )
    return constraints


def _versions(door: Door, key: str, value: Any) -> tuple[str, ...]:
    versions = strings(door, key, value)
    for version in versions:
        if not re.fullmatch(r"3\.\d+t?", version):
            door.problems.append(f'`{key}` must hold versions like "3.12", not {version!r}')
    if not versions and value == []:
        door.problems.append(f"`{key}` must name at least one version")
    return tuple(dict.fromkeys(versions))


def _commands(door: Door, key: str, value: Any) -> tuple[Command, ...]:
    if not door.expect(key, value, list, "a list of commands"):
        return ()
    commands = (_command(door, f"{key}[{number}]", item) for number, item in enumerate(value))
    return tuple(command for command in commands if command is not None)


def _command(door: Door, key: str, value: Any) -> Command | None:
    if isinstance(value, str):
        argv = _argv(door, key, value)
        return Command(argv=argv) if argv else None
    if not door.expect(key, value, dict, "a string, or a table with `run`"):
        return None
    values = Door.read(
        door,
        value,
        {
            "run": ("argv", _argv),
            "timeout": ("timeout", seconds),
            "env": ("env", _variables),
            "cwd": ("cwd", one_of(get_args(Place))),
            "expect-exit": ("expect_exit", integer),
            "json": ("json", boolean),
            "require": ("require", strings),
            "equals": ("equals", mapping),
            "paths": ("paths", strings),
            "sha256": ("sha256", string_mapping),
        },
    )
    if not values.get("argv"):
        if "run" not in value:
            door.problems.append(f"`{key}` needs `run`, the command line")
        return None
    wants_json = values.pop("json", False)
    contract = {name: values.pop(name) for name in _CONTRACT if name in values}
    if contract and not wants_json:
        door.problems.append(f"`{key}` has {', '.join(contract)}, which need `json = true`")
    return Command(**values, contract=JsonContract(**contract) if wants_json else None)


def _variables(door: Door, key: str, value: Any) -> dict[str, str]:
    variables = string_mapping(door, key, value)
    for name, content in variables.items():
        if "=" in name or "\0" in f"{name}{content}" or not name:
            door.problems.append(f"`{key}` has {name!r}, which can be no variable")
    return variables


_CONTRACT = ("require", "equals", "paths", "sha256")


def _argv(door: Door, key: str, value: Any) -> tuple[str, ...]:
    if isinstance(value, list):
        words = strings(door, key, value)
        if value == [] or any("\0" in word for word in words):
            door.problems.append(f"`{key}` must be words without NUL, at least one")
        return words
    if not door.expect(key, value, str, "a command line"):
        return ()
    import shlex  # noqa: PLC0415 - likewise

    try:
        argv = tuple(shlex.split(value))
    except ValueError as error:
        door.problems.append(f"`{key}` cannot be split into words: {error}")
        return ()
    if not argv or "\0" in value:
        door.problems.append(f"`{key}` is an empty command")
    return argv


def _waivers(door: Door, key: str, value: Any) -> tuple[Waiver, ...]:
    words = 'a list of { finding = "...", reason = "..." }'
    if not door.expect(key, value, list, words):
        return ()
    waivers = []
    for item in value:
        if (
            not isinstance(item, dict)
            or set(item) != {"finding", "reason"}
            or not all(isinstance(part, str) and part.strip() for part in item.values())
        ):
            door.problems.append(f"`{key}` must be {words}, each with a reason; not {item!r}")
        else:
            waivers.append(Waiver(pattern=item["finding"], reason=item["reason"]))
    return tuple(waivers)


#: The keys of the table: the setting that each is, and what reads it.
KEYS: Mapping[str, tuple[str, Callable[[Door, str, Any], Any]]] = {
    "pythons": ("pythons", _versions),
    "artifact": ("artifacts", some_of(get_args(Artifact))),
    "resolution": ("resolutions", some_of(get_args(Resolution))),
    "extras": ("extras", _extras),
    "constraints": ("constraints", _constraints),
    "imports": ("imports", one_of(get_args(Imports))),
    "smoke": ("smoke", _commands),
    "test-command": ("test_commands", lines),
    "test-requires": ("test_requires", strings),
    "test-groups": ("test_groups", strings),
    "test-extras": ("test_extras", strings),
    "test-sources": ("test_sources", strings),
    "clean-check": ("clean_check", _commands),
    "allow": ("allow", strings),
    "pass-env": ("pass_env", strings),
    "ignore": ("ignore", _waivers),
}
