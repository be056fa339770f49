"""An environment in which the requirements of a build are installed."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import Future

from nox_cleanroom.build.build_system import BuildSystem
from nox_cleanroom.checkout.listing import Stat, list_files
from nox_cleanroom.environments.environment import Environment, Facts, installed_versions
from nox_cleanroom.records import dataclass


@dataclass(frozen=True, kw_only=True)
class BuildEnvironment:
    """An environment in which the requirements of a build are installed."""

    system: BuildSystem
    environment: Environment
    facts: Facts

    @property
    def requirements(self) -> dict[str, str]:
        """The installed versions, by name."""
        return installed_versions(self.facts)

    def contents(self) -> dict[bytes, tuple[int, ...]]:
        """The files of the environment, without bytecode and times that links to a cache change."""
        found = list_files(os.fsencode(self.environment.location), _skip_bytecode).paths
        return {path: _identity(stat) for path, stat in found.items()}


@dataclass(frozen=True, kw_only=True)
class BegunEnvironment:
    """An environment that is being made for a build."""

    system: BuildSystem
    coming: Future[BuildEnvironment]


def _skip_bytecode(_directory: bytes) -> Callable[[bytes], bool]:
    return b"__pycache__".__eq__


def _identity(stat: Stat) -> tuple[int, ...]:
    if stat.is_directory:
        return (stat.mode,)
    return (stat.mode, stat.inode, stat.size, stat.mtime_ns)
