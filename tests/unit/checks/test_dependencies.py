"""Installed requirements that do not fit together."""

from __future__ import annotations

from typing import Any

import pytest
from values import Says, distribution, facts, installed, look, wheel

from nox_cleanroom.probes.installed import Distribution, Installed

NAME = "dependencies"
SAYS = Says(NAME)


#: What is installed besides demo, which requires something; and the problems.
CASES: dict[str, tuple[Installed, list[str]]] = {
    "nothing is required": (installed(), []),
    "what is required is there": (
        installed(distribution("demo", "1.0", "other>=1"), distribution("other", "1.5")),
        [],
    ),
    "another spelling of the name": (
        installed(distribution("demo", "1.0", "My.Other"), distribution("my_other")),
        [],
    ),
    "it is not there": (
        installed(distribution("demo", "1.0", "other>=1")),
        ["demo 1.0 requires other>=1, and it is not installed."],
    ),
    "another version is there": (
        installed(distribution("demo", "1.0", "other<2"), distribution("other", "2.1")),
        ["demo 1.0 requires other<2, and 2.1 is installed."],
    ),
    "a requirement of a requirement": (
        installed(distribution("demo"), distribution("other", "2.1", "third")),
        ["other 2.1 requires third, and it is not installed."],
    ),
    "several, in the order of names": (
        installed(
            distribution("zeta", "1.0", "absent"),
            distribution("demo", "1.0", "zeta>1", "gone"),
        ),
        [
            "demo 1.0 requires zeta>1, and 1.0 is installed.",
            "demo 1.0 requires gone, and it is not installed.",
            "zeta 1.0 requires absent, and it is not installed.",
        ],
    ),
    "a marker that does not hold there": (
        installed(distribution("demo", "1.0", 'other; python_version < "3.11"')),
        [],
    ),
    "a marker that holds there": (
        installed(distribution("demo", "1.0", 'other; python_version < "3.12"')),
        ['demo 1.0 requires other; python_version < "3.12", and it is not installed.'],
    ),
    "a marker that cannot be decided": (
        installed(distribution("demo", "1.0", "other; os_name ~= 'posix'")),
        [],
    ),
    "an extra that is not installed": (
        installed(distribution("demo", "1.0", 'other; extra == "x"')),
        [],
    ),
    "an extra that is installed": (
        installed(distribution("demo", "1.0", 'other; extra == "x"'), extras=("x",)),
        ['demo 1.0 requires other; extra == "x", and it is not installed.'],
    ),
    "the extra of another distribution": (
        installed(
            distribution("demo"), distribution("other", "1", 'y; extra == "x"'), extras=("x",)
        ),
        [],
    ),
    "what cannot be parsed is for another check": (
        installed(distribution("demo", "1.0", "a b c")),
        [],
    ),
    "a prerelease is as good as it is": (
        installed(distribution("demo", "1.0", "other>=1"), distribution("other", "2.0b1")),
        [],
    ),
    "what is no version, where any would do": (
        installed(distribution("demo", "1.0", "other"), distribution("other", "2004d-x")),
        [],
    ),
    "what is no version, where not any would do": (
        installed(distribution("demo", "1.0", "other>=1"), distribution("other", "2004d-x")),
        ["demo 1.0 requires other>=1, and 2004d-x is installed."],
    ),
    "metadata that cannot be read": (
        installed(distribution("demo"), Distribution(name="", version="", problem="x")),
        [],
    ),
}


@pytest.mark.parametrize(("found", "problems"), CASES.values(), ids=CASES)
def test_dependencies(found: Installed, problems: list[str]) -> None:
    values: dict[str, Any] = {"wheel": wheel(), "facts": facts(), "installed": found}
    expected = SAYS.passed("requirements")
    if problems:
        expected = SAYS.failed(
            "requirements",
            "The installed requirements do not fit together.",
            hint="Loosen the bounds that exclude each other.",
            output="\n".join(problems),
        )
    assert look(NAME, values) == [expected]
