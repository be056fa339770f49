"""What `init` writes into files: their own formatting is kept, and twice changes nothing."""

from __future__ import annotations

import ast

import pytest

from nox_cleanroom.errors import UsageError
from nox_cleanroom.sessions.init_files import gitignore, noxfile, workflow

CALL = "nox_cleanroom.define_sessions()\n"

#: A noxfile, and the same with our sessions.
NOXFILES = {
    "none": ("", f"import nox_cleanroom\n\n{CALL}"),
    "usual": (
        '"""Sessions."""\nimport os\nimport nox\nfrom pathlib import Path\n\n\n@nox.session\ndef lint(session):\n    pass\n',
        '"""Sessions."""\nimport os\nimport nox\nimport nox_cleanroom\nfrom pathlib import Path\n\n\n@nox.session\ndef lint(session):\n    pass\n\n\n'
        + CALL,
    ),
    "without a last newline": ("import nox", f"import nox\nimport nox_cleanroom\n\n\n{CALL}"),
    "with Windows' line ends": (
        "import nox\r\nX = 1\r\n",
        f"import nox\r\nimport nox_cleanroom\r\nX = 1\r\n\r\n\r\n{CALL.strip()}\r\n",
    ),
    "from nox": (
        "# Sessions\nfrom nox import session\nimport re\n\nX = 1\n",
        f"# Sessions\nfrom nox import session\nimport re\nimport nox_cleanroom\n\nX = 1\n\n\n{CALL}",
    ),
    "an import of several lines": (
        "from nox import (\n    session,\n)\n",
        f"from nox import (\n    session,\n)\nimport nox_cleanroom\n\n\n{CALL}",
    ),
    "only words": ('"""Sessions."""\n', f'"""Sessions."""\nimport nox_cleanroom\n\n\n{CALL}'),
    # pypa/packaging: run as a script, it would not have sessions that are defined after this.
    "a script": (
        'import nox\n\n\nif __name__ == "__main__":\n    nox.main()\n',
        f'import nox\nimport nox_cleanroom\n\n\n{CALL}\n\nif __name__ == "__main__":\n    nox.main()\n',
    ),
    "dependencies in a line": (
        '# /// script\n# dependencies = ["nox", "packaging"]\n# ///\nimport nox\n',
        f'# /// script\n# dependencies = ["nox", "packaging", "nox-cleanroom"]\n# ///\nimport nox\nimport nox_cleanroom\n\n\n{CALL}',
    ),
    "no dependencies": (
        "# /// script\n# dependencies = []\n# ///\nimport nox\n",
        f'# /// script\n# dependencies = ["nox-cleanroom"]\n# ///\nimport nox\nimport nox_cleanroom\n\n\n{CALL}',
    ),
    "imported, and not used": (
        "import nox\nimport nox_cleanroom\n",
        f"import nox\nimport nox_cleanroom\n\n\n{CALL}",
    ),
    "dependencies in several lines": (
        '# /// script\n# requires-python = ">=3.10"\n# dependencies = [\n#   "nox",\n#   "x[y]"\n# ]\n# ///\nimport nox\n',
        f'# /// script\n# requires-python = ">=3.10"\n# dependencies = [\n#   "nox",\n#   "x[y]",\n#   "nox-cleanroom",\n# ]\n# ///\nimport nox\nimport nox_cleanroom\n\n\n{CALL}',
    ),
}  # fmt: skip


@pytest.mark.parametrize(("before", "after"), NOXFILES.values(), ids=NOXFILES)
def test_sessions_are_added_to_a_noxfile(before: str, after: str) -> None:
    assert noxfile(before, []) == after
    assert noxfile(after, []) == after
    ast.parse(after)


def test_packages_are_named() -> None:
    assert noxfile("", ["packages/*", "libs/a"]).endswith(
        'nox_cleanroom.define_sessions(packages=["packages/*", "libs/a"])\n'
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("def broken(:\n", "is no valid Python: "),
        ("x = '\0'\n", "is no valid Python: "),
        ("import nox\n\n@nox.session\ndef smoke(session): pass\n", "something named smoke"),
        (
            "for n in ['smoke', 'x']:\n    @nox.session(name=n)\n    def x(session): pass\n",
            "something named smoke",
        ),
        (
            '# /// script\n# dependencies = ["nox"]  # x ] y\n# ///\nimport nox\n',
            "metadata of noxfile.py cannot be changed",
        ),
        ("@nox.session(name='matrix')\ndef x(session): pass\n", "something named matrix"),
    ],
)
def test_a_noxfile_that_cannot_take_them_is_refused(text: str, words: str) -> None:
    with pytest.raises(UsageError) as caught:
        noxfile(text, [])
    assert words in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "/.nox/\n/dist/\n"),
        ("*.log\n", "*.log\n/.nox/\n/dist/\n"),
        ("*.log", "*.log\n/.nox/\n/dist/\n"),
        ("*.log\r\n", "*.log\r\n/.nox/\r\n/dist/\r\n"),
    ],
)
def test_lines_are_added_to_a_gitignore(text: str, expected: str) -> None:
    assert gitignore(text, ["/.nox/", "/dist/"]) == expected
    assert gitignore(expected, []) == expected


def test_a_workflow_runs_in_the_projects_directory() -> None:
    text = workflow(branch="trunk", directory="lib", all_packages=False)
    assert "branches: [trunk]" in text
    assert text.endswith("        working-directory: lib\n")
    assert "matrix --all-packages" in workflow(branch="main", directory=".", all_packages=True)
