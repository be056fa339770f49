"""The packages that the contenders work on, each committed to a git repository of its own."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from stage import Stage, find_python, run

#: What builds need, in a form that needs no building itself.
_BACKENDS = (
    *("hatchling", "setuptools", "build", "hatch-vcs", "hatch-fancy-pypi-readme"),
    *("flit-core<4", "poetry-core", "tomli"),
)
#: Pythons for which today's backends are not made, but which released packages support.
_OLDER = ("3.8", "3.9")
#: Small, pure, and without requirements of their own.
_REQUIREMENTS = (
    "attrs",
    "click",
    "idna",
    "iniconfig",
    "packaging",
    "pathspec",
    "platformdirs",
    "pluggy",
    "six",
    "zipp",
)

_FILES_PER_DIRECTORY = 100


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A package, and the repository that it is in."""

    #: What it is called in names of rows.
    name: str
    #: What it is, for people.
    about: str
    requirements: tuple[str, ...] = ()
    #: Whether one wheel serves all interpreters.
    pure: bool = True
    #: Whether it is to be tested in four ways on each interpreter.
    axes: bool = False
    #: How many tracked files there are beside the package.
    more_files: int = 0
    #: A released source distribution, whose files it has instead.
    sdist: str = ""
    #: What is imported of it.
    module: str = "colours"


TINY = Subject(name="tiny", about="tiny package")
AXES = Subject(name="axes", about="tiny package, four ways", axes=True)
TEN = Subject(name="ten", about="ten dependencies", requirements=_REQUIREMENTS)
EXTENSION = Subject(name="c", about="C extension", pure=False)
FILES_5000 = Subject(name="5000", about="5,000 files", more_files=5_000)
FILES_50000 = Subject(name="50000", about="50,000 files", more_files=50_000)
ATTRS = Subject(name="attrs", about="attrs", sdist="attrs==25.3.0", module="attrs")
PACKAGING = Subject(
    name="packaging", about="packaging", sdist="packaging==25.0", module="packaging"
)
CLICK = Subject(name="click", about="click", sdist="click==8.3.0", module="click")
RICH = Subject(
    name="rich",
    about="rich",
    sdist="rich==14.1.0",
    module="rich",
    requirements=("markdown-it-py", "pygments"),
)
FAKER = Subject(
    name="faker",
    about="faker, 700 modules",
    sdist="faker==37.8.0",
    module="faker",
    requirements=("tzdata",),
)
#: Released packages, of which `--check` looks at two.
REAL = (PACKAGING, CLICK, ATTRS, RICH)
GUARDED = (PACKAGING, ATTRS)


def fetch_requirements(stage: Stage) -> None:
    """Download what the subjects and their builds need, unless it is there already."""
    if stage.wheels.exists():
        return
    aside = stage.root / "tmp" / "wheels"
    # For the oldest interpreter, which needs the most.
    oldest = str(next(iter(stage.pythons.values())))
    pip = [sys.executable, "-m", "pip", "--python", oldest, "download", "-qq"]
    pip += ["--only-binary=:all:", "--dest", str(aside)]
    # With the user's own settings: they know where packages come from.
    more = (one for subject in (*REAL, FAKER) for one in subject.requirements)
    subprocess.run([*pip, *_BACKENDS, *_REQUIREMENTS, *more], check=True)
    # nox-cleanroom builds with still older ones, which find their backends on an index.
    for python in filter(None, map(find_python, _OLDER)):
        pip = [str(python), "-m", "pip", "download", "-qq", "--only-binary=:all:"]
        subprocess.run([*pip, "--dest", str(aside), *_BACKENDS], check=False)
    aside.rename(stage.wheels)


def make_repository(stage: Stage, subject: Subject) -> Path:
    """The subject's repository, with one commit."""
    root = stage.root / "subjects" / subject.name
    shutil.rmtree(root, ignore_errors=True)
    if subject.sdist:
        _unpack(stage, subject, root)
    for name, content in _files(stage, subject):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    identity = ["-c", "user.name=A Benchmark", "-c", "user.email=benchmark@example.org"]
    for command in (
        ["init", "--quiet"],
        ["add", "--all"],
        [*identity, "commit", "--quiet", "--message", subject.about],
        # A version that comes from git is that of the release.
        *([["tag", subject.sdist.partition("==")[2]]] if subject.sdist else []),
    ):
        run(["git", *command], cwd=root, env=stage.env)
    return root


