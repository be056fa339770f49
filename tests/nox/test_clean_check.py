"""`clean_check`: does working in a checkout leave it clean?"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import (
    PYTHON,
    Ran,
    Tool,
    add_submodule,
    commit_all,
    demo_files,
    git,
    pyproject,
    state_of,
    write_files,
)

Make = Callable[..., Path]


def found(ran: Ran, outcome: str = "FAILED") -> list[tuple[str, str]]:
    probes: list[dict[str, Any]] = ran.evidence["cells"][0]["probes"]
    return [(one["probe"], one["subject"]) for one in probes if one["outcome"] == outcome]


def files_with(table: str = "", **changes: str) -> dict[str, str]:
    tool = f"[tool.nox-cleanroom]\npythons = ['{PYTHON}']\n{table}\n"
    return demo_files(**{"pyproject.toml": pyproject(tool=tool), **changes})


def test_a_healthy_project_is_green(repository: Make, cleanroom: Tool) -> None:
    root = repository(files_with())
    before = state_of(root)
    ran = cleanroom(root, "clean-check")
    assert ran.status == 0, ran.text
    assert ran.evidence["verdict"] == "PASSED"
    names = [step["name"] for step in ran.evidence["cells"][0]["steps"]]
    for name in ("build sdist", "build wheel", "install .", "install --editable ."):
        assert name in names
    assert names.count("import demo in place") == 2
    assert state_of(root) == before


@pytest.mark.usefixtures("without_uv")
def test_without_uv(repository: Make, cleanroom: Tool) -> None:
    env = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": ""}
    ran = cleanroom(repository(files_with()), "clean_check", env=env)
    assert ran.status == 0, ran.text
    assert "build sdist" in [step["name"] for step in ran.evidence["cells"][0]["steps"]]


def test_a_build_that_changes_tracked_files_or_leaves_new_ones(
    repository: Make, cleanroom: Tool
) -> None:
    code = "open('src/demo/part.py', 'a').write('#')\nopen('left.txt', 'w').close()\n"
    root = repository(files_with(**{"on_build.py": code}))
    before = state_of(root)
    ran = cleanroom(root, "clean_check")
    assert ran.status == 1
    assert ran.evidence["codes"] == ["CHECKOUT_POLLUTED"]
    assert found(ran) == [("tracked files", "src/demo/part.py"), ("new files", "left.txt")]
    assert "It was left by `build sdist`." in ran.text
    assert "Add `/left.txt` to .gitignore" in ran.text
    assert state_of(root) == before


def test_what_a_build_does_in_a_submodule_is_seen_as_in_a_clone(
    repository: Make, cleanroom: Tool
) -> None:
    library = repository({"library.c": "int x;\n"}, name="library")
    code = "import os\nif os.path.exists('CHANGES'): open('lib/library.c', 'a').write('//')\n"
    root = repository(files_with(**{"on_build.py": code}))
    add_submodule(root, library, "lib")
    ran = cleanroom(root, "clean_check")
    assert ran.status == 0, ran.text
    write_files(root, {"CHANGES": ""})
    commit_all(root)
    before = state_of(root)
    assert found(cleanroom(root, "clean_check")) == [("tracked files", "lib")]
    assert state_of(root) == before


def test_an_import_that_writes_beside_itself(repository: Make, cleanroom: Tool) -> None:
    code = "open(__file__ + '.cache', 'w').close()\n"
    ran = cleanroom(repository(files_with(**{"src/demo/__init__.py": code})), "clean_check")
    assert found(ran) == [("new files", "src/demo/__init__.py.cache")]
    assert "left by `import the editable install in place`" in ran.text


def test_bytecode_that_no_rule_ignores(repository: Make, cleanroom: Tool) -> None:
    ran = cleanroom(repository(files_with(**{".gitignore": ""})), "clean_check")
    assert ("new files", "src/demo/__pycache__/") in found(ran)
    assert "Add `__pycache__/` to .gitignore" in ran.text


def test_a_rule_of_the_developers_own_helps_nobody_else(repository: Make, cleanroom: Tool) -> None:
    root = repository(files_with(**{"on_build.py": "open('left.log', 'w').close()\n"}))
    (root / ".git/info/exclude").write_text("*.log\n")
    assert found(cleanroom(root, "clean_check")) == [("new files", "left.log")]


def test_a_command_of_the_project_that_pollutes_or_fails(repository: Make, cleanroom: Tool) -> None:
    table = """clean-check = ["python -c 'open(chr(120), chr(119))'", "python -c 'raise SystemExit(2)'"]"""
    ran = cleanroom(repository(files_with(table)), "clean_check")
    assert ran.status == 1
    assert [probe for probe, _ in found(ran)] == ["new files", "commands"]
    assert ran.evidence["codes"] == ["CHECKOUT_POLLUTED", "PROBE_FAILED"]


def test_tracked_artefacts_are_judged_by_content_and_place(
    repository: Make, cleanroom: Tool
) -> None:
    artefacts = {
        "src/demo.egg-info/PKG-INFO": "Name: demo\n",
        "src/demo.egg-info/SOURCES.txt": "src/demo.egg-info/SOURCES.txt\n",
        "src/demo/__pycache__/part.cpython-39.pyc": "x",
        "build/lib/demo/part.py": "VALUE = 1\n",
    }
    innocent = {
        "bootstrap.egg-info/PKG-INFO": "Name: demo\n",
        "src/demo/build/__init__.py": "",
        "tests/data/thing-1.0-py3-none-any.whl": "",
        "build/tools.py": "",
        "build/libs/helper.sh": "",
        "build/library/demo/part.py": "",
        "tests/data/odd.pyc": "x",
        "dist/readme.txt": "",
    }
    files = files_with(**artefacts, **innocent)
    ran = cleanroom(repository(files), "clean_check")
    assert ran.status == 1
    assert found(ran) == [
        ("tracked artefacts", "build/lib"),
        ("tracked artefacts", "src/demo.egg-info"),
        ("tracked artefacts", "src/demo/__pycache__"),
    ]
    assert "git rm -r --cached -- src/demo.egg-info" in ran.text


def test_a_rule_that_hides_package_source_fails_with_the_rule_to_write(
    repository: Make, cleanroom: Tool
) -> None:
    root = repository(files_with(**{".gitignore": "build/\n__pycache__/\n"}))
    write_files(
        root, {"src/demo/build/__init__.py": "", "build/lib/x.py": "", "src/demo/a.log": ""}
    )
    ran = cleanroom(root, "clean_check")
    assert ran.status == 1
    assert found(ran) == [("hidden source", "src/demo/build/__init__.py")]
    assert "Write `/build/`, and `git add` the file." in ran.text


def test_data_that_a_loose_rule_hides_is_a_warning(repository: Make, cleanroom: Tool) -> None:
    root = repository(files_with(**{".gitignore": "data/\n__pycache__/\n*.log\n"}))
    write_files(root, {"src/demo/data/table.json": "{}", "src/demo/x.log": "", "data/y.json": ""})
    ran = cleanroom(root, "clean_check")
    assert ran.status == 0, ran.text
    assert found(ran, "WARNED") == [("hidden source", "src/demo/data/table.json")]


@pytest.mark.parametrize("rule", ["/src/demo/local.py", "local.py"])
def test_a_rule_that_means_the_very_file_is_a_note(
    repository: Make, cleanroom: Tool, rule: str
) -> None:
    root = repository(files_with(**{".gitignore": f"{rule}\n__pycache__/\n"}))
    write_files(root, {"src/demo/local.py": "SECRET = 1\n"})
    ran = cleanroom(root, "clean_check")
    assert ran.status == 0, ran.text
    assert "note: clean_check: hidden source: src/demo/local.py" in ran.text


def test_tracked_files_that_a_rule_ignores_are_a_warning(repository: Make, cleanroom: Tool) -> None:
    ran = cleanroom(
        repository(files_with(**{".gitignore": "__pycache__/\n*.dat\n", "src/demo/a.dat": ""})),
        "clean_check",
    )
    assert ran.status == 0, ran.text
    assert found(ran, "WARNED") == [("tracked but ignored", "src/demo/a.dat")]


def test_loose_rules_are_a_note_and_usual_ones_are_none(repository: Make, cleanroom: Tool) -> None:
    rules = "__pycache__/\n*.py[cod]\n*.so\n*.egg-info/\n/dist/\n.tox/\n"
    usual = cleanroom(repository(files_with(**{".gitignore": rules})), "clean_check")
    assert "would also hide" not in usual.text
    loose = files_with(**{".gitignore": f"{rules}build/\nlib\n"})
    ran = cleanroom(repository(loose, name="loose"), "clean_check")
    assert ran.status == 0
    assert "`build/`, `lib` would also hide a package directory of that name" in ran.text


def test_the_newest_interpreter_that_is_here_is_used(
    repository: Make, cleanroom: Tool, pythons: list[str]
) -> None:
    names = ", ".join(f"'{python}'" for python in [*pythons, "3.99"])
    text = pyproject(tool=f"[tool.nox-cleanroom]\npythons = [{names}]\n")
    ran = cleanroom(repository(demo_files(**{"pyproject.toml": text})), "clean_check")
    assert ran.evidence["cells"][0]["python"] == pythons[-1]


def test_a_checkout_that_changes_fails_too(
    repository: Make, cleanroom: Tool, tmp_path: Path
) -> None:
    path = str(tmp_path / "checkout" / "junk.txt")
    root = repository(files_with(**{"on_build.py": f"open({path!r}, 'w').close()\n"}))
    ran = cleanroom(root, "clean_check")
    assert ran.status == 30
    assert "junk.txt (created), while `clean_check: build sdist` was running" in ran.text
    assert git(root, "worktree", "list").count("\n") == 1


def files_without_editable() -> dict[str, str]:
    """A project whose backend lacks what PEP 660 makes optional, and a command of its own."""
    backend = demo_files()["in_tree_backend.py"]
    shorter = backend.replace("def build_editable(", "def _build_nothing(")
    assert shorter != backend
    files = files_with('clean-check = ["demo"]', **{"in_tree_backend.py": shorter})
    files["pyproject.toml"] += '[project.scripts]\ndemo = "demo:main"\n'
    return files


def assert_that_no_editable_is_a_note(ran: Ran) -> None:
    assert ran.status == 0, ran.text
    assert ran.evidence["cells"][0]["problems"] == []
    assert (
        "note: clean_check: new files: pip install -e .: This was not checked: the backend has no"
        " `build_editable`, which PEP 660 makes optional."
    ) in ran.text
    names = [step["name"] for step in ran.evidence["cells"][0]["steps"]]
    assert names.count("import demo in place") == 1
    # The project's commands are run all the same, with what is installed.
    assert [one["outcome"] for one in ran.probe("commands")] == ["PASSED"]


def test_a_backend_without_editable_installs(repository: Make, cleanroom: Tool) -> None:
    ran = cleanroom(repository(files_without_editable()), "clean_check")
    assert_that_no_editable_is_a_note(ran)


@pytest.mark.slow
@pytest.mark.usefixtures("without_uv")
def test_a_backend_without_editable_installs_without_uv(repository: Make, cleanroom: Tool) -> None:
    env = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": ""}
    ran = cleanroom(repository(files_without_editable()), "clean_check", env=env)
    assert_that_no_editable_is_a_note(ran)


def test_an_editable_install_that_fails_is_a_failure(repository: Make, cleanroom: Tool) -> None:
    hook = "def build_editable(wheel_directory, config_settings=None, metadata_directory=None):\n"
    backend = demo_files()["in_tree_backend.py"]
    writes = "open('left.txt', 'w').close()\ndef main(): pass\n"
    broken = backend.replace(hook, f"{hook}    open('half.txt', 'w').close()\n    1 / 0\n")
    assert broken != backend
    code = {"in_tree_backend.py": broken, "src/demo/__init__.py": writes, ".gitignore": "*.pyc\n"}
    ran = cleanroom(
        repository(files_with(**code, **{"build/lib/demo/part.py": "VALUE = 1\n"})), "clean_check"
    )
    assert ran.status == 1, ran.text
    assert ran.evidence["codes"] == ["CHECKOUT_POLLUTED", "INSTALL_FAILED"]
    # What was found before, what the failing step left, and what needs no step.
    assert found(ran) == [
        ("new files", "left.txt"),
        ("new files", "half.txt"),
        ("tracked artefacts", "build/lib"),
    ]
    assert "It was left by `pip install -e .`." in ran.text


def test_a_build_that_fails_keeps_what_was_found(repository: Make, cleanroom: Tool) -> None:
    backend = demo_files()["in_tree_backend.py"].replace(
        "def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):\n",
        "def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):\n"
        "    1 / 0\n",
    )
    code = {"in_tree_backend.py": backend, "on_build.py": "open('left.txt', 'w').close()\n"}
    ran = cleanroom(repository(files_with(**code)), "clean_check")
    assert ran.status == 1, ran.text
    assert ran.evidence["codes"] == ["BUILD_FAILED", "CHECKOUT_POLLUTED"]
    assert found(ran) == [("new files", "left.txt")]
    assert "It was left by `build sdist`." in ran.text
