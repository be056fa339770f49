"""The library in noxfiles of its users, run by nox itself."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nox._options
import nox.manifest
import nox.registry
import nox.virtualenv
import pytest
from conftest import PYTHON, Tool, demo_files, git, pyproject, state_of, write_files
from nox._options import NoxConfig
from nox.sessions import Session, SessionRunner

from nox_cleanroom.sessions.backend import BACKEND, Placeholder

Make = Callable[..., Path]

ONE_LINE = "import nox_cleanroom\nnox_cleanroom.define_sessions()\n"
EXPLICIT = '''
import nox
import nox_cleanroom

@nox.session(
    python=nox_cleanroom.supported_pythons(),
    venv_backend=nox_cleanroom.BACKEND,
    download_python="never",
    allow_parallel=True,
)
def smoke(session):
    """Install HEAD's wheel in a fresh environment and probe it."""
    nox_cleanroom.smoke(session)

@nox.session(venv_backend="none")
def clean_check(session):
    nox_cleanroom.clean_check(session)

@nox.session(venv_backend="none", default=False)
def matrix(session):
    nox_cleanroom.matrix(session)
'''

OF_NOX = EXPLICIT.replace("nox_cleanroom.BACKEND", "'uv|virtualenv', reuse_venv=True")
WITHOUT_NOX_S_ENVIRONMENT = pytest.mark.parametrize(
    "noxfile", [ONE_LINE, EXPLICIT], ids=["one line", "explicit"]
)


def files_with(noxfile: str, pythons: list[str], **changes: str) -> dict[str, str]:
    tool = f"[tool.nox-cleanroom]\npythons = {json.dumps(pythons)}\n"
    text = pyproject(tool=tool, **{"requires-python": ">=3.2"})
    ignore = "/.nox/\n__pycache__/\n"
    return demo_files(
        **{"pyproject.toml": text, "noxfile.py": noxfile, ".gitignore": ignore, **changes}
    )


def run_nox(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "nox", *arguments],
        cwd=root,
        env=dict(os.environ),
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )


def evidence(root: Path, name: str) -> dict[str, Any]:
    path = root / ".nox/.cache/nox-cleanroom/evidence" / f"{name}.json"
    document: dict[str, Any] = json.loads(path.read_text())
    return document


@pytest.mark.parametrize(
    "noxfile", [ONE_LINE, EXPLICIT, OF_NOX], ids=["one line", "explicit", "another backend"]
)
def test_every_way_to_write_it(repository: Make, noxfile: str) -> None:
    root = repository(files_with(noxfile, [PYTHON]))
    listed = run_nox(root, "-l").stdout
    assert f"* smoke-{PYTHON}" in listed or "* smoke" in listed
    assert "* clean_check" in listed
    assert "- matrix" in listed, "a bare nox must not test everything twice"
    for session in (f"smoke-{PYTHON}", "matrix", "clean_check"):
        done = run_nox(root, "-s", session)
        assert done.returncode == 0, done.stdout + done.stderr
    assert evidence(root, f"smoke-{PYTHON}")["verdict"] == "PASSED"
    # The Pythons are those of the project, also without `nox-cleanroom`.
    assert [cell["python"] for cell in evidence(root, "matrix")["cells"]] == [PYTHON]
    assert evidence(root, "matrix")["missing"] == []
    changed = git(root, "status", "--porcelain", "--ignored").splitlines()
    assert set(changed) <= {"!! .nox/", "!! __pycache__/"}


def test_several_interpreters_are_several_sessions(repository: Make, pythons: list[str]) -> None:
    root = repository(files_with(ONE_LINE, [*pythons, "3.99"]))
    listed = run_nox(root, "-l").stdout
    for python in [*pythons, "3.99"]:
        assert f"smoke-{python} ->" in listed


def test_two_cells_really_overlap_under_nox_j(repository: Make, several: list[str]) -> None:
    pythons = several
    slow = "import time; time.sleep(5)\ndef main(): pass\n"
    root = repository(files_with(ONE_LINE, pythons[:2], **{"src/demo/__init__.py": slow}))
    done = run_nox(root, "-j", "2", "-s", "smoke")
    assert done.returncode == 0, done.stdout + done.stderr
    spans = []
    for python in pythons[:2]:
        document = evidence(root, f"smoke-{python}")
        written = (root / f".nox/.cache/nox-cleanroom/evidence/smoke-{python}.json").stat().st_mtime
        (load,) = [one for one in document["cells"][0]["steps"] if one["name"] == "import demo"]
        spans.append((written, load["duration"]))
    (first, took), (second, _) = spans
    assert abs(first - second) < took, "one waited for the other"


def test_the_verdict_is_noxs_reason(repository: Make) -> None:
    root = repository(files_with(ONE_LINE, [PYTHON], **{"src/demo/__init__.py": "1 / 0\n"}))
    done = run_nox(root, "-s", "smoke", "--report", "report.json")
    assert done.returncode == 1
    (entry,) = json.loads((root / "report.json").read_text())["sessions"]
    assert entry["result"] == "aborted"
    assert "FAILED: demo 1.0" in entry["reason"]
    assert "PROBE_FAILED" in entry["reason"]


def test_install_only_asks_no_question(repository: Make) -> None:
    root = repository(files_with(ONE_LINE, [PYTHON], **{"src/demo/__init__.py": "1 / 0\n"}))
    done = run_nox(root, "-s", "smoke", "--install-only")
    assert done.returncode == 0, done.stdout + done.stderr
    assert evidence(root, f"smoke-{PYTHON}")["cells"][0]["probes"] == []


def test_the_environment_is_made_anew_whatever_nox_reuses(repository: Make) -> None:
    root = repository(files_with(OF_NOX, [PYTHON]))
    run_nox(root, "-s", "smoke")
    (environment,) = root.glob(".nox/smoke*/pyvenv.cfg")
    (packages,) = environment.parent.glob("lib/python*/site-packages")
    # A requirement that only the reused environment would have.
    (packages / "left_behind.py").write_text("")
    write_files(root, {"src/demo/__init__.py": "import left_behind\ndef main(): pass\n"})
    git(root, "commit", "-qam", "needs it")
    done = run_nox(root, "-s", "smoke", "--reuse-venv=always")
    assert done.returncode == 1
    assert "No module named 'left_behind'" in done.stdout


@WITHOUT_NOX_S_ENVIRONMENT
def test_two_runs_at_once_do_not_share_an_environment(repository: Make, noxfile: str) -> None:
    slow = "import time; time.sleep(3)\ndef main(): pass\n"
    root = repository(files_with(noxfile, [PYTHON], **{"src/demo/__init__.py": slow}))
    command = [sys.executable, "-m", "nox", "-s", "smoke"]
    runs = [
        subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        for _ in range(3)
    ]
    outputs = [run.communicate(timeout=120)[0].decode() for run in runs]
    assert [run.returncode for run in runs] == [0, 0, 0], outputs
    assert git(root, "worktree", "list").count("\n") == 1


@WITHOUT_NOX_S_ENVIRONMENT
@pytest.mark.usefixtures("without_uv")
def test_nox_makes_nothing_in_a_flat_checkout_beforehand(repository: Make, noxfile: str) -> None:
    root = repository(files_with(noxfile, [PYTHON]))
    # The console script, as a user starts it: `python -m nox` itself imports from where it is.
    (root / "distlib.py").write_text("raise RuntimeError('the checkout is on the path')\n")
    script = Path(sys.executable).with_name("nox")
    done = subprocess.run(
        [script, "-s", "smoke"], cwd=root, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert not (root / "__pycache__").joinpath("distlib.cpython-311.pyc").exists()
    assert list(root.glob(".nox/smoke*")) == []


def test_an_environment_that_sees_the_systems_packages_is_refused(repository: Make) -> None:
    noxfile = OF_NOX.replace(
        "allow_parallel=True,", 'allow_parallel=True, venv_params=["--system-site-packages"],'
    )
    done = run_nox(repository(files_with(noxfile, [PYTHON])), "-s", "smoke")
    assert done.returncode == 1
    assert "ENVIRONMENT_REFUSED" in done.stderr


def test_a_project_that_is_not_the_noxfiles_directory(repository: Make) -> None:
    inner = {f"packages/a/{name}": text for name, text in demo_files().items()}
    noxfile = "import nox_cleanroom\nnox_cleanroom.define_sessions('packages/a')\n"
    root = repository({**inner, "noxfile.py": noxfile, ".gitignore": "/.nox/\n__pycache__/\n"})
    done = run_nox(root, "-s", f"smoke-{PYTHON}")
    assert done.returncode == 0, done.stdout + done.stderr


def test_several_projects_in_a_noxfile_have_sessions_and_evidence_of_their_own(
    repository: Make,
) -> None:
    files = {
        f"{place}/{name}": text
        for place in ("packages/one", "packages/two", "more/two")
        for name, text in demo_files().items()
    }
    files["packages/two/src/demo/__init__.py"] = "1 / 0\n"
    calls = "\n".join(
        f"nox_cleanroom.define_sessions({place!r})"
        for place in ("packages/one", "packages/two", "more/two")
    )
    root = repository({**files, "noxfile.py": f"import nox_cleanroom\n{calls}\n"})
    listed = run_nox(root, "-l").stdout
    for name in ("smoke_one", "matrix_packages_two", "clean_check_more_two"):
        assert f" {name}" in listed
    assert " smoke-" not in listed
    assert run_nox(root, "-s", f"smoke_one-{PYTHON}").returncode == 0
    assert run_nox(root, "-s", f"smoke_packages_two-{PYTHON}").returncode == 1
    verdicts = {
        path.name: json.loads(path.read_text())["verdict"]
        for path in (root / ".nox/.cache/nox-cleanroom/evidence").iterdir()
    }
    assert verdicts == {
        f"smoke_one-{PYTHON}.json": "PASSED",
        f"smoke_packages_two-{PYTHON}.json": "FAILED",
    }
    jobs = json.loads(run_nox(root, "-s", "matrix_one", "--", "--emit", "github").stdout)
    assert jobs["include"][-1]["session"].startswith("smoke_one-3.")


def test_a_project_beside_one_at_the_top_leaves_that_its_names(repository: Make) -> None:
    noxfile = f"{ONE_LINE}nox_cleanroom.define_sessions('inner')\n"
    root = repository({**demo_files(), "noxfile.py": noxfile})
    listed = run_nox(root, "-l").stdout
    assert " smoke-3." in listed
    assert " smoke_inner-3." in listed


def test_nothing_that_git_would_list_is_left_behind(repository: Make) -> None:
    files = files_with(ONE_LINE, [PYTHON])
    root = repository({name: text for name, text in files.items() if name != ".gitignore"})
    for words in (
        ["-s", "matrix"],
        ["-s", "smoke", "--", "--require-clean"],
        ["-j", "2", "-s", "smoke", "--", "--require-clean"],
        ["-s", "matrix", "--", "--emit", "github"],
        ["-s", "smoke", "--", "--help"],
    ):
        done = run_nox(root, *words)
        assert done.returncode == 0, done.stdout + done.stderr
        assert git(root, "status", "--porcelain") == ""
    assert run_nox(root, "-s", "smoke", "--", "--no-such-option").returncode == 1
    assert git(root, "status", "--porcelain") == ""


def test_a_noxfiles_bytecode_does_not_count_when_the_command_runs(
    repository: Make, cleanroom: Tool
) -> None:
    files = files_with(ONE_LINE, [PYTHON])
    root = repository({name: text for name, text in files.items() if name != ".gitignore"})
    assert run_nox(root, "-l").returncode == 0
    assert git(root, "status", "--porcelain") == "?? __pycache__/\n"
    assert cleanroom(root, f"smoke-{PYTHON}", "--", "--require-clean").status == 0


def test_bytecode_that_is_tracked_or_ignored_stays(repository: Make) -> None:
    root = repository(files_with(ONE_LINE, [PYTHON]))
    assert run_nox(root, "-s", "smoke").returncode == 0
    assert list((root / "__pycache__").glob("noxfile.*")) != []


def test_broken_metadata_leaves_the_list_of_sessions_alone(repository: Make) -> None:
    root = repository(files_with(ONE_LINE, [PYTHON]))
    write_files(root, {"pyproject.toml": "[project\n"})
    assert run_nox(root, "-l").returncode == 0


def interrupted(root: Path, number: int, wait_for: str) -> subprocess.CompletedProcess[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "nox", "-s", "smoke"],
        cwd=root,
        env=dict(os.environ),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        start_new_session=True,
    )
    marker = root.parent / wait_for
    deadline = time.monotonic() + 60
    while not marker.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert marker.exists()
    os.killpg(process.pid, number)
    out, _ = process.communicate(timeout=60)
    return subprocess.CompletedProcess(process.args, process.returncode, out)


@pytest.fixture
def hanging(repository: Make, tmp_path: Path) -> Callable[[str], Path]:
    """A project that says where it is, and hangs there."""
    code = f"""
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
open({str(tmp_path / "pid")!r}, "w").write(str(os.getpid()))
open({str(tmp_path / "here")!r}, "w").close()
time.sleep(120)
def main(): pass
"""

    def make(where: str) -> Path:
        return repository(files_with(ONE_LINE, [PYTHON], **{where: code}))

    return make


@pytest.mark.parametrize("where", ["on_build.py", "src/demo/__init__.py"])
@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, -15), (signal.SIGHUP, -1)]
)
def test_an_interrupt_ends_everything_and_leaves_nothing(
    hanging: Callable[[str], Path], tmp_path: Path, where: str, number: int, status: int
) -> None:
    root = hanging(where)
    before = git(root, "worktree", "list")
    done = interrupted(root, number, "here")
    assert done.returncode == status, done.stdout
    assert git(root, "worktree", "list") == before
    changed = git(root, "status", "--porcelain", "--ignored").splitlines()
    assert set(changed) <= {"!! .nox/", "!! __pycache__/"}
    assert list(Path(os.environ["XDG_CACHE_HOME"]).glob("nox-cleanroom/runs/*")) == []
    child = int((tmp_path / "pid").read_text())
    state = Path(f"/proc/{child}/stat")
    assert not state.exists() or state.read_text().rpartition(")")[2].split()[0] == "Z"


def test_started_from_a_hook_the_users_commit_comes_out_as_without_us(repository: Make) -> None:
    root = repository(files_with(ONE_LINE, [PYTHON]))
    hook = root / ".git/hooks/pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\nexec {sys.executable} -m nox -s smoke -- --rev HEAD\n")
    hook.chmod(0o755)
    write_files(root, {"src/demo/part.py": "VALUE = 2\n"})
    done = subprocess.run(
        ["git", "commit", "-a", "-m", "mine"],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "PASSED: demo 1.0" in done.stdout + done.stderr, done.stderr
    assert done.returncode == 0, done.stderr
    assert git(root, "show", "--stat", "--format=", "HEAD").split()[0] == "src/demo/part.py"
    assert git(root, "ls-tree", "-r", "--name-only", "HEAD").split() == sorted(
        files_with(ONE_LINE, [PYTHON])
    )


def test_what_we_borrow_from_nox_is_there() -> None:
    """Private parts of nox that `sessions` and `venvs` rely on, with their names."""
    config = NoxConfig()
    assert isinstance(nox.registry._REGISTRY, dict)
    for name in ("filter_by_name", "filter_by_default", "filter_by_python_interpreter"):
        assert hasattr(nox.manifest.Manifest, name)
    assert "--parallel-worker" in nox._options.options.parser()._option_string_actions
    for name in (
        "sessions",
        "pythons",
        "tags",
        "keywords",
        "parallel_worker",
        "error_on_missing_interpreters",
        "force_venv_backend",
        "download_python",
        "install_only",
        "envdir",
        "noxfile",
        "report",
    ):
        assert hasattr(config, name)
    assert "global_config" in SessionRunner.__init__.__code__.co_varnames
    assert Session.__slots__ == ("_runner",)
    venv = nox.virtualenv.VirtualEnv("nowhere")
    assert venv.is_sandboxed
    assert venv._resolved_interpreter == sys.executable
    venv = nox.virtualenv.VirtualEnv("nowhere", interpreter="/found/python")
    venv._resolved = "/found/python"
    assert venv._resolved_interpreter == "/found/python"
    assert nox.virtualenv.ALL_VENVS[BACKEND] is Placeholder


def test_state_is_unchanged_by_listing(repository: Make) -> None:
    root = repository(files_with(ONE_LINE, [PYTHON]))
    before = state_of(root)[1]
    run_nox(root, "-l")
    assert state_of(root)[1] == before


def test_everything_is_kept_in_one_place_from_the_first_run_on(
    repository: Make, pythons: list[str]
) -> None:
    # Whatever looks for Pythons before a run must not make the project's directory without a record.
    root = repository(files_with(ONE_LINE, pythons[-1:]))
    for built_now in (True, False):
        done = run_nox(root, "-s", f"smoke-{pythons[-1]}")
        assert done.returncode == 0, done.stderr
        (cell,) = evidence(root, f"smoke-{pythons[-1]}")["cells"]
        assert cell["wheel"]["built_now"] is built_now
    caches = [Path(os.environ[name]) for name in ("XDG_CACHE_HOME", "TMPDIR")]
    assert [len([*cache.glob("nox-cleanroom*/projects/*")]) for cache in caches] == [1, 0]
