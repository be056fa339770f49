from __future__ import annotations

import io
import logging
import time

import pytest

from nox_cleanroom.reports.progress import board
from nox_cleanroom.results import Step

LOGGER = logging.getLogger("test_board")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def wait_for(terminal: Terminal, text: str) -> None:
    """Wait until a text has been drawn; the board draws at intervals."""
    deadline = time.monotonic() + 20
    while text not in terminal.getvalue() and time.monotonic() < deadline:
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


def test_away_from_a_terminal_there_is_a_line_for_what_took_long_or_failed(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    with board(LOGGER, io.StringIO()) as progress:
        progress.step_started("smoke-3.11", "build wheel")
        progress.step_finished("smoke-3.11", step("build wheel", 2.0))
        progress.step_finished("smoke-3.11", step("import \x1b[31m", 0.1, exit_status=1))
        progress.step_finished("smoke-3.11", step("quick", 0.1))
    assert caplog.messages == [
        "smoke-3.11: build wheel, 2.0 s",
        "smoke-3.11: import \\x1b[31m, 0.1 s, exit status 1",
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


def test_what_is_logged_meanwhile_does_not_land_in_the_board() -> None:
    terminal = Terminal()
    with board(LOGGER, terminal) as progress:
        progress.step_started("smoke-3.11", "build wheel")
        wait_for(terminal, "build wheel")
        LOGGER.warning("careful")
        assert terminal.getvalue().endswith("\x1b[J")
