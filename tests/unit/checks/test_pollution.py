"""What steps left in a scratch worktree."""

from __future__ import annotations

import pytest
from values import Says, look

from nox_cleanroom.errors import Code
from nox_cleanroom.findings import Finding
from nox_cleanroom.probes.cleanliness import Look, Scratch

MODIFIED, NEW = Says("tracked files"), Says("new files")
RESTORE = "Let the step write somewhere else, or stop tracking what is generated."
CLEAN = [MODIFIED.passed("checkout"), NEW.passed("checkout")]


def scratch(*looks: Look, is_complete: bool = True, has_editable_install: bool = True) -> Scratch:
    return Scratch(looks=looks, is_complete=is_complete, has_editable_install=has_editable_install)


def after(step: str, *new: str, modified: tuple[str, ...] = ()) -> Look:
    return Look(step=step, new=new, modified=modified)


def changed(path: str, step: str) -> Finding:
    return MODIFIED.failed(
        path, f"It was changed by `{step}`.", hint=RESTORE, code=Code.CHECKOUT_POLLUTED
    )


def left(path: str, step: str, hint: str = "") -> Finding:
    ignore = f"Add `/{path}` to .gitignore, or let the step write somewhere else."
    return NEW.failed(
        path, f"It was left by `{step}`.", hint=hint or ignore, code=Code.CHECKOUT_POLLUTED
    )


CASES: dict[str, tuple[Scratch, list[Finding]]] = {
    "nothing": (scratch(after("build"), after("import demo")), CLEAN),
    "no step has run": (scratch(is_complete=False), []),
    "nothing, up to the step that failed": (scratch(after("build"), is_complete=False), []),
    "a build directory": (
        scratch(after("build", "build/lib/x.py"), after("import demo")),
        [MODIFIED.passed("checkout"), left("build/lib/x.py", "build")],
    ),
    "bytecode": (
        scratch(after("import demo", "src/demo/__pycache__/x.pyc")),
        [
            MODIFIED.passed("checkout"),
            left(
                "src/demo/__pycache__/x.pyc",
                "import demo",
                "Add `__pycache__/` to .gitignore: Python writes it wherever it imports from.",
            ),
        ],
    ),
    "a tracked file": (
        scratch(after("build", modified=("src/demo/_version.py",))),
        [changed("src/demo/_version.py", "build"), NEW.passed("checkout")],
    ),
    "two steps leave something, and then one fails": (
        scratch(after("build", "a"), after("install", "b", modified=("c",)), is_complete=False),
        [changed("c", "install"), left("a", "build"), left("b", "install")],
    ),
    "more than twenty files": (
        scratch(
            after(
                "build",
                *(f"new{number:02}" for number in range(22)),
                modified=tuple(f"old{number:02}" for number in range(21)),
            )
        ),
        [
            *(changed(f"old{number:02}", "build") for number in range(20)),
            MODIFIED.failed(
                "and 1 more", "They were changed by `build`.", code=Code.CHECKOUT_POLLUTED
            ),
            *(left(f"new{number:02}", "build") for number in range(20)),
            NEW.failed("and 2 more", "They were left by `build`.", code=Code.CHECKOUT_POLLUTED),
        ],
    ),
    "a backend without editable installs": (
        scratch(after("build"), has_editable_install=False),
        [
            *CLEAN,
            NEW.passed(
                "pip install -e .",
                "This was not checked: the backend has no `build_editable`, which PEP 660 makes"
                " optional.",
            ),
        ],
    ),
    "a name that would act in a terminal": (
        scratch(after("build", "a\x1b[2J")),
        [MODIFIED.passed("checkout"), left("a\\x1b[2J", "build")],
    ),
}


@pytest.mark.parametrize(("value", "findings"), CASES.values(), ids=CASES)
def test_pollution(value: Scratch, findings: list[Finding]) -> None:
    found = [*look("tracked files", {"scratch": value}), *look("new files", {"scratch": value})]
    assert found == findings
