"""Files that the wheel lacks and that its code, or a type checker, needs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from values import DEMO, FILENAME, Says, edge, look, module, sources, tracked, unsettled, wheel

from nox_cleanroom.checkout.ignore_rules import IgnoreRule
from nox_cleanroom.findings import Finding, Outcome
from nox_cleanroom.probes.tracked import LeftOut

NAME = "package data"
SAYS = Says(NAME)
FINE = [SAYS.passed(FILENAME)]
FILES = {**DEMO, "demo/cli.py": "", "demo/inner/__init__.py": ""}
SCRIPT = "[console_scripts]\nx = demo.cli:main\n"
SOURCE = tuple(f"src/{name}" for name in FILES)
HEALTHY: dict[str, Any] = {
    "wheel": wheel(FILES, entry_points=SCRIPT),
    "tracked": tracked(*SOURCE),
    "sources": sources(module("demo/__init__.py")),
}
DECLARE = "Declare it as package data; the build backend's documentation says how."
OUTSIDE = "It lies outside of the package: move it into the package, and read it from there."
WAY = ", on the way of an entry point"


def holding(*more: str, **about: Any) -> dict[str, Any]:
    """A commit with further files."""
    return {"tracked": tracked(*SOURCE, *more, **about)}


def reads(rel: str, scope: str = "main", *, sure: bool = True, **more: Any) -> dict[str, Any]:
    return {"rel": rel, "line": 7, "scope": scope, "sure": sure, **more}


def cli(*found: dict[str, Any], **said: Any) -> dict[str, Any]:
    """A program that reads files."""
    return {
        "sources": sources(module("demo/__init__.py"), module("demo/cli.py", reads=found, **said))
    }


def names(text: str, scope: str = "main", *, sure: bool = True) -> dict[str, Any]:
    return {"names": [{"text": text, "line": 7, "scope": scope, "sure": sure}]}


def missed(source: str, scope: str = "main", way: str = "", hint: str = DECLARE) -> Any:
    where = f"demo/cli.py:7 reads it{f' in {scope}' if scope else ''}{way}"
    make = SAYS.failed if way else SAYS.warned
    return make(source, f"{where}: it is in the commit and not in the wheel.", hint=hint)


def typed(source: str) -> Any:
    return SAYS.warned(
        source,
        "It is in the commit and not in the wheel, so type checkers do not see it.",
        hint=DECLARE,
    )


def note(text: str) -> list[Finding]:
    return [SAYS.passed(FILENAME, f"Not in the wheel, and no code needs them: {text}.")]


DYNAMIC = {"sources": sources(module("demo/__init__.py", imports_by_name=True))}


def plugins(directory: str, found: str) -> Any:
    return SAYS.warned(
        directory,
        f"These modules are in the commit and not in the wheel: {found}. The package imports modules"
        " by name, so it may miss them.",
        hint="Does the directory have an `__init__.py`, and does the build backend include it?",
    )


CASES: dict[str, tuple[dict[str, Any], list[Finding]]] = {
    "all is there": ({}, FINE),
    # Files that code reads by their place.
    "a program reads it": (
        {**holding("src/demo/a.json"), **cli(reads("a.json"))},
        [missed("src/demo/a.json", way=WAY)],
    ),
    "a function that nothing calls reads it": (
        {**holding("src/demo/a.json"), **cli(reads("a.json", "f"))},
        [missed("src/demo/a.json", "f")],
    ),
    "a program may read it": (
        {**holding("src/demo/a.json"), **cli(reads("a.json", sure=False))},
        [missed("src/demo/a.json")],
    ),
    "what a program calls reads it": (
        {
            **holding("src/demo/a.json"),
            **cli(reads("a.json", "f"), edges=[edge("demo.cli", "f", "main")]),
        },
        [missed("src/demo/a.json", "f", WAY)],
    ),
    "a directory of files": (
        {**holding("src/demo/data/a.json"), **cli(reads("data"))},
        [missed("src/demo/data", way=WAY)],
    ),
    "a file beside the package": (
        {**holding("src/data/a.json"), **cli(reads("../data/a.json"))},
        [missed("src/data/a.json", way=WAY, hint=OUTSIDE)],
    ),
    "a file at the top of the repository": (
        {**holding("pyproject.toml"), **cli(reads("../../pyproject.toml", "f"))},
        [missed("pyproject.toml", "f", hint=OUTSIDE)],
    ),
    "a file in the prefix": (
        {**holding("share/a.ini"), **cli(reads("<prefix>/share/demo/a.ini"))},
        [missed("share/a.ini", way=WAY, hint=OUTSIDE)],
    ),
    "some files of a pattern": (
        {
            **holding("src/demo/sql/a.sql", "src/demo/sql/b.txt"),
            **cli(reads("sql/*.sql", found=False)),
        },
        [missed("src/demo/sql/a.sql", way=WAY)],
    ),
    "the shipped files of a pattern": (
        {
            "wheel": wheel({**FILES, "demo/sql/a.sql": ""}, entry_points=SCRIPT),
            **holding("src/demo/sql/a.sql"),
            **cli(reads("sql/*.sql", found=True)),
        },
        FINE,
    ),
    "a file that git does not track is made at run time": (cli(reads("cache.json")), FINE),
    "a file that may be absent": (
        {**holding("pyproject.toml"), **cli(reads("../../pyproject.toml", guarded=True))},
        FINE,
    ),
    "importing has read it": (
        {
            **holding("src/demo/a.json"),
            "sources": sources(
                module("demo/__init__.py", reads=[reads("a.json", "")], edges=[edge("demo")])
            ),
        },
        note("src/demo/a.json"),
    ),
    "read under a condition that never holds here": (
        {
            **holding("src/demo/a.json"),
            **cli(reads("a.json", "f"), edges=[edge("demo.cli", "f", dead=True)]),
        },
        note("src/demo/a.json"),
    ),
    "a package of another name in the repository": (
        {
            "tracked": tracked(
                *(f"python/{one.removeprefix('demo/')}" for one in FILES), "python/a.json"
            ),
            **cli(reads("a.json")),
        },
        [missed("python/a.json", way=WAY)],
    ),
    "a module of a namespace": (
        {
            "wheel": wheel({"demo/cli.py": ""}, entry_points=SCRIPT),
            "tracked": tracked("src/demo/cli.py", "src/demo/a.json"),
            "sources": sources(module("demo/cli.py", **names("a.json"))),
        },
        [missed("src/demo/a.json", way=WAY)],
    ),
    "the package's own tests read it": (
        {
            "wheel": wheel({**FILES, "demo/tests/__init__.py": ""}, entry_points=SCRIPT),
            **holding("src/demo/tests/__init__.py", "scripts/a.py"),
            "sources": sources(
                module("demo/__init__.py"),
                module("demo/tests/__init__.py", reads=[reads("../../../scripts", "")]),
            ),
        },
        FINE,
    ),
    # Files that code only names.
    "a program names it": (
        {**holding("src/demo/a.json"), **cli(**names("a.json"))},
        [missed("src/demo/a.json", way=WAY)],
    ),
    "a function that nothing calls names it": (
        {**holding("src/demo/data/a.json"), **cli(**names("data/a.json", "f"))},
        [missed("src/demo/data/a.json", "f")],
    ),
    "nothing names it": (holding("src/demo/a.json"), note("src/demo/a.json")),
    "sources, tests and documents": (
        holding(
            *("src/demo/_speed.c", "src/demo/tests/a.json", "src/demo/docs/a.json"),
            *("src/demo/README.md", "src/demo/.editorconfig", "src/demo/test_a.py"),
        ),
        FINE,
    ),
    "files of other projects": (holding("other/demo2/a.json", "tests/a.json"), FINE),
    "it is in another place of the wheel": (
        {
            "wheel": wheel({**FILES, "share/data/a.json": ""}, entry_points=SCRIPT),
            **holding("src/demo/data/a.json"),
        },
        FINE,
    ),
    # Types.
    "py.typed": (holding("src/demo/py.typed"), [typed("src/demo/py.typed")]),
    "a stub": (holding("src/demo/inner/a.pyi"), [typed("src/demo/inner/a.pyi")]),
    "a stub of the tests": (holding("src/demo/tests/a.pyi"), FINE),
    "a classifier without py.typed": (
        {"wheel": wheel(FILES, metadata="Classifier: Typing :: Typed\n")},
        [
            SAYS.warned(
                "py.typed",
                "The classifier `Typing :: Typed` says that the package is typed, and no package of"
                " the wheel has a `py.typed`, so type checkers ignore its types.",
                hint="Add an empty `py.typed` to the package, or drop the classifier.",
            )
        ],
    ),
    "a classifier with py.typed": (
        {"wheel": wheel({**FILES, "demo/py.typed": ""}, metadata="Classifier: Typing :: Typed\n")},
        FINE,
    ),
    # Modules that are imported by name.
    "plug-ins": (
        {**DYNAMIC, **holding("src/demo/plugins/a.py", "src/demo/plugins/b.py")},
        [plugins("src/demo/plugins", "a.py, b.py")],
    ),
    "modules of a package that imports nothing by name": (
        holding("src/demo/plugins/a.py"),
        note("src/demo/plugins/a.py"),
    ),
    "a module that an import statement names": (
        {
            **holding("src/demo/plugins/a.py"),
            "sources": sources(
                module(
                    "demo/__init__.py",
                    imports_by_name=True,
                    unresolved=[{"what": "demo.plugins", "scope": "f", "line": 1, "sure": True}],
                )
            ),
        },
        note("src/demo/plugins/a.py"),
    ),
    "modules that are compiled": (
        {
            **DYNAMIC,
            "wheel": wheel({**FILES, "demo/a.cpython-311-x86_64-linux-gnu.so": ""}),
            **holding("src/demo/a.py"),
        },
        note("src/demo/a.py"),
    ),
    "programs of the developers": (
        {**DYNAMIC, **holding("src/demo/_build_tables.py", "src/demo/tools/a.py")},
        FINE,
    ),
    # Permissions.
    "a program may not be executed": (
        {
            "wheel": wheel({**FILES, "demo/bin/run": ""}),
            **holding("src/demo/bin/run", executables=("src/demo/bin/run",)),
        },
        [
            SAYS.warned(
                "src/demo/bin/run",
                "It may be executed in the repository, and demo/bin/run of the wheel may not (its"
                " mode is 644).",
                hint="Let the build keep the permissions, or start the program through its"
                " interpreter.",
            )
        ],
    ),
    "a program may be executed": (
        {
            "wheel": wheel({**FILES, "demo/bin/run": ""}, modes={"demo/bin/run": 0o755}),
            **holding("src/demo/bin/run", executables=("src/demo/bin/run",)),
        },
        FINE,
    ),
    "a repository in which every file may be executed": (
        {
            "wheel": wheel({**FILES, "demo/a.json": "", "demo/LICENSE": ""}),
            **holding(
                *("src/demo/a.json", "LICENSE"),
                executables=("src/demo/a.json", "src/demo/cli.py", "LICENSE"),
            ),
        },
        FINE,
    ),
    "an executable module": (
        holding(executables=("src/demo/cli.py",)),
        FINE,
    ),
}


@pytest.mark.parametrize(("values", "findings"), CASES.values(), ids=CASES)
def test_package_data(values: dict[str, Any], findings: list[Finding]) -> None:
    assert look(NAME, HEALTHY, **values) == findings


def test_an_ignore_rule_is_named() -> None:
    values = {**holding("src/demo/a.json"), **cli(reads("a.json"))}
    assert unsettled(look(NAME, HEALTHY, **values)) == ["left_out"]
    rule = IgnoreRule(pattern="*.json", place=".gitignore:3")
    (found,) = look(
        NAME, HEALTHY, **values, left_out=LeftOut(paths=(), rules={"src/demo/a.json": rule})
    )
    assert found.outcome is Outcome.FAILED
    assert found.hint == (
        "The ignore rule `*.json` (.gitignore:3) covers it, and some build backends leave out what"
        " is ignored: narrow the rule."
    )


def test_a_file_that_is_not_committed_is_missed_too() -> None:
    values = cli(reads("cache.json"))
    assert unsettled(look(NAME, HEALTHY, **values)) == ["left_out"]
    # The code makes it, or has it from somewhere else.
    assert look(NAME, HEALTHY, **values, left_out=LeftOut(paths=())) == FINE
    here = LeftOut(paths=(), files=("src/demo/cache.json",))
    (found,) = look(NAME, HEALTHY, **values, left_out=here)
    assert found.outcome is Outcome.FAILED
    assert "it is in the checkout and not in the commit" in found.message
    assert found.hint == "`git add` it; only what is committed is tested."
    rule = IgnoreRule(pattern="*.json", place=".gitignore:3")
    ignored = replace(here, rules={"src/demo/cache.json": rule})
    (found,) = look(NAME, HEALTHY, **values, left_out=ignored)
    assert found.hint == (
        "The ignore rule `*.json` (.gitignore:3) covers it: narrow the rule, and commit the file."
    )
    optional = cli(reads("cache.json", guarded=True))
    assert look(NAME, HEALTHY, **optional, left_out=here) == FINE


def test_a_directory_is_not_named_beside_a_file_in_it() -> None:
    values = {
        **holding("src/demo/data/a.json"),
        **cli(reads("data"), reads("data/a.json")),
    }
    (found,) = look(NAME, HEALTHY, **values)
    assert found.subject == "src/demo/data/a.json"