def _unpack(stage: Stage, subject: Subject, root: Path) -> None:
    """Make a directory of what is in a source distribution."""
    path = stage.wheels / f"{subject.sdist.replace('==', '-')}.tar.gz"
    if not path.exists():
        pip = [sys.executable, "-m", "pip", "download", "-qq", "--no-binary=:all:", "--no-deps"]
        # With the user's own settings, as above.
        subprocess.run([*pip, "--dest", str(stage.wheels), subject.sdist], check=True)
    place = stage.root / "tmp" / f"{subject.name}-source"
    shutil.rmtree(place, ignore_errors=True)
    # As data: with the owners of the archive, git would not trust it.
    shutil.unpack_archive(path, place, filter="data")
    (inner,) = place.iterdir()
    root.parent.mkdir(parents=True, exist_ok=True)
    inner.rename(root)


def _files(stage: Stage, subject: Subject) -> Iterator[tuple[str, str]]:
    yield ".gitignore", "/.nox/\n/.tox/\n/build/\n/src/*.egg-info/\n__pycache__/\n"
    yield from _sessions(stage, subject)
    if subject.sdist:
        return
    yield "pyproject.toml", _pyproject(stage, subject)
    yield "src/colours/__init__.py", '"""Colours."""\n\n__version__ = "1.0"\n'
    yield "src/colours/cli.py", 'def main() -> None:\n    print("red")\n'
    if not subject.pure:
        yield "setup.py", _SETUP
        yield "src/colours/_mix.c", _EXTENSION
    for number in range(subject.more_files):
        place = f"data/{number // _FILES_PER_DIRECTORY:03}/{number % _FILES_PER_DIRECTORY:02}.txt"
        yield place, f"{number}\n"


def _sessions(stage: Stage, subject: Subject) -> Iterator[tuple[str, str]]:
    """The files with which tools test a subject."""
    pythons = list(stage.pythons)
    yield "noxfile.py", "import nox_cleanroom\n\nnox_cleanroom.define_sessions()\n"
    yield "nox_plain.py", _PLAIN_NOXFILE.format(pythons=pythons, module=subject.module)
    yield "nox_own.py", _OWN_NOXFILE.format(pythons=pythons, module=subject.module)
    yield "tox.ini", _tox_ini(stage, subject)


def _pyproject(stage: Stage, subject: Subject) -> str:
    backend = "hatchling" if subject.pure else "setuptools"
    module = "hatchling.build" if subject.pure else "setuptools.build_meta"
    return f"""\
[build-system]
requires = ["{backend}"]
build-backend = "{module}"

[project]
name = "colours"
version = "1.0"
requires-python = ">={next(iter(stage.pythons))}"
dependencies = {list(subject.requirements)}

[project.scripts]
colours = "colours.cli:main"

[tool.nox-cleanroom]
pythons = {list(stage.pythons)}
{_AXES if subject.axes else ""}"""


def _tox_ini(stage: Stage, subject: Subject) -> str:
    environments = ", ".join(f"py{version.replace('.', '')}" for version in stage.pythons)
    # One wheel for all is tox's default only where the package says that it is pure.
    shared = "wheel_build_env = .pkg\n" if subject.pure else ""
    return f"""\
[tox]
env_list = {environments}
skip_missing_interpreters = false

[testenv]
package = wheel
pass_env = PYENV_VERSION
{shared}commands = python -c "import {subject.module}"

[pkgenv]
pass_env = PYENV_VERSION
"""


#: The extra brings nothing: what counts is the cell.
_AXES = """\
artifact = ["wheel", "sdist"]
resolution = ["highest", "lowest-direct"]
extras = "all"

[project.optional-dependencies]
more = []
"""

_PLAIN_NOXFILE = """\
import nox


@nox.session(python={pythons}, download_python="never", allow_parallel=True)
def check(session):
    session.install(".")
    session.run("python", "-c", "import {module}")
"""

_OWN_NOXFILE = """\
import nox
import nox_cleanroom


@nox.session(python={pythons}, download_python="never", allow_parallel=True)
def own(session):
    nox_cleanroom.install(session)
    session.run("python", "-c", "import {module}")
"""

_SETUP = """\
from setuptools import Extension, setup

setup(ext_modules=[Extension("colours._mix", ["src/colours/_mix.c"])])
"""

_EXTENSION = """\
#include <Python.h>

static PyObject *mix(PyObject *module, PyObject *colours)
{
    return PyUnicode_FromFormat("%S", colours);
}

static PyMethodDef methods[] = {{"mix", mix, METH_O, "A colour."}, {NULL, NULL, 0, NULL}};

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_mix", NULL, -1, methods};

PyMODINIT_FUNC PyInit__mix(void)
{
    return PyModule_Create(&module);
}
"""
