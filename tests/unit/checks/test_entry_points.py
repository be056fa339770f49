"""What came of loading entry points, and whether scripts have programs."""

from __future__ import annotations

import os
from typing import Any

import pytest
from values import (
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
        SAYS.warned(
            SUBJECT,
            f"It needs the extra `web`; without, {NO_FLASK}",
            hint="Users who want it have to install the extra; `-- --extras` tests it with extras.",
        )
    ]


def test_when_no_extra_is_likely_all_are_named() -> None:
    needs = {
        **HEALTHY,
        "wheel": wheel(entry_points=SCRIPT, metadata="Provides-Extra: a\nProvides-Extra: b\n"),
        "loaded": loaded(raised("entry point", "demo:main", "AttributeError: x")),
    }
    assert unsettled(look(NAME, needs)) == ["with_extras"]
    well = with_extras(loaded_=loaded(entry_point("demo:main")))
    (found,) = look(NAME, needs, with_extras=well)
    assert found.outcome is Outcome.WARNED
    assert found.message.startswith("It needs one of the extras `a`, `b`; without, ")
