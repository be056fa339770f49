"""Write docs/explanation/hazards.md from the hazard suite: which hazards, and what each one shows.

PYTHONPATH=src:tests:tests/hazards python docs/list_hazards.py
"""

from __future__ import annotations

import importlib
from pathlib import Path

PAGE = Path(__file__).parent / "explanation" / "hazards.md"

#: Module, its table of cases, and the promise that each case tests.
TABLES = (
    ("test_changes", "POLLUTIONS", "A package does this to the checkout: it is seen, and named with path and step."),
    ("test_changes", "HARMLESS", "This is no change of the checkout, and is not reported."),
    ("test_changes", "DIRTY", "A checkout in this state is tested, and left exactly as it was."),
    ("test_situations", "WORKS", "Here the verdict is that of a plain clone, and the checkout is left as it was."),
    ("test_situations", "VARIABLES", "With these variables of the user the verdict stays right and the checkout untouched."),
    ("test_deaths", "LIBRARY", "An import does this: the verdict is right, the checkout untouched, nothing is left behind."),
    ("test_deaths", "COMMANDS", "A command does this to the worktree: the verdict is right, and nothing is left behind."),
    ("test_leaks", "SEES", "The installed package's code sees this."),
    ("test_leaks", "BUILD_SEES", "The build sees this."),
    ("test_leaks", "PATHS", "A command's JSON names this path: it is not read."),
    ("test_leaks", "PRINTS", "A package prints this: it acts neither in a terminal nor in CI, nor in the evidence."),
)  # fmt: skip

MORE = """
## Without a table

- SIGINT once and three times, SIGTERM and SIGHUP, each during build, install, import and a command, with
  children that ignore SIGTERM or have left the process group: all are ended, nothing is left, the exit
  status is right.
- A hang in the build, in the installation, in an import, in a command is ended by the time limit.
- SIGKILL at 50 random moments: the next run removes what was left.
- The disk is full while the worktree is made, or while the wheel is built.
- Two and eight runs at once, of the same and of different sessions, through nox and `nox-cleanroom`: right
  verdicts, none blames another, nothing is left; and eight at once, twenty times.
- Started from pre-commit (`git commit`, `git commit -a`, `git commit PATH`), pre-push and `git rebase --exec`,
  also in a linked worktree: what comes out is what comes out without us.
- Refused clearly, with nothing left: no repository, bare, unborn HEAD, somebody else's, no git, git too old, a
  failing filter, a torn worktree entry.
- Random sequences of operations on a random repository (Hypothesis): the snapshot agrees with an
  independent walk, with no miss and no false alarm.
"""


def page() -> str:
    lines = [
        "# Hazards",
        "",
        "Each test runs the real tool on a real repository, and compares the checkout with an independent",
        "snapshot. `nox -s hazards` runs all tests; `docs/list_hazards.py` makes this list from the suite.",
    ]
    for module, table, promise in TABLES:
        cases = getattr(importlib.import_module(module), table)
        lines += ["", f"## {promise}", "", *(f"- {name}" for name in cases)]
    return "\n".join(lines) + "\n" + MORE


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
