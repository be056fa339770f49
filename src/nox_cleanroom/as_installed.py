"""The wheel of a commit, installed in fresh environments and probed: on one interpreter, or on all.

No nox and no printing here: environments and progress come in as parameters.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from nox_cleanroom import process
from nox_cleanroom.distribution import Wheel
from nox_cleanroom.environment import Environment, Facts
from nox_cleanroom.errors import (
    CleanroomError,
    ConfigError,
    InstallError,
    InterpreterMissingError,
    InterruptedRunError,
)
from nox_cleanroom.installation import Installation, install_wheel, prove_identity
from nox_cleanroom.job import Job, require_admitted
from nox_cleanroom.probes import run_probes, sdist, waive
from nox_cleanroom.results import Cell, InterpreterRecord, ProbeResult, Problem, WheelRecord
from nox_cleanroom.second_look import look_again
from nox_cleanroom.supply import Supply
from nox_cleanroom.turns import Turn, Turns
from nox_cleanroom.variant import Artifact, Extras, Variant, name_of
from nox_cleanroom.wheelhouse import StoredWheel

#: Makes an environment for a Python, such as ``3.11``, in a directory.
CreateEnvironment = Callable[[str, Path], Environment]


@dataclass(frozen=True, kw_only=True)
class Place:
    """One cell to be: an interpreter, and the way in which the distribution is tested on it."""

    #: Such as ``3.11``.
    python: str
    variant: Variant
    #: Whether the wheel from the source distribution is compared with the one from the tree.
    compares_sdist: bool = False

    @property
    def name(self) -> str:
        """What people call it: ``smoke-3.11``, or ``smoke-3.11 · sdist``."""
        special = name_of(self.variant)
        return f"smoke-{self.python} · {special}" if special else f"smoke-{self.python}"


def check_wheel(
    job: Job,
    place: Place,
    create: CreateEnvironment,
    *,
    install_only: bool = False,
    turn: Turn | None = None,
) -> Cell:
    """The wheel of the commit, installed in a fresh environment and probed.

    Args:
        job: the run.
        place: the interpreter and the way to test on it.
        create: makes an environment; raises `InterpreterMissingError`.
        install_only: stop when the wheel is installed and proved.
        turn: when to work, where several cells are tested side by side.

    Raises:
        InterpreterMissingError: there is no such interpreter here.
        InterruptedRunError: the run is being ended.
    """
    bench = _Bench(job, place, create, turn or Turn(Turns(1), 0))
    try:
        bench.test(install_only=install_only)
    except (InterpreterMissingError, InterruptedRunError):
        raise
    except CleanroomError as error:
        bench.problems.append(Problem.from_error(error))
    return bench.cell()


class _Bench:
    """One cell: its steps in order, and what they have found out so far."""

    def __init__(self, job: Job, place: Place, create: CreateEnvironment, turn: Turn) -> None:
        self._job = job
        self._place = place
        self._create = create
        self._turn = turn
        self._recorder = job.recorder(place.name)
        self._supply = Supply(
            job=job, recorder=self._recorder, turn=turn, create=self._tool_environment
        )
        self._interpreter: InterpreterRecord | None = None
        self._wheel: WheelRecord | None = None
        self._traces: tuple[str, ...] = ()
        self._probes: list[ProbeResult] = []
        self.problems: list[Problem] = []

    def test(self, *, install_only: bool) -> None:
        """Environment, wheel, installation, proof, probes; while it is our turn."""
        with self._turn.taken():
            self._test(install_only=install_only)

    def _test(self, *, install_only: bool) -> None:
        job, recorder, variant = self._job, self._recorder, self._place.variant
        with recorder.action("make environment"):
            environment = self._environment()
        facts = job.learn_facts(environment, recorder)
        self._interpreter = facts.record(environment)
        take = partial(self._supply.take, environment, facts)
        other: Future[StoredWheel] | None = None
        if not install_only and (variant.artifact == "sdist" or self._place.compares_sdist):
            # First, for meanwhile another cell builds what all of them wait for.
            other = _attempt(take, "wheel" if variant.artifact == "sdist" else "sdist")
        stored = take(variant.artifact)
        wheel = stored.wheel
        self._wheel = _wheel_record(stored)
        self._traces = (stored.provenance.built_in, str(job.checkout.root))
        with contextlib.suppress(InvalidSpecifier):
            stated = wheel.metadata.get("requires_python", "")
            require_admitted(SpecifierSet(stated), facts.version)
        extras = _known_extras(wheel, variant.extras)
        self._install(wheel, environment, facts, extras)
        if install_only:
            return
        self._probe(wheel, environment, facts, extras)
        if other is not None:
            self._compare_sdist(wheel, other)

    def _environment(self) -> Environment:
        """A new environment of the cell's interpreter."""
        python = self._place.python
        return self._create(python, self._job.room.directory(python))

    def _tool_environment(self) -> Environment:
        """Another one, for a tool that what is tested must not see."""
        with self._recorder.action("make tool environment"):
            return self._environment()

    def _install(
        self, wheel: Wheel, environment: Environment, facts: Facts, extras: tuple[str, ...]
    ) -> None:
        install_wheel(
            wheel,
            environment,
            extras=extras,
            lowest_on=facts if self._place.variant.resolution == "lowest-direct" else None,
            find_links=self._job.options.find_links,
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
                bytecode=job.request.state / "bytecode",
                outer_env=job.request.env,
                find_links=job.options.find_links,
                traces=self._traces,
            )
            results = list(run_probes(installation))
            second = look_again(results, installation, partial(self._with_extras, installation))
            self._probes += [waive(result, job.settings.ignore) for result in second]

    def _with_extras(self, first: Installation, extras: tuple[str, ...]) -> Installation:
        """The same wheel, with extras, in a second environment."""
        job, recorder = self._job, self._recorder
        with recorder.action("make second environment"):
            environment = self._environment()
        facts = job.learn_facts(environment, recorder)
        self._install(first.wheel, environment, facts, extras)
        return replace(first, environment=environment, facts=facts, extras=extras)

    def _compare_sdist(self, wheel: Wheel, other: Future[StoredWheel]) -> None:
        """Hold the wheels from the tree and from the source distribution against each other."""
        job = self._job
        try:
            built = other.result().wheel
        except InstallError as error:
            # Without uv a tool is needed, and nobody has asked for this comparison.
            self._probes.append(sdist.not_compared(error.message))
            return
        except CleanroomError as error:
            self.problems.append(Problem.from_error(error))
            return
        is_from_sdist = self._place.variant.artifact == "sdist"
        from_tree, from_sdist = (built, wheel) if is_from_sdist else (wheel, built)
        result = sdist.compare(from_tree, from_sdist, job.checkout.file_names(job.commit))
        self._probes.append(waive(result, job.settings.ignore))

    def cell(self) -> Cell:
        """The record of the cell."""
        return Cell(
            name=self._place.name,
            python=self._place.python,
            steps=tuple(self._recorder.steps),
            probes=tuple(self._probes),
            problems=tuple(self.problems),
            wheel=self._wheel,
            interpreter=self._interpreter,
        )


