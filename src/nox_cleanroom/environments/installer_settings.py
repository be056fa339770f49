"""The user's settings of pip and uv: which ones our installs keep, and which ones they drop.

Installers run without the user's configuration files and receive only the settings that we keep.
pip gets them in variables. uv gets them in variables and in a file, because half of its settings
have no variable. Settings that are not known to be harmless are dropped, so that no setting changes
a result unnoticed.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from nox_cleanroom.environments.pip_and_uv_configuration import Setting, UserSettings
from nox_cleanroom.places.deletion import discard
from nox_cleanroom.places.files import write_whole
from nox_cleanroom.records import dataclass

#: Settings that name the sources of distributions.
_SOURCES = frozenset(
    {"index", "index-url", "extra-index-url", "default-index", "find-links", "no-index"}
)

#: Settings of both installers about the way to these sources: kept without a note.
#: (https://pip.pypa.io/en/stable/cli/pip_install/#options,
#: https://docs.astral.sh/uv/reference/settings/, https://docs.astral.sh/uv/reference/environment/)
_KEPT = (
    *_SOURCES,
    *("index-strategy", "index-*-username", "index-*-password", "keyring-provider"),
    *("trusted-host", "insecure-host", "allow-insecure-host", "cert", "client-cert"),
    *("native-tls", "system-certs", "proxy", "http-proxy", "https-proxy", "no-proxy"),
    *("timeout", "default-timeout", "retries", "resume-retries", "http-*", "request-timeout"),
    *("offline", "cache-dir", "no-cache", "no-cache-dir", "link-mode", "concurrent-*"),
    *("credentials-dir", "*-endpoint-url", "git-lfs", "python-downloads*", "python-preference"),
    *("python-install-*", "*-install-mirror", "managed-python", "no-managed-python"),
)

#: The user's supply-chain policy: kept, with a note. `no-binary` is not among them, because uv
#: would then refuse to install the wheel under test.
_POLICY = (
    *("exclude-newer", "exclude-newer-package", "uploaded-prior-to", "only-binary"),
    *("require-hashes", "require-build-hashes", "no-build", "no-build-package"),
)

#: The settings of the policy that forbid builds, by the names of uv.
_BUILDS = frozenset({"no-build", "no-build-package", "only-binary"})

#: Settings without effect on installs into a fresh environment: dropped without a note.
_IRRELEVANT = (
    *("config-file", "no-config", "version", "help", "format", "editor", "*color", "log*"),
    *("disable-pip-version-check", "no-input", "no-python-version-warning", "no-warn-*"),
    *("progress-bar", "no-progress", "quiet", "verbose", "debug", "local-log", "no-clean"),
    *("root-user-action", "require-virtualenv", "require-venv", "respect-virtualenv", "isolated"),
    *("break-system-packages", "compile", "no-compile", "compile-bytecode", "exists-action"),
    *("publish-*", "check-url", "trusted-publishing", "tool-*", "project*", "working-dir*"),
    *("venv-*", "init-*", "internal--*", "test-*", "github-token", "env-file", "no-env-file"),
    *("frozen", "locked", "no-sync", "dev", "no-dev", "add-bounds", "audit", "required-version"),
    # Installers are told which environment they install into.
    *("python", "system", "system-python"),
    *("cache-keys", "show-resolution", "hide-build-output", "installer-*", "install-dir"),
)

#: Features of pip that choose the source of certificates; other features change the resolution.
_CERTIFICATES = {"use-feature": "truststore", "use-deprecated": "legacy-certs"}


@dataclass(frozen=True, kw_only=True)
class InstallerSettings:
    """The user's settings of installers that are kept."""

    #: The variables of pip and uv that installers see, and those of certificates and proxies.
    variables: Mapping[str, str]
    #: The only configuration file that uv sees.
    uv_toml: str
    #: Notes on dropped settings and on the kept policy, without values, which may be secrets.
    notes: tuple[str, ...] = ()

    @contextlib.contextmanager
    def handed_over(self, directory: Path) -> Iterator[dict[str, str]]:
        """A block that yields the variables for installers.

        uv's file may hold credentials, so it exists only during the block, in a private directory.
        """
        # uv looks for the name `uv.toml` in parent directories, so this file has another one.
        path = directory / "settings-of-uv.toml"
        write_whole(path, self.uv_toml.encode())
        try:
            yield {**self.variables, "UV_CONFIG_FILE": str(path)}
        finally:
            discard(path)


