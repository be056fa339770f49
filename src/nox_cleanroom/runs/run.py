"""A running session: what it tests, with which settings, and where it may write."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from datetime import datetime
from functools import cached_property, partial
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any

from nox_cleanroom.build.clone import Trials
from nox_cleanroom.build.distributions import Distributions
from nox_cleanroom.build.source_tree import Source
from nox_cleanroom.build.wheel_key import BuildInputs, read_build_inputs
from nox_cleanroom.checkout.watch import Watch
from nox_cleanroom.config.axes import Variant, cell_name
from nox_cleanroom.config.options import Options
from nox_cleanroom.config.pyproject import tool_table
from nox_cleanroom.environments.bytecode import BytecodeStore
from nox_cleanroom.environments.environment import INSIDE, Facts
from nox_cleanroom.environments.installer_commands import (
    constraints_options,
    find_links_options,
)
from nox_cleanroom.environments.installer_settings import InstallerSettings
from nox_cleanroom.environments.venvs import Download, Environments
from nox_cleanroom.errors import UsageError
from nox_cleanroom.once import Once
from nox_cleanroom.output import clean_text
from nox_cleanroom.places.layout import open_store
from nox_cleanroom.places.ownership import Owned
from nox_cleanroom.places.workspace import Workspace
from nox_cleanroom.probes.readings import Readings
from nox_cleanroom.probes.tracked import Tracked, list_tracked
from nox_cleanroom.processes import process, variables
from nox_cleanroom.processes.cpus import available_cpus
from nox_cleanroom.records import dataclass
from nox_cleanroom.results import Cell, Run, Subject
from nox_cleanroom.steps import DEFAULT_TIMEOUT_SECONDS, Progress, Shown, Steps


@dataclass(frozen=True, kw_only=True)
class Request:
    """The request of a session."""

    #: ``smoke``, ``clean_check`` or ``matrix``.
    session: str
    #: The project's directory in the checkout.
    project: Path
    options: Options
    #: The tool that makes environments: ``uv``, ``virtualenv``, ``venv``, or ``uv|virtualenv``.
    backend: str
    #: Whether nox may download a missing interpreter.
    download: Download
    #: Paths in the checkout that nox and we write ourselves.
    exempt: tuple[Path, ...]
    #: The user's variables.
    env: Mapping[str, str]
    #: The suffix of the session's name, as ``_colours`` in ``smoke_colours``.
    suffix: str = ""
    #: Whether to stop after the wheel was installed and verified.
    install_only: bool = False
    #: Which output of steps is shown as it comes.
    shown: Shown = "nothing"
    #: The packages that a session names, relative to the top level.
    packages: tuple[str, ...] = ()
    #: The Pythons that the user named: they must not fail.
    named_pythons: tuple[str, ...] = ()

    @property
    def timeout_seconds(self) -> float:
        """The time limit of a step without one of its own."""
        return self.options.timeout_seconds or DEFAULT_TIMEOUT_SECONDS


@dataclass(frozen=True, kw_only=True)
class OpenRun:
    """A run in progress."""

    request: Request
    source: Source
    environments: Environments
    workspace: Workspace
    #: The directory that keeps the project's data between runs.
    home: Owned
    #: The user's settings of pip and uv that installers see, and the variables that say them.
    installers: InstallerSettings
    installer_env: Mapping[str, str]
    watch: Watch
    progress: Progress
    #: When it started: on the monotonic clock, and for people.
    epoch: float
    started_at: datetime
    notes: tuple[str, ...] = ()
    #: The distributions to test instead of what the commit builds; None to build it.
    given: Distributions | None = None
    #: The commits of the range to test, the oldest first; none for a single commit.
    commits: tuple[str, ...] = ()
    #: The directories of all packages that belong together; none when there is only one.
    packages: tuple[str, ...] = ()
    #: What cells look for in the same wheel.
    once: Once = field(default_factory=Once)
    #: Limits how many steps start a process at once: one more than there are processors, because
    #: usually one step waits for the disk.
    at_once: BoundedSemaphore = field(
        default_factory=lambda: BoundedSemaphore(1 + available_cpus())
    )

    def of(self, source: Source) -> OpenRun:
        """The same run with another commit, or another project of it, in the same places.

        Raises:
            UsageError: the options name what does not exist.
        """
        run = replace(self, source=source)
        # The threads of cells are to find them as they are now.
        _ = run.build_inputs, run.install_options
        return run

    @cached_property
    def build_env(self) -> dict[str, str]:
        """The variables that builds and installers see."""
        return variables.for_build(
            self.request.env,
            installers=self.installer_env,
            tmp=self.workspace.tmp,
            commit_time=self.source.commit.time,
        )

    @cached_property
    def build_inputs(self) -> BuildInputs:
        """Everything that the wheels depend on, whichever Python builds them."""
        return read_build_inputs(
            self.source.checkout,
            self.source.commit,
            project=self.source.project,
            refs=self.watch.refs,
            build_env=self.build_env,
            uv_toml=self.installers.uv_toml,
            find_links=self.request.options.find_links,
            missing_submodules=self.source.missing_submodules,
        )

    @cached_property
    def install_options(self) -> tuple[str, ...]:
        """The installer's options for the wheel, the project in place and what tests require."""
        for link in self.request.options.find_links:
            if "://" not in link and not Path(link).exists():
                raise UsageError(
                    f"There is no {link!r}.", hint="--find-links takes a directory or a URL."
                )
        place = self.workspace.directory("constraints")
        constraints = constraints_options(self.source.settings.constraints, place)
        return (*find_links_options(self.request.options.find_links), *constraints)

    @cached_property
    def variants(self) -> tuple[Variant, ...]:
        """The ways to test on each interpreter; on each axis an option overrides the settings."""
        return self.source.settings.variants(self.request.options)

    @property
    def compares_sdist(self) -> bool:
        """Whether a matrix also builds from the sdist; not when the artifacts are chosen."""
        if self.given is not None and not (self.given.sdist and self.given.wheels):
            return False
        chosen = self.request.options.artifact or self.source.settings.artifacts
        return not chosen and not self.request.install_only

    @property
    def may_fail(self) -> tuple[str, ...]:
        """The Pythons that may fail without failing the run."""
        named = {*self.request.named_pythons, *(self.request.options.pythons or ())}
        return tuple(one for one in self.source.settings.may_fail if one not in named)

    @cached_property
    def tracked(self) -> Tracked:
        """What git tracks at the commit."""
        return list_tracked(
            self.source.checkout,
            self.source.commit,
            refs=self.watch.refs,
            subdirectory=self.source.project,
            missing_submodules=self.source.missing_submodules,
            pyproject=self.source.pyproject,
        )

    @cached_property
    def describe(self) -> str:
        """What ``git describe`` says of the commit."""
        return self.source.checkout.describe(self.source.commit)

    @cached_property
    def trials(self) -> Trials | None:
        """The trials of failed builds in fresh clones; None if builds run in such clones anyway."""
        if self.source.checkout.objects is not None:
            return None
        return Trials(partial(self.source.clone, self.workspace))

    def steps(self, cell: str) -> Steps:
        """The object that runs the steps of one cell."""
        return Steps(
            cell=cell,
            watch=self.watch,
            progress=self.progress,
            workspace=self.workspace,
            env=self.build_env,
            at_once=self.at_once,
            timeout_seconds=self.request.timeout_seconds,
            shown=self.request.shown,
            epoch=self.epoch,
        )

    @property
    def readings(self) -> Readings:
        """What reading modules said in earlier runs."""
        return Readings(home=self.home, once=self.once)

    @cached_property
    def bytecode(self) -> BytecodeStore:
        """The bytecode of installed distributions, shared by all projects."""
        store = open_store("bytecode")
        root = self.workspace.directory("bytecode") if store is None else store.path
        return BytecodeStore(
            root=root, compile=self._compile, scratch=partial(self.workspace.directory, "modules")
        )

    def _compile(self, facts: Facts, directory: Path) -> None:
        # Do not use the environment's link, which the project's code may have replaced.
        python = os.path.realpath(facts.executable)
        process.run(
            [python, "-I", "-S", INSIDE / "compiling.py", directory],
            cwd=self.workspace.neutral,
            env=self.build_env,
            timeout_seconds=DEFAULT_TIMEOUT_SECONDS,
        )

    def finish(
        self, cells: Sequence[Cell], *, planned: dict[str, str] | None = None, **more: Any
    ) -> Run:
        """The record of the run, with all changes of the checkout.

        Args:
            cells: the cells.
            planned: the cells that all jobs together test; None for those of this project.
            more: further fields of the record.
        """
        waivers = self.source.settings.ignore
        return Run(
            session=self.request.session,
            suffix=self.request.suffix,
            subject=Subject(
                project=self.source.project,
                commit=self.source.commit.oid,
                describe=self.describe,
                rev=self.request.options.rev,
                settings_source=f"pyproject.toml of {self.source.commit.short}",
                uncommitted=len(self.watch.uncommitted),
                settings_sha256=_digest_of(tool_table(self.source.pyproject)),
            ),
            planned=planned or self.planned,
            files={} if self.given is None else self.given.digests(),
            cells=tuple(cells),
            changes=self.watch.changes,
            may_fail=self.may_fail,
            strict=self.request.options.strict,
            waivers=waivers,
            notes=(*self.notes, *self._notes_on_waivers(cells)),
            started_at=self.started_at.isoformat(timespec="seconds"),
            duration=time.monotonic() - self.epoch,
            **more,
        )

    @property
    def planned(self) -> dict[str, str]:
        """The cells that a matrix of the project has, whatever the options of this run.

        If this machine is one of several, they are those of all machines.
        """
        settings, platform = self.source.settings, self.request.options.platform
        if platform in settings.platforms:
            return self.cells_planned(Options())
        return self._cells(settings.variants(Options(platform=platform)))

    def cells_planned(self, options: Options) -> dict[str, str]:
        """The cells of the project on all of its machines, or on the one that an option names."""
        return self._cells(self.source.settings.variants_everywhere(options))

    def _cells(self, ways: Iterable[Variant]) -> dict[str, str]:
        return {
            cell_name(self.request.suffix, python, variant): python
            for python in self.source.supported
            for variant in ways
        }

    def _notes_on_waivers(self, cells: Sequence[Cell]) -> Iterator[str]:
        # Checks are loaded when the run has been opened.
        from nox_cleanroom.checks.registry import CHECKS  # noqa: PLC0415
        from nox_cleanroom.checks.waivers import unused_waivers  # noqa: PLC0415

        # A waiver for one Python applies to the sessions of all Pythons.
        where = " on this Python" if self.request.session == "smoke" else ""
        names = {check.name for check in CHECKS}
        for pattern in unused_waivers(self.source.settings.ignore, cells, names):
            yield f'`ignore` has "{clean_text(pattern)}", which matched nothing{where}'


def _digest_of(table: Any) -> str:
    text = json.dumps(table, sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
