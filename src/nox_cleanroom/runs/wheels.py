"""The commit's wheel for a cell: from the wheelhouse, or built now."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from functools import partial
from typing import Protocol

from packaging.specifiers import InvalidSpecifier

from nox_cleanroom.build.build_system import BuildSystem
from nox_cleanroom.build.builders import Audience, Builders, audience_of
from nox_cleanroom.build.wheelhouse import Provenance, StoredWheel, Wheelhouse
from nox_cleanroom.config.axes import Artifact
from nox_cleanroom.config.pythons import requires_python, stated_in
from nox_cleanroom.environments.environment import Environment, Facts
from nox_cleanroom.environments.interpreter import InstalledPython
from nox_cleanroom.errors import (
    BuildError,
    BuildRequirementsError,
    CleanroomError,
    Code,
    InterpreterMissingError,
    InterruptedRunError,
    PythonExcludedError,
)
from nox_cleanroom.places.layout import digest_key
from nox_cleanroom.processes import build_variables
from nox_cleanroom.runs.run import Job, naming_submodules, require_admitted
from nox_cleanroom.runs.turns import Turn
from nox_cleanroom.steps import Recorder
from nox_cleanroom.wheel import Wheel

#: Endings of files that a compiler reads: a project that has some is likely to compile them.
_COMPILED = (".c", ".cc", ".cpp", ".cxx", ".pyx", ".rs", ".f90", ".cu")


class CreateEnvironment(Protocol):
    """Makes environments for a cell."""

    def __call__(self, python: str, purpose: str = "", *, bare: bool = False) -> Environment:
        """A new environment of a Python, in a place named for its purpose."""


@dataclass(frozen=True, kw_only=True)
class Supply:
    """Where a cell's wheels come from."""

    job: Job
    recorder: Recorder
    builders: Builders
    #: Given up while another cell, or another process, builds what we wait for.
    turn: Turn
    #: The cell's Python, what it says of itself, and its environment.
    own: InstalledPython
    facts: Facts
    environment: Environment
    create: CreateEnvironment

    def take(self, artifact: Artifact) -> StoredWheel:
        """A copy of the commit's wheel for the cell's interpreter, built when there is none.

        Who builds depends on whom the wheel serves, and that is known only when there is one.

        Args:
            artifact: whether it is built from the tree or from a source distribution.

        Raises:
            CleanroomError: it could not be built.
        """
        audience, tried = self._expected_audience(), set[Audience]()
        while audience not in tried:
            tried.add(audience)
            stored = self._first_built(audience, artifact)
            audience = audience_of(stored.wheel)
            best = next(self.builders.choose(audience, artifact, self.own))
            if stored.provenance.python == best.python:
                break
        if stored.wheel.serves(self.facts.tags):
            return stored
        own = self.built_by(self.own, artifact)
        if not own.wheel.serves(self.facts.tags):
            raise BuildError(
                f"{own.wheel.path.name} was built with Python {self.facts.version}, and its tags"
                " exclude that interpreter.",
                hint="The backend, or an option of it, sets the wrong tags.",
            )
        return own

    def built_by(
        self, python: InstalledPython, artifact: Artifact, *, like: StoredWheel | None = None
    ) -> StoredWheel:
        """A copy of the commit's wheel that a certain Python builds.

        Args:
            python: who builds.
            artifact: whether it is built from the tree or from a source distribution.
            like: a wheel that was built with versions of what builds require which should be taken
                here, too, where this Python has them.

        Raises:
            CleanroomError: it could not be built.
        """
        wheelhouse, key = self._wheelhouse, self._key(python, artifact)
        into = self.job.workspace.directory("wheel")
        found = wheelhouse.find(key, into)
        if found is not None:
            return found
        self.recorder.wait_for("the wheel")
        versions = {} if like is None else like.provenance.requirements
        with self.turn.given_up():
            return wheelhouse.get(
                key, into, partial(self._build_once, key, python, artifact, versions)
            )

    def built_by_same(self, other: StoredWheel, artifact: Artifact) -> StoredWheel:
        """A copy of the wheel that the Python that built another wheel builds.

        Raises:
            CleanroomError: it could not be built.
        """
        builder = other.provenance.python
        python = None if builder == self.own.python else self.builders.find(builder)
        return self.built_by(python or self.own, artifact, like=other)

    @property
    def _wheelhouse(self) -> Wheelhouse:
        job = self.job
        return Wheelhouse(home=job.home, not_before=job.started_at if job.options.rebuild else None)

    def _key(self, python: InstalledPython, artifact: Artifact) -> str:
        return self.job.build_inputs.key(
            builder=python.identity, artifact=artifact, secret=digest_key()
        )

    def _expected_audience(self) -> Audience:
        """Whom the wheel will serve: those whom the last one served, or who is likely to be."""
        latest = self._wheelhouse.latest()
        if latest is not None:
            return audience_of(latest)
        prefix = "" if self.job.subject.project == "." else f"{self.job.subject.project}/"
        names = self.job.checkout.file_names(self.job.commit)
        compiles = any(name.startswith(prefix) and name.endswith(_COMPILED) for name in names)
        return "own" if compiles else "all"

    def _first_built(self, audience: Audience, artifact: Artifact) -> StoredWheel:
        """The wheel of the first Python that can build it."""
        like = self._stored_tree_wheel(audience) if artifact == "sdist" else None
        remarks: list[str] = []
        failure: CleanroomError | None = None
        for python in self.builders.choose(audience, artifact, self.own):
            try:
                stored = self.built_by(python, artifact, like=like)
                return replace(stored, remarks=tuple(remarks))
            except CleanroomError as error:
                if not _leaves_it_to_another(error, artifact):
                    raise
                # What stopped the cell's own Python is what its user can do something about.
                if failure is None or python == self.own:
                    failure = error
                remarks.append(f"Python {python.version} could not build it: {error.message}")
        assert failure is not None  # noqa: S101 - there is always one that builds
        raise failure

    def _stored_tree_wheel(self, audience: Audience) -> StoredWheel | None:
        python = next(self.builders.choose(audience, "wheel", self.own))
        into = self.job.workspace.directory("wheel")
        return self._wheelhouse.find(self._key(python, "wheel"), into)

    def _build_once(
        self, key: str, python: InstalledPython, artifact: Artifact, versions: Mapping[str, str]
    ) -> tuple[Wheel, Provenance]:
        """Build, unless that has failed for another cell."""
        refusals = self.builders.refusals
        if key in refusals:
            raise refusals[key]
        try:
            with self.turn.taken():
                return self._build(python, artifact, versions)
        except InterruptedRunError:
            raise
        except CleanroomError as error:
            refusals[key] = error
            raise

    def _build(
        self, python: InstalledPython, artifact: Artifact, versions: Mapping[str, str]
    ) -> tuple[Wheel, Provenance]:
        job = self.job
        # Fail before preparing a build environment; what else says so is read in the worktree.
        with contextlib.suppress(InvalidSpecifier):
            require_admitted(stated_in(job.pyproject), python.version)
        create = partial(self.create, python.python)
        has_own_pip = self.environment.uv is None and python != self.own
        frontend = job.frontend(
            partial(create, artifact, bare=True),
            create("installer") if has_own_pip else self.environment,
            self.recorder,
            versions=versions,
        )
        system = BuildSystem.from_document(job.pyproject)
        preparing = self.turn.beside(partial(frontend.prepare, system))
        with contextlib.ExitStack() as stack:
            with self.recorder.action("create worktree"):
                tree = stack.enter_context(job.worktree())
            with contextlib.suppress(InvalidSpecifier):
                require_admitted(requires_python(tree.project), python.version)
            ready = self.turn.wait_for(preparing)
            with naming_submodules(tree):
                if artifact == "sdist":
                    built = frontend.build_wheel_from_sdist(tree.project, ready)
                else:
                    built = frontend.build_wheel(tree.project, ready)
            with self.recorder.action("remove worktree"):
                stack.close()
        built_at = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
        return built.wheel, Provenance(
            python=python.python,
            built_with=built.builder,
            built_at=built_at,
            requirements=built.requirements,
            variables=build_variables.shaping_the_build(job.request.env, key=digest_key()),
            built_in=str(job.workspace.root),
            sha256=built.wheel.sha256,
        )


def _leaves_it_to_another(error: CleanroomError, artifact: Artifact) -> bool:
    """Whether another Python may build what one could not, and nobody is at fault.

    Users of the oldest Python build from the source distribution with that one: so it must be able
    to, unless what the build requires does not exist for it.
    """
    if isinstance(error, PythonExcludedError | InterpreterMissingError):
        return True
    if isinstance(error, BuildRequirementsError):
        # A network, or a disk, would stand in the way of any other, too.
        return error.code is Code.BUILD_FAILED
    cannot_start = error.code in {Code.TOOL_MISSING, Code.ENVIRONMENT_REFUSED}
    return cannot_start or (error.code is Code.BUILD_FAILED and artifact == "wheel")
