"""Wheels of one tree that two Pythons have built."""

from __future__ import annotations

from typing import Any

import pytest
from values import DEMO, Says, built, look, tracked, wheel

from nox_cleanroom.findings import Finding
from nox_cleanroom.probes.builds import Builds
from nox_cleanroom.wheels import Wheel

NAME = "builder"
SAYS = Says(NAME)
FINE = SAYS.passed("wheel")


def differs(words: str) -> Finding:
    return SAYS.failed(
        "wheel",
        f"Built by Python 3.13.7, and not 3.11.7, the wheel {words}.",
        hint="Every user gets the wheel that one Python has built. Distinguish Pythons by markers,"
        " such as `; python_version < '3.11'`, or by the tags of the wheel.",
    )


CASES: dict[str, tuple[Wheel, Wheel, Finding]] = {
    "they are the same": (wheel(), wheel(), FINE),
    "requirements depend on the builder": (
        wheel(metadata="Requires-Dist: tomli\n"),
        wheel(),
        differs("lacks the requirement `tomli`"),
    ),
    "requirements depend on the user": (
        wheel(metadata='Requires-Dist: tomli; python_version < "3.11"\n'),
        wheel(metadata="Requires-Dist: tomli ; python_version<'3.11'\n"),
        FINE,
    ),
    "files depend on the builder": (
        wheel(),
        wheel({**DEMO, "demo/compat.py": ""}),
        differs("adds demo/compat.py"),
    ),
    "content depends on the builder": (
        wheel(),
        wheel({"demo/__init__.py": "# another\n"}),
        differs("has another content in demo/__init__.py"),
    ),
    "what is compiled may differ": (
        wheel({**DEMO, "demo/x.so": "1"}),
        wheel({**DEMO, "demo/x.so": "2"}),
        FINE,
    ),
}


@pytest.mark.parametrize(("one", "other", "finding"), CASES.values(), ids=CASES)
def test_builder(one: Wheel, other: Wheel, finding: Finding) -> None:
    values: dict[str, Any] = {
        "tracked": tracked("src/demo/__init__.py", "x.so"),
        # What the sdist gives is for another check.
        "builds": Builds(from_tree=built(one, "3.11"), from_sdist=built(wheel({}), "3.11")),
    }
    assert look(NAME, values) == []
    assert look(NAME, values, rebuilt=built(other, "3.13")) == [finding]


#: Metadata of a wheel, which another version of the backend wrote without it, and what is said.
#: Textualize/rich 14.1.0: poetry-core 2.2.1, the last for Python 3.9, knows no Python 3.15.
OF_VERSIONS = {
    "Classifier: Programming Language :: Python :: 3.15\n": FINE,
    "Project-URL: Homepage, https://example.org\n": FINE,
    "License: MIT\n": FINE,
    "Requires-Dist: tomli\n": differs("lacks the requirement `tomli`"),
}


@pytest.mark.parametrize(("metadata", "finding"), OF_VERSIONS.items())
def test_what_another_version_of_the_backend_writes_depends_on_no_python(
    metadata: str, finding: Finding
) -> None:
    one, other = wheel(metadata=metadata), wheel()
    values: dict[str, Any] = {
        "tracked": tracked("src/demo/__init__.py"),
        "builds": Builds(
            from_tree=built(one, "3.11", poetry_core="2.5.0"), from_sdist=built(wheel({}), "3.13")
        ),
    }
    assert look(NAME, values, rebuilt=built(other, "3.13", poetry_core="2.2.1")) == [finding]
    alike = built(other, "3.13", poetry_core="2.5.0", tomli="2.0")
    assert look(NAME, values, rebuilt=alike) != [FINE]
