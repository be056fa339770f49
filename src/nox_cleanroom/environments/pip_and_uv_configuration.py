"""The user's settings of pip and uv, in variables and in configuration files."""

from __future__ import annotations

import locale
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from nox_cleanroom.records import dataclass

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from configparser import RawConfigParser

_T = TypeVar("_T")


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One setting of a tool."""

    name: str
    value: Any
    #: The variable or the file that sets it.
    source: str

    @property
    def is_no(self) -> bool:
        """Whether it only states a default, such as `PIP_USER=0`, which is common in CI."""
        words = ("0", "n", "no", "f", "false", "off")
        return self.value in (False, [], {}) or str(self.value).lower() in words

    def is_one_of(self, *patterns: str) -> bool:
        """Whether one of the patterns covers its name."""
        return any(_covers(pattern, self.name) for pattern in patterns)


def _covers(pattern: str, name: str) -> bool:
    """Whether a pattern covers a name; `fnmatch` takes 10 ms to compile this many patterns."""
    head, star, tail = pattern.partition("*")
    return name.startswith(head) and name.endswith(tail) if star else name == pattern


@dataclass(frozen=True, kw_only=True)
class UserSettings:
    """The user's settings of pip and uv."""

    #: The settings in force for pip, each name once.
    pip: tuple[Setting, ...]
    #: All settings of uv, in ascending precedence.
    uv: tuple[Setting, ...]
    #: The files of uv with their content, in ascending precedence.
    uv_files: tuple[tuple[Path, dict[str, Any]], ...]
    #: Files that cannot be parsed.
    broken: tuple[Path, ...]


def read_user_settings(
    env: Mapping[str, str], *, platform: str = sys.platform, etc: Path = Path("/etc")
) -> UserSettings:
    """Read the settings of pip and uv from variables and configuration files.

    Files of a project are not read, because installers run in an empty directory.

    Args:
        env: the user's variables, which also locate the user's files.
        platform: `sys.platform`.
        etc: the system's configuration directory.
    """
    pip_files, broken = _documents(_pip_files(env, platform, etc), _parse_ini)
    uv_files, broken_too = _documents(_uv_files(env, platform, etc), _parse_toml)
    return UserSettings(
        pip=tuple(_told_pip(pip_files, env)),
        uv=tuple(_told_uv(uv_files, env)),
        uv_files=tuple(uv_files),
        broken=(*broken, *broken_too),
    )


def _documents(
    paths: Iterable[Path], parse: Callable[[bytes], _T]
) -> tuple[list[tuple[Path, _T]], list[Path]]:
    """The parsed content of the existing files, and the paths of those that cannot be parsed."""
    documents: list[tuple[Path, _T]] = []
    broken = []
    for path in paths:
        try:
            documents.append((path, parse(path.read_bytes())))
        except OSError:
            continue
        except (ValueError, RecursionError):
            broken.append(path)
    return documents, broken


def _parse_ini(content: bytes) -> RawConfigParser:
    import configparser  # noqa: PLC0415 - few have such files, and it takes milliseconds

    parser = configparser.RawConfigParser()
    try:
        parser.read_string(content.decode(locale.getpreferredencoding(do_setlocale=False)))
    except configparser.Error as error:
        raise ValueError(str(error)) from None
    return parser


def _parse_toml(content: bytes) -> dict[str, Any]:
    return tomllib.loads(content.decode("utf-8"))


def _directories(env: Mapping[str, str], etc: Path) -> list[Path]:
    """The system's configuration directories, in the order of the XDG specification."""
    named = env.get("XDG_CONFIG_DIRS") or str(etc / "xdg")
    return [Path(one) for one in named.split(os.pathsep) if one]


def _home(env: Mapping[str, str]) -> Path:
    return Path(env.get("HOME") or env.get("USERPROFILE") or os.path.expanduser("~"))


