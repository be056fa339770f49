"""The steps of a developer in a scratch worktree, which is examined after each one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field, replace
from functools import cached_property, partial

from nox_cleanroom.build.archive import read_wheel
from nox_cleanroom.build.frontend import Frontend
from nox_cleanroom.build.source_tree import naming_submodules
from nox_cleanroom.build.worktree import Worktree
from nox_cleanroom.checkout.checkout import Checkout
from nox_cleanroom.config.commands import Command
from nox_cleanroom.environments.environment import Environment
from nox_cleanroom.environments.installer_commands import tool_failure
from nox_cleanroom.errors import CleanroomError, Code, InstallError, InterruptedRunError
from nox_cleanroom.output import printable
from nox_cleanroom.probes.cleanliness import Scratch, ScratchLooks, find_hidden, look_at_commit
from nox_cleanroom.probes.commands import CommandRun, Commands, run_command
from nox_cleanroom.processes import variables
from nox_cleanroom.records import dataclass
from nox_cleanroom.runs.cell import RunningCell
from nox_cleanroom.wheels import Wheel


@dataclass(kw_only=True)
class InPlace:
    """The scratch worktree, and the steps in it."""

    cell: RunningCell
    tree: Worktree
    is_complete: bool = False
    has_editable_install: bool = True
    commands: list[CommandRun] = field(default_factory=list)

    @cached_property
    def checkout(self) -> Checkout:
        """The scratch worktree, as git sees it."""
        return Checkout.find(self.tree.root)

    @cached_property
    def looks(self) -> ScratchLooks:
        """The looks at the worktree after each step."""
        return ScratchLooks(self.checkout)

    def work(self) -> None:
        """Build, install, import, and run the project's own commands.

        Raises:
            CleanroomError: a step failed.
        """
        self._look_after("build sdist", self._build_sdist)
        self._look_after("build wheel", lambda: self._wheel)
        installed = self.cell.environment
        self._look_after("pip install .", lambda: self._install(installed))
        self._look_after("import the installed package in place", lambda: self._import(installed))
        editable = self.cell.run.environments.fresh(self.cell.python)
        try:
            self._look_after("pip install -e .", lambda: self._install(editable, "--editable"))
        except InstallError as error:
            if self._should_have_editable_install(error):
                raise
            self.has_editable_install = False
        else:
            installed = editable
            self._look_after("import the editable install in place", lambda: self._import(editable))
        for command in self.cell.run.source.settings.clean_check:
            self._look_after(printable(command.argv), partial(self._run, command, installed))
        self.is_complete = True

    def bring_values(self) -> None:
        """Collect the values that the checks need."""
        cell, source = self.cell, self.cell.run.source
        cell.values["scratch"] = Scratch(
            looks=tuple(self.looks.taken),
            is_complete=self.is_complete,
            has_editable_install=self.has_editable_install,
        )
        if self.commands:
            cell.values["commands"] = Commands(runs=tuple(self.commands))
        commit = partial(look_at_commit, source.checkout, self.checkout, source.commit)
        cell.bring(committed=commit)
        if "_wheel" in vars(self):
            cell.values["wheel"] = self._wheel
            tracked = cell.run.tracked
            cell.bring(hidden=partial(find_hidden, source.checkout, self._wheel, tracked))

    def _look_after(self, step: str, act: Callable[[], object]) -> None:
        """Run a step, and examine the scratch worktree afterwards, even if the step fails."""
        try:
            act()
        except InterruptedRunError:
            raise
        except CleanroomError:
            self.looks.take(step)
            raise
        self.looks.take(step)

    def _should_have_editable_install(self, error: InstallError) -> bool:
        """Whether an editable install should have succeeded.

        PEP 660 makes the hook optional. Some installers work without it: old versions of pip fall
        back to ``setup.py develop``. So the backend is asked only after a failure.
        """
        return error.code is not Code.INSTALL_FAILED or self._frontend.has_hook(
            self.tree.project, "build_editable"
        )

    @cached_property
    def _frontend(self) -> Frontend:
        return self.cell.frontend(
            create=partial(self.cell.run.environments.bare, self.cell.python),
            installer=self.cell.environment,
        )

    def _build_sdist(self) -> None:
        with naming_submodules(self.tree):
            self._frontend.build("sdist", self.tree.project)

    @cached_property
    def _wheel(self) -> Wheel:
        # Files of an earlier step may cause a failure here, so a fresh clone is not comparable.
        frontend = replace(self._frontend, trials=None)
        with naming_submodules(self.tree):
            return read_wheel(frontend.build("wheel", self.tree.project).path)

    def _install(self, environment: Environment, *flags: str) -> None:
        run, steps = self.cell.run, self.cell.steps
        wanted = run.variants[0].extras
        extras = f"[{','.join(wanted)}]" if wanted and wanted != "all" else ""
        # A user may forbid builds of distributions from an index, but this project must be built.
        options = (*self.cell.install_options, "--no-binary", self._wheel.name, *flags)
        with run.bytecode.lent(run.environments.facts(environment, steps)):
            step = steps.run(
                " ".join(["install", *flags, "."]),
                environment.pip_install(*options, f"{self.tree.project}{extras}"),
            )
        if not step.succeeded:
            raise tool_failure(InstallError, "The project could not be installed in place", step)

    def _import(self, environment: Environment) -> None:
        """Import in the project's directory, as a developer does; `smoke` reports failures."""
        for name in self._wheel.import_names:
            self.cell.steps.run(
                f"import {name} in place",
                [environment.python, "-c", f"import {name}"],
                cwd=self.tree.project,
                env=self._command_env(environment),
            )

    def _run(self, command: Command, environment: Environment) -> None:
        ran = run_command(
            command,
            self.cell.steps,
            cwd=self.tree.project,
            env=self._command_env(environment),
            project=self.tree.project,
            environment=environment,
        )
        self.commands.append(ran)

    def _command_env(self, environment: Environment) -> dict[str, str]:
        run = self.cell.run
        return variables.for_probes(
            run.request.env,
            home=run.workspace.directory("home"),
            tmp=run.workspace.tmp,
            bin_dir=environment.bin_dir,
            passed=run.source.settings.pass_env,
        )