def settings_kept(user: UserSettings, env: Mapping[str, str]) -> InstallerSettings:
    """The settings of the user that are kept.

    Args:
        user: all settings of the user.
        env: the user's variables.
    """
    kept = {one.name: value for one in user.pip if (value := _kept_by_pip(one))}
    told = {one.name: one for one in user.uv}
    table = _handed_to_uv(kept, told)
    for path, document in user.uv_files:
        table = _merged(table, _anchored(_kept_by_uv(document), path.parent))
    variables = {
        one.source: str(one.value) for one in user.uv if one.source in env and _is_kept(one)
    }
    of_pip = {**_policy_for_pip(told), **kept}
    return InstallerSettings(
        variables={
            **_connection_for_uv(kept, told, env),
            **variables,
            **{f"PIP_{name.upper().replace('-', '_')}": of_pip[name] for name in of_pip},
            "PIP_CONFIG_FILE": os.devnull,
        },
        uv_toml="".join(f"{_toml(key)} = {_toml(table[key])}\n" for key in table),
        notes=tuple(_notes(user)),
    )


def _notes(user: UserSettings) -> Iterator[str]:
    said = [one for one in (*user.pip, *user.uv) if not one.is_no]
    dropped = [one for one in said if not _is_kept(one) and not one.is_one_of(*_IRRELEVANT)]
    policy = [one for one in said if one.is_one_of(*_POLICY)]
    if dropped:
        yield f"dropped for installs: {_list(dropped)}"
    if policy:
        yield f"your supply-chain policy is kept: {_list(policy)}"
    if user.broken:
        paths = ", ".join(map(str, user.broken))
        yield f"left out for installs because it cannot be parsed: {paths}"


def _list(settings: Iterable[Setting]) -> str:
    return ", ".join(dict.fromkeys(f"{one.name} ({one.source})" for one in settings))


def _is_kept(setting: Setting) -> bool:
    if setting.name in _CERTIFICATES:
        return set(str(setting.value).split()) <= {_CERTIFICATES[setting.name]}
    return setting.is_one_of(*_KEPT, *_POLICY)


def _kept_by_pip(setting: Setting) -> str:
    if setting.name in _CERTIFICATES:
        known = _CERTIFICATES[setting.name]
        return known if known in setting.value.split() else ""
    return str(setting.value) if _is_kept(setting) else ""


def _kept_by_uv(table: Mapping[str, Any]) -> dict[str, Any]:
    kept = {
        name: value
        for name, value in table.items()
        if _is_kept(Setting(name=name, value=value, source=""))
    }
    of_pip = table.get("pip")
    return {**kept, "pip": _kept_by_uv(of_pip)} if isinstance(of_pip, dict) else kept


def _handed_to_uv(pip: Mapping[str, str], told: Mapping[str, Setting]) -> dict[str, Any]:
    """The kept settings of pip as settings of uv, where uv has no such settings itself.

    uv does not read pip's settings, so it would not find a private index that only pip knows.
    (https://github.com/astral-sh/uv/issues/1404)
    """
    handed = {} if _SOURCES & set(told) else _sources_for_uv(pip)
    if "uploaded-prior-to" in pip and "exclude-newer" not in told:
        handed["exclude-newer"] = pip["uploaded-prior-to"]
    if "require-hashes" in pip and "require-hashes" not in told:
        handed["pip"] = {"require-hashes": _is_on(pip, "require-hashes")}
    if not _BUILDS & set(told):
        return {**handed, **_builds_for_uv(pip.get("only-binary", ""))}
    # `uv pip` ignores the variables of these settings, so they go into the file.
    # (https://github.com/astral-sh/uv/pull/11968)
    variables = [told[name] for name in _BUILDS & set(told) if told[name].source.startswith("UV_")]
    for one in variables:
        handed[one.name] = not one.is_no if one.name == "no-build" else one.value.split()
    return handed


