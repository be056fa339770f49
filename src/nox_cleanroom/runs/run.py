"""A run under way: what is tested, with which settings, and where it may write."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from packaging.specifiers import SpecifierSet

from nox_cleanroom import redaction
from nox_cleanroom.build.clone import Trials, create_clone
from nox_cleanroom.build.frontend import Frontend
from nox_cleanroom.build.inputs import BuildInputs, read_build_inputs
from nox_cleanroom.build.project import require_project
from nox_cleanroom.build.worktree import Worktree, create_worktree, missing_submodules, reclaim
from nox_cleanroom.changes import display
from nox_cleanroom.checkout.checkout import Checkout, Commit
from nox_cleanroom.checkout.watch import Watch
from nox_cleanroom.checks import hygiene
from nox_cleanroom.checks.runner import DEFAULT_PROBES, unused_waivers
from nox_cleanroom.config.axes import Variant, variants
from nox_cleanroom.config.document import parse_toml, tool_table
from nox_cleanroom.config.options import Options
from nox_cleanroom.config.pythons import supported_pythons
from nox_cleanroom.config.settings import Settings
from nox_cleanroom.environments.bytecode import BytecodeStore
from nox_cleanroom.environments.environment import INSIDE, Environment, Facts, learn_facts
from nox_cleanroom.environments.installer_settings import InstallerSettings, settings_kept
from nox_cleanroom.environments.installers import constraints_options, find_links_options
from nox_cleanroom.environments.user_settings import read_user_settings
from nox_cleanroom.errors import (
    BuildError,
    ConfigError,
    DirtyCheckoutError,
    PythonExcludedError,
)
from nox_cleanroom.output import clean_text
from nox_cleanroom.places.environments import EnvironmentsDirectory, reserve_environments
from nox_cleanroom.places.ownership import Owned
from nox_cleanroom.places.projects import reserve_project
from nox_cleanroom.places.stores import open_store
from nox_cleanroom.places.workspace import Workspace, create_workspace
from nox_cleanroom.probes import builder, sdist
from nox_cleanroom.processes import process, supervision, variables
from nox_cleanroom.reports import evidence
from nox_cleanroom.results import Cell, Run, Subject
from nox_cleanroom.steps import Progress, Recorder

#: The time limit of a step when neither option nor command says one, in seconds.
DEFAULT_TIMEOUT = 900.0

#: What may be waived: the probes of all sessions.
_PROBES = frozenset({*DEFAULT_PROBES, sdist.NAME, builder.NAME, *hygiene.QUESTIONS})


@dataclass(frozen=True, kw_only=True)
class Request:
    """What a session asks for."""

    #: ``smoke``, ``clean_check`` or ``matrix``.
    session: str
    #: The project's directory in the checkout.
    project: Path
    options: Options
    #: Paths in the checkout that nox and we write ourselves.
    exempt: tuple[Path, ...]
    #: The user's variables.
    env: Mapping[str, str]
    #: What the session's name has besides, as ``_colours`` in ``smoke_colours``.
    suffix: str = ""
    #: Whether to stop when the wheel is installed and proved.
    install_only: bool = False

    @property
    def timeout(self) -> float:
        """The time limit of a step that has none of its own, in seconds."""
        return self.options.timeout_seconds or DEFAULT_TIMEOUT


@dataclass(frozen=True, kw_only=True)
class Job:
    """A run under way: what is tested, with which settings, and where it may write."""

    request: Request
    checkout: Checkout
    commit: Commit
    settings: Settings
    subject: Subject
    #: The commit's ``pyproject.toml``.
    pyproject: Mapping[str, Any]
    workspace: Workspace
    #: What is kept of the project between runs.
    home: Owned
    #: Where environments are made.
    room: EnvironmentsDirectory
    #: What installers keep of the user's settings.
    installers: InstallerSettings
    #: The variables that builds and installs see.
    build_env: dict[str, str]
    #: Everything that the wheels of the run depend on, whoever builds them.
    build_inputs: BuildInputs
    #: The options for installing the wheel, or the project in place, and what tests require.
    install_options: tuple[str, ...]
    #: What fresh clones have shown of builds that failed.
    trials: Trials
    watch: Watch
    progress: Progress
    #: When it started: on the monotonic clock, and for people.
    epoch: float
    started_at: datetime
    notes: tuple[str, ...] = ()

    @property
    def options(self) -> Options:
        """The options after ``--``."""
        return self.request.options

    @property
    def variants(self) -> tuple[Variant, ...]:
        """The ways to test on each interpreter; on each axis an option wins over the settings."""
        options, settings = self.options, self.settings
        return variants(
            [options.artifact] if options.artifact else settings.artifacts or ["wheel"],
            settings.resolutions if options.resolution is None else [options.resolution],
            settings.extras if options.extras is None else [options.extras],
        )

    @property
    def compares_sdist(self) -> bool:
        """Whether a matrix builds from the sdist, too; not where it is said what to build."""
        return self.options.artifact is None and self.settings.artifacts is None

    @cached_property
    def missing_submodules(self) -> tuple[str, ...]:
        """Submodules of the commit that cannot be filled from what the checkout has."""
        return missing_submodules(self.checkout, self.commit)

    @cached_property
    def supported(self) -> Sequence[str]:
        """The Pythons that the project supports, oldest first, such as ``3.11``."""
        return supported_pythons(self.request.project)

    def recorder(self, cell: str) -> Recorder:
        """A recorder for the steps of one cell."""
        timeout = self.request.timeout
        return Recorder(cell, self.watch, self.progress, timeout=timeout, epoch=self.epoch)

    def learn_facts(self, environment: Environment, recorder: Recorder) -> Facts:
        """What the interpreter of an environment says of itself; see `environment.learn_facts`."""
        known = self.home.path / "interpreters"
        return learn_facts(environment, recorder, self.workspace, self.build_env, known=known)

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
            timeout_seconds=DEFAULT_TIMEOUT,
        )

    def frontend(
        self,
        create: Callable[[], Environment],
        installer: Environment,
        recorder: Recorder,
        *,
        versions: Mapping[str, str] | None = None,
    ) -> Frontend:
        """A frontend that builds in bare environments, into which another's pip installs.

        Args:
            create: makes an environment with nothing in it.
            installer: whose pip installs, where there is no uv.
            recorder: runs the steps.
            versions: of what builds require, to be taken where the interpreter has them.
        """
        return Frontend(
            create=create,
            installer=installer,
            learn_facts=lambda environment: self.learn_facts(environment, recorder),
            recorder=recorder,
            workspace=self.workspace,
            env=self.build_env,
            find_links=self.options.find_links,
            bytecode=self.bytecode,
            versions=versions or {},
            trials=self.trials,
        )

    def worktree(self) -> contextlib.AbstractContextManager[Worktree]:
        """A new worktree at the commit."""
        return create_worktree(
            self.checkout,
            self.commit,
            self.workspace,
            subdirectory=self.subject.project,
            timeout=self.request.timeout,
        )

    def finish(self, cells: Sequence[Cell], **more: Any) -> Run:
        """The record of the run, with everything that the checkout went through."""
        return Run(
            session=self.request.session,
            suffix=self.request.suffix,
            subject=self.subject,
            cells=tuple(cells),
            changes=self.watch.changes,
            strict=self.options.strict,
            notes=(*self.notes, *self._notes_on_waivers(cells)),
            started_at=self.started_at.isoformat(timespec="seconds"),
            duration=time.monotonic() - self.epoch,
            **more,
        )

    def _notes_on_waivers(self, cells: Sequence[Cell]) -> Iterator[str]:
        # What is wrong on one Python only is waived on all of them.
        where = " on this Python" if self.request.session == "smoke" else ""
        for pattern in unused_waivers(self.settings.ignore, cells, _PROBES):
            yield f'`ignore` has "{clean_text(pattern)}", which matched nothing{where}'


@contextlib.contextmanager
def open_job(request: Request, progress: Progress) -> Iterator[Job]:
    """Everything that must be true before a run starts, and the places that it uses.

    Raises:
        CleanroomError: something is not true; nothing is left behind.
    """
    epoch, started_at = time.monotonic(), datetime.now(timezone.utc)
    checkout = Checkout.find(request.project)
    commit = checkout.resolve(request.options.rev)
    project = request.project.resolve().relative_to(checkout.root.resolve()).as_posix()
    require_project(checkout, commit, project)
    if request.options.report_dir is not None:
        evidence.require_ignored(checkout, request.options.report_dir)
    pyproject, settings = _read_settings(checkout, commit, project)
    reclaimed = reclaim(checkout)
    installers = _read_installer_settings(request.env)
    with (
        reserve_project(request.project) as reserved,
        create_workspace(checkout.root, keep=request.options.keep) as workspace,
        reserve_environments(checkout.root, workspace) as room,
        installers.handed_over(workspace.root) as handed_over,
        supervision.supervised(),
    ):
        report_dir = (request.options.report_dir,) if request.options.report_dir else ()
        # Where nox keeps its environments when it is run at the top or on the project.
        tops = (checkout.root, request.project)
        # What nox keeps there, and what Python makes of a noxfile.
        usual = [top / name for top in tops for name in (".nox", "__pycache__/noxfile.")]
        exempt = (*request.exempt, *report_dir, *usual)
        build_env = variables.for_build(
            request.env, installers=handed_over, tmp=workspace.tmp, commit_time=commit.time
        )
        watch = Watch(checkout, exempt=exempt, allowed=settings.allow)
        if request.options.require_clean:
            _require_clean(watch)
        constraints = constraints_options(settings.constraints, workspace.root)
        clone = partial(
            create_clone,
            checkout,
            commit,
            workspace,
            subdirectory=project,
            timeout=request.timeout,
        )
        yield Job(
            request=request,
            checkout=checkout,
            commit=commit,
            settings=settings,
            subject=Subject(
                project=project,
                commit=commit.oid,
                describe=commit.describe,
                rev=request.options.rev,
                settings_source=f"pyproject.toml of {commit.short}",
                uncommitted=len(watch.uncommitted),
            ),
            pyproject=pyproject,
            workspace=workspace,
            home=reserved.home,
            room=room,
            installers=installers,
            build_env=build_env,
            build_inputs=read_build_inputs(
                checkout,
                commit,
                project=project,
                refs=watch.refs,
                build_env=build_env,
                uv_toml=installers.uv_toml,
                find_links=request.options.find_links,
                missing_submodules=missing_submodules(checkout, commit),
            ),
            install_options=(*find_links_options(request.options.find_links), *constraints),
            trials=Trials(clone),
            watch=watch,
            progress=progress,
            epoch=epoch,
            started_at=started_at,
            notes=(
                *_notes(request, pyproject, watch, reclaimed),
                *_notes_on_installs(installers, settings),
            ),
        )


def _read_installer_settings(env: Mapping[str, str]) -> InstallerSettings:
    told = read_user_settings(env)
    redaction.learn_from({one.name: str(one.value) for one in (*told.pip, *told.uv)})
    return settings_kept(told, env)


def _read_settings(
    checkout: Checkout, commit: Commit, project: str
) -> tuple[Mapping[str, Any], Settings]:
    path = "pyproject.toml" if project == "." else f"{project}/pyproject.toml"
    text = checkout.read_file(commit, path) or ""
    source = f"{path} of {commit.short}"
    return parse_toml(text, source), Settings.from_pyproject(text, source)


def _require_clean(watch: Watch) -> None:
    if watch.uncommitted:
        paths = [display(path) for path in sorted(watch.uncommitted)]
        more = f" and {len(paths) - 10:,} more" if len(paths) > 10 else ""
        raise DirtyCheckoutError(
            f"The checkout has {len(paths):,} uncommitted paths: {', '.join(paths[:10])}{more}.",
            hint="Commit, stash or ignore them, or leave out --require-clean.",
        )


def _notes(
    request: Request, pyproject: Mapping[str, Any], watch: Watch, reclaimed: int
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
        if tool_table(parse_toml(text, str(path))) != tool_table(pyproject):
            yield (
                "[tool.nox-cleanroom] of the checkout differs from the commit's, which is the one"
                " that counts"
            )
    if reclaimed:
        yield f"removed what {reclaimed} earlier runs left when they were killed"


def _notes_on_installs(installers: InstallerSettings, settings: Settings) -> Iterator[str]:
    yield from installers.notes
    if settings.constraints:
        yield f"`constraints` hold for what is installed: {', '.join(settings.constraints)}"


@contextlib.contextmanager
def naming_submodules(tree: Worktree) -> Iterator[None]:
    """A build that fails while submodules are empty says so."""
    try:
        yield
    except BuildError as error:
        if tree.missing_submodules:
            names = ", ".join(tree.missing_submodules)
            error.hint = (
                f"These submodules are empty: {names}; `git submodule update --init --recursive`"
                f" fills them in the checkout, from where they are taken. {error.hint}"
            )
        raise


def require_admitted(specifier: SpecifierSet | None, version: str) -> None:
    """Make sure that a Requires-Python admits an interpreter.

    Raises:
        PythonExcludedError: it does not.
    """
    if specifier is not None and not specifier.contains(version, prereleases=True):
        raise PythonExcludedError(str(specifier), version)