def _attempt(take: Callable[[Artifact], StoredWheel], artifact: Artifact) -> Future[StoredWheel]:
    """A wheel, or why there is none, for later."""
    future: Future[StoredWheel] = Future()
    try:
        future.set_result(take(artifact))
    except InterruptedRunError:
        raise
    except CleanroomError as error:
        future.set_exception(error)
    return future


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
        variables=provenance.variables,
    )


def check_matrix(
    job: Job, pythons: Sequence[str], create: CreateEnvironment, *, install_only: bool = False
) -> tuple[list[Cell], list[str]]:
    """The wheel on every interpreter, in every way that the settings ask for, side by side.

    Args:
        job: the run.
        pythons: the interpreters, such as ``["3.11", "3.12"]``.
        create: makes an environment; raises `InterpreterMissingError`.
        install_only: stop when the wheel is installed and proved.

    Returns:
        The cells in the order of `pythons`, and the Pythons that are missing here.
    """
    places = [
        Place(
            python=python,
            variant=variant,
            compares_sdist=job.compares_sdist and python == pythons[0] and number == 0,
        )
        for python in pythons
        for number, variant in enumerate(job.variants)
    ]

    def test(place: Place) -> Cell | None:
        try:
            turn = Turn(turns, places.index(place))
            return check_wheel(job, place, create, install_only=install_only, turn=turn)
        except InterpreterMissingError:
            return None

    # A thread for each, for most wait for the wheel; as many work as there are processors.
    turns = Turns(max(2, os.cpu_count() or 1))
    workers = ThreadPoolExecutor(max_workers=len(places))
    try:
        results = list(workers.map(test, places))
    except BaseException:
        # Whatever it is, nothing of ours may go on behind it.
        process.stop_all()
        raise
    finally:
        workers.shutdown(cancel_futures=True)
    cells = [cell for cell in results if cell is not None]
    lacking = [place.python for place, cell in zip(places, results, strict=True) if cell is None]
    return cells, list(dict.fromkeys(lacking))