def _sources_for_uv(pip: Mapping[str, str]) -> dict[str, Any]:
    handed: dict[str, Any] = {}
    if "index-url" in pip:
        handed["index-url"] = pip["index-url"]
    if "extra-index-url" in pip:
        handed["extra-index-url"] = pip["extra-index-url"].split()
        # pip takes the best version of all indexes, and the user configured that.
        # (https://docs.astral.sh/uv/pip/compatibility/#packages-that-exist-on-multiple-indexes)
        handed["index-strategy"] = "unsafe-best-match"
    if "find-links" in pip:
        # pip ignores a missing directory, and uv fails.
        places = map(os.path.expanduser, pip["find-links"].split())
        handed["find-links"] = [one for one in places if "://" in one or os.path.isdir(one)]
    if "trusted-host" in pip:
        handed["allow-insecure-host"] = pip["trusted-host"].split()
    if pip.get("keyring-provider") == "subprocess":
        handed["keyring-provider"] = "subprocess"
    return {**handed, "no-index": True} if _is_on(pip, "no-index") else handed


def _builds_for_uv(only_binary: str) -> dict[str, Any]:
    names = only_binary.replace(",", " ").split()
    if ":all:" in names:
        return {"no-build": True}
    return {"no-build-package": [one for one in names if not one.startswith(":")]} if names else {}


def _policy_for_pip(told: Mapping[str, Setting]) -> dict[str, str]:
    """The policy in uv's settings as settings of pip, for runs without uv."""
    handed = {}
    no_build = told.get("no-build")
    named = [told[name].value for name in ("no-build-package", "only-binary") if name in told]
    names = [one for value in named for one in (value.split() if isinstance(value, str) else value)]
    if no_build and not no_build.is_no:
        names.append(":all:")
    if names:
        handed["only-binary"] = ",".join(map(str, names))
    if "require-hashes" in told and not told["require-hashes"].is_no:
        handed["require-hashes"] = "1"
    newer = str(told["exclude-newer"].value) if "exclude-newer" in told else ""
    # Of the formats of time that uv accepts, pip understands these.
    if re.match(r"\d{4}-\d\d|P\d+D$", newer):
        handed["uploaded-prior-to"] = newer
    return handed


def _connection_for_uv(
    pip: Mapping[str, str], told: Mapping[str, Setting], env: Mapping[str, str]
) -> dict[str, str]:
    """The variables that give uv pip's certificates and proxy, where nothing else sets them."""
    if _SOURCES & set(told):
        return {}
    wanted = {
        "SSL_CERT_FILE": ("cert", ("SSL_CERT_FILE", "SSL_CERT_DIR")),
        "SSL_CLIENT_CERT": ("client-cert", ("SSL_CLIENT_CERT",)),
        "ALL_PROXY": ("proxy", ("ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY")),
    }
    said = {name.upper() for name, value in env.items() if value}
    return {
        variable: pip[name]
        for variable, (name, others) in wanted.items()
        if name in pip and not said.intersection(others)
    }


def _is_on(pip: Mapping[str, str], name: str) -> bool:
    return name in pip and not Setting(name=name, value=pip[name], source="").is_no


def _merged(below: Any, above: Any) -> Any:
    """Two configurations of uv merged: one has precedence, and lists are joined, as in uv."""
    if isinstance(below, dict) and isinstance(above, dict):
        won = {name: _merged(below.get(name, one), one) for name, one in above.items()}
        return {**below, **won}
    joined = isinstance(below, list) and isinstance(above, list) and below is not above
    return [*above, *below] if joined else above


def _anchored(value: Any, directory: Path, key: str = "") -> Any:
    """A table of uv's settings with absolute paths, because we write it to another place."""
    if isinstance(value, dict):
        return {name: _anchored(one, directory, name) for name, one in value.items()}
    if isinstance(value, list):
        return [_anchored(one, directory, key) for one in value]
    is_place = key in {*_SOURCES, "url"} and isinstance(value, str) and "://" not in value
    return str(directory / value) if is_place else value


def _toml(value: Any) -> str:
    """A value as TOML, on one line."""
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{_toml(name)} = {_toml(one)}' for name, one in value.items())} }}"
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return str(value).lower() if isinstance(value, bool) else str(value)
