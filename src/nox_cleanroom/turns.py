"""Turns: so many cells work at once as there are processors, and who waits lets another work."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass


class Turns:
    """Turns at working, for threads; of those that wait, the first in rank comes next.

    Args:
        number: how many may work at once.
    """

    def __init__(self, number: int) -> None:
        self._free = number
        self._waiting: list[int] = []
        self._changed = threading.Condition()

    def take(self, rank: int) -> None:
        """Wait until it is the turn of somebody with this rank."""
        with self._changed:
            self._waiting.append(rank)
            try:
                self._changed.wait_for(lambda: self._free and rank == min(self._waiting))
                self._free -= 1
            finally:
                self._waiting.remove(rank)
                self._changed.notify_all()

    def give_back(self) -> None:
        """Let another work."""
        with self._changed:
            self._free += 1
            self._changed.notify_all()


@dataclass(frozen=True)
class Turn:
    """The turns of one worker."""

    turns: Turns
    #: Lower ranks come first.
    rank: int

    @contextlib.contextmanager
    def taken(self) -> Iterator[None]:
        """A block of work, begun when it is our turn."""
        self.turns.take(self.rank)
        try:
            yield
        finally:
            self.turns.give_back()

    @contextlib.contextmanager
    def given_up(self) -> Iterator[None]:
        """A block of waiting inside of a block of work."""
        self.turns.give_back()
        try:
            yield
        finally:
            self.turns.take(self.rank)
