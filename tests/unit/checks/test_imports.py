"""What imports of a wheel's modules came to."""

from __future__ import annotations

import os
from typing import Any

import pytest
from values import (
    DEMO,
    LOCATION,
    SITE,
    Says,
    answer,
    dead_end,
    facts,
    imported,
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

from nox_cleanroom.checkout.ignore_rules import IgnoreRule
from nox_cleanroom.errors import Code
from nox_cleanroom.findings import Finding, Outcome
from nox_cleanroom.probes.loading import Loaded
from nox_cleanroom.probes.tracked import LeftOut

NAME = "imports"
SAYS = Says(NAME)
EVERYBODY = "The same happens to every user who loads it."
CRASH_HINT = "Users would see the same; run the import in a fresh environment to watch it."

HEALTHY: dict[str, Any] = {
    "wheel": wheel(),
    "facts": facts(),
    "tracked": tracked("src/demo/__init__.py"),
    "installed": installed(),
    "loaded": loaded(),
}


def missing(name: str, message: str = "", subject: str = "demo") -> Any:
    """What came of an import that misses a module."""
    text = f"ModuleNotFoundError: {message or f'No module named {name!r}'}"
    return raised("import", subject, text, missing=name)


def lacking(name: str, module: str, *, guess: bool = False) -> Any:
    """What came of an import of a name that a module lacks."""
    what = f"partially initialized module {module!r}" if guess else repr(module)
    why = " (most likely due to a circular import)" if guess else ""
    text = f"ImportError: cannot import name {name!r} from {what}{why}"
    return raised("import", "demo", text, missing=module)


NO_NAME = (
    "`demo` has no `part`, and the wheel has no module of that name: is it misspelt, or does the"
    " build backend leave it out?"
)
NO_YAML = "ModuleNotFoundError: No module named 'yaml'"
NO_PART = "ModuleNotFoundError: No module named 'demo.part'"
NOT_INCLUDED = "`demo.part` is not in the wheel: does the build backend include it?"
DECLARE = "`yaml` is not installed. Is it declared in the project's dependencies?"

#: A traceback with frames of the import machinery and of another distribution.
TRACEBACK = (
    f'Traceback:\n  File "{os.path.join(SITE, "demo", "__init__.py")}", line 1, in <module>\n'
    "    from demo import part\n"
    '  File "<frozen importlib._bootstrap>", line 2, in _find\n'
    f'  File "{os.path.join(SITE, "demo", "part.py")}", line 7, in <module>\n'
    "    yaml.load(x)\n    ^^^^^^^^^^^^\n"
    f'  File "{os.path.join(SITE, "yaml", "__init__.py")}", line 9, in load\n'
    "    raise ValueError\nValueError: x\n"
)

CASES: dict[str, tuple[dict[str, Any], list[Finding]]] = {
    "it imports": ({}, [SAYS.passed("demo")]),
    "a package below a namespace": (
        {"wheel": wheel({"ns/demo/__init__.py": ""}), "loaded": loaded(imported("ns.demo"))},
        [SAYS.passed("ns.demo")],
    ),
    "nothing to import": (
        {
            "wheel": wheel({"demo.data/data/x.txt": ""}),
            "loaded": Loaded(answers=()),
        },
        [SAYS.skipped("demo", "The wheel has no module to import.")],
    ),
    "a requirement is not declared": (
        {"loaded": loaded(missing("yaml"))},
        [SAYS.failed("demo", NO_YAML, hint=DECLARE)],
    ),
    "a module is not in the wheel": (
        {"loaded": loaded(missing("demo.part"))},
        [
            SAYS.failed(
                "demo",
                NO_PART,
                hint="`demo.part` is not in the wheel: does the build backend include it?",
            )
        ],
    ),
    "a name that a module of the wheel lacks": (
        {"loaded": loaded(lacking("part", "demo"))},
        [SAYS.failed("demo", "ImportError: cannot import name 'part' from 'demo'", hint=NO_NAME)],
    ),
    "a name that is nowhere, for which Python guesses a reason": (
        {
            "loaded": loaded(lacking("part", "demo", guess=True)),
            "sources": sources(module("demo/__init__.py", unresolved=[dead_end("demo.part")])),
        },
        [
            SAYS.failed(
                "demo",
                "ImportError: cannot import name 'part' from partially initialized module 'demo'",
                hint=NO_NAME,
            )
        ],
    ),
    "a circular import": (
        {
            "loaded": loaded(lacking("part", "demo", guess=True)),
            "sources": sources(module("demo/__init__.py")),
        },
        [
            SAYS.failed(
                "demo",
                "ImportError: cannot import name 'part' from partially initialized module 'demo'"
                " (most likely due to a circular import)",
                hint="`demo` is still being loaded at that moment, and has no `part` yet: import it"
                " in the function that needs it, or move `part` to a module of its own.",
            )
        ],
    ),
    "a name that a requirement lacks": (
        {"loaded": loaded(lacking("Markup", "jinja2"))},
        [
            SAYS.failed(
                "demo",
                "ImportError: cannot import name 'Markup' from 'jinja2'",
                hint="The installed `jinja2` has no `Markup`: change the import, or require the"
                " versions that have it.",
            )
        ],
    ),
    "a name that is a module in the checkout, not committed": (
        {
            "loaded": loaded(lacking("part", "demo", guess=True)),
            "sources": sources(module("demo/__init__.py", unresolved=[dead_end("demo.part")])),
            "left_out": LeftOut(paths=("src/demo/part.py",)),
        },
        [
            SAYS.failed(
                "demo",
                "ImportError: cannot import name 'part' from partially initialized module 'demo'",
                hint="src/demo/part.py is in the checkout and not in the commit: `git add` it."
                " Only what is committed is tested.",
            )
        ],
    ),
    "a module without the package before it": (
        {
            "wheel": wheel({**DEMO, "demo/helpers.py": ""}),
            "loaded": loaded(missing("helpers")),
        },
        [
            SAYS.failed(
                "demo",
                "ModuleNotFoundError: No module named 'helpers'",
                hint="The wheel has `demo.helpers`: import it by its full name.",
            )
        ],
    ),
    "a module in other case": (
        {
            "wheel": wheel({**DEMO, "demo/utils.py": ""}),
            "loaded": loaded(missing("demo.Utils")),
        },
        [
            SAYS.failed(
                "demo",
                "ModuleNotFoundError: No module named 'demo.Utils'",
                hint="The wheel has `demo.utils`: import it by its full name.",
            )
        ],
    ),
    "the directory of the sources": (
        {"loaded": loaded(missing("src"))},
        [
            SAYS.failed(
                "demo",
                "ModuleNotFoundError: No module named 'src'",
                hint="`src` is only the directory of the sources: import the package without it.",
            )
        ],
    ),
    "another module of the commit, beside the package": (
        {
            "loaded": loaded(missing("demo_core")),
            "tracked": tracked("src/demo/__init__.py", "src/demo_core/__init__.py"),
        },
        [
            SAYS.failed(
                "demo",
                "ModuleNotFoundError: No module named 'demo_core'",
                hint="src/demo_core/__init__.py is in the commit and not in the wheel: does the"
                " build backend include it?",
            )
        ],
    ),
    "a file of the same name elsewhere in the commit": (
        {
            "loaded": loaded(missing("yaml")),
            "tracked": tracked("src/demo/__init__.py", "tools/old/yaml.py"),
        },
        [SAYS.failed("demo", NO_YAML, hint=DECLARE)],
    ),
    "a module is in the checkout and not committed": (
        {"loaded": loaded(missing("demo.part")), "left_out": LeftOut(paths=("src/demo/part.py",))},
        [
            SAYS.failed(
                "demo",
                NO_PART,
                hint="src/demo/part.py is in the checkout and not in the commit: `git add` it."
                " Only what is committed is tested.",
            )
        ],
    ),
    "a package is in the checkout and not committed": (
        {
            "loaded": loaded(missing("demo.part")),
            "left_out": LeftOut(paths=("x.py", "src/demo/part/__init__.py")),
        },
        [
            SAYS.failed(
                "demo",
                NO_PART,
                hint="src/demo/part/__init__.py is in the checkout and not in the commit: `git add`"
                " it. Only what is committed is tested.",
            )
        ],
    ),
    "other files are uncommitted": (
        {"loaded": loaded(missing("yaml")), "left_out": LeftOut(paths=("src/demo/other.py",))},
        [SAYS.failed("demo", NO_YAML, hint=DECLARE)],
    ),
    "a submodule is empty": (
        {
            "loaded": loaded(missing("demo.part")),
            "tracked": tracked(missing_submodules=("src/demo/part",)),
        },
        [
            SAYS.failed(
                "demo",
                NO_PART,
                hint="The submodule src/demo/part is empty; `git submodule update --init"
                " src/demo/part` fills it.",
            )
        ],
    ),
    "it ends the interpreter politely": (
        {"loaded": loaded(raised("import", "demo", "SystemExit: 3", exit="3"))},
        [
            SAYS.failed(
                "demo",
                "Importing it calls sys.exit(3).",
                hint='Put what it does behind `if __name__ == "__main__":`.',
            )
        ],
    ),
    "it needs a variable": (
        {"loaded": loaded(raised("import", "demo", "KeyError: 'DEMO_HOME'", variable="DEMO_HOME"))},
        [
            SAYS.failed(
                "demo",
                "KeyError: 'DEMO_HOME'",
                hint="It needs the variable DEMO_HOME, which users do not have; `pass-env` hands it"
                " on to the probes if they do.",
            )
        ],
    ),
    "a data file is not in the wheel": (
        {
            "loaded": loaded(
                raised(
                    "import",
                    "demo",
                    f"FileNotFoundError: {os.path.join(SITE, 'demo', 'x.json')}",
                    file=os.path.join(SITE, "demo", "x.json"),
                )
            )
        },
        [
            SAYS.failed(
                "demo",
                f"FileNotFoundError: {os.path.join('demo', 'x.json')}",
                hint=f"{os.path.join('demo', 'x.json')} is not in the wheel: declare it as package"
                " data, and `git add` it.",
            )
        ],
    ),
    "an exception of its own, of several lines": (
        {"loaded": loaded(raised("import", "demo", "ValueError: one\ntwo"))},
        [SAYS.failed("demo", "ValueError: one two", hint=EVERYBODY)],
    ),
    "an exception without a message": (
        {"loaded": loaded(raised("import", "demo", "AssertionError"))},
        [SAYS.failed("demo", "AssertionError", hint=EVERYBODY)],
    ),
    "of a traceback the package's own lines are shown, and the rest on request": (
        {
            "wheel": wheel({"demo/__init__.py": "", "demo/part.py": ""}),
            "loaded": loaded(
                raised(
                    "import",
                    "demo",
                    "ValueError: x",
                    traceback=TRACEBACK,
                )
            ),
        },
        [
            SAYS.failed(
                "demo",
                "ValueError: x",
                hint=EVERYBODY,
                output="demo/__init__.py:1: from demo import part\ndemo/part.py:7: yaml.load(x)",
                details="Traceback:\n"
                '  File "demo/__init__.py", line 1, in <module>\n    from demo import part\n'
                '  File "demo/part.py", line 7, in <module>\n    yaml.load(x)\n    ^^^^^^^^^^^^\n'
                '  File "yaml/__init__.py", line 9, in load\n    raise ValueError\nValueError: x',
            )
        ],
    ),
    "a traceback without a line of the package": (
        {
            "loaded": loaded(
                raised(
                    "import",
                    "demo",
                    "ValueError: x",
                    traceback=f'Traceback:\n  File "{os.path.join(SITE, "other.py")}"\nValueError: x\n',
                )
            )
        },
        [
            SAYS.failed(
                "demo",
                "ValueError: x",
                hint=EVERYBODY,
                output='Traceback:\n  File "other.py"\nValueError: x',
                details='Traceback:\n  File "other.py"\nValueError: x',
            )
        ],
    ),
    "it crashes": (
        {
            "loaded": loaded(
                answer(
                    "import",
                    "demo",
                    None,
                    completed=False,
                    succeeded=False,
                    ending="killed by SIGSEGV",
                    output="Fatal\n",
                )
            )
        },
        [
            SAYS.failed(
                "demo",
                "importing it ended the interpreter (killed by SIGSEGV).",
                hint=CRASH_HINT,
                output="Fatal",
            )
        ],
    ),
    "it hangs": (
        {
            "loaded": loaded(
                answer(
                    "import",
                    "demo",
                    None,
                    completed=False,
                    succeeded=False,
                    timed_out=True,
                    ending="still running after 5 s, so it was ended",
                )
            )
        },
        [
            SAYS.failed(
                "demo",
                "importing it was still running after 5 s, so it was ended.",
                hint=CRASH_HINT,
                code=Code.TIMEOUT,
            )
        ],
    ),
    "the interpreter crashes when it ends": (
        {
            "loaded": loaded(
                answer("import", "demo", {"places": []}, succeeded=False, ending="exit status 7")
            )
        },
        [
            SAYS.failed(
                "demo",
                "importing it worked, but then the interpreter ended (exit status 7).",
                hint=CRASH_HINT,
            )
        ],
    ),
    "an exception, and then a bad end": (
        {
            "loaded": loaded(
                answer(
                    "import",
                    "demo",
                    {"error": {"type": "ValueError", "message": "x"}},
                    succeeded=False,
                    ending="exit status 7",
                )
            )
        },
        [SAYS.failed("demo", "ValueError: x", hint=EVERYBODY)],
    ),
    "what was asked afterwards crashed": (
        {
            "loaded": loaded(
                answer("import", "demo", {"places": []}, completed=False, succeeded=False)
            )
        },
        [SAYS.passed("demo")],
    ),
    "it came from elsewhere": (
        {"loaded": loaded(imported("demo", os.path.join(os.sep, "src", "demo")))},
        [
            SAYS.failed(
                "demo",
                f"It came from {os.path.join(os.sep, 'src', 'demo')!r}, outside of the environment.",
                hint="A .pth file or an import hook of a requirement may redirect it.",
            )
        ],
    ),
    "it came from a directory whose name begins alike": (
        {"loaded": loaded(imported("demo", SITE, f"{LOCATION}2"))},
        [
            SAYS.failed(
                "demo",
                f"It came from {LOCATION + '2'!r}, outside of the environment.",
                hint="A .pth file or an import hook of a requirement may redirect it.",
            )
        ],
    ),
    "it came from the environment itself": (
        {"loaded": loaded(imported("demo", LOCATION))},
        [SAYS.passed("demo")],
    ),
    "it writes and starts things": (
        {"loaded": loaded(imported("demo", wrote=["~/a"], started=["git status"]))},
        [
            SAYS.warned(
                "demo",
                "Importing it writes ~/a, starts git status.",
                hint="Do that when a function is called; users who import it may lack the permission.",
            )
        ],
    ),
    "it writes a lot": (
        {"loaded": loaded(imported("demo", wrote=["~/a", "~/b", "~/c", "~/d"]))},
        [
            SAYS.warned(
                "demo",
                "Importing it writes ~/a, writes ~/b, writes ~/c (and 1 more).",
                hint="Do that when a function is called; users who import it may lack the permission.",
            )
        ],
    ),
    "the machine lacks a library": (
        {
            "loaded": loaded(
                raised(
                    "import",
                    "demo",
                    "ImportError: libGL.so.1: cannot open shared object file: No such file",
                    missing=None,
                )
            )
        },
        [
            SAYS.error(
                "demo",
                "ImportError: libGL.so.1: cannot open shared object file: No such file (this"
                " machine has no libGL.so.1)",
                hint=EVERYBODY,
                code=Code.ENVIRONMENT_LACKING,
            )
        ],
    ),
    "tests beside the package are not judged": (
        {
            "wheel": wheel({"demo/__init__.py": "", "tests/__init__.py": ""}),
            "loaded": loaded(imported("demo"), missing("pytest", subject="tests")),
        },
        [SAYS.passed("demo")],
    ),
    "a package whose only name is a common one": (
        {
            "wheel": wheel({"tests/__init__.py": ""}),
            "loaded": loaded(missing("yaml", subject="tests")),
        },
        [SAYS.failed("tests", NO_YAML, hint=DECLARE)],
    ),
    "further modules, after those that users import first": (
        {"loaded": loaded(missing("yaml", subject="demo.part"), imported("demo"))},
        [SAYS.passed("demo"), SAYS.failed("demo.part", NO_YAML, hint=DECLARE)],
    ),
    "it breaks entry points with it": (
        {
            "wheel": wheel(entry_points="[console_scripts]\na = demo.x:f\nb = demo:g\n"),
            "loaded": loaded(
                raised("import", "demo", "ValueError: x"),
                raised("entry point", "demo.x:f", "ValueError: x"),
                raised("entry point", "demo:g", "ValueError: x"),
            ),
        },
        [
            SAYS.failed(
                "demo",
                "ValueError: x; so these do not load either: console_scripts:a, console_scripts:b",
                hint="The same happens to every user who loads it.",
            )
        ],
    ),
    "there is no display": (
        {"loaded": loaded(raised("import", "demo", "KeyError: 'DISPLAY'", variable="DISPLAY"))},
        [
            SAYS.error(
                "demo",
                "KeyError: 'DISPLAY' (there is no display)",
                hint="It needs the variable DISPLAY, which users do not have; `pass-env` hands it on"
                " to the probes if they do.",
                code=Code.ENVIRONMENT_LACKING,
            )
        ],
    ),
    "a name of a newer standard library": (
        {
            "loaded": loaded(
                raised(
                    "import",
                    "demo",
                    "ImportError: cannot import name 'UTC' from 'datetime' (/x/datetime.py)",
                    missing="datetime",
                )
            )
        },
        [
            SAYS.failed(
                "demo",
                "ImportError: cannot import name 'UTC' from 'datetime' (/x/datetime.py)",
                hint="The standard library has it from Python 3.11 on. Raise requires-python to"
                " >=3.11, or guard it with `sys.version_info`.",
            )
        ],
    ),
    "an attribute of a newer standard library": (
        {
            "loaded": loaded(
                raised(
                    "import",
                    "demo",
                    "AttributeError: module 'itertools' has no attribute 'batched'",
                )
            )
        },
        [
            SAYS.failed(
                "demo",
                "AttributeError: module 'itertools' has no attribute 'batched'",
                hint="The standard library has it from Python 3.12 on. Raise requires-python to"
                " >=3.12, or guard it with `sys.version_info`.",
            )
        ],
    ),
    "a module of another system": (
        {"loaded": loaded(missing("winreg"))},
        [
            SAYS.failed(
                "demo",
                "ModuleNotFoundError: No module named 'winreg'",
                hint="The standard library has it on Windows only. Windows only: guard it with"
                " `sys.platform`.",
            )
        ],
    ),
    "setuptools no longer brings it": (
        {"loaded": loaded(missing("pkg_resources"))},
        [
            SAYS.failed(
                "demo",
                "ModuleNotFoundError: No module named 'pkg_resources'",
                hint="setuptools has no `pkg_resources` since version 82: use importlib.metadata and"
                " importlib.resources instead, or require `setuptools<81`.",
            )
        ],
    ),
    "it asks for a distribution of another name": (
        {
            "loaded": loaded(
                raised(
                    "import",
                    "demo",
                    "PackageNotFoundError: No package metadata was found for other",
                    missing="other",
                )
            )
        },
        [
            SAYS.failed(
                "demo",
                "PackageNotFoundError: No package metadata was found for other",
                hint="No distribution of that name is installed; this one is `demo`.",
            )
        ],
    ),
    "a tracked module that an ignore rule covers": (
        {
            "loaded": loaded(missing("demo.part")),
            "tracked": tracked("src/demo/part.py"),
            "left_out": LeftOut(
                paths=(),
                rules={"src/demo/part.py": IgnoreRule(pattern="part.py", place=".gitignore:2")},
            ),
        },
        [
            SAYS.failed(
                "demo",
                NO_PART,
                hint="src/demo/part.py is in the commit and not in the wheel. The ignore rule"
                " `part.py` (.gitignore:2) covers it, and some build backends leave out what is"
                " ignored: narrow the rule.",
            )
        ],
    ),
    "a generated module that an ignore rule covers": (
        {
            "loaded": loaded(missing("demo.part")),
            "left_out": LeftOut(
                paths=("src/demo/part.py",),
                rules={"src/demo/part.py": IgnoreRule(pattern="part.py", place=".gitignore:2")},
            ),
        },
        [
            SAYS.failed(
                "demo",
                NO_PART,
                hint="src/demo/part.py is in the checkout and not in the commit, because the ignore"
                " rule `part.py` (.gitignore:2) covers it. If it is generated, a build hook has to"
                " make it; otherwise narrow the rule, and commit the file.",
            )
        ],
    ),
    "an empty submodule elsewhere": (
        {
            "loaded": loaded(missing("demo.part")),
            "tracked": tracked(missing_submodules=("third_party/lib",)),
        },
        [SAYS.failed("demo", NO_PART, hint=NOT_INCLUDED)],
    ),
    "an entry point is for another check": (
        {"loaded": loaded(imported("demo"), raised("entry point", "demo:main", "ValueError: x"))},
        [SAYS.passed("demo")],
    ),
}


@pytest.mark.parametrize(("values", "findings"), CASES.values(), ids=CASES)
def test_imports(values: dict[str, Any], findings: list[Finding]) -> None:
    assert look(NAME, HEALTHY, **values) == findings


WITH_EXTRA = wheel(metadata='Provides-Extra: files\nRequires-Dist: yaml; extra == "files"\n')
NEEDS = {**HEALTHY, "wheel": WITH_EXTRA, "loaded": loaded(missing("yaml"))}


def test_a_missing_module_asks_what_git_leaves_out_and_then_for_the_extras() -> None:
    nothing = LeftOut(paths=())
    assert unsettled(look(NAME, NEEDS)) == ["left_out"]
    assert unsettled(look(NAME, NEEDS, left_out=nothing)) == ["with_extras"]
    settled = look(NAME, NEEDS, left_out=nothing, with_extras=with_extras())
    assert unsettled(settled) == [""]
    assert settled == [
        SAYS.failed(
            "demo",
            f"It needs the extra `files`; without, {NO_YAML}",
            hint="A plain install is of no use: declare in `dependencies` what it needs.",
        )
    ]


@pytest.mark.parametrize(
    ("files", "entry_points", "outcome"),
    [
        (DEMO, "", Outcome.FAILED),
        # Another module can be imported without the extra.
        ({**DEMO, "other.py": ""}, "", Outcome.WARNED),
        # Users of a plug-in have its host.
        (DEMO, "[yaml.plugins]\nx = demo\n", Outcome.WARNED),
        (DEMO, "[yaml11]\nx = demo\n", Outcome.WARNED),
        (DEMO, "[console_scripts]\nx = demo:main\n", Outcome.FAILED),
    ],
)
def test_a_package_is_broken_when_nothing_works_without_an_extra(
    files: dict[str, str], entry_points: str, outcome: Outcome
) -> None:
    values = {
        **HEALTHY,
        "wheel": wheel(
            files,
            entry_points=entry_points,
            metadata='Provides-Extra: files\nRequires-Dist: yaml; extra == "files"\n',
        ),
        "loaded": loaded(missing("yaml"), imported("other")),
    }
    second = with_extras(loaded_=loaded(imported("demo"), imported("other")))
    found = look(NAME, values, left_out=LeftOut(paths=()), with_extras=second)
    assert found[0].outcome is outcome


def test_what_fails_with_the_extras_has_failed() -> None:
    second = with_extras(loaded_=NEEDS["loaded"])
    found = look(NAME, NEEDS, left_out=LeftOut(paths=()), with_extras=second)
    assert [one.outcome for one in found] == [Outcome.FAILED]


@pytest.mark.parametrize(
    ("values", "settling"),
    [
        ({"loaded": loaded(missing("yaml"))}, "left_out"),
        ({"loaded": loaded(missing("yaml")), "left_out": LeftOut(paths=())}, ""),
        ({"loaded": loaded(raised("import", "demo", "ValueError: x"))}, ""),
        ({"loaded": loaded(raised("import", "demo", "ValueError: x")), "wheel": WITH_EXTRA}, "with_extras"),
        ({"wheel": WITH_EXTRA}, ""),
        ({"loaded": loaded(imported("demo", "/x")), "wheel": WITH_EXTRA, "installed": installed(extras=("files",))}, ""),
    ],
    ids=[
        "a module is missing",
        "nothing of it is left out, and there are no extras",
        "an exception without extras",
        "an exception with extras",
        "all is well",
        "all extras are installed",
    ],
)  # fmt: skip
def test_what_would_settle_it(values: dict[str, Any], settling: str) -> None:
    assert unsettled(look(NAME, HEALTHY, **values)) == [settling]
