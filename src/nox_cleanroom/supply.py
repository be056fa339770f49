"""The commit's wheels for a cell: from the wheelhouse, or built now."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import partial

from packaging.specifiers import InvalidSpecifier

from nox_cleanroom import variables
from nox_cleanroom.build_system import BuildSystem
from nox_cleanroom.distribution import Wheel
from nox_cleanroom.environment import Environment, Facts
from nox_cleanroom.errors import BuildError
from nox_cleanroom.interpreters import requires_python, stated_in
from nox_cleanroom.job import Job, naming_submodules, require_admitted
from nox_cleanroom.places.layout import digest_key
from nox_cleanroom.recorder import Recorder
from nox_cleanroom.turns import Turn
from nox_cleanroom.variant import Artifact
from nox_cleanroom.wheelhouse import Provenance, StoredWheel, Wheelhouse, wheelhouse_key


@dataclass(frozen=True, kw_only=True)
class Supply:
    """Where a cell's wheels come from."""

    job: Job
    recorder: Recorder
    #: Given up while another cell, or another process, builds what we wait for.
    turn: Turn
    #: Whose pip installs what builds require, where there is no uv.
    installer: Environment
    #: Makes a bare environment of the cell's interpreter, for a purpose.
    create: Callable[[str], Environment]

    def take(self, facts: Facts, artifact: Artifact) -> StoredWheel:
        """The commit's wheel for an interpreter, built when there is none.

        Args:
            facts: what the cell's interpreter says of itself.
            artifact: whether it is built from the tree or from a source distribution.

        Raises:
            CleanroomError: it could not be built.
        """
        job = self.job
        wheelhouse = Wheelhouse(
            home=job.home,
            not_before=job.started_at if job.options.rebuild else None,
        )
        everything_a_build_sees = (
            job.commit.oid,
            job.commit.describe,
            job.subject.project,
            artifact,
            variables.seen_by_the_build(job.build_env),
            job.installers.uv_toml,
            job.missing_submodules,
            job.options.find_links,
        )
        key = wheelhouse_key(*everything_a_build_sees)

        def serves(wheel: Wheel) -> bool:
            return wheel.serves(facts.tags)

        def build() -> tuple[Wheel, Provenance]:
            with self.turn.taken():
                return self.build(facts, artifact)

        found = wheelhouse.find(key, serves)
        if found is not None:
            return found
        self.recorder.wait_for("the wheel")
        with self.turn.given_up():
            return wheelhouse.get(key, serves, build, kind=facts.kind)

    def build(self, facts: Facts, artifact: Artifact) -> tuple[Wheel, Provenance]:
        """The commit's wheel, built with the cell's interpreter whatever is at hand.

        Args:
            facts: what the cell's interpreter says of itself.
            artifact: whether it is built from the tree or from a source distribution.

        Raises:
            CleanroomError: it could not be built.
        """
        job = self.job
        # Before anything is prepared for nothing; what else says so is read in the worktree.
        with contextlib.suppress(InvalidSpecifier):
            require_admitted(stated_in(job.pyproject), facts.version)
        frontend = job.frontend(partial(self.create, artifact), self.installer, self.recorder)
        system = BuildSystem.from_document(job.pyproject)
        preparing = self.turn.beside(partial(frontend.prepare, system))
        with contextlib.ExitStack() as stack:
            with self.recorder.action("create worktree"):
                tree = stack.enter_context(job.worktree())
            with contextlib.suppress(InvalidSpecifier):
                require_admitted(requires_python(tree.project), facts.version)
            ready = self.turn.wait_for(preparing)
            with naming_submodules(tree):
                if artifact == "sdist":
                    wheel = frontend.build_wheel_from_sdist(tree.project, ready)
                else:
                    wheel = frontend.build_wheel(tree.project, ready)
            with self.recorder.action("remove worktree"):
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
            variables=variables.shaping_the_build(job.request.env, key=digest_key()),
            built_in=str(job.workspace.root),
        )
