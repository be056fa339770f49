"""What users get wrong: each is told in a few lines at 80 columns, and leaves nothing behind.

`mistakes.txt` has the whole text for each; `UPDATE_GOLDEN=1 pytest tests/nox/test_mistakes.py` writes it.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from conftest import BACKEND, PYTHON, Tool, commit_all, demo_files, git, pyproject, write_files
from golden import Golden

import nox_cleanroom

Make = Callable[..., Path]
SMOKE = f"smoke-{PYTHON}"
GOLDEN = Golden(Path(__file__).with_name("mistakes.txt"))

NEWER = pyproject(**{"requires-python": ">=3.10"})
WORKSPACE = """
[project]
name = "all"
version = "1"
[tool.uv]
package = false
[tool.uv.workspace]
members = ["packages/*"]
"""


def configured(table: str) -> dict[str, str | None]:
    return {"pyproject.toml": pyproject(tool=f"[tool.nox-cleanroom]\n{table}\n")}


def only(**files: str) -> dict[str, str | None]:
    """These files, and none of the project's."""
    return {**dict.fromkeys(demo_files()), **files}


def not_a_repository(root: Path) -> None:
    (root / ".git").rename(root.parent / "elsewhere")


def no_commits(root: Path) -> None:
    git(root, "update-ref", "-d", "HEAD")


def conflict(root: Path) -> None:
    git(root, "switch", "-q", "-c", "other")
    for branch, text in (("other", "VALUE = 2\n"), ("main", "VALUE = 3\n")):
        git(root, "switch", "-q", branch)
        write_files(root, {"src/demo/part.py": text})
        commit_all(root)
    subprocess.run(["git", "merge", "other"], cwd=root, check=False, capture_output=True)


@dataclass(frozen=True)
class Mistake:
    """A command line, where it is run, and the exit status."""

    words: str
    status: int
    #: Files of the project that are changed or, with None, left out.
    files: dict[str, str | None] = field(default_factory=dict)
    env: dict[str, str] = field(default_factory=dict)
    #: What happens to the repository before.
    act: Callable[[Path], None] | None = None


