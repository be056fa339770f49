"""The wheel of a commit, installed in fresh environments and probed: on one interpreter, or on all.

No nox and no printing here: environments and progress come in as parameters.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from functools import partial
from pathlib import Path

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from nox_cleanroom import process, variables
from nox_cleanroom.distribution import Wheel
from nox_cleanroom.environment import Environment, Facts
from nox_cleanroom.errors import (
    BuildError,
    CleanroomError,
    ConfigError,
    InstallError,
    InterpreterMissingError,
    InterruptedRunError,
)
from nox_cleanroom.frontend import Frontend
from nox_cleanroom.installation import Installation, install_wheel, prove_identity
from nox_cleanroom.interpreters import requires_python
from nox_cleanroom.job import Job, naming_submodules, require_admitted
from nox_cleanroom.probes import run_probes, sdist, waive
from nox_cleanroom.results import Cell, InterpreterRecord, ProbeResult, Problem, WheelRecord
from nox_cleanroom.second_look import look_again
from nox_cleanroom.variant import Artifact, Extras, Variant, name_of
from nox_cleanroom.wheelhouse import Provenance, StoredWheel, Wheelhouse, wheelhouse_key

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
) -> Cell:
    """The wheel of the commit, installed in a fresh environment and probed.

    Args:
        job: the run.
        place: the interpreter and the way to test on it.
        create: makes an environment; raises `InterpreterMissingError`.
        install_only: stop when the wheel is installed and proved.

    Raises:
        InterpreterMissingError: there is no such interpreter here.
        InterruptedRunError: the run is being ended.
    """
    bench = _Bench(job, place, create)
    try:
        bench.test(install_only=install_only)
    except (InterpreterMissingError, InterruptedRunError):
        raise
    except CleanroomError as error:
        bench.problems.append(Problem.from_error(error))
    return bench.cell()


class _Bench:
    """One cell: its steps in order, and what they have found out so far."""

    def __init__(self, job: Job, place: Place, create: CreateEnvironment) -> None:
        self._job = job
        self._place = place
        self._create = create
        self._recorder = job.recorder(place.name)
        self._interpreter: InterpreterRecord | None = None
        self._wheel: WheelRecord | None = None
        self._traces: tuple[str, ...] = ()
        self._probes: list[ProbeResult] = []
        self.problems: list[Problem] = []

    def test(self, *, install_only: bool) -> None:
        """Environment, wheel, installation, proof, probes."""
        job, recorder, variant = self._job, self._recorder, self._place.variant
        with recorder.action("make environment"):
            environment = self._environment()
        facts = job.learn_facts(environment, recorder)
        self._interpreter = facts.record(environment)
        stored = self._take_wheel(environment, facts, variant.artifact)
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
        if variant.artifact == "sdist" or self._place.compares_sdist:
            self._compare_sdist(wheel, environment, facts)

    def _environment(self) -> Environment:
        """A new environment of the cell's interpreter."""
        directory = self._job.workspace.directory("environments")
        return self._create(self._place.python, directory / self._place.python)

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

    def _take_wheel(
        self, environment: Environment, facts: Facts, artifact: Artifact
    ) -> StoredWheel:
        """The commit's wheel for this interpreter, from the wheelhouse or built now."""
        job = self._job
        wheelhouse = Wheelhouse(
            root=job.request.state / "wheels",
            not_before=job.started_at if job.options.rebuild else None,
        )
        everything_a_build_sees = (
            job.commit.oid,
            job.commit.describe,
            job.subject.project,
            artifact,
            environment.backend,
            variables.seen_by_the_build(job.build_env),
            job.missing_submodules,
            job.options.find_links,
        )
        self._recorder.wait_for("the wheel")
        return wheelhouse.get(
            wheelhouse_key(*everything_a_build_sees),
            lambda wheel: wheel.serves(facts.tags),
            lambda: self._build(environment, facts, artifact),
        )

    def _build(
        self, environment: Environment, facts: Facts, artifact: Artifact
    ) -> tuple[Wheel, Provenance]:
        job = self._job
        frontend = Frontend(
            environment=environment,
            recorder=self._recorder,
            workspace=job.workspace,
            env=job.build_env,
            find_links=job.options.find_links,
        )
        with contextlib.ExitStack() as stack:
            with self._recorder.action("create worktree"):
                tree = stack.enter_context(job.worktree())
            with contextlib.suppress(InvalidSpecifier):
                require_admitted(requires_python(tree.project), facts.version)
            with naming_submodules(tree):
                source = tree.project
                if artifact == "sdist":
                    source = frontend.build_sdist(source, self._environment)
                wheel = frontend.build_wheel(source)
            with self._recorder.action("remove worktree"):
                stack.close()
        if not wheel.serves(facts.tags):
            raise BuildError(
                f"{wheel.path.name} was built with Python {facts.version}, and its tags say no.",
                hint="The backend, or an option of it, sets the wrong tags.",
            )
        built_at = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
        return wheel, Provenance(
            built_with=facts.version,
            built_at=built_at,
            variables=variables.shaping_the_build(job.request.env),
            built_in=str(job.workspace.root),
        )

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

    def _compare_sdist(self, wheel: Wheel, environment: Environment, facts: Facts) -> None:
        """Hold the wheels from the tree and from the source distribution against each other."""
        job = self._job
        other: Artifact = "wheel" if self._place.variant.artifact == "sdist" else "sdist"
        try:
            built = self._take_wheel(environment, facts, other).wheel
        except InterruptedRunError:
            raise
        except InstallError as error:
            # Without uv a tool is needed, and nobody has asked for this comparison.
            self._probes.append(sdist.not_compared(error.message))
            return
        except CleanroomError as error:
            self.problems.append(Problem.from_error(error))
            return
        from_tree, from_sdist = (wheel, built) if other == "sdist" else (built, wheel)
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
            return check_wheel(job, place, create, install_only=install_only)
        except InterpreterMissingError:
            return None

    workers = ThreadPoolExecutor(max_workers=max(2, os.cpu_count() or 1))
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
