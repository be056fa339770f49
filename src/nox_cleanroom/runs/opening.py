"""Opening a run: the conditions that must hold before it starts, and the places that it uses."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from nox_cleanroom import redaction
from nox_cleanroom.build.distributions import Distributions, read_distributions
from nox_cleanroom.build.packages import configured_packages, find_packages, top_of
from nox_cleanroom.build.project import is_project
from nox_cleanroom.build.source_tree import Source, newest_with_project
from nox_cleanroom.build.worktree import reclaim
from nox_cleanroom.changes import display
from nox_cleanroom.checkout import pending
from nox_cleanroom.checkout.checkout import Checkout
from nox_cleanroom.checkout.commit import Commit
from nox_cleanroom.checkout.ranges import commits_in
from nox_cleanroom.checkout.watch import Watch
from nox_cleanroom.config.options import STAGED, WORKING_TREE
from nox_cleanroom.config.pyproject import parse_toml, tool_table
from nox_cleanroom.environments.installed_pythons import InstalledPythons
from nox_cleanroom.environments.installer_settings import InstallerSettings, settings_kept
from nox_cleanroom.environments.pip_and_uv_configuration import read_user_settings
from nox_cleanroom.environments.venvs import Environments
from nox_cleanroom.errors import ConfigError, DirtyCheckoutError, UsageError
from nox_cleanroom.places.ownership import Owned
from nox_cleanroom.places.projects import reserve_project
from nox_cleanroom.places.workspace import (
    EnvironmentsDirectory,
    Workspace,
    create_workspace,
    reserve_environments,
)
from nox_cleanroom.processes import supervision
from nox_cleanroom.processes.threads import threads
from nox_cleanroom.reports.evidence import require_usable
from nox_cleanroom.runs.run import OpenRun, Request
from nox_cleanroom.steps import Progress


@contextlib.contextmanager
def open_run(
    request: Request, progress: Progress, pythons: Sequence[str] = ()
) -> Iterator[OpenRun]:
    """Check all conditions of a run, and prepare the places that it uses.

    Args:
        request: the request.
        progress: what steps are told to.
        pythons: the Pythons whose environments are made meanwhile.

    Raises:
        CleanroomError: a condition does not hold; no files are left behind.
    """
    epoch, started_at = time.monotonic(), datetime.now(timezone.utc)
    checkout, options = _find_checkout(request), request.options
    commits = _commits(request, checkout)
    given = read_distributions(options.dist) if options.dist else None
    reclaimed = reclaim(checkout)
    installers = _read_installer_settings(request.env)
    with (
        reserve_project(request.project) as reserved,
        create_workspace(checkout.root, keep=options.keep) as workspace,
        reserve_environments(checkout.root, workspace) as room,
        installers.handed_over(workspace.root) as handed_over,
        supervision.supervised(),
        _working_in(workspace.neutral),
        threads(max(1, len(pythons))) as workers,
    ):
        environments = _environments(request, room, reserved.home)
        environments.begin(pythons, workers)
        source, packages = _find_source(request, checkout, workspace)
        if given is not None:
            _require_same_release(given, source)
        exempt = _exempt(request, checkout, source)
        watch = Watch(checkout, exempt=exempt, allowed=source.settings.allow)
        if options.require_clean:
            _require_clean(watch)
        run = OpenRun(
            request=request,
            source=source,
            environments=environments,
            workspace=workspace,
            home=reserved.home,
            installers=installers,
            installer_env=handed_over,
            watch=watch,
            progress=progress,
            epoch=epoch,
            started_at=started_at,
            notes=tuple(_notes(request, source, watch, installers, reclaimed)),
            given=given,
            commits=commits,
            packages=packages,
        ).of(source)
        # Git answers while environments are made; nobody waits for it then.
        workers.submit(lambda: (run.tracked, run.describe))
        yield run


@contextlib.contextmanager
def _working_in(directory: Path) -> Iterator[None]:
    """A block in another directory, because nox starts `python -m virtualenv` in the current one.

    In the checkout, a module there could be imported instead of one of virtualenv's.
    """
    previous = Path.cwd()
    os.chdir(directory)
    try:
        yield
    finally:
        os.chdir(previous)


def _environments(request: Request, room: EnvironmentsDirectory, home: Owned) -> Environments:
    return Environments(
        backend=request.backend,
        download=request.download,
        room=room,
        pythons=InstalledPythons.of(request.project, request.env),
        known=home.path / "interpreters",
    )


def _find_checkout(request: Request) -> Checkout:
    checkout = Checkout.find(request.project)
    for option, directory in _directories(request).items():
        require_usable(checkout, directory, option=option)
    return checkout


def _directories(request: Request) -> dict[str, Path]:
    """The directories that options name for what we write."""
    options = request.options
    named = {"--report-dir": options.report_dir, "--dist-dir": options.dist_dir}
    return {option: directory for option, directory in named.items() if directory is not None}


def _require_same_release(given: Distributions, source: Source) -> None:
    """Make sure that files are of the commit's project and version, as far as it states them.

    Raises:
        UsageError: they are of another one.
    """
    project = source.pyproject.get("project")
    stated = project if isinstance(project, Mapping) else {}
    name, version = stated.get("name"), stated.get("version")
    problems = []
    if isinstance(name, str) and canonicalize_name(name) != given.name:
        problems.append(f"the project {name}")
    with contextlib.suppress(InvalidVersion):
        if isinstance(version, str) and Version(version) != Version(given.version):
            problems.append(f"the version {version}")
    if problems:
        raise UsageError(
            f"The files are of {given.name} {given.version}, and commit {source.commit.short} has"
            f" {' and '.join(problems)}.",
            hint="Name the commit that they were built from with --rev, or run it outside of the"
            " repository.",
        )


def _commits(request: Request, checkout: Checkout) -> tuple[str, ...]:
    """The commits of a range, which only `smoke` tests."""
    commits, rev = commits_in(checkout, request.options.rev), request.options.rev
    if commits and request.session != "smoke":
        raise UsageError(
            f"{rev!r} is a range of commits, which only `smoke` tests.", hint="Name one commit."
        )
    if commits and request.options.all_packages:
        raise UsageError(
            f"{rev!r} is a range of commits, and --all-packages tests one.",
            hint="Run it in the directory of a package.",
        )
    if commits and request.options.dist:
        raise UsageError(
            f"{rev!r} is a range of commits, and --dist names the files of one.",
            hint="Leave out one of the two.",
        )
    if commits and request.options.write:
        raise UsageError(
            f"{rev!r} is a range of commits, and --write writes the report of one run.",
            hint="--report-dir keeps the evidence of each commit.",
        )
    return commits


def _find_source(
    request: Request, checkout: Checkout, workspace: Workspace
) -> tuple[Source, tuple[str, ...]]:
    """The project at the commit, and all packages that belong together, if any do."""
    place = workspace.directory("pending")
    found, oid = pending.resolve(checkout, request.options.rev, place, request.env)
    project = request.project.resolve().relative_to(checkout.root.resolve()).as_posix()
    commits = commits_in(checkout, request.options.rev)
    commit = found.commit(newest_with_project(found, commits, project) if commits else oid)
    packages = packages_of_project(request, found, commit, project)
    if request.options.all_packages:
        project = packages[0]
    source = Source.read(found, commit, project, timeout_seconds=request.timeout_seconds)
    return source, packages


def packages_of_project(
    request: Request, checkout: Checkout, commit: Commit, project: str
) -> tuple[str, ...]:
    """All packages of a commit that belong together; none if the project is tested alone."""
    if request.options.dist:
        return ()
    if request.packages:
        known = checkout.file_names(commit)
        named = (one for one in request.packages if is_project(checkout, commit, one, known))
        return tuple(sorted({*named, *([] if request.options.all_packages else [project])}))
    if request.options.all_packages:
        return find_packages(checkout, commit, top_of(checkout, commit, project))
    return configured_packages(checkout, commit, project)


def reports_of(request: Request, source: Source) -> list[tuple[str, Path]]:
    """The format and the file of each report to write; an option counts more than a setting."""
    configured = {name: request.project / path for name, path in source.settings.write.items()}
    return [*{**configured, **dict(request.options.write)}.items()]


def _exempt(request: Request, checkout: Checkout, source: Source) -> tuple[Path, ...]:
    """Paths in the checkout that nox and we write ourselves.

    Raises:
        CleanroomError: one cannot be written, or would be a new, unignored file.
    """
    reports = [path for _, path in reports_of(request, source)]
    for path in reports:
        require_usable(checkout, path.parent, path.name)
    # nox's own directory, at the top level or in the project, and the bytecode of a noxfile.
    tops = (checkout.root, request.project)
    usual = [top / name for top in tops for name in (".nox", "__pycache__/noxfile.")]
    return (*request.exempt, *_directories(request).values(), *reports, *usual)


def _read_installer_settings(env: Mapping[str, str]) -> InstallerSettings:
    told = read_user_settings(env)
    redaction.learn_from({one.name: str(one.value) for one in (*told.pip, *told.uv)})
    return settings_kept(told, env)


def _require_clean(watch: Watch) -> None:
    if watch.uncommitted:
        paths = [display(path) for path in sorted(watch.uncommitted)]
        more = f" and {len(paths) - 10:,} more" if len(paths) > 10 else ""
        count = "an uncommitted path" if len(paths) == 1 else f"{len(paths):,} uncommitted paths"
        raise DirtyCheckoutError(
            f"The checkout has {count}: {', '.join(paths[:10])}{more}.",
            hint="Commit, stash or ignore them, or leave out --require-clean.",
        )


def _untested(rev: str, uncommitted: Mapping[bytes, bytes]) -> list[bytes]:
    """The paths of the checkout with content that is not tested."""
    if rev == WORKING_TREE:
        return []
    # Of git's two letters, the second is about what is not staged.
    is_staged = rev == STAGED
    return [
        path for path, letters in uncommitted.items() if not (is_staged and letters.endswith(b" "))
    ]


def _notes(
    request: Request,
    source: Source,
    watch: Watch,
    installers: InstallerSettings,
    reclaimed: int,
) -> Iterator[str]:
    if request.install_only:
        yield "installed only; nothing was tested (--install-only)"
    untested = _untested(request.options.rev, watch.uncommitted)
    if untested:
        count = len(untested)
        paths = "1 uncommitted path is" if count == 1 else f"{count:,} uncommitted paths are"
        yield f"{paths} not part of what is tested"
    with contextlib.suppress(OSError, ConfigError):
        path = source.checkout.root / source.project / "pyproject.toml"
        text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
        if tool_table(parse_toml(text, str(path))) != tool_table(source.pyproject):
            yield (
                "[tool.nox-cleanroom] of the checkout differs from the commit's, which is the one"
                " that counts"
            )
    if reclaimed:
        yield f"removed the files of {reclaimed} killed runs"
    yield from installers.notes
    if source.settings.constraints:
        names = ", ".join(source.settings.constraints)
        yield f"`constraints` limit the installed versions: {names}"
