"""Building distributions, each in a fresh environment with its build requirements (PEP 517)."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path
from typing import Any, Literal

from nox_cleanroom.build.build_environment import BegunEnvironment, BuildEnvironment
from nox_cleanroom.build.build_system import BuildSystem
from nox_cleanroom.build.clone import Trials
from nox_cleanroom.build.hooks import HooksResult, of_backend, read_answer
from nox_cleanroom.build.sdist import unpack_sdist
from nox_cleanroom.environments.bytecode import BytecodeStore
from nox_cleanroom.environments.environment import INSIDE, Environment, Facts
from nox_cleanroom.environments.installer_commands import (
    constraints_options,
    find_links_options,
    tool_failure,
)
from nox_cleanroom.errors import BuildError, BuildRequirementsError, CleanroomError, Code
from nox_cleanroom.output import last_lines
from nox_cleanroom.processes import variables
from nox_cleanroom.processes.threads import threads
from nox_cleanroom.records import dataclass
from nox_cleanroom.results import Step
from nox_cleanroom.steps import Steps

DistributionKind = Literal["wheel", "sdist"]

#: What users can have built.
What = Literal["wheel", "sdist", "wheel from sdist"]

#: What to do next when a build fails, for each of them.
_BY_HAND: dict[What, str] = {
    "wheel": "`python -m build --wheel` builds it by hand.",
    "sdist": "`python -m build --sdist` builds it by hand.",
    "wheel from sdist": "`python -m build` builds it by hand; the sdist must hold all that the"
    " build reads.",
}


class _BackendError(BuildError):
    """The backend itself has failed, and not a step before it."""


@dataclass(frozen=True, kw_only=True)
class BuiltFile:
    """A distribution that has just been built."""

    path: Path
    #: The version of the Python that has built it.
    builder: str
    #: The versions that were installed for the build, by name.
    requirements: Mapping[str, str]
    #: What was printed meanwhile.
    output: str


@dataclass(frozen=True, kw_only=True)
class Frontend:
    """Builds distributions with one interpreter, as users' installers do.

    A small build spends most of its time around the hooks, so a program of ours calls them: see
    `inside/building.py`.
    """

    #: Makes an environment with nothing in it.
    create: Callable[[], Environment]
    #: The environment whose pip installs into it, where there is no uv.
    installer: Environment
    #: What the interpreter of such an environment says of itself.
    learn_facts: Callable[[Environment], Facts]
    steps: Steps
    #: Further directories and pages with requirements, besides the index.
    find_links: tuple[str, ...]
    #: Where the bytecode of backends, and of pip, is kept.
    bytecode: BytecodeStore
    #: Versions of build requirements to install, where they exist for this Python.
    versions: Mapping[str, str] = field(default_factory=dict)
    #: Where a failed build is tried again; None where a fresh clone would not be comparable.
    trials: Trials | None = None
    #: What step names add about the place, such as `` in a fresh clone``; empty for a worktree.
    where: str = ""

    def prepare(self, system: BuildSystem) -> BuildEnvironment:
        """An environment for one build of such a project.

        Raises:
            BuildError: the build requirements could not be installed.
        """
        with self.steps.action("make build environment"):
            environment = self.create()
        facts = self.learn_facts(environment)
        self._install(environment, system.requires)
        return BuildEnvironment(system=system, environment=environment, facts=facts)

    @contextlib.contextmanager
    def preparing(self, pyproject: Mapping[str, Any]) -> Iterator[BegunEnvironment | None]:
        """A block during which the environment for a build is made; see `prepare`.

        Args:
            pyproject: the content of the project's ``pyproject.toml``.

        Yields:
            The environment; None if the content is invalid, as the build will say.
        """
        try:
            system = BuildSystem.of_document(pyproject)
        except BuildError:
            yield None
            return
        # Another Python may build it.
        with threads(1, tolerated=(CleanroomError,)) as worker:
            yield BegunEnvironment(system=system, coming=worker.submit(self.prepare, system))

    def build(self, what: What, project: Path, begun: BegunEnvironment | None = None) -> BuiltFile:
        """Build a distribution of the project in a directory.

        When the backend fails in a worktree, the build is tried in a fresh clone.

        Args:
            what: a wheel, a source distribution, or the wheel of one that is built first.
            project: the directory.
            begun: the environment that is being made; another is made if the directory's project
                needs one.

        Raises:
            BuildError: the backend failed, or its requirements could not be installed; the code
                says whether the package is at fault.
        """
        system = BuildSystem.of_project(project)
        is_for_it = begun is not None and begun.system == system
        ready = begun.coming.result() if begun and is_for_it else self.prepare(system)
        try:
            return self._make(what, project, ready)
        except _BackendError as error:
            if self.trials is None or error.code is not Code.BUILD_FAILED:
                raise
            self._try_again(self.trials, what, ready, error)
            raise

    def has_hook(self, project: Path, hook: str) -> bool:
        """Whether the backend of the project in a directory has a hook, such as ``build_editable``.

        Args:
            project: the directory.
            hook: its name; one of `inside/building.py`.

        Raises:
            BuildError: the backend cannot be loaded, or its requirements could not be installed.
        """
        ready = self.prepare(BuildSystem.of_project(project))
        place = self.steps.directory("answer") / "answer.json"
        step = self._run("ask for hooks", place, ["hooks", "-", "known"], project, ready)
        if not step.succeeded:
            raise tool_failure(BuildError, "The build backend could not be loaded", step)
        with contextlib.suppress(OSError, ValueError, TypeError, KeyError, RecursionError):
            return hook in json.loads(place.read_text(encoding="ascii"))["hooks"]
        raise BuildError("The build backend ended without an error, and without an answer.")

    def _make(self, what: What, project: Path, ready: BuildEnvironment) -> BuiltFile:
        if what != "wheel from sdist":
            return self._build(what, project, ready, step=what)
        fresh = ready.contents()
        sdist = self._build("sdist", project, ready, step="sdist").path
        source = unpack_sdist(sdist, self.steps.directory("source"))
        system = BuildSystem.of_project(source)
        # The environment can be used again when the first build has not changed it.
        if system != ready.system or ready.contents() != fresh:
            ready = self.prepare(system)
        return self._build("wheel", source, ready, step=what)

    def _try_again(
        self, trials: Trials, what: What, used: BuildEnvironment, error: BuildError
    ) -> None:
        """Try a failed build in a fresh clone, and add the result to the error."""
        python = used.facts.version
        elsewhere = replace(self, trials=None, where=" in a fresh clone")

        def build(project: Path) -> str:
            ready = elsewhere.prepare(BuildSystem.of_project(project))
            return elsewhere._make(what, project, ready).output

        trial = trials.of(what, python, build, self.steps)
        if trial.shown == "the same":
            tried = "" if trial.python == python else f" (tried with Python {trial.python})"
            error.hint = f"A fresh clone shows the same{tried}. {error.hint}"
        elif trial.shown == "success":
            error.code = Code.WORKTREE_DIFFERS
            error.message = f"{error.message} In a fresh clone of the commit it could."
            here, there = last_lines(error.output, 3), last_lines(trial.output, 3)
            error.output = f"in our worktree:\n{here}\nin a fresh clone:\n{there}"
            error.hint = (
                "The package is not to blame, but our worktree, or the configuration of this"
                " repository, which a clone does not have. Please report it with these lines."
            )

    def _build(
        self, kind: DistributionKind, project: Path, ready: BuildEnvironment, *, step: What
    ) -> BuiltFile:
        out = self.steps.directory("dist")
        answer = self._call(kind, project, ready, out, step=step)
        if answer.requires is not None and not answer.built:
            if answer.requires:
                # Install everything at once into a new environment, so that nothing is replaced.
                ready = self.prepare(ready.system.requiring(answer.requires))
            answer = self._call(kind, project, ready, out, step=step, known=True)
        if not (answer.built and (out / answer.built).is_file()):
            raise _BackendError(
                f"The build backend ended without an error, and has made no {step}."
            )
        return BuiltFile(
            path=out / answer.built,
            builder=ready.facts.version,
            requirements=ready.requirements,
            output=answer.output,
        )

    def _install(self, environment: Environment, requirements: Sequence[str]) -> None:
        if not requirements:
            return
        options = find_links_options(self.find_links)
        if self.versions:
            pins = [f"{name}=={version}" for name, version in self.versions.items()]
            pinned = constraints_options(pins, self.steps.directory("constraints"))
            step = self._pip_install(environment, [*options, *pinned, *requirements])
            if step.succeeded:
                return
            # This Python does not have those versions.
        step = self._pip_install(environment, [*options, *requirements])
        if not step.succeeded:
            raise tool_failure(
                BuildRequirementsError, "What the build requires could not be installed", step
            )

    def _pip_install(self, environment: Environment, words: Sequence[str]) -> Step:
        with self.bytecode.lent(self.learn_facts(self.installer)):
            return self.steps.run(
                "install build requirements",
                self.installer.pip_install(*words, into=environment),
            )

    def _call(
        self,
        kind: DistributionKind,
        project: Path,
        ready: BuildEnvironment,
        out: Path,
        *,
        step: What,
        known: bool = False,
    ) -> HooksResult:
        """Call the hooks; with `known`, without asking for further build requirements."""
        place = self.steps.directory("answer") / "answer.json"
        words = [kind, out, "known" if known else "ask"]
        done = self._run(f"build {step}{self.where}", place, words, project, ready)
        if not done.succeeded:
            error = tool_failure(
                _BackendError,
                f"The build backend could not make the {step}",
                done,
                hint=_BY_HAND[step],
            )
            error.details = error.output
            error.output = last_lines(of_backend(done.output), 25)
            raise error
        return read_answer(place, done.output)

    def _run(
        self,
        name: str,
        place: Path,
        words: list[str | Path],
        project: Path,
        ready: BuildEnvironment,
    ) -> Step:
        """One run of `inside/building.py`, in the project's directory."""
        system = ready.system
        paths = [project / path for path in system.backend_path]
        program: list[str | Path] = [ready.environment.python, "-I", INSIDE / "building.py"]
        with self.bytecode.lent(ready.facts):
            return self.steps.run(
                name,
                [*program, place, *words, system.backend, *paths],
                cwd=project,
                env=variables.for_hooks(self.steps.env, bin_dir=ready.environment.bin_dir),
            )
