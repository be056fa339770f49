"""A running cell: its environment, its steps, and its results so far."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from nox_cleanroom.build.frontend import Frontend
from nox_cleanroom.build.wheelhouse import StoredWheel
from nox_cleanroom.checks.waivers import waive
from nox_cleanroom.config.axes import Variant, cell_name
from nox_cleanroom.environments.environment import Environment, Facts
from nox_cleanroom.environments.interpreter import InstalledPython
from nox_cleanroom.errors import InterpreterMissingError, InterruptedRunError, unforeseen
from nox_cleanroom.findings import Finding, Outcome, Problem
from nox_cleanroom.processes.threads import threads
from nox_cleanroom.records import dataclass
from nox_cleanroom.results import Cell, InterpreterRecord, WheelRecord
from nox_cleanroom.runs.run import OpenRun
from nox_cleanroom.steps import Steps

if TYPE_CHECKING:
    from nox_cleanroom.checks.registry import Checker

#: How long other probes wait until the first one has started its process, in seconds.
_HEAD_START_SECONDS = 0.02


@dataclass(kw_only=True, eq=False)
class RunningCell:
    """A running cell; each is equal to itself only."""

    run: OpenRun
    #: The nox session with the same result, such as ``smoke-3.11``.
    name: str
    #: Such as ``3.11``.
    python: str
    steps: Steps
    #: The way in which the distribution is tested.
    variant: Variant = field(default_factory=Variant)
    #: The values of the probes, by name; a `Problem` where a probe failed.
    values: dict[str, object] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    problems: list[Problem] = field(default_factory=list)
    #: The wheel under test; None until there is one.
    stored: StoredWheel | None = None
    #: Remarks on another wheel that was compared with this one.
    remarks: tuple[str, ...] = ()
    interpreter: InterpreterRecord | None = None
    #: The installer's options that bring the wheels of other packages of the commit.
    sibling_options: tuple[str, ...] = ()
    environment: Environment = field(init=False)
    facts: Facts = field(init=False)

    @classmethod
    def start(cls, run: OpenRun, python: str, variant: Variant) -> RunningCell:
        """The cell of an interpreter and a variant, before its first step."""
        name = cell_name(run.request.suffix, python, variant)
        return cls(run=run, name=name, python=python, steps=run.steps(name), variant=variant)

    def use(self, environment: Environment) -> None:
        """Take an environment that exists, such as that of a session."""
        self.environment = environment
        self.facts = self.run.environments.facts(environment, self.steps)
        self.interpreter = self.facts.record(environment)

    def make_environment(self) -> None:
        """Make the fresh environment of the cell, and learn the facts about its interpreter.

        Raises:
            InterpreterMissingError: the interpreter is not on this machine.
        """
        environments = self.run.environments
        with self.steps.action("make environment"):
            environment = environments.fresh(self.python)
        self.use(environment)

    @property
    def installed_python(self) -> InstalledPython:
        """The Python of the cell's environment, as a Python that can build."""
        return InstalledPython(
            python=self.python,
            executable=Path(os.path.realpath(self.environment.python)),
            version=self.facts.version,
        )

    def frontend(
        self,
        *,
        create: Callable[[], Environment],
        installer: Environment,
        versions: Mapping[str, str] | None = None,
    ) -> Frontend:
        """A frontend that builds in bare environments, which the pip of another one fills.

        Args:
            create: makes an empty environment.
            installer: the environment whose pip installs, where there is no uv.
            versions: the versions of build requirements to use, where they exist for the
                interpreter.
        """
        return Frontend(
            create=create,
            installer=installer,
            learn_facts=lambda environment: self.run.environments.facts(environment, self.steps),
            steps=self.steps,
            find_links=self.run.request.options.find_links,
            bytecode=self.run.bytecode,
            versions=versions or {},
            trials=self.run.trials,
        )

    def bring(self, **probes: Callable[[], object]) -> None:
        """Run probes, and keep the value of each one, or the reason of its failure.

        The first one runs beside the others, which work while its process does.

        Args:
            probes: the probes, by the names of their values.
        """
        (first, probe), *others = probes.items()
        if not others:
            self.values[first] = _try(probe)
            return
        begun = self.steps.begun
        begun.clear()
        with threads(1) as aside:
            value = aside.submit(_try, probe)
            value.add_done_callback(lambda _: begun.set())
            # Threads compute in turns: without this wait, that process would start late.
            begun.wait(_HEAD_START_SECONDS)
            for name, other in others:
                self.values[name] = _try(other)
            self.values[first] = value.result()

    def check(self, confirming: Mapping[str, Callable[[], object]]) -> None:
        """Run the checks, and repeat them until no further probe would settle a finding.

        Args:
            confirming: the probes that run only when a finding says that they would settle it.
        """
        checker = self._checker
        findings = checker.run(self.values)
        while names := [name for name in checker.unsettled(self.values) if name in confirming]:
            for name in names:
                self.bring(**{name: confirming[name]})
            findings = checker.run(self.values)
        self.findings = waive(findings, self.run.source.settings.ignore)

    @cached_property
    def _checker(self) -> Checker:
        # Only now, because opening a run takes long enough without them.
        from nox_cleanroom.checks.registry import Checker  # noqa: PLC0415

        return Checker()

    @contextlib.contextmanager
    def noting_problems(self) -> Iterator[None]:
        """A block whose errors end only this cell."""
        try:
            yield
        except (InterpreterMissingError, InterruptedRunError):
            raise
        except Exception as error:  # noqa: BLE001 - any exception is reported
            self.problems.append(Problem.from_error(unforeseen(error)))

    @property
    def install_options(self) -> tuple[str, ...]:
        """The installer's options for the wheel, and what tests require."""
        return (*self.run.install_options, *self.sibling_options)

    @property
    def is_skipped(self) -> bool:
        """Whether there is nothing to test on this interpreter."""
        return self.record().outcome is Outcome.SKIPPED

    @property
    def _wheel_record(self) -> WheelRecord | None:
        if self.stored is None:
            return None
        record = self.stored.record
        return replace(record, remarks=(*record.remarks, *self.remarks))

    def record(self) -> Cell:
        """The record of the cell."""
        return Cell(
            name=self.name,
            python=self.python,
            steps=tuple(sorted(self.steps.recorded, key=lambda step: step.started)),
            findings=self.findings,
            problems=tuple(self.problems),
            wheel=self._wheel_record,
            interpreter=self.interpreter,
            values=dict(self.values),
            may_fail=self.python in self.run.may_fail,
        )


def _try(probe: Callable[[], object]) -> object:
    """The value of a probe, or the problem that stopped it."""
    try:
        return probe()
    except InterruptedRunError:
        raise
    except Exception as error:  # noqa: BLE001 - any exception is reported
        return Problem.from_error(unforeseen(error))
