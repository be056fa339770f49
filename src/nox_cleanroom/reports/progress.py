"""The progress of a run: live lines on a terminal, plain lines elsewhere."""

from __future__ import annotations

import contextlib
import logging
import shutil
import sys
import threading
import time
import unicodedata
from collections.abc import Iterator
from typing import TextIO

from nox_cleanroom.output import clean_text
from nox_cleanroom.reports.style import is_live
from nox_cleanroom.results import Step

_FRAMES = "|/-\\"
_INTERVAL = 0.2

#: Shorter steps get no plain line of their own, in seconds.
_WORTH_A_LINE = 5.0


class PlainBoard:
    """A line for each step that took a while.

    Args:
        logger: takes the lines.
        stream: where the output of steps goes.
    """

    def __init__(self, logger: logging.Logger, stream: TextIO) -> None:
        self._logger = logger
        self._stream = stream
        self._lock = threading.Lock()

    def step_started(self, cell: str, step: str) -> None:
        """Print nothing yet."""

    def step_finished(self, cell: str, step: Step) -> None:
        """Print a line when the step took a while; the report says which ones failed."""
        if step.duration >= _WORTH_A_LINE:
            self._logger.info("%s: %s, %.1f s", cell, clean_text(step.name), step.duration)

    def step_printed(self, text: str) -> None:
        """Print it, too."""
        with self._lock:
            self._stream.write(f"{clean_text(text)}\n")
            self._stream.flush()


class LiveBoard:
    """One line per cell, redrawn in place, and erased when the run ends."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()
        self._running: dict[str, tuple[str, float]] = {}
        self._done: dict[str, int] = {}
        self._drawn = 0
        self._frame = 0
        self._ended = threading.Event()

    def step_started(self, cell: str, step: str) -> None:
        """Show it."""
        with self._lock:
            self._running[cell] = (step, time.monotonic())

    def step_finished(self, cell: str, step: Step) -> None:
        """Count it."""
        del step
        with self._lock:
            self._done[cell] = self._done.get(cell, 0) + 1

    def step_printed(self, text: str) -> None:
        """Print it above the board."""
        with self._lock:
            self._clear()
            self._stream.write(f"{clean_text(text)}\n")
            self._stream.flush()

    @contextlib.contextmanager
    def shown(self) -> Iterator[LiveBoard]:
        """A block during which the board is on the screen."""
        drawer = threading.Thread(target=self._draw_until_ended, daemon=True)
        drawer.start()
        try:
            yield self
        finally:
            # In this order, as an interrupt may come at any time: nothing is drawn after the end.
            self._ended.set()
            self.erase()
            drawer.join()

    def erase(self) -> None:
        """Erase it from the screen until it is drawn again."""
        with self._lock:
            self._clear()

    def _draw_until_ended(self) -> None:
        while not self._ended.wait(_INTERVAL):
            self._draw()

    def _draw(self) -> None:
        size = shutil.get_terminal_size()
        with self._lock:
            if self._ended.is_set():
                return
            self._frame += 1
            lines = self._lines(size.lines - 1, size.columns - 1)
            self._clear()
            self._stream.write("".join(f"{line}\n" for line in lines))
            self._stream.flush()
            self._drawn = len(lines)

    def _lines(self, height: int, width: int) -> list[str]:
        """The lines that fit: what has left the screen could not be erased."""
        cells = sorted(self._running)
        if len(cells) > height:
            # Cells that wait are the least interesting.
            cells.sort(key=lambda cell: self._running[cell][0].startswith("wait"))
            shown = cells[: max(0, height - 1)]
            lines = [*map(self._line, shown), f"  and {len(cells) - len(shown)} more cells"]
        else:
            lines = [*map(self._line, cells)]
        return [cut(line, width) for line in lines[: max(0, height)]]

    def _line(self, cell: str) -> str:
        step, since = self._running[cell]
        elapsed = time.monotonic() - since
        count = self._done.get(cell, 0)
        frame = _FRAMES[self._frame % len(_FRAMES)]
        return f"{frame} {cell}: {count} steps done, {_one_line(step)} {elapsed:.0f} s"

    def _clear(self) -> None:
        if self._drawn:
            # Move up over the drawn lines, and erase to the end of the screen.
            self._stream.write(f"\x1b[{self._drawn}A\x1b[J")
            self._stream.flush()
            self._drawn = 0


def _one_line(text: str) -> str:
    """The first line of a name, which may be a command of several lines."""
    first, _, more = clean_text(text).partition("\n")
    return f"{first} ..." if more else first


def cut(line: str, width: int) -> str:
    """The beginning of a line that takes at most so many columns of a terminal."""
    taken = 0
    for position, char in enumerate(line):
        taken += 2 if unicodedata.east_asian_width(char) in "WF" else 1
        if taken > width:
            return line[:position]
    return line


@contextlib.contextmanager
def board(logger: logging.Logger, stream: TextIO | None = None) -> Iterator[PlainBoard | LiveBoard]:
    """The board that suits the output.

    Args:
        logger: takes the lines of a plain board; its other lines stay above a live board.
        stream: where a live board is drawn, if it is a terminal; standard error by default.
    """
    stream = stream or sys.stderr
    if not is_live(stream):
        yield PlainBoard(logger, stream)
        return
    live = LiveBoard(stream)

    def make_room(_record: logging.LogRecord) -> bool:
        live.erase()
        return True

    logger.addFilter(make_room)
    try:
        with live.shown():
            yield live
    finally:
        logger.removeFilter(make_room)
