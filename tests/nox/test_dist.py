"""`--dist`: the files of a release are tested as they are, with a repository and without one."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from conftest import HIDING_BACKEND, PYTHON, Tool, demo_files, git, make_wheel, pyproject, state_of

Make = Callable[..., Path]


def release(root: Path, place: Path, *kinds: str) -> Path:
    """Build distributions of the checkout, as it lies there."""
    place.mkdir(exist_ok=True)
    calls = "; ".join(f"in_tree_backend.build_{kind}({str(place)!r})" for kind in kinds)
    subprocess.run([sys.executable, "-c", f"import in_tree_backend; {calls}"], cwd=root, check=True)
    return place


def project(pythons: Sequence[str], **changes: str | None) -> dict[str, str]:
    table = f"[tool.nox-cleanroom]\npythons = {[*pythons]!r}\n"
    text = pyproject(tool=table, scripts={"demo": "demo:main"}, **{"requires-python": ">=3.2"})
    return demo_files(**{"pyproject.toml": text, **changes})


def names(ran: object) -> list[str]:
    return [cell["name"] for cell in ran.evidence["cells"]]  # type: ignore[attr-defined]


def test_the_files_are_tested_and_not_what_the_commit_would_build(
    repository: Make, cleanroom: Tool, pythons: list[str], tmp_path: Path
) -> None:
    root = repository(project(pythons))
    first = root / "src/demo/__init__.py"
    first.write_text("import nothing_of_this_name\n")
    dist = release(root, tmp_path / "dist", "wheel", "sdist")
    git(root, "checkout", "--quiet", ".")
    before = state_of(root)
    ran = cleanroom(root, "matrix", "--dist", str(dist))
    assert ran.status == 1, ran.text
    assert "nothing_of_this_name" in ran.out
    assert names(ran) == [f"smoke-{python}" for python in pythons]
    steps = [step["name"] for cell in ran.evidence["cells"] for step in cell["steps"]]
    assert "build wheel" in steps  # from the source distribution
    assert "create worktree" not in steps
    assert "as given" in ran.text
    assert state_of(root) == before


def test_a_matrix_builds_into_a_directory_and_tests_these_files(
    repository: Make, cleanroom: Tool, pythons: list[str], tmp_path: Path
) -> None:
    root = repository(project(pythons))
    before = state_of(root)
    ran = cleanroom(root, "matrix", "--dist-dir", "../dist")
    assert ran.status == 0, ran.text
    built = {path.name: path for path in (tmp_path / "dist").iterdir()}
    assert sorted(built) == ["demo-1.0-py3-none-any.whl", "demo-1.0.tar.gz"]
    digest = hashlib.sha256(built["demo-1.0-py3-none-any.whl"].read_bytes()).hexdigest()
    assert {cell["wheel"]["sha256"] for cell in ran.evidence["cells"]} == {digest}
    assert "build sdist" in [step["name"] for step in ran.evidence["cells"][0]["steps"]]
    jobs = cleanroom(root, "matrix", "--emit", "json", "--dist-dir", "../dist")
    assert {job["options"] for job in json.loads(jobs.out)} == {"--dist ../dist"}
    assert state_of(root) == before


WRONG_DIRECTORIES = {
    "it is not ignored": (["matrix", "--dist-dir", "dist"], "EVIDENCE_ROOT_NOT_IGNORED"),
    "not in smoke": (["smoke", "--dist-dir", "../dist"], "Only `matrix` builds into a directory"),
    "files are given": (["matrix", "--dist-dir", "../x", "--dist", "."], "--dist names files"),
    "of several packages": (
        ["matrix", "--dist-dir", "../x", "--all-packages"],
        "are for one package",
    ),
    "another release": (["matrix", "--dist-dir", "../old"], "has other distributions: demo-2.0"),
}


@pytest.mark.parametrize(("words", "said"), WRONG_DIRECTORIES.values(), ids=WRONG_DIRECTORIES)
def test_a_directory_that_cannot_be_used_is_a_sentence(
    repository: Make, cleanroom: Tool, tmp_path: Path, words: list[str], said: str
) -> None:
    root = repository(project([PYTHON]))
    (tmp_path / "old").mkdir()
    make_wheel(tmp_path / "old", {"demo/__init__.py": ""}, version="2.0")
    ran = cleanroom(root, *words)
    assert (ran.status, said in ran.text) == (2, True), ran.text
    assert not (tmp_path / "x").exists()


def test_a_build_that_fails_is_reported_and_no_job_printed(
    repository: Make, cleanroom: Tool, tmp_path: Path
) -> None:
    broken = "def build_sdist(*_):\n    raise SystemExit('no')\n"
    root = repository(project([PYTHON], **{"in_tree_backend.py": broken}))
    ran = cleanroom(root, "matrix", "--emit", "json", "--dist-dir", "../dist")
    assert (ran.status, ran.out) == (1, ""), ran.text
    assert "BUILD_FAILED" in ran.err


def test_jobs_test_the_commit_that_was_named(
    repository: Make, cleanroom: Tool, tmp_path: Path
) -> None:
    root = repository(project([PYTHON]))
    first = git(root, "rev-parse", "HEAD").strip()
    git(root, "commit", "-q", "--allow-empty", "-m", "another")
    jobs = json.loads(cleanroom(root, "matrix", "--emit", "json", "--rev", "HEAD~1").out)
    assert [job["options"] for job in jobs] == [f"--rev {first}"]
    ran = cleanroom(root, "matrix", "--emit", "json", "--staged")
    assert (ran.status, "Jobs test commits" in ran.err) == (2, True)


def test_jobs_that_nobody_reads_are_no_fault(repository: Make) -> None:
    root = repository(project([PYTHON]))
    words = [sys.executable, "-m", "nox_cleanroom", "matrix", "--emit", "json"]
    with subprocess.Popen(
        words, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        said = process.stderr.read()
    assert (process.returncode, "Traceback" in said) == (3, False), said
    assert "The jobs could not be printed" in said


def test_each_interpreter_has_the_wheel_of_its_tags_and_others_are_read(
    repository: Make, cleanroom: Tool, tmp_path: Path
) -> None:
    root, tag = repository(project([PYTHON])), f"cp{PYTHON.replace('.', '')}"
    release(root, tmp_path / "dist", "wheel")
    files = {"demo/__init__.py": "def main(): pass\n"}
    best = make_wheel(tmp_path / "dist", files, tag=f"{tag}-none-any")
    other = make_wheel(
        tmp_path / "dist", files, tag="cp313-cp313-win_amd64", metadata="Requires-Python: x\n"
    )
    ran = cleanroom(root, "matrix", "--dist", str(tmp_path / "dist"))
    assert ran.status == 1, ran.text
    assert names(ran) == [f"smoke-{PYTHON}", "read cp313-cp313-win_amd64", "read py3-none-any"]
    assert [cell["wheel"]["file"] for cell in ran.evidence["cells"][:2]] == [best.name, other.name]
    assert "read cp313-cp313-win_amd64: metadata: requires-python: FAILED" in ran.out


def test_without_a_wheel_the_sdist_is_built_as_installers_do(
    repository: Make, cleanroom: Tool, tmp_path: Path
) -> None:
    root = repository(project([PYTHON]))
    dist = release(root, tmp_path / "dist", "sdist")
    files = {f"demo/{name}.py": "" for name in ("__init__", "part")}
    make_wheel(dist, files, tag="cp27-cp27m-win32")
    ran = cleanroom(root, "matrix", "--dist", str(dist))
    assert ran.status == 0, ran.text
    assert f"no wheel serves Python {PYTHON}, so it is built from the sdist" in ran.text
    (dist / "demo-1.0.tar.gz").unlink()
    ran = cleanroom(root, "matrix", "--dist", str(dist))
    assert ran.status == 1
    assert f"smoke-{PYTHON}: INSTALL_FAILED" in ran.out
    assert "nobody can install it there" in ran.out


def test_the_sdist_is_compared_with_the_wheel(
    repository: Make, cleanroom: Tool, tmp_path: Path
) -> None:
    hidden = {"src/demo/_more.py": "", "in_tree_backend.py": HIDING_BACKEND}
    root = repository(project([PYTHON], **hidden))
    dist = release(root, tmp_path / "dist", "wheel", "sdist")
    ran = cleanroom(root, "matrix", "--dist", str(dist))
    assert ran.status == 1
    assert "Built from the source distribution, the wheel lacks demo/_more.py" in ran.out


def test_without_a_repository_the_sdist_stands_in_for_the_commit(
    repository: Make, cleanroom: Tool, tmp_path: Path
) -> None:
    root = repository(project([PYTHON]))
    place = tmp_path / "job"
    place.mkdir()
    release(root, place / "dist", "wheel", "sdist")
    listed = sorted(place.rglob("*"))
    ran = cleanroom(place, "--dist", "dist")
    assert ran.status == 0, ran.text
    assert "there is no repository here, so nothing is watched" in ran.err
    # Its table [tool.nox-cleanroom] is that of the source distribution.
    assert names(ran) == [f"smoke-{PYTHON}"]
    (place / "dist/demo-1.0.tar.gz").unlink()
    listed.remove(place / "dist/demo-1.0.tar.gz")
    ran = cleanroom(place, f"smoke-{PYTHON}", "--dist", *map(str, (place / "dist").iterdir()))
    assert ran.status == 0, ran.text
    assert sorted(place.rglob("*")) == listed


def test_files_of_another_project_or_version_are_refused(
    repository: Make, cleanroom: Tool, tmp_path: Path
) -> None:
    root = repository(project([PYTHON]))
    for name, version in (("other", "1.0"), ("demo", "0.9")):
        dist = tmp_path / name
        make_wheel(dist, {"demo/__init__.py": ""}, name=name, version=version)
        ran = cleanroom(root, "matrix", "--dist", str(dist))
        assert ran.status == 2, ran.text
        assert f"The files are of {name} {version}, and commit" in ran.text


WRONG = {
    "nothing there": (["--dist", "dits"], 2, "There is no '"),
    "no value": (["--dist"], 2, "expected at least one argument"),
    "damaged": (["--dist", "damaged"], 1, "demo-1.0-py3-none-any.whl is not a wheel"),
    "without a sdist": (["--dist", "dist", "--artifact", "sdist"], 2, "no source distribution"),
}


@pytest.mark.parametrize(("words", "status", "said"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_is_a_sentence(
    repository: Make, cleanroom: Tool, words: list[str], status: int, said: str
) -> None:
    root = repository(project([PYTHON], **{"damaged/demo-1.0-py3-none-any.whl": "x"}))
    release(root, root / "dist", "wheel")
    before = state_of(root)
    ran = cleanroom(root, "matrix", *words)
    assert ran.status == status, ran.text
    assert said in ran.text
    assert "Traceback" not in ran.text
    assert state_of(root) == before
