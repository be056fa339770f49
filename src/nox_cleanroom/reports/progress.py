"""The progress of a run: live lines on a terminal, plain lines elsewhere."""

from __future__ import annotations

import contextlib
import logging
import shutil
import sys
import threading
import time
from collections.abc import Iterator
from typing import TextIO

from nox_cleanroom.output import clean_text
from nox_cleanroom.results import Step

_FRAMES = "|/-\\"
_INTERVAL = 0.2

#: Shorter steps get no plain line of their own, in seconds.
_WORTH_A_LINE = 0.5


class PlainBoard:
    """A line for each step that took a while, or failed.

    Args:
        logger: takes the lines.
    """

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger

    def step_started(self, cell: str, step: str) -> None:
        """Print nothing yet."""

    def step_finished(self, cell: str, step: Step) -> None:
        """Print a line when the step took a while or failed."""
        failed = bool(step.command) and not step.succeeded
        if step.duration >= _WORTH_A_LINE or failed:
            ending = f", {step.ending}" if failed else ""
            self._logger.info(
                "%s: %s, %.1f s%s", cell, clean_text(step.name), step.duration, ending
            )


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

    @contextlib.contextmanager
    def shown(self) -> Iterator[LiveBoard]:
        """A block during which the board is on the screen."""
        drawer = threading.Thread(target=self._draw_until_ended, daemon=True)
        drawer.start()
        try:
            yield self
        finally:
            self._ended.set()
            drawer.join()
            self.erase()

    def erase(self) -> None:
        """Erase it from the screen until it is drawn again."""
        with self._lock:
            self._clear()

    def _draw_until_ended(self) -> None:
        while not self._ended.wait(_INTERVAL):
            self._draw()

    def _draw(self) -> None:
        with self._lock:
            self._frame += 1
            width = shutil.get_terminal_size().columns - 1
            lines = [self._line(cell)[:width] for cell in sorted(self._running)]
            self._clear()
            self._stream.write("".join(f"{line}\n" for line in lines))
            self._stream.flush()
            self._drawn = len(lines)

    def _line(self, cell: str) -> str:
        step, since = self._running[cell]
        elapsed = time.monotonic() - since
        count = self._done.get(cell, 0)
        frame = _FRAMES[self._frame % len(_FRAMES)]
        return f"{frame} {cell}: {count} steps done, {clean_text(step)} {elapsed:.0f} s"

    def _clear(self) -> None:
        if self._drawn:
            # Move up over the drawn lines, and erase to the end of the screen.
            self._stream.write(f"\x1b[{self._drawn}A\x1b[J")
            self._stream.flush()
            self._drawn = 0


@contextlib.contextmanager
def board(logger: logging.Logger, stream: TextIO | None = None) -> Iterator[PlainBoard | LiveBoard]:
    """The board that suits the output.

    Args:
        logger: takes the lines of a plain board; its other lines stay above a live board.
        stream: where a live board is drawn, if it is a terminal; standard error by default.
    """
    stream = stream or sys.stderr
    if not stream.isatty():
        yield PlainBoard(logger)
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
