"""``[tool.nox-cleanroom]`` in ``pyproject.toml``, checked when it is read."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping
from dataclasses import field, replace
from typing import Any, Literal, get_args

from nox_cleanroom.config.axes import Artifact, Extras, Resolution, Variant, variants
from nox_cleanroom.config.commands import COMMANDS, PROJECT_PLACEHOLDER, Command
from nox_cleanroom.config.options import FORMATS, PLATFORM, PYTHON, Options
from nox_cleanroom.config.pyproject import misspelt_tables, parse_toml, tool_table
from nox_cleanroom.config.tables import (
    LINE,
    LINES,
    STRING,
    STRINGS,
    Keys,
    Kind,
    TableReader,
    one_of,
    schema_of,
    some_of,
    strings,
)
from nox_cleanroom.errors import ConfigError
from nox_cleanroom.findings import Waiver
from nox_cleanroom.records import dataclass

#: Which modules are imported: the top-level ones, or all.
Imports = Literal["top-level", "all"]


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
    #: Files and directories of the project that the tests run with.
    sources: tuple[str, ...] = ()

    @property
    def need_worktree(self) -> bool:
        """Whether they need the project's files."""
        placeholders = (PROJECT_PLACEHOLDER, "{package}")
        return bool(self.sources) or any(
            placeholder in command for command in self.commands for placeholder in placeholders
        )


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The table, with defaults for the keys that it does not have."""

    #: Globs of the directories of packages that belong together; None when there is no such key.
    packages: tuple[str, ...] | None = None
    #: Interpreters to test on; None for those that the metadata supports. One with a question mark
    #: may fail.
    pythons: tuple[str, ...] | None = None
    #: What is built and tested: the first in most cells, each further one in one cell per
    #: interpreter. None for the wheel, which a matrix then compares with the one from the sdist.
    artifacts: tuple[Artifact, ...] | None = None
    #: Which versions of the requirements are installed; the first and further ones likewise.
    resolutions: tuple[Resolution, ...] = ("highest",)
    #: Extras to install with the distribution; the first and further ones likewise.
    extras: tuple[Extras, ...] = ((),)
    #: The machines for which `--emit` makes jobs, as CI names them; none for its usual one.
    platforms: tuple[str, ...] = ()
    #: Version constraints of what is installed with the distribution.
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
    #: Reports to write: the file of each format, relative to the project.
    write: Mapping[str, str] = field(default_factory=dict)
    #: Findings that are accepted.
    ignore: tuple[Waiver, ...] = ()

    @property
    def may_fail(self) -> tuple[str, ...]:
        """The interpreters that may fail without failing a run, unless somebody names them."""
        return tuple(one.rstrip("?") for one in self.pythons or () if one.endswith("?"))

    @property
    def need_worktree(self) -> bool:
        """Whether tests or commands of the project need its files."""
        return self.tests.need_worktree or any(one.needs_worktree for one in self.smoke)

    def variants(self, options: Options) -> tuple[Variant, ...]:
        """The ways to test on each interpreter; on each axis an option overrides the settings."""
        return variants(
            [options.artifact] if options.artifact else self.artifacts or ["wheel"],
            self.resolutions if options.resolution is None else [options.resolution],
            self.extras if options.extras is None else [options.extras],
            options.platform,
        )

    def variants_everywhere(self, options: Options) -> tuple[Variant, ...]:
        """The ways to test on each interpreter, on the machine that an option names, or on all."""
        platforms = [options.platform] if options.platform else self.platforms or [""]
        each = (replace(options, platform=platform) for platform in platforms)
        return tuple(variant for one in each for variant in self.variants(one))

    @classmethod
    def from_table(cls, table: Mapping[str, Any]) -> Settings:
        """The settings in a ``[tool.nox-cleanroom]`` table.

        Raises:
            ConfigError: the table has problems; the error names all of them.
        """
        reader = TableReader()
        settings = reader.read(table, KEYS)
        alone = [f"`{key}`" for key in table if key in NEEDS and NEEDS[key] not in table]
        if alone:
            need = "needs" if len(alone) == 1 else "need"
            reader.problems.append(f"{', '.join(alone)} {need} `test-command`")
        # `OwnTests` keeps these.
        own = [name for name in settings if name.startswith("test_")]
        tests = {name.removeprefix("test_"): settings.pop(name) for name in own}
        reader.raise_problems()
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


def _extras(reader: TableReader, key: str, value: Any) -> tuple[Extras, ...]:
    """One combination (a list of names), several (a list of lists), or none and all (``all``)."""
    if value == "all":
        return ((), "all")
    if isinstance(value, list) and value and all(isinstance(item, list) for item in value):
        return tuple(strings(reader, key, item) for item in value)
    return (strings(reader, key, value),)


def _constraints(reader: TableReader, key: str, value: Any) -> tuple[str, ...]:
    from packaging.requirements import (  # noqa: PLC0415 - each noxfile loads this module
        InvalidRequirement,
        Requirement,
    )

    constraints = strings(reader, key, value)
    for constraint in constraints:
        with contextlib.suppress(InvalidRequirement):
            if not Requirement(constraint).extras:
                continue
        reader.problems.append(
            f'`{key}` must hold requirements without extras, like "numpy<2", not {constraint!r}'
        )
    return constraints


def _versions(reader: TableReader, key: str, value: Any) -> tuple[str, ...]:
    versions = strings(reader, key, value)
    for version in versions:
        if not re.fullmatch(rf"({PYTHON})\??", version):
            reader.problems.append(
                f'`{key}` must hold versions like "3.12", "3.13t", "pypy3.11", or "3.15?" for one'
                f" that may fail; not {version!r}"
            )
    if not versions and value == []:
        reader.problems.append(f"`{key}` must name at least one version")
    return tuple(dict.fromkeys(versions))


def _platforms(reader: TableReader, key: str, value: Any) -> tuple[str, ...]:
    platforms = strings(reader, key, value)
    for one in platforms:
        if not re.fullmatch(PLATFORM, one):
            reader.problems.append(f'`{key}` must hold names like "windows-latest", not {one!r}')
    return tuple(dict.fromkeys(platforms))


def _reports(reader: TableReader, key: str, value: Any) -> dict[str, str]:
    if not reader.expect(key, value, dict, "a table of formats and files"):
        return {}
    known: Keys = {name: (name, Kind(_text, LINE.schema)) for name in FORMATS}
    return {name: path for name, path in reader.read(value, known).items() if path}


def _text(reader: TableReader, key: str, value: Any) -> str:
    return value if reader.expect(key, value, str, "a path") else ""


def _waivers(reader: TableReader, key: str, value: Any) -> tuple[Waiver, ...]:
    words = 'a list of { finding = "...", reason = "..." }'
    if not reader.expect(key, value, list, words):
        return ()
    waivers = []
    for item in value:
        if (
            not isinstance(item, dict)
            or set(item) != {"finding", "reason"}
            or not all(isinstance(part, str) and part.strip() for part in item.values())
        ):
            reader.problems.append(f"`{key}` must be {words}, each with a reason; not {item!r}")
        else:
            waivers.append(Waiver(pattern=item["finding"], reason=item["reason"]))
    return tuple(waivers)


_VERSION: Mapping[str, Any] = {"type": "string", "pattern": rf"^({PYTHON})\??$"}
_WAIVER = schema_of({"finding": ("", LINE), "reason": ("", LINE)}, "finding", "reason")

#: The keys of the table, each with the name of its setting, and its kind.
KEYS: Keys = {
    "packages": ("packages", STRINGS),
    "pythons": (
        "pythons",
        Kind(_versions, {"type": "array", "items": _VERSION, "minItems": 1}),
    ),
    "artifact": ("artifacts", some_of(get_args(Artifact))),
    "resolution": ("resolutions", some_of(get_args(Resolution))),
    "extras": (
        "extras",
        Kind(
            _extras,
            {
                "anyOf": [
                    {"const": "all"},
                    STRINGS.schema,
                    {"type": "array", "items": STRINGS.schema, "minItems": 1},
                ]
            },
        ),
    ),
    "platforms": (
        "platforms",
        Kind(_platforms, {"type": "array", "items": {**STRING, "pattern": f"^{PLATFORM}$"}}),
    ),
    "constraints": ("constraints", Kind(_constraints, STRINGS.schema)),
    "imports": ("imports", one_of(get_args(Imports))),
    "smoke": ("smoke", COMMANDS),
    "test-command": ("test_commands", LINES),
    "test-requires": ("test_requires", STRINGS),
    "test-groups": ("test_groups", STRINGS),
    "test-extras": ("test_extras", STRINGS),
    "test-sources": ("test_sources", STRINGS),
    "clean-check": ("clean_check", COMMANDS),
    "allow": ("allow", STRINGS),
    "pass-env": ("pass_env", STRINGS),
    "write": (
        "write",
        Kind(_reports, schema_of({name: (name, LINE) for name in FORMATS})),
    ),
    "ignore": ("ignore", Kind(_waivers, {"type": "array", "items": _WAIVER})),
}

#: The keys that need another one.
NEEDS = {key: "test-command" for key in KEYS if key.startswith("test-") and key != "test-command"}
