"""One cell of a matrix: its steps in order, and what they find out."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import NamedTuple, Protocol

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from nox_cleanroom.build.builders import Builders
from nox_cleanroom.build.wheelhouse import StoredWheel
from nox_cleanroom.checks.runner import run_probes, waive
from nox_cleanroom.checks.second_look import look_again
from nox_cleanroom.config.axes import Artifact, Extras, Variant, name_of
from nox_cleanroom.config.pythons import stated_in
from nox_cleanroom.environments.environment import Environment, Facts
from nox_cleanroom.environments.installation import Installation, install_wheel, prove_identity
from nox_cleanroom.environments.interpreter import InstalledPython
from nox_cleanroom.errors import ConfigError, InterruptedRunError, unforeseen
from nox_cleanroom.probes import builder, sdist
from nox_cleanroom.processes import supervision
from nox_cleanroom.results import Cell, InterpreterRecord, ProbeResult, Problem, WheelRecord
from nox_cleanroom.runs.run import Job, require_admitted
from nox_cleanroom.runs.turns import Turn
from nox_cleanroom.runs.wheels import Supply
from nox_cleanroom.wheel import Wheel


class Environments(Protocol):
    """Makes environments, and knows which Pythons are here."""

    def create(self, python: str, location: Path, *, bare: bool = False) -> Environment:
        """An environment for a Python, such as ``3.11``, in a directory; see `venvs.create`."""

    def discover(self, python: str) -> InstalledPython | None:
        """The Python on this machine; None when there is none."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """One cell to be: an interpreter, and the way in which the distribution is tested on it."""

    #: Such as ``3.11``.
    python: str
    variant: Variant
    #: What tells the project's sessions from those of others in the noxfile, such as ``_colours``.
    suffix: str = ""

    @property
    def name(self) -> str:
        """What people call it: ``smoke-3.11``, or ``smoke-3.11 · sdist``."""
        special = name_of(self.variant)
        name = f"smoke{self.suffix}-{self.python}"
        return f"{name} · {special}" if special else name


class SdistQuestion:
    """Whether the source distribution builds the same wheel: a question to the run, not to a cell.

    The first cell that can answer it does. When the oldest Python is not here, or turns out to be
    excluded, it falls to the next.

    Args:
        places: the cells that may answer, in order; none when nobody asks.
    """

    def __init__(self, places: Sequence[Place] = ()) -> None:
        self._places = list(places)
        self._lock = threading.Lock()

    def falls_to(self, place: Place) -> bool:
        """Whether it is this cell that answers, as far as is known by now."""
        with self._lock:
            return self._places[:1] == [place]

    def pass_on(self, place: Place) -> None:
        """This cell cannot answer."""
        with self._lock:
            self._places = [one for one in self._places if one != place]


class _Taken(NamedTuple):
    """The wheel that a cell tests, and where its wheels come from."""

    supply: Supply
    stored: StoredWheel


class Bench:
    """One cell: its steps in order, and what they have found out so far."""

    def __init__(
        self,
        job: Job,
        place: Place,
        environments: Environments,
        builders: Builders,
        turn: Turn,
        question: SdistQuestion | None = None,
    ) -> None:
        self._job = job
        self._question = question or SdistQuestion()
        self._place = place
        self._environments = environments
        self._builders = builders
        self._turn = turn
        self._recorder = job.recorder(place.name)
        self._other: Future[StoredWheel] | None = None
        self._begin_late: Callable[[], _Taken] | None = None
        self._interpreter: InterpreterRecord | None = None
        self._wheel: WheelRecord | None = None
        self._traces: tuple[str, ...] = ()
        self._probes: list[ProbeResult] = []
        self.problems: list[Problem] = []

    def test(self, *, install_only: bool) -> None:
        """Environment, wheel, installation, proof, probes; while it is our turn."""
        with self._turn.working():
            taken = self._test(install_only=install_only)
        if self._other is not None:
            self._compare_sdist(taken, self._other)

    def compare_late(self) -> None:
        """Hold the wheels against each other, if that fell to this cell after its tests."""
        if self._begin_late is not None and self._question.falls_to(self._place):
            with self._turn.working():
                taken = self._begin_late()
            if self._other is not None:
                self._compare_sdist(taken, self._other)

    def _test(self, *, install_only: bool) -> _Taken:
        job, recorder, variant = self._job, self._recorder, self._place.variant
        with recorder.action("make environment"):
            environment = self._environment(self._place.python)
        facts = job.learn_facts(environment, recorder)
        self._interpreter = facts.record(environment)
        with contextlib.suppress(InvalidSpecifier):
            require_admitted(stated_in(job.pyproject), facts.version)
        supply = Supply(
            job=job,
            recorder=recorder,
            builders=self._builders,
            turn=self._turn,
            own=self._own_python(environment, facts),
            facts=facts,
            environment=environment,
            create=self._environment,
        )
        is_from_sdist = variant.artifact == "sdist"
        if not install_only and (is_from_sdist or self._question.falls_to(self._place)):
            # First, for it takes long, and another cell builds what all of them wait for.
            self._begin_other(supply, "wheel" if is_from_sdist else "sdist")
        stored = supply.take(variant.artifact)
        taken = _Taken(supply, stored)
        wheel = stored.wheel
        self._wheel = _wheel_record(stored)
        self._traces = (stored.provenance.built_in, str(job.checkout.root))
        with contextlib.suppress(InvalidSpecifier):
            stated = wheel.metadata.get("requires_python", "")
            require_admitted(SpecifierSet(stated), facts.version)
        extras = _known_extras(wheel, variant.extras)
        self._install(wheel, environment, facts, extras)
        if not install_only:
            self._probe(wheel, environment, facts, extras)
            if self._other is None:
                self._begin_late = partial(self._begin_other_late, taken)
        return taken

    def _own_python(self, environment: Environment, facts: Facts) -> InstalledPython:
        """The cell's Python, as the builders know it."""
        return self._builders.find(self._place.python) or InstalledPython(
            python=self._place.python,
            executable=Path(os.path.realpath(environment.python)),
            version=facts.version,
        )

    def _begin_other_late(self, taken: _Taken) -> _Taken:
        self._begin_other(taken.supply, "sdist")
        return taken

    def _begin_other(self, supply: Supply, artifact: Artifact) -> None:
        with self._turn.given_up():
            self._other = self._turn.beside(partial(supply.take, artifact))

    def _environment(self, python: str, purpose: str = "", *, bare: bool = False) -> Environment:
        """A new environment of a Python, in a place named for its purpose."""
        supervision.require_running()
        name = f"{python}-{purpose}" if purpose else python
        return self._environments.create(python, self._job.room.directory(name), bare=bare)

    def _install(
        self, wheel: Wheel, environment: Environment, facts: Facts, extras: tuple[str, ...]
    ) -> None:
        # There is nothing yet but pip, where that is what installs.
        with self._job.bytecode.lent(facts):
            install_wheel(
                wheel,
                environment,
                extras=extras,
                lowest_on=facts if self._place.variant.resolution == "lowest-direct" else None,
                options=self._job.install_options,
                recorder=self._recorder,
                workspace=self._job.workspace,
                env=self._job.build_env,
            )
        with self._recorder.action("prove identity"):
            prove_identity(wheel, facts)

    def _probe(
        self, wheel: Wheel, environment: Environment, facts: Facts, extras: tuple[str, ...]
    ) -> None:
        """Ask all questions; commands that need the project's files get a worktree."""
        job = self._job
        with contextlib.ExitStack() as stack:
            project = None
            if job.settings.need_worktree:
                with self._recorder.action("create worktree"):
                    project = stack.enter_context(job.worktree()).project
            installation = Installation(
                wheel=wheel,
                environment=environment,
                facts=facts,
                settings=job.settings,
                extras=extras,
                checkout=job.checkout,
                commit=job.commit,
                subdirectory=job.subject.project,
                pyproject=job.pyproject,
                missing_submodules=job.missing_submodules,
                project=project,
                recorder=self._recorder,
                workspace=job.workspace,
                bytecode=job.bytecode,
                outer_env=job.request.env,
                build_env=job.build_env,
                install_options=job.install_options,
                traces=self._traces,
            )
            # What users do comes first, and meanwhile the modules are read.
            reading = self._turn.beside(installation.read)
            installation = replace(installation, reading=lambda: self._turn.wait_for(reading))
            self._probes = list(run_probes(installation))
            self._probes = look_again(
                self._probes, installation, partial(self._with_extras, installation)
            )
            self._probes = [waive(result, job.settings.ignore) for result in self._probes]

    def _with_extras(self, first: Installation, extras: tuple[str, ...]) -> Installation:
        """The same wheel, with extras, in a second environment."""
        job, recorder = self._job, self._recorder
        with recorder.action("make second environment"):
            environment = self._environment(self._place.python, "extras")
        facts = job.learn_facts(environment, recorder)
        self._install(first.wheel, environment, facts, extras)
        return replace(first, environment=environment, facts=facts, extras=extras, reading=None)

    def _compare_sdist(self, taken: _Taken, other: Future[StoredWheel]) -> None:
        """Hold the wheels from the tree and from the source distribution against each other."""
        try:
            compared = other.result()
            results = self._comparisons(taken, compared)
        except InterruptedRunError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told
            self.problems.append(Problem.from_error(unforeseen(error)))
        else:
            self._probes += [waive(result, self._job.settings.ignore) for result in results]
            if self._wheel is not None:
                remarks = (*self._wheel.remarks, *compared.remarks)
                self._wheel = replace(self._wheel, remarks=remarks)

    def _comparisons(self, taken: _Taken, other: StoredWheel) -> list[ProbeResult]:
        is_from_sdist, stored = self._place.variant.artifact == "sdist", taken.stored
        tree, from_sdist = (other, stored) if is_from_sdist else (stored, other)
        tracked = self._job.checkout.file_names(self._job.commit)
        alike = tree.is_made_like(from_sdist)
        result = sdist.compare(tree.wheel, from_sdist.wheel, tracked, made_alike=alike)
        if not result.outcome.is_bad or tree.provenance.python == from_sdist.provenance.python:
            return [result]
        # Either the sdist lacks something, or the wheel is another with another Python: what the
        # Python that built from the sdist makes of the tree tells which.
        third = taken.supply.built_by_same(from_sdist, "wheel")
        return [
            sdist.compare(
                third.wheel,
                from_sdist.wheel,
                tracked,
                made_alike=third.is_made_like(from_sdist),
            ),
            builder.compare(tree, third, tracked),
        ]

    def cell(self) -> Cell:
        """The record of the cell."""
        return Cell(
            name=self._place.name,
            python=self._place.python,
            steps=tuple(sorted(self._recorder.steps, key=lambda step: step.started)),
            probes=tuple(self._probes),
            problems=tuple(self.problems),
            wheel=self._wheel,
            interpreter=self._interpreter,
        )


def _known_extras(wheel: Wheel, extras: Extras) -> tuple[str, ...]:
    """The extras, once it is sure that the distribution has them; installers only warn."""
    offered = {canonicalize_name(extra) for extra in wheel.metadata.get("provides_extra", [])}
    if extras == "all":
        return tuple(sorted(offered))
    unknown = [extra for extra in extras if canonicalize_name(extra) not in offered]
    if unknown:
        raise ConfigError(
            f"{wheel.path.name} has no extra {', '.join(map(repr, unknown))}.",
            hint=f"It has: {', '.join(sorted(offered)) or 'none'}.",
        )
    return extras


def _wheel_record(stored: StoredWheel) -> WheelRecord:
    wheel, provenance = stored.wheel, stored.provenance
    return WheelRecord(
        name=wheel.name,
        version=wheel.version,
        file=wheel.path.name,
        sha256=wheel.sha256,
        built_now=provenance.built_now,
        built_at=provenance.built_at,
        built_with=provenance.built_with,
        requires_python=wheel.metadata.get("requires_python", ""),
        variables=dict(provenance.variables),
        remarks=stored.remarks,
    )
