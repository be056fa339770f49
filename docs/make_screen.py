"""Makes `red-matrix.svg` from a real run: a forgotten module, on three Pythons, at 80 columns.

    PYTHONPATH=tests python docs/make_screen.py docs/tutorial/red-matrix.svg

It needs `pyte` and, on `PATH`, nox-cleanroom, git and the Pythons.
"""

from __future__ import annotations

import html
import os
import re
import subprocess
import sys
import tempfile
from itertools import groupby
from pathlib import Path

from pyte.screens import Char
from terminal import screen_of

COLUMNS, ROWS = 80, 24
#: The size of a character, in pixels.
WIDTH, HEIGHT = 8.4, 18
COLOURS = {
    "red": "#ff7b72",
    "green": "#7ee787",
    "cyan": "#79c0ff",
    "magenta": "#d2a8ff",
    "blue": "#8b949e",
}
STYLE = (
    'role="img" font-family="ui-monospace, Menlo, Consolas, monospace" font-size="14"'
    ' fill="#e6edf3"'
)
FILES = {
    "pyproject.toml": """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "colours"
version = "2.1"
requires-python = ">=3.11,<3.14"

[project.scripts]
colours = "colours.cli:main"
""",
    "src/colours/__init__.py": '"""Names of colours."""\n',
    "src/colours/cli.py": "from colours import palette\n\n\ndef main():\n    print(*palette.NAMES)\n",
    ".gitignore": "__pycache__/\n",
}
FORGOTTEN = {"src/colours/palette.py": 'NAMES = ("red", "green")\n'}


def make_project(root: Path) -> None:
    """Commit a package, and forget one of its modules."""

    def git(*words: str) -> None:
        who = ("-c", "user.name=You", "-c", "user.email=you@example.org")
        subprocess.run(["git", *who, *words], cwd=root, check=True, capture_output=True)

    git("init", "-b", "main")
    write(root, FILES)
    git("add", "--all")
    git("commit", "-m", "Print the names of a palette")
    write(root, FORGOTTEN)


def write(root: Path, files: dict[str, str]) -> None:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")


def svg_of(rows: list[list[Char]]) -> str:
    """The rows as a picture with text in it."""
    texts = ["".join(char.data for char in row).rstrip() for row in rows]
    shown = [row for row, text in zip(rows, texts, strict=True) if text]
    lines = []
    for number, row in enumerate(shown):
        spans = []
        for (colour, bold), chars in groupby(row, key=lambda char: (char.fg, char.bold)):
            text = html.escape("".join(char.data for char in chars))
            style = f' fill="{COLOURS[colour]}"' if colour in COLOURS else ""
            style += ' font-weight="bold"' if bold else ""
            spans.append(f"<tspan{style}>{text}</tspan>" if style else text)
        place = 30 + number * HEIGHT
        lines.append(
            f'<text x="16" y="{place}" xml:space="preserve">{"".join(spans).rstrip()}</text>'
        )
    width, height = COLUMNS * WIDTH + 32, 30 + len(shown) * HEIGHT
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}" {STYLE}>',
            "<title>A red matrix: a module was forgotten in the commit</title>",
            f'<rect width="{width:.0f}" height="{height}" rx="8" fill="#0d1117"/>',
            *lines,
            "</svg>\n",
        ]
    )


def main() -> None:
    target = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as place:
        root = Path(place) / "colours"
        root.mkdir()
        make_project(root)
        env = {name: value for name, value in os.environ.items() if name not in {"CI", "NO_COLOR"}}
        # Nobody's own settings of installers.
        env |= {"XDG_CONFIG_DIRS": "/nowhere", "PIP_CONFIG_FILE": os.devnull}
        _, rows = screen_of(["nox-cleanroom", "matrix"], root, env, COLUMNS, ROWS)
    target.write_text(re.sub(r"[ \t]+$", "", svg_of(rows), flags=re.MULTILINE), encoding="utf-8")


if __name__ == "__main__":
    main()
