"""What came of loading entry points, and whether scripts have programs."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

import pytest
from values import (
    DEMO,
    SITE,
    Says,
    answer,
    entry_point,
    facts,
    installed,
    loaded,
    look,
    raised,
    tracked,
    unsettled,
    wheel,
    with_extras,
)

from nox_cleanroom.findings import Finding, Outcome
from nox_cleanroom.probes.tracked import LeftOut

NAME = "entry points"
SAYS = Says(NAME)
SCRIPT = "[console_scripts]\ndemo = demo:main\n"
PLUGIN = "[flask.plugins]\ndemo = demo:main\n"
FIX = "Fix the entry point in the project's metadata, or what it names."
SUBJECT = "console_scripts:demo"

HEALTHY: dict[str, Any] = {
    "wheel": wheel(entry_points=SCRIPT),
    "facts": facts(),
    "tracked": tracked(),
    "installed": installed(),
    "loaded": loaded(entry_point("demo:main")),
}


def missing(name: str) -> Any:
    """What came of an entry point that misses a module."""
    text = f"ModuleNotFoundError: No module named {name!r}"
    return loaded(raised("entry point", "demo:main", text, missing=name))


NO_FLASK = "`demo:main` does not load: ModuleNotFoundError: No module named 'flask'"
NO_PART = "`demo:main` does not load: ModuleNotFoundError: No module named 'demo.part'"
BROKEN = wheel(entry_points="no section\n")

CASES: dict[str, tuple[dict[str, Any], list[Finding]]] = {
    "it loads and has a program": ({}, [SAYS.passed(SUBJECT)]),
    "none": ({"wheel": wheel()}, []),
    "a script that cannot be called": (
        {"loaded": loaded(entry_point("demo:main", callable=False, type="int"))},
        [SAYS.failed(SUBJECT, "`demo:main` is a int, which cannot be called.", hint=FIX)],
    ),
    "a script without a program": (
        {"installed": installed(programs=("python", "demo-2"))},
        [SAYS.failed(SUBJECT, "The installer made no program `demo`.", hint=FIX)],
    ),
    "a script that demands arguments": (
        {"loaded": loaded(entry_point("demo:main", demands=["argv", "out"]))},
        [
            SAYS.warned(
                SUBJECT,
                "`demo:main` requires argv, out, but the program calls it without arguments.",
                hint=FIX,
            )
        ],
    ),
    "a plugin needs neither a program nor to be called": (
        {
            "wheel": wheel(entry_points=PLUGIN),
            "installed": installed(programs=()),
            "loaded": loaded(entry_point("demo:main", callable=False, demands=["app"])),
        },
        [SAYS.passed("flask.plugins:demo")],
    ),
    "entry_points.txt cannot be read": (
        {"wheel": BROKEN},
        [
            SAYS.failed(
                "entry_points.txt",
                f"It cannot be read: {' '.join(BROKEN.entry_points_problem.split())}.",
                hint=FIX,
            )
        ],
    ),
    "it needs an extra that is not installed": (
        {"wheel": wheel(entry_points="[console_scripts]\ndemo = demo:main [b, a]\n")},
        [SAYS.skipped(SUBJECT, "It needs the extra a, b, which is not installed.")],
    ),
    "it needs an extra that is installed": (
        {
            "wheel": wheel(entry_points="[console_scripts]\ndemo = demo:main [a]\n"),
            "installed": installed(extras=("a",)),
        },
        [SAYS.passed(SUBJECT)],
    ),
    "two names of one function": (
        {
            "wheel": wheel(entry_points=f"{SCRIPT}demo2 = demo:main\n"),
            "installed": installed(programs=("demo", "demo2")),
        },
        [SAYS.passed(SUBJECT), SAYS.passed("console_scripts:demo2")],
    ),
    "it is a coroutine function": (
        {"loaded": loaded(entry_point("demo:main", coroutine=True))},
        [
            SAYS.failed(
                SUBJECT,
                "`demo:main` is a coroutine function, and the program does not await it, so nothing"
                " runs.",
                hint=FIX,
            )
        ],
    ),
    "a requirement has a program of the same name": (
        {"installed": replace(installed(), programs_of_others={"demo": "Other", "else": "Other"})},
        [
            SAYS.warned(
                "program demo",
                "The requirement `Other` installs a program of this name, too, and one replaces the"
                " other.",
                hint="Rename the program, or drop it.",
            ),
            SAYS.passed(SUBJECT),
        ],
    ),
    "a plug-in's value is data": (
        {"wheel": wheel(entry_points="[demo.data]\nx = some text/with-more.yaml\n")},
        [
            SAYS.passed(
                "demo.data:x", "Its value is no reference to an object: some text/with-more.yaml"
            )
        ],
    ),
    "a plug-in's value names a file": (
        {
            "wheel": wheel({**DEMO, "demo/a.yaml": ""}, entry_points="[other]\nx = demo:a.yaml\n"),
            "loaded": loaded(raised("entry point", "demo:a.yaml", "AttributeError: a")),
        },
        [SAYS.passed("other:x", "Its value names a file of the wheel: demo:a.yaml")],
    ),
    "a plug-in wants its host": (
        {
            "wheel": wheel(entry_points="[host.plugins]\nx = demo:plug\n"),
            "loaded": loaded(raised("entry point", "demo:plug", "RuntimeError: no host")),
        },
        [
            SAYS.warned(
                "host.plugins:x",
                "`demo:plug` does not load: RuntimeError: no host (it may need its host).",
            )
        ],
    ),
    "a plug-in's framework is not configured": (
        {
            "wheel": wheel(entry_points="[host.plugins]\nx = demo:plug\n"),
            "loaded": loaded(
                raised(
                    "entry point",
                    "demo:plug",
                    "ImproperlyConfigured: settings",
                    class_of="django.core.exceptions",
                )
            ),
        },
        [
            SAYS.warned(
                "host.plugins:x",
                "`demo:plug` does not load: ImproperlyConfigured: settings (it may need its host).",
            )
        ],
    ),
    "a plug-in is broken": (
        {
            "wheel": wheel(entry_points="[host.plugins]\nx = demo:plug\n"),
            "loaded": loaded(raised("entry point", "demo:plug", "NameError: x")),
        },
        [SAYS.failed("host.plugins:x", "`demo:plug` does not load: NameError: x", hint=FIX)],
    ),
    "a program that wants a host is broken": (
        {"loaded": loaded(raised("entry point", "demo:main", "RuntimeError: no host"))},
        [SAYS.failed(SUBJECT, "`demo:main` does not load: RuntimeError: no host", hint=FIX)],
    ),
    "it fails with the import of its package": (
        {
            "loaded": loaded(
                raised("import", "demo", "ValueError: x"),
                raised("entry point", "demo:main", "ValueError: x"),
            )
        },
        [SAYS.skipped(SUBJECT, "The import of its module fails; `imports` says why.")],
    ),
    "it fails in another way than the import": (
        {
            "loaded": loaded(
                raised("import", "demo", "ValueError: x"),
                raised("entry point", "demo:main", "ValueError: y"),
            )
        },
        [SAYS.failed(SUBJECT, "`demo:main` does not load: ValueError: y", hint=FIX)],
    ),
    "it does not exist": (
        {
            "loaded": loaded(
                raised(
                    "entry point",
                    "demo:main",
                    "AttributeError: module 'demo' has no attribute 'main'",
                    traceback=f"in {os.path.join(SITE, 'demo.py')}\n",
                )
            )
        },
        [
            SAYS.failed(
                SUBJECT,
                "`demo:main` does not load: AttributeError: module 'demo' has no attribute 'main'",
                hint=FIX,
                output="in demo.py",
                details="in demo.py",
            )
        ],
    ),
    "a plugin whose host is not installed": (
        {"wheel": wheel(entry_points=PLUGIN), "loaded": missing("flask")},
        [SAYS.warned("flask.plugins:demo", f"{NO_FLASK} (its host `flask` is absent).")],
    ),
    "a plugin whose own module is not in the wheel": (
        {"wheel": wheel(entry_points=PLUGIN), "loaded": missing("demo.part")},
        [
            SAYS.failed(
                "flask.plugins:demo",
                NO_PART,
                hint="`demo.part` is not in the wheel: does the build backend include it?",
            )
        ],
    ),
    "a script whose requirement is not declared": (
        {"loaded": missing("flask")},
        [
            SAYS.failed(
                SUBJECT,
                NO_FLASK,
                hint="`flask` is not installed. Is it declared in the project's dependencies?",
            )
        ],
    ),
    "it crashes": (
        {
            "loaded": loaded(
                answer(
                    "entry point", "demo:main", None, completed=False, ending="killed by SIGSEGV"
                )
            )
        },
        [
            SAYS.failed(
                SUBJECT,
                "loading `demo:main` ended the interpreter (killed by SIGSEGV).",
                hint="Users would see the same; run the import in a fresh environment to watch it.",
            )
        ],
    ),
    "another entry point crashed the same interpreter": (
        {
            "loaded": loaded(
                answer(
                    "entry point",
                    "demo:main",
                    {"callable": True},
                    succeeded=False,
                    ending="killed by SIGSEGV",
                )
            )
        },
        [SAYS.passed(SUBJECT)],
    ),
    "nobody came to load it": ({"loaded": loaded(entry_point("demo:other"))}, []),
}


@pytest.mark.parametrize(("values", "findings"), CASES.values(), ids=CASES)
def test_entry_points(values: dict[str, Any], findings: list[Finding]) -> None:
    assert look(NAME, HEALTHY, **values) == findings


def test_on_windows_a_program_is_an_exe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "win32")
    assert look(NAME, HEALTHY)[0].outcome is Outcome.FAILED
    assert look(NAME, HEALTHY, installed=installed(programs=("demo.exe",))) == [
        SAYS.passed(SUBJECT)
    ]


def test_a_missing_module_asks_what_git_leaves_out_and_then_for_the_extras() -> None:
    needs = {
        **HEALTHY,
        "wheel": wheel(
            entry_points=SCRIPT,
            metadata="Provides-Extra: web\nProvides-Extra: dev\n"
            'Requires-Dist: Flask; extra == "web"\n',
        ),
        "loaded": missing("flask"),
    }
    nothing = LeftOut(paths=())
    assert unsettled(look(NAME, needs)) == ["left_out"]
    assert unsettled(look(NAME, needs, left_out=nothing)) == ["with_extras"]
    well = with_extras(loaded_=loaded(entry_point("demo:main")))
    settled = look(NAME, needs, left_out=nothing, with_extras=well)
    assert unsettled(settled) == [""]
    assert settled == [
        SAYS.failed(
            SUBJECT,
            f"It needs the extra `web`; without, {NO_FLASK}",
            hint="A plain install is of no use: declare in `dependencies` what it needs.",
        )
    ]


def test_when_no_extra_is_likely_all_are_named() -> None:
    needs = {
        **HEALTHY,
        "wheel": wheel(
            entry_points=f"{SCRIPT}other = demo:other\n",
            metadata="Provides-Extra: a\nProvides-Extra: b\n",
        ),
        "installed": installed(programs=("demo", "other")),
        "loaded": loaded(
            raised("entry point", "demo:main", "AttributeError: x"), entry_point("demo:other")
        ),
    }
    assert unsettled(look(NAME, needs)) == ["with_extras", ""]
    well = with_extras(loaded_=loaded(entry_point("demo:main")))
    found, _ = look(NAME, needs, with_extras=well)
    assert found.outcome is Outcome.WARNED
    assert found.message.startswith("It needs one of the extras `a`, `b`; without, ")
