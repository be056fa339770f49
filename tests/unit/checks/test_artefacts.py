"""What a build has written, and somebody has committed."""

from __future__ import annotations

import pytest
from values import Says, look

from nox_cleanroom.errors import Code
from nox_cleanroom.probes.cleanliness import Committed

NAME = "tracked artefacts"
SAYS = Says(NAME)
BYTECODE = "bytecode, which Python writes by itself"
COPIES = "copies of the source that setuptools makes"
METADATA = "metadata that setuptools writes at every build"
CACHE = "a tool's own cache"

#: The files of a commit, and which of them a build has written.
CASES: dict[str, tuple[list[str], dict[str, str]]] = {
    "source": (["src/demo/__init__.py", "pyproject.toml"], {}),
    "a directory of bytecode, once": (
        ["demo/__pycache__/a.cpython-311.pyc", "demo/__pycache__/b.cpython-311.pyc"],
        {"demo/__pycache__": BYTECODE},
    ),
    "bytecode beside its source": (["demo/a.py", "demo/a.pyc"], {"demo/a.pyc": BYTECODE}),
    "bytecode without its source, as for a test": (["tests/data/a.pyc"], {}),
    "copies of the source in build/": (
        ["demo/a.py", "build/lib/demo/a.py"],
        {"build/lib": COPIES},
    ),
    "copies of the source in src/": (
        ["src/demo/a.py", "build/lib.linux-x86_64-3.11/demo/a.py"],
        {"build/lib.linux-x86_64-3.11": COPIES},
    ),
    "copies in a project below": (
        ["lib/demo/a.py", "lib/build/lib/demo/a.py"],
        {"lib/build/lib": COPIES},
    ),
    "a package that is called build": (["src/build/lib/a.py", "build/lib/other.py"], {}),
    "the cache of a tool": (
        [".mypy_cache/3.11/x.json", ".tox/py/x", "demo/.tox/x"],
        {".mypy_cache": CACHE, ".tox": CACHE},
    ),
    "metadata of setuptools": (
        ["demo.egg-info/SOURCES.txt", "demo.egg-info/PKG-INFO"],
        {"demo.egg-info": METADATA},
    ),
    "metadata that nothing generated": (
        ["bootstrap.egg-info/SOURCES.txt", "bootstrap.egg-info/PKG-INFO"],
        {},
    ),
    "half of such metadata": (["demo.egg-info/SOURCES.txt"], {}),
    "a wheel, as for a test": (["tests/data/demo-1.0-py3-none-any.whl", "dist/readme.txt"], {}),
}


@pytest.mark.parametrize(("names", "artefacts"), CASES.values(), ids=CASES)
def test_artefacts(names: list[str], artefacts: dict[str, str]) -> None:
    committed = Committed(
        names=tuple(names),
        generated=("demo.egg-info/SOURCES.txt",),
        ignored=(),
        ignore_rules="",
    )
    findings = [
        SAYS.failed(
            place,
            f"It is tracked, and it is {what}.",
            hint=f"git rm -r --cached -- {place}",
            code=Code.CHECKOUT_POLLUTED,
        )
        for place, what in artefacts.items()
    ]
    assert look(NAME, {"committed": committed}) == (findings or [SAYS.passed("checkout")])
