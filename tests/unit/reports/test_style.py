"""Colours and widths: what options, variables and the terminal say."""

from __future__ import annotations

import io

import pytest

from nox_cleanroom.reports.style import Style, is_live, style_for

RED, GREEN, RESET = "\x1b[31m", "\x1b[32m", "\x1b[0m"


class Stream(io.StringIO):
    def __init__(self, *, terminal: bool) -> None:
        super().__init__()
        self.terminal = terminal

    def isatty(self) -> bool:
        return self.terminal


#: Whether it is a terminal, the variables, what an option says, and whether there are colours.
COLOURS: list[tuple[bool, dict[str, str], bool | None, bool]] = [
    (True, {}, None, True),
    (False, {}, None, False),
    (True, {"NO_COLOR": "1"}, None, False),
    (True, {"NO_COLOR": ""}, None, True),
    (True, {"TERM": "dumb"}, None, False),
    (True, {"TERM": "dumb", "FORCE_COLOR": "1"}, None, True),
    (False, {"FORCE_COLOR": "1"}, None, True),
    (False, {"FORCE_COLOR": "0"}, None, False),
    (True, {"FORCE_COLOR": "1", "NO_COLOR": "1"}, None, False),
    (False, {"CI": "true"}, None, False),
    (True, {"CI": "true"}, None, True),
    (True, {}, False, False),
    (False, {"NO_COLOR": "1"}, True, True),
]


@pytest.mark.parametrize(("terminal", "env", "option", "coloured"), COLOURS)
def test_who_decides_about_colours(
    terminal: bool, env: dict[str, str], option: bool | None, coloured: bool
) -> None:
    assert style_for(Stream(terminal=terminal), env, colour=option).colour is coloured


@pytest.mark.parametrize(
    ("terminal", "env", "live"),
    [
        (True, {}, True),
        (False, {}, False),
        (True, {"TERM": "dumb"}, False),
        (True, {"CI": "true"}, False),
    ],
)
def test_when_lines_are_drawn_in_place(terminal: bool, env: dict[str, str], live: bool) -> None:
    assert is_live(Stream(terminal=terminal), env) is live


def test_lines_are_broken_for_a_terminal_only() -> None:
    line = "    -> Get it with `uv python install 3.14`, or choose others with --pythons."
    assert Style().text(line) == line
    assert Style(width=50).text(line) == (
        "    -> Get it with `uv python install 3.14`, or\n       choose others with --pythons."
    )
    long_word = "x" * 90
    assert long_word in Style(width=50).text(f"    {long_word}")


def test_marks_verdicts_and_files_are_coloured() -> None:
    style = Style(colour=True)
    assert style.grid("✗ smoke-3.9  ✓  !").startswith(f"{RED}✗{RESET} smoke-3.9  {GREEN}✓{RESET}")
    verdict = style.text("✓ PASSED: demo 1.0 at aaaa, 1 cell, 4.2 s")
    assert verdict.startswith(f"{GREEN}✓{RESET} \x1b[32;1mPASSED{RESET}: demo")
    assert "\x1b[36mdemo/part.py:3\x1b[0m: import" in style.text(
        "    | demo/part.py:3: import yaml"
    )
    plain = "    Nothing - of this! is a mark, nor FAILED."
    assert style.text(plain) == plain
