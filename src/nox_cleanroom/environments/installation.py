"""An environment with our wheel in it, and the proof that it is that wheel."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

from nox_cleanroom.changes import display
from nox_cleanroom.checkout.checkout import Checkout, Commit
from nox_cleanroom.config.settings import Settings
from nox_cleanroom.environments.bytecode import BytecodeStore
from nox_cleanroom.environments.environment import Answer, Environment, Facts, Question, ask
from nox_cleanroom.environments.installers import tool_failure
from nox_cleanroom.errors import CleanroomError, Code, InstallError
from nox_cleanroom.places.workspace import Workspace
from nox_cleanroom.processes import variables
from nox_cleanroom.steps import Recorder
from nox_cleanroom.wheel import EntryPoint, Member, Wheel, applies, record_digest

#: For each of the wheel's Python files what the interpreter read in it.
Readings = tuple[tuple[Member, Answer], ...]


@dataclass(frozen=True, kw_only=True)
class Installation:
    """What the probes ask: an environment with the wheel under test in it."""

    wheel: Wheel
    environment: Environment
    facts: Facts
    settings: Settings
    #: The extras that it was installed with.
    extras: tuple[str, ...]
    checkout: Checkout
    commit: Commit
    #: The project's directory, relative to the top level.
    subdirectory: str
    #: The project's ``pyproject.toml`` at the commit; empty when it has none.
    pyproject: Mapping[str, object]
    #: The project in a worktree, for commands that need its files.
    project: Path | None
    #: Submodules of the commit that are empty.
    missing_submodules: tuple[str, ...]
    recorder: Recorder
    workspace: Workspace
    #: Where our own programs' bytecode is kept between runs.
    bytecode: BytecodeStore
    #: The user's variables.
    outer_env: Mapping[str, str]
    #: The variables that installers see, and the options that they get.
    build_env: dict[str, str]
    install_options: tuple[str, ...]
    #: Directories of the build and of the checkout, whose paths nothing installed should hold.
    traces: tuple[str, ...] = ()
    #: Waits for modules that are being read meanwhile; None when they are read once it is asked.
    reading: Callable[[], Readings] | None = None

    @property
    def read_modules(self) -> Readings:
        """What the interpreter read in each of the wheel's Python files, without running them."""
        return self.reading() if self.reading is not None else self._read_once

    @cached_property
    def _read_once(self) -> Readings:
        return self.read()

    def read(self) -> Readings:
        """Have the wheel's Python files read; see `read_modules`."""
        members = {
            str(self.place_of(member)): member
            for member in self.wheel.members
            if member.is_library and member.path.suffix == ".py" and self._is_file(member)
        }
        questions = [Question("read", path) for path in members]
        # No code of the package runs, so nobody needs a home of their own.
        env = self._probe_env(home=self.workspace.neutral, tmp=self.workspace.tmp)
        with self.bytecode.lent_inside(self.facts) as bytecode:
            answers = self.ask("read modules", questions, env=env, bytecode=bytecode)
        return tuple((members[answer.subject], answer) for answer in answers)

    def load(self, question: Question) -> Answer:
        """Have a module imported, or an entry point loaded.

        Each module that users import first has an interpreter of its own, in which its entry
        points are loaded, too: loading one begins with that very import.
        """
        if question not in self._loaded:
            batch = self._to_load_with(question)
            name = batch[0].subject
            step = f"import {name}" if batch[0].kind == "import" else f"load {name}"
            self._loaded.update(zip(batch, self.ask(step, batch), strict=True))
        return self._loaded[question]

    @cached_property
    def _loaded(self) -> dict[Question, Answer]:
        return {}

    def _to_load_with(self, question: Question) -> list[Question]:
        module = question.subject.partition(":")[0]
        first = next((one for one in self.wheel.import_names if _is_in(module, one)), None)
        if first is None:
            return [question]
        values = {one.value for one in self.entry_points if _is_in(one.module, first)}
        batch = [Question("import", first)]
        batch += (Question("entry point", value) for value in sorted(values))
        return batch if question in batch else [question]

    @property
    def entry_points(self) -> list[EntryPoint]:
        """The wheel's entry points whose extras are installed."""
        extras = set(self.extras)
        return [one for one in self.wheel.entry_points if extras.issuperset(one.extras)]

    def ask(
        self,
        step: str,
        questions: Sequence[Question],
        *,
        env: dict[str, str] | None = None,
        bytecode: Path | None = None,
    ) -> tuple[Answer, ...]:
        """Put questions to the installed package; see `environment.ask`."""
        answers = ask(
            self.environment,
            self.recorder,
            self.workspace,
            step=step,
            questions=questions,
            env=env or self.probe_env(),
            bytecode=bytecode,
        )
        return tuple(answers)

    def probe_env(self) -> dict[str, str]:
        """The variables that the installed package's code sees; a new scratch home each time."""
        home, tmp = (self.workspace.directory(name) for name in ("home", "tmp"))
        return self._probe_env(home=home, tmp=tmp)

    def _probe_env(self, *, home: Path, tmp: Path) -> dict[str, str]:
        return variables.for_probes(
            self.outer_env,
            home=home,
            tmp=tmp,
            bin_dir=self.environment.bin_dir,
            passed=self.settings.pass_env,
        )

    def left_out(self, module: str) -> str:
        """A file of the checkout with a module's name that is not in the commit; or nothing."""
        loose = (display(path) for path in sorted(self.checkout.uncommitted()))
        for path in (*loose, *self.checkout.ignored_files()):
            place = PurePosixPath(path)
            name = place.parent.name if place.name == "__init__.py" else place.stem
            if name == module and place.suffix in {".py", ".so", ".pyd"}:
                return str(place)
        return ""

    def place_of(self, member: Member) -> Path:
        """Where a file of the wheel is installed."""
        return installed_path(self.facts, member)

    def _is_file(self, member: Member) -> bool:
        """Whether RECORD leads to a file of the wheel, and not to a pipe, or to elsewhere."""
        place = self.place_of(member)
        return member.name in self.wheel.sizes and (not place.exists() or place.is_file())

    def is_inside(self, path: str) -> bool:
        """Whether a path lies in the environment, and not, say, in the checkout."""
        return Path(os.path.realpath(path)).is_relative_to(
            os.path.realpath(self.environment.location)
        )


