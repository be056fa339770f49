from __future__ import annotations

import io
import logging
import re
import time

import pytest

from nox_cleanroom.reports.progress import board, cut
from nox_cleanroom.results import Step

LOGGER = logging.getLogger("test_board")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _a_terminal_that_can_move(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("LINES", "14")
    monkeypatch.delenv("CI", raising=False)


def wait_for(terminal: Terminal, text: str, *, times: int = 1) -> None:
    """Wait until a text has been drawn so often; the board draws at intervals."""
    deadline = time.monotonic() + 20
    while terminal.getvalue().count(text) < times and time.monotonic() < deadline:
        time.sleep(0.005)


def step(name: str, duration: float, exit_status: int = 0) -> Step:
    return Step(
        name=name,
        command=("x",),
        exit_status=exit_status,
        started=0,
        duration=duration,
        ending=f"exit status {exit_status}",
    )


def test_away_from_a_terminal_there_is_a_line_for_what_took_long(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    with board(LOGGER, io.StringIO()) as progress:
        progress.step_started("smoke-3.11", "build wheel")
        progress.step_finished("smoke-3.11", step("build wheel", 6.0))
        progress.step_finished("smoke-3.11", step("import \x1b[31m", 7.1, exit_status=1))
        progress.step_finished("smoke-3.11", step("quick", 0.1, exit_status=1))
    assert caplog.messages == [
        "smoke-3.11: build wheel, 6.0 s",
        "smoke-3.11: import \\x1b[31m, 7.1 s",
    ]


def test_on_a_terminal_each_cell_has_a_line_that_is_gone_at_the_end() -> None:
    terminal = Terminal()
    with board(LOGGER, terminal) as progress:
        progress.step_started("smoke-3.11", "build wheel")
        progress.step_started("smoke-3.12", "install")
        wait_for(terminal, "smoke-3.12: 0 steps done, install")
    text = terminal.getvalue()
    assert "smoke-3.11: 0 steps done, build wheel" in text
    assert "smoke-3.12: 0 steps done, install" in text
    assert text.endswith("\x1b[2A\x1b[J")


def on_screen(text: str, height: int) -> list[str]:
    """The lines on a screen, of which a cursor that moves up does not leave the top."""
    lines, row, first = [""], 0, 0
    for part in re.split(r"(\x1b\[\d*[AJ]|\n)", text):
        if part == "\n":
            row += 1
            if row == len(lines):
                lines.append("")
            first = max(first, row - height + 1)
        elif part == "\x1b[J":
            del lines[row + 1 :]
            lines[row] = ""
        elif part.endswith("A") and part.startswith("\x1b["):
            row = max(first, row - int(part[2:-1]))
        else:
            lines[row] += part
    return [line for line in lines if line]


def test_more_cells_than_lines_leave_nothing_behind() -> None:
    terminal = Terminal()
    with board(LOGGER, terminal) as progress:
        for minor in range(24):
            progress.step_started(f"smoke-3.{minor:02}", f"test pytest\n  -x {'word ' * 40}")
        wait_for(terminal, "and 12 more cells")
        progress.step_printed("printed meanwhile")
        drawn_before = terminal.getvalue().count("and 12 more cells")
        wait_for(terminal, "and 12 more cells", times=drawn_before + 1)
    text = terminal.getvalue()
    assert on_screen(text, 14) == ["printed meanwhile"]
    drawn = re.split(r"\x1b\[\d*[AJ]|\n", text)
    assert max(map(len, drawn)) < 80


def test_cells_that_wait_make_room_for_those_that_work() -> None:
    terminal = Terminal()
    with board(LOGGER, terminal) as progress:
        for minor in range(20):
            progress.step_started(f"smoke-3.{minor:02}", "wait for the wheel")
        progress.step_started("smoke-3.99", "build wheel")
        wait_for(terminal, "smoke-3.99: 0 steps done, build wheel")
    assert "smoke-3.99: 0 steps done, build wheel" in terminal.getvalue()


@pytest.mark.parametrize("variables", [{"TERM": "dumb"}, {"CI": "true"}])
def test_where_nothing_can_be_drawn_again_lines_are_plain(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    terminal = Terminal()
    with board(LOGGER, terminal) as progress:
        progress.step_started("smoke-3.11", "build wheel")
        progress.step_printed("a line\x1b[31m of a step")
    assert terminal.getvalue() == "a line\\x1b[31m of a step\n"


def test_wide_characters_take_two_columns() -> None:
    assert cut("日本語", 4) == "日本"
    assert cut("日本語", 5) == "日本"
    assert cut("abc", 5) == "abc"


def test_what_is_logged_meanwhile_does_not_land_in_the_board() -> None:
    terminal = Terminal()
    with board(LOGGER, terminal) as progress:
        progress.step_started("smoke-3.11", "build wheel")
        wait_for(terminal, "build wheel")
        LOGGER.warning("careful")
        assert terminal.getvalue().endswith("\x1b[J")
