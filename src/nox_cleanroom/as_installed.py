"""The wheel of a commit, installed in fresh environments and probed: on one interpreter, or on all.

No nox and no printing here: environments and progress come in as parameters.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timezone
from functools import partial
from pathlib import Path

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from nox_cleanroom import process, variables
from nox_cleanroom.distribution import Wheel
from nox_cleanroom.environment import Environment, Facts, learn_facts
from nox_cleanroom.errors import (
    BuildError,
    CleanroomError,
    ConfigError,
    InterpreterMissingError,
    InterruptedRunError,
)
from nox_cleanroom.frontend import Frontend
from nox_cleanroom.installation import Installation, install_wheel, prove_identity
from nox_cleanroom.interpreters import requires_python
from nox_cleanroom.job import Job, naming_submodules, require_admitted
from nox_cleanroom.probes import run_probes, waive
from nox_cleanroom.recorder import Recorder
from nox_cleanroom.results import Cell, InterpreterRecord, ProbeResult, Problem, WheelRecord
from nox_cleanroom.second_look import look_again
from nox_cleanroom.wheelhouse import Provenance, StoredWheel, Wheelhouse, wheelhouse_key
from nox_cleanroom.worktree import missing_submodules

#: Makes an environment for a Python, such as ``3.11``, in a directory.
CreateEnvironment = Callable[[str, Path], Environment]


def check_wheel(
    job: Job,
    python: str,
    make_environment: Callable[[], Environment],
    create: CreateEnvironment,
    *,
    install_only: bool = False,
) -> Cell:
    """The wheel of the commit, installed in a fresh environment and probed.

    Args:
        job: the run.
        python: the cell's Python, such as ``3.11``.
        make_environment: makes the environment, or hands over the one that nox made.
        create: makes a second environment when something fails for want of an extra.
        install_only: stop when the wheel is installed and proved.

    Raises:
        InterpreterMissingError: there is no such interpreter here.
        InterruptedRunError: the run is being ended.
    """
    second = job.workspace.directory("environments") / f"{python}-with-extras"
    bench = _Bench(job, job.recorder(f"smoke-{python}"), lambda: create(python, second))
    try:
        bench.test(make_environment, install_only=install_only)
    except (InterpreterMissingError, InterruptedRunError):
        raise
    except CleanroomError as error:
        bench.problems.append(Problem.from_error(error))
    return bench.cell(python)


class _Bench:
    """One cell: its steps in order, and what they have found out so far."""

    def __init__(
        self, job: Job, recorder: Recorder, make_second: Callable[[], Environment]
    ) -> None:
        self._job = job
        self._recorder = recorder
        self._make_second = make_second
        self._interpreter: InterpreterRecord | None = None
        self._wheel: WheelRecord | None = None
        self._probes: list[ProbeResult] = []
        self.problems: list[Problem] = []

    def test(self, make_environment: Callable[[], Environment], *, install_only: bool) -> None:
        """Environment, wheel, installation, proof, probes."""
        job, recorder = self._job, self._recorder
        with recorder.action("make environment"):
            environment = make_environment()
        facts = learn_facts(environment, recorder, job.workspace, job.build_env)
        self._interpreter = facts.record(environment)
        wheel = self._take_wheel(environment, facts)
        with contextlib.suppress(InvalidSpecifier):
            stated = wheel.metadata.get("requires_python", "")
            require_admitted(SpecifierSet(stated), facts.version)
        _require_extras(wheel, job.extras)
        self._install(wheel, environment, facts, job.extras)
        if not install_only:
            self._probe(wheel, environment, facts)

    def _install(
        self, wheel: Wheel, environment: Environment, facts: Facts, extras: tuple[str, ...]
    ) -> None:
        install_wheel(
            wheel,
            environment,
            extras=extras,
            find_links=self._job.options.find_links,
            recorder=self._recorder,
            workspace=self._job.workspace,
            env=self._job.build_env,
        )
        with self._recorder.action("prove identity"):
            prove_identity(wheel, facts)

    def _take_wheel(self, environment: Environment, facts: Facts) -> Wheel:
        """The commit's wheel for this interpreter, from the wheelhouse or built now."""
        job = self._job
        shaping = variables.shaping_the_build(job.request.env)
        wheelhouse = Wheelhouse(
            root=job.request.state / "wheels",
            not_before=job.started_at if job.options.rebuild else None,
        )
        everything_a_build_sees = (
            job.commit.oid,
            job.commit.describe,
            job.subject.project,
            environment.backend,
            variables.seen_by_the_build(job.build_env),
            missing_submodules(job.checkout, job.commit),
            job.options.find_links,
        )
        self._recorder.wait_for("the wheel")
        stored = wheelhouse.get(
            wheelhouse_key(*everything_a_build_sees),
            lambda wheel: wheel.serves(facts.tags),
            lambda: self._build(environment, facts, shaping),
        )
        self._wheel = _wheel_record(stored)
        return stored.wheel

    def _build(
        self, environment: Environment, facts: Facts, shaping: dict[str, str]
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
                wheel = frontend.build_wheel(tree.project)
            with self._recorder.action("remove worktree"):
                stack.close()
        if not wheel.serves(facts.tags):
            raise BuildError(
                f"{wheel.path.name} was built with Python {facts.version}, and its tags say no.",
                hint="The backend, or an option of it, sets the wrong tags.",
            )
        built_at = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
        return wheel, Provenance(built_with=facts.version, built_at=built_at, variables=shaping)

    def _probe(self, wheel: Wheel, environment: Environment, facts: Facts) -> None:
        """Ask all questions; commands that need the project's files get a worktree."""
        job = self._job
        with contextlib.ExitStack() as stack:
            project = None
            if any(command.needs_worktree for command in job.settings.smoke):
                with self._recorder.action("create worktree"):
                    project = stack.enter_context(job.worktree()).project
            installation = Installation(
                wheel=wheel,
                environment=environment,
                facts=facts,
                settings=job.settings,
                extras=job.extras,
                checkout=job.checkout,
                pyproject=job.pyproject,
                missing_submodules=missing_submodules(job.checkout, job.commit),
                project=project,
                recorder=self._recorder,
                workspace=job.workspace,
                outer_env=job.request.env,
            )
            results = list(run_probes(installation))
            second = look_again(results, installation, partial(self._with_extras, installation))
            self._probes += [waive(result, job.settings.ignore) for result in second]

    def _with_extras(self, first: Installation, extras: tuple[str, ...]) -> Installation:
        """The same wheel, with extras, in a second environment."""
        job, recorder = self._job, self._recorder
        with recorder.action("make second environment"):
            environment = self._make_second()
        facts = learn_facts(environment, recorder, job.workspace, job.build_env)
        self._install(first.wheel, environment, facts, extras)
        return replace(first, environment=environment, facts=facts, extras=extras)

    def cell(self, python: str) -> Cell:
        """The record of the cell."""
        return Cell(
            name=self._recorder.cell,
            python=python,
            steps=tuple(self._recorder.steps),
            probes=tuple(self._probes),
            problems=tuple(self.problems),
            wheel=self._wheel,
            interpreter=self._interpreter,
        )


def _require_extras(wheel: Wheel, extras: tuple[str, ...]) -> None:
    """Make sure that the distribution has the extras; installers only warn."""
    offered = {canonicalize_name(extra) for extra in wheel.metadata.get("provides_extra", [])}
    unknown = [extra for extra in extras if canonicalize_name(extra) not in offered]
    if unknown:
        raise ConfigError(
            f"{wheel.path.name} has no extra {', '.join(map(repr, unknown))}.",
            hint=f"It has: {', '.join(sorted(offered)) or 'none'}.",
        )


def _wheel_record(stored: StoredWheel) -> WheelRecord:
    wheel = stored.wheel
    return WheelRecord(
        name=wheel.name,
        version=wheel.version,
        file=wheel.path.name,
        sha256=wheel.sha256,
        **vars(stored.provenance),
    )


def check_matrix(
    job: Job, pythons: Sequence[str], create: CreateEnvironment, *, install_only: bool = False
) -> tuple[list[Cell], list[str]]:
    """The wheel on every interpreter, side by side.

    Args:
        job: the run.
        pythons: the interpreters, such as ``["3.11", "3.12"]``.
        create: makes an environment; raises `InterpreterMissingError`.
        install_only: stop when the wheel is installed and proved.

    Returns:
        The cells in the order of `pythons`, and the Pythons that are missing here.
    """
    environments = job.workspace.directory("environments")

    def test(python: str) -> Cell | None:
        try:
            return check_wheel(
                job,
                python,
                lambda: create(python, environments / python),
                create,
                install_only=install_only,
            )
        except InterpreterMissingError:
            return None

    workers = ThreadPoolExecutor(max_workers=max(2, os.cpu_count() or 1))
    try:
        results = list(workers.map(test, pythons))
    except BaseException:
        # Whatever it is, nothing of ours may go on behind it.
        process.stop_all()
        raise
    finally:
        workers.shutdown(cancel_futures=True)
    cells = [cell for cell in results if cell is not None]
    missing = [python for python, cell in zip(pythons, results, strict=True) if cell is None]
    return cells, missing
