"""Where everything happens: directories, programs, interpreters, and the variables they see."""

from __future__ import annotations

import contextlib
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

#: Names of what was measured, and how much it was: seconds, or bytes.
Measures = Mapping[str, float]

#: The interpreters of a matrix, where they are here.
_PYTHONS = ("3.10", "3.11", "3.12", "3.13")
#: The interpreter of what is done on one alone, where it is here.
_FAVOURITE = "3.11"

#: What a user may have set for other work, and what would make one contender do other work than
#: another. PYTHONDONTWRITEBYTECODE would have every start of a tool compile the tool.
_FOREIGN = re.compile(
    r"PYTHON.*|VIRTUAL_ENV.*|CONDA_.*|NOX.*|TOX.*|UV_.*|PIP_.*|GIT_.*|GITHUB_.*|VIRTUALENV_.*|CI"
)

#: No command takes that long, in seconds, unless it hangs.
_TIMEOUT = 600.0


class CommandError(Exception):
    """A command did not succeed, so what it took says nothing."""


@dataclass(frozen=True, kw_only=True)
class Stage:
    """The directories, programs and interpreters that all contenders share."""

    #: The directory that everything is made in.
    root: Path
    #: The interpreters, by version; the ones of a matrix.
    pythons: Mapping[str, Path]
    #: The variables that every command sees.
    env: Mapping[str, str]

    @property
    def cache(self) -> Path:
        """Where nox-cleanroom keeps what it knows."""
        return self.root / "cache" / "nox-cleanroom"

    @property
    def python(self) -> str:
        """The version of the interpreter for what is done on one alone."""
        return _FAVOURITE if _FAVOURITE in self.pythons else list(self.pythons)[-1]

    @property
    def wheels(self) -> Path:
        """A directory with all requirements, so that nobody waits for the network."""
        return self.root / "wheels"

    def run(self, *command: str | Path, cwd: Path) -> str:
        """The standard output of a command that succeeds.

        Raises:
            CommandError: it does not.
        """
        return run(command, cwd=cwd, env=self.env)


def set_stage(root: Path, shims: Path | None = None) -> Stage:
    """A stage in a directory: empty, but for caches and requirements that are there already.

    Args:
        root: the directory.
        shims: the directory of pyenv's shims, if they come first on ``PATH``, as most people have
            it; otherwise the interpreters themselves do.
    """
    for name in ("subjects", "stands", "tmp"):
        shutil.rmtree(root / name, ignore_errors=True)
        (root / name).mkdir(parents=True)
    pythons = {version: path for version in _PYTHONS if (path := find_python(version))}
    if not pythons:
        raise SystemExit(f"None of Python {', '.join(_PYTHONS)} is on PATH.")
    stage = Stage(root=root, pythons=pythons, env=_variables(root, pythons, shims))
    _write_uv_settings(stage)
    return stage


def find_shims() -> Path | None:
    """The directory of pyenv's shims; None where there is no pyenv."""
    pyenv = shutil.which("pyenv")
    if pyenv is None:
        return None
    done = subprocess.run([pyenv, "root"], capture_output=True, text=True, check=True)
    return Path(done.stdout.strip()) / "shims"


def tool(name: str) -> Path:
    """A program of the environment that this runs in; all contenders' tools are installed there."""
    found = shutil.which(name, path=str(Path(sys.executable).parent))
    if found is None:
        raise SystemExit(
            f"{name} is not in the environment of this script: `nox -s bench` makes one,"
            " from the dependency group `bench`."
        )
    return Path(found)


def run(command: Sequence[str | Path], *, cwd: Path, env: Mapping[str, str]) -> str:
    """The standard output of a command that succeeds.

    Raises:
        CommandError: it does not.
    """
    # Files rather than pipes: who reads a pipe takes processor time from who writes.
    with _output_file() as out, _output_file() as errors:
        process = subprocess.Popen(
            command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=errors
        )
        # Not `wait(timeout)`: that looks every twentieth of a second, and all figures with it.
        limit = threading.Timer(_TIMEOUT, process.kill)
        limit.daemon = True
        limit.start()
        status = process.wait()
        limit.cancel()
        out.seek(0)
        errors.seek(0)
        output = out.read()
        if status != 0:
            shown = " ".join(str(part) for part in command)
            last = "\n".join((output + errors.read()).splitlines()[-20:])
            raise CommandError(f"{shown}: exit status {status}\n{last}")
        return output


def _output_file() -> IO[str]:
    return tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")


def timed(work: Callable[[], object]) -> Measures:
    """What some work took: seconds on the wall, and processor time of all that it started."""
    cpu, wall = _cpu_of_children(), time.perf_counter()
    work()
    return {"wall": time.perf_counter() - wall, "cpu": _cpu_of_children() - cpu}


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def find_python(version: str) -> Path | None:
    """The interpreter itself: on PATH may be a shim, or that of the environment we run in."""
    shims = find_shims()
    of_pyenv = (shims.parent / "versions").glob(f"{version}.*/bin/python") if shims else ()
    for command in (f"python{version}", *map(str, of_pyenv)):
        words = [command, "-c", "import sys; print(sys._base_executable)"]
        with contextlib.suppress(OSError, subprocess.CalledProcessError):
            done = subprocess.run(words, capture_output=True, text=True, check=True)
            return Path(done.stdout.strip())
    return None


def _variables(root: Path, pythons: Mapping[str, Path], shims: Path | None) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not _FOREIGN.fullmatch(name)}
    # Everybody finds the same interpreters.
    first = [str(python.parent) for python in pythons.values()]
    others = kept.get("PATH", os.defpath).split(os.pathsep)
    if shims is not None:
        versions = str(shims.parent / "versions")
        first, others = [str(shims)], [one for one in others if not one.startswith(versions)]
        # All of them are active: the shims of others fail, and not every tool goes on then.
        kept["PYENV_VERSION"] = ":".join(one.parent.parent.name for one in pythons.values())
    path = [*first, *others]
    return {
        **kept,
        "PATH": os.pathsep.join(path),
        # One file system for caches, environments and temporary files, so that whoever links
        # files rather than copying them can; and nobody's own caches are touched.
        "TMPDIR": str(root / "tmp"),
        "XDG_CACHE_HOME": str(root / "cache"),
        "UV_CACHE_DIR": str(root / "cache" / "uv"),
        "UV_CONFIG_FILE": str(root / "settings-of-uv.toml"),
        "UV_PYTHON_DOWNLOADS": "never",
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_FIND_LINKS": (root / "wheels").as_uri(),
        "PIP_NO_INDEX": "1",
        "VIRTUALENV_OVERRIDE_APP_DATA": str(root / "cache" / "virtualenv"),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
    }


def _write_uv_settings(stage: Stage) -> None:
    wheels = stage.wheels.as_uri()
    settings = f'no-index = true\nfind-links = ["{wheels}"]\n'
    (stage.root / "settings-of-uv.toml").write_text(settings, encoding="utf-8")
