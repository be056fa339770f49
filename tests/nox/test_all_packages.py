"""Several packages of one commit, tested with each other: siblings come from the commit."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import (
    BACKEND,
    PYTHON,
    Ran,
    Tool,
    commit_all,
    git,
    make_wheel,
    pyproject,
    state_of,
    write_files,
)

Make = Callable[..., Path]


def package(
    name: str,
    code: str = "",
    *,
    requires: tuple[str, ...] = (),
    fields: dict[str, Any] | None = None,
) -> dict[str, str]:
    """The files of a package in ``packages/NAME``."""
    stated = {"name": f"acme_{name}", "dependencies": [*requires], **(fields or {})}
    files = {
        "pyproject.toml": pyproject(**stated),
        "in_tree_backend.py": BACKEND,
        f"src/acme_{name}/__init__.py": code,
    }
    return {f"packages/{name}/{path}": text for path, text in files.items()}


def workspace(*packages: dict[str, str], **more: str) -> dict[str, str]:
    files = {"pyproject.toml": "[tool.uv.workspace]\nmembers = ['packages/*']\n", **more}
    for one in packages:
        files |= one
    return files


CORE = package("core", "WHENCE = 'the commit'\n")
APP = package(
    "app",
    "from acme_core import WHENCE\nassert WHENCE == 'the commit', WHENCE\n",
    requires=("acme-core==1.0",),
)
TOOL = package("tool")


def outcomes(ran: Ran) -> dict[str, str]:
    found = re.findall(r"^(\S) (smoke\S+)", ran.out, re.MULTILINE)
    return {name.rpartition("-")[0].removeprefix("smoke_"): symbol for symbol, name in found}


def only(python: str = PYTHON) -> list[str]:
    return ["--pythons", python]


@pytest.mark.parametrize("backend", ["uv", "virtualenv"])
def test_siblings_win_over_the_index(
    repository: Make, cleanroom: Tool, tmp_path: Path, backend: str
) -> None:
    root = repository(workspace(APP, CORE, TOOL))
    # The index has the same name and version.
    make_wheel(tmp_path / "links", {"acme_core.py": "WHENCE = 'the index'\n"}, name="acme_core")
    before = state_of(root)
    links = ["--find-links", str(tmp_path / "links"), "--force-venv-backend", backend]
    ran = cleanroom(root, "matrix", "--all-packages", *only(), *links)
    assert ran.status == 0, ran.text
    assert outcomes(ran) == {"app": "✓", "core": "✓", "tool": "✓"}
    assert "PASSED: 3 packages at" in ran.out
    assert state_of(root) == before


def test_each_is_built_once_for_all_pythons(
    repository: Make, cleanroom: Tool, several: list[str], tmp_path: Path
) -> None:
    root = repository(workspace(APP, CORE))
    ran = cleanroom(root, "matrix", "--all-packages", "--pythons", ",".join(several))
    assert ran.status == 0, ran.text
    reports = tmp_path / "reports"
    assert {"matrix_app.json", "matrix_core.json"} <= {path.name for path in reports.iterdir()}
    for name in ("app", "core"):
        said = json.loads((reports / f"matrix_{name}.json").read_text())
        assert said["subject"]["project"] == f"packages/{name}"
        assert [cell["name"] for cell in said["cells"]] == [
            f"smoke_{name}-{one}" for one in several
        ]
        built = [
            cell["wheel"]["built_with"] for cell in said["cells"] if cell["wheel"]["built_now"]
        ]
        assert len(built) == 1, built


def test_what_needs_a_failed_one_is_blocked_and_not_red(repository: Make, cleanroom: Tool) -> None:
    last = package("last", requires=("acme-app",))
    root = repository(workspace(APP, package("core", "import absent_one\n"), TOOL, last))
    ran = cleanroom(root, "matrix", "--all-packages", *only())
    assert ran.status == 1
    assert outcomes(ran) == {"app": "-", "core": "✗", "last": "-", "tool": "✓"}
    assert "SIBLING_FAILED: SKIPPED" in ran.out
    assert "It needs packages/core, which has failed." in ran.out
    assert "[PROBE_FAILED]" in ran.out


def test_one_package_alone_and_the_cells_of_all_are_expected(
    repository: Make, cleanroom: Tool, tmp_path: Path
) -> None:
    root = repository(workspace(CORE, APP, TOOL))
    emitted = cleanroom(root, "matrix", "--all-packages", "--emit", "json", "--pythons", PYTHON)
    jobs = {job["cell"]: job for job in json.loads(emitted.out)}
    assert sorted(jobs) == [f"smoke_{name}-{PYTHON}" for name in ("app", "core", "tool")]
    (tmp_path / "plan.json").write_text(emitted.out)
    for name in ("app", "tool"):
        job = jobs[f"smoke_{name}-{PYTHON}"]
        _, *words = shlex.split(job["command"])
        ran = cleanroom(root, *words)
        assert ran.status == 0, ran.text
        assert [cell["name"] for cell in ran.evidence["cells"]] == [job["cell"]]
        shutil.copytree(tmp_path / "reports", tmp_path / f"kept/{name}")
    ran = cleanroom(tmp_path, "join", "kept", "--plan", "plan.json", report=False)
    assert (ran.status, f"✗ smoke_core-{PYTHON}  CELL_MISSING" in ran.out) == (1, True), ran.text
    # Without a plan, all Pythons of all packages are expected.
    ran = cleanroom(tmp_path, "join", "kept", report=False)
    assert f"✗ smoke_core-{PYTHON}  CELL_MISSING" in ran.out
    ran = cleanroom(root, f"smoke-{PYTHON}", "--package", "absent")
    assert (ran.status, "There is no package 'absent'" in ran.text) == (2, True)


def test_each_job_of_a_package_runs_its_one_cell_on_its_own_machine(
    repository: Make, cleanroom: Tool, tmp_path: Path
) -> None:
    table = {"pythons": [PYTHON], "extras": [[], ["bad"]], "platforms": ["linux-a"]}
    tool = "[tool.nox-cleanroom]\n" + "".join(
        f"{key} = {json.dumps(one)}\n" for key, one in table.items()
    )
    core = package("core")
    core["packages/core/pyproject.toml"] += (
        f'[project.optional-dependencies]\nbad = ["absent-distribution-xyz"]\n{tool}'
    )
    other = package("tool")
    other["packages/tool/pyproject.toml"] += f'[tool.nox-cleanroom]\npythons = ["{PYTHON}"]\n'
    root = repository(workspace(core, other))
    listed = json.loads(cleanroom(root, "matrix", "--all-packages", "--emit", "json").out)
    statuses = {}
    for number, job in enumerate(listed):
        ran = cleanroom(root, *shlex.split(job["command"])[1:])
        statuses[job["cell"]] = ran.status
        assert [cell["name"] for cell in ran.evidence["cells"]] == [job["cell"]]
        shutil.copytree(tmp_path / "reports", tmp_path / f"kept/{number}")
    assert statuses == {
        f"smoke_core-{PYTHON} · linux-a": 0,
        f"smoke_core-{PYTHON} · [bad] linux-a": 1,
        f"smoke_tool-{PYTHON}": 0,
    }
    ran = cleanroom(tmp_path, "join", "kept", report=False)
    assert (ran.status, "CELL_MISSING" in ran.out) == (1, False), ran.out


def test_directories_that_sessions_spell_alike_have_their_own_cells(
    repository: Make, cleanroom: Tool, tmp_path: Path
) -> None:
    files: dict[str, str] = {}
    for number, name in enumerate(("foo-bar", "foo_bar", "foo.bar")):
        one = package(f"p{number}", "import absent_one\n" if number != 1 else "")
        files |= {
            path.replace(f"packages/p{number}/", f"packages/{name}/"): text
            for path, text in one.items()
        }
    root = repository(workspace(files))
    words = ("matrix", "--all-packages", "--pythons", PYTHON)
    listed = json.loads(cleanroom(root, *words, "--emit", "json").out)
    assert len({job["cell"] for job in listed}) == 3
    ran = cleanroom(root, *words)
    (tmp_path / "reports").rename(tmp_path / "kept")
    joined = cleanroom(tmp_path, "join", "kept", report=False)
    assert (ran.status, joined.status) == (1, 1)
    for number, symbol in ((1, "✗"), (2, "✗"), (3, "✓")):
        line = rf"^{symbol} smoke_packages_foo_bar_{number}-{PYTHON} "
        assert re.search(line, ran.out, re.MULTILINE), ran.out
        assert re.search(line, joined.out, re.MULTILINE), joined.out


def test_a_package_is_named_as_a_shell_completes_it(repository: Make, cleanroom: Tool) -> None:
    root = repository(workspace(CORE, TOOL))
    ran = cleanroom(root, f"smoke-{PYTHON}", "--package", "./packages/core/")
    assert ran.status == 0, ran.text


def test_a_build_that_fails_blocks_too(repository: Make, cleanroom: Tool) -> None:
    core = {**CORE, "packages/core/in_tree_backend.py": "raise RuntimeError('no')\n"}
    ran = cleanroom(repository(workspace(APP, core, TOOL)), "matrix", "--all-packages", *only())
    assert ran.status == 1
    assert outcomes(ran) == {"app": "-", "core": "✗", "tool": "✓"}


def test_a_circle_is_fine(repository: Make, cleanroom: Tool) -> None:
    core = package("core", "WHENCE = 'the commit'\n", requires=("acme-app",))
    ran = cleanroom(repository(workspace(APP, core)), "matrix", "--all-packages", *only())
    assert ran.status == 0, ran.text
    broken = package("core", "import absent_one\n", requires=("acme-app",))
    root = repository(workspace(APP, broken, TOOL), "second")
    ran = cleanroom(root, "matrix", "--all-packages", *only())
    assert outcomes(ran) == {"app": "✗", "core": "✗", "tool": "✓"}


def test_each_package_has_its_own_pythons(
    repository: Make, cleanroom: Tool, several: list[str]
) -> None:
    first, second = several[:2]
    new = package("new", fields={"requires-python": f">={second}"})
    old = package("old", fields={"requires-python": f"=={first}.*"})
    root = repository(workspace(new, old))
    ran = cleanroom(root, "matrix", "--all-packages", "--pythons", f"{first},{second}")
    assert ran.status == 0, ran.text
    assert re.findall(r"smoke\S+", ran.out)[:2] == [f"smoke_new-{second}", f"smoke_old-{first}"]
    ran = cleanroom(root, f"smoke-{second}", "--all-packages")
    assert (ran.status, len(ran.evidence["cells"])) == (0, 1), ran.text


def test_only_what_has_changed_is_tested_with_what_it_needs(
    repository: Make, cleanroom: Tool
) -> None:
    root = repository(workspace(APP, CORE, TOOL))
    write_files(root, {"packages/app/src/acme_app/more.py": ""})
    commit_all(root)
    ran = cleanroom(root, "--changed-since", "HEAD~1", *only())
    assert ran.status == 0, ran.text
    assert outcomes(ran) == {"app": "✓"}
    ran = cleanroom(root, "--changed-since", "HEAD", *only())
    assert ran.status == 0, ran.text
    assert "nothing to test: no package has changed since HEAD" in ran.text
    ran = cleanroom(root, "--changed-since", "nix", *only())
    assert (ran.status, "'nix' is no commit" in ran.text) == (2, True)


def test_waivers_and_pythons_that_may_fail_are_those_of_each_package(
    repository: Make, cleanroom: Tool
) -> None:
    table = f"[tool.nox-cleanroom]\npythons = ['{PYTHON}?', '3.98?']\n"
    bad = package("bad", "import absent_one\n", fields={"tool": table})
    root = repository(workspace(bad, TOOL))
    ran = cleanroom(root, "matrix", "--all-packages")
    assert ran.status == 0, ran.text
    assert re.search(rf"✗ smoke_bad-{re.escape(PYTHON)} .*\(may fail\)", ran.out)


def test_a_repository_says_itself_which_packages_belong_together(
    repository: Make, cleanroom: Tool
) -> None:
    table = "[tool.nox-cleanroom]\npackages = ['packages/*']\n"
    root = repository(workspace(APP, CORE, **{"pyproject.toml": table}))
    # The index does not have `acme-core`.
    ran = cleanroom(root / "packages/app", f"smoke-{PYTHON}")
    assert ran.status == 0, ran.text
    assert "acme-app 1.0 at" in ran.out


def test_sessions_of_packages_in_a_noxfile(repository: Make) -> None:
    text = "import nox_cleanroom\nnox_cleanroom.define_sessions(packages=['packages/*'])\n"
    root = repository(
        workspace(APP, CORE, **{"noxfile.py": text, ".gitignore": ".nox\n__pycache__\n"})
    )

    def nox(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "nox", *words]
        return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)

    listed = nox("-l").stdout
    assert f"smoke_core-{PYTHON}" in listed
    assert "matrix_app" in listed
    done = nox("-s", f"smoke_app-{PYTHON}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "PASSED: acme-app 1.0" in done.stdout
    assert git(root, "status", "--porcelain") == ""


def run_nox(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "nox", *words]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)


#: A repository whose packages need each other, with sessions for all of them.
NOXFILE = """
import nox
import nox_cleanroom

