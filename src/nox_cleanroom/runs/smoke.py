"""One cell: the commit's wheel, installed in a fresh environment, verified, probed and checked."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from nox_cleanroom.build.wheelhouse import StoredWheel
from nox_cleanroom.probes.builds import VersionSources
from nox_cleanroom.probes.commands import run_commands
from nox_cleanroom.probes.description import render_description
from nox_cleanroom.probes.extras import WithExtras, look_with_extras, missing_extras
from nox_cleanroom.probes.installation import Installation
from nox_cleanroom.probes.installed import look_at_installed
from nox_cleanroom.probes.loading import load
from nox_cleanroom.probes.own_tests import run_tests
from nox_cleanroom.probes.sources import read_sources
from nox_cleanroom.probes.traces import look_for_traces
from nox_cleanroom.probes.tracked import find_left_out
from nox_cleanroom.runs.cell import RunningCell
from nox_cleanroom.runs.comparison import compare_with_sdist
from nox_cleanroom.runs.installing import install, install_in
from nox_cleanroom.runs.wheels import Wheels


def smoke(
    cell: RunningCell,
    wheels: Wheels,
    *,
    meanwhile: Callable[[], object] | None = None,
    compares: bool = True,
    is_known: Callable[[Installation], bool] = lambda _: False,
) -> None:
    """Test the commit's wheel on one interpreter.

    Args:
        cell: the interpreter, and the way to test on it; the cell receives the results.
        wheels: the commit's wheels.
        meanwhile: called when the environment exists, to start other work at the same time.
        compares: whether to compare the wheel of a source distribution with that of the tree.
        is_known: whether the verdict on what is installed is known, so that nothing is probed.

    Raises:
        InterpreterMissingError: the interpreter is not on this machine.
        InterruptedRunError: the run is being ended.
    """
    run = cell.run
    with cell.noting_problems():
        cell.make_environment()
        run.source.require_python(cell.facts.version)
        if meanwhile is not None:
            meanwhile()
        stored = cell.stored = wheels.take(cell.variant.artifact, cell)
        # The environment is still empty, except for pip where pip installs.
        installation = install(cell, stored)
        if not (run.request.install_only or is_known(installation)):
            _probe_and_check(cell, stored, installation)
    if compares and cell.variant.artifact == "sdist" and cell.findings:
        compare_with_sdist(cell, wheels)


def build(cell: RunningCell, wheels: Wheels) -> None:
    """Build the commit's wheel for one interpreter, for others; see `smoke`."""
    with cell.noting_problems():
        cell.make_environment()
        cell.run.source.require_python(cell.facts.version)
        cell.stored = wheels.take(cell.variant.artifact, cell)


def _probe_and_check(cell: RunningCell, stored: StoredWheel, installation: Installation) -> None:
    """Run the probes and the checks; commands that need files get a worktree."""
    run = cell.run
    with contextlib.ExitStack() as stack:
        if run.source.settings.need_worktree:
            with cell.steps.action("create worktree"):
                tree = stack.enter_context(run.source.worktree(run.workspace))
            installation = replace(installation, project=tree.project)
        cell.values |= {"wheel": stored.wheel, "facts": cell.facts, "tracked": run.tracked}
        cell.values["version_sources"] = VersionSources.of(stored)
        places = (stored.provenance.built_in, str(run.source.checkout.root))
        same, path = stored.wheel.sha256, stored.path
        # pip has compiled all modules.
        is_compiled = cell.environment.uv is None
        with contextlib.nullcontext() if is_compiled else run.bytecode.lent(cell.facts):
            cell.bring(
                loaded=partial(load, installation),
                sources=partial(read_sources, installation, run.tracked, run.readings),
                installed=partial(look_at_installed, installation),
                traces=lambda: run.once.get((same, places), lambda: look_for_traces(path, places)),
                description=lambda: run.once.get(same, lambda: render_description(stored.wheel)),
            )
            cell.bring(commands=partial(run_commands, installation))
        # Last, because other probes must not see the requirements of the tests.
        pyproject, options = run.source.pyproject, cell.install_options
        cell.bring(tests=partial(run_tests, installation, pyproject, options))
        cell.check(
            {
                "left_out": partial(find_left_out, run.source.checkout, run.tracked),
                "with_extras": partial(_look_with_extras, cell, installation),
            }
        )


def _look_with_extras(cell: RunningCell, first: Installation) -> WithExtras:
    """The same wheel with all of its extras, in a second environment."""
    environments = cell.run.environments
    with cell.steps.action("make second environment"):
        environment = environments.fresh(cell.python, "extras")
    second = replace(
        first,
        environment=environment,
        facts=environments.facts(environment, cell.steps),
        extras=(*first.extras, *missing_extras(first.wheel, first.extras)),
    )
    install_in(second, cell)
    return look_with_extras(second, cell.run.tracked, cell.run.readings)
