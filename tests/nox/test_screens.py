"""What a terminal shows, in colour, at 80 and at 120 columns.

`screens.txt` has the whole screens; `UPDATE_GOLDEN=1 pytest tests/nox/test_screens.py` writes it.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import PYTHON, demo_files, pyproject, write_files
from golden import Golden
from pyte.screens import Char

Make = Callable[..., Path]
GOLDEN = Golden(Path(__file__).with_name("screens.txt"))
SMOKE = f"smoke-{PYTHON}"

#: How many rows the terminal has: reports may be longer.
ROWS = 14


def extras(count: int) -> str:
    """A table for so many cells."""
    names = [f"x{number}" for number in range(1, count)]
    return f"[tool.nox-cleanroom]\nextras = {json.dumps([[], *([name] for name in names)])}\n"


def metadata(count: int = 1, **more: object) -> str:
    names = [f"x{number}" for number in range(1, count)]
    text = pyproject(tool=extras(count), scripts={"demo": "demo:main"}, **more)
    lines = "".join(f"{name} = []\n" for name in names)
    return text.replace(
        "[tool.nox-cleanroom]", f"[project.optional-dependencies]\n{lines}[tool.nox-cleanroom]"
    )


#: Imports a module that is not in the commit, late and early.
RED = {
    "src/demo/__init__.py": "from demo.core import main\n",
    "src/demo/core.py": "from demo import palette\n\n\ndef main():\n    print(palette.NAMES)\n",
}
PYTHONS = f'pythons = ["{PYTHON}"]\n'

SCREENS: dict[str, tuple[dict[str, str], str]] = {
    "a green smoke": ({}, SMOKE),
    "a red smoke": (RED, SMOKE),
    "a green matrix of 4 cells": ({"pyproject.toml": metadata(4) + PYTHONS}, "matrix"),
    "a red matrix of 4 cells": ({**RED, "pyproject.toml": metadata(4) + PYTHONS}, "matrix"),
    "a red matrix of 24 cells": ({**RED, "pyproject.toml": metadata(24) + PYTHONS}, "matrix"),
    "a clean_check": ({}, "clean_check"),
    "a red clean_check": ({".gitignore": "/.nox/\n"}, "clean_check"),
}


def marked(row: list[Char]) -> str:
    """A row of a screen, with the colours of its text in braces."""
    parts = []
    for style, chars in itertools.groupby(row, key=lambda char: (char.fg, char.bold)):
        text = "".join(char.data for char in chars)
        names = " ".join(
            [*(["bold"] if style[1] else []), *([style[0]] if style[0] != "default" else [])]
        )
        parts.append(
            f"{{{names}:{text.rstrip()}}}{' ' * (len(text) - len(text.rstrip()))}"
            if names and text.strip()
            else text
        )
    return "".join(parts).rstrip()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such terminals")
@pytest.mark.parametrize("columns", [80, 120])
@pytest.mark.parametrize("name", SCREENS)
def test_a_screen(
    name: str, columns: int, repository: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from terminal import screen_of  # noqa: PLC0415 - it cannot be imported on Windows

    files, session = SCREENS[name]
    # nox complains about long paths.
    cache = tempfile.mkdtemp(dir="/tmp", prefix="s")
    monkeypatch.setenv("XDG_CACHE_HOME", cache)
    root = repository(demo_files(**files))
    write_files(root, {"src/demo/palette.py": "NAMES = ()\n"})
    command = [sys.executable, "-m", "nox_cleanroom", session]
    status, rows = screen_of(command, root, os.environ, columns, ROWS)
    lines = map(marked, rows)
    shutil.rmtree(cache)
    text = GOLDEN.stable("".join(f"{line}\n" for line in lines), tmp_path)
    GOLDEN.compare(f"{name}, {columns} columns", text)
    assert (status != 0) == ("red" in name)
    shown = [line for line in lines if line.strip()]
    assert len(shown) <= (40 if session == "matrix" else 25)


def test_every_screen_is_of_a_case() -> None:
    names = (f"{name}, {columns} columns" for name in SCREENS for columns in (80, 120))
    assert sorted(GOLDEN.names) == sorted(names)
