"""Import statements that lead nowhere, told from the text of modules."""

from __future__ import annotations

from typing import Any

import pytest
from values import (
    DEMO,
    Says,
    answer,
    dead_end,
    edge,
    facts,
    installed,
    loaded,
    look,
    module,
    raised,
    sources,
    tracked,
    unsettled,
    wheel,
    with_extras,
)

from nox_cleanroom.findings import Finding, Outcome
from nox_cleanroom.probes.tracked import LeftOut

NAME = "import statements"
SAYS = Says(NAME)
FINE = SAYS.passed("all modules")
INIT = "demo/__init__.py"
#: A package whose program calls `main` of its module `cli`.
FILES = {**DEMO, "demo/cli.py": "", "demo/part.py": ""}
SCRIPT = "[console_scripts]\ndemo = demo.cli:main\n"

HEALTHY: dict[str, Any] = {
    "wheel": wheel(FILES, entry_points=SCRIPT),
    "facts": facts(),
    "tracked": tracked(),
    "installed": installed(),
    "sources": sources(module(INIT)),
}


def cli(*dead_ends: dict[str, Any], **said: Any) -> dict[str, Any]:
    """What is read in the module of the program."""
    return {"sources": sources(module(INIT), module("demo/cli.py", unresolved=dead_ends, **said))}


def part(
    *dead_ends: dict[str, Any], init: dict[str, Any] | None = None, **said: Any
) -> dict[str, Any]:
    """What is read in a module that nothing imports, unless the package is said to."""
    read = module(INIT, **(init or {}))
    return {"sources": sources(read, module("demo/part.py", unresolved=dead_ends, **said))}


def absent(name: str) -> str:
    return f"`{name}` is not installed. Is it declared in the project's dependencies?"


def note(what: str) -> Finding:
    return SAYS.passed(
        "all modules", f"No requirement brings {what}; fine where they are optional."
    )


LACKS_OWN = "`demo.gone` is not in the wheel: does the build backend include it?"

