"""The ways of doing the work: nox-cleanroom's, other tools', and the bare commands."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from stage import CommandError, Measures, Stage, timed, tool
from subjects import Subject

from nox_cleanroom.places.projects import directory_name

_INSIDE = Path(__file__).parent / "inside.py"
_IMPORT = ("-c", "import colours")

#: A matrix of two cores does two things at once, here as there.
_AT_ONCE = max(2, os.cpu_count() or 1)


@dataclass(frozen=True, kw_only=True)
class Stand:
    """What one contender has to itself, so that nobody finds another's leftovers."""

    stage: Stage
    subject: Subject
    #: A clone of the subject's repository.
    checkout: Path
    #: A directory for what a contender makes elsewhere.
    scratch: Path

    def run(self, *command: str | Path) -> str:
        """The standard output of a command that is run in the checkout and succeeds."""
        return self.stage.run(*command, cwd=self.checkout)


def leave(_stand: Stand) -> None:
    """Leave the stand as the last run has left it."""


def clean(stand: Stand) -> None:
    """Remove everything that is not in the commit: environments, wheels, what builds leave."""
    stand.run("git", "clean", "-ffdxq")
    shutil.rmtree(_home(stand), ignore_errors=True)


def without_wheels(stand: Stand) -> None:
    """Have the wheel built anew."""
    shutil.rmtree(_home(stand) / "wheels", ignore_errors=True)


def _home(stand: Stand) -> Path:
    """Where nox-cleanroom keeps what it knows of the project."""
    return stand.stage.cache / "projects" / directory_name(stand.checkout.resolve())


def used(run: Callable[[Stand], Measures]) -> Callable[[Stand], None]:
    """What makes a stand one on which the work has been done before."""

    def use(stand: Stand) -> None:
        mark = stand.scratch / "used"
        if not mark.exists():
            run(stand)
            mark.touch()

    return use


@dataclass(frozen=True, kw_only=True)
class Contender:
    """One way of doing some work."""

    #: What it is called in tables and charts.
    name: str
    #: Does the work once and says what it took.
    run: Callable[[Stand], Measures]
    #: Makes the stand as it has to be before each run; nobody's time.
    reset: Callable[[Stand], None] = leave
    #: Whether it is this project's.
    ours: bool = False
    #: Whether one run says it all, however many rounds the others take.
    once: bool = False


# --- nox-cleanroom


def _cleanroom(
    stand: Stand,
    session: str,
    *options: str,
    built: bool,
    cells: int,
    of_nox: Sequence[str] = (),
) -> Measures:
    took = timed(partial(stand.run, tool("nox"), *of_nox, "-s", session, "--", *options))
    evidence = stand.checkout / ".nox" / ".cache" / "nox-cleanroom" / "evidence"
    found = json.loads((evidence / f"{session}.json").read_text(encoding="utf-8"))["cells"]
    # It must have done what it is compared for.
    if len(found) != cells or built != any(cell["wheel"]["built_now"] for cell in found):
        raise CommandError(f"{session}: not {cells} cells, or a wheel was built or was not.")
    outcomes = {probe["outcome"] for cell in found for probe in cell["probes"]}
    # No commands of its own are configured, so their probe is skipped.
    if outcomes != {"PASSED", "SKIPPED"}:
        raise CommandError(f"{session}: probes were {', '.join(sorted(outcomes))}.")
    return took


def _matrix(
    *options: str, built: bool, ways: int = 1, of_nox: Sequence[str] = ()
) -> Callable[[Stand], Measures]:
    return lambda stand: _cleanroom(
        stand,
        "matrix",
        *options,
        of_nox=of_nox,
        built=built,
        cells=len(stand.stage.pythons) * ways,
    )


def _smoke(*, built: bool) -> Callable[[Stand], Measures]:
    return lambda stand: _cleanroom(stand, f"smoke-{stand.stage.python}", built=built, cells=1)