MISTAKES: dict[str, Mistake] = {
    "a session that does not exist": Mistake("smok", 2),
    "one of two sessions does not exist": Mistake(f"{SMOKE} matrx -q", 2),
    "a Python that the project excludes": Mistake("smoke-3.9", 2, {"pyproject.toml": NEWER}),
    "a Python that is missing": Mistake("smoke-3.99", 1, configured('pythons = ["3.99"]')),
    "a matrix of Pythons that are missing": Mistake("matrix", 1, configured('pythons = ["3.98", "3.99"]')),
    "Pythons that the project does not have": Mistake("matrix --pythons 3.2", 2),
    "an option that does not exist": Mistake("smoke --kep", 2),
    "an option that does not exist, after --": Mistake("smoke -- --kep", 2),
    "a value that cannot be used": Mistake("smoke --timeout soon", 2),
    "an option without its value": Mistake("smoke --rev", 2),
    "a revision that does not exist": Mistake(f"{SMOKE} --rev v9", 2),
    "an extra that does not exist": Mistake(f"{SMOKE} --extras nope", 2),
    "evidence that would not be ignored": Mistake(f"{SMOKE} --report-dir reports", 2),
    "a checkout that must be clean": Mistake(
        f"{SMOKE} --require-clean", 10, act=lambda root: write_files(root, {"new.py": ""})
    ),
    "an environment that is none": Mistake(f"{SMOKE} --no-venv", 2),
    "a misspelt table": Mistake(SMOKE, 2, {"pyproject.toml": pyproject(tool="[tool.nox_cleanroom]\n")}),
    "a misspelt key": Mistake(SMOKE, 2, configured('smok = ["demo"]')),
    "values of the wrong types": Mistake(SMOKE, 2, configured('pythons = "3.12"\nallow = 3')),
    "a pyproject.toml that is no TOML": Mistake(SMOKE, 2, {"pyproject.toml": "[project\n"}),
    "no repository": Mistake("smoke", 3, act=not_a_repository),
    "no commits": Mistake("smoke", 3, act=no_commits),
    "no project": Mistake("smoke", 3, only(**{"main.py": ""})),
    "a Django project": Mistake("smoke", 3, only(**{"manage.py": "", "requirements.txt": "django\n"})),
    "notebooks": Mistake("smoke", 3, only(**{"a.ipynb": "{}", "requirements.txt": "numpy\n"})),
    "requirements only": Mistake("smoke", 3, only(**{"requirements.txt": "numpy\n"})),
    "requirements in a directory": Mistake("smoke", 3, only(**{"requirements/base.txt": "numpy\n"})),
    "a project of pipenv": Mistake("smoke", 3, only(Pipfile="")),
    "an environment of conda": Mistake("smoke", 3, only(**{"environment.yml": ""})),
    "a project of rye that is no package": Mistake(
        "smoke", 3, only(**{"pyproject.toml": "[project]\nname = 'x'\n[tool.rye]\nvirtual = true\n"})
    ),
    "the root of a workspace": Mistake(
        "smoke",
        3,
        only(**{"pyproject.toml": WORKSPACE, "packages/one/pyproject.toml": "[project]\nname = 'one'\n"}),
    ),
    "no git": Mistake("smoke", 3, env={"PATH": "/nowhere"}),
    "a merge that is not finished": Mistake(SMOKE, 0, act=conflict),
    "a backend that fails": Mistake(
        SMOKE, 1, {"in_tree_backend.py": f"{BACKEND}\nraise RuntimeError('no compiler')\n"}
    ),
    "a backend that does not exist": Mistake(
        SMOKE, 1, {"pyproject.toml": pyproject().replace('"in_tree_backend"', '"absent.backend"')}
    ),
    "a requirement that does not exist": Mistake(
        SMOKE,
        1,
        {"pyproject.toml": pyproject(dependencies=["absent-zz"])},
        env={"UV_NO_INDEX": "1", "PIP_NO_INDEX": "1"},
    ),
    "evidence that is none": Mistake("check pyproject.toml", 2),
    "no evidence": Mistake("check", 2),
    "a code that does not exist": Mistake("explain BUILD_FAIL", 2),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_and_leaves_nothing(
    name: str, repository: Make, cleanroom: Tool, tmp_path: Path
) -> None:
    mistake = MISTAKES[name]
    root = repository(demo_files(**mistake.files))
    if mistake.act is not None:
        mistake.act(root)
    before = sorted(path for path in root.rglob("*") if ".git" not in path.parts)
    words = mistake.words.split()
    ran = cleanroom(root, *words, env=mistake.env, report=False)
    text = GOLDEN.stable(f"$ nox-cleanroom {mistake.words}\n{ran.text}", tmp_path)
    GOLDEN.compare(name, f"{text}exit status {ran.status}\n")
    assert ran.status == mistake.status, ran.text
    assert f'File "{Path(nox_cleanroom.__file__).parent}' not in ran.text
    assert before == sorted(path for path in root.rglob("*") if ".git" not in path.parts)


def test_every_text_is_of_a_mistake() -> None:
    assert sorted(GOLDEN.names) == sorted(MISTAKES)


@pytest.mark.parametrize(
    ("noxfile", "words", "said"),
    [
        ("import nox_cleanroom\nnox_cleanroom.define_sessions()\n", "-s smoke --strict", "unrecognized arguments: --strict"),
        ("import nox_cleanroom\nnox_cleanroom.define_session()\n", "-s smoke", "has no attribute 'define_session'"),
        ("import nox_cleanroom\nnox_cleanroom.define_sessions('absent')\n", f"-s {SMOKE}", "NOT_A_PROJECT"),
    ],
    ids=["a forgotten --", "a broken noxfile", "a project that is not there"],
)  # fmt: skip
def test_with_nox_mistakes_are_told_too(
    repository: Make, noxfile: str, words: str, said: str
) -> None:
    root = repository(demo_files(**{"noxfile.py": noxfile, ".gitignore": ".nox\n__pycache__\n"}))
    command = [sys.executable, "-m", "nox", *words.split()]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert said in done.stdout + done.stderr
