"""A build that fails is tried once more in a fresh clone, and only then is it known whose fault it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

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
)

Make = Callable[..., Path]
SMOKE = f"smoke-{PYTHON}"
#: When another Python has failed first, it goes on with which one it was tried.
SAID = "A fresh clone shows the same"


def steps(ran: Ran) -> list[str]:
    return [step["name"] for cell in ran.evidence["cells"] for step in cell["steps"]]


def failing(code: str, **more: str) -> dict[str, str]:
    return demo_files(**{"on_build.py": code, **more})


def test_what_fails_there_too_is_the_packages_fault(repository: Make, cleanroom: Tool) -> None:
    root = repository(failing("raise ValueError('no compiler')\n"))
    before = state_of(root)
    ran = cleanroom(root, SMOKE)
    assert ran.status == 1, ran.text
    assert ran.evidence["codes"] == ["BUILD_FAILED"]
    assert SAID in ran.text
    assert "build wheel in a fresh clone" in steps(ran)
    assert state_of(root) == before


#: Fails where git knows of a setting that only the checkout has.
LOCAL = """
import subprocess
print("I looked around")
if subprocess.call(["git", "config", "demo.local"]) == 0:
    raise ValueError("here is a setting")
"""


def test_what_succeeds_there_is_not_the_packages_fault(repository: Make, cleanroom: Tool) -> None:
    root = repository(failing(LOCAL))
    git(root, "config", "demo.local", "yes")
    before = state_of(root)
    ran = cleanroom(root, SMOKE)
    assert ran.status == 3, ran.text
    assert ran.evidence["codes"] == ["WORKTREE_DIFFERS"]
    assert ran.evidence["verdict"] == "ERROR"
    assert "In a fresh clone of the commit it could." in ran.text
    assert "Please report it" in ran.text
    _, ours, theirs = ran.text.replace("in a fresh clone:", "in our worktree:").split(
        "in our worktree:"
    )
    assert "here is a setting" in ours
    assert "I looked around" in theirs
    assert "here is a setting" not in theirs
    assert state_of(root) == before


def test_nothing_is_said_when_it_could_not_be_tried(repository: Make, cleanroom: Tool) -> None:
    never = {"COUNT": "1", "KEY_0": "protocol.file.allow", "VALUE_0": "never"}
    ran = cleanroom(
        repository(failing("raise ValueError('no compiler')\n")),
        SMOKE,
        env={f"GIT_CONFIG_{name}": value for name, value in never.items()},
    )
    assert ran.evidence["codes"] == ["BUILD_FAILED"], ran.text
    assert "fresh clone" not in ran.text.partition("FAILED")[2]


def test_there_it_is_at_the_same_commit_with_its_tags_and_submodules(
    repository: Make, cleanroom: Tool, tmp_path: Path
) -> None:
    looks = f"""
    import os, subprocess
    head = subprocess.check_output(["git", "describe", "--tags", "--dirty"]).decode().strip()
    branch = subprocess.check_output(["git", "branch", "--show-current"]).decode().strip()
    with open({str(tmp_path / "seen")!r}, "a") as file:
        print(head, repr(branch), os.listdir("lib"), os.path.isdir(".git"), file=file)
    raise ValueError("enough")
    """
    library = repository({"library.c": "int x;\n"}, name="library")
    root = repository(failing(looks))
    add_submodule(root, library, "lib")
    git(root, "tag", "v3")
    commit_all(root, "after the tag")
    commit_all(root, "not what is tested")
    ran = cleanroom(root, SMOKE, "--", "--rev", "HEAD~1")
    assert SAID in ran.text
    # Of a Python that failed first, and of this one, there is nothing to see but the same.
    first, *others = (tmp_path / "seen").read_text().splitlines()
    assert {first} == set(others)
    assert first.startswith("v3-1-g")
    assert "library.c" in first
    assert first.endswith("True")


def test_several_interpreters_share_a_clone(
    repository: Make, cleanroom: Tool, several: list[str]
) -> None:
    tool = f"[tool.nox-cleanroom]\npythons = {several}\nartifact = ['wheel']\n"
    files = failing("raise ValueError('no compiler')\n", **{"pyproject.toml": pyproject(tool=tool)})
    ran = cleanroom(repository(files), "matrix")
    assert ran.evidence["codes"] == ["BUILD_FAILED"], ran.text
    assert steps(ran).count("make a fresh clone") == 1
    assert steps(ran).count("create worktree") == len(several)
    hints = [cell["problems"][0]["hint"] for cell in ran.evidence["cells"]]
    assert sum(hint.startswith(f"{SAID}.") for hint in hints) == 1
    others = "A fresh clone shows the same (tried with Python 3."
    assert sum(hint.startswith(others) for hint in hints) == len(several) - 1


def test_a_source_distribution_that_lacks_something_lacks_it_there_too(
    repository: Make, cleanroom: Tool
) -> None:
    code = "import os\nif not os.path.exists('notes.txt'): raise ValueError('no notes')\n"
    backend = demo_files()["in_tree_backend.py"].replace(
        'for name in ["pyproject.toml", ', 'for name in ["pyproject.toml", "on_build.py", '
    )
    files = failing(code, **{"notes.txt": "", "in_tree_backend.py": backend})
    ran = cleanroom(repository(files), SMOKE, "--", "--artifact", "sdist")
    assert ran.evidence["codes"] == ["BUILD_FAILED"], ran.text
    assert SAID in ran.text
    assert "the sdist must hold all that the build reads" in ran.text
    assert "build wheel from sdist in a fresh clone" in steps(ran)


def test_clean_check_says_it_of_the_first_build_only(repository: Make, cleanroom: Tool) -> None:
    tool = f"[tool.nox-cleanroom]\npythons = ['{PYTHON}']\n"
    code = "import os\nif os.path.exists('left'): raise ValueError('left')\nopen('left', 'w').close()\n"
    ran = cleanroom(
        repository(failing(code, **{"pyproject.toml": pyproject(tool=tool)})), "clean_check"
    )
    assert "BUILD_FAILED" in ran.evidence["codes"], ran.text
    assert "make a fresh clone" not in steps(ran)
    assert "fresh clone" not in ran.text
    ran = cleanroom(
        repository(
            failing("raise ValueError\n", **{"pyproject.toml": pyproject(tool=tool)}), name="other"
        ),
        "clean_check",
    )
    assert SAID in ran.text
