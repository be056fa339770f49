"""What a project's own sessions call: they get the commit's wheel, built once for all of them."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import nox
from nox.virtualenv import VirtualEnv

from nox_cleanroom.checks.own_tests import of_another_place
from nox_cleanroom.config.axes import Extras, Variant
from nox_cleanroom.config.options import STAGED, WORKING_TREE, Options
from nox_cleanroom.environments.environment import Facts
from nox_cleanroom.environments.venvs import environment_of
from nox_cleanroom.errors import Code, InstallError, UsageError
from nox_cleanroom.output import clean_text
from nox_cleanroom.probes.commands import installed_first
from nox_cleanroom.probes.own_tests import copy_sources, places_of_modules
from nox_cleanroom.records import dataclass
from nox_cleanroom.runs.cell import RunningCell
from nox_cleanroom.runs.own_session import install_into
from nox_cleanroom.runs.run import OpenRun
from nox_cleanroom.runs.wheels import Wheels
from nox_cleanroom.sessions import run_request, skipping
from nox_cleanroom.sessions.reporting import opened, reporting
from nox_cleanroom.wheels import Wheel


@dataclass(frozen=True, kw_only=True)
class _Installed:
    """What a session has installed."""

    wheel: Wheel
    facts: Facts
    #: The object id of the commit, and what a run is asked for to test it once more.
    oid: str
    rev: str
    project: str | Path


#: What each session has installed.
_installed: WeakKeyDictionary[object, _Installed] = WeakKeyDictionary()


def install(
    session: nox.Session,
    *requirements: str,
    extras: Extras = (),
    groups: Sequence[str] = (),
    rev: str = "HEAD",
    project: str | Path = ".",
) -> None:
    """Install the wheel of a commit into the session's environment, and verify it file by file.

    The wheel is built once for all sessions and Pythons that it serves, also under ``nox -j``.

    Args:
        session: a session with a virtual environment.
        requirements: what to install with it, such as ``"pytest"``.
        extras: extras of the project to install; ``"all"`` for every one.
        groups: dependency groups of ``pyproject.toml`` (PEP 735), as in the commit.
        rev: the commit, as git spells revisions.
        project: the project's directory, relative to the noxfile's.

    Example:
        >>> @nox.session(python=nox_cleanroom.supported_pythons())  # doctest: +SKIP
        ... def tests(session):
        ...     nox_cleanroom.install(session, extras=["cli"], groups=["test"])
        ...     session.run("pytest")
    """
    variant = Variant(extras=extras if extras == "all" else tuple(extras))
    venv = session.virtualenv
    is_reused = isinstance(venv, VirtualEnv) and venv._reused  # noqa: SLF001 - pinned by a test
    if is_reused and run_request.config(session).no_install:
        return
    here = Path.cwd()
    with _cell(session, variant, rev, project) as cell:
        _refuse_project(requirements, here, cell.run.request.project)
        cell.use(environment_of(skipping.require_environment(session)))
        stored = install_into(
            cell, requirements=requirements, groups=groups, cwd=here, replaces=is_reused
        )
        oid, is_pending = cell.run.source.commit.oid, rev in {STAGED, WORKING_TREE}
        runner = session._runner  # noqa: SLF001 - the same for all calls in a session
        _installed[runner] = _Installed(
            wheel=stored.wheel,
            facts=cell.facts,
            oid=oid,
            rev=rev if is_pending else oid,
            project=project,
        )
    _tell(session, stored.wheel)


def run(
    session: nox.Session,
    *command: str,
    test_sources: Sequence[str] = (),
    env: Mapping[str, str] | None = None,
    **more: Any,
) -> None:
    """Run a command on what `install` has installed, in a directory without the project.

    The session fails when a module of the wheel comes from anywhere else.

    Args:
        session: a session that has called `install`.
        command: the program and its arguments, as for ``session.run``.
        test_sources: files and directories of the commit to copy to that directory.
        env: further variables.
        more: further arguments of ``session.run``.

    Example:
        >>> nox_cleanroom.run(session, "pytest", "tests", test_sources=["tests"])  # doctest: +SKIP
    """
    found = _installed.get(session._runner)  # noqa: SLF001 - as in `install`
    with reporting(session, Options(rev=found.rev if found else "HEAD")) as report:
        if found is None:
            raise UsageError(
                "`run` needs what `install` installs in the same run.",
                hint="Call `install` first, and leave out -R and --no-install.",
            )
        with opened(session, "run", found.project, report) as opened_run:
            _require_same(found, opened_run)
            steps = opened_run.steps(session.name)
            place, witnesses = steps.directory("tests"), steps.directory("witnesses")
            with opened_run.source.worktree(opened_run.workspace) as tree:
                copy_sources(tree.project, test_sources, place)
            first = steps.directory("installed-first")
            installed_first(found.wheel, found.facts, first, witnesses)
            with opened_run.watch.during(session.name), session.chdir(place):
                session.run(*command, env={**(env or {}), "PYTHONPATH": str(first)}, **more)
            _require_installed(session, found, places_of_modules(witnesses))
            if opened_run.watch.changes:
                report.run = opened_run.finish([])


def _require_same(found: _Installed, run: OpenRun) -> None:
    """Make sure that the test sources are taken from the commit that is installed."""
    if run.source.commit.oid != found.oid:
        raise UsageError(
            "What is staged, or lies in the checkout, has changed since `install` has taken it.",
            hint="Run the session again.",
        )


def _require_installed(session: nox.Session, found: _Installed, places: Sequence[str]) -> None:
    """Make sure that the modules of a wheel came from where it is installed.

    Raises:
        InstallError: one did not.
    """
    inside = os.path.realpath(found.facts.prefix) + os.sep
    strange = [place for place in places if not place.startswith(inside)]
    if strange:
        message, hint = of_another_place(strange[0])
        raise InstallError(message, hint=hint, code=Code.IDENTITY_FAILED)
    if not places and found.wheel.import_names:
        session.warn("The command has imported no module of the wheel.")


def _tell(session: nox.Session, wheel: Wheel) -> None:
    """Say what is installed, and warn of modules that the current directory has, too."""
    session.log(clean_text(f"installed {wheel.filename} (sha256 {wheel.sha256[:12]})"))
    for name in sorted(wheel.top_level_names):
        place = Path(name)
        if place.with_suffix(".py").is_file() or any(place.glob("*.py")):
            session.warn(
                f"{clean_text(name)} can be imported from the current directory, too. A command"
                " that puts it on the path, such as `python -m pytest`, tests that and not what is"
                " installed; `nox_cleanroom.run` runs it elsewhere."
            )


def wheel(session: nox.Session, *, rev: str = "HEAD", project: str | Path = ".") -> Path:
    """The wheel of a commit for the session's Python; see `install`.

    Args:
        session: any session.
        rev: the commit, as git spells revisions.
        project: the project's directory, relative to the noxfile's.

    Returns:
        The path of a copy in nox's cache directory.
    """
    cache = session.cache_dir.absolute()
    with _cell(session, Variant(), rev, project) as cell:
        cell.make_environment()
        stored = Wheels(cell.run).take("wheel", cell)
        return _kept(stored.path, cache, stored.wheel.sha256)


def sdist(session: nox.Session, *, rev: str = "HEAD", project: str | Path = ".") -> Path:
    """The source distribution of a commit, built anew; see `wheel`."""
    cache = session.cache_dir.absolute()
    with _cell(session, Variant(), rev, project) as cell:
        cell.make_environment()
        return _kept(Wheels(cell.run).build_sdist(cell), cache, cell.run.source.commit.oid)


def _refuse_project(requirements: Sequence[str], here: Path, project: Path) -> None:
    """Refuse editable installs, and the project as it lies in its directory."""
    for one in requirements:
        # An extra may follow a path, and a name may precede one.
        path = re.sub(r"^([\w.\[\],-]+ *@ *)?(file:(//)?)?|\[[^\]/]*\]$", "", one)
        is_project = bool(path) and os.path.realpath(here / path) == str(project)
        if is_project or re.match(r"-e|--editable\b", one):
            raise UsageError(
                f"`install` cannot take {one!r}: it installs the wheel of a commit, as users do.",
                hint="`session.install` makes editable installs.",
            )


@contextlib.contextmanager
def _cell(
    session: nox.Session, variant: Variant, rev: str, project: str | Path
) -> Iterator[RunningCell]:
    """The cell of a run for one of the project's own sessions; the run fails as its own do."""
    with (
        reporting(session, Options(rev=rev)) as report,
        opened(session, "install", project, report) as run,
    ):
        python = run_request.python_of(session)
        steps = run.steps(session.name)
        cell = RunningCell(run=run, name=session.name, python=python, steps=steps, variant=variant)
        yield cell
        if run.watch.changes:
            report.run = run.finish([cell.record()])


def _kept(path: Path, cache: Path, key: str) -> Path:
    """A copy of a distribution that outlives the run, where nox keeps what sessions cache."""
    directory = cache / "nox-cleanroom" / "dist" / key[:12]
    directory.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copy2(path, directory / path.name))
