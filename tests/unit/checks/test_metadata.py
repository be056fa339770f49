"""Names, versions and requirements that are not what the standards and the file's name say."""

from __future__ import annotations

from typing import Any

import pytest
from values import INFO, Says, distribution, facts, installed, look, tracked, wheel

from nox_cleanroom.findings import Finding
from nox_cleanroom.probes.installed import Distribution
from nox_cleanroom.wheel import Wheel

NAME = "metadata"
SAYS = Says(NAME)
SUBJECTS = ("name", "version", "importlib.metadata", "requires-python", "requires-dist")

HEALTHY: dict[str, Any] = {
    "wheel": wheel(),
    "facts": facts(),
    "installed": installed(),
    "tracked": tracked(),
}


def saying(metadata: str) -> Wheel:
    """A wheel with another METADATA."""
    return wheel({f"{INFO}/METADATA": f"Metadata-Version: 2.1\n{metadata}"})


def stated(**fields: Any) -> dict[str, Any]:
    return {"wheel": wheel(**fields)}


#: What differs from a healthy wheel; each subject else has passed.
CASES: dict[str, tuple[dict[str, Any], list[Finding]]] = {
    "healthy": ({}, []),
    "another name": (
        {"wheel": saying("Name: other\nVersion: 1.0\n")},
        [SAYS.failed("name", "METADATA says 'other', the file's name 'demo'.")],
    ),
    "another spelling of the name": (
        {
            "wheel": wheel(
                {"my_demo-1.0.dist-info/METADATA": "Name: My.Demo\nVersion: 1.0\n"}, name="my_demo"
            ),
            "installed": installed(distribution("My_demo")),
        },
        [],
    ),
    "no name": (
        {"wheel": saying("Version: 1.0\n")},
        [SAYS.failed("name", "METADATA says '', the file's name 'demo'.")],
    ),
    "another version": (
        {"wheel": saying("Name: demo\nVersion: 2.0\n")},
        [SAYS.failed("version", "METADATA says '2.0', the file's name '1.0'.")],
    ),
    "another spelling of the version": ({"wheel": saying("Name: demo\nVersion: v1\n")}, []),
    "what is no version": (
        {"wheel": saying("Name: demo\nVersion: one\n")},
        [SAYS.failed("version", "'one' is not a version by PEP 440.", hint="Write it as 1.2.3.")],
    ),
    "the installed metadata are not found": (
        {"installed": installed(distribution("other"))},
        [SAYS.failed("importlib.metadata", "The installed metadata cannot be found.")],
    ),
    "the installed metadata cannot be read": (
        {"installed": installed(Distribution(name="", version="", problem="bad byte"))},
        [
            SAYS.failed(
                "importlib.metadata",
                "METADATA cannot be read: bad byte.",
                hint="Write it in UTF-8.",
            )
        ],
    ),
    "those of another distribution cannot be read": (
        {
            "installed": installed(
                distribution("demo"), Distribution(name="", version="", problem="bad byte")
            )
        },
        [],
    ),
    "another version is found": (
        {"installed": installed(distribution("demo", "0.9"))},
        [SAYS.failed("importlib.metadata", "It says 0.9, the wheel 1.0.")],
    ),
    "two versions are found": (
        {"installed": installed(distribution("demo", "1.0"), distribution("Demo", "0.9"))},
        [SAYS.failed("importlib.metadata", "It says 1.0, 0.9, the wheel 1.0.")],
    ),
    "another spelling of the version is found": (
        {"installed": installed(distribution("demo", "1.0.0"))},
        [],
    ),
    "what is no version is found": (
        {"installed": installed(distribution("demo", "one"))},
        [SAYS.failed("importlib.metadata", "It says one, the wheel 1.0.")],
    ),
    "a requirement of Python": (stated(metadata="Requires-Python: >=3.9, <4\n"), []),
    "what is no requirement of Python": (
        stated(metadata="Requires-Python: 3.9+\n"),
        [
            SAYS.failed(
                "requires-python",
                "'3.9+' is not a version specifier, so installers cannot obey it.",
                hint="Write it as `>=3.10`.",
            )
        ],
    ),
    "requirements": (
        stated(
            metadata='Requires-Dist: a>=1; os_name == "nt"\nRequires-Dist: b[x] @ https://e.org\n'
        ),
        [],
    ),
    "a marker that compares what cannot be compared": (
        stated(metadata="Requires-Dist: a; os_name ~= 'posix'\n"),
        [
            SAYS.failed(
                "requires-dist",
                "This does not follow PEP 508: \"a; os_name ~= 'posix'\" (the marker compares what cannot be"
                " compared).",
            )
        ],
    ),
    "a version from git, in a repository without tags": (
        {"tracked": tracked(build_requires=("setuptools-scm>=8",), has_tags=False)},
        [
            SAYS.warned(
                "version from git",
                "The version comes from git and this repository has no tags, so 1.0 is not what a"
                " release would get.",
                hint="Fetch everything: `git fetch --unshallow --tags`; `fetch-depth: 0` in CI.",
            )
        ],
    ),
    "a version from git, in a shallow clone": (
        {"tracked": tracked(build_requires=("hatchling", "Hatch_VCS"), is_shallow=True)},
        [
            SAYS.warned(
                "version from git",
                "The version comes from git and this repository is shallow, so 1.0 is not what a"
                " release would get.",
                hint="Fetch everything: `git fetch --unshallow --tags`; `fetch-depth: 0` in CI.",
            )
        ],
    ),
    "a version from git, with all tags": ({"tracked": tracked(build_requires=("pbr",))}, []),
    "no version from git, and no tags": (
        {"tracked": tracked(build_requires=("hatchling", "pbrowse"), has_tags=False)},
        [],
    ),
}


@pytest.mark.parametrize(("values", "differing"), CASES.values(), ids=CASES)
def test_metadata(values: dict[str, Any], differing: list[Finding]) -> None:
    differences = {one.subject: one for one in differing}
    expected = [differences.pop(subject, SAYS.passed(subject)) for subject in SUBJECTS]
    assert look(NAME, HEALTHY, **values) == [*expected, *differences.values()]


def test_what_is_no_requirement_is_named_with_the_reason() -> None:
    found = look(NAME, HEALTHY, **stated(metadata="Requires-Dist: a b\nRequires-Dist: c\n"))[-1]
    assert found.message.startswith("This does not follow PEP 508: 'a b' (")
    assert found.message.count(";") == 0
