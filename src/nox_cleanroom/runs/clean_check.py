"""Whether building, installing, importing and the project's own commands leave a checkout clean.

A scratch worktree plays the developer's checkout: everything is done in it, in place, and
it is looked at after every step. Without nox and without printing, as `as_installed` is.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from packaging.specifiers import InvalidSpecifier

from nox_cleanroom.build.frontend import Frontend
from nox_cleanroom.build.worktree import Worktree
from nox_cleanroom.checkout.checkout import Checkout
from nox_cleanroom.checks import hygiene
from nox_cleanroom.checks.runner import waive
from nox_cleanroom.config.commands import Command
from nox_cleanroom.config.pythons import requires_python
from nox_cleanroom.environments.environment import Environment
from nox_cleanroom.environments.installers import tool_failure
from nox_cleanroom.errors import (
    CleanroomError,
    Code,
    InstallError,
    InterpreterMissingError,
    InterruptedRunError,
    unforeseen,
)
from nox_cleanroom.output import printable
from nox_cleanroom.probes.contracts import Runner
from nox_cleanroom.processes import variables
from nox_cleanroom.results import Cell, InterpreterRecord, Outcome, ProbeResult, Problem
from nox_cleanroom.runs.cell import Environments
from nox_cleanroom.runs.run import Job, naming_submodules, require_admitted
from nox_cleanroom.steps import Recorder
from nox_cleanroom.wheel import Wheel


def check_cleanliness(job: Job, pythons: Sequence[str], environments: Environments) -> Cell:
    """The findings, question by question, on the newest of the Pythons that is here.

    Args:
        job: the run.
        pythons: the interpreters that the project supports, oldest first.
        environments: makes them; raises `InterpreterMissingError`.

    Raises:
        InterpreterMissingError: none of the interpreters is here.
        InterruptedRunError: the run is being ended.
    """
    name = f"clean_check{job.request.suffix}"
    recorder, create = job.recorder(name), environments.create
    python, environment = _newest(
        pythons, lambda python: create(python, job.room.directory(python))
    )
    interpreter: InterpreterRecord | None = None
    results: list[ProbeResult] = []
    problems: list[Problem] = []
    try:
        with contextlib.ExitStack() as stack:
            facts = job.learn_facts(environment, recorder)
            interpreter = facts.record(environment)
            with recorder.action("create worktree"):
                tree = stack.enter_context(job.worktree())
            with contextlib.suppress(InvalidSpecifier):
                require_admitted(requires_python(tree.project), facts.version)
            scratch = _Scratch(
                job=job,
                recorder=recorder,
                tree=tree,
                checkout=Checkout.find(tree.root),
                environment=environment,
                create=lambda: create(python, job.room.directory(python)),
                create_bare=lambda: create(python, job.room.directory(python), bare=True),
            )
            for finding in scratch.findings():
                # One by one: what was found before a step failed is kept.
                results.append(finding)  # noqa: PERF402
    except InterruptedRunError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told
        problems.append(Problem.from_error(unforeseen(error)))
    return Cell(
        name=name,
        python=python,
        steps=tuple(recorder.steps),
        probes=tuple(waive(result, job.settings.ignore) for result in results),
        problems=tuple(problems),
        interpreter=interpreter,
    )


def _newest(
    pythons: Sequence[str], create: Callable[[str], Environment]
) -> tuple[str, Environment]:
    for python in reversed(pythons):
        with contextlib.suppress(InterpreterMissingError):
            return python, create(python)
    raise InterpreterMissingError(
        f"None of the supported Pythons is on this machine: {', '.join(pythons)}.",
        hint="Install one of them, or name others with `-- --pythons`.",
    )


def _look_after(
    look: hygiene.ScratchLook, name: str, act: Callable[[], object]
) -> Iterator[ProbeResult]:
    """What a step did to the scratch worktree, also when it fails."""
    try:
        act()
    except InterruptedRunError:
        raise
    except CleanroomError:
        yield from look.after(name)
        raise
    yield from look.after(name)


@dataclass(frozen=True, kw_only=True)
class _Scratch:
    """The scratch worktree, and what is done in it."""

    job: Job
    recorder: Recorder
    tree: Worktree
    #: The scratch worktree, as git sees it.
    checkout: Checkout
    #: Where the project is installed.
    environment: Environment
    #: Makes a further environment of the same Python.
    create: Callable[[], Environment]
    #: Makes one with nothing in it.
    create_bare: Callable[[], Environment]

    def findings(self) -> Iterator[ProbeResult]:
        """Everything that is found, question by question, with a PASSED where nothing was.

        Raises:
            CleanroomError: a step failed; after all that was found in spite of that.
        """
        asked = set()
        failure = None
        try:
            for finding in self._findings_of_steps():
                asked.add(finding.probe)
                yield finding
        except InterruptedRunError:
            raise
        except CleanroomError as error:
            failure = error
        for finding in self._findings_of_commit():
            asked.add(finding.probe)
            yield finding
        if failure is not None:
            raise failure
        for question in hygiene.QUESTIONS:
            if question not in asked:
                yield ProbeResult(probe=question, subject="checkout", outcome=Outcome.PASSED)

    def _findings_of_commit(self) -> Iterator[ProbeResult]:
        checkout, commit = self.job.checkout, self.job.commit
        names = checkout.file_names(commit)
        artefacts = list(hygiene.tracked_artefacts(checkout, commit, names))
        yield from artefacts
        yield from hygiene.tracked_but_ignored(self.checkout, [one.subject for one in artefacts])
        yield hygiene.unanchored_rules(checkout.read_file(commit, ".gitignore") or "")

    def _findings_of_steps(self) -> Iterator[ProbeResult]:
        look = hygiene.ScratchLook(self.checkout)
        yield from _look_after(look, "build sdist", self._build_sdist)
        yield from _look_after(look, "build wheel", lambda: self._wheel)
        yield from hygiene.hidden_source(
            self.job.checkout,
            self._wheel,
            self.job.checkout.file_names(self.job.commit),
            self.job.subject.project,
        )
        installed = self.environment
        yield from _look_after(look, "pip install .", lambda: self._install(installed))
        yield from _look_after(
            look, "import the installed package in place", lambda: self._import(installed)
        )
        editable = self.create()
        try:
            yield from _look_after(
                look, "pip install -e .", lambda: self._install(editable, "--editable")
            )
        except InstallError as error:
            if self._has_editable_hook(error):
                raise
            yield hygiene.no_editable_install()
        else:
            installed = editable
            yield from _look_after(
                look, "import the editable install in place", lambda: self._import(editable)
            )
        for command in self.job.settings.clean_check:
            yield self._run(command, installed)
            yield from look.after(printable(command.argv))

    def _has_editable_hook(self, error: InstallError) -> bool:
        """Whether an editable install should have succeeded.

        PEP 660 makes the hook optional. Which projects install without it is up to the installer:
        old pips fall back to ``setup.py develop``, and so the backend is asked only afterwards.
        """
        return error.code is not Code.INSTALL_FAILED or self._frontend.has_hook(
            self.tree.project, "build_editable"
        )

    @cached_property
    def _frontend(self) -> Frontend:
        return self.job.frontend(self.create_bare, self.environment, self.recorder)

    def _build_sdist(self) -> Path:
        with naming_submodules(self.tree):
            return self._frontend.build_sdist(self.tree.project)

    @cached_property
    def _wheel(self) -> Wheel:
        # What an earlier step has left there may be why it fails: a fresh clone is no comparison.
        frontend = replace(self._frontend, trials=None)
        with naming_submodules(self.tree):
            return frontend.build_wheel(self.tree.project).wheel

    def _install(self, environment: Environment, *flags: str) -> None:
        wanted = self.job.variants[0].extras
        extras = f"[{','.join(wanted)}]" if wanted and wanted != "all" else ""
        # Who forbids builds of what comes from an index has this project built all the same.
        options = (*self.job.install_options, "--no-binary", self._wheel.name, *flags)
        with self.job.bytecode.lent(self.job.learn_facts(environment, self.recorder)):
            step = self.recorder.run(
                " ".join(["install", *flags, "."]),
                environment.pip_install(*options, f"{self.tree.project}{extras}"),
                cwd=self.job.workspace.neutral,
                env=self.job.build_env,
            )
        if not step.succeeded:
            raise tool_failure(InstallError, "The project could not be installed in place", step)

    def _import(self, environment: Environment) -> None:
        """Import as a developer would, in the project's directory; failures are smoke's to tell."""
        for name in self._wheel.import_names:
            self.recorder.run(
                f"import {name} in place",
                [environment.python, "-c", f"import {name}"],
                cwd=self.tree.project,
                env=self._command_env(environment),
            )

    def _run(self, command: Command, environment: Environment) -> ProbeResult:
        runner = Runner(
            probe="commands",
            recorder=self.recorder,
            workspace=self.job.workspace,
            bin_dir=environment.bin_dir,
            readable=(self.job.workspace.root, environment.location),
        )
        env = self._command_env(environment)
        return runner.run(command, cwd=self.tree.project, env=env, project=self.tree.project)

    def _command_env(self, environment: Environment) -> dict[str, str]:
        return variables.for_probes(
            self.job.request.env,
            home=self.job.workspace.directory("home"),
            tmp=self.job.workspace.tmp,
            bin_dir=environment.bin_dir,
            passed=self.job.settings.pass_env,
        )
