"""A run under way: what is tested, with which settings, and where it may write."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import cached_property, partial
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any

from nox_cleanroom import redaction
from nox_cleanroom.build.clone import Trials
from nox_cleanroom.build.inputs import BuildInputs, read_build_inputs
from nox_cleanroom.build.source import Source
from nox_cleanroom.build.worktree import reclaim
from nox_cleanroom.changes import display
from nox_cleanroom.checkout.checkout import Checkout
from nox_cleanroom.checkout.watch import Watch
from nox_cleanroom.checks.registry import CHECKS
from nox_cleanroom.checks.waivers import unused_waivers
from nox_cleanroom.config.axes import Variant, variants
from nox_cleanroom.config.options import Options
from nox_cleanroom.config.pythons import supported_pythons
from nox_cleanroom.config.settings import parse_toml, tool_table
from nox_cleanroom.environments.bytecode import BytecodeStore
from nox_cleanroom.environments.environment import INSIDE, Facts
from nox_cleanroom.environments.installer_settings import InstallerSettings, settings_kept
from nox_cleanroom.environments.installers import constraints_options, find_links_options
from nox_cleanroom.environments.user_settings import read_user_settings
from nox_cleanroom.environments.venvs import Download, Environments
from nox_cleanroom.errors import ConfigError, DirtyCheckoutError
from nox_cleanroom.output import clean_text
from nox_cleanroom.places.environments import reserve_room
from nox_cleanroom.places.ownership import Owned
from nox_cleanroom.places.projects import reserve_project
from nox_cleanroom.places.stores import open_store
from nox_cleanroom.places.workspace import Workspace, create_workspace
from nox_cleanroom.probes.tracked import Tracked, list_tracked
from nox_cleanroom.processes import process, variables
from nox_cleanroom.processes.cpus import available_cpus
from nox_cleanroom.reports.evidence import require_ignored
from nox_cleanroom.results import Cell, Run, Subject
from nox_cleanroom.steps import Progress, Steps

#: The time limit of a step when neither option nor command says one.
DEFAULT_TIMEOUT_SECONDS = 900.0


@dataclass(frozen=True, kw_only=True)
class Request:
    """What a session asks for."""

    #: ``smoke``, ``clean_check`` or ``matrix``.
    session: str
    #: The project's directory in the checkout.
    project: Path
    options: Options
    #: Which tool makes environments: ``uv``, ``virtualenv``, ``venv``, or ``uv|virtualenv``.
    backend: str
    #: Whether nox may download a missing interpreter.
    download: Download
    #: Paths in the checkout that nox and we write ourselves.
    exempt: tuple[Path, ...]
    #: The user's variables.
    env: Mapping[str, str]
    #: What the session's name has besides, as ``_colours`` in ``smoke_colours``.
    suffix: str = ""
    #: Whether to stop when the wheel is installed and proved.
    install_only: bool = False

    @property
    def timeout_seconds(self) -> float:
        """The time limit of a step that has none of its own."""
        return self.options.timeout or DEFAULT_TIMEOUT_SECONDS


@dataclass(frozen=True, kw_only=True)
class OpenRun:
    """A run under way."""

    request: Request
    source: Source
    environments: Environments
    workspace: Workspace
    #: What is kept of the project between runs.
    home: Owned
    #: Everything that the wheels of the run depend on, whichever Python builds them.
    build_inputs: BuildInputs
    #: The variables that builds and installers see.
    build_env: dict[str, str]
    #: The options for installing the wheel, or the project in place, and what tests require.
    install_options: tuple[str, ...]
    watch: Watch
    progress: Progress
    #: When it started: on the monotonic clock, and for people.
    epoch: float
    started_at: datetime
    notes: tuple[str, ...] = ()

    @property
    def variants(self) -> tuple[Variant, ...]:
        """The ways to test on each interpreter; on each axis an option wins over the settings."""
        options, settings = self.request.options, self.source.settings
        return variants(
            [options.artifact] if options.artifact else settings.artifacts or ["wheel"],
            settings.resolutions if options.resolution is None else [options.resolution],
            settings.extras if options.extras is None else [options.extras],
        )

    @property
    def compares_sdist(self) -> bool:
        """Whether a matrix builds from the sdist, too; not where it is said what to build."""
        chosen = self.request.options.artifact or self.source.settings.artifacts
        return not chosen and not self.request.install_only

    @cached_property
    def supported(self) -> Sequence[str]:
        """The Pythons that the project supports, oldest first, such as ``3.11``."""
        return supported_pythons(self.request.project)

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
    def at_once(self) -> BoundedSemaphore:
        """Bounds how many steps start a process at once: one more than there are processors.

        Some always wait for a disk.
        """
        return BoundedSemaphore(1 + available_cpus())

    @cached_property
    def trials(self) -> Trials:
        """What fresh clones have shown of builds that failed."""
        return Trials(partial(self.source.clone, self.workspace))

    def steps(self, cell: str) -> Steps:
        """What runs the steps of one cell."""
        return Steps(
            cell,
            self.watch,
            self.progress,
            self.workspace,
            self.build_env,
            at_once=self.at_once,
            timeout_seconds=self.request.timeout_seconds,
            epoch=self.epoch,
        )

    @cached_property
    def bytecode(self) -> BytecodeStore:
        """Bytecode of build backends, and of pip, shared by all projects."""
        store = open_store("bytecode")
        root = self.workspace.directory("bytecode") if store is None else store.path
        return BytecodeStore(
            root=root, compile=self._compile, scratch=partial(self.workspace.directory, "modules")
        )

    def _compile(self, facts: Facts, directory: Path) -> None:
        # Not the environment's link to it, which a project may have replaced.
        python = os.path.realpath(facts.executable)
        process.run(
            [python, "-I", "-S", INSIDE / "compiling.py", directory],
            cwd=self.workspace.neutral,
            env=self.build_env,
            timeout=DEFAULT_TIMEOUT_SECONDS,
        )

    def finish(self, cells: Sequence[Cell], **more: Any) -> Run:
        """The record of the run, with everything that the checkout went through."""
        waivers = self.source.settings.ignore
        return Run(
            session=self.request.session,
            suffix=self.request.suffix,
            subject=Subject(
                project=self.source.project,
                commit=self.source.commit.oid,
                describe=self.source.commit.describe,
                rev=self.request.options.rev,
                settings_source=f"pyproject.toml of {self.source.commit.short}",
                uncommitted=len(self.watch.uncommitted),
            ),
            cells=tuple(cells),
            changes=self.watch.changes,
            strict=self.request.options.strict,
            waivers=waivers,
            notes=(*self.notes, *self._notes_on_waivers(cells)),
            started_at=self.started_at.isoformat(timespec="seconds"),
            duration=time.monotonic() - self.epoch,
            **more,
        )

    def _notes_on_waivers(self, cells: Sequence[Cell]) -> Iterator[str]:
        # What is wrong on one Python only is waived on all of them.
        where = " on this Python" if self.request.session == "smoke" else ""
        names = {check.name for check in CHECKS}
        for pattern in unused_waivers(self.source.settings.ignore, cells, names):
            yield f'`ignore` has "{clean_text(pattern)}", which matched nothing{where}'


@contextlib.contextmanager
def open_run(request: Request, progress: Progress) -> Iterator[OpenRun]:
    """Everything that must be true before a run starts, and the places that it uses.

    Raises:
        CleanroomError: something is not true; nothing is left behind.
    """
    epoch, started_at = time.monotonic(), datetime.now(timezone.utc)
    source = _find_source(request)
    checkout, options = source.checkout, request.options
    reclaimed = reclaim(checkout)
    installers = _read_installer_settings(request.env)
    with (
        reserve_project(request.project) as reserved,
        create_workspace(checkout.root, keep=options.keep) as workspace,
        reserve_room(checkout.root, workspace) as room,
        installers.handed_over(workspace.root) as handed_over,
        process.supervised(),
    ):
        build_env = variables.for_build(
            request.env,
            installers=handed_over,
            tmp=workspace.tmp,
            commit_time=source.commit.time,
        )
        watch = Watch(checkout, exempt=_exempt(request, checkout), allowed=source.settings.allow)
        if options.require_clean:
            _require_clean(watch)
        constraints = constraints_options(source.settings.constraints, workspace.root)
        yield OpenRun(
            request=request,
            source=source,
            environments=Environments(
                backend=request.backend,
                download=request.download,
                room=room,
                known=reserved.home.path / "interpreters",
            ),
            workspace=workspace,
            home=reserved.home,
            build_inputs=read_build_inputs(
                checkout,
                source.commit,
                project=source.project,
                refs=watch.refs,
                build_env=build_env,
                uv_toml=installers.uv_toml,
                find_links=options.find_links,
                missing_submodules=source.missing_submodules,
            ),
            build_env=build_env,
            install_options=(*find_links_options(options.find_links), *constraints),
            watch=watch,
            progress=progress,
            epoch=epoch,
            started_at=started_at,
            notes=tuple(_notes(request, source, watch, installers, reclaimed)),
        )


def _find_source(request: Request) -> Source:
    checkout = Checkout.find(request.project)
    source = Source.read(
        checkout,
        checkout.resolve(request.options.rev),
        request.project.resolve().relative_to(checkout.root.resolve()).as_posix(),
        timeout_seconds=request.timeout_seconds,
    )
    if request.options.report_dir is not None:
        require_ignored(checkout, request.options.report_dir)
    return source


def _exempt(request: Request, checkout: Checkout) -> tuple[Path, ...]:
    """Paths in the checkout that nox and we write ourselves."""
    report_dir = (request.options.report_dir,) if request.options.report_dir else ()
    # What nox keeps where it is run at the top or on the project, and what Python makes of a
    # noxfile.
    tops = (checkout.root, request.project)
    usual = [top / name for top in tops for name in (".nox", "__pycache__/noxfile.")]
    return (*request.exempt, *report_dir, *usual)


def _read_installer_settings(env: Mapping[str, str]) -> InstallerSettings:
    told = read_user_settings(env)
    redaction.learn_from({one.name: str(one.value) for one in (*told.pip, *told.uv)})
    return settings_kept(told, env)


def _require_clean(watch: Watch) -> None:
    if watch.uncommitted:
        paths = [display(path) for path in sorted(watch.uncommitted)]
        more = f" and {len(paths) - 10:,} more" if len(paths) > 10 else ""
        raise DirtyCheckoutError(
            f"The checkout has {len(paths):,} uncommitted paths: {', '.join(paths[:10])}{more}.",
            hint="Commit, stash or ignore them, or leave out --require-clean.",
        )


def _notes(
    request: Request,
    source: Source,
    watch: Watch,
    installers: InstallerSettings,
    reclaimed: int,
) -> Iterator[str]:
    if request.install_only:
        yield "installed only; nothing was tested (--install-only)"
    if watch.uncommitted:
        count = len(watch.uncommitted)
        paths = "1 uncommitted path is" if count == 1 else f"{count:,} uncommitted paths are"
        yield f"{paths} not part of what is tested"
    with contextlib.suppress(OSError, ConfigError):
        path = request.project / "pyproject.toml"
        text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
        if tool_table(parse_toml(text, str(path))) != tool_table(source.pyproject):
            yield (
                "[tool.nox-cleanroom] of the checkout differs from the commit's, which is the one"
                " that counts"
            )
    if reclaimed:
        yield f"removed what {reclaimed} earlier runs left when they were killed"
    yield from installers.notes
    if source.settings.constraints:
        names = ", ".join(source.settings.constraints)
        yield f"`constraints` hold for what is installed: {names}"
