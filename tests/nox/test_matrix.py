"""`matrix`: all interpreters at once, one build, one grid, one verdict."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import HIDING_BACKEND, PYTHON, Tool, demo_files, pyproject, state_of

Make = Callable[..., Path]


def project(pythons: list[str], **changes: str) -> dict[str, str]:
    table = f"[tool.nox-cleanroom]\npythons = {json.dumps(pythons)}\n"
    text = pyproject(tool=table, scripts={"demo": "demo:main"}, **{"requires-python": ">=3.2"})
    return demo_files(**{"pyproject.toml": text, **changes})


def test_every_interpreter_is_a_cell_and_one_wheel_serves_all(
    repository: Make, cleanroom: Tool, several: list[str]
) -> None:
    root = repository(project(several))
    before = state_of(root)
    ran = cleanroom(root, "matrix")
    assert ran.status == 0, ran.text
    cells = ran.evidence["cells"]
    assert [cell["python"] for cell in cells] == several
    assert [cell["interpreter"]["version"].rpartition(".")[0] for cell in cells] == several
    assert sum(cell["wheel"]["built_now"] for cell in cells) == 1
    names = [step["name"] for cell in cells for step in cell["steps"]]
    # One from the tree, which every cell installs; one from the sdist, to be compared with it.
    # A backend that lies in the project is asked in one process and builds in another.
    builds = sorted(name for name in names if name.startswith("build"))
    assert builds == [
        f"build {what}" for what in ("sdist", "wheel", "wheel from sdist") for _ in "12"
    ]
    starts = [step["started"] for step in cells[0]["steps"]]
    assert starts == sorted(starts)
    (compared,) = [one for cell in cells for one in cell["probes"] if one["probe"] == "sdist"]
    assert compared["outcome"] == "PASSED"
    for python in several:
        assert f"✓ smoke-{python}" in ran.out
        assert re.search(rf"✓ smoke-{python} +1\d checks", ran.out)
    assert state_of(root) == before


def test_cells_run_side_by_side(repository: Make, cleanroom: Tool, several: list[str]) -> None:
    ran = cleanroom(repository(project(several)), "matrix")
    first, second = (cell["steps"] for cell in ran.evidence["cells"][:2])
    ends = [steps[-1]["started"] + steps[-1]["duration"] for steps in (first, second)]
    starts = [steps[0]["started"] for steps in (first, second)]
    assert max(starts) < min(ends)


def test_a_wheel_that_serves_one_interpreter_is_built_for_each(
    repository: Make, cleanroom: Tool, several: list[str]
) -> None:
    ran = cleanroom(repository(project(several, PER_INTERPRETER="")), "matrix")
    assert ran.status == 0, ran.text
    files = {cell["wheel"]["file"] for cell in ran.evidence["cells"]}
    assert len(files) == len(several)


def test_one_failing_cell_fails_the_run_and_the_others_report(
    repository: Make, cleanroom: Tool, several: list[str]
) -> None:
    newest = several[-1]
    code = f"import sys\nassert '%d.%d' % sys.version_info[:2] != {newest!r}, 'not there'\ndef main(): pass\n"
    ran = cleanroom(repository(project(several, **{"src/demo/__init__.py": code})), "matrix")
    assert ran.status == 1
    outcomes = {cell["python"]: cell["outcome"] for cell in ran.evidence["cells"]}
    assert outcomes == {python: "FAILED" if python == newest else "PASSED" for python in several}
    assert f"✗ smoke-{newest}" in ran.out
    assert "AssertionError: not there" in ran.out


def test_a_missing_interpreter_is_said_and_obeys_nox(repository: Make, cleanroom: Tool) -> None:
    root = repository(project([PYTHON, "3.99"]))
    lenient = cleanroom(root, "matrix")
    assert lenient.status == 0, lenient.text
    assert lenient.evidence["missing"] == ["3.99"]
    assert "INTERPRETER_MISSING" in lenient.out
    strict = cleanroom(root, "matrix", "--error-on-missing-interpreters")
    assert strict.status == 1
    in_ci = cleanroom(root, "matrix", env={"CI": "true"})
    assert in_ci.status == 1
    assert in_ci.evidence["codes"] == ["INTERPRETER_MISSING"]
    lenient_in_ci = cleanroom(
        root, "matrix", "--no-error-on-missing-interpreters", env={"CI": "true"}
    )
    assert lenient_in_ci.status == 0


HIDING = {"in_tree_backend.py": HIDING_BACKEND, "src/demo/_hidden.py": ""}


def test_the_sdist_is_compared_also_when_the_oldest_python_is_not_here(
    repository: Make, cleanroom: Tool, several: list[str]
) -> None:
    files = project(["3.2", "3.3", *several], **HIDING)
    root = repository(files)
    ran = cleanroom(root, "matrix")
    compared = [
        cell["python"]
        for cell in ran.evidence["cells"]
        if any(probe["probe"] == "sdist" for probe in cell["probes"])
    ]
    assert compared == several[:1], ran.text
    assert "the wheel lacks demo/_hidden.py" in ran.text


def test_the_sdist_is_compared_also_when_the_oldest_python_is_excluded(
    repository: Make, cleanroom: Tool, several: list[str]
) -> None:
    # By what only the wheel says: that is known when the cell is nearly done.
    table = f"[tool.nox-cleanroom]\npythons = {json.dumps(several)}\n"
    text = pyproject(tool=table, **{"requires-python": f"!={several[0]}.*"})
    root = repository(demo_files(**{"pyproject.toml": text, **HIDING}))
    ran = cleanroom(root, "matrix")
    assert "the wheel lacks demo/_hidden.py" in ran.text


def test_a_matrix_of_missing_interpreters_only_is_no_success(
    repository: Make, cleanroom: Tool
) -> None:
    ran = cleanroom(repository(project(["3.98", "3.99"])), "matrix")
    assert ran.status == 1
    assert "INTERPRETER_MISSING" in ran.text


def test_it_can_be_narrowed_and_not_to_nothing(
    repository: Make, cleanroom: Tool, several: list[str]
) -> None:
    root = repository(project(several))
    ran = cleanroom(root, "matrix", "--", "--pythons", several[0])
    assert [cell["python"] for cell in ran.evidence["cells"]] == [several[0]]
    empty = cleanroom(root, "matrix", "--", "--pythons", "3.99")
    assert empty.status == 2
    assert "EMPTY_MATRIX" in empty.text


def test_emit_prints_the_jobs_and_nothing_else(
    repository: Make, cleanroom: Tool, tmp_path: Path
) -> None:
    root = repository(project(["3.11", "3.12"]))
    output = tmp_path / "output"
    ran = cleanroom(root, "matrix", "--", "--emit", "github", env={"GITHUB_OUTPUT": str(output)})
    assert ran.status == 0
    jobs = json.loads(ran.out)
    assert [(job["session"], job["python"]) for job in jobs["include"]] == [
        ("smoke-3.11", "3.11"),
        ("smoke-3.12", "3.12"),
    ]
    name, _, value = output.read_text().partition("=")
    assert (name, json.loads(value)) == ("matrix", jobs)
    assert ran.evidence == {}


@pytest.mark.parametrize(
    ("tool", "said"),
    [
        ('artifact = ["wheels"]', "`artifact`"),
        ("[tool.nox-cleanroom", "is not valid TOML"),
    ],
)
def test_no_jobs_are_made_of_a_configuration_with_mistakes(
    repository: Make, cleanroom: Tool, tool: str, said: str
) -> None:
    files = demo_files(**{"pyproject.toml": pyproject(tool=f"[tool.nox-cleanroom]\n{tool}\n")})
    ran = cleanroom(repository(files), "matrix", "--emit", "json")
    assert (ran.status, ran.out) == (2, ""), ran.text
    assert said in ran.text


def test_a_checkout_that_changes_meanwhile_fails_the_run(
    repository: Make, cleanroom: Tool, several: list[str], tmp_path: Path
) -> None:
    path = str(tmp_path / "checkout" / "junk.txt")
    code = f"open({path!r}, 'a').write('x')\ndef main(): pass\n"
    ran = cleanroom(repository(project(several, **{"src/demo/__init__.py": code})), "matrix")
    assert ran.status == 30
    assert ran.evidence["changes"][0]["change"]["path"] == "junk.txt"
    assert any("import demo" in step for step in ran.evidence["changes"][0]["steps"])


def test_each_cell_leaves_evidence_of_its_own(
    repository: Make, cleanroom: Tool, several: list[str], tmp_path: Path
) -> None:
    cleanroom(repository(project(several)), "matrix")
    written = {path.name for path in (tmp_path / "reports").iterdir()}
    assert written == {"matrix.json", *(f"smoke-{python}.json" for python in several)}


@pytest.mark.usefixtures("without_uv")
def test_without_uv(repository: Make, cleanroom: Tool, several: list[str]) -> None:
    root = repository(project(several[:2]))
    # A flat module of the name of one that virtualenv imports must not be imported from here.
    (root / "platformdirs.py").write_text("raise RuntimeError('the checkout is on the path')\n")
    before = state_of(root)
    ran = cleanroom(root, "matrix")
    assert ran.status == 0, ran.text
    kinds = {cell["interpreter"]["environment"] for cell in ran.evidence["cells"]}
    assert kinds == {"virtualenv"}
    assert state_of(root) == before


def test_the_library_does_not_see_the_noxs_environment_of_the_shell(
    repository: Make, cleanroom: Tool
) -> None:
    ran = cleanroom(
        repository(project([PYTHON])), "matrix", env={"NOXSESSION": "lint", "NOXPYTHON": "3.1"}
    )
    assert ran.status == 0, ran.text
    assert os.environ.get("NOXSESSION") is None


def test_where_the_time_went_is_shown_when_asked_for(repository: Make, cleanroom: Tool) -> None:
    ran = cleanroom(repository(project([PYTHON])), "matrix", "--", "--durations")
    assert ran.status == 0, ran.text
    shown = ran.out.partition("where the time went")[2]
    (line,) = [line for line in shown.splitlines() if line.endswith("  build wheel")]
    steps = [one for cell in ran.evidence["cells"] for one in cell["steps"]]
    builds = [one["duration"] for one in steps if one["name"] == "build wheel"]
    assert line.split()[:3] == [f"{sum(builds):.2f}", f"{max(builds):.2f}", str(len(builds))]


#: Waits until as many builds have begun as there are to be.
MEET = """
import os, time
os.close(os.open({place!r} + "/%d" % os.getpid(), os.O_CREAT))
deadline = time.monotonic() + 20
while len(os.listdir({place!r})) < 2:
    assert time.monotonic() < deadline, "nobody else builds"
    time.sleep(0.01)
"""


def test_the_wheel_from_the_sdist_is_built_beside_the_other(
    repository: Make, cleanroom: Tool, tmp_path: Path
) -> None:
    place = tmp_path / "builds"
    place.mkdir()
    root = repository(demo_files(**{"on_build.py": MEET.format(place=str(place))}))
    ran = cleanroom(root, "matrix", "--", "--pythons", PYTHON)
    assert ran.status == 0, ran.text
