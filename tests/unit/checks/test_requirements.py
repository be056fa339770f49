"""Requirements that do not say what their author meant."""

from __future__ import annotations

from typing import Any

import pytest
from packaging.requirements import Requirement
from values import Says, distribution, installed, look, tracked, wheel

from nox_cleanroom.findings import Finding
from nox_cleanroom.probes.installed import Distribution

NAME = "requirements"
SAYS = Says(NAME)
DIRECT = "other @ git+https://example.org/other.git@main"
FINE = [SAYS.passed("all requirements")]
PYTHON = (
    "compares three numbers, and `python_version` has two, such as 3.11, so it decides for all"
    " versions 3.11.x at once."
)
FULL = "Use `python_full_version`, or two numbers."


def requiring(*lines: str, extras: tuple[str, ...] = ()) -> dict[str, Any]:
    """A wheel with these requirements, and these extras."""
    stated = [f"Requires-Dist: {line}\n" for line in lines]
    offered = [f"Provides-Extra: {extra}\n" for extra in extras]
    return {"wheel": wheel(metadata="".join([*offered, *stated]))}


def offering(*extras: str) -> dict[str, Any]:
    """An environment in which `web` is installed, which offers extras."""
    web = Distribution(name="Web", version="2.0", extras=extras)
    return {"installed": installed(distribution("demo"), web)}


def never(what: str, value: str, meant: str, operator: str = "==", how: str = "never holds") -> Any:
    return SAYS.warned(
        "other",
        f'`{what} {operator} "{value}"` {how}: `{what}` is never "{value}".',
        hint=f'Did you mean "{meant}"?' if meant else "Correct the value.",
    )


CASES: dict[str, tuple[dict[str, Any], list[Finding]]] = {
    "no requirements": ({}, FINE),
    "an extra that exists": ({**requiring("web[fast]"), **offering("fast", "slow")}, FINE),
    "an extra in another spelling": (
        {**requiring("web[Fast_Http]"), **offering("fast-http")},
        FINE,
    ),
    "an extra of what is not installed": (requiring('web[fst]; sys_platform == "win32"'), FINE),
    "an extra that is misspelt": (
        {**requiring("web[fst]>=1"), **offering("fast", "slow")},
        [
            SAYS.warned(
                "web[fst]>=1",
                "Web 2.0 has no extra `fst`, so installers only warn, and leave out what it should"
                " bring.",
                hint="Did you mean `fast`?",
            )
        ],
    ),
    "an extra of a distribution without any": (
        {**requiring("web[fast]"), **offering()},
        [
            SAYS.warned(
                "web[fast]",
                "Web 2.0 has no extra `fast`, so installers only warn, and leave out what it should"
                " bring.",
                hint="It has: none.",
            )
        ],
    ),
    "an extra of its own": (
        requiring('demo[plot]; extra == "all"', 'x; extra == "plot"', extras=("plot", "all")),
        FINE,
    ),
    "an extra of its own that does not exist": (
        requiring('demo[plots]; extra == "all"', 'x; extra == "plot"', extras=("plot", "all")),
        [
            SAYS.warned(
                "demo[plots]",
                "It refers to the extra `plots` of this distribution, which does not exist.",
                hint="Did you mean `plot`?",
            )
        ],
    ),
    "a marker of an extra that does not exist": (
        requiring('x; extra == "tset"', 'y; extra == "test"', extras=("test",)),
        [
            SAYS.warned(
                "x",
                "Its marker names the extra `tset`, which this distribution does not have.",
                hint="Did you mean `test`?",
            )
        ],
    ),
    "an extra without requirements": (
        requiring('x; extra == "test"', extras=("test", "old")),
        [
            SAYS.warned(
                "[old]",
                "This extra brings no requirement, so users who ask for it get nothing more.",
                hint="Are its requirements optional ones by the backend's rules? If it is kept for"
                " old users only, waive this finding.",
            )
        ],
    ),
    "an extra that is empty on purpose": (
        {**requiring(extras=("old-one",)), "tracked": tracked(empty_extras=("old_one",))},
        FINE,
    ),
    "an extra with a requirement for some systems": (
        requiring('x; sys_platform == "win32" and extra == "test"', extras=("test",)),
        FINE,
    ),
    "systems that exist": (
        requiring(
            'other; sys_platform == "win32"',
            'other; sys_platform != "darwin"',
            'other; "linux" == sys_platform',
            'other; platform_system == "Windows"',
            'other; os_name == "nt"',
            'other; implementation_name == "cpython"',
            'other; platform_python_implementation != "PyPy"',
        ),
        FINE,
    ),
    "windows as a platform": (
        requiring('other; sys_platform == "windows"'),
        [never("sys_platform", "windows", "win32")],
    ),
    "win as a platform": (
        requiring('other; sys_platform == "win"'),
        [never("sys_platform", "win", "win32")],
    ),
    "win32 as a system": (
        requiring('other; platform_system == "win32"'),
        [never("platform_system", "win32", "Windows")],
    ),
    "linux as a system": (
        requiring('other; platform_system != "linux"'),
        [never("platform_system", "linux", "Linux", "!=", "holds everywhere")],
    ),
    "macos as a platform": (
        requiring('other; "macos" == sys_platform'),
        [never("sys_platform", "macos", "darwin")],
    ),
    "an operating system's name": (
        requiring('other; os_name == "windows"'),
        [never("os_name", "windows", "nt")],
    ),
    "an implementation in capitals": (
        requiring('other; implementation_name == "CPython"'),
        [never("implementation_name", "CPython", "cpython")],
    ),
    "an implementation that nobody knows": (
        requiring('other; platform_python_implementation == "Snake"'),
        [never("platform_python_implementation", "Snake", "")],
    ),
    "a direct reference": (
        requiring(DIRECT),
        [
            SAYS.warned(
                str(Requirement(DIRECT)),
                "It is a direct reference, and the public index refuses distributions with one.",
                hint="Require a released version, or keep it out of the published metadata.",
            )
        ],
    ),
    "versions of two numbers": (
        requiring('other; python_version < "3.11"', 'other; python_version >= "3.10.0"'),
        FINE,
    ),
    "a full version": (requiring('other; python_full_version >= "3.11.2"'), FINE),
    "a third number": (
        requiring('other; python_version >= "3.11.2"'),
        [SAYS.warned("other", f'`python_version >= "3.11.2"` {PYTHON}', hint=FULL)],
    ),
    "newer than a version of three numbers": (
        requiring("other; python_version > '3.10.0'"),
        [SAYS.warned("other", f'`python_version > "3.10.0"` {PYTHON}', hint=FULL)],
    ),
}


@pytest.mark.parametrize(("values", "findings"), CASES.values(), ids=CASES)
def test_requirements(values: dict[str, Any], findings: list[Finding]) -> None:
    assert (
        look(NAME, {"wheel": wheel(), "installed": installed(), "tracked": tracked()}, **values)
        == findings
    )
