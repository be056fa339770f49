"""Do the project's own tests pass against what is installed?

The settings mean what they do in cibuildwheel. Whatever directory the tests are in, the wheel's
modules come from the environment, and after each command it is proved that they did.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import dependency_groups

from nox_cleanroom.config.commands import PROJECT_PLACEHOLDER
from nox_cleanroom.environments.installation import Installation, pinned
from nox_cleanroom.environments.installers import tool_failure
from nox_cleanroom.errors import Code, ConfigError, InstallError
from nox_cleanroom.output import clean_text, last_lines
from nox_cleanroom.probes.commands import installed_first
from nox_cleanroom.results import Outcome, ProbeResult, Step

NAME = "tests"


def probe(installation: Installation) -> Iterator[ProbeResult]:
    """One result a command; none when the project configures none."""
    tests = installation.settings.tests
    if not tests.commands:
        return
    _install_requirements(installation)
    place = _place(installation)
    for command in tests.commands:
        yield _run(installation, command, place)


def _install_requirements(installation: Installation) -> None:
    """Install what the tests need; last of all, so that no other question sees it.

    Raises:
        InstallError: the installer said no.
    """
    tests = installation.settings.tests
    wanted = [*tests.requires, *_of_groups(installation.pyproject, tests.groups)]
    if not wanted and not tests.extras:
        return
    extras = tuple(dict.fromkeys((*installation.extras, *tests.extras)))
    wheel = pinned(installation.wheel, extras)
    step = installation.recorder.run(
        "install test requirements",
        installation.environment.pip_install(*installation.install_options, wheel, *wanted),
        cwd=installation.workspace.neutral,
        env=installation.build_env,
    )
    if not step.succeeded:
        raise tool_failure(InstallError, "The requirements of the tests are not installable", step)


def _of_groups(pyproject: Mapping[str, Any], names: tuple[str, ...]) -> tuple[str, ...]:
    """The requirements of dependency groups (PEP 735)."""
    if not names:
        return ()
    try:
        return dependency_groups.resolve(pyproject.get("dependency-groups", {}), *names)
    except (LookupError, ValueError, TypeError) as error:
        raise ConfigError(
            f"`test-groups` cannot be resolved: {clean_text(str(error))}.",
            hint="Name groups of [dependency-groups] in pyproject.toml.",
        ) from None


def _place(installation: Installation) -> Path:
    """An empty directory, with copies of the sources that the tests are run among.

    Raises:
        ConfigError: a source is not in the project.
    """
    place = installation.workspace.directory("tests")
    project = installation.project or place
    for source in installation.settings.tests.sources:
        origin = project / source
        if not origin.exists() or not origin.resolve().is_relative_to(project.resolve()):
            raise ConfigError(
                f"`test-sources` names {source!r}, which the project does not have at this commit.",
                hint="Paths are relative to the project.",
            )
        (place / source).parent.mkdir(parents=True, exist_ok=True)
        if origin.is_dir():
            shutil.copytree(origin, place / source, symlinks=True, dirs_exist_ok=True)
        else:
            shutil.copy2(origin, place / source)
    return place


def _run(installation: Installation, command: str, place: Path) -> ProbeResult:
    project = str(installation.project)
    line = command.replace(PROJECT_PLACEHOLDER, project).replace("{package}", project)
    line = line.replace("{wheel}", str(installation.wheel.path))
    witnesses = installation.workspace.directory("witnesses")
    first = installed_first(installation, witnesses)
    shell = ["cmd", "/c"] if sys.platform == "win32" else ["sh", "-c"]
    step = installation.recorder.run(
        f"test {command}",
        [*shell, line],
        cwd=place,
        env={**installation.probe_env(), "PYTHONPATH": str(first)},
    )
    return _judge(installation, command, step, witnesses)


def _judge(  # noqa: PLR0911 - one for each way to end
    installation: Installation, command: str, step: Step, witnesses: Path
) -> ProbeResult:
    def result(
        outcome: Outcome, message: str = "", hint: str = "", output: str = ""
    ) -> ProbeResult:
        return ProbeResult(
            probe=NAME,
            subject=clean_text(command),
            outcome=outcome,
            message=message,
            hint=hint,
            output=output,
            code=Code.TIMEOUT if step.timed_out else Code.PROBE_FAILED,
        )

    if not step.succeeded:
        words = last_lines(step.output, 25)
        return result(Outcome.FAILED, f"It ended with {step.ending}.", output=words)
    if _says_failed(step.output):
        return result(
            Outcome.FAILED,
            "Tests failed, and yet it ended well.",
            "Does a pipe or `||` in the command drop the exit status?",
            last_lines(step.output, 25),
        )
    if _found_no_test(step.output):
        return result(
            Outcome.FAILED,
            "It ended well, and no test ran.",
            "Is it the right directory? Name it with `{project}`, or list it in `test-sources`.",
            last_lines(step.output, 5),
        )
    if _skipped_all(step.output):
        return result(Outcome.WARNED, "It ended well, and every test was skipped.")
    places = _places_of_modules(witnesses)
    strange = [place for place in places if not installation.is_inside(place)]
    if strange:
        return result(
            Outcome.FAILED,
            f"It tested {clean_text(strange[0])}, which is not what is installed.",
            "Take the project's directory off the path: pytest's `--import-mode=importlib` does.",
        )
    if not places and installation.wheel.import_names:
        return result(
            Outcome.WARNED,
            "It passed, and has imported no module of the wheel.",
            "Is it the right command?",
        )
    return result(Outcome.PASSED)


#: Colours, which pytest also puts into a file when it is told so.
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")

#: The last line of pytest, and that of unittest: how many tests ran, and how they ended.
_RAN = re.compile(
    r"\b[1-9]\d* (passed|failed|errors?|xfailed|xpassed)\b|^Ran [1-9]\d* tests? in ", re.MULTILINE
)
_RAN_NONE = re.compile(
    r"^Ran 0 tests in |\bno tests ran\b|\b\d+ deselected\b.* in [\d.]+s|\btests? collected in ",
    re.MULTILINE,
)
_SKIPPED = re.compile(r"\b[1-9]\d* skipped\b.* in [\d.]+s", re.MULTILINE)
_FAILED = re.compile(
    r"\b[1-9]\d* (failed|errors?)\b.* in [\d.]+s|^FAILED \((failures|errors)=", re.MULTILINE
)
#: What unittest says when there was nothing but skipped tests.
_UNITTEST = re.compile(r"^Ran (\d+) tests? in .*\n+OK \(skipped=(\d+)\)", re.MULTILINE)


def _found_no_test(output: str) -> bool:
    """Whether pytest or unittest say that there was no test to run: none found, none selected.

    Up to Python 3.11 unittest exits with 0 then
    (https://docs.python.org/3/library/unittest.html#unittest.main).
    """
    text = _COLOUR.sub("", output)
    ran = _RAN.search(text) or _SKIPPED.search(text)
    return bool(_RAN_NONE.search(text)) and not ran


def _skipped_all(output: str) -> bool:
    """Whether pytest or unittest say that there were tests, and all were skipped."""
    text = _COLOUR.sub("", output)
    skipped = _UNITTEST.findall(text)
    if skipped and all(ran == left_out for ran, left_out in skipped):
        return not re.search(r"\b[1-9]\d* passed\b", text)
    return bool(_SKIPPED.search(text)) and not _RAN.search(text)


def _says_failed(output: str) -> bool:
    """Whether the summary of pytest or unittest counts tests that failed."""
    return bool(_FAILED.search(_COLOUR.sub("", output)))


def _places_of_modules(witnesses: Path) -> list[str]:
    """Where the wheel's modules came from, as each interpreter that loaded one says."""
    places: set[str] = set()
    for path in witnesses.glob("*.json"):
        # An interpreter that was killed leaves half of one, and tests may write what they like.
        with contextlib.suppress(OSError, ValueError, TypeError, RecursionError):
            said = json.loads(path.read_text(encoding="utf-8"))
            places.update(place for place in said if isinstance(place, str))
    return sorted(place for place in places if os.path.isabs(place))
