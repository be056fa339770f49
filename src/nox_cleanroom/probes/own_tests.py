"""The project's own tests, run against the installed wheel.

The settings have the same meaning as in cibuildwheel. Whatever directory the tests are in, the
wheel's modules come from the environment, and each command records where they came from.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import dependency_groups

from nox_cleanroom.config.commands import PROJECT_PLACEHOLDER
from nox_cleanroom.environments.installer_commands import tool_failure
from nox_cleanroom.environments.installing import pinned
from nox_cleanroom.errors import ConfigError, InstallError
from nox_cleanroom.output import clean_text
from nox_cleanroom.probes.commands import installed_first
from nox_cleanroom.probes.installation import Installation
from nox_cleanroom.records import dataclass


@dataclass(frozen=True, kw_only=True)
class RanTest:
    """A command that runs tests, and how it ended."""

    command: str
    succeeded: bool
    timed_out: bool
    #: How it ended, for people, and the end of its output.
    ending: str
    output: str
    #: Where the wheel's modules came from, with all links resolved.
    places: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class RanTests:
    """The project's own tests, in the order of the configuration."""

    runs: tuple[RanTest, ...]


def run_tests(
    installation: Installation, pyproject: Mapping[str, Any], install_options: Sequence[str]
) -> RanTests:
    """Run the project's own tests.

    Args:
        installation: the environment to test; the requirements of the tests are installed there.
        pyproject: the commit's ``pyproject.toml``.
        install_options: the options of the installer.

    Raises:
        InstallError: the requirements of the tests could not be installed.
        ConfigError: the project has no such dependency group, or no such file.
    """
    tests = installation.settings.tests
    if not tests.commands:
        return RanTests(runs=())
    _install_requirements(installation, pyproject, install_options)
    place = _place(installation)
    return RanTests(runs=tuple(_run(installation, command, place) for command in tests.commands))


def _install_requirements(
    installation: Installation, pyproject: Mapping[str, Any], install_options: Sequence[str]
) -> None:
    """Install the requirements of the tests, after all other probes, so that these do not see them.

    Raises:
        InstallError: the installer failed.
    """
    tests = installation.settings.tests
    wanted = [*tests.requires, *requirements_of_groups(pyproject, tests.groups)]
    if not wanted and not tests.extras:
        return
    extras = tuple(dict.fromkeys((*installation.extras, *tests.extras)))
    wheel = pinned(installation.wheel, installation.path, extras)
    step = installation.steps.run(
        "install test requirements",
        installation.environment.pip_install(*install_options, wheel, *wanted),
    )
    if not step.succeeded:
        raise tool_failure(InstallError, "The requirements of the tests are not installable", step)


def requirements_of_groups(pyproject: Mapping[str, Any], names: Sequence[str]) -> tuple[str, ...]:
    """The requirements of dependency groups (PEP 735).

    Raises:
        ConfigError: the project has no such group.
    """
    if not names:
        return ()
    try:
        return dependency_groups.resolve(pyproject.get("dependency-groups", {}), *names)
    except (LookupError, ValueError, TypeError) as error:
        raise ConfigError(
            f"The dependency groups cannot be resolved: {clean_text(str(error))}.",
            hint="Name groups of [dependency-groups] in pyproject.toml.",
        ) from None


def _place(installation: Installation) -> Path:
    """A new directory with copies of the `test-sources`, in which the tests run.

    Raises:
        ConfigError: the project does not have one of the sources.
    """
    place = installation.steps.directory("tests")
    copy_sources(installation.project or place, installation.settings.tests.sources, place)
    return place


def copy_sources(project: Path, sources: Iterable[str], place: Path) -> None:
    """Copy files and directories of a project to a directory.

    Raises:
        ConfigError: the project does not have one of them.
    """
    for source in sources:
        origin = project / source
        if not origin.exists() or not origin.resolve().is_relative_to(project.resolve()):
            raise ConfigError(
                f"The test sources name {source!r}, which the project does not have at this"
                " commit.",
                hint="Paths are relative to the project.",
            )
        (place / source).parent.mkdir(parents=True, exist_ok=True)
        if origin.is_dir():
            shutil.copytree(origin, place / source, symlinks=True, dirs_exist_ok=True)
        else:
            shutil.copy2(origin, place / source)


def _run(installation: Installation, command: str, place: Path) -> RanTest:
    project = str(installation.project)
    line = command.replace(PROJECT_PLACEHOLDER, project).replace("{package}", project)
    line = line.replace("{wheel}", str(installation.path))
    witnesses = installation.steps.directory("witnesses")
    first = installed_first(
        installation.wheel,
        installation.facts,
        installation.steps.directory("installed-first"),
        witnesses,
    )
    shell = ["cmd", "/c"] if sys.platform == "win32" else ["sh", "-c"]
    step = installation.steps.run(
        f"test {command}",
        [*shell, line],
        cwd=place,
        env={**installation.probe_env(), "PYTHONPATH": str(first)},
        is_test=True,
    )
    return RanTest(
        command=command,
        succeeded=step.succeeded,
        timed_out=step.timed_out,
        ending=step.ending,
        output=step.output,
        places=tuple(places_of_modules(witnesses)),
    )


def places_of_modules(witnesses: Path) -> list[str]:
    """The paths of the wheel's modules, as recorded by each interpreter that loaded one."""
    places: set[str] = set()
    for path in witnesses.glob("*.json"):
        # A killed interpreter leaves an incomplete record, and tests may write anything.
        with contextlib.suppress(OSError, ValueError, TypeError, RecursionError):
            said = json.loads(path.read_text(encoding="utf-8"))
            places.update(place for place in said if isinstance(place, str))
    return sorted(os.path.realpath(place) for place in places if os.path.isabs(place))