def _config_home(env: Mapping[str, str]) -> Path:
    return Path(env.get("XDG_CONFIG_HOME") or _home(env) / ".config")


def _pip_files(env: Mapping[str, str], platform: str, etc: Path) -> list[Path]:
    """The files that pip reads, in ascending precedence; a fresh environment has none of its own.

    (https://pip.pypa.io/en/stable/topics/configuration/#location)
    """
    named = env.get("PIP_CONFIG_FILE", "")
    if named == os.devnull:
        return []
    home = _home(env)
    if platform == "win32":
        system = [Path(env.get("PROGRAMDATA", "C:/ProgramData")) / "pip" / "pip.ini"]
        roaming = Path(env.get("APPDATA") or home / "AppData" / "Roaming")
        user = [home / "pip" / "pip.ini", roaming / "pip" / "pip.ini"]
    elif platform == "darwin":
        support = Path("Library", "Application Support", "pip")
        system = [Path("/") / support / "pip.conf"]
        own = home / support if (home / support).is_dir() else home / ".config" / "pip"
        user = [home / ".pip" / "pip.conf", own / "pip.conf"]
    else:
        places = [one / "pip" for one in _directories(env, etc)]
        system = [one / "pip.conf" for one in (*places, etc)]
        user = [home / ".pip" / "pip.conf", _config_home(env) / "pip" / "pip.conf"]
    # An existing file that is named replaces the user's file, and overrides the system's.
    return [*system, *([Path(named)] if named and Path(named).exists() else user)]


def _uv_files(env: Mapping[str, str], platform: str, etc: Path) -> list[Path]:
    """The files that uv reads, in ascending precedence.

    (https://docs.astral.sh/uv/concepts/configuration-files/)
    """
    if env.get("UV_CONFIG_FILE"):
        return [Path(env["UV_CONFIG_FILE"])]
    off = Setting(name="no-config", value=env.get("UV_NO_CONFIG", ""), source="")
    if off.value and not off.is_no:
        return []
    if platform == "win32":
        system = [Path(env.get("SYSTEMDRIVE", "C:") + "/", "ProgramData", "uv", "uv.toml")]
        user = Path(env.get("APPDATA") or _home(env) / "AppData" / "Roaming")
    else:
        system = [one / "uv" / "uv.toml" for one in (*_directories(env, etc), etc)]
        user = _config_home(env)
    # Only the first existing system file counts.
    return [*[one for one in system if one.exists()][:1], user / "uv" / "uv.toml"]


def _told_pip(
    files: Sequence[tuple[Path, RawConfigParser]], env: Mapping[str, str]
) -> list[Setting]:
    """The settings in force for pip: the command's section wins, and variables win over files.

    (https://pip.pypa.io/en/stable/topics/configuration/#precedence-override-order)
    """
    told: dict[str, Setting] = {}
    said = [
        (name, value, str(source))
        for section in ("global", "install")
        for source, parser in files
        if parser.has_section(section)
        for name, value in parser.items(section)
    ]
    said += [(name[4:], value, name) for name, value in env.items() if name.startswith("PIP_")]
    for spelled, value, source in said:
        name = spelled.lower().replace("_", "-").removeprefix("--").replace("pypi-url", "index-url")
        if value:  # pip ignores a setting without a value.
            told[name] = Setting(name=name, value=value, source=source)
    return list(told.values())


def _told_uv(files: Sequence[tuple[Path, dict[str, Any]]], env: Mapping[str, str]) -> list[Setting]:
    """All settings of uv, in ascending precedence."""
    told = [
        Setting(name=name, value=value, source=str(source))
        for source, document in files
        for table in (document, document.get("pip", {}))
        if isinstance(table, dict)
        for name, value in table.items()
        if name != "pip"
    ]
    return told + [
        Setting(name=name[3:].lower().replace("_", "-"), value=value, source=name)
        for name, value in env.items()
        if name.startswith("UV_") and value
    ]