def _command(session: str, *options: str, built: bool) -> Callable[[Stand], Measures]:
    """Run `nox-cleanroom` on a real package: on four interpreters, or on one."""

    def run(stand: Stand) -> Measures:
        stage, reports = stand.stage, stand.scratch / "reports"
        words = [session, *options, "--report-dir", str(reports)]
        cells = len(stage.pythons)
        if session == "matrix":
            words += ["--pythons", ",".join(stage.pythons)]
        else:
            words[0], cells = f"smoke-{stage.python}", 1
        took = timed(partial(stand.run, tool("nox-cleanroom"), *words))
        found = json.loads((reports / f"{words[0]}.json").read_text(encoding="utf-8"))["cells"]
        # It must have done what it is compared for.
        if len(found) != cells or built != any(cell["wheel"]["built_now"] for cell in found):
            raise CommandError(f"{session}: not {cells} cells, or a wheel was built or was not.")
        return took

    return run


def _until_testing(stand: Stand) -> Measures:
    """The time until it says what it tests; it ends by itself."""
    words = [str(tool("nox-cleanroom")), f"smoke-{stand.stage.python}"]
    started = time.perf_counter()
    with subprocess.Popen(
        words,
        cwd=stand.checkout,
        env=stand.stage.env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as process:
        for line in process.stderr or ():
            if b"testing" in line:
                took = time.perf_counter() - started
                process.communicate()
                return {"wall": took}
    raise CommandError("nox-cleanroom has not said what it tests.")


def _further_interpreter(stand: Stand) -> Measures:
    """What each interpreter of a matrix costs beyond the first, with a wheel at hand."""
    pythons = stand.stage.pythons
    one = ("-s", "matrix", "--", "--pythons", next(iter(pythons)))
    alone = timed(partial(stand.run, tool("nox"), *one))
    every = _cleanroom(stand, "matrix", built=False, cells=len(pythons))
    return {name: (every[name] - alone[name]) / (len(pythons) - 1) for name in every}


#: Of several ways to test, one.
_ONE_WAY = ("--artifact", "wheel", "--resolution", "highest", "--extras", "all")

MATRIX_COLD = Contender(
    name="matrix, cold", run=_matrix(built=True), reset=without_wheels, ours=True
)
MATRIX_COLD_WITHOUT_SDIST = Contender(
    name="matrix, cold, --artifact wheel",
    run=_matrix("--artifact", "wheel", built=True),
    reset=without_wheels,
    ours=True,
)
MATRIX_OF_FOUR = Contender(
    name="matrix, warm, of four of these cells",
    run=_matrix(*_ONE_WAY, built=False),
    reset=used(_matrix(*_ONE_WAY, built=True)),
    ours=True,
)
MATRIX_OF_SIXTEEN = Contender(
    name="matrix, warm, of sixteen cells",
    run=_matrix(built=False, ways=4),
    reset=used(_matrix(built=True, ways=4)),
    ours=True,
)
MATRIX_WARM = Contender(
    name="matrix, warm", run=_matrix(built=False), reset=used(_matrix(built=True)), ours=True
)
MATRIX_WITHOUT_UV = Contender(
    name="matrix, cold, without uv",
    run=_matrix(of_nox=("-fb", "virtualenv"), built=True),
    reset=without_wheels,
    ours=True,
)
MATRIX_WITHOUT_UV_WARM = Contender(
    name="matrix, warm, without uv",
    run=_matrix(of_nox=("-fb", "virtualenv"), built=False),
    reset=used(_matrix(of_nox=("-fb", "virtualenv"), built=True)),
    ours=True,
)
MATRIX_WITHOUT_UV_WITHOUT_SDIST = Contender(
    name="matrix, cold, without uv, --artifact wheel",
    run=_matrix("--artifact", "wheel", of_nox=("-fb", "virtualenv"), built=True),
    reset=without_wheels,
    ours=True,
)
REAL_COLD = Contender(
    name="matrix, cold", run=_command("matrix", built=True), reset=without_wheels, ours=True
)
REAL_COLD_WITHOUT_SDIST = Contender(
    name="matrix, cold, --artifact wheel",
    run=_command("matrix", "--artifact", "wheel", built=True),
    reset=without_wheels,
    ours=True,
)
REAL_WARM = Contender(
    name="matrix, warm",
    run=_command("matrix", built=False),
    reset=used(_command("matrix", built=True)),
    ours=True,
)
REAL_SMOKE_COLD = Contender(
    name="smoke, cold", run=_command("smoke", built=True), reset=without_wheels, ours=True
)
REAL_SMOKE_WARM = Contender(
    name="smoke, warm",
    run=_command("smoke", built=False),
    reset=used(_command("smoke", built=True)),
    ours=True,
)
UNTIL_TESTING = Contender(
    name="nox-cleanroom smoke, until its first step",
    run=_until_testing,
    reset=used(_until_testing),
    ours=True,
)
SMOKE_COLD = Contender(name="smoke, cold", run=_smoke(built=True), reset=without_wheels, ours=True)
SMOKE_WARM = Contender(
    name="smoke, warm", run=_smoke(built=False), reset=used(_smoke(built=True)), ours=True
)
FURTHER = Contender(
    name="matrix, one more interpreter",
    run=_further_interpreter,
    reset=used(_matrix(built=True)),
    ours=True,
)


def _own_sessions(stand: Stand) -> Measures:
    """The work of four sessions of a project's own, one after another."""
    words = ("-f", "nox_own.py", "-fb", "uv", "-s", "own")
    return timed(partial(stand.run, tool("nox"), *words))


INSTALL_COLD = Contender(
    name="four sessions with `install`, cold", run=_own_sessions, reset=without_wheels, ours=True
)
INSTALL_WARM = Contender(
    name="four sessions with `install`, warm",
    run=_own_sessions,
    reset=used(_own_sessions),
    ours=True,
)


# --- tox


def _tox(*options: str) -> Callable[[Stand], Measures]:
    words = ("run-parallel", "-p", "2", "--parallel-no-spinner", *options)
    return lambda stand: timed(partial(stand.run, tool("tox"), *words))


TOX_UV = Contender(name="tox-uv -p 2 -r", run=_tox("-r"), reset=clean)
TOX_UV_REUSED = Contender(name="tox-uv -p 2, environments reused", run=_tox(), reset=used(_tox()))
TOX_UV_IN_TURN = Contender(
    name="tox-uv -r, one after another",
    run=lambda stand: timed(partial(stand.run, tool("tox"), "run", "-r")),
    reset=clean,
)
TOX = Contender(
    name="tox -p 2 -r, without uv", run=_tox("-r", "--runner", "virtualenv"), reset=clean
)


# --- nox


def _nox(backend: str, *options: str, one: bool = False) -> Callable[[Stand], Measures]:
    def run(stand: Stand) -> Measures:
        session = f"check-{stand.stage.python}" if one else "check"
        words = ("-f", "nox_plain.py", "-fb", backend, *options, "-s", session)
        return timed(partial(stand.run, tool("nox"), *words))

    return run


NOX_UV = Contender(name="nox with uv", run=_nox("uv", one=True), reset=clean)
NOX_UV_IN_TURN = Contender(
    name="four sessions with `session.install`, uv", run=_nox("uv"), reset=clean
)
NOX_UV_PARALLEL = Contender(name="nox -j 2 with uv", run=_nox("uv", "-j", "2"), reset=clean)
NOX_PIP = Contender(name="nox with virtualenv and pip", run=_nox("virtualenv"), reset=clean)


# --- the bare commands


def _forget_worktree(stand: Stand) -> None:
    shutil.rmtree(stand.scratch)
    stand.scratch.mkdir()
    stand.run("git", "worktree", "prune")


def _add_worktree(stand: Stand) -> Path:
    place = stand.scratch / "worktree"
    stand.run("git", "worktree", "add", "--quiet", "--detach", place)
    return place


def _build(stand: Stand, source: Path, python: str, *options: str) -> Path:
    out = stand.scratch / f"dist-{python}"
    where = ("--python", stand.stage.pythons[python], "--out-dir", out, source)
    stand.run(tool("uv"), "build", "--quiet", *options, *where)
    (wheel,) = out.glob("*.whl")
    return wheel


def _install(stand: Stand, wheel: Path, python: str) -> None:
    place = stand.scratch / python
    stand.run(tool("uv"), "venv", "--quiet", "--python", stand.stage.pythons[python], place)
    stand.run(tool("uv"), "pip", "install", "--quiet", "--python", place, wheel)
    stand.run(place / "bin" / "python", *_IMPORT)


def _bare_commands(stand: Stand, *options: str) -> None:
    source = _add_worktree(stand)
    pythons = list(stand.stage.pythons)
    if stand.subject.pure:
        wheels = dict.fromkeys(pythons, _build(stand, source, pythons[0], *options))
    else:
        # One after another: setuptools would have them write into the same directory.
        wheels = {python: _build(stand, source, python, *options) for python in pythons}
    with ThreadPoolExecutor(_AT_ONCE) as workers:
        list(workers.map(lambda python: _install(stand, wheels[python], python), pythons))


def _bare_interpreter(stand: Stand) -> Measures:
    """What each interpreter beyond the first takes, with a wheel that is there already.

    As many at once as elsewhere: two processors that share a core take more time for the same.
    """
    first, *further = stand.stage.pythons
    wheel = _build(stand, _add_worktree(stand), first, "--wheel")

    def install() -> None:
        with ThreadPoolExecutor(_AT_ONCE) as workers:
            list(workers.map(lambda python: _install(stand, wheel, python), further))

    took = timed(install)
    return {name: total / len(further) for name, total in took.items()}


BARE = Contender(
    name="bare uv commands",
    run=lambda stand: timed(lambda: _bare_commands(stand, "--wheel")),
    reset=_forget_worktree,
)
BARE_WITH_SDIST = Contender(
    name="bare uv commands, with the sdist",
    run=lambda stand: timed(lambda: _bare_commands(stand)),
    reset=_forget_worktree,
)
BARE_INTERPRETER = Contender(
    name="bare uv commands, one interpreter", run=_bare_interpreter, reset=_forget_worktree
)


# --- parts


def _inside(*words: str) -> Callable[[Stand], Measures]:
    def run(stand: Stand) -> Measures:
        filled = (word.format(python=stand.stage.python) for word in words)
        measures: Measures = json.loads(
            stand.run(sys.executable, _INSIDE, *filled).splitlines()[-1]
        )
        return measures

    return run


def _timed_command(*words: str | Path) -> Callable[[Stand], Measures]:
    return lambda stand: timed(partial(stand.run, *words))


SNAPSHOTS = Contender(name="snapshots", run=_inside("snapshots", "5"), ours=True)
GIT_STATUS = Contender(
    name="git status",
    run=_timed_command("git", "status", "--porcelain=v2", "-z", "-uall", "--ignored=matching"),
)
MEMORY = Contender(
    name="nox-cleanroom smoke", run=_inside("memory", "smoke-{python}"), ours=True, once=True
)
IMPORT = Contender(
    name="import nox_cleanroom",
    # The sessions are what a noxfile asks for; the package alone imports nothing.
    run=_timed_command(sys.executable, "-c", "from nox_cleanroom import define_sessions"),
    ours=True,
)
IMPORT_NOX = Contender(name="import nox", run=_timed_command(sys.executable, "-c", "import nox"))
NOX_VERSION = Contender(
    name="nox --version",
    run=lambda stand: timed(partial(stand.run, tool("nox"), "--version")),
)
LIST = Contender(
    name="nox -l with nox-cleanroom",
    run=lambda stand: timed(partial(stand.run, tool("nox"), "-l")),
    ours=True,
)
LIST_NOX = Contender(
    name="nox -l without",
    run=lambda stand: timed(partial(stand.run, tool("nox"), "-f", "nox_plain.py", "-l")),
)
