"""Names of distributions that code asks for."""

from __future__ import annotations

from typing import Any

import pytest
from values import DEMO, Says, distribution, edge, installed, look, module, sources, wheel

from nox_cleanroom.findings import Finding

NAME = "distributions"
SAYS = Says(NAME)
FILES = {**DEMO, "demo/cli.py": ""}
SCRIPT = "[console_scripts]\nx = demo.cli:main\n"
HEALTHY: dict[str, Any] = {
    "wheel": wheel(FILES, name="acme_demo", entry_points=SCRIPT),
    "installed": installed(distribution("acme-demo"), distribution("Web_Kit")),
    "sources": sources(module("demo/__init__.py")),
}
OTHER = "This distribution is `acme_demo`; catch PackageNotFoundError for others."


def asks(name: str, scope: str = "f", *, sure: bool = True, **more: Any) -> dict[str, Any]:
    return {"name": name, "line": 4, "scope": scope, "sure": sure, **more}


def cli(*asked: dict[str, Any], **said: Any) -> dict[str, Any]:
    read = module("demo/cli.py", distributions=asked, **said)
    return {"sources": sources(module("demo/__init__.py"), read)}


def said(name: str, way: str = "") -> str:
    return (
        f"demo/cli.py:4 asks for the distribution `{name}`{way}, and no distribution of that name"
        " is installed."
    )


WAY = ", on the way of an entry point"

CASES: dict[str, tuple[dict[str, Any], list[Finding]]] = {
    "none is asked for": ({}, []),
    "its own": (cli(asks("Acme.Demo", "main")), []),
    "a requirement that is installed": (cli(asks("web-kit")), []),
    "a requirement that an extra brings": (
        {
            "wheel": wheel(FILES, metadata='Requires-Dist: other; extra == "x"\n'),
            **cli(asks("other")),
        },
        [],
    ),
    "importing has shown it": (
        {
            "sources": sources(
                module("demo/__init__.py", distributions=[asks("gone", "")], edges=[edge("demo")])
            )
        },
        [],
    ),
    "under a condition that never holds here": (
        cli(asks("gone"), edges=[edge("demo.cli", "f", dead=True)]),
        [],
    ),
    "click takes the name of an import": (cli(asks("demo", takes_imports=True)), []),
    "the package instead of the distribution": (
        cli(asks("demo", "main")),
        [
            SAYS.failed(
                "demo",
                said("demo", WAY),
                hint="`demo` is the package; its distribution is `acme_demo`.",
            )
        ],
    ),
    "an old click takes no name of an import": (
        cli(asks("demo", sure=False, takes_imports=False)),
        [
            SAYS.warned(
                "demo",
                said("demo"),
                hint="`demo` is the package; its distribution is `acme_demo`.",
            )
        ],
    ),
    "another name, where nothing leads to": (
        cli(asks("gone"), asks("gone", "main", sure=False)),
        [],
    ),
    "another name, in a function about the version": (
        cli(asks("gone", "show_version"), asks("gone", "about")),
        [SAYS.warned("gone", said("gone"), hint=OTHER)],
    ),
    "another name, in a function about its version": (cli(asks("gone", "gone_version")), []),
    "another name, in the package's `__getattr__`": (
        cli(asks("gone", "__getattr__", sure=False)),
        [SAYS.warned("gone", said("gone"), hint=OTHER)],
    ),
    "another name, for click": (
        cli(asks("gone", "", sure=False, takes_imports=False)),
        [SAYS.warned("gone", said("gone"), hint=OTHER)],
    ),
    "another name, on the way": (
        cli(asks("gone", "main")),
        [SAYS.failed("gone", said("gone", WAY), hint=OTHER)],
    ),
}


@pytest.mark.parametrize(("values", "findings"), CASES.values(), ids=CASES)
def test_distributions(values: dict[str, Any], findings: list[Finding]) -> None:
    assert look(NAME, HEALTHY, **values) == findings
