"""How a report is shown: in colours or not, how wide, and how much of it.

This is small enough to be ours: a library for terminals would be a further dependency for twenty
lines.
"""

from __future__ import annotations

import os
import re
import shutil
import textwrap
from collections.abc import Mapping, Sequence
from typing import TextIO

from nox_cleanroom.findings import Outcome
from nox_cleanroom.records import dataclass

_RED, _GREEN, _YELLOW, _CYAN, _BOLD, _DIM = 31, 32, 33, 36, 1, 2
_COLOURS = {
    Outcome.PASSED: _GREEN,
    Outcome.SKIPPED: _DIM,
    Outcome.WARNED: _YELLOW,
    Outcome.FAILED: _RED,
    Outcome.ERROR: _RED,
}
_OF_SYMBOLS = {outcome.symbol: colour for outcome, colour in _COLOURS.items()}
_SYMBOL = re.compile(r"(?<!\S)([✓!✗E-])(?!\S)")
_OUTCOME = re.compile(r"\b(PASSED|SKIPPED|WARNED|FAILED|ERROR)\b(?=:|$| \()")
#: A file with a line number, or the subject of a finding that is a path.
_FILE = re.compile(r"(?<![\w/])([\w.+-]+(?:/[\w.+-]+)*\.\w+:\d+)")

#: The width of a grid where there is no terminal, in columns.
USUAL_WIDTH = 80


@dataclass(frozen=True, kw_only=True)
class Style:
    """How a report is shown."""

    colour: bool = False
    #: The columns of the terminal, for which lines are broken; None when it is no terminal.
    width: int | None = None
    #: Whether to show all lines of all findings.
    verbose: bool = False
    #: Whether to show the verdict only.
    quiet: bool = False
    #: Whether the output of the project's own tests was shown as it came.
    has_shown_tests: bool = False

    @property
    def grid_width(self) -> int:
        """The columns that a grid may have."""
        return self.width or USUAL_WIDTH

    def grid(self, line: str) -> str:
        """A line of a grid, with coloured marks."""
        return _SYMBOL.sub(self._mark, line) if self.colour else line

    def text(self, line: str) -> str:
        """A line of text, broken at the width of the terminal, with colours."""
        if self.width is not None and len(line) > self.width:
            line = _wrapped(line, self.width)
        return self._painted(line) if self.colour else line

    def height(self, lines: Sequence[str]) -> int:
        """How many lines of the terminal some lines of text take."""
        width = self.width
        return sum(1 if width is None else 1 + _wrapped(one, width).count("\n") for one in lines)

    def _painted(self, line: str) -> str:
        if line.startswith("    -> "):
            return f"    {_paint('->', _CYAN, _BOLD)}{line[6:]}"
        if line.startswith(("note: ", "waived: ", "evidence: ")):
            return _paint(line, _DIM)
        line = _FILE.sub(lambda found: _paint(found[1], _CYAN), line)
        if line[:2].strip() in _OF_SYMBOLS:
            line = _SYMBOL.sub(self._mark, line, count=1)
            return _OUTCOME.sub(_painted_outcome, line, count=1)
        return line

    @staticmethod
    def _mark(found: re.Match[str]) -> str:
        return _paint(found[1], _OF_SYMBOLS[found[1]])


#: Values of `FORCE_COLOR` that force nothing, as nox takes them.
_OFF = {"", "0", "false", "no", "off"}


def style_for(
    stream: TextIO | None, env: Mapping[str, str], *, colour: bool | None = None
) -> Style:
    """The style that suits a stream.

    ``NO_COLOR`` and ``FORCE_COLOR`` decide about colours (https://no-color.org,
    https://force-color.org), then ``TERM=dumb``, then whether it is a terminal.

    Args:
        stream: where the report goes.
        env: the user's variables.
        colour: what an option says; None without one.
    """
    # A process may have no standard output at all.
    is_terminal = stream is not None and stream.isatty()
    if colour is None:
        is_forced = env.get("FORCE_COLOR", "").lower() not in _OFF
        if env.get("NO_COLOR") or is_forced:
            colour = not env.get("NO_COLOR")
        else:
            colour = is_terminal and env.get("TERM") != "dumb"
    width = shutil.get_terminal_size().columns if is_terminal else None
    return Style(colour=colour, width=width)


def is_live(stream: TextIO, env: Mapping[str, str] = os.environ) -> bool:
    """Whether lines can be drawn again in place: on a terminal that knows how, and not in CI."""
    return stream.isatty() and env.get("TERM") != "dumb" and not env.get("CI")


def _paint(text: str, *codes: int) -> str:
    return f"\x1b[{';'.join(map(str, codes))}m{text}\x1b[0m"


def _painted_outcome(found: re.Match[str]) -> str:
    return _paint(found[1], _COLOURS[Outcome[found[1]]], _BOLD)


def _wrapped(line: str, width: int) -> str:
    """A long line on several, each as far in as its text begins."""
    indent = re.match(r"\s*(?:-> |\| |[✓!✗E-] |note: |waived: )?", line)
    begin = len(indent[0]) if indent else 0
    return textwrap.fill(
        line,
        width,
        subsequent_indent=" " * begin,
        break_long_words=False,
        break_on_hyphens=False,
        drop_whitespace=True,
        replace_whitespace=False,
    )