def _is_in(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


def installed_path(facts: Facts, member: Member) -> Path:
    """Where an interpreter's installation scheme puts a file of a wheel."""
    scheme = member.scheme if member.scheme in facts.paths else "data"
    return Path(facts.paths[scheme]) / member.path


def install_wheel(
    wheel: Wheel,
    environment: Environment,
    *,
    extras: tuple[str, ...],
    lowest_on: Facts | None,
    options: Sequence[str],
    recorder: Recorder,
    workspace: Workspace,
    env: dict[str, str],
) -> None:
    """Install a wheel and its requirements, pinned to its digest.

    The digest in the URL is enforced by pip and by uv, so nothing else of the same name and
    version can slip in. (https://packaging.python.org/specifications/direct-url/)

    Args:
        wheel: what to install.
        environment: where to.
        extras: the extras to install with it.
        lowest_on: take the lowest versions of its requirements for the interpreter with these
            facts; None to take the highest.
        options: the installer's options, such as further sources of requirements.
        recorder: runs the step.
        workspace: has room for an empty directory.
        env: the variables that the installer sees.

    Raises:
        InstallError: the installer said no.
    """
    words = list(options)
    if lowest_on is not None:
        words += _lowest(wheel, environment, extras, lowest_on)
    command = environment.pip_install(*words, pinned(wheel, extras))
    step = recorder.run("install", command, cwd=workspace.neutral, env=env)
    if not step.succeeded:
        raise tool_failure(
            InstallError, f"{wheel.path.name} and its requirements could not be installed", step
        )


def pinned(wheel: Wheel, extras: tuple[str, ...] = ()) -> str:
    """The requirement of this very wheel, with extras."""
    wanted = f"{wheel.name}[{','.join(extras)}]" if extras else wheel.name
    return f"{wanted} @ {wheel.path.as_uri()}#sha256={wheel.sha256}"


def _lowest(
    wheel: Wheel, environment: Environment, extras: tuple[str, ...], facts: Facts
) -> list[str]:
    """What makes uv take the oldest versions that the wheel's own requirements admit.

    uv lowers what is asked for directly, which for a wheel is the wheel itself: so its
    requirements are asked for, too.
    (https://docs.astral.sh/uv/concepts/resolution/#resolution-strategy)
    """
    if not environment.uv:
        raise CleanroomError(
            "Only uv can install the lowest versions of requirements, and it is not here.",
            hint="Install nox-cleanroom[uv], or leave out the resolution.",
            code=Code.TOOL_MISSING,
        )
    direct = [
        f"{requirement.name}{_bracketed(requirement.extras)}{requirement.specifier}"
        for requirement in wheel.requirements
        if requirement.url is None and applies(requirement, facts.markers, extras)
    ]
    return ["--resolution", "lowest-direct", *direct]


def _bracketed(extras: Iterable[str]) -> str:
    names = ",".join(sorted(extras))
    return f"[{names}]" if names else ""


def prove_identity(wheel: Wheel, facts: Facts) -> None:
    """Make sure that what is installed is the wheel, file by file.

    Scripts are left out: installers write the interpreter's path into them.

    Raises:
        InstallError: a file is missing or has another content.
    """
    differences = list(_differences(wheel, facts))
    if differences:
        shown = "; ".join(differences[:5])
        more = f" and {len(differences) - 5} more" if len(differences) > 5 else ""
        raise InstallError(
            f"What is installed is not {wheel.path.name}: {shown}{more}.",
            hint="Another requirement may install files of the same names over it.",
            code=Code.IDENTITY_FAILED,
        )


def _differences(wheel: Wheel, facts: Facts) -> Iterator[str]:
    for row in wheel.record:
        member = Member.from_name(row.name)
        if not row.digest.startswith("sha256=") or member.scheme == "scripts":
            continue
        place = installed_path(facts, member)
        if member.scheme == "headers":
            # Installers put them below a directory named for the distribution.
            place = place.parent / wheel.name / member.path
            if not place.exists():
                continue
        size = wheel.sizes.get(row.name)
        try:
            found = place.stat()
            # What RECORD leads to may be a device or a pipe, and is read only when it is as large.
            is_same = stat.S_ISREG(found.st_mode) and found.st_size == size
            if not is_same or record_digest(place.read_bytes()) != row.digest:
                yield f"{row.name} has another content"
        except (OSError, ValueError):
            # ValueError: no path has a NUL.
            yield f"{row.name} is missing"
