"""The wheels from the tree and from the source distribution: what is lost, and what may differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from values import DEMO, INFO, Says, built, look, tracked, unsettled, wheel

from nox_cleanroom.findings import Finding, Outcome
from nox_cleanroom.probes.builds import Builds
from nox_cleanroom.wheels import Wheel

NAME = "sdist"
SAYS = Says(NAME)
SUBJECT = "wheel from the sdist"
HINT = "Include in the sdist all that the build reads; the build backend's documentation says how."

POINTS = f"{INFO}/entry_points.txt"
README = "\nDemo\n====\n\n" + "It shows what a README says, in some words. " * 5


@dataclass(frozen=True, kw_only=True)
class Content:
    """A wheel: METADATA after the version, and what else is in it."""

    metadata: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    version: str = "1.0"

    @property
    def wheel(self) -> Wheel:
        return wheel(self.files, version=self.version, metadata=self.metadata)


def points(text: str) -> dict[str, str]:
    return {POINTS: text}


#: What users reported, and what is said of it: the wheel from the tree, that from the sdist.
LOST = {
    # aminakhshi/hints#6: get_requirements() tolerates that requirements.txt is missing.
    "requirements.txt": (
        Content(metadata="Requires-Dist: a>=1\nRequires-Dist: b\nRequires-Dist: c\n"),
        Content(metadata="Requires-Dist: c\n"),
        "lacks the requirements `a>=1`, `b`",
    ),
    "one requirement": (
        Content(metadata="Requires-Dist: a>=1\n"),
        Content(),
        "lacks the requirement `a>=1`",
    ),
    "an older file of requirements": (
        Content(metadata="Requires-Dist: a>=2\n"),
        Content(metadata="Requires-Dist: a>=1\n"),
        "lacks the requirement `a>=2`; has the further requirement `a>=1`",
    ),
    "another marker": (
        Content(metadata='Requires-Dist: a; python_version < "3.11"\n'),
        Content(metadata="Requires-Dist: a\n"),
        'lacks the requirement `a; python_version < "3.11"`; has the further requirement `a`',
    ),
    "what is no requirement": (
        Content(metadata="Requires-Dist: a b c\n"),
        Content(),
        "lacks the requirement `a b c`",
    ),
    # facebookresearch/hiplot#19: setup.py reads requirements/{dev,main}.txt.
    "extras from files": (
        Content(metadata='Provides-Extra: dev\nRequires-Dist: pytest; extra == "dev"\n'),
        Content(),
        'lacks the requirement `pytest; extra == "dev"`; lacks the extra `dev`',
    ),
    # alecthomas/voluptuous#41: long_description is read in try/except.
    "the README": (
        Content(metadata=README),
        Content(),
        "has no description, which is often a README",
    ),
    "the README, as old setuptools says it": (
        Content(metadata=README),
        Content(metadata="Description: UNKNOWN\n"),
        "has no description, which is often a README",
    ),
    # levitsky/pyteomics#7: the description is README and INSTALL, and INSTALL is missing.
    "a part of the description": (
        Content(metadata=f"{README}\nInstall it with pip.\n"),
        Content(metadata=README),
        "has another description, with 47 of 51 words",
    ),
    # aminakhshi/hints#6, too: README.md falls back to README.rst.
    "another README": (
        Content(metadata=README),
        Content(metadata="\n" + "Other text of quite other length here, indeed much longer. " * 9),
        "has another description, with 0 of 47 words",
    ),
    # anuga-community/anuga_core#247: git describe, with a fallback.
    "the version": (
        Content(),
        Content(version="0.0.0+unknown"),
        "has the version 0.0.0+unknown, not 1.0",
    ),
    # pypa/hatch#1325: entry points of black, lost on the way through PKG-INFO.
    "all entry points": (
        Content(files=points("[console_scripts]\ndemo = demo:main\n")),
        Content(),
        "has no entry point `console_scripts:demo`",
    ),
    "entry points built from files": (
        Content(files=points("[demo.plugins]\na = demo.a:run\nb = demo.b:run\n")),
        Content(files=points("[demo.plugins]\na = demo.a:run\n")),
        "has no entry point `demo.plugins:b`",
    ),
    "the target of an entry point": (
        Content(files=points("[console_scripts]\ndemo = demo.cli:main\n")),
        Content(files=points("[console_scripts]\ndemo = demo:fallback\n")),
        "has `console_scripts:demo = demo:fallback`, not `demo.cli:main`",
    ),
    "a module-level fallback": (
        Content(metadata="Requires-Python: >=3.10\n"),
        Content(metadata="Requires-Python: >=3.8\n"),
        "has the Requires-Python `>=3.8`, not `>=3.10`",
    ),
    "what is no Requires-Python": (
        Content(metadata="Requires-Python: 3.10+\n"),
        Content(metadata="Requires-Python: 3.9+\n"),
        "has the Requires-Python `3.9+`, not `3.10+`",
    ),
    "an entry point of a stale file": (
        Content(),
        Content(files=points("[console_scripts]\nold = demo:old\n")),
        "has the further entry point `console_scripts:old`",
    ),
    "Requires-Python": (
        Content(metadata="Requires-Python: >=3.10\n"),
        Content(),
        "lacks the Requires-Python `>=3.10`",
    ),
    "classifiers.txt": (
        Content(metadata="Classifier: Programming Language :: Python :: 3\n"),
        Content(),
        "lacks the classifier `Programming Language :: Python :: 3`",
    ),
    "the rest": (
        Content(
            metadata="Summary: It shows.\nKeywords: one,two\nLicense-Expression: MIT\n"
            "Project-URL: Docs, https://example.org\n"
        ),
        Content(metadata="Summary: UNKNOWN\nKeywords: two\n"),
        (
            "lacks the keyword `one`; lacks the URL `Docs, https://example.org`;"
            " lacks the summary `It shows.`; lacks the licence `MIT`"
        ),
    ),
    "licence text from a file": (
        Content(metadata="License: Do what\n        you want.\n"),
        Content(),
        "lacks the licence `Do what you want.`",
    ),
    # package_data by glob.
    "data files": (
        Content(files={"demo/__init__.py": "", "demo/data.json": "{}"}),
        Content(files={"demo/__init__.py": ""}),
        "lacks demo/data.json",
    ),
}


@pytest.mark.parametrize(("tree", "sdist", "words"), LOST.values(), ids=LOST)
def test_what_is_lost_is_named(tree: Content, sdist: Content, words: str) -> None:
    assert compare(tree, sdist) == failed(words)


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
def test_what_healthy_projects_differ_in(tree: str, sdist: str) -> None:
    assert compare(Content(metadata=tree), Content(metadata=sdist)) == SAYS.passed(SUBJECT)


@pytest.mark.parametrize(
    ("tree", "sdist"),
    [
        ("[b]\ny = m\n[a]\nx = m : f [p, Q]\n", "[a]\nx=m:f[q,p]\n\n[b]\ny = m\n"),
        ("\n", None),
    ],
    ids=["spelling", "empty or absent"],
)
def test_entry_points_are_compared_by_meaning(tree: str, sdist: str | None) -> None:
    other = Content(files={} if sdist is None else points(sdist))
    assert compare(Content(files=points(tree)), other) == SAYS.passed(SUBJECT)


def failed(words: str) -> Finding:
    """What is said of a wheel from the sdist."""
    message = f"Built from the source distribution, the wheel {words}."
    return SAYS.failed(SUBJECT, message, hint=HINT)


def compare(tree: Content, sdist: Content, *names: str, made_alike: bool = False) -> Finding:
    """What is found of two wheels that one Python has built of a commit with these files."""
    one, other = built(tree.wheel), built(sdist.wheel, **({} if made_alike else {"x": "2"}))
    values = {"tracked": tracked(*names), "builds": Builds(from_tree=one, from_sdist=other)}
    (finding,) = look(NAME, values)
    return finding


LICENCE = {"demo-1.0.dist-info/licenses/LICENSE": "Do what you like.\n"}
FLAT = {"demo-1.0.dist-info/LICENSE": "Do what you like.\n"}


@pytest.mark.parametrize(
    ("tree", "sdist", "made_alike", "message"),
    [
        # mapbox/snuggs#11, enthought/traits-enaml#88, and many like them.
        (LICENCE, {}, True, "lacks the licence file LICENSE"),
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
    tree: dict[str, str], sdist: dict[str, str], made_alike: bool, message: str
) -> None:
    stated = "License-File: LICENSE\n"
    ours = Content(files=tree, metadata=stated if tree else "")
    theirs = Content(files=sdist, metadata=stated if sdist else "")
    expected = failed(message) if message else SAYS.passed(SUBJECT)
    assert compare(ours, theirs, made_alike=made_alike) == expected


#: The files of the two wheels, what git tracks, and what is said.
FILES: dict[str, tuple[dict[str, str], dict[str, str], str]] = {
    "six files are lacking": (
        {**DEMO, **{f"demo/{letter}.json": "" for letter in "abcdef"}},
        DEMO,
        "lacks demo/a.json, demo/b.json, demo/c.json, demo/d.json, demo/e.json and 1 more",
    ),
    "a file more": (DEMO, {**DEMO, "demo/local.py": ""}, "adds demo/local.py"),
    "another content of a tracked file": (
        {"demo/data.json": "1"},
        {"demo/data.json": "2"},
        "has another content in demo/data.json",
    ),
    "another content of what the build writes": (
        {"demo/_version.py": "1"},
        {"demo/_version.py": "2"},
        "",
    ),
    "libraries that auditwheel adds": (
        {
            **DEMO,
            "demo.libs/libz-1.so": "",
            "demo/.dylibs/libz.dylib": "",
            f"{INFO}/sboms/auditwheel.cdx.json": "",
        },
        DEMO,
        "",
    ),
    "lines that delvewheel adds": (
        {f"{INFO}/DELVEWHEEL": "", "demo/data.json": "1"},
        {"demo/data.json": "2"},
        "",
    ),
    "another content of what is compiled": ({"demo/x.so": "1"}, {"demo/x.so": "2"}, ""),
    "a file of the backend's own": ({**DEMO, f"{INFO}/top_level.txt": ""}, DEMO, "lacks *.dist-info/top_level.txt"),
}  # fmt: skip


@pytest.mark.parametrize(("tree", "sdist", "words"), FILES.values(), ids=FILES)
def test_files(tree: dict[str, str], sdist: dict[str, str], words: str) -> None:
    found = compare(Content(files=tree), Content(files=sdist), "src/demo/data.json", "lib/x.so")
    assert found == (failed(words) if words else SAYS.passed(SUBJECT))


@pytest.mark.parametrize(
    ("tree", "sdist", "words"),
    [
        # Textualize/rich 14.0.0 on the index, built by an older poetry-core.
        (
            Content(files={f"{INFO}/LICENSE": ""}),
            Content(metadata="Classifier: A :: B\nProject-URL: Homepage, https://example.org\n"),
            "",
        ),
        (Content(metadata="Requires-Dist: a\n"), Content(), "lacks the requirement `a`"),
        (Content(files=DEMO), Content(), "lacks demo/__init__.py"),
        (Content(files=points("[a]\nb = demo\n")), Content(), "no entry point `a:b`"),
    ],
)
def test_of_a_wheel_that_somebody_else_has_built_only_what_is_installed_counts(
    tree: Content, sdist: Content, words: str
) -> None:
    given = replace(built(tree.wheel), built_with="", python="")
    builds = Builds(from_tree=given, from_sdist=built(sdist.wheel))
    (finding,) = look(NAME, {"tracked": tracked(), "builds": builds})
    assert (words in finding.message) if words else (finding == SAYS.passed(SUBJECT))


def test_what_another_python_made_of_the_sdist_is_settled_by_its_wheel_of_the_tree() -> None:
    full, lacking = wheel({**DEMO, "demo/x.json": ""}), wheel()
    values: dict[str, Any] = {
        "tracked": tracked(),
        "builds": Builds(from_tree=built(full, "3.11"), from_sdist=built(lacking, "3.12")),
    }
    doubtful = look(NAME, values)
    assert unsettled(doubtful) == ["rebuilt"]
    assert doubtful == [failed("lacks demo/x.json")]
    # With that Python the tree gives the same wheel: the sdist is whole.
    assert look(NAME, values, rebuilt=built(lacking, "3.12")) == [SAYS.passed(SUBJECT)]
    # With that Python the tree gives all: the sdist is not.
    settled = look(NAME, values, rebuilt=built(full, "3.12"))
    assert settled == [failed("lacks demo/x.json")]
    assert unsettled(settled) == [""]


def test_what_one_python_made_of_both_needs_no_other_look() -> None:
    same = Builds(from_tree=built(wheel()), from_sdist=built(wheel({})))
    found = look(NAME, {"tracked": tracked(), "builds": same})
    assert [one.outcome for one in found] == [Outcome.FAILED]
    assert unsettled(found) == [""]
    whole = Builds(from_tree=built(wheel(), "3.11"), from_sdist=built(wheel(), "3.12"))
    assert unsettled(look(NAME, {"tracked": tracked(), "builds": whole})) == [""]


@pytest.mark.parametrize(
    ("name", "contents", "same"),
    [
        ("demo/core.py", ("x = 1\n", "x = 1\n"), True),
        ("demo/core.py", ("x = 1\n", "x = 2\n"), False),
        ("demo/_fast.cpython-311-x86_64-linux-gnu.so", ("built in /a", "built in /b"), True),
    ],
)
def test_of_what_compilers_make_only_the_names_count(
    name: str, contents: tuple[str, str], same: bool
) -> None:
    tree, sdist = (built(wheel({name: text})) for text in contents)
    assert Builds(from_tree=tree, from_sdist=sdist).install_the_same is same
    assert not Builds(from_tree=tree, from_sdist=built(wheel({}))).install_the_same