CASES: dict[str, tuple[dict[str, Any], list[Finding]]] = {
    "every import leads somewhere": ({}, [FINE]),
    "no source": (
        {"sources": sources()},
        [SAYS.skipped("all modules", "The wheel has no Python source.")],
    ),
    "what an import runs, another check has seen": (
        {"sources": sources(module(INIT, unresolved=[dead_end("absent")]))},
        [FINE],
    ),
    "a program's function imports what nothing brings": (
        cli(dead_end("absent", "main")),
        [
            SAYS.failed(
                "absent",
                "demo/cli.py:3 imports it in main, on the way of an entry point: no requirement"
                " brings it.",
                hint=absent("absent"),
            )
        ],
    ),
    "a program's function calls one that does": (
        cli(dead_end("absent", "run"), edges=[edge("demo.cli", "run", "main")]),
        [
            SAYS.failed(
                "absent",
                "demo/cli.py:3 imports it in run, on the way of an entry point: no requirement"
                " brings it.",
                hint=absent("absent"),
            )
        ],
    ),
    "a program's function may call one that does": (
        cli(dead_end("absent", "run"), edges=[edge("demo.cli", "run", "main", sure=False)]),
        [note("absent (demo/cli.py:3)")],
    ),
    "a program's function tries one that does": (
        cli(dead_end("absent", "run"), edges=[edge("demo.cli", "run", "main", guarded=True)]),
        [note("absent (demo/cli.py:3)")],
    ),
    "a program's function imports it under a condition": (
        cli(dead_end("absent", "main", sure=False)),
        [note("absent (demo/cli.py:3)")],
    ),
    "python -m runs it": (
        {
            "wheel": wheel({**FILES, "demo/__main__.py": ""}),
            "sources": sources(
                module("demo/__main__.py", unresolved=[dead_end("absent", "<script>", 1)])
            ),
        },
        [
            SAYS.failed(
                "absent",
                "demo/__main__.py:1 imports it in <script>, on the way of an entry point: no"
                " requirement brings it.",
                hint=absent("absent"),
            )
        ],
    ),
    "a well-known module is named with its distribution": (
        cli(dead_end("yaml", "main")),
        [
            SAYS.failed(
                "yaml",
                "demo/cli.py:3 imports it in main, on the way of an entry point: no requirement"
                " brings it; `pyyaml` does.",
                hint=absent("yaml"),
            )
        ],
    ),
    "a function that nothing calls imports what nothing brings": (
        part(dead_end("absent", "f")),
        [note("absent (demo/part.py:3)")],
    ),
    "six of them": (
        part(*(dead_end(f"absent{number}", "f", number) for number in range(6))),
        [
            note(
                ", ".join(f"absent{number} (demo/part.py:{number})" for number in range(5))
                + " and 1 more"
            )
        ],
    ),
    "a function that nothing calls imports what is not in the wheel": (
        part(dead_end("demo.gone", "f")),
        [
            SAYS.warned(
                "demo.gone",
                "demo/part.py:3 imports it in f: it is not in the wheel.",
                hint=LACKS_OWN,
            )
        ],
    ),
    "a program's function imports what is not in the wheel": (
        cli(dead_end("demo.gone", "main", sure=False)),
        [
            SAYS.failed(
                "demo.gone",
                "demo/cli.py:3 imports it in main, on the way of an entry point: it is not in"
                " the wheel.",
                hint=LACKS_OWN,
            )
        ],
    ),
    "a module that nothing imports, at its top": (
        part(dead_end("demo.gone")),
        [
            SAYS.warned(
                "demo.gone",
                "demo/part.py:3 imports it: it is not in the wheel.",
                hint=LACKS_OWN,
            )
        ],
    ),
    "several places": (
        part(dead_end("demo.gone", "f", 9), dead_end("demo.gone", "f", 2)),
        [
            SAYS.warned(
                "demo.gone",
                "demo/part.py:2 imports it in f, and 1 more do: it is not in the wheel.",
                hint=LACKS_OWN,
            )
        ],
    ),
    "it is in the checkout and not committed": (
        {**part(dead_end("demo.gone", "f")), "left_out": LeftOut(paths=("src/demo/gone.py",))},
        [
            SAYS.warned(
                "demo.gone",
                "demo/part.py:3 imports it in f: it is not in the wheel.",
                hint="src/demo/gone.py is in the checkout and not in the commit: `git add` it. Only"
                " what is committed is tested.",
            )
        ],
    ),
    "below a namespace it may be another distribution's": (
        {
            "wheel": wheel({"ns/demo/__init__.py": "", "ns/demo/part.py": ""}),
            "sources": sources(
                module("ns/demo/part.py", unresolved=[dead_end("ns.other", "f", 1)])
            ),
        },
        [note("ns.other (ns/demo/part.py:1)")],
    ),
    "tests of the package are for its developers": (
        {
            "wheel": wheel({**FILES, "demo/tests/__init__.py": "", "demo/test_x.py": ""}),
            "sources": sources(
                module("demo/tests/__init__.py", unresolved=[dead_end("demo.gone")]),
                module("demo/test_x.py", unresolved=[dead_end("pytest")]),
            ),
        },
        [FINE],
    ),
    "vendored code is somebody else's": (
        {
            "wheel": wheel({**FILES, "demo/_vendor/x.py": ""}),
            "sources": sources(module("demo/_vendor/x.py", unresolved=[dead_end("demo.gone")])),
        },
        [FINE],
    ),
    "a module that only an except ImportError awaits": (
        part(
            dead_end("absent"),
            init={"edges": [edge("demo.part", guarded=True)]},
        ),
        [FINE],
    ),
    "the program's own module is tried elsewhere, too": (
        {
            "sources": sources(
                module(INIT, edges=[edge("demo", guarded=True), edge("demo.cli", guarded=True)]),
                module("demo/cli.py", unresolved=[dead_end("absent", "main")]),
            )
        },
        [
            SAYS.failed(
                "absent",
                "demo/cli.py:3 imports it in main, on the way of an entry point: no requirement"
                " brings it.",
                hint=absent("absent"),
            )
        ],
    ),
    "a package that tries a module of its own": (
        {
            "wheel": wheel(FILES, entry_points="[console_scripts]\ndemo = demo:main\n"),
            "sources": sources(
                module(
                    INIT,
                    edges=[edge("demo", guarded=True), edge("demo.part", guarded=True)],
                    unresolved=[dead_end("absent", "main")],
                )
            ),
        },
        [
            SAYS.failed(
                "absent",
                "demo/__init__.py:3 imports it in main, on the way of an entry point: no requirement"
                " brings it.",
                hint=absent("absent"),
            )
        ],
    ),
    "a module that is only tried, and calls itself": (
        part(
            dead_end("absent"),
            edges=[edge("demo.part", "f", "g")],
            init={"edges": [edge("demo.part", guarded=True)]},
        ),
        [FINE],
    ),
    "the package imports it inside of an except ImportError elsewhere": (
        cli(dead_end("absent.deeper", "main"), optional=["absent"]),
        [FINE],
    ),
    "the package speaks of it in a string": (
        part(dead_end("absent", "f"), mentioned=["absent"]),
        [FINE],
    ),
    "the package speaks of it, and its program needs it": (
        cli(dead_end("absent", "main"), mentioned=["absent"]),
        [
            SAYS.failed(
                "absent",
                "demo/cli.py:3 imports it in main, on the way of an entry point: no requirement"
                " brings it.",
                hint=absent("absent"),
            )
        ],
    ),
    "a name of a newer standard library, where nothing leads to": (
        part(dead_end("itertools.batched", "f", kind="attribute")),
        [
            SAYS.warned(
                "itertools.batched",
                "demo/part.py:3 uses it in f: the standard library has it from Python 3.12 on.",
                hint="Raise requires-python to >=3.12, or guard it with `sys.version_info`.",
            )
        ],
    ),
    "a name of a newer standard library, on the way": (
        cli(dead_end("typing.override", "main", kind="name")),
        [
            SAYS.failed(
                "typing.override",
                "demo/cli.py:3 imports it in main, on the way of an entry point: the standard"
                " library has it from Python 3.12 on.",
                hint="Raise requires-python to >=3.12, or guard it with `sys.version_info`.",
            )
        ],
    ),
    "a module of an older standard library": (
        {"facts": facts(version="3.13.0"), **part(dead_end("imp", "f"))},
        [
            SAYS.warned(
                "imp",
                "demo/part.py:3 imports it in f: the standard library has it up to Python 3.11.",
                hint="Replace it, or guard it with `sys.version_info`.",
            )
        ],
    ),
    "a module of another system, on the way": (
        cli(dead_end("winreg", "main")),
        [
            SAYS.failed(
                "winreg",
                "demo/cli.py:3 imports it in main, on the way of an entry point: the standard"
                " library has it on Windows only.",
                hint="Windows only: guard it with `sys.platform`.",
            )
        ],
    ),
    "a module of another system, where nothing leads to": (part(dead_end("winreg", "f")), [FINE]),
    "a newer module, for which there is a substitute": (
        part(dead_end("tomllib", "f"), optional=["tomllib"]),
        [FINE],
    ),
    "a newer name, under a condition that is not known": (
        part(dead_end("typing.override", "f", kind="name", sure=False)),
        [FINE],
    ),
    "a newer name, under a condition around the call": (
        part(
            dead_end("typing.override", "f", kind="name"),
            edges=[edge("demo.part", "f", "g", dead=True)],
        ),
        [FINE],
    ),
    "a module of another system, below a module that is imported there": (
        {
            "sources": sources(
                module(INIT, edges=[edge("demo.part", dead=True)]),
                module("demo/part.py", edges=[edge("demo.inner")]),
                module("demo/inner.py", unresolved=[dead_end("demo.gone")]),
            )
        },
        [FINE],
    ),
    "a name that another module sets": (
        part(dead_end("demo.cli.LATE", "f", kind="name"), sets=["demo.cli.LATE"]),
        [FINE],
    ),
    "a module that a finder of the package makes": (
        part(dead_end("demo.made", "f"), finds_modules=True),
        [FINE],
    ),
    "importing has missed it": (
        {
            **part(dead_end("absent", "f")),
            "loaded": loaded(
                raised("import", "demo", "ModuleNotFoundError: No module", missing="absent")
            ),
        },
        [FINE],
    ),
    "this interpreter was built without it": (
        part(dead_end("lib2to3", "f")),
        [note("lib2to3 (demo/part.py:3)")],
    ),
    "a module that could not be read": (
        {
            "sources": sources(
                module(INIT), answer("read", "demo/deep.py", {"unread": "it is nested too deeply"})
            )
        },
        [SAYS.passed("demo/deep.py", "It could not be read: it is nested too deeply."), FINE],
    ),
    "a module that does not compile is for another check": (
        {"sources": sources(answer("read", "demo/part.py", {"problem": "SyntaxError: x"}))},
        [FINE],
    ),
    "a file that nobody can import": (
        {"sources": sources(module("demo/my-template.py", unresolved=[dead_end("demo.gone")]))},
        [FINE],
    ),
}