nox_cleanroom.define_sessions(packages=["packages/*"])


@nox.session(venv_backend="uv|virtualenv")
def own(session):
    nox_cleanroom.install(session, project="packages/app")
    session.run("python", "-c", "import acme_app")
"""
TABLE = "[tool.nox-cleanroom]\npackages = ['packages/*']\n"
IGNORE = ".nox\n__pycache__\n"


@pytest.mark.parametrize(
    "words",
    [
        ["-s", "clean_check_app"],
        ["-s", "own"],
        ["-s", f"smoke_app-{PYTHON}", "--", "--rev", "HEAD~1.."],
        ["-s", "matrix_app", "--", "--all-packages", *only()],
        ["-s", "matrix_app", "--", "--changed-since", "HEAD~1", *only()],
    ],
    ids=" ".join,
)
def test_every_session_takes_siblings(repository: Make, words: list[str]) -> None:
    files = {"noxfile.py": NOXFILE, "pyproject.toml": TABLE, ".gitignore": IGNORE}
    root = repository(workspace(APP, CORE, **files))
    write_files(root, {"packages/app/src/acme_app/more.py": ""})
    commit_all(root)
    done = run_nox(root, *words)
    assert done.returncode == 0, done.stdout + done.stderr
    assert git(root, "status", "--porcelain") == ""


def test_what_needs_a_removed_or_renamed_package_is_tested(
    repository: Make, cleanroom: Tool
) -> None:
    root = repository(workspace(APP, CORE, TOOL))
    git(root, "rm", "-rq", "packages/core")
    commit_all(root)
    ran = cleanroom(root, "--changed-since", "HEAD~1", *only())
    assert (ran.status, outcomes(ran)) == (1, {"app": "✗"})
    git(root, "reset", "-q", "--hard", "HEAD~1")
    write_files(root, package("core", "WHENCE = 'the commit'\n", fields={"name": "acme_centre"}))
    commit_all(root)
    ran = cleanroom(root, "--changed-since", "HEAD~1", *only())
    assert outcomes(ran) == {"app": "✗", "core": "✓"}


def test_packages_of_a_noxfile_are_found_or_missed_aloud(repository: Make) -> None:
    text = (
        "import nox_cleanroom\n"
        "nox_cleanroom.define_sessions(packages=['old/*', 'nope', '', '/absolute'])\n"
    )
    root = repository({"noxfile.py": text, "old/one/setup.py": "", ".gitignore": IGNORE})
    done = run_nox(root, "-l")
    assert done.returncode == 0, done.stderr
    assert f"smoke_one-{PYTHON}" in done.stdout
    for pattern in ("nope", "", "/absolute"):
        assert f"no project matches the package {pattern!r}" in done.stderr


def test_a_project_belongs_to_its_own_packages(repository: Make) -> None:
    text = (
        "import nox\nimport nox_cleanroom\n\n\n"
        f"@nox.session(python={PYTHON!r}, venv_backend=nox_cleanroom.BACKEND)\n"
        "def smoke_app(session):\n"
        "    nox_cleanroom.smoke(session, 'packages/app', packages=['packages/core'])\n"
    )
    root = repository(workspace(APP, CORE, **{"noxfile.py": text, ".gitignore": IGNORE}))
    done = run_nox(root, "-s", f"smoke_app-{PYTHON}")
    assert done.returncode == 0, done.stdout + done.stderr


WRONG = {
    "outside": (["matrix", "--all-packages"], "packages = ['../x']", 2, "is not below"),
    "no project": (["matrix", "--all-packages"], "packages = ['x/*']", 2, "has no Python project"),
    "clean_check": (["clean_check", "--all-packages"], "", 2, "Only `smoke` and `matrix`"),
    "given files": (["matrix", "--all-packages", "--dist", "."], "", 2, "are for one package"),
    "no jobs": (["matrix", "--all-packages", "--emit", "github", "--pythons", "3.98"], "", 2, "No package supports"),
    "no such Python": (["matrix", "--all-packages", "--pythons", "3.98"], "", 2, "No package supports"),
}  # fmt: skip


@pytest.mark.parametrize(("words", "key", "status", "said"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_is_a_sentence(
    repository: Make, cleanroom: Tool, words: list[str], key: str, status: int, said: str
) -> None:
    top = f"[tool.nox-cleanroom]\n{key}\n" if key else ""
    root = repository(workspace(CORE, **{"pyproject.toml": top}))
    before = state_of(root)
    ran = cleanroom(root, *words)
    assert (ran.status, said in ran.text) == (status, True), ran.text
    assert "Traceback" not in ran.text
    assert state_of(root) == before
