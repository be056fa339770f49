"""The axes of a matrix besides Python: artifact, resolution and extras; and the project's own tests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import (
    HIDING_BACKEND,
    PYTHON,
    Tool,
    demo_files,
    make_wheel,
    pyproject,
    state_of,
)

Make = Callable[..., Path]
SMOKE = f"smoke-{PYTHON}"


def project(table: str, **changes: Any) -> dict[str, str]:
    fields = {key: changes.pop(key) for key in ("dependencies",) if key in changes}
    extras = changes.pop("extras", "")
    tool = f"{extras}[tool.nox-cleanroom]\npythons = ['{PYTHON}']\n{table}\n"
    text = pyproject(tool=tool, scripts={"demo": "demo:main"}, **fields)
    return demo_files(**{"pyproject.toml": text, **changes})


@pytest.fixture
def links(tmp_path: Path) -> Path:
    """A directory with two versions of a requirement; the older one is broken."""
    directory = tmp_path / "links"
    make_wheel(directory, {"needed.py": "NEW = 1\n"}, name="needed", version="2.0")
    make_wheel(directory, {"needed.py": "OLD = 1\n"}, name="needed", version="1.0")
    return directory


def test_each_further_value_is_a_cell(repository: Make, cleanroom: Tool, links: Path) -> None:
    table = (
        'artifact = ["wheel", "sdist"]\nresolution = ["highest", "lowest-direct"]\nextras = "all"'
    )
    extras = '[project.optional-dependencies]\nmore = ["needed"]\n'
    root = repository(project(table, extras=extras))
    before = state_of(root)
    ran = cleanroom(root, "matrix", "--", "--find-links", str(links))
    assert ran.status == 0, ran.text
    names = [cell["name"] for cell in ran.evidence["cells"]]
    assert names == [SMOKE, f"{SMOKE} · sdist", f"{SMOKE} · lowest", f"{SMOKE} · [all]"]
    assert f"✓ {SMOKE} · sdist" in ran.out
    assert state_of(root) == before


@pytest.mark.parametrize("resolution", ["highest", "lowest-direct"])
def test_a_lower_bound_that_is_too_low_shows(
    repository: Make, cleanroom: Tool, links: Path, resolution: str
) -> None:
    code = {"src/demo/__init__.py": "from needed import NEW\ndef main(): pass\n"}
    root = repository(project("", dependencies=["needed>=1"], **code))
    ran = cleanroom(root, SMOKE, "--", "--resolution", resolution, "--find-links", str(links))
    assert ran.status == (0 if resolution == "highest" else 1), ran.text
    assert ("cannot import name 'NEW'" in ran.text) == (resolution == "lowest-direct")


@pytest.mark.usefixtures("without_uv")
def test_without_uv_the_lowest_versions_are_refused(repository: Make, cleanroom: Tool) -> None:
    ran = cleanroom(repository(), SMOKE, "--", "--resolution", "lowest-direct")
    assert ran.status == 3, ran.text
    assert "Only uv can install the lowest versions" in ran.text


def test_what_the_sdist_lacks_is_named(repository: Make, cleanroom: Tool) -> None:
    files = {
        "in_tree_backend.py": HIDING_BACKEND,
        "src/demo/_hidden.py": "",
        "src/demo/data.txt": "x",
    }
    root = repository(project("", **files))
    ran = cleanroom(root, "matrix")
    assert ran.status == 1, ran.text
    assert "the wheel lacks demo/_hidden.py" in ran.text
    assert "data.txt" not in ran.text
    # The wheel of the source distribution has other files, so it is tested, too.
    assert [cell["name"] for cell in ran.evidence["cells"]][-1].endswith(" · sdist")
    alone = cleanroom(root, SMOKE)
    assert alone.status == 0, alone.text
    from_sdist = cleanroom(root, SMOKE, "--", "--artifact", "sdist")
    assert "the wheel lacks demo/_hidden.py" in from_sdist.text


@pytest.mark.usefixtures("without_uv")
def test_without_uv_and_without_an_index_the_sdist_is_built_all_the_same(
    repository: Make, cleanroom: Tool
) -> None:
    env = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": ""}
    root = repository(project(""))
    for session, *options in (("matrix",), (SMOKE, "--", "--artifact", "sdist")):
        ran = cleanroom(root, session, *options, env=env)
        assert ran.status == 0, ran.text
        assert [one["outcome"] for one in ran.probe("sdist")] == ["PASSED"]


def test_a_build_that_fails_from_the_sdist_alone_says_so(repository: Make, cleanroom: Tool) -> None:
    # The tree has that file, and the source distribution has not.
    head = "def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):\n"
    wanting = f"{head}    assert os.path.exists('.gitignore'), 'I want that file'\n"
    backend = demo_files()["in_tree_backend.py"].replace(head, wanting)
    root = repository(project("", **{"in_tree_backend.py": backend}))
    ran = cleanroom(root, "matrix")
    assert ran.status == 1, ran.text
    assert "could not make the wheel from sdist" in ran.text
    assert "I want that file" in ran.text
    assert "the sdist must hold all that the build reads" in ran.text


@pytest.mark.usefixtures("without_uv")
def test_without_uv_too_an_environment_serves_two_builds(
    repository: Make, cleanroom: Tool, tmp_path: Path
) -> None:
    place = make_wheel(tmp_path / "links", {"needed.py": ""}, name="needed").parent
    text = demo_files()["pyproject.toml"].replace("requires = []", 'requires = ["needed"]')
    root = repository(demo_files(**{"pyproject.toml": text}))
    options = ("--artifact", "sdist", "--find-links", str(place))
    ran = cleanroom(root, SMOKE, "--", *options, env={"PIP_NO_INDEX": "1"})
    assert ran.status == 0, ran.text
    steps = [step["name"] for step in ran.evidence["cells"][0]["steps"]]
    assert steps.count("install build requirements") == 2


#: What a build does to the environment that it runs in, and how many environments the two builds
#: of the source distribution and of the wheel from it have then.
TRACES = {
    "nothing": ("", 1),
    "a new file": ("import sys\nopen(sys.prefix + '/left.txt', 'w').close()\n", 2),
    "a file changed": ("import sys\nopen(sys.prefix + '/pyvenv.cfg', 'a').write('\\n')\n", 2),
}


@pytest.mark.parametrize(("code", "environments"), TRACES.values(), ids=TRACES)
def test_a_build_has_a_fresh_environment_or_one_as_good_as_that(
    repository: Make, cleanroom: Tool, code: str, environments: int
) -> None:
    root = repository(demo_files(**{"on_build.py": code}))
    ran = cleanroom(root, SMOKE, "--", "--artifact", "sdist")
    assert ran.status == 0, ran.text
    steps = [step["name"] for step in ran.evidence["cells"][0]["steps"]]
    # One more is for the wheel from the tree, to be compared with.
    assert steps.count("make build environment") == environments + 1


def test_every_module_is_imported_when_that_is_asked_for(repository: Make, cleanroom: Tool) -> None:
    files = {"src/demo/windows.py": "import only_on_windows\n", "src/demo/odd.py": "1 / 0\n"}
    waived = 'ignore = [{finding = "imports:demo.windows", reason = "for Windows"}]'
    root = repository(project(f'imports = "all"\n{waived}', **files))
    ran = cleanroom(root, SMOKE)
    assert ran.status == 1
    assert "imports: demo.odd: FAILED" in ran.out
    assert "waived: smoke" in ran.out
    assert "for Windows" in ran.out


FLAT: dict[str, Any] = {
    "src/demo/__init__.py": None,
    "src/demo/part.py": None,
    "demo/__init__.py": "def main(): pass\n",
    "demo/part.py": "VALUE = 1\n",
}


@pytest.mark.parametrize(
    "table",
    [
        "test-command = 'python -m unittest discover -s {project}/tests'",
        "test-command = 'python -m unittest discover tests'\ntest-sources = ['tests']",
    ],
    ids=["in the project", "copied"],
)
def test_own_tests_are_run_against_what_is_installed(
    repository: Make, cleanroom: Tool, table: str
) -> None:
    test = (
        "import unittest, sys, demo\n"
        "class Test(unittest.TestCase):\n"
        "    def test_it(self):\n"
        "        assert demo.__file__.startswith(sys.prefix), demo.__file__\n"
    )
    root = repository(project(table, **FLAT, **{"tests/test_it.py": test}))
    ran = cleanroom(root, SMOKE)
    assert ran.status == 0, ran.text
    (result,) = ran.probe("tests")
    assert result["outcome"] == "PASSED", result


def test_own_tests_that_import_nothing_of_the_wheel_are_a_warning(
    repository: Make, cleanroom: Tool
) -> None:
    ran = cleanroom(repository(project("test-command = 'python -c 1 && exit 0'")), SMOKE)
    assert ran.evidence["verdict"] == "WARNED", ran.text
    assert "has imported no module of the wheel" in ran.text


def test_own_tests_that_take_the_source_fail(repository: Make, cleanroom: Tool) -> None:
    # Only who goes around the import system gets at the source.
    code = "import sys, importlib.util as u; "
    code += "s = u.spec_from_file_location('demo', '{project}/src/demo/__init__.py'); "
    code += "m = u.module_from_spec(s); sys.modules['demo'] = m; s.loader.exec_module(m)"
    ran = cleanroom(repository(project(f'test-command = "python -c \\"{code}\\""')), SMOKE)
    assert ran.status == 1, ran.text
    assert "which is not what is installed" in ran.text


def test_what_tests_need_is_installed_last(repository: Make, cleanroom: Tool, links: Path) -> None:
    table = "test-command = 'python -c \"import demo, needed\"'\ntest-groups = ['test']"
    files = {"src/demo/__init__.py": "def main():\n    import needed\n"}
    text = project(table, **files)
    text["pyproject.toml"] += (
        "[dependency-groups]\nbase = ['needed']\ntest = [{include-group = 'base'}]\n"
    )
    ran = cleanroom(repository(text), SMOKE, "--", "--find-links", str(links))
    assert ran.status == 1, ran.text
    assert [one["outcome"] for one in ran.probe("tests")] == ["PASSED"]
    assert "needed: FAILED" in ran.out


def test_a_failing_test_fails_with_its_words(repository: Make, cleanroom: Tool) -> None:
    ran = cleanroom(repository(project("test-command = 'echo what is wrong; exit 3'")), SMOKE)
    assert ran.status == 1
    assert "what is wrong" in ran.out
    assert "exit status 3" in ran.out


#: A setup.py in spirit: the backend reads a file, and does without when it is missing.
READING = {
    "requirements": (
        'for one in project.get("dependencies", [])',
        (
            'for one in (open("requirements.txt").read().split()'
            ' if os.path.exists("requirements.txt") else [])'
        ),
        {"requirements.txt": "needed>=1\n"},
        "lacks the requirement `needed>=1`",
    ),
    "entry points": (
        '{"console_scripts": project.get("scripts", {}), **project.get("entry-points", {})}',
        (
            '{"console_scripts": dict(line.split("=") for line in open("scripts.txt").read().split())'
            ' if os.path.exists("scripts.txt") else {}}'
        ),
        {"scripts.txt": "demo=demo:main\nother=demo:main\n"},
        "has no entry point `console_scripts:demo`, `console_scripts:other`",
    ),
}


@pytest.mark.parametrize(("old", "new", "files", "words"), READING.values(), ids=READING)
def test_what_is_read_from_a_file_that_the_sdist_lacks(
    repository: Make,
    cleanroom: Tool,
    links: Path,
    old: str,
    new: str,
    files: dict[str, str],
    words: str,
) -> None:
    backend = demo_files()["in_tree_backend.py"]
    assert old in backend
    files = {"in_tree_backend.py": backend.replace(old, new), **files}
    root = repository(project("", **files))
    ran = cleanroom(root, "matrix", "--", "--find-links", str(links))
    assert ran.status == 1, ran.text
    (result,) = ran.probe("sdist")
    assert result["message"] == f"Built from the source distribution, the wheel {words}."
