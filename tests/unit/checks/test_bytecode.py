"""Modules that do not compile on an interpreter."""

from __future__ import annotations

from typing import Any

import pytest
from values import DEMO, Says, answer, edge, loaded, look, module, raised, sources, wheel

from nox_cleanroom.findings import Finding

NAME = "bytecode"
SAYS = Says(NAME)
FINE = SAYS.passed("all modules")
PROBLEM = "SyntaxError: invalid syntax (part.py, line 1)"


def broken(name: str) -> Any:
    return answer("read", name, {"problem": PROBLEM, "line": 1})


def read(*answers: Any, **init: Any) -> dict[str, Any]:
    """What was read in a package, the package itself first."""
    return {"sources": sources(module("demo/__init__.py", **init), *answers)}


HEALTHY = {"wheel": wheel({**DEMO, "demo/part.py": "", "demo/deep.py": ""}), **read()}

CASES: dict[str, tuple[dict[str, Any], list[Finding]]] = {
    "all compile": ({}, [FINE]),
    "no source": (
        {"sources": sources()},
        [SAYS.skipped("all modules", "The wheel has no Python source.")],
    ),
    "what the package imports does not": (
        read(broken("demo/part.py"), edges=[edge("demo.part")]),
        [
            SAYS.failed(
                "demo/part.py",
                f"It does not compile on this interpreter: {PROBLEM}",
                hint="Raise requires-python, or write it for this version.",
            )
        ],
    ),
    "an import has failed with it": (
        {
            **read(broken("demo/part.py"), edges=[edge("demo.part")]),
            "loaded": loaded(raised("import", "demo", PROBLEM)),
        },
        [FINE],
    ),
    "an import has failed with another file": (
        {
            **read(broken("demo/part.py"), edges=[edge("demo.part")]),
            "loaded": loaded(raised("import", "demo", PROBLEM.replace("part", "deep"))),
        },
        [
            SAYS.failed(
                "demo/part.py",
                f"It does not compile on this interpreter: {PROBLEM}",
                hint="Raise requires-python, or write it for this version.",
            )
        ],
    ),
    "what the package may import does not": (
        read(broken("demo/part.py"), edges=[edge("demo.part", sure=False)]),
        [
            SAYS.failed(
                "demo/part.py",
                f"It does not compile on this interpreter: {PROBLEM}",
                hint="Raise requires-python, or write it for this version.",
            )
        ],
    ),
    "what another module imports does not": (
        read(
            module("demo/deep.py", edges=[edge("demo.part")]),
            broken("demo/part.py"),
            edges=[edge("demo.deep")],
        ),
        [
            SAYS.failed(
                "demo/part.py",
                f"It does not compile on this interpreter: {PROBLEM}",
                hint="Raise requires-python, or write it for this version.",
            )
        ],
    ),
    "the module of an entry point does not": (
        {
            "wheel": wheel(entry_points="[console_scripts]\ndemo = demo.part:main\n"),
            **read(broken("demo/part.py")),
        },
        [
            SAYS.failed(
                "demo/part.py",
                f"It does not compile on this interpreter: {PROBLEM}",
                hint="Raise requires-python, or write it for this version.",
            )
        ],
    ),
    "what nothing imports does not": (
        read(broken("demo/part.py")),
        [
            SAYS.passed(
                "demo/part.py", f"It does not compile, and no import leads to it here: {PROBLEM}"
            ),
            FINE,
        ],
    ),
    "what an except ImportError awaits does not": (
        read(broken("demo/part.py"), edges=[edge("demo.part", guarded=True)]),
        [
            SAYS.passed(
                "demo/part.py", f"It does not compile, and no import leads to it here: {PROBLEM}"
            ),
            FINE,
        ],
    ),
    "a template does not": (
        read(broken("demo/{{name}}.py")),
        [
            SAYS.passed(
                "demo/{{name}}.py",
                f"It does not compile, and no import leads to it here: {PROBLEM}",
            ),
            FINE,
        ],
    ),
    "reading it raises": (
        {
            "sources": sources(
                answer(
                    "read", "demo/__init__.py", {"error": {"type": "OSError", "message": "gone"}}
                )
            )
        },
        [
            SAYS.failed(
                "demo/__init__.py",
                "It does not compile on this interpreter: OSError: gone",
                hint="Raise requires-python, or write it for this version.",
            )
        ],
    ),
    "reading it crashes": (
        {
            "sources": sources(
                answer(
                    "read", "demo/__init__.py", None, completed=False, ending="killed by SIGSEGV"
                )
            )
        },
        [
            SAYS.failed(
                "demo/__init__.py",
                "compiling it ended the interpreter (killed by SIGSEGV).",
                hint="Users would see the same; run the import in a fresh environment to watch it.",
            )
        ],
    ),
    "what cannot be read compiles": (
        {"sources": sources(answer("read", "demo/__init__.py", {"unread": "it is too deep"}))},
        [FINE],
    ),
}


@pytest.mark.parametrize(("values", "findings"), CASES.values(), ids=CASES)
def test_bytecode(values: dict[str, Any], findings: list[Finding]) -> None:
    assert look(NAME, HEALTHY, **values) == findings
