"""The commit's wheels: found in the wheelhouse, or built once for all cells."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timezone
from functools import cached_property, partial
from pathlib import Path

from nox_cleanroom.build.builders import Audience, Builders, audience_of
from nox_cleanroom.build.frontend import BuiltFile, Frontend, What
from nox_cleanroom.build.source_tree import naming_submodules
from nox_cleanroom.build.wheel_key import BuildInputs
from nox_cleanroom.build.wheelhouse import Provenance, StoredWheel, Wheelhouse
from nox_cleanroom.changes import display
from nox_cleanroom.checkout.checkout import Checkout
from nox_cleanroom.config.axes import Artifact
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
from nox_cleanroom.probes.builds import is_of_changed_tree
from nox_cleanroom.processes import build_variables
from nox_cleanroom.runs.cell import RunningCell
from nox_cleanroom.runs.run import OpenRun
from nox_cleanroom.wheels import parse_filename

#: Endings of files for compilers; a project with such files probably compiles them.
_COMPILED = (".c", ".cc", ".cpp", ".cxx", ".pyx", ".rs", ".f90", ".cu")


class Wheels:
    """The commit's wheels, which all cells of a run share; each is built once.

    Args:
        run: the run.
    """

    def __init__(self, run: OpenRun) -> None:
        self._run = run
        self._wheelhouse = Wheelhouse(
            home=run.home,
            # The packages of a repository have one home.
            name=f"wheels{run.request.suffix}",
            not_before=run.started_at if run.request.options.rebuild else None,
        )
        self._builders = Builders(run.source.supported, run.environments.pythons.find)

    def take(self, artifact: Artifact, cell: RunningCell) -> StoredWheel:
        """A copy of the commit's wheel for a cell's interpreter, built when there is none.

        Which Python builds depends on the Pythons that the wheel serves. These are certain only
        after a build.

        Args:
            artifact: whether it is built from the tree or from a source distribution.
            cell: the cell that needs it.

        Raises:
            CleanroomError: it could not be built.
        """
        audience, tried = self._expected_audience, set[Audience]()
        while audience not in tried:
            tried.add(audience)
            stored = self._first_built(audience, artifact, cell)
            audience = audience_of(stored.wheel.filename)
            best = next(self._builders.choose(audience, artifact, self._own(cell)))
            if stored.provenance.python == best.python:
                break
        if stored.wheel.serves(cell.facts.tags):
            return stored
        own = self._built_by(self._own(cell), artifact, cell)
        if not own.wheel.serves(cell.facts.tags):
            raise BuildError(
                f"{own.wheel.filename} was built with Python {cell.facts.version}, and its tags"
                " exclude that interpreter.",
                hint="The backend, or an option of it, sets the wrong tags.",
            )
        return own

    def rebuild(self, other: StoredWheel, artifact: Artifact, cell: RunningCell) -> StoredWheel:
        """A copy of the commit's wheel, built by the same Python as another wheel.

        Args:
            other: the other wheel; the build uses the same versions of its build requirements.
            artifact: whether it is built from the tree or from a source distribution.
            cell: the cell that needs it.

        Raises:
            CleanroomError: it could not be built.
        """
        name, own = other.provenance.python, self._own(cell)
        python = None if name == own.python else self._builders.find(name)
        return self._built_by(python or own, artifact, cell, like=other)

    def build_sdist(self, cell: RunningCell) -> Path:
        """The commit's source distribution, built by the Python that builds such wheels, too.

        Args:
            cell: the cell that needs it.

        Raises:
            CleanroomError: it could not be built.
        """
        python = next(self._builders.choose("all", "sdist", self._own(cell)))
        source, frontend = self._run.source, self._frontend(python, "sdist", {}, cell)
        with source.worktree(self._run.workspace) as tree, naming_submodules(tree):
            return frontend.build("sdist", tree.project).path

    def finish(self, cell: RunningCell) -> None:
        """Called when a cell has ended, however it ended."""

    def _own(self, cell: RunningCell) -> InstalledPython:
        """The cell's Python, as a Python that can build."""
        return self._builders.find(cell.python) or cell.installed_python

    @property
    def _inputs(self) -> BuildInputs:
        """Everything that the wheels depend on, whichever Python builds them."""
        return self._run.build_inputs

    def _key(self, python: InstalledPython, artifact: Artifact) -> str:
        return self._inputs.key(builder=python.identity, artifact=artifact, secret=digest_key())

    @cached_property
    def _expected_audience(self) -> Audience:
        """The Pythons that the wheel will serve, guessed from the last wheel or from the files."""
        latest = self._wheelhouse.latest()
        if latest:
            return audience_of(latest)
        project = self._run.source.project
        prefix = "" if project == "." else f"{project}/"
        names = self._run.tracked.names
        compiles = any(name.startswith(prefix) and name.endswith(_COMPILED) for name in names)
        return "own" if compiles else "all"

    def _first_built(
        self, audience: Audience, artifact: Artifact, cell: RunningCell
    ) -> StoredWheel:
        """The wheel of the first Python that can build it."""
        own = self._own(cell)
        like = self._stored_tree_wheel(audience, cell) if artifact == "sdist" else None
        remarks: list[str] = []
        failure: CleanroomError | None = None
        for python in self._builders.choose(audience, artifact, own):
            try:
                stored = self._built_by(python, artifact, cell, like=like)
                return replace(stored, remarks=tuple(remarks))
            except CleanroomError as error:
                if not _leaves_it_to_another(error, artifact):
                    raise
                # Prefer the failure of the cell's own Python, because its user can fix that.
                if failure is None or python == own:
                    failure = error
                remarks.append(f"Python {python.version} could not build it: {error.message}")
        assert failure is not None  # noqa: S101 - at least one Python was tried
        raise failure

    def _stored_tree_wheel(self, audience: Audience, cell: RunningCell) -> StoredWheel | None:
        python = next(self._builders.choose(audience, "wheel", self._own(cell)))
        return self._wheelhouse.find(self._key(python, "wheel"), cell.steps.directory("wheel"))

    def _built_by(
        self,
        python: InstalledPython,
        artifact: Artifact,
        cell: RunningCell,
        *,
        like: StoredWheel | None = None,
    ) -> StoredWheel:
        """A copy of the commit's wheel that a certain Python builds."""
        key, into = self._key(python, artifact), cell.steps.directory("wheel")
        found = self._wheelhouse.find(key, into)
        if found is not None:
            return found
        cell.steps.wait_for("the wheel")
        versions = {} if like is None else like.provenance.requirements
        build = partial(self._build_once, key, python, artifact, versions, cell)
        return self._wheelhouse.get(key, into, build)

    def _build_once(
        self,
        key: str,
        python: InstalledPython,
        artifact: Artifact,
        versions: Mapping[str, str],
        cell: RunningCell,
    ) -> tuple[Path, Provenance]:
        """Build, unless the build has already failed in another cell."""
        refusals = self._builders.refusals
        if key in refusals:
            raise refusals[key]
        try:
            return self._build(python, artifact, versions, cell)
        except InterruptedRunError:
            raise
        except CleanroomError as error:
            refusals[key] = error
            raise

    def _build(
        self,
        python: InstalledPython,
        artifact: Artifact,
        versions: Mapping[str, str],
        cell: RunningCell,
    ) -> tuple[Path, Provenance]:
        # Fail before preparing a build environment; the worktree may state more.
        self._run.source.require_python(python.version)
        frontend = self._frontend(python, artifact, versions, cell)
        built, changed = self._make(frontend, python, artifact, cell)
        built_at = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
        return built.path, Provenance(
            python=python.python,
            built_with=built.builder,
            built_at=built_at,
            requirements=built.requirements,
            variables=build_variables.shaping_the_build(self._run.request.env, key=digest_key()),
            built_in=str(self._run.workspace.root),
            changed=changed,
            artifact=artifact,
        )

    def _make(
        self, frontend: Frontend, python: InstalledPython, artifact: Artifact, cell: RunningCell
    ) -> tuple[BuiltFile, tuple[str, ...]]:
        """Build a wheel in a worktree, and name the tracked files that the build has changed."""
        source = self._run.source
        with contextlib.ExitStack() as stack:
            begun = stack.enter_context(frontend.preparing(source.pyproject))
            with cell.steps.action("create worktree"):
                tree = stack.enter_context(source.worktree(self._run.workspace))
            source.require_python(python.version, tree)
            what: What = "wheel from sdist" if artifact == "sdist" else "wheel"
            with naming_submodules(tree):
                built = frontend.build(what, tree.project, begun)
            changed = _changed_files(built.path, tree.root)
            with cell.steps.action("remove worktree"):
                stack.close()
        return built, changed

    def _frontend(
        self,
        python: InstalledPython,
        artifact: Artifact,
        versions: Mapping[str, str],
        cell: RunningCell,
    ) -> Frontend:
        environments, own = self._run.environments, cell.environment
        has_own_pip = own.uv is None and python != self._own(cell)
        return cell.frontend(
            create=partial(environments.bare, python.python, artifact),
            installer=environments.fresh(python.python, "installer") if has_own_pip else own,
            versions=versions,
        )


def _changed_files(wheel: Path, tree: Path) -> tuple[str, ...]:
    """The tracked files that a build has changed, if the wheel's version says that it has."""
    if not is_of_changed_tree(str(parse_filename(wheel.name)[1])):
        return ()
    changed = Checkout.find(tree).uncommitted().items()
    return tuple(display(path) for path, letters in sorted(changed) if letters != b"??")


def _leaves_it_to_another(error: CleanroomError, artifact: Artifact) -> bool:
    """Whether another Python may build after a failure that is nobody's fault.

    Users of the oldest Python build from the source distribution with that Python. So its build
    must succeed, unless the build requirements do not exist for it.
    """
    if isinstance(error, PythonExcludedError | InterpreterMissingError):
        return True
    if isinstance(error, BuildRequirementsError):
        # A failure of the network or of a disk would also stop any other Python.
        return error.code is Code.BUILD_FAILED
    cannot_start = error.code in {Code.TOOL_MISSING, Code.ENVIRONMENT_REFUSED}
    return cannot_start or (error.code is Code.BUILD_FAILED and artifact == "wheel")
