"""Ignore rules that hide source, or that cover what is tracked."""

from __future__ import annotations

import pytest
from values import Says, look, wheel

from nox_cleanroom.errors import Code
from nox_cleanroom.findings import Finding
from nox_cleanroom.probes.cleanliness import Committed, Hidden

HIDDEN, TRACKED, RULES = Says("hidden source"), Says("tracked but ignored"), Says("ignore rules")


def hides(rule: str) -> str:
    return f"The ignore rule `{rule}` hides it, and the wheel lacks it."


#: Hidden files with their rules, and what is said.
HIDING: dict[str, tuple[dict[str, str], list[Finding]]] = {
    "nothing": ({}, [HIDDEN.passed("checkout")]),
    "a bare name hides a subpackage": (
        {"src/demo/build/__init__.py": "build/"},
        [
            HIDDEN.failed(
                "src/demo/build/__init__.py",
                hides("build/"),
                hint="Write `/build/`, and `git add` the file.",
                code=Code.CHECKOUT_POLLUTED,
            )
        ],
    ),
    "a bare name hides data of a kind that the wheel has not": (
        {"src/demo/data/x.csv": "data"},
        [
            HIDDEN.warned(
                "src/demo/data/x.csv",
                hides("data"),
                hint="Write `/data`, and `git add` the file.",
                code=Code.CHECKOUT_POLLUTED,
            )
        ],
    ),
    "an anchored rule is meant": (
        {"src/demo/_version.py": "/src/demo/_version.py"},
        [
            HIDDEN.passed(
                "src/demo/_version.py",
                hides("/src/demo/_version.py"),
                code=Code.CHECKOUT_POLLUTED,
            )
        ],
    ),
    "a rule that names the very file is meant": (
        {"src/demo/_version.py": "_version.py"},
        [HIDDEN.passed("src/demo/_version.py", hides("_version.py"), code=Code.CHECKOUT_POLLUTED)],
    ),
    "a pattern for files of another kind is nobody's concern": (
        {"src/demo/notes.txt": "*.txt"},
        [HIDDEN.passed("checkout")],
    ),
    "several, by name": (
        {"src/demo/z/a.py": "z/", "src/demo/b.txt": "*.txt", "src/demo/env/a.py": "env/"},
        [
            HIDDEN.failed(
                f"src/demo/{name}/a.py",
                hides(f"{name}/"),
                hint=f"Write `/{name}/`, and `git add` the file.",
                code=Code.CHECKOUT_POLLUTED,
            )
            for name in ("env", "z")
        ],
    ),
}


@pytest.mark.parametrize(("rules", "findings"), HIDING.values(), ids=HIDING)
def test_hidden_source(rules: dict[str, str], findings: list[Finding]) -> None:
    assert look("hidden source", {"wheel": wheel(), "hidden": Hidden(rules=rules)}) == findings


def committed(*ignored: str, rules: str = "") -> Committed:
    names = ("demo/a.py", "demo/a.pyc", ".tox/x", *ignored)
    return Committed(names=names, generated=(), ignored=ignored, ignore_rules=rules)


def covered(path: str) -> Finding:
    return TRACKED.warned(
        path,
        "It is tracked although an ignore rule covers it, so a new file beside it would be left"
        " out silently.",
        hint=f"Exempt it with a rule `!/{path}`, or narrow the rule.",
    )


COVERED: dict[str, tuple[Committed, list[Finding]]] = {
    "nothing": (committed(), [TRACKED.passed("checkout")]),
    "a file": (committed("lib/x.py"), [covered("lib/x.py")]),
    "artefacts are for another check": (
        committed("demo/a.pyc", ".tox/x"),
        [TRACKED.passed("checkout")],
    ),
    "a file whose name begins like an artefact's": (committed(".tox2/x"), [covered(".tox2/x")]),
    "more than twenty": (
        committed(*(f"lib/{number:02}.py" for number in range(22))),
        [
            *(covered(f"lib/{number:02}.py") for number in range(20)),
            TRACKED.warned("and 2 more", "They are tracked although an ignore rule covers them."),
        ],
    ),
}


@pytest.mark.parametrize(("value", "findings"), COVERED.values(), ids=COVERED)
def test_tracked_but_ignored(value: Committed, findings: list[Finding]) -> None:
    assert look("tracked but ignored", {"committed": value}) == findings


#: A .gitignore, and the note on it.
LOOSE = {
    "none": ("", ""),
    "anchored rules, patterns and files": ("/build/\n*.pyc\n.tox/\n__pycache__/\nx.log\na/b\n", ""),
    "a comment, a blank and an exemption": ("# build\n\n!lib\n", ""),
    "bare names": (
        "build/\ndist \n/src\n",
        (
            "`build/`, `dist` would also hide a package directory of that name; `/build/` matches at"
            " the top only."
        ),
    ),
    "nine bare names": (
        "\n".join("abcdefghi"),
        (
            "`a`, `b`, `c`, `d`, `e`, `f`, `g`, `h` would also hide a package directory of that name;"
            " `/a` matches at the top only."
        ),
    ),
}


@pytest.mark.parametrize(("rules", "note"), LOOSE.values(), ids=LOOSE)
def test_ignore_rules(rules: str, note: str) -> None:
    found = look("ignore rules", {"committed": committed(rules=rules)})
    assert found == [RULES.passed(".gitignore", note)]
