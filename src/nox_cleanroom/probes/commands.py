"""The project's own commands, run with the installed code under test."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import Any

from nox_cleanroom.config.commands import PROJECT_PLACEHOLDER, Command, JsonContract
from nox_cleanroom.environments.environment import INSIDE, Environment, Facts
from nox_cleanroom.output import printable
from nox_cleanroom.probes.installation import Installation
from nox_cleanroom.records import dataclass
from nox_cleanroom.results import Step
from nox_cleanroom.steps import Steps
from nox_cleanroom.wheels import Wheel

#: Larger JSON output is not read.
JSON_LIMIT_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class NamedPath:
    """A path that a command's JSON names, as it is on this machine."""

    #: Absolute.
    path: str
    exists: bool
    is_file: bool
    #: In hexadecimal; empty for a file outside of the command's directory and the environment.
    sha256: str = ""


@dataclass(frozen=True, kw_only=True)
class JsonAnswer:
    """The JSON output of a command."""

    #: The object; None when there is none.
    value: Mapping[str, Any] | None = None
    #: Why there is no object; empty when there is one.
    problem: str = ""
    #: The paths that its keys name, by key.
    paths: Mapping[str, NamedPath] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class CommandRun:
    """A command of the project, and how it ended."""

    command: Command
    #: The program that was looked for.
    program: str
    #: Whether there is such a program.
    has_program: bool = True
    exit_status: int | None = None
    timed_out: bool = False
    #: How it ended, for people, and the end of its output.
    ending: str = ""
    output: str = ""
    #: None when the command need not print JSON, or did not get so far.
    answer: JsonAnswer | None = None

    @classmethod
    def of(
        cls, command: Command, program: str, step: Step, answer: JsonAnswer | None
    ) -> CommandRun:
        """The run of a command that was a step."""
        return cls(
            command=command,
            program=program,
            exit_status=step.exit_status,
            timed_out=step.timed_out,
            ending=step.ending,
            output=step.output,
            answer=answer,
        )


@dataclass(frozen=True, kw_only=True)
class Commands:
    """The project's own commands, in the order of the configuration."""

    runs: tuple[CommandRun, ...]


def run_commands(installation: Installation) -> Commands:
    """Run the smoke commands of the project."""
    return Commands(
        runs=tuple(_run_smoke(installation, one) for one in installation.settings.smoke)
    )


def _run_smoke(installation: Installation, command: Command) -> CommandRun:
    neutral, env = installation.steps.directory("neutral"), installation.probe_env()
    if command.needs_worktree:
        steps, wheel, facts = installation.steps, installation.wheel, installation.facts
        env["PYTHONPATH"] = str(installed_first(wheel, facts, steps.directory("installed-first")))
    in_worktree = command.cwd == "worktree" and installation.project is not None
    return run_command(
        command,
        installation.steps,
        cwd=installation.project if in_worktree and installation.project else neutral,
        env=env,
        project=installation.project,
        environment=installation.environment,
    )


def run_command(
    command: Command,
    steps: Steps,
    *,
    cwd: Path,
    env: Mapping[str, str],
    project: Path | None,
    environment: Environment,
) -> CommandRun:
    """Run one of the project's commands, and examine its output.

    Args:
        command: the command.
        steps: runs it.
        cwd: the directory it runs in.
        env: the variables that the command sees, besides its own.
        project: the value of ``{project}``; None when no command needs it.
        environment: its programs precede those on `PATH`. The command may name files in it, and
            files of the run, for hashing.
    """
    argv = [part.replace(PROJECT_PLACEHOLDER, str(project)) for part in command.argv]
    full_env = {**env, **command.env}
    program = _find_program(argv[0], cwd, environment.bin_dir, full_env)
    if program is None:
        return CommandRun(command=command, program=argv[0], has_program=False)
    stdout = steps.directory("output") / "stdout" if command.contract else None
    step = steps.run(
        f"run {printable(command.argv)}",
        [program, *argv[1:]],
        cwd=cwd,
        env=full_env,
        timeout_seconds=command.timeout_seconds,
        stdout=stdout,
    )
    answer = None
    if command.contract and stdout and step.exit_status == command.expect_exit:
        readable = (steps.workspace.root, environment.location)
        answer = _read_answer(command.contract, stdout, cwd, readable)
    return CommandRun.of(command, argv[0], step, answer)


def _find_program(name: str, cwd: Path, bin_dir: Path, env: Mapping[str, str]) -> str | None:
    # A path is relative to the command's own directory, as in a shell.
    if os.path.dirname(name):
        name = str(cwd / name)
    paths = os.pathsep.join((str(bin_dir), env.get("PATH", os.defpath)))
    return shutil.which(name, path=paths)


def _read_answer(
    contract: JsonContract, stdout: Path, cwd: Path, readable: Sequence[Path]
) -> JsonAnswer:
    if stdout.stat().st_size > JSON_LIMIT_BYTES:
        size = JSON_LIMIT_BYTES // 2**20
        return JsonAnswer(problem=f"it printed more than {size} MiB, too much for a JSON object")
    try:
        value = json.loads(stdout.read_bytes())
    except (ValueError, RecursionError) as error:
        return JsonAnswer(problem=f"its standard output is not JSON ({error})")
    if not isinstance(value, dict):
        kind = type(value).__name__
        return JsonAnswer(problem=f"its standard output is a JSON {kind}, not an object")
    keys = dict.fromkeys((*contract.paths, *contract.sha256.values()))
    places = [Path(os.path.realpath(place)) for place in readable]
    found = {key: lookup(value, key) for key in keys}
    return JsonAnswer(
        value=value,
        paths={
            key: _named_path(cwd / path, places)
            for key, path in found.items()
            if isinstance(path, str)
        },
    )


def _named_path(path: Path, readable: Sequence[Path]) -> NamedPath:
    # The system rejects a path with a NUL.
    place = Path(os.path.realpath(str(path).replace("\0", "\ufffd")))
    is_ours = any(place.is_relative_to(one) for one in readable)
    is_file = place.is_file()
    return NamedPath(
        path=os.path.abspath(path),
        exists="\0" not in str(path) and os.path.lexists(path),
        is_file=is_file,
        sha256=hashlib.sha256(place.read_bytes()).hexdigest() if is_file and is_ours else "",
    )


def lookup(answer: Mapping[str, Any], key: str) -> Any:
    """The value of a key; dots lead into nested objects, unless the key itself contains them.

    Returns:
        `MISSING` when there is no such key.
    """
    if key in answer:
        return answer[key]
    value: Any = answer
    for part in key.split("."):
        if not isinstance(value, Mapping) or part not in value:
            return MISSING
        value = value[part]
    return value


class _Missing:
    """The result of a lookup for a missing key."""


MISSING = _Missing()


def installed_first(
    wheel: Wheel, facts: Facts, directory: Path, witnesses: Path | None = None
) -> Path:
    """A directory whose ``sitecustomize`` makes installed modules precede the source.

    Args:
        wheel: the wheel with the modules.
        facts: where the interpreter installs.
        directory: the directory, which is empty.
        witnesses: a directory in which interpreters record where the modules came from.
    """
    shutil.copyfile(INSIDE / "installed_first.py", directory / "sitecustomize.py")
    places = {os.path.realpath(facts.paths[name]) for name in ("purelib", "platlib")}
    request = {
        "names": wheel.import_names,
        "places": sorted(places),
        "witnesses": str(witnesses or ""),
    }
    (directory / "installed.json").write_text(json.dumps(request), encoding="utf-8")
    return directory
