"""Do the project's own smoke commands succeed, with the installed code under test?"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from nox_cleanroom.config.commands import Command
from nox_cleanroom.environments.installation import Installation
from nox_cleanroom.probes.contracts import Runner
from nox_cleanroom.results import Outcome, ProbeResult

NAME = "commands"


def probe(installation: Installation) -> Iterator[ProbeResult]:
    """One result a command, in the order of the configuration."""
    commands = installation.settings.smoke
    if not commands:
        yield ProbeResult(
            probe=NAME,
            subject="smoke",
            outcome=Outcome.SKIPPED,
            message="The project configures no smoke commands.",
        )
    for command in commands:
        neutral = installation.workspace.directory("neutral")
        yield Runner(
            probe=NAME,
            recorder=installation.recorder,
            workspace=installation.workspace,
            bin_dir=installation.environment.bin_dir,
            readable=(installation.workspace.root, installation.environment.location),
        ).run(
            command,
            cwd=_directory(installation, command, neutral),
            env=_variables(installation, command),
            project=installation.project,
        )


def _directory(installation: Installation, command: Command, neutral: Path) -> Path:
    if command.cwd == "worktree" and installation.project is not None:
        return installation.project
    return neutral


def _variables(installation: Installation, command: Command) -> dict[str, str]:
    env = installation.probe_env()
    if command.needs_worktree:
        env["PYTHONPATH"] = str(installed_first(installation))
    return env


def installed_first(installation: Installation, witnesses: Path | None = None) -> Path:
    """A directory whose ``sitecustomize`` lets the installed modules come before the source.

    Args:
        installation: whose modules.
        witnesses: a directory in which interpreters leave word of where the modules came from.
    """
    directory = installation.workspace.directory("installed-first")
    source = Path(__file__).parents[1] / "inside" / "installed_first.py"
    shutil.copyfile(source, directory / "sitecustomize.py")
    places = {os.path.realpath(installation.facts.paths[name]) for name in ("purelib", "platlib")}
    request: dict[str, object] = {
        "names": installation.wheel.import_names,
        "places": sorted(places),
    }
    request["witnesses"] = str(witnesses or "")
    (directory / "installed.json").write_text(json.dumps(request), encoding="utf-8")
    return directory
