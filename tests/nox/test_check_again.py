"""`nox-cleanroom check`: the evidence of real runs leads to the same findings, anywhere."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import PYTHON, Tool, demo_files, pyproject

from nox_cleanroom.findings import Outcome
from nox_cleanroom.runs.recheck import recheck

Make = Callable[..., Path]

TABLE = f"[tool.nox-cleanroom]\npythons = [{json.dumps(PYTHON)}]\n"
WAIVER = 'ignore = [{ finding = "imports:demo", reason = "we know" }]\n'
COMMANDS = (
    'smoke = ["python -c 1", "python -c 1/0"]\ntest-command = "python -c \\"import demo\\""\n'
)
EXTRA = '[project.optional-dependencies]\nfast = ["nothing-of-this-name"]\n'


def files(
    table: str = TABLE, init: str = "def main(): pass\n", **project: object
) -> dict[str, str]:
    text = pyproject(tool=table, scripts={"demo": "demo:main"})
    return demo_files(**{"pyproject.toml": text, "src/demo/__init__.py": init})


#: What is committed, which session runs, and its exit status.
RUNS = {
    "a sound package": (files(), f"smoke-{PYTHON}", 0),
    "a package that does not import": (files(init="import nowhere\n"), f"smoke-{PYTHON}", 1),
    "an import that is waived": (files(TABLE + WAIVER, "1 / 0\n"), f"smoke-{PYTHON}", 0),
    "an extra that cannot be had": (files(TABLE + EXTRA, "import nowhere\n"), f"smoke-{PYTHON}", 1),
    "commands and tests": (files(TABLE + COMMANDS), f"smoke-{PYTHON}", 1),
    "a matrix with its comparison": (files(), "matrix", 0),
    "a clean checkout": (files(), "clean_check", 0),
    "what importing leaves": (
        files(init='open(__file__ + ".cache", "w").close()\n\ndef main(): pass\n'),
        "clean_check",
        1,
    ),
    "what the build leaves before it fails": (
        files()
        | {"in_tree_backend.py": "open('left', 'w').close()\nraise SystemExit('no build')\n"},
        "clean_check",
        1,
    ),
}


@pytest.mark.parametrize(("content", "session", "status"), RUNS.values(), ids=RUNS)
def test_the_checks_say_the_same_of_what_a_run_has_left(
    repository: Make,
    cleanroom: Tool,
    tmp_path: Path,
    content: dict[str, str],
    session: str,
    status: int,
) -> None:
    ran = cleanroom(repository(content), session)
    assert ran.status == status, ran.text
    for path in (tmp_path / "reports").glob("*.json"):
        document = json.loads(path.read_text())
        again = recheck(path)
        assert (again.outcome.name, sorted(code.name for code in again.codes)) == (
            document["verdict"],
            document["codes"],
        )
        said = [[(one["subject"], one["outcome"], one["message"], one["hint"], one["waived"]) for one in cell["probes"]] for cell in document["cells"]]  # fmt: skip
        assert [
            [(one.subject, one.outcome.name, one.message, one.hint, one.waived) for one in cell.findings]
            for cell in again.cells
        ] == said  # fmt: skip


def test_it_needs_no_checkout_and_exits_as_the_run_did(
    repository: Make, cleanroom: Tool, tmp_path: Path
) -> None:
    ran = cleanroom(repository(files(init="import nowhere\n")), f"smoke-{PYTHON}")
    (path,) = (tmp_path / "reports").glob("*.json")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "nox_cleanroom", "check", str(path)],
        cwd=elsewhere,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == ran.status == 1
    assert f"{done.stdout}evidence: {path}\n" == ran.out
    assert Outcome.FAILED.name in done.stdout
    assert list(elsewhere.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such shell")
def test_a_red_check_is_red_whoever_reads_it(
    repository: Make, cleanroom: Tool, tmp_path: Path
) -> None:
    cleanroom(repository(files(init="import nowhere\n")), f"smoke-{PYTHON}")
    (path,) = (tmp_path / "reports").glob("*.json")

    def check(end: str) -> subprocess.CompletedProcess[str]:
        command = (
            f'{{ "{sys.executable}" -m nox_cleanroom check {path}{end}; echo "status $?" >&2; }}'
        )
        words = ["sh", "-c", f"{command} | head -n 1"]
        return subprocess.run(words, capture_output=True, encoding="utf-8", check=False)

    for end in ("", " >&-", " >/dev/full"):
        assert check(end).stderr == "status 1\n", end
    (verdict,) = check(" -q").stdout.splitlines()
    assert verdict.startswith("✗ FAILED: demo 1.0")