@pytest.fixture(autouse=True)
def _one_standard_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same on every Python that runs the tests."""
    monkeypatch.setattr("sys.stdlib_module_names", frozenset({"os", "lib2to3"}))


@pytest.mark.parametrize(("values", "findings"), CASES.values(), ids=CASES)
def test_import_statements(values: dict[str, Any], findings: list[Finding]) -> None:
    assert look(NAME, HEALTHY, **values) == findings


EXTRA = wheel(
    FILES,
    entry_points=SCRIPT,
    metadata='Provides-Extra: files\nRequires-Dist: PyYAML; extra == "files"\n'
    'Requires-Dist: google-auth; extra == "files"\nRequires-Dist: tomli; python_version < "3"\n',
)


def test_an_extra_that_is_named_for_the_module_warns_at_once() -> None:
    found = look(NAME, HEALTHY, wheel=EXTRA, **cli(dead_end("yaml", "main")))
    assert found == [
        SAYS.warned(
            "yaml",
            "demo/cli.py:3 imports it in main, on the way of an entry point: no requirement"
            " brings it; `pyyaml` does.",
            hint="It comes with the extra `files`: say so where it is missing, or require it.",
        )
    ]
    assert unsettled(found) == [""]


@pytest.mark.parametrize("what", ["yaml", "google.auth"])
def test_what_an_extra_brings_may_be_imported_by_what_nothing_calls(what: str) -> None:
    assert look(NAME, HEALTHY, wheel=EXTRA, **part(dead_end(what, "f"))) == [FINE]


def test_what_no_name_tells_is_settled_by_the_extras() -> None:
    values = {**HEALTHY, "wheel": EXTRA, **cli(dead_end("absent", "main"))}
    nothing = LeftOut(paths=())
    assert unsettled(look(NAME, values)) == ["left_out"]
    assert unsettled(look(NAME, values, left_out=nothing)) == ["with_extras"]
    settled = look(NAME, values, left_out=nothing, with_extras=with_extras())
    assert [one.outcome for one in settled] == [Outcome.WARNED]
    assert settled[0].message == (
        "It needs the extra `files`; without, demo/cli.py:3 imports it in main, on the way of an"
        " entry point: no requirement brings it."
    )
    still = with_extras(sources_=values["sources"])
    assert [one.outcome for one in look(NAME, values, with_extras=still)] == [Outcome.FAILED]
