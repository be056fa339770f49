"""The wheels from the tree and from the source distribution: what is lost, and what may differ."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from conftest import make_wheel

from nox_cleanroom.build.archive import read_wheel
from nox_cleanroom.checks.sdist import check
from nox_cleanroom.findings import Finding, Outcome
from nox_cleanroom.probes import builds
from nox_cleanroom.probes.tracked import Tracked
from nox_cleanroom.wheel import Wheel

POINTS = "demo-1.0.dist-info/entry_points.txt"
README = "\nDemo\n====\n\n" + "It shows what a README says, in some words. " * 5


@dataclass(frozen=True, kw_only=True)
class Built:
    """A wheel: METADATA after the version, and what else is in it."""

    metadata: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    version: str = "1.0"


def points(text: str) -> dict[str, str]:
    return {POINTS: text}


#: What users reported, and what is said of it: the wheel from the tree, that from the sdist.
LOST = {
    # aminakhshi/hints#6: get_requirements() tolerates that requirements.txt is missing.
    "requirements.txt": (
        Built(metadata="Requires-Dist: a>=1\nRequires-Dist: b\nRequires-Dist: c\n"),
        Built(metadata="Requires-Dist: c\n"),
        "lacks the requirements `a>=1`, `b`",
    ),
    "one requirement": (
        Built(metadata="Requires-Dist: a>=1\n"),
        Built(),
        "lacks the requirement `a>=1`",
    ),
    "an older file of requirements": (
        Built(metadata="Requires-Dist: a>=2\n"),
        Built(metadata="Requires-Dist: a>=1\n"),
        "lacks the requirement `a>=2`; has the further requirement `a>=1`",
    ),
    "another marker": (
        Built(metadata='Requires-Dist: a; python_version < "3.11"\n'),
        Built(metadata="Requires-Dist: a\n"),
        'lacks the requirement `a; python_version < "3.11"`; has the further requirement `a`',
    ),
    "what is no requirement": (
        Built(metadata="Requires-Dist: a b c\n"),
        Built(),
        "lacks the requirement `a b c`",
    ),
    # facebookresearch/hiplot#19: setup.py reads requirements/{dev,main}.txt.
    "extras from files": (
        Built(metadata='Provides-Extra: dev\nRequires-Dist: pytest; extra == "dev"\n'),
        Built(),
        'lacks the requirement `pytest; extra == "dev"`; lacks the extra `dev`',
    ),
    # alecthomas/voluptuous#41: long_description is read in try/except.
    "the README": (
        Built(metadata=README),
        Built(),
        "has no description, which is often a README",
    ),
    "the README, as old setuptools says it": (
        Built(metadata=README),
        Built(metadata="Description: UNKNOWN\n"),
        "has no description, which is often a README",
    ),
    # levitsky/pyteomics#7: the description is README and INSTALL, and INSTALL is missing.
    "a part of the description": (
        Built(metadata=f"{README}\nInstall it with pip.\n"),
        Built(metadata=README),
        "has another description, with 47 of 51 words",
    ),
    # aminakhshi/hints#6, too: README.md falls back to README.rst.
    "another README": (
        Built(metadata=README),
        Built(metadata="\n" + "Other text of quite other length here, indeed much longer. " * 9),
        "has another description, with 0 of 47 words",
    ),
    # anuga-community/anuga_core#247: git describe, with a fallback.
    "the version": (
        Built(),
        Built(version="0.0.0+unknown"),
        "has the version 0.0.0+unknown, not 1.0",
    ),
    # pypa/hatch#1325: entry points of black, lost on the way through PKG-INFO.
    "all entry points": (
        Built(files=points("[console_scripts]\ndemo = demo:main\n")),
        Built(),
        "has no entry point `console_scripts:demo`",
    ),
    "entry points built from files": (
        Built(files=points("[demo.plugins]\na = demo.a:run\nb = demo.b:run\n")),
        Built(files=points("[demo.plugins]\na = demo.a:run\n")),
        "has no entry point `demo.plugins:b`",
    ),
    "the target of an entry point": (
        Built(files=points("[console_scripts]\ndemo = demo.cli:main\n")),
        Built(files=points("[console_scripts]\ndemo = demo:fallback\n")),
        "has `console_scripts:demo = demo:fallback`, not `demo.cli:main`",
    ),
    "a module-level fallback": (
        Built(metadata="Requires-Python: >=3.10\n"),
        Built(metadata="Requires-Python: >=3.8\n"),
        "has the Requires-Python `>=3.8`, not `>=3.10`",
    ),
    "Requires-Python": (
        Built(metadata="Requires-Python: >=3.10\n"),
        Built(),
        "lacks the Requires-Python `>=3.10`",
    ),
    "classifiers.txt": (
        Built(metadata="Classifier: Programming Language :: Python :: 3\n"),
        Built(),
        "lacks the classifier `Programming Language :: Python :: 3`",
    ),
    "the rest": (
        Built(
            metadata="Summary: It shows.\nKeywords: one,two\nLicense-Expression: MIT\n"
            "Project-URL: Docs, https://example.org\n"
        ),
        Built(metadata="Summary: UNKNOWN\nKeywords: two\n"),
        (
            "lacks the keyword `one`; lacks the URL `Docs, https://example.org`;"
            " lacks the summary `It shows.`; lacks the licence `MIT`"
        ),
    ),
    "licence text from a file": (
        Built(metadata="License: Do what\n        you want.\n"),
        Built(),
        "lacks the licence `Do what you want.`",
    ),
    # package_data by glob.
    "data files": (
        Built(files={"demo/__init__.py": "", "demo/data.json": "{}"}),
        Built(files={"demo/__init__.py": ""}),
        "lacks demo/data.json",
    ),
}


@pytest.mark.parametrize(("tree", "sdist", "words"), LOST.values(), ids=LOST)
def test_what_is_lost_is_named(tmp_path: Path, tree: Built, sdist: Built, words: str) -> None:
    result = compare(*wheels(tmp_path, tree, sdist), tracked=[])
    assert result.outcome is Outcome.FAILED
    assert result.message == f"Built from the source distribution, the wheel {words}."


SAME = {
    # pypa/setuptools#4336: requirements are spelled otherwise after a way through PKG-INFO.
    "spelling of requirements": (
        (
            "Provides-Extra: all\nRequires-Dist: typing-extensions <5,>=4.2 ;"
            " (python_version < \"3.8\") and extra == 'all'\nRequires-Dist: B.b [y,x] (>=1.0)\n"
        ),
        (
            "Provides-Extra: all\nRequires-Dist: b-b[x,y]>=1\n"
            'Requires-Dist: typing_extensions<5,>=4.2; python_version < "3.8" and extra == "all"\n'
        ),
    ),
    "versions of the backend": (
        "Metadata-Version: 2.4\nDynamic: license-file\nLicense-File: licenses/LICENSE\n",
        "License-File: LICENSE\n",
    ),
    "a README that names the commit": (
        f"{README}[logo](https://example.org/blob/0123abc/logo.png)\n",
        f"{README}[logo](https://example.org/blob/main/logo.png)\n",
    ),
    "a description in a header or in the body": (
        "Description: Demo\n        ====\n        some text\n",
        "\nDemo\n====\n\nsome text\n",
    ),
    "separators of keywords": ("Keywords: one,two\n", "Keywords: two one\n"),
    "order and spelling": (
        (
            "Requires-Python: >=3.9,<4\nClassifier: A\nClassifier: B\nLicense-Expression: MIT\n"
            "Project-URL: Bug Tracker, https://example.org/\nSummary: It  shows\n"
        ),
        (
            "Summary: It shows\nLicense-Expression: mit\nProject-URL: bug-tracker,https://example.org\n"
            "Classifier: B\nClassifier: A\nRequires-Python: <4, >=3.9\n"
        ),
    ),
    "what is not set": ("Summary: UNKNOWN\nLicense: UNKNOWN\nDescription: UNKNOWN\n", ""),
}


@pytest.mark.parametrize(("tree", "sdist"), SAME.values(), ids=SAME)
def test_what_healthy_projects_differ_in(tmp_path: Path, tree: str, sdist: str) -> None:
    result = compare(*wheels(tmp_path, Built(metadata=tree), Built(metadata=sdist)), tracked=[])
    assert (result.outcome, result.message) == (Outcome.PASSED, "")


@pytest.mark.parametrize(
    ("tree", "sdist"),
    [
        ("[b]\ny = m\n[a]\nx = m : f [p, Q]\n", "[a]\nx=m:f[q,p]\n\n[b]\ny = m\n"),
        ("\n", None),
    ],
    ids=["spelling", "empty or absent"],
)
def test_entry_points_are_compared_by_meaning(tmp_path: Path, tree: str, sdist: str | None) -> None:
    built = Built(files={} if sdist is None else points(sdist))
    result = compare(*wheels(tmp_path, Built(files=points(tree)), built), tracked=[])
    assert (result.outcome, result.message) == (Outcome.PASSED, "")


def compare(
    tree: Wheel, sdist: Wheel, tracked: Iterable[str], *, made_alike: bool = False
) -> Finding:
    """What is found of two wheels that one Python has built."""
    one, other = (
        builds.BuiltWheel(
            wheel=wheel, python="3.11", built_with="3.11.7", requirements=requirements
        )
        for wheel, requirements in ((tree, {}), (sdist, {} if made_alike else {"x": "2"}))
    )
    (finding,) = check(
        tracked=Tracked(
            names=tuple(tracked),
            subdirectory=".",
            missing_submodules=(),
            build_requires=(),
            has_tags=True,
            is_shallow=False,
        ),
        builds=builds.Builds(from_tree=one, from_sdist=other),
    )
    return finding


def wheels(directory: Path, tree: Built, sdist: Built) -> tuple[Wheel, Wheel]:
    return _wheel(directory / "tree", tree), _wheel(directory / "sdist", sdist)


def _wheel(directory: Path, built: Built) -> Wheel:
    return read_wheel(
        make_wheel(directory, built.files, version=built.version, metadata=built.metadata)
    )


LICENCE = {"demo-1.0.dist-info/licenses/LICENSE": "Do what you like.\n"}
FLAT = {"demo-1.0.dist-info/LICENSE": "Do what you like.\n"}


@pytest.mark.parametrize(
    ("tree", "sdist", "made_alike", "message"),
    [
        # mapbox/snuggs#11, enthought/traits-enaml#88, and many like them.
        (LICENCE, {}, True, "lacks the licence file LICENSE."),
        # Two versions of a backend: one of them collects none by itself, or puts it elsewhere.
        (LICENCE, {}, False, ""),
        (LICENCE, FLAT, True, ""),
        (LICENCE, FLAT, False, ""),
        (FLAT, LICENCE, False, ""),
        ({}, LICENCE, True, ""),
        (LICENCE, LICENCE, True, ""),
    ],
)
def test_a_licence_file_counts_where_the_same_backend_has_built_both(
    tmp_path: Path,
    tree: dict[str, str],
    sdist: dict[str, str],
    made_alike: bool,
    message: str,
) -> None:
    stated = "License-File: LICENSE\n"
    ours = Built(files=tree, metadata=stated if tree else "")
    theirs = Built(files=sdist, metadata=stated if sdist else "")
    result = compare(*wheels(tmp_path, ours, theirs), tracked=[], made_alike=made_alike)
    assert result.message.removeprefix("Built from the source distribution, the wheel ") == message
