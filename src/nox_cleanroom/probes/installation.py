"""The subject of probes: an environment with the wheel under test in it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from nox_cleanroom.config.settings import Settings
from nox_cleanroom.environments.bytecode import BytecodeStore
from nox_cleanroom.environments.environment import Environment, Facts
from nox_cleanroom.processes import variables
from nox_cleanroom.records import dataclass
from nox_cleanroom.steps import Steps
from nox_cleanroom.wheels import Wheel


@dataclass(frozen=True, kw_only=True)
class Installation:
    """An environment with the wheel under test in it, and everything that probes need there."""

    wheel: Wheel
    #: The wheel's file.
    path: Path
    environment: Environment
    facts: Facts
    #: The extras that were installed with the wheel.
    extras: tuple[str, ...]
    settings: Settings
    steps: Steps
    #: The user's variables.
    outer_env: Mapping[str, str]
    #: The directory with the bytecode of our own programs, kept between runs.
    bytecode: BytecodeStore
    #: The project in a worktree, for commands that need its files; None when no command does.
    project: Path | None = None

    def probe_env(self) -> dict[str, str]:
        """The variables that the installed package's code sees, with a new scratch home."""
        return self.env_with(home=self.steps.directory("home"), tmp=self.steps.directory("tmp"))

    def env_with(self, *, home: Path, tmp: Path) -> dict[str, str]:
        """The variables that the installed package's code sees, with a given home."""
        return variables.for_probes(
            self.outer_env,
            home=home,
            tmp=tmp,
            bin_dir=self.environment.bin_dir,
            passed=self.settings.pass_env,
        )
