"""Names, versions and requirements that are not what the standards and the file's name say."""

from __future__ import annotations

from typing import Any

import pytest
from values import (
    DEMO,
    INFO,
    Says,
    distribution,
    facts,
    imported,
    installed,
    loaded,
    look,
    module,
    sources,
    tracked,
    wheel,
)

from nox_cleanroom.findings import Finding
from nox_cleanroom.probes.builds import VersionSources
from nox_cleanroom.probes.installed import Distribution
from nox_cleanroom.probes.tracked import Tracked
from nox_cleanroom.wheels import Wheel

NAME = "metadata"
SAYS = Says(NAME)

FETCH_TAGS = (
    "`git fetch --tags` fetches tags that only the remote has; before the first release,"
    " `git tag v0.1.0` makes one."
)
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
def at_tag(*tags: str, **more: Any) -> Tracked:
    """A commit with tags, of a project that takes its version from git."""
    return tracked(has_version_from_git=True, version_tags=tags, tags_here=tags, **more)


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
        {"tracked": tracked(has_version_from_git=True, has_tags=False)},
        [
            SAYS.warned(
                "version from git",
                "The version comes from git and this repository has no tags, so 1.0 is not what a"
                " release would get.",
                hint=FETCH_TAGS,
            )
        ],
    ),
    "a version from git, in a shallow clone": (
        {"tracked": tracked(has_version_from_git=True, is_shallow=True)},
        [
            SAYS.warned(
                "version from git",
                "The version comes from git and this repository is shallow, so 1.0 is not what a"
                " release would get.",
                hint="Fetch everything: `git fetch --unshallow --tags`; `fetch-depth: 0` in CI.",
            )
        ],
    ),
    "a version from git, and no tag leads to the commit": (
        {"tracked": tracked(has_version_from_git=True)},
        [
            SAYS.warned(
                "version from git",
                "The version comes from git and no tag with a version leads to this commit, so 1.0"
                " is not what a release would get.",
                hint=FETCH_TAGS,
            )
        ],
    ),
    "a version that is stated, at its tag": ({"tracked": tracked(tags_here=("v1.0",))}, []),
    "a version that is stated, at the tag of another one": (
        {"tracked": tracked(tags_here=("v1.1",))},
        [
            SAYS.warned(
                "tag",
                "The commit has the tag v1.1, and the version is 1.0.",
                hint="Was the version not raised, or is the tag at the wrong commit?",
            )
        ],
    ),
    "a version that is stated, at a plain tag of a repository with several projects": (
        {"tracked": tracked(tags_here=("v1.1",), subdirectory="lib")},
        [],
    ),
    "a version from git, after a tag": (
        {"tracked": tracked(has_version_from_git=True, version_tags=("v0.9",))},
        [],
    ),
    "a version from git, at its tag in a shallow clone": (
        {"tracked": at_tag("v1.0", is_shallow=True)},
        [],
    ),
    "a version from git, at a tag of another spelling": ({"tracked": at_tag("release/1.0.0")}, []),
    "a version from git, at two tags": ({"tracked": at_tag("v2.0", "demo-1.0")}, []),
    "a version from git, at a tag of another project": ({"tracked": at_tag("other-7.0")}, []),
    "a version from git, at another version's tag": (
        {"tracked": at_tag("v1.1")},
        [
            SAYS.warned(
                "version from git",
                "The commit has the tag v1.1, and the version is 1.0.",
                hint="Does a tag without a version, or the configuration of the backend, hide the"
                " tag?",
            )
        ],
    ),
    "a version that a variable states": (
        {
            "tracked": tracked(has_version_from_git=True, has_tags=False),
            "version_sources": VersionSources(variables=("SETUPTOOLS_SCM_PRETEND_VERSION",)),
        },
        [],
    ),
    "a field that its Metadata-Version does not have": (
        stated(metadata="License-Expression: MIT\n"),
        [
            SAYS.warned(
                "license-expression",
                "An index may refuse the wheel: license-expression introduced in metadata version"
                " 2.4, not 2.1.",
                hint="A newer version of the build backend may write it correctly.",
            )
        ],
    ),
    "a Requires-Python in a place that the backend does not read": (
        {"tracked": tracked(states_requires_python=True)},
        [
            SAYS.warned(
                "requires-python",
                "The project states a Requires-Python, and METADATA has none: the statement is in a"
                " place that the build backend does not read.",
                hint="For setuptools it is `python_requires` in [options] of setup.cfg, or"
                " `requires-python` in [project].",
            ),
        ],
    ),
    "no version from git, and no tags": ({"tracked": tracked(has_tags=False)}, []),
    "the package states another version": (
        {"loaded": loaded(imported("demo", version="0.9"))},
        [
            SAYS.warned(
                "demo.__version__",
                "It is '0.9', and the version in the metadata is 1.0.",
                hint="State the version once: take it from `importlib.metadata.version`, or let the"
                " backend read it from the package.",
            )
        ],
    ),
    "a module of the package states another version": (
        {
            "loaded": loaded(imported("demo")),
            "sources": sources(module("demo/__about__.py", version="0.9")),
        },
        [
            SAYS.warned(
                "demo.__about__.__version__",
                "It is '0.9', and the version in the metadata is 1.0.",
                hint="State the version once: take it from `importlib.metadata.version`, or let the"
                " backend read it from the package.",
            )
        ],
    ),
    "a module about something else states another version": (
        {
            "loaded": loaded(imported("demo")),
            "sources": sources(module("demo/protocol.py", version="0.9")),
        },
        [],
    ),
    "the package states no version": (
        {"loaded": loaded(imported("demo", version="unknown"))},
        [
            SAYS.warned(
                "demo.__version__",
                "It is 'unknown', and the version in the metadata is 1.0.",
                hint="State the version once: take it from `importlib.metadata.version`, or let the"
                " backend read it from the package.",
            )
        ],
    ),
    "the package states the version in another spelling": (
        {"loaded": loaded(imported("demo", version="1.0.0"))},
        [],
    ),
    "a further package has a version of its own": (
        {
            "wheel": wheel({**DEMO, "other.py": ""}),
            "loaded": loaded(imported("demo"), imported("other", version="7")),
        },
        [],
    ),
}


def test_a_build_that_changes_the_tree_is_named() -> None:
    value = wheel(version="1.1.dev0+g123.d20260101")
    changed = VersionSources(changed=("demo/_version.py",))
    found = look(NAME, HEALTHY, wheel=value, tracked=at_tag("v1.0"), version_sources=changed)
    (about_git,) = (one for one in found if one.subject == "version from git")
    assert about_git == SAYS.warned(
        "version from git",
        "The version 1.1.dev0+g123.d20260101 says that the tree has changes: the build has changed"
        " demo/_version.py.",
        hint="Do not track what the build writes, or let the build write somewhere else.",
    )


@pytest.mark.parametrize(("values", "differing"), CASES.values(), ids=CASES)
def test_metadata(values: dict[str, Any], differing: list[Finding]) -> None:
    differences = {one.subject: one for one in differing}
    expected = [differences.pop(subject, SAYS.passed(subject)) for subject in SUBJECTS]
    assert look(NAME, HEALTHY, **values) == [*expected, *differences.values()]


def test_what_is_no_requirement_is_named_with_the_reason() -> None:
    found = look(NAME, HEALTHY, **stated(metadata="Requires-Dist: a b\nRequires-Dist: c\n"))[-1]
    assert found.message.startswith("This does not follow PEP 508: 'a b' (")
    assert found.message.count(";") == 0
